"""The ready-made sweeps show what their texts state.

Of those that take many seconds, only a part runs here, and all in `tests.benchmarks.claims`.
"""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from digitviz import Hyperparameters, sweep
from digitviz.dashboard.session.asked_sweep import of_ready
from digitviz.training.outcome import compute
from digitviz.training.presets import READY_RACES, READY_SWEEPS

MAX_STEPS_OF_A_NETWORK = 1_300_000
"""Steps of the notebook's network that take about 20 seconds on one core."""


def swept(digits, name, values=None, seeds=1, **changed):
    """Run a part of a ready-made sweep."""
    ready = READY_SWEEPS[name]
    return sweep(
        ready.values if values is None else values,
        seeds,
        Hyperparameters(**ready.settings | changed),
        of_ready(ready).digits,
    )


@pytest.mark.parametrize("name", READY_SWEEPS)
def test_each_one_is_a_sweep_with_texts(digits, name):
    ready = READY_SWEEPS[name]
    planned = of_ready(ready).planned()
    assert (planned.base.engine, planned.size <= 100) == ("compiled", True)
    assert planned.total_steps <= MAX_STEPS_OF_A_NETWORK
    assert planned.dataset_id == of_ready(ready).digits.id
    assert str(ready.question).endswith("?")
    assert len({str(ready.title), str(ready.question), str(ready.finding)}) == 3
    assert len({*map(str, ready.answers.values())}) == len(ready.answers)
    assert (len(ready.answers) > 1) is (len(planned.axes) < 2)  # otherwise its cells are the answers
    train = of_ready(ready).digits.split(planned.base.train_fraction)[0]
    if planned.base.sampling == "shuffled_epochs" and name != "batch_size":
        assert planned.base.batch_size == len(train)  # every batch holds all digits


def test_small_batches_learn_more_from_equally_many_digits(digits):
    table = swept(digits, "batch_size", {("batch_size", "batches"): [(10, 1600), (1000, 16)]})
    assert {each.recipe.hyperparameters.batch_size * each.batches for each in table.sweep.trainings} == {16_000}
    small, large = table.columns["test_accuracy"]
    assert small > 0.9
    assert large < 0.5


def test_zero_weights_learn_nothing_and_sigmoid_is_slower(digits):
    values = {"activation": ["relu", "sigmoid"], "initialization": ["xavier", "zeros"]}
    (relu, none), (sigmoid, also_none) = swept(digits, "activation_and_initialization", values).grid("test_accuracy")[
        ..., 0
    ]
    assert relu > 0.92
    assert sigmoid < relu - 0.1
    assert max(none, also_none) < 0.12


def test_the_learning_rate_decides_whether_a_network_learns(digits):
    values = {"learning_rate": [1e-4, 1e-2, 1.0], "hidden": [50]}
    low, best, high = swept(digits, "learning_rate_and_neurons", values).columns["test_accuracy"]
    assert best > 0.93
    assert max(low, high) < best - 0.2


def test_one_hidden_layer_is_better_than_none(digits):
    none, one = swept(digits, "depth", {"hidden": [(), (30,)]}, seeds=2).interval().mean
    assert one > none + 0.015


def test_wrong_labels_are_learnt_by_heart_without_decay_only(digits):
    table = swept(digits, "overfitting", {"weight_decay": [0.0, 10.0]}, batches=20)
    without, with_decay = table.columns["test_accuracy"]
    assert table.columns["train_accuracy"][0] > 0.99
    assert with_decay > without + 0.2


def test_the_test_error_rises_and_falls_again(digits):
    few, between, many = 1 - swept(digits, "double_descent", {"hidden": [8, 17, 100]}, batches=20).interval().mean
    assert between > few + 0.08
    assert many < between - 0.08


def test_the_network_that_groks_first_learns_its_training_digits_by_heart_and_the_others_later(digits):
    (outcome,) = swept(digits, "grokking", batches=12).outcomes
    knows = np.flatnonzero(outcome.curves["train_accuracy"] == 1)[0]
    assert knows <= 3  # after 1,000 steps
    others = outcome.curves["test_accuracy"]
    assert others[knows] < 0.75
    assert others[-1] > others[knows] + 0.05
    assert of_ready(dataclasses.replace(READY_SWEEPS["grokking"], split=None)).digits.id == digits.id


def test_seeds_alone_change_the_accuracy(digits):
    found = swept(digits, "seeds", seeds=2, batches=15).columns["test_accuracy"]
    assert len(set(found)) > 1
    assert (found > 0.85).all()


def raced(digits, name, seed=0, **changed):
    """Run a ready-made race from a seed; return its outcomes, and the steps to 90 % of each or infinity."""
    ready = READY_RACES[name]
    planned = of_ready(dataclasses.replace(ready, settings=ready.settings | changed)).planned()
    planned = dataclasses.replace(planned, base=dataclasses.replace(planned.base, seed=seed))
    found = [compute(recipe, batches, digits) for recipe, batches in planned.trainings]
    firsts = [each.first_at(0.9) for each in found]
    return found, [np.inf if at is None else each.moments[at] for each, at in zip(found, firsts, strict=True)]


def test_the_races_that_pages_link_to():
    assert list(READY_RACES) == ["optimizers", "batches", "engines", "gradients", "rates", "orders"]


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.sampled(3)
def test_momentum_is_three_times_as_fast_and_adam_the_slowest(digits, seed):
    _found, (plain, momentum, adam) = raced(digits, "optimizers", seed)
    assert momentum <= 0.5 * plain
    assert adam > plain


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.sampled(3)
def test_all_digits_in_a_step_need_the_fewest_steps_and_some_of_them_less_time(digits, seed):
    found, (every, some, one) = raced(digits, "batches", seed)
    assert every <= some < one
    times = [each.clock[each.first_at(0.9)] for each in found[:2]]
    assert times[1] < times[0]
    assert len(digits.split()[0]) == READY_RACES["batches"].values["batch_size"][0]


def test_engines_take_the_same_steps(digits):
    (numpy, *others), _steps = raced(digits, "engines", batches=3)
    assert numpy.test_accuracy > 0.5
    for other in others:
        for name, curve in numpy.curves.items():
            np.testing.assert_allclose(other.curves[name], curve, rtol=1e-9)


@pytest.mark.thorough
def test_the_notebooks_gradient_is_faster_than_the_exact_one(digits):
    _found, (notebook, exact) = raced(digits, "gradients")
    assert notebook < exact == np.inf


def test_the_largest_learning_rate_of_three_is_the_fastest_and_a_larger_one_fails(digits):
    small, middle, large = (each.test_accuracy for each in raced(digits, "rates", batches=20)[0])
    assert large > middle + 0.1
    assert middle > small + 0.1
    settings = Hyperparameters(**READY_RACES["rates"].settings | {"batches": 20})
    (failed,) = sweep({"learning_rate": [1e-3]}, 1, settings, digits).outcomes
    assert failed.diverged_at is not None or failed.test_accuracy < 0.5


@pytest.mark.thorough
def test_orders_have_the_same_weights_and_other_results(digits):
    found, _steps = raced(digits, "orders")
    assert len({each.test_accuracy for each in found}) > 1
