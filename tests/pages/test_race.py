"""The page on races: its form and address, curves and table, and races of several runs."""

from __future__ import annotations

import base64
import csv
import io
import json
import re
from contextlib import nullcontext
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from digitviz import DigitDataset, Hyperparameters, wilson_interval
from digitviz.dashboard.experiments import race
from digitviz.dashboard.session import open_sweeps as sweeps
from digitviz.dashboard.session.asked_sweep import of_ready
from digitviz.dashboard.session.open_runs import pool
from digitviz.dashboard.session.open_sweeps import open_sweeps
from digitviz.dashboard.session.storage import store
from digitviz.training.background_sweep import SweepState
from digitviz.training.outcome import Outcome, moments_of
from digitviz.training.presets import READY_RACES
from digitviz.training.sweep import Sweep, SweepTable
from tests.kept import kept_run
from tests.pages.experiment_page import (
    SHORT,
    address_on,
    finish,
    of_page,
    open_experiment,
    press,
    progress_on,
    tables_on,
)
from tests.pages.reading import take_home, words_on
from tests.waiting import wait_until

RATES = SHORT | {"by1": "learning_rate:1e-06,1e-05,1e-04", "batches": "40", "seeds": "1"}


@pytest.fixture(autouse=True)
def _short_races(monkeypatch):
    monkeypatch.setattr(sweeps, "RACE_SECONDS", 0.5)
    yield
    for opened in [*open_sweeps()._open.values()]:
        opened.work.cancel()
    wait_until(lambda: pool().counts()["jobs"] == 0)


def test_a_race_ends_with_curves_a_table_and_the_winner():
    page = open_experiment("race", RATES)
    assert page.title[0].value == "Which one learns better?"
    (guess,) = [each.key for each in page.selectbox if each.key.startswith("race_guess")]
    page.selectbox(guess).set_value("0").run()
    assert "You said 0.000001. Press Start to see." in words_on(page)
    assert page.button("race_start").proto.type == "primary"
    press(page, "race_start")
    table = finish(page).work.table
    assert progress_on(page).endswith("finished: 3 trainings")
    assert "Predict first" not in words_on(page)
    assert (page.button("race_start").label, page.button("race_start").disabled) == ("Again: same result?", False)
    cells = tables_on(page)
    for name, outcome in zip(("0.000001", "0.00001", "0.0001"), table.outcomes, strict=True):
        ends = [f"{end:.1%}" for end in wilson_interval(round(outcome.test_accuracy * 180), 180)]
        shown = f'<td data-title="test accuracy">{outcome.test_accuracy:.1%}</td>'
        assert f'{name}</th>{shown}<td data-title="allowing for chance">{ends[0]} to {ends[1]}</td>' in cells
    goals = [race.goal_of(*each) for each in zip(table.outcomes, table.sweep.trainings, strict=True)]
    fastest = [name for name, goal in zip(("0.000001", "0.00001", "0.0001"), goals, strict=True) if goal is not None]
    assert ("None of them reached 90%." in words_on(page)) == (not fastest)
    says = json.loads(page.session_state["frames"]["race_curves"][1])["figure"]["layout"]["meta"]["says"]
    assert says.startswith(f"after {min(goal[0] for goal in goals if goal):,} steps: " if fastest else "at the end: ")
    for outcome, goal in zip(table.outcomes, goals, strict=True):
        if goal and goal[0] == min(each[0] for each in goals if each):
            assert f": {outcome.curves['test_accuracy'][outcome.first_at(race.GOAL)]:.1%}" in says
    page.button_group("race_against").set_value("seconds").run()
    assert not page.exception
    by_steps, by_digits = (curves_against(page, against) for against in ("steps", "samples"))
    assert len(by_steps) == len(table.outcomes)
    for steps, seen in zip(by_steps, by_digits, strict=True):
        assert seen.tolist() == (steps * table.sweep.base.batch_size).tolist()
    page.session_state["downloads_box"] = True
    page.run()
    rows = list(csv.DictReader(io.StringIO(take_home(page, "race_csv").content.decode())))
    assert [float(row["test_accuracy"]) for row in rows] == table.columns["test_accuracy"].tolist()


def curves_against(page, against):
    page.button_group("race_against").set_value(against).run()
    lines = json.loads(page.session_state["frames"]["race_curves"][1])["figure"]["data"]
    return [np.frombuffer(base64.b64decode(line["x"]["bdata"]), line["x"]["dtype"]) for line in lines]


