"""Which page a visitor is on, and whether this run is the one that opened it."""

from __future__ import annotations

import streamlit as st

_AT = "visit_at"
_OPENED = "visit_opened"


def at(page: str) -> None:
    """Take down which page this run shows; to be called once in every run of the whole.

    Parameters
    ----------
    page : str
        Its address.
    """
    st.session_state[_OPENED] = st.session_state.get(_AT) != page
    st.session_state[_AT] = page


def just_opened() -> bool:
    """Whether this run opened its page: by a link, the navigation or a new tab."""
    return bool(st.session_state.get(_OPENED, True))
