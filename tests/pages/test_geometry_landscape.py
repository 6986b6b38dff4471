"""The landscape step of "Where does one digit become another?"."""

from __future__ import annotations

import threading
from dataclasses import replace

import numpy as np
import pytest

from digitviz import Hyperparameters, TrainingRun, landscape
from digitviz.dashboard.questions import geometry
from digitviz.dashboard.session import example
from digitviz.dashboard.session.moment import moment
from digitviz.figures import loss_landscape
from tests.pages.geometry_page import a_run, as_sent, page_of, pictures, said
from tests.waiting import wait_until


def path_of(run: TrainingRun) -> np.ndarray:
    stops = [run.initial_parameters, *(run.history.parameters_after(k) for k in range(run.batch - 1)), run.parameters]
    return np.array([each.to_vector().astype(float) for each in stops])


@pytest.mark.parametrize("hidden", [(), (6,), (7, 6, 5, 4)])
def test_the_landscape_is_the_cores(digits, hidden):
    run = a_run(digits, hidden)
    page = page_of("landscape", run)
    expected = landscape(moment(run).network, path_of(run), run.test, run.hyperparameters.loss)
    moments = ["before training", *(f"after batch {k}" for k in (1, 2, 3, 4))]
    drawn = as_sent(loss_landscape.landscape_from_above.plain(expected, moments))
    shown = pictures(page)["landscape"]
    assert shown["main"]
    assert shown["figure"] == drawn
    page.button_group("landscape_shown").set_value("in 3D").run()
    assert pictures(page)["landscape"]["figure"] == as_sent(loss_landscape.landscape_in_space.plain(expected, moments))


def test_a_guess_whether_the_path_ends_at_the_lowest_place_is_answered(digits, monkeypatch):
    run = a_run(digits)
    found = landscape(moment(run).network, path_of(run), run.test, run.hyperparameters.loss)
    for lowest, answer in ((0.01, "**No**: somewhere in this picture the loss is 0.01"), (50.0, "**Yes**")):
        losses = np.full_like(found.losses, lowest)
        losses[0, 0] = np.nan
        monkeypatch.setattr(geometry, "landscape", lambda *_, losses=losses, **__: replace(found, losses=losses))
        page = page_of("landscape", run)
        assert answer not in said(page)
        page.button_group("landscape_guess").set_value("no").run()
        assert answer in said(page)
        assert f"{found.path_losses[-1]:.3g}" in said(page)


def test_the_landscape_ends_at_the_moment_that_is_asked_about(digits):
    run = a_run(digits)
    page = page_of("landscape", run, batch="2")
    path = next(trace for trace in pictures(page)["landscape"]["figure"]["data"] if "text" in trace)
    assert path["text"] == ["before training", "after batch 1", "after batch 2"]
    page.select_slider("asked_batch").set_value(1).run()
    assert "three checkpoints" in said(page)
    assert not page.exception


def test_inside_a_batch_the_path_ends_where_the_run_stands(digits):
    run = TrainingRun(digits, Hyperparameters(batches=4, steps_per_batch=20, hidden=(6,)))
    run.advance(50)
    path = next(
        trace for trace in pictures(page_of("landscape", run))["landscape"]["figure"]["data"] if "text" in trace
    )
    assert path["text"] == ["before training", "after batch 1", "after batch 2", "as it is now"]


def test_the_ready_made_network_has_no_path_and_leads_to_yours(digits):
    page = page_of("landscape", a_run(digits), net="reader")
    assert "was not recorded" in said(page)
    page.button("landscape_ask_yours").click().run()
    wait_until(lambda: "landscape" in pictures(page.run()))


def test_the_notebooks_network_takes_the_place_of_the_ready_made_one(digits, monkeypatch):
    monkeypatch.setattr(example, "example", lambda: a_run(digits))
    page = page_of("landscape", net="reader")
    assert "This shows the notebook's network." in said(page)
    assert "landscape" in pictures(page)


def test_weights_that_stay_where_they_are_have_no_landscape(digits, monkeypatch):
    def stays(*_arguments, **_named):
        raise ValueError("path: all its points are the same")

    monkeypatch.setattr(geometry, "landscape", stays)
    assert "No landscape" in said(page_of("landscape", a_run(digits)))


def test_a_landscape_that_takes_long_shows_its_progress_and_can_be_cancelled(digits, monkeypatch):
    go_on, began, ended = threading.Event(), threading.Event(), threading.Event()

    def slow(*arguments, on_progress, **named):
        began.set()
        try:
            while not go_on.wait(0.01):
                on_progress(10, 25)
        finally:
            ended.set()
        return landscape(*arguments, on_progress=on_progress, **named)

    monkeypatch.setattr(geometry, "landscape", slow)
    page = page_of("landscape", a_run(digits), is_done=False)
    assert began.is_set()
    assert "landscape" not in pictures(page)
    page.button("landscape_cancel").click().run()
    wait_until(ended.is_set)
    assert not page.exception
    go_on.set()
    page.button("landscape_compute").click().run()
    wait_until(lambda: "landscape" in pictures(page.run()))


def test_of_a_large_network_fewer_points_are_measured_in_float32(digits, monkeypatch):
    monkeypatch.setattr(geometry, "MANY_WEIGHTS", 10)
    run = a_run(digits)
    page = page_of("landscape", run)
    expected = landscape(
        moment(run).network, path_of(run), run.test, run.hyperparameters.loss, 15, precision=np.float32
    )
    drawn = as_sent(loss_landscape.landscape_from_above.plain(expected, [""] * 5))["data"][0]
    shown = pictures(page)["landscape"]["figure"]["data"][0]
    assert {name: shown[name] for name in "xyz"} == {name: drawn[name] for name in "xyz"}
