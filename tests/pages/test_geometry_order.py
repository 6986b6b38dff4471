"""Two steps of "Where does one digit become another?": the order of neurons, and the line to another network."""

from __future__ import annotations

import json
import secrets
import threading
from dataclasses import replace

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from digitviz import Hyperparameters, TrainingRun, match_neurons, straight_line
from digitviz.dashboard.questions import computed, geometry
from digitviz.dashboard.runtime.shared import shared
from digitviz.dashboard.session import kept_runs
from digitviz.dashboard.session.example import Example
from digitviz.dashboard.session.kept_runs import OpenRun
from digitviz.dashboard.session.moment import moment
from digitviz.dashboard.session.open_runs import open_runs
from digitviz.dashboard.session.storage import store
from digitviz.dashboard.session.training_data import TrainingData
from digitviz.explanations.matching import permute_neurons
from digitviz.figures import straight_line as line_figures
from digitviz.figures.picture import to_json
from digitviz.figures.straight_line import AS_THEY_ARE, MATCHED
from digitviz.training.pool import Job
from digitviz.training.run import saved_state
from tests.pages.geometry_page import a_run, as_sent, page_of, pictures, said, script
from tests.waiting import wait_until


def test_reading_the_shuffled_network_that_takes_long_shows_its_progress_and_can_be_cancelled(digits, monkeypatch):
    go_on = threading.Event()

    def slow(*arguments):
        go_on.wait(90)
        return permute_neurons(*arguments)

    monkeypatch.setattr(geometry, "permute_neurons", slow)
    monkeypatch.setattr(computed, "PATIENCE", 0.01)
    page = page_of("order", a_run(digits), is_done=False)
    assert {"neurons_in_order", "neurons_shuffled"} <= pictures(page).keys()
    assert "Reading the test digits before and after: 0%" in [bar.proto.text for bar in page.get("progress")]
    page.button("order_cancel").click().run()
    assert page.button("order_compute")
    go_on.set()
    page.button("order_compute").click().run()
    wait_until(lambda: not page.run().get("progress"))
    page.button_group("order_guess").set_value("few").run()
    assert "**0** of 180" in said(page)


@pytest.mark.parametrize("hidden", [(6,), (7, 6, 5, 4)])
def test_shuffled_neurons_change_no_answer(digits, hidden):
    page = page_of("order", a_run(digits, hidden))
    assert pictures(page)["neurons_in_order"]["main"]
    in_order = pictures(page)["neurons_shuffled"]["figure"]["data"][1]["text"]
    page.button("shuffle_neurons").click().run()
    first = pictures(page)["neurons_shuffled"]["figure"]["data"][1]["text"]
    before = pictures(page)["neurons_in_order"]["figure"]["data"][1]["text"]
    assert sorted(first) == sorted(before)
    assert in_order == before != first
    assert "Different answers" not in said(page)  # the prediction comes first
    page.button_group("order_guess").set_value("half").run()
    assert "Different answers: **0** of 180" in said(page)
    page.button("shuffle_neurons").click().run()
    assert pictures(page)["neurons_shuffled"]["figure"]["data"][1]["text"] != first
    assert not page.exception


def test_the_straight_line_is_the_cores(digits):
    run = a_run(digits)
    page = page_of("order", run)
    page.button("extra_another_seed_begin").click().run()
    wait_until(lambda: "straight_line" in pictures(page.run()))
    other = TrainingRun(digits, run.hyperparameters.with_next_seed())
    other.advance(other.total_steps)
    one, two = (moment(each).network for each in (run, other))
    matched = permute_neurons(two, match_neurons(one, two))
    lines = {
        kind: straight_line(one, end, run.test, run.hyperparameters.loss)
        for kind, end in ((AS_THEY_ARE, two), (MATCHED, matched))
    }
    assert "come as close to the weights here as it can get them" in said(page)
    shown = pictures(page)["straight_line"]
    assert not shown["main"]
    assert shown["figure"] == as_sent(line_figures.straight_line.plain(lines))
    for line in lines.values():
        assert f"**{line.accuracies.min():.1%}**" in said(page)
    page.select_slider("asked_batch").set_value(2).run()  # compares both runs after batch 2
    wait_until(lambda: page.run() and pictures(page)["straight_line"]["figure"] != shown["figure"])
    expected = straight_line(moment(run, 2).network, moment(other, 2).network, run.test, run.hyperparameters.loss)
    drawn = line_figures.straight_line.plain({AS_THEY_ARE: expected})["data"][0]
    assert pictures(page)["straight_line"]["figure"]["data"][0]["y"] == json.loads(to_json(drawn))["y"]


