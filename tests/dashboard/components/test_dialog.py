"""A closed dialog stays closed, even on a server so busy that the next click arrives before the response."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from streamlit.proto.WidgetStates_pb2 import WidgetState, WidgetStates
from streamlit.runtime.scriptrunner import RerunData, get_script_run_ctx
from streamlit.runtime.state import SafeSessionState, SessionState
from streamlit.testing.v1 import AppTest

ROOT = Path(__file__).parents[3]


def page_with_a_dialog():
    import streamlit as st

    from digitviz.dashboard.runtime.streamlit_internals import answer_before_the_next

    answer_before_the_next()  # app.py calls this for every page
    state = st.session_state
    if state.setdefault("opened", True):
        st.dialog("Opened", on_dismiss=lambda: state.update(opened=False))(lambda word: st.markdown(word))(
            "over the page"
        )
    st.button("Pause", key="pause", on_click=lambda: state.update(paused=True))


def click(element: str) -> WidgetStates:
    """Return the one-time browser message for a click on this element, or for the closing of this dialog."""
    return WidgetStates(widgets=[WidgetState(id=element, trigger_value=True)])


@pytest.fixture
def page() -> AppTest:
    page = AppTest.from_function(page_with_a_dialog).run()
    assert [words.value for words in page.markdown] == ["over the page"]
    return page


@pytest.mark.parametrize("moment", [SafeSessionState, SessionState], ids=["before its answer", "while it is answered"])
def test_a_dialog_that_was_closed_stays_closed_when_the_next_click_follows_at_once(page, monkeypatch, moment):
    pause = page.button("pause").proto.id
    (shown,) = {state.id for state in page.session_state._state.get_widget_states()} - {pause}
    asked = [RerunData(widget_states=click(pause))]
    begin = moment.on_script_will_rerun

    def late(state: Any, *arguments: Any, **options: Any) -> None:
        if asked:
            get_script_run_ctx().script_requests.request_rerun(asked.pop())
        begin(state, *arguments, **options)

    monkeypatch.setattr(moment, "on_script_will_rerun", late)
    page._run(click(shown))
    assert not asked
    assert not page.exception
    assert page.session_state["paused"] is True
    assert page.session_state["opened"] is False
    assert not page.markdown


def test_the_app_answers_every_click_before_the_next():
    assert "    streamlit_internals.answer_before_the_next()" in (ROOT / "app.py").read_text()
