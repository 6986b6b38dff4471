"""Which page a visitor is on, and whether this run is the one that opened it."""

from __future__ import annotations

import streamlit as st

_AT = "visit_at"
_OPENED = "visit_opened"
_TAKEN = "visit_taken"


def at(page: str) -> None:
    """Take down which page this run shows; to be called once in every run of the whole.

    Parameters
    ----------
    page : str
        Its address.
    """
    opened = st.session_state[_OPENED] = st.session_state.get(_AT) != page
    st.session_state[_AT] = page
    if opened:
        st.session_state[_TAKEN] = set()


def just_opened() -> bool:
    """Whether this run opened its page: by a link, the navigation or a new tab."""
    return bool(st.session_state.get(_OPENED, True))


def is_to_be_taken(parameter: str) -> bool:
    """Whether what the address says under a name is to be taken: when the page is opened, or when it is first asked.

    A page that invites to train shows its steps and its digit only later.
    """
    taken: set[str] = st.session_state.setdefault(_TAKEN, set())
    first = just_opened() or parameter not in taken
    taken.add(parameter)
    return first
