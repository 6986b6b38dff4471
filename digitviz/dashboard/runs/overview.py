"""My runs: all runs in one list, and the dialogs."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from typing import TYPE_CHECKING

import streamlit as st

from digitviz.dashboard.runs import actions, list_view, sweeps_view, windows
from digitviz.dashboard.runtime.turns import fragment
from digitviz.dashboard.session import current_run, drawings_view, example, storage, visit
from digitviz.dashboard.session.storage import Unavailable
from digitviz.language import gettext as _

if TYPE_CHECKING:
    from digitviz.store import KeptRun

POLL_SECONDS = 1.0


def show() -> None:
    """Show all of this owner's saved runs and drawings."""
    if visit.just_opened():
        actions.forget_deletions()
        list_view.forget()
        windows.close()
    try:
        runs = actions.mine()
    except Unavailable:
        fragment(_wait, run_every=POLL_SECONDS)()
        return
    if storage.is_saving() and current_run.opened() is None and (missing := storage.trouble_in_words()):
        st.warning(missing, icon=":material/save:")  # if a run is open, every page shows this warning
    examples = [] if runs else example.as_runs()
    if not runs:
        _introduce(examples)
    list_view.show(runs, examples)
    if runs or examples:
        st.markdown(
            _(
                "Further right is better. A bar shows how far luck may have moved its point: if two bars overlap, "
                "either run may be the better one."
            )
        )
    windows.show(runs)
    sweeps_view.show()
    drawings_view.show()


def _wait() -> None:
    """Show why the page is empty, until the store answers."""
    with contextlib.suppress(Unavailable):
        actions.mine()
        st.rerun()
    said = storage.trouble_in_words() or _("Looking for your runs…")
    st.warning(said, icon=":material/hourglass:")


def _introduce(examples: Sequence[KeptRun]) -> None:
    if not examples:
        st.markdown(_("You have no runs yet. Every run you start is saved here."))
        if example.is_coming():
            example.announce()
        return
    words = _(
        "Each row will be a run of yours. Until then, an example: the network of the NumPy notebook from which this "
        "dashboard grew, at three points in its training."
    )
    st.markdown(words)