def test_a_finished_race_runs_again_from_the_next_seed():
    page = open_experiment("race", SHORT | {"by1": "bias:false,true"})
    assert "the first to read 90%" in words_on(page)
    press(page, "race_start")
    first = finish(page)
    assert "the first to read 90%" not in words_on(page)  # it is too late to guess
    press(page, "race_start")
    planned = page.session_state["race_planned"][1]
    assert planned.base == first.work.sweep.base.with_next_seed()
    assert address_on(page)["seed"] == str(planned.base.seed)
    mine = [each.work for each in open_sweeps()._open.values() if each.kept.owner == page.session_state["owner"]]
    assert [work.sweep.id for work in mine] == [first.work.sweep.id, planned.id]
    assert mine[1].state in {SweepState.RUNNING, SweepState.FINISHED}


def test_a_running_experiment_says_its_time_left_at_its_own_pace_and_that_it_waits(monkeypatch):
    state, length = SweepState.RUNNING, SimpleNamespace(total_steps=1_000)
    work, pace = SimpleNamespace(sweep=length, begun={0: None}, steps=0, state=state), sweeps.Pace()

    def said(seconds, steps):
        work.steps = steps
        monkeypatch.setattr(sweeps, "monotonic", lambda: seconds)
        return pace.left(work)

    assert said(0.0, 0) == ""
    assert said(2.9, 0) == ""
    assert said(3.1, 0) == "waiting until the server is free"
    assert said(30.0, 100) == ""  # the wait for the first step says nothing about the pace
    assert said(34.0, 180) == ""
    assert said(40.0, 500) == "about 12 seconds left"
    assert said(43.1, 500) == "waiting until the server is free"
    assert said(44.0, 100) == ""  # cancelled and started again
    work.state = SweepState.PAUSED
    assert said(60.0, 100) == ""
    work.state, pace = SweepState.RUNNING, sweeps.Pace()
    assert said(45.0, 900) == ""
    work.sweep, pace = SimpleNamespace(total_steps=100_000), sweeps.Pace()
    assert [said(50.0, 0), said(51.0, 10), said(53.0, 20), said(56.0, 30), said(58.0, 40)] == [""] * 5  # no hours yet
    assert [said(60.0 + second, 50 + second) for second in range(0, 51, 2)] == [""] * 26
    assert said(112.0, 100) == "about 19 hours left"  # it is really slow


@pytest.mark.parametrize("name", READY_RACES)
def test_every_ready_made_race_is_found_by_its_address_and_shows_its_curves(monkeypatch, digits, name):
    ready = READY_RACES[name]
    monkeypatch.setitem(READY_RACES, name, replace(ready, settings=ready.settings | {"batches": 4}))
    page = open_experiment("race", {"ready": name})
    assert address_on(page) == {"ready": name}
    page.session_state["race_settings"] = True
    assert page.run().selectbox("race_ready").value == name
    same = page.session_state["race_planned"][1]
    assert same == of_ready(READY_RACES[name]).planned()
    if name == "engines":
        return  # PyTorch takes seconds to load; a browser starts this one, see `tests/browser/test_ask.py`
    press(page, "race_start")
    table = finish(page).work.table
    assert progress_on(page).endswith(f"finished: {same.size} trainings")
    batches = ", but their batches differ" if name in {"orders", "batches"} else " and train on the same batches"
    assert f"All of them begin with the same weights{batches}." in words_on(page)
    page.button_group("race_against").set_value("steps").run()
    shown = json.loads(page.session_state["frames"]["race_curves"][1])["figure"]["data"][: same.size]
    ends = [np.frombuffer(base64.b64decode(curve["y"]["bdata"]), curve["y"]["dtype"])[-1] for curve in shown]
    assert ends == pytest.approx([outcome.test_accuracy for outcome in table.outcomes], rel=1e-6)


@pytest.mark.parametrize(
    ("values", "seeds", "said"),
    [
        ({"batch_size": [50, 100]}, 1, "All of them begin with the same weights, but their batches differ."),
        ({"sampling": ["with_replacement", "shuffled_epochs"]}, 1, "their batches differ"),
        ({"train_fraction": [0.5, 0.9]}, 1, "their batches differ"),
        ({"hidden": [10, 20]}, 1, "All of them train on the same batches, but begin with different weights."),
        ({"bias": [False, True]}, 1, "same weights and train on the same batches"),
        ({"precision": ["float32", "float64"]}, 1, "begin with different weights"),
        ({"initial_scale": [1.0, 2.0]}, 1, "begin with different weights"),
        ({}, 2, "Both the initial weights and the batches differ."),
        ({"learning_rate": [1e-6, 1e-5]}, 1, "same weights and train on the same batches"),
    ],
)
def test_the_page_says_what_is_the_same(digits, values, seeds, said):
    assert said in race.what_is_the_same(Sweep.of(values, seeds, digits), len(digits))


