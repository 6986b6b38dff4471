from __future__ import annotations

import threading

import numpy as np
import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from digitviz.dashboard.questions import computed as module
from digitviz.values import Values
from tests.waiting import wait_until

TOLD, GO, STOPPED = threading.Event(), threading.Event(), threading.Event()


def script() -> None:
    import streamlit as st

    from digitviz.dashboard.questions.computed import computed
    from tests.dashboard.questions import test_computed

    name = st.session_state.get("name", "slow")
    try:
        found = computed("question", name, getattr(test_computed, name), "So far {share}", expected=(KeyError,))
    except KeyError as error:
        st.write(f"there is none: {error.args[0]}")
        return
    st.write("nothing yet" if found is None else f"{found['numbers'].sum():g}")


def slow(on_progress):
    on_progress(1, 4)
    TOLD.set()
    assert GO.wait(90)
    try:
        on_progress(2, 4)
    except BaseException:
        STOPPED.set()
        raise
    return {"numbers": np.arange(4.0)}


def quick(_on_progress):
    return {"numbers": np.ones(3)}


def expected(_on_progress):
    raise KeyError("not there")


def broken(_on_progress):
    raise ValueError("no *such* layer")


@pytest.fixture
def page(monkeypatch) -> AppTest:
    monkeypatch.setattr(module, "PATIENCE", 0.01)
    st.cache_resource.clear()
    for event in (TOLD, GO, STOPPED):
        event.clear()
    yield AppTest.from_function(script, default_timeout=30)
    GO.set()


def test_what_takes_long_is_shown_on_its_way_and_then_there(page):
    page.run()
    assert TOLD.wait(90)
    page.run()
    assert page.markdown[0].value == "nothing yet"
    assert "So far 25%" in [bar.proto.text for bar in page.get("progress")]
    GO.set()
    wait_until(lambda: page.run().markdown[0].value == "6")
    assert not page.get("progress")


def test_a_session_that_ends_while_it_waits_gets_no_error(page, monkeypatch):
    wait = Values.wait

    def end(values: Values, asker, ids, seconds) -> None:
        wait(values, asker, ids, seconds)
        values.withdraw(asker)  # as its lease does
        monkeypatch.setattr(Values, "wait", wait)

    monkeypatch.setattr(Values, "wait", end)
    page.session_state["name"] = "quick"
    page.run()
    assert not page.exception
    wait_until(lambda: page.run().markdown[0].value == "3")


def test_what_the_question_no_longer_asks_for_is_stopped(page):
    page.run()
    assert TOLD.wait(90)
    page.session_state["name"] = "quick"
    page.run()
    GO.set()
    wait_until(lambda: page.run().markdown[0].value == "3")
    assert STOPPED.wait(90)


def test_why_there_are_no_numbers_is_said(page):
    page.session_state["name"] = "broken"
    wait_until(lambda: page.run().error)
    assert page.error[0].value == "This could not be computed: `no *such* layer`"


def test_it_can_be_stopped_and_begun_again(page):
    page.run()
    assert TOLD.wait(90)
    page.button("question_cancel").click().run()
    GO.set()
    assert STOPPED.wait(90)
    assert page.markdown[0].value == "nothing yet"
    assert not page.get("progress")
    page.button("question_compute").click().run()
    wait_until(lambda: page.run().markdown[0].value == "6")


def test_what_the_page_has_words_for_is_raised(page):
    page.session_state["name"] = "expected"
    wait_until(lambda: page.run().markdown[0].value == "there is none: not there")
