"""The language of a visit, from the URL or the browser, and its control on every page."""

from __future__ import annotations

import streamlit as st

from digitviz.dashboard.components.choice import choice
from digitviz.language import LANGUAGES, language, nearest, speak
from digitviz.language import gettext as _

KEY = "lang"
"""Key of the control and query parameter in the URL: /train?lang=zh."""
_WRITTEN = "lang_written"


def begin() -> None:
    """Use the visitor's language in this run. Call this before anything is shown.

    Streamlit's own binding of a control to the URL would write "中文" there, and would not read "zh".
    """
    state, asked = st.session_state, st.query_params.get(KEY)
    if asked in LANGUAGES and asked != state.get(_WRITTEN):  # after following a link or going back in the browser
        state[KEY] = asked
    elif state.get(KEY) not in LANGUAGES:  # a browser may also send an empty choice
        state[KEY] = nearest(st.context.locale)
    speak(state[KEY])
    if asked is not None or _WRITTEN in state:
        _write()


def _write() -> None:
    state = st.session_state
    state[_WRITTEN] = state[KEY]
    if st.query_params.get(KEY) != state[KEY]:
        st.query_params[KEY] = state[KEY]


def control() -> None:
    """Show the control. The frame places it at the top right of the window."""
    with st.container(key="language"):
        choice(
            _("Language"), list(LANGUAGES), key=KEY, default=language(), format_func=lambda code: LANGUAGES[code].name,
            label_visibility="collapsed", on_change=_choose,
        )  # fmt: skip


def _choose() -> None:
    if st.session_state[KEY] in LANGUAGES:
        _write()


def html() -> str:
    """Return the language tag with which a browser chooses fonts and voices."""
    return LANGUAGES[language()].tag