@pytest.mark.parametrize("address", [{"by1": "bias:true"}, {"by1": "hidden:2,3,4,5,6,7,8"}])
def test_a_race_has_two_to_six_trainings(address):
    page = open_experiment("race", address)
    assert "A race has two to six trainings" in page.error[0].value
    assert not [button for button in page.button if button.key == "race_start"]


def outcome_of(accuracies, seconds, diverged_at=None):
    batches = len(accuracies)
    assert len(moments_of(batches)) == batches
    return Outcome("", batches, {"test_accuracy": np.array(accuracies)}, np.array(seconds), diverged_at, 9.0)


def test_the_winner_by_steps_need_not_be_that_by_time(digits):
    planned = Sweep.of({"optimizer": ["gradient_descent", "momentum", "adam"]}, 1, digits)
    plain = outcome_of([0.5, 0.89, 0.9], [0.1, 0.2, 0.3])
    momentum = outcome_of([0.5, 0.95, 0.1], [1.0, 2.0, 3.0])
    never = outcome_of([0.5, 0.6, np.nan], [1.0, 2.0, np.nan], diverged_at=1_200)
    first = planned.trainings[0]

    def winners(*outcomes):
        return race._answer(SweepTable(planned, outcomes), None)

    assert winners(plain, momentum, never) == "First by processor time: **gradient descent**."
    assert winners(never, momentum, never) == ""  # the line above the picture says it
    assert race._first([plain, momentum, never], planned) == "First at 90%: momentum, after 1,000 steps."
    assert race.goal_of(plain, first) == (1_500, 0.3)
    assert race.goal_of(momentum, first) == (1_000, 2.0)
    whole = SweepTable(planned, [plain, momentum, never])
    verdicts = [race._answer(whole, None, guess).split(" First")[0] for guess in "012"]
    assert verdicts == ["Right!", "Right!", "Not quite."]
    at_once = SweepTable(planned, [plain, outcome_of([0.5, 0.8, 0.9], [0.1, 0.2, 0.25]), plain])
    said = "First by processor time: **momentum**."
    assert race._first(at_once.outcomes, planned) == "All reach 90% after 1,500 steps."
    assert [race._answer(at_once, None, guess) for guess in "01"] == [f"Not quite. {said}", f"Right! {said}"]
    assert winners(never, never, never) == "None of them reached 90%."
    tied = outcome_of([0.5, 0.91, 0.9], [3.0, 4.0, 5.0])
    assert race._first([plain, momentum, tied], planned) == "First at 90%: momentum, Adam, after 1,000 steps."
    assert race._first([never, None, never], planned) == ""
    assert race._row(never, first, 180) == ["diverged", "none", "none", "none"]
    assert race._row(None, first, 180) == ["none"] * 4
    assert race._row(momentum, first, 180)[2:] == ["1,000", "2 s"]


def test_after_the_end_the_track_shows_the_moment_at_which_the_first_is_at_the_finish(monkeypatch, digits):
    planned = Sweep.of({"optimizer": ["gradient_descent", "momentum", "adam"]}, 1, digits)
    plain, momentum = outcome_of([0.5, 0.89, 0.9], [0.1, 0.2, 0.3]), outcome_of([0.5, 0.95, 0.1], [1.0, 2.0, 3.0])
    never = outcome_of([0.5, 0.6, np.nan], [1.0, 2.0, np.nan], diverged_at=1_200)
    pictures = []
    nothing = {name: lambda *_, **__: nullcontext() for name in ("html", "caption", "container")}
    monkeypatch.setattr(race, "st", SimpleNamespace(session_state={}, **nothing))
    monkeypatch.setattr(race, "plot", lambda _key, _shown, build, *_, **__: pictures.append(build()["layout"]))
    monkeypatch.setattr(race, "held", lambda *_: race.TRACK)
    monkeypatch.setattr(race, "choice", lambda *_, **__: None)
    monkeypatch.setattr(race.page, "follow", lambda *_: None)

    def track(*outcomes, state=SweepState.FINISHED):
        work = SimpleNamespace(state=state, so_far=[*outcomes])
        race._results(SimpleNamespace(digits=digits), planned, SimpleNamespace(work=work), None)
        notes = [re.sub("^.*<span[^>]*>|</span>", "", note["text"]) for note in pictures[-1]["annotations"][:3]]
        return pictures[-1]["meta"]["says"].split(". The")[0], notes, pictures[-1]["xaxis"]["range"][0]

    says, notes, start = track(plain, momentum, never)
    assert says == "after 1,000 steps: 2. gradient descent: 89.0%, 1. momentum: 95.0%, Adam: 60.0%"
    assert notes == ["90% after 1,500 steps", "90% after 1,000 steps", "not reached"]
    assert start == 0.5  # below the last one
    says, _notes, start = track(plain, momentum, momentum)
    assert says == "after 1,000 steps: 3. gradient descent: 89.0%, 1. momentum: 95.0%, 1. Adam: 95.0%"
    assert start == 0.8  # near the finish, the axis is enlarged
    film = pictures[-1]["meta"]["film"]
    assert film["labels"][film["start"]] == "after 1,000 steps"
    says, notes, _start = track(never, never, never)
    assert says == "at the end: gradient descent: 60.0%, momentum: 60.0%, Adam: 60.0%"
    assert notes == ["not reached"] * 3
    track(never, outcome_of([0.5, 0.7, 0.8], [0.1, 0.2, 0.3]), never)  # the lanes of all others: by their last accuracy
    heights = [note["y"] for note in pictures[-1]["annotations"][:3]]
    assert heights[1] < heights[0] < heights[2]  # the axis points down
    says, notes, _start = track(plain, momentum, None, state=SweepState.PAUSED)
    assert says == "batch 3 of 200: 2. gradient descent: 90.0%, 1. momentum: 10.0%, Adam: 10.0%"  # as far as they are
    assert notes[2] == ""


