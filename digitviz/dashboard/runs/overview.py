"""My runs: the tree of them, the list, and what lies over the page."""

from __future__ import annotations

import contextlib

import streamlit as st

from digitviz.dashboard.runs import actions, list_view, tree_view, windows
from digitviz.dashboard.runtime.turns import fragment
from digitviz.dashboard.session import current_run, drawings_view, storage, visit
from digitviz.dashboard.session.storage import Unavailable
from digitviz.language import gettext as _

POLL_SECONDS = 1.0


def show() -> None:
    """Show all that is kept for this owner."""
    if visit.just_opened():
        actions.forget_deletions()
        list_view.forget()
        windows.close()
    try:
        runs = actions.mine()
    except Unavailable:
        fragment(_wait, run_every=POLL_SECONDS)()
        return
    tree_view.follow_click(runs)
    if storage.is_saving() and current_run.opened() is None and (missing := storage.trouble_in_words()):
        st.warning(missing, icon=":material/save:")  # with a run open, every page says it
    if runs:
        st.caption(
            _(
                "Higher is better. Each bar is a 95% Wilson interval: it shows how far chance may move the accuracy "
                "with so few test digits. A much smaller difference may be noise. Select a point to open its run."
            )
        )
    else:
        _invite()
    tree_view.show(runs)
    list_view.show(runs)
    windows.show(runs)
    drawings_view.show()


def _wait() -> None:
    """Say why nothing is shown, until the store has an answer."""
    with contextlib.suppress(Unavailable):
        actions.mine()
        st.rerun()
    said = storage.trouble_in_words() or _("Your runs are being looked for.")
    st.warning(said, icon=":material/hourglass:")


def _invite() -> None:
    with st.container(horizontal=True, vertical_alignment="center", key="no_runs"):
        st.markdown(_("You have no runs yet: each training that you begin is kept here."), width="content")
        if st.button(_("Train the notebook's network"), key="first_run", type="primary", icon=":material/play_arrow:"):
            st.switch_page("pages/train.py")
