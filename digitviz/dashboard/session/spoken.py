"""The language of a visit, from the URL or the browser, and its control on every page."""

from __future__ import annotations

import streamlit as st

from digitviz.dashboard.session.frame_choice import FrameChoice
from digitviz.language import LANGUAGES, language, lazy_gettext, nearest, speak

LANGUAGE = FrameChoice(
    "lang",
    lazy_gettext("Language"),
    {code: each.name for code, each in LANGUAGES.items()},
    usual=lambda: nearest(st.context.locale),
)
_SPOKEN = "spoken"


def begin() -> None:
    """Use the visitor's language in this run. Call this before anything is shown.

    A select box keeps its shown text in the browser. After a change of the language, the server sends each again.
    """
    state, code = st.session_state, LANGUAGE.begin()
    if state.setdefault(_SPOKEN, code) != code:
        state[_SPOKEN] = code
        for key, value in state.items():
            if all(type(each) in (str, int, float) for each in (value if isinstance(value, list) else [value])):
                state[key] = value
    speak(code)


def html() -> str:
    """Return the language tag with which a browser chooses fonts and voices."""
    return LANGUAGES[language()].tag