def test_several_runs_race_from_the_seed_of_the_first():
    settings = [{"learning_rate": 1e-5, "seed": 3}, {"hidden": [20, 10], "seed": 5}, {"bias": True}]
    page = open_experiment("race", RATES)
    owner = page.session_state["owner"]
    runs = [kept_run(owner, settings=each) for each in settings]
    for run in runs:
        store().save_run(run, None)
    page.session_state["race_settings"] = True
    page.run()
    assert page.button("race_take_runs").disabled
    page.multiselect("race_runs").set_value([run.id for run in runs]).run()
    press(page, "race_take_runs")
    planned = page.session_state["race_planned"][1]
    assert [each.recipe.hyperparameters.seed for each in planned.trainings] == [3] * 3
    found = [each.recipe.hyperparameters for each in planned.trainings]
    expected = [(1e-5, (50,), False), (1e-6, (20, 10), False), (1e-6, (50,), True)]
    assert [(one.learning_rate, one.hidden, one.bias) for one in found] == expected
    assert address_on(page)["by1"] == "hidden/bias/learning_rate:50/false/0.00001,20-10/false/0.000001,50/true/0.000001"
    assert race.names_of(planned)[1] == "Hidden neurons 20-10, Bias off, Learning rate 0.000001"


def test_runs_that_cannot_race_are_refused_with_a_sentence():
    page = open_experiment("race", RATES)
    owner = page.session_state["owner"]
    runs = [kept_run(owner), kept_run(owner, training_data={"source": "digits", "distorted": False, "split": 3})]
    for run in (*runs, twin := kept_run(owner)):
        store().save_run(run, None)
    page.session_state["race_settings"] = True
    page.run()
    for chosen, said in ((runs, "learned from different digits"), ([runs[0], twin], "have the same settings")):
        page.multiselect("race_runs").set_value([run.id for run in chosen]).run()
        press(page, "race_take_runs")
        assert said in page.error[0].value
        assert address_on(page) == RATES


def test_a_live_race_shows_the_curves_so_far(monkeypatch):
    monkeypatch.setattr(sweeps, "RACE_SECONDS", 600.0)
    page = open_experiment("race", RATES)
    press(page, "race_start")
    work = of_page(page).work
    assert len(work._jobs) == 3
    assert progress_on(page) == "0 of 3 trainings finished"
    notes = json.loads(page.session_state["frames"]["race_curves"][1])["figure"]["layout"]["annotations"]
    assert notes[-1]["text"] == "batch 0 of 40"
    press(page, "race_cancel")
    assert not work._jobs


def test_seeds_of_a_race_are_named(digits):
    assert isinstance(digits, DigitDataset)
    settings = Hyperparameters(seed=7)
    assert race.names_of(Sweep.of({}, 2, digits, settings)) == ["seed 7", "seed 8"]
    assert race.names_of(Sweep.of({}, 2, digits, settings, same_weights=True)) == ["order 1", "order 2"]
    both = race.names_of(Sweep.of({"bias": [False, True]}, 2, digits, settings))
    assert both == ["Bias off, seed 7", "Bias off, seed 8", "Bias on, seed 7", "Bias on, seed 8"]
