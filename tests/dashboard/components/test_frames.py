"""Live views send a bounded amount of data, and never draw or request a frame twice."""

from __future__ import annotations

import json

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from digitviz import Hyperparameters, figures, train
from digitviz.dashboard.components.plot import frame
from digitviz.dashboard.session import current_run
from tests.pages.reading import live_on
from tests.recorded import recorded_history
from tests.waiting import wait_until

MOST_BYTES = 100_000


@pytest.fixture(scope="module", params=[(200, 500), (2_000, 1_000), (10_000, 1)], ids=["notebook", "longest", "many"])
def run(request, digits):
    batches, steps = request.param
    run = train(digits, Hyperparameters(batches=2, steps_per_batch=5))
    longer = Hyperparameters(batches=batches, steps_per_batch=steps)
    return run, recorded_history(digits, longer)


def test_a_refresh_of_the_curves_is_bounded_whatever_the_length_of_the_run(run):
    run, history = run
    shown = run.test[:12]
    parts = [
        figures.loss_curves.plain(history.losses),
        figures.progress_curves.plain(history, len(history.test_accuracy)),
        figures.guesses.plain(shown.images, shown.labels, run.network.predict_proba(shown.pixels)),
    ]
    assert sum(len(frame(part, "x", 300)) for part in parts) <= MOST_BYTES


def test_a_refresh_of_the_weights_is_bounded(run):
    run, _ = run
    both = [figures.weights_before_after.plain(run.initial_parameters, run.parameters, layer) for layer in (0, 1)]
    assert sum(len(frame(part, "x", 300)) for part in both) <= MOST_BYTES
    assert len(frame(figures.neuron_images.plain(run.parameters), "x", 300)) <= MOST_BYTES


@pytest.fixture
def page() -> AppTest:
    page = AppTest.from_file("../../../app.py", default_timeout=30)
    page.query_params["batches"] = "2000"  # it lasts until it is paused
    page.switch_page("pages/train.py").run()
    return page


def test_a_rerun_that_changes_nothing_draws_nothing(page, monkeypatch):
    drawn: list[str] = []
    for name in ("loss_curves", "progress_curves", "weights_before_after"):
        picture = getattr(figures, name)

        def counted(*arguments, plain=picture.plain, name=name, **options):
            drawn.append(name)
            return plain(*arguments, **options)

        monkeypatch.setattr(picture, "plain", counted)
    page.run()
    assert drawn == []
    page.button("step").click().run()
    wait_until(lambda: page.session_state["job"].run.step == 1)
    assert current_run.pool().wait(page.session_state["job"])
    page.run()
    assert {"loss_curves", "weights_before_after"} <= set(drawn)
    drawn.clear()
    page.run()
    assert drawn == []


def test_only_a_training_that_runs_or_can_be_resumed_is_followed_and_no_page_is_run_for_it(page, monkeypatch):
    asked: list[float | None] = []
    fragment = st.fragment

    def recorded(function=None, *, run_every=None, key=None):
        asked.append(run_every)
        return fragment(function, run_every=run_every, key=key)

    monkeypatch.setattr(st, "fragment", recorded)
    page.run()
    assert live_on(page)["stream"] is None
    page.button("train").click().run()
    page.session_state["job"].pause()
    assert live_on(page)["stream"].startswith("digitviz-stream/")
    assert current_run.pool().wait(page.session_state["job"])
    page.run()
    assert not live_on(page)["moves"]
    assert live_on(page)["stream"], "Resume would wait for the page's turn"
    assert set(asked) == {None}


def test_a_frame_carries_its_sentence_its_language_and_whether_it_is_the_main_picture(run):
    run, history = run
    figure = figures.loss_curves.plain(history.losses)
    message = json.loads(frame(figure, "losses", 300, main=True))
    assert message["figure"]["layout"]["meta"]["says"].startswith("Loss of ")
    assert (message["language"], message["main"]) == ("en", True)
    assert json.loads(frame(figure, "losses", 300))["main"] is False
