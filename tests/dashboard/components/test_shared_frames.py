"""Figures that the server draws once for all visitors."""

from __future__ import annotations

import json

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from digitviz.dashboard.components import plot
from digitviz.dashboard.runtime.shared import shared


@pytest.fixture(autouse=True)
def _none_yet():
    shared().get(plot._shared_frames).clear()


def test_the_same_content_is_drawn_once_and_the_oldest_make_room(monkeypatch):
    monkeypatch.setattr(plot, "MAX_SHARED", 2)
    drawn = []

    def get(name: str) -> bytes:
        return plot.drawn_once(name, lambda: drawn.append(name) or name.encode())

    assert [get(name) for name in "abaabcba"] == [name.encode() for name in "abaabcba"]
    assert drawn == ["a", "b", "c", "a"]  # c took the place of a, and a that of b


def test_a_figure_that_fails_is_tried_again():
    tried = []

    def draw() -> bytes:
        tried.append(True)
        if len(tried) == 1:
            raise ValueError("no figure")
        return b"figure"

    with pytest.raises(ValueError, match="no figure"):
        plot.drawn_once("content", draw)
    assert plot.drawn_once("content", draw) == b"figure"
    assert len(tried) == 2


def page() -> None:
    """Show one figure, and record whether this visitor's page has drawn it."""
    import streamlit as st

    from digitviz.dashboard.components.plot import plot
    from digitviz.language import speak

    state = st.session_state
    speak(state["language"])

    def build() -> dict[str, object]:
        state["drawn"] = True
        return {"data": [], "layout": {"title": {"text": state["language"]}}}

    plot("picture", "mark", build, 100, content=state["content"])


def draws(language: str, content: str | None) -> bool:
    """Return whether a new visitor's page draws the figure."""
    visitor = AppTest.from_function(page)
    visitor.session_state["language"], visitor.session_state["content"] = language, content
    visitor.run()
    assert not visitor.exception
    assert json.loads(visitor.session_state["frames"]["picture"][1])["figure"]["layout"]["title"]["text"] == language
    return "drawn" in visitor.session_state


def test_visitors_share_a_figure_only_with_the_same_content_and_language():
    st.cache_resource.clear()
    asked = [("en", "one"), ("en", "one"), ("zh", "one"), ("zh", "one"), ("en", "two"), ("en", None), ("en", None)]
    assert [draws(*each) for each in asked] == [True, False, True, False, True, True, True]