def test_without_a_hidden_layer_there_is_no_order_but_a_line(digits):
    page = page_of("order", a_run(digits, ()))
    assert "no hidden layer" in said(page)
    page.button("extra_another_seed_begin").click().run()
    wait_until(lambda: "straight_line" in pictures(page.run()))
    assert pictures(page)["straight_line"]["main"]
    assert "nothing to match" in said(page)


def test_the_ready_made_networks_neurons_can_be_shuffled(digits):
    page = page_of("order", net="reader")
    page.button("shuffle_neurons").click().run()
    page.button_group("order_guess").set_value("none").run()
    assert "of 1,000" in said(page)
    assert "was not recorded" in said(page)
    page.button("line_ask_yours").click().run()
    assert page.button("train_notebook")
    assert "line_ask_yours" not in {button.key for button in page.button}  # there is no network to change to
    assert not page.exception


def test_numbers_that_overflow_are_said(digits):
    run = a_run(digits, learning_rate=1.0)
    for step in ("landscape", "order"):
        assert not page_of(step, run).exception


def test_a_line_to_a_network_that_overflowed_is_not_drawn(digits, monkeypatch):
    def refuses(*_arguments):
        raise ValueError("matrix contains invalid numeric entries")

    monkeypatch.setattr(geometry, "match_neurons", refuses)
    page = page_of("order", a_run(digits))
    page.button("extra_another_seed_begin").click().run()
    wait_until(lambda: "overflowed" in said(page.run()))


def kept(owner: str, run: TrainingRun, title: str = "", with_state: bool = True, **fields) -> str:
    """Save a run as the server does when its tab is closed, and return its id."""
    job = Job(run)
    opened = OpenRun(secrets.token_hex(16), owner, job, TrainingData(), 0.0)
    row = replace(kept_runs.as_kept(opened, run), title=title, **fields)
    store().save_run(row, saved_state(run) if with_state else None)
    return row.id


def page_with_runs(run: TrainingRun, owner: str) -> AppTest:
    page = AppTest.from_function(script, default_timeout=60, args=("order",))
    page.session_state["job"] = Job(run, None)
    page.session_state["owner"], page.session_state["owner_is_remembered"] = owner, True
    page.session_state["line_other"] = "own"
    return page


@pytest.fixture
def own(tmp_path, monkeypatch) -> str:
    """Key of an owner with a new store."""
    monkeypatch.setenv("DIGITVIZ_HOME", str(tmp_path))
    st.cache_resource.clear()
    yield secrets.token_hex(32)
    st.cache_resource.clear()


def test_the_line_leads_to_another_run_of_ones_own_with_the_same_layers(digits, own):
    run = a_run(digits)
    fitting = a_run(digits, batches=3, learning_rate=2e-6, seed=7)
    id = kept(own, fitting, "slow <b>one</b>")
    kept(own, a_run(digits, (7,)), "wider")
    kept(own, a_run(digits, activation="tanh"), "bent")
    kept(secrets.token_hex(32), a_run(digits, seed=9), "a stranger's")
    page = page_with_runs(run, own)
    wait_until(lambda: "straight_line" in pictures(page.run()))
    assert not page.exception
    offered = page.selectbox("line_run")
    assert offered.value == id
    assert len(offered.options) == 1
    assert offered.options[0].startswith("slow <b>one</b> · ")
    assert "Runs with different layers are not listed: 2." in said(page)
    assert f"Steps of the other network: {fitting.step}." in said(page)
    one, two = (moment(each).network for each in (run, fitting))
    matched = permute_neurons(two, match_neurons(one, two))
    lines = {
        kind: straight_line(one, end, run.test, run.hyperparameters.loss)
        for kind, end in ((AS_THEY_ARE, two), (MATCHED, matched))
    }
    assert pictures(page)["straight_line"]["figure"] == as_sent(line_figures.straight_line.plain(lines))
    page.button_group("line_other").set_value("seed").run()
    assert page.button("extra_another_seed_begin")


