"""Outcomes: the bits of a trajectory at some moments, in bytes that are checked when they are read."""

from __future__ import annotations

import dataclasses
import json
import time
from types import SimpleNamespace

import numpy as np
import pytest

from digitviz import Hyperparameters, TrainingRun
from digitviz.packing import pack, unpack
from digitviz.training import outcome as outcomes
from digitviz.training.engines import ENGINES
from digitviz.training.outcome import (
    CLOCK,
    CURVES,
    FORMAT,
    MAX_MOMENTS,
    Outcome,
    OutcomeRun,
    compute,
    measured_seconds,
    moments_of,
)
from digitviz.training.recipe import Recipe

LEARNS = {"learning_rate": 1e-5, "initialization": "he"}
CASES = {
    "single steps": {"batches": 90, "steps_per_batch": 1, **LEARNS},
    "Gram form": {"batches": 5, "steps_per_batch": 60, "bias": True, **LEARNS},
    "Gram form of few digits": {"batches": 12, "steps_per_batch": 9, "batch_size": 40, **LEARNS},
    "Adam": {
        "batches": 12, "steps_per_batch": 9, "batch_size": 33, "optimizer": "adam", "bias": True, "hidden": (9, 7),
        "learning_rate": 0.01, "input_scale": "unit", "sampling": "shuffled_epochs",
    },
    "momentum in float32": {
        "batches": 12, "steps_per_batch": 9, "optimizer": "momentum", "precision": "float32", "weight_decay": 0.1,
        "hidden": (), **LEARNS,
    },
    "more digits than there are": {"batches": 3, "steps_per_batch": 2, "batch_size": 2000, "train_fraction": 0.1},
    "diverges at once": {"batches": 50, "steps_per_batch": 1, "learning_rate": 100.0, "activation": "identity"},
    "diverges later": {"batches": 20, "steps_per_batch": 40, "learning_rate": 4e-4, "activation": "identity"},
}  # fmt: skip


def recipe_of(digits, **settings):
    settings = Hyperparameters(**{"engine": "compiled"} | settings)
    return Recipe.of(digits, settings), settings


def whole(digits, settings):
    run = TrainingRun(digits, settings)
    run.advance(run.total_steps)
    return run


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("case", CASES)
@pytest.mark.sampled(4)
def test_an_outcome_has_the_bits_of_the_trajectory(digits, case, engine):
    recipe, settings = recipe_of(digits, engine=engine, **CASES[case])
    run, found = whole(digits, settings), compute(recipe, settings.batches, digits)
    assert found.diverged_at == (run.fault.step if run.diverged else None)
    assert (found.diverged_at is not None) == case.startswith("diverges")
    for name, curve in found.curves.items():
        whole_curve = np.full(settings.batches, np.nan)
        recorded = getattr(run.history, name)
        whole_curve[: len(recorded)] = recorded
        np.testing.assert_array_equal(curve, whole_curve[found.moments - 1])
    assert np.array_equal(found.test_accuracy, np.nan if run.diverged else run.test_accuracy, equal_nan=True)
    assert run.diverged or found.test_accuracy > 0.05


@pytest.mark.parametrize("case", ["Gram form", "Adam", "diverges later"])
@pytest.mark.parametrize("steps", [1, 7, 100])
def test_the_division_into_calls_changes_no_bit(digits, case, steps):
    recipe, settings = recipe_of(digits, **CASES[case])
    run = OutcomeRun(recipe, settings.batches, digits)
    taken = 0
    while not run.is_over:
        taken += run.advance(steps)
    expected = compute(recipe, settings.batches, digits)
    assert run.outcome.diverged_at == expected.diverged_at
    assert taken == run.step <= run.total_steps
    assert {name: curve.tobytes() for name, curve in run.outcome.curves.items()} == {
        name: curve.tobytes() for name, curve in expected.curves.items()
    }


def test_two_thousand_single_steps_call_the_engine_a_few_times(digits, monkeypatch):
    recipe, settings = recipe_of(digits, batches=2000, steps_per_batch=1, **LEARNS)
    calls, engine = [], ENGINES["compiled"]

    class Counted(engine):
        def advance_batches(self, *args):
            calls.append(args)
            return super().advance_batches(*args)

    monkeypatch.setitem(ENGINES, "compiled", Counted)
    assert compute(recipe, settings.batches, digits).test_accuracy > 0.8
    assert len(calls) == 1 + MAX_MOMENTS  # one before the clock starts


