"""The visitor's current page, and whether this run opened it."""

from __future__ import annotations

import streamlit as st

_AT = "visit_at"
_OPENED = "visit_opened"
_TAKEN = "visit_taken"


def at(page: str) -> None:
    """Record the page of this run. Call this once in every full run.

    Parameters
    ----------
    page : str
        URL of the page.
    """
    opened = st.session_state[_OPENED] = st.session_state.get(_AT) != page
    st.session_state[_AT] = page
    if opened:
        st.session_state[_TAKEN] = set()


def open_again() -> None:
    """Let the next full run open its page, even if it is the current one, and apply the parameters of its URL."""
    st.session_state.pop(_AT, None)


def just_opened() -> bool:
    """Return whether this run opened its page: through a link, the navigation or a new tab."""
    return bool(st.session_state.get(_OPENED, True))


def is_to_be_taken(parameter: str) -> bool:
    """Return whether to apply a parameter of the URL: when the page opens, or at the first call for it.

    A step that does not use the digit of the page leaves its parameter to a later step.
    """
    taken: set[str] = st.session_state.setdefault(_TAKEN, set())
    first = just_opened() or parameter not in taken
    taken.add(parameter)
    return first
