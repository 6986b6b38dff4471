"""Figures that the server draws once for all visitors."""

from __future__ import annotations

import json

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from digitviz.dashboard.components.plot import SharedFrames


def test_the_same_content_is_drawn_once_and_other_content_again():
    frames, drawn = SharedFrames(), []

    def draw(name: str) -> bytes:
        drawn.append(name)
        return name.encode()

    assert [frames.get(name, lambda name=name: draw(name)) for name in "abaab"] == [b"a", b"b", b"a", b"a", b"b"]
    assert drawn == ["a", "b"]


def test_the_least_recently_used_make_room():
    frames, drawn = SharedFrames(limit=20), []

    def get(name: str) -> None:
        def draw() -> bytes:
            drawn.append(name)
            return bytes(10)

        assert frames.get(name, draw) == bytes(10)

    for name in "abacbab":
        get(name)
    assert drawn == ["a", "b", "c", "b", "a"]  # c took the place of b, and b that of a


def test_a_figure_above_the_limit_is_shown_but_not_held():
    frames, drawn = SharedFrames(limit=20), []
    for _ in range(2):
        assert len(frames.get("large", lambda: drawn.append("large") or bytes(21))) == 21
    assert drawn == ["large", "large"]


def test_a_figure_that_fails_is_tried_again():
    frames, tried = SharedFrames(), []

    def draw() -> bytes:
        tried.append(True)
        if len(tried) == 1:
            raise ValueError("no figure")
        return b"figure"

    with pytest.raises(ValueError, match="no figure"):
        frames.get("content", draw)
    assert frames.get("content", draw) == b"figure"
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
