"""What a page of questions has in its address: ?net=reader, ?batch=25, ?digit=test-17, ?set=training."""

from __future__ import annotations

import streamlit as st

from digitviz.dashboard.runtime.outside import Wrong, WrongAddress, explain
from digitviz.dashboard.session import visit
from digitviz.language import gettext as _

NETWORK, BATCH, DIGIT, SET = "net", "batch", "digit", "set"
_WRONG = "asked_wrong"


def named(name: str) -> str | None:
    """Return what the address says, untrusted, the first time it is asked; afterwards the session's state is asked."""
    text = st.query_params.get(name) if visit.is_to_be_taken(name) else None
    return text if text != "" else None


def write(name: str, text: str | None) -> None:
    """Write a parameter into the address; None takes it out."""
    if st.query_params.get(name) == text:
        return
    if text is None:
        del st.query_params[name]
    else:
        st.query_params[name] = text


def check(name: str, wrong: Wrong | None) -> None:
    """Say above the page what its address names that is not there, as long as the page is open.

    Parameters
    ----------
    name : str
        Of the parameter.
    wrong : Wrong or None
        None when there is nothing to complain of in this run.
    """
    held: dict[str, Wrong] = st.session_state.setdefault(_WRONG, {})
    if visit.just_opened():
        held.pop(name, None)
    if wrong is not None:
        held[name] = wrong
    if name in held:
        st.warning(explain(WrongAddress([held[name]]), _("It shows something else instead.")))
