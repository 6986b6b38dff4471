"""What lies over the page of runs: one at a time is renamed, linked to, or several are compared."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Literal

import streamlit as st

from digitviz.dashboard.runs import actions, compare_view, link_view
from digitviz.dashboard.session import run_words as words
from digitviz.language import gettext as _
from digitviz.language import lazy_gettext

if TYPE_CHECKING:
    from digitviz.store import KeptRun

_OPEN = "runs_window"
TITLES = {
    "rename": lazy_gettext("Rename"),
    "link": lazy_gettext("Link and QR code"),
    "compare": lazy_gettext("What made the difference?"),
}


def open_window(kind: str, ids: tuple[str, ...]) -> None:
    """Have something lie over the page.

    Parameters
    ----------
    kind : str
        In `TITLES`.
    ids : tuple of str
        Of the runs that it is about.
    """
    st.session_state[_OPEN] = kind, ids


def close() -> None:
    """Have nothing lie over the page."""
    st.session_state.pop(_OPEN, None)


def show(runs: Sequence[KeptRun]) -> None:
    """Show what lies over the page.

    Parameters
    ----------
    runs : sequence of KeptRun
        All of this owner.
    """
    kind, ids = st.session_state.get(_OPEN, ("", ()))
    known = {run.id: run for run in runs}
    chosen = [known[id] for id in ids if id in known]
    if not chosen:
        close()
        return
    width: Literal["small", "large"] = "large" if kind == "compare" else "small"
    st.dialog(str(TITLES[kind]), width=width, on_dismiss=close)(_VIEWS[kind])(chosen)


def _rename(runs: Sequence[KeptRun]) -> None:
    run = runs[0]
    with st.form("rename_run", border=False):
        title = st.text_input(
            _("Title"), words.clean(run.title), max_chars=words.MAX_CHARACTERS, key=f"title_{run.id}",
            placeholder=words.settings_in_words(run),
            help=_("Without a title a run is called by what it does otherwise than the notebook."),
        )  # fmt: skip
        if st.form_submit_button(_("Save"), type="primary", key="save_title"):
            actions.rename(run.id, title)
            close()
            st.rerun()


def _link(runs: Sequence[KeptRun]) -> None:
    link_view.show(runs[0])


_VIEWS: dict[str, Callable[[Sequence[KeptRun]], None]] = {
    "rename": _rename, "link": _link, "compare": compare_view.show,
}  # fmt: skip
