"""A place for a file, which is taken once however often the page is run."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from digitviz.dashboard.runtime.outside import as_code
from digitviz.imports import Unreadable

Taker = Callable[[str, bytes], object]
"""Is handed a file's name and content, both untrusted. What it returns says as text, in Markdown, what became of it."""


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

    there = st.file_uploader(label, key=key, on_change=taken, help=help) is not None
    became = st.session_state.get(outcome) if there else None
    if isinstance(became, Unreadable):
        st.error(became.told(as_code), icon=":material/error:")
    elif words := str(became or ""):
        st.success(words, icon=":material/check:")
    return there and not isinstance(became, Unreadable)
