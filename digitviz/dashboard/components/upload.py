"""A place for a file, which is taken once however often the page is run."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from digitviz.dashboard.runtime import streamlit_internals
from digitviz.dashboard.runtime.outside import as_code
from digitviz.dashboard.runtime.shared import shared
from digitviz.imports import Unreadable
from digitviz.language import Lazy, lazy_gettext

Taker = Callable[[str, bytes], object]
"""Is handed a file's name and content, both untrusted. What it returns says as text, in Markdown, what became of it."""

TAB_IS_FULL = lazy_gettext(
    "Your file was not accepted: this tab is sending more files at once than the server takes from one tab. Wait a "
    "moment, or reload the page, and try again."
)
SERVER_IS_FULL = lazy_gettext(
    "Your file was not accepted: visitors are sending more files at once than this server can hold. Try again in a "
    "minute."
)


def refusals() -> dict[str, Lazy]:
    """Return why the server has refused a file, by Streamlit's name for the session that has not been told yet."""
    return {}


def tell_refusal() -> None:
    """Say once why the server has refused the file that this browser sent last."""
    why = shared().get(refusals).pop(streamlit_internals.session() or "", None)
    if why is not None:
        st.error(str(why), icon=":material/error:")


def upload(label: str, key: str, take: Taker, help: str | None = None) -> bool:
    """Show the place, and what became of the file in it until that is taken out.

    Parameters
    ----------
    label : str
    key : str
    take : callable
        Takes a file before the page is run for it, so that it may set any widget; raises `Unreadable` if it cannot.
    help : str, optional

    Returns
    -------
    bool
        Whether there is a file that could be taken.
    """
    outcome = f"{key}_outcome"

    def taken() -> None:
        file = st.session_state.get(key)
        if file is None:
            st.session_state.pop(outcome, None)
            return
        try:
            st.session_state[outcome] = take(file.name, file.getvalue())
        except Unreadable as error:
            st.session_state[outcome] = error
        streamlit_internals.forget_content(file)

    there = st.file_uploader(label, key=key, on_change=taken, help=help) is not None
    became = st.session_state.get(outcome) if there else None
    if isinstance(became, Unreadable):
        st.error(became.told(as_code), icon=":material/error:")
    elif words := str(became or ""):
        st.success(words, icon=":material/check:")
    return there and not isinstance(became, Unreadable)
