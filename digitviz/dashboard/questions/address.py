"""The address of a page of questions: ?net=reader, ?batch=25, ?digit=test-17, ?set=training."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from digitviz.dashboard.runtime.outside import Wrong, WrongAddress, explain
from digitviz.dashboard.session import visit
from digitviz.language import gettext as _

NETWORK, BATCH, DIGIT, SET = "net", "batch", "digit", "set"
MAX_FIGURES = 10
_WRONG = "asked_wrong"


def take(name: str, label: str, apply: Callable[[str], str | None]) -> None:
    """Take a parameter of the address when its page is opened, or warn that it is wrong, as long as the page is open.

    Parameters
    ----------
    name : str
        Name in the address.
    label : str
        Title of the warning.
    apply : callable
        Takes the untrusted text. Returns the texts that are allowed, in words, if it is not one of them.
    """
    held: dict[str, Wrong] = st.session_state.setdefault(_WRONG, {})
    if visit.just_opened():
        held.pop(name, None)
    asked = st.query_params.get(name) if visit.is_to_be_taken(name) else None
    if asked and (allowed := apply(asked)) is not None:
        held[name] = Wrong(label, allowed, {name: asked})
    if name in held:
        st.warning(explain(WrongAddress([held[name]]), _("It shows the default instead.")))


def whole_number(text: str) -> int:
    """Read an untrusted number without a sign; -1 if it is not one."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < MAX_FIGURES else -1


def write(name: str, text: str | None) -> None:
    """Write a parameter into the address; None removes it."""
    if st.query_params.get(name) == text:
        return
    if text is None:
        del st.query_params[name]
    else:
        st.query_params[name] = text
