"""Choices in the frame of every page: the language and the level. They last for the visit, and a URL can set them.

At the level "school", pages fold letters and matrices away; at "university", they show them.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

import streamlit as st

from digitviz.dashboard.components.choice import choice, held
from digitviz.language import LANGUAGES, Lazy, gettext as _, lazy_gettext, nearest, speak


@dataclass(frozen=True)
class FrameChoice:
    """A choice among a few codes, with its control at the top right of every page.

    Streamlit's own binding of a control to the URL would write the shown text there ("中文") instead of the code.

    Parameters
    ----------
    key : str
        Key of the control and query parameter in the URL: /train?lang=zh.
    label : Lazy
        Name of the control for screen readers.
    options : mapping of str to str or Lazy
        Text of each code.
    usual : callable
        Returns the code of a first visit.
    """

    key: str
    label: Lazy
    options: Mapping[str, object]
    usual: Callable[[], str]

    def begin(self) -> str:
        """Return the code for this run of the page. Call this before showing anything."""
        state, asked = st.session_state, st.query_params.get(self.key)
        if asked in self.options and asked != state.get(self._written):  # after a link or the browser's back button
            state[self.key] = asked
        elif state.get(self.key) not in self.options:  # a browser may also send an empty choice
            state[self.key] = self.usual()
        if asked is not None or self._written in state:
            self._write()
        return self.current()

    def current(self) -> str:
        """Return the chosen code."""
        return held(self.key, list(self.options), self.usual())

    def control(self) -> None:
        """Show the control."""
        choice(
            str(self.label),
            self.options,
            key=self.key,
            default=self.usual(),
            label_visibility="collapsed",
            on_change=self._write,
        )

    @property
    def _written(self) -> str:
        """Key of the code that the URL holds."""
        return f"{self.key}_written"

    def _write(self) -> None:
        state = st.session_state
        state[self._written] = state[self.key]
        if st.query_params.get(self.key) != state[self.key]:
            st.query_params[self.key] = state[self.key]


LANGUAGE = FrameChoice(
    "lang",
    lazy_gettext("Language"),
    {code: each.name for code, each in LANGUAGES.items()},
    usual=lambda: nearest(st.context.locale),
)
_SPOKEN = "spoken"
SCHOOL, UNIVERSITY = "school", "university"
_FOLDED = ContextVar("in a fold of maths", default=False)
LEVEL = FrameChoice(
    "level",
    lazy_gettext("Level"),
    {SCHOOL: lazy_gettext("School"), UNIVERSITY: lazy_gettext("University")},
    usual=lambda: UNIVERSITY,
)


def speak_chosen() -> None:
    """Use the visitor's language in this run. Call this before anything is shown.

    A select box keeps its shown text in the browser, so after a change of the language, the server sends each one
    again.
    """
    state, code = st.session_state, LANGUAGE.begin()
    if state.setdefault(_SPOKEN, code) != code:
        state[_SPOKEN] = code
        for key, value in state.items():
            if all(type(each) in (str, int, float) for each in (value if isinstance(value, list) else [value])):
                state[key] = value
    speak(code)


def level() -> str:
    """Return the level of the visit: `SCHOOL` or `UNIVERSITY`."""
    return LEVEL.current()


def is_plain() -> bool:
    """Return whether to use the text for schools: at that level, but not inside an expander with formulas."""
    return level() == SCHOOL and not _FOLDED.get()


@contextmanager
def maths(is_all: bool = False, on_demand: bool = False) -> Iterator[None]:
    """Show formulas, Greek letters and matrices: at school in a closed expander, at university as they are.

    At school, `is_all` adds a sentence that the whole step is maths. `on_demand` uses the expander at university, too.
    Expanders are not nested.
    """
    if _FOLDED.get() or not (on_demand or level() == SCHOOL):
        yield
        return
    if is_all:
        st.caption(_("This step is all maths: letters, and tables of numbers. You can go on without it."))
    folded = _FOLDED.set(True)
    try:
        with st.expander(_("Show the maths"), icon=":material/function:"):
            yield
    finally:
        _FOLDED.reset(folded)