def test_an_outcome_takes_a_fraction_of_the_trajectorys_time(digits):
    recipe, settings = recipe_of(digits, batches=300, steps_per_batch=1, **LEARNS)

    def seconds(function):
        began = time.thread_time()
        function()
        return time.thread_time() - began

    short = min(seconds(lambda: compute(recipe, settings.batches, digits)) for _ in range(3))
    assert short < 0.5 * min(seconds(lambda: whole(digits, settings)) for _ in range(3))


def test_the_outcome_is_not_known_before_the_end(digits):
    recipe, _ = recipe_of(digits, batches=2, steps_per_batch=3)
    run = OutcomeRun(recipe, 2, digits)
    assert (run.advance(5), run.step, run.is_over, run.engine) == (5, 5, False, "compiled")
    with pytest.raises(ValueError, match="step 5 of 6"):
        _ = run.outcome
    assert (run.advance(5), run.is_over) == (1, True)
    assert run.outcome.batches == 2


def test_the_outcome_so_far_has_the_moments_that_have_passed(digits):
    recipe, settings = recipe_of(digits, batches=10, steps_per_batch=3, **LEARNS)
    run = OutcomeRun(recipe, settings.batches, digits)
    assert np.isnan(run.so_far.curves["test_accuracy"]).all()
    run.advance(13)
    found, expected = run.so_far, compute(recipe, settings.batches, digits)
    run.advance(100)
    for name, curve in found.curves.items():
        np.testing.assert_array_equal(curve, np.where(np.arange(10) < 4, expected.curves[name], np.nan))
    assert np.isfinite(found.clock).sum() == 4
    assert 0 < found.clock[3] <= found.seconds < run.outcome.seconds


def test_the_clock_is_the_time_of_the_steps_so_far(digits, made):
    assert (np.diff(made.clock, prepend=0) > 0).all()
    assert made.clock[-1] <= made.seconds


@pytest.mark.parametrize("whole_batches", [True, False])
def test_the_clock_leaves_out_what_the_first_training_of_a_process_loads(digits, monkeypatch, whole_batches):
    spent, loaded = [0.0], set()

    def spend(what):
        spent[0] += 1.0 if what in loaded else 1_000.0
        loaded.add(what)

    class Slow(ENGINES["numpy"]):
        def __init__(self, *args):
            spend("engine")
            super().__init__(*args)

        def advance(self, *args):
            spend("steps")
            return super().advance(*args)

        def advance_batches(self, *args):
            spend("batches")
            return super().advance_batches(*args)

        def measure(self, *args):
            spend("measurement")
            return super().measure(*args)

    monkeypatch.setitem(ENGINES, "numpy", Slow)
    monkeypatch.setattr(outcomes, "time", SimpleNamespace(thread_time=lambda: spent[0]))
    recipe, settings = recipe_of(digits, engine="numpy", batches=3, steps_per_batch=2, **LEARNS)
    runs = [OutcomeRun(recipe, settings.batches, digits) for _ in range(2)]
    for run in runs:
        while not run.is_over:
            run.advance(2 if whole_batches else 1)
    assert runs[0].outcome.clock.tolist() == runs[1].outcome.clock.tolist()
    assert spent[0] > 4_000 > 100 > runs[0].outcome.seconds


@pytest.mark.parametrize(("step", "steps", "expected"), [(0, 5, 0), (0, 6, 6), (0, 20, 18), (7, 4, 0), (7, 5, 5)])
def test_a_racing_training_takes_the_steps_to_a_moment_together(digits, step, steps, expected):
    recipe, settings = recipe_of(digits, batches=80, steps_per_batch=3)
    run = OutcomeRun(recipe, settings.batches, digits)
    run.advance(step)
    assert run.up_to_a_moment(steps) == expected


def test_the_first_moment_at_an_accuracy(made):
    accuracies = made.curves["test_accuracy"]
    goal = accuracies[20]
    first = made.first_at(goal)
    assert accuracies[first] >= goal
    assert not (accuracies[:first] >= goal).any()
    assert made.first_at(1.01) is None


