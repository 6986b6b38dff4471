"""Sweeps: the trainings of a grid, computed anywhere, and what the table says about them."""

from __future__ import annotations

import csv
import dataclasses
import io
import json
from concurrent.futures import Executor, Future, ProcessPoolExecutor
from multiprocessing import get_context

import numpy as np
import pytest
from scipy import stats

import digitviz
from digitviz import Hyperparameters, SweepTable, sweep, train
from digitviz.training.outcome import CURVES, Outcome, compute
from digitviz.training.sweep import GUESSING, MAX_TRAININGS, Axis, Sweep

SHORT = Hyperparameters(batches=3, steps_per_batch=4, engine="numpy", learning_rate=1e-5, batch_size=20)
GRID = {"learning_rate": [1e-6, 1e-5], "hidden": [(4,), (5, 3), ()]}


@pytest.fixture(scope="module")
def table(digits):
    return sweep(GRID, 2, SHORT, digits)


def made_up(planned, accuracies, diverged=()):
    """Return a table with these test accuracies, in the order of the trainings."""
    outcomes = []
    for number, (training, accuracy) in enumerate(zip(planned.trainings, np.ravel(accuracies), strict=True)):
        curves = {name: np.full(3, accuracy) for name in CURVES}
        at = 1 if number in diverged else None
        if at is not None:
            curves = {name: np.full(3, np.nan) for name in CURVES}
        known = not (np.isnan(accuracy) and at is None)
        outcomes.append(Outcome(training.recipe.id, 3, curves, np.full(3, 0.1), at, 0.5) if known else None)
    return SweepTable(planned, outcomes)


def test_every_training_is_that_of_a_run_with_these_settings(table, digits):
    assert (len(table), table.sweep.shape, table.is_complete) == (12, (2, 3), True)
    columns = table.columns
    for row in range(len(table)):
        hidden = tuple(map(int, filter(None, columns["hidden"][row].split("-"))))
        settings = dataclasses.replace(
            SHORT, learning_rate=columns["learning_rate"][row], hidden=hidden, seed=int(columns["seed"][row])
        )
        run = train(digits, settings)
        assert run.recipe.id == table.sweep.trainings[row].recipe.id
        assert columns["test_accuracy"][row] == run.test_accuracy
        assert columns["train_loss"][row] == run.history.train_loss[-1]
    assert columns["seed"].tolist() == [0, 1] * 6
    assert columns["learning_rate"].tolist() == [1e-6] * 6 + [1e-5] * 6
    assert columns["hidden"].tolist() == ["4", "4", "5-3", "5-3", "", ""] * 2
    assert (columns["seconds"] > 0).all()
    np.testing.assert_array_equal(table.grid("test_accuracy")[1, 2], columns["test_accuracy"][-2:])


def test_processes_give_the_same_bits_and_wrong_labels_reach_them(digits):
    planned = {"learning_rate": [1e-5, 1e-4]}
    wrong = digits.mislabelled(0.5)
    with ProcessPoolExecutor(2, get_context("spawn")) as pool:
        there = sweep(planned, 2, SHORT, wrong, pool)
    here = sweep(planned, 2, SHORT, wrong)
    for one, other in zip(there.outcomes, here.outcomes, strict=True):
        assert {name: curve.tobytes() for name, curve in one.curves.items()} == {
            name: curve.tobytes() for name, curve in other.curves.items()
        }
    clean = sweep(planned, 2, SHORT, digits)
    assert (clean.columns["train_loss"] != here.columns["train_loss"]).all()


class Elsewhere(Executor):
    """An executor that returns prepared results at once."""

    def __init__(self, answer):
        self.answer = answer

    def submit(self, function, /, *args):
        future: Future = Future()
        try:
            future.set_result(self.answer(*args))
        except Exception as error:
            future.set_exception(error)
        return future


def test_an_answer_that_belongs_to_another_training_is_refused(digits):
    other = compute(Sweep.of({}, 1, digits, SHORT).trainings[0].recipe, 3, digits).to_bytes()
    with pytest.raises(ValueError, match="different training"):
        sweep({"learning_rate": [2e-5]}, 1, SHORT, digits, Elsewhere(lambda *_: [other]))
    with pytest.raises(ValueError, match="does not fit"):
        sweep({}, 1, SHORT, digits, Elsewhere(lambda *_: [other[:-1]]))


def test_an_error_of_a_worker_ends_the_sweep(digits):
    def fails(*_):
        raise RuntimeError("worker")

    with pytest.raises(RuntimeError, match="worker"):
        sweep(GRID, 2, SHORT, digits, Elsewhere(fails))


def test_settings_that_change_together_are_one_axis(digits):
    planned = Sweep.of({("batch_size", "batches"): [(10, 6), (20, 3)], "bias": [False, True]}, 1, digits, SHORT)
    assert planned.shape == (2, 2)
    settings = [each.recipe.hyperparameters for each in planned.trainings]
    assert [(each.batch_size, each.batches, each.bias) for each in settings] == [
        (10, 6, False), (10, 6, True), (20, 3, False), (20, 3, True),
    ]  # fmt: skip
    assert [each.batches for each in planned.trainings] == [6, 6, 3, 3]
    assert planned.total_steps == 4 * (6 + 6 + 3 + 3)


