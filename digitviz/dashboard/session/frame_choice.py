"""A choice in the frame of every page, such as the language: it lasts for the visit, and a URL can set it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import streamlit as st

from digitviz.dashboard.components.choice import choice, held
from digitviz.language import Lazy


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
        """Return the code for this page run. Call this before anything is shown."""
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
