"""The last two steps of "Where does one digit become another?", each shown alone."""

from __future__ import annotations

import json

import streamlit as st
from streamlit.testing.v1 import AppTest

from digitviz import Hyperparameters, TrainingRun
from digitviz.figures.picture import to_json
from digitviz.training.pool import Job
from tests.waiting import wait_until


def script(step: str) -> None:
    from digitviz.dashboard.questions import geometry
    from digitviz.dashboard.questions.asked_digit import asked_digit
    from digitviz.dashboard.questions.subject import subject
    from digitviz.dashboard.session import addresses

    addresses.arrive("asked")
    asked = subject()
    shown = {"landscape": geometry.the_landscape, "order": geometry.order_of_neurons}[step]
    shown.view(asked, lambda: asked_digit(asked))


def page_of(step: str, run: TrainingRun | None = None, is_done: bool = True, **address: str) -> AppTest:
    st.cache_resource.clear()
    page = AppTest.from_function(script, default_timeout=60, args=(step,))
    if run is not None:
        page.session_state["job"] = Job(run, None)
    for name, text in address.items():
        page.query_params[name] = text
    wait_until(lambda: not (page.run().get("progress") and is_done))
    assert not page.exception
    return page


def a_run(digits, hidden=(6,), batches=4, **settings) -> TrainingRun:
    run = TrainingRun(digits, Hyperparameters(batches=batches, steps_per_batch=20, hidden=hidden, **settings))
    run.advance(run.total_steps)
    return run


def pictures(page: AppTest) -> dict[str, dict]:
    if "frames" not in page.session_state:
        return {}
    state = page.session_state["frames"]
    return {key: json.loads(frame) for key, (_shown, frame) in state.items()}


def as_sent(plain: dict) -> dict:
    """Return a figure as sent to a browser, which adds the template itself."""
    plain["layout"].pop("template")
    return json.loads(to_json(plain))


def said(page: AppTest) -> str:
    return "\n".join(element.value for element in (*page.markdown, *page.info, *page.caption))