def test_a_run_saved_within_a_batch_is_asked_as_it_was_after_the_last_one(digits, own):
    """At the end of the first two batches, and with the imported weights. Without these, there is nothing to ask."""
    run = a_run(digits)
    settings = Hyperparameters(batches=4, steps_per_batch=20, hidden=(6,), seed=3)
    begun, within = TrainingRun(digits, settings), TrainingRun(digits, settings)
    imported = TrainingRun(digits, settings, start=run.parameters)
    for each, steps in ((begun, 10), (within, 50), (imported, 10)):
        each.advance(steps)
    kept(own, begun)
    expected = {kept(own, within): 40, kept(own, imported): 0}
    page = page_with_runs(run, own)
    for id, steps in expected.items():
        page.session_state["line_run"] = id
        wait_until(lambda steps=steps: f"Steps of the other network: {steps}." in said(page.run()))
        assert len(page.selectbox("line_run").options) == 2


def test_a_run_that_is_open_is_asked_as_it_was_saved(digits, own):
    run, other = a_run(digits), a_run(digits, seed=3, batches=6)
    id = kept(own, a_run(digits, seed=3, batches=6), "open")
    open_runs().add(OpenRun(id, own, Job(other), TrainingData(), 0.0))
    page = page_with_runs(run, own)
    wait_until(lambda: "straight_line" in pictures(page.run()))
    shown = pictures(page)["straight_line"]["figure"]["data"][0]
    line = straight_line(*(moment(each).network for each in (run, other)), run.test, run.hyperparameters.loss)
    assert shown == as_sent(line_figures.straight_line.plain({AS_THEY_ARE: line}))["data"][0]


def test_the_line_from_the_example_leads_to_the_open_run_too(digits, own):
    shared().get(Example).run, mine = a_run(digits, seed=5), a_run(digits)
    page = page_with_runs(mine, own)
    page.query_params["net"] = "reader"
    id = kept(own, mine)
    page.session_state["open_run"] = open_runs().add(OpenRun(id, own, Job(mine), TrainingData(), 0.0))
    wait_until(lambda: "straight_line" in pictures(page.run()))
    assert page.selectbox("line_run").value == id
    page.session_state["asked_network"] = "yours"
    assert "You have no other runs yet" in said(page.run())


def test_until_the_example_is_there_the_page_says_that_it_is_coming(digits, own):
    shared().get(Example).is_coming = True
    page = AppTest.from_function(script, default_timeout=60, args=("order",)).run()
    assert "The server is training an example." in said(page)
    assert "was not recorded" not in said(page)
    shared().get(Example).run, shared().get(Example).is_coming = a_run(digits), False
    assert "This shows the notebook's network." in said(page.run())


def test_why_no_run_is_offered_is_said(digits, own):
    run = a_run(digits)
    page = page_with_runs(run, own).run()
    assert "You have no other runs yet" in said(page)
    kept(own, a_run(digits, (7,)))
    stranger = kept(secrets.token_hex(32), a_run(digits, seed=9), "a stranger's")
    page = page_with_runs(run, own)
    page.session_state["line_run"] = stranger
    page.run()
    assert "None of your other runs has matching layers" in said(page)
    assert "straight_line" not in pictures(page)


def test_runs_on_other_digits_and_damaged_ones_are_said_to_be(digits, own):
    run = a_run(digits)
    split = kept(own, a_run(digits, train_fraction=0.5), "other split")
    damaged = kept(own, a_run(digits, seed=4), "damaged", recipe={"dataset_id": run.recipe.dataset_id})
    lost = kept(own, a_run(digits, seed=5), "lost", with_state=False)
    copies = kept(own, a_run(digits, seed=6), "copies", training_data={"source": "digits", "distorted": True})
    page = page_with_runs(run, own)
    expected = {
        split: "trained on different digits", damaged: "saved data of this run cannot be read", lost: "cannot be read",
        copies: "distorted copies of the digits",
    }  # fmt: skip
    for id, words in expected.items():
        page.session_state["line_run"] = id
        wait_until(lambda: not page.run().get("progress"))
        assert not page.exception
        assert words in said(page)
        assert ("straight_line" in pictures(page)) == (id == split)
        page.session_state["frames"].pop("straight_line", None)