def test_seeds_follow_the_first_and_wrap_around(digits):
    last = dataclasses.replace(SHORT, seed=2**32 - 2)
    planned = Sweep.of({}, 3, digits, last)
    assert [each.recipe.hyperparameters.seed for each in planned.trainings] == [2**32 - 2, 2**32 - 1, 0]


@pytest.mark.parametrize(
    ("values", "seeds", "told"),
    [
        ({"learning_rate": [1e-9 * number for number in range(1, 20_001)]}, 5, "at most 1,000 .* 100,000"),
        ({"hidden": [1, 2], "bias": [True, False], "loss": ["squared_error"], "gradient": ["exact"]}, 1, "at most 3"),
        ({"speed": [1]}, 1, "cannot change 'speed'"),
        ({"seed": [1, 2]}, 1, "cannot change 'seed'"),
        ({"learning_rate": []}, 1, "needs a list"),
        ({"learning_rate": "12"}, 1, "needs a list"),
        ({("batch_size", "batches"): [(1, 2, 3)]}, 1, "one number per name"),
        ({("batch_size", "batches"): [10, 20]}, 1, "one number per name"),
        ({"learning_rate": np.array(1e-3)}, 1, "needs a list"),
        ({5: [1]}, 1, "cannot change 5"),
        ({"learning_rate": [1e-3, 1e-3]}, 1, "are the same"),
        ({"batches": [10, 20]}, 1, "only in their length"),
        ({"learning_rate": [1e-3, 1e9]}, 1, "learning_rate"),
        ({"engine": ["auto"]}, 1, "engine"),
        ({}, 0, "seeds must be a whole number from 1 to 100"),
        ({}, 101, "seeds"),
        ({}, 1.5, "seeds"),
        ({}, True, "seeds"),
    ],
)
def test_a_sweep_that_is_not_allowed_is_refused_with_a_sentence(digits, values, seeds, told):
    with pytest.raises(ValueError, match=told):
        Sweep.of(values, seeds, digits, SHORT)


def test_refusing_a_huge_sweep_makes_no_training(digits, monkeypatch):
    monkeypatch.setattr(Sweep, "_trainings", lambda self: pytest.fail("made"))
    with pytest.raises(ValueError, match=f"{MAX_TRAININGS:,}"):
        Sweep.of({"hidden": list(range(1, 500)), "learning_rate": [1e-6, 1e-5]}, 100, digits, SHORT)


def test_a_sweep_has_the_same_id_whenever_it_is_made(digits):
    for values in ({}, GRID, {("batch_size", "batches"): [(10, 6), (20, 3)], "bias": [False, True]}):
        planned, again = (Sweep.of(values, 2, digits, SHORT) for _ in range(2))
        assert (again.id, again.trainings) == (planned.id, planned.trainings)
        assert json.dumps(again.to_dict()) == json.dumps(planned.to_dict())
    numpys = {name: np.array([1e-6, 1e-5]) for name in ("learning_rate",)} | {"hidden": [[4], [5, 3], []]}
    assert Sweep.of(numpys, 2, digits, SHORT).id == Sweep.of(GRID, 2, digits, SHORT).id
    ids = [
        Sweep.of(values, seeds, data, settings).id
        for values, seeds, data, settings in [
            (GRID, 2, digits, SHORT), (GRID, 3, digits, SHORT), (GRID, 2, digits[:-1], SHORT), ({}, 2, digits, SHORT),
            (GRID, 2, digits, dataclasses.replace(SHORT, batches=4)),
        ]
    ]  # fmt: skip
    assert len(set(ids)) == len(ids)


def test_the_interval_is_students(digits):
    planned = Sweep.of({"bias": [False, True]}, 5, digits, SHORT)
    values = np.random.default_rng(0).uniform(0.8, 0.9, (2, 5))
    found = made_up(planned, values).interval()
    for row in range(2):
        expected = stats.t.interval(0.95, 4, values[row].mean(), stats.sem(values[row]))
        np.testing.assert_allclose([found.low[row], found.high[row]], expected)
    np.testing.assert_allclose(found.mean, values.mean(axis=1))


def test_one_seed_has_no_interval_and_diverged_trainings_are_left_out(digits):
    one = made_up(Sweep.of({"bias": [False, True]}, 1, digits, SHORT), [0.5, 0.6]).interval()
    np.testing.assert_array_equal(one.mean, [0.5, 0.6])
    assert np.isnan(one.low).all()
    assert np.isnan(one.high).all()
    several = Sweep.of({"bias": [False, True]}, 3, digits, SHORT)
    mixed = made_up(several, [0.59, 0.61, 0.0, 0.9, np.nan, np.nan], diverged=(2,))
    found = mixed.interval()
    np.testing.assert_allclose(found.mean, [0.6, 0.9])
    np.testing.assert_allclose(found.high[0] - 0.6, stats.t.ppf(0.975, 1) * np.std([0.59, 0.61], ddof=1) / np.sqrt(2))
    assert np.isnan(found.low[1])
    assert mixed.columns["diverged"].tolist() == [False, False, True, False, False, False]
    assert not mixed.is_complete
    nothing = made_up(several, [np.nan] * 6, diverged=range(3)).interval()
    assert np.isnan(nothing.mean).all()