@pytest.mark.thorough
def test_the_measured_time_is_about_that_of_the_training(digits):
    recipe, settings = recipe_of(digits, batches=400, steps_per_batch=5, optimizer="adam", learning_rate=0.001)
    taken = min(compute(recipe, settings.batches, digits).seconds for _ in range(3))
    assert 0.4 < np.median([measured_seconds(recipe, settings.batches, digits) for _ in range(5)]) / taken < 2.5


def test_the_time_of_a_diverging_training_is_that_up_to_there(digits):
    recipe, settings = recipe_of(digits, **CASES["diverges at once"] | {"batches": 10_000})
    assert measured_seconds(recipe, settings.batches, digits) < 0.1


def test_a_recipe_with_changes_has_no_outcome(digits):
    recipe, _ = recipe_of(digits, batches=3)
    with pytest.raises(ValueError, match="from start to end"):
        OutcomeRun(recipe.changed(1, learning_rate=1e-4), 3, digits)


@pytest.mark.parametrize("batches", [1, 2, 39, 40, 41, 1000, 10_000])
def test_moments_are_evenly_spaced_and_end_with_the_last_batch(batches):
    moments = moments_of(batches)
    assert (moments[0] >= 1, moments[-1], len(moments)) == (True, batches, min(batches, MAX_MOMENTS))
    assert np.ptp(np.diff(moments, prepend=0)) <= 1


@pytest.fixture(scope="module")
def made(digits):
    recipe, _ = recipe_of(digits, batches=60, steps_per_batch=1, **LEARNS)
    return compute(recipe, 60, digits)


def test_bytes_are_read_back_and_are_short(digits, made):
    data = made.to_bytes()
    assert len(data) < 2_500
    again = Outcome.read(data, made.recipe_id, 60)
    for field in dataclasses.fields(Outcome):
        if field.name not in {"curves", "clock"}:
            assert getattr(again, field.name) == getattr(made, field.name)
    assert {name: curve.tolist() for name, curve in again.curves.items()} == {
        name: curve.tolist() for name, curve in made.curves.items()
    }
    assert again.clock.tolist() == made.clock.tolist()
    recipe, settings = recipe_of(digits, **CASES["diverges later"])
    diverged = compute(recipe, settings.batches, digits)
    again = Outcome.read(diverged.to_bytes(), recipe.id, settings.batches)
    assert again.diverged_at == diverged.diverged_at
    assert np.isnan(again.test_accuracy)


def changed(data, changes):
    """Return an outcome's bytes with other notes and a correct checksum."""
    notes, curves = unpack(FORMAT, data)
    return pack(FORMAT, notes | changes, curves)


@pytest.mark.parametrize("notes", [{"recipe": "0" * 64}, {"batches": 61}], ids=["another recipe", "another length"])
def test_bytes_of_something_else_are_refused(made, notes):
    data = made.to_bytes()
    assert Outcome.read(changed(data, {}), made.recipe_id, 60).test_accuracy == made.test_accuracy
    with pytest.raises(ValueError, match=r"\w"):
        Outcome.read(changed(data, notes), made.recipe_id, 60)


def test_every_damaged_byte_is_noticed(made):
    data, rng = made.to_bytes(), np.random.default_rng(0)
    for at in rng.integers(0, len(data), 200).tolist():
        damaged = bytearray(data)
        damaged[at] ^= 1 << int(rng.integers(8))
        with pytest.raises(ValueError, match=r"\w"):
            Outcome.read(bytes(damaged), made.recipe_id, 60)
    for end in (0, 7, 8, 100, len(data) - 1):
        with pytest.raises(ValueError, match=r"\w"):
            Outcome.read(data[:end], made.recipe_id, 60)


def test_bytes_contain_numbers_and_text_only(made):
    data = made.to_bytes()
    header = json.loads(data[8 : 8 + int.from_bytes(data[:8], "little")])
    assert {name: value["dtype"] for name, value in header.items() if name != "__metadata__"} == dict.fromkeys(
        (*CURVES, CLOCK), "F64"
    )
    assert outcomes.FORMAT in header["__metadata__"]["digitviz"]