def test_the_interval_of_an_accuracy_ends_where_accuracies_do(digits):
    table = made_up(Sweep.of({"bias": [False, True]}, 2, digits, SHORT), [0.4, 0.9, 0.1, 0.2])
    found = table.interval()
    assert (found.low.tolist(), found.high[0]) == ([0, 0], 1)
    assert table.interval("test_loss").low[0] < 0


def test_effects_add_up_and_find_what_was_put_in(digits):
    planned = Sweep.of({"bias": [False, True], "hidden": [3, 4, 5]}, 4, digits, SHORT)
    of_bias, of_hidden = np.array([-0.2, 0.2]), np.array([-0.05, 0.0, 0.05])
    values = np.broadcast_to(0.5 + of_bias[:, None, None] + of_hidden[None, :, None], (2, 3, 4))
    found = made_up(planned, values).effects()
    whole = of_bias.var() + of_hidden.var()
    expected = {("bias",): of_bias.var() / whole, ("hidden",): of_hidden.var() / whole, ("seed",): 0, (): 0}
    assert found == pytest.approx(expected, abs=1e-12)
    crossed = 0.5 + 0.1 * np.broadcast_to(np.array([[1, 0, -1], [-1, 0, 1]])[..., None], (2, 3, 4))
    assert made_up(planned, crossed).effects() == pytest.approx(
        {("bias",): 0, ("hidden",): 0, ("seed",): 0, (): 1}, abs=1e-12
    )
    noise = np.random.default_rng(1).uniform(0.2, 0.8, (2, 3, 4))
    of_noise = made_up(planned, noise).effects()
    assert sum(of_noise.values()) == pytest.approx(1)
    assert of_noise["seed",] == pytest.approx(noise.var(axis=-1).mean() / noise.var())


def test_effects_need_every_training_and_a_difference(digits):
    planned = Sweep.of({"bias": [False, True]}, 2, digits, SHORT)
    assert made_up(planned, [0.5] * 4).effects() is None
    assert made_up(planned, [0.5, 0.6, 0.7, np.nan]).effects() is None
    diverged = made_up(planned, [0.5, 0.5, np.nan, np.nan], diverged=(2, 3)).effects()
    assert diverged == made_up(planned, [0.5, 0.5, GUESSING, GUESSING]).effects()
    assert diverged["bias",] == pytest.approx(1)


def test_the_table_can_be_saved(table):
    rows = list(csv.DictReader(io.StringIO(table.to_csv().decode())))
    assert [float(row["test_accuracy"]) for row in rows] == table.columns["test_accuracy"].tolist()
    assert [row["hidden"] for row in rows] == table.columns["hidden"].tolist()
    frame = table.to_pandas()
    assert list(frame.columns) == list(table.columns)
    assert frame.groupby("learning_rate").test_accuracy.mean().tolist() == pytest.approx(
        table.grid("test_accuracy").mean(axis=(1, 2)).tolist()
    )


def test_names_of_the_package():
    assert digitviz.sweep is sweep
    assert Axis.of("bias", [True]).values == ((True,),)


def test_seeds_with_the_same_weights_differ_in_their_batches_only(digits):
    planned = Sweep.of({}, 3, digits, SHORT, same_weights=True)
    first, *others = [each.recipe for each in planned.trainings]
    assert first == Sweep.of({}, 1, digits, SHORT).trainings[0].recipe
    for other in others:
        for mine, its in zip(other.initial_parameters().arrays, first.initial_parameters().arrays, strict=True):
            np.testing.assert_array_equal(mine, its)
    assert [each.hyperparameters.seed for each in (first, *others)] == [0, 1, 2]
    assert planned.id != Sweep.of({}, 3, digits, SHORT).id
    assert "same_weights" not in Sweep.of({}, 3, digits, SHORT).to_dict()


def test_seeds_with_the_same_weights_are_few_if_the_network_is_large(digits):
    base = dataclasses.replace(SHORT, hidden=(512, 512, 512, 512))
    assert Sweep.of({}, 6, digits, base, same_weights=True).size == 6
    sizes = {"hidden": [base.hidden, (256,)]}
    for values, seeds in (({}, 100), (sizes, 7)):
        with pytest.raises(ValueError, match=f"too large to begin with the same weights {seeds} times"):
            Sweep.of(values, seeds, digits, base, same_weights=True)


@pytest.mark.thorough
def test_the_expected_time_is_about_that_of_the_sweep(digits):
    base = dataclasses.replace(SHORT, engine="compiled", optimizer="adam", steps_per_batch=200, batches=20)
    values = {"hidden": [10, 50, 100], "batch_size": [20, 100]}
    taken = np.sum(sweep(values, 2, base, digits).columns["seconds"])
    assert 0.4 < Sweep.of(values, 2, digits, base).expected_seconds(digits) / taken < 2.5
