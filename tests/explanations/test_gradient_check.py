from __future__ import annotations

import pytest

from digitviz import Hyperparameters, TrainingRun
from digitviz.explanations.gradient_check import EPSILONS, check_weight, relative_error
from digitviz.lesson.batch import batch_of
from digitviz.networks.activations import ACTIVATIONS


@pytest.fixture(scope="module")
def setting(digits):
    run = TrainingRun(digits, Hyperparameters(activation="tanh", batch_size=20))
    batch = batch_of(run, 0)
    return run.initial_parameters, batch.x, batch.one_hot


def checks(setting, epsilons, layer=0, row=20, column=3):
    parameters, x, one_hot = setting
    return check_weight(parameters, layer, row, column, x, one_hot, "tanh", "squared_error", epsilons)


def check(setting, *where):
    return checks(setting, [1e-5], *where)[0]


@pytest.mark.parametrize(("layer", "row", "column"), [(0, 20, 3), (0, 60, 49), (1, 0, 0), (1, 49, 9)])
def test_differences_confirm_the_gradient_and_tell_whose_the_notebooks_is(setting, layer, row, column):
    found = check(setting, layer, row, column)
    assert relative_error(found.by_hand, found.by_differences) < 1e-6
    assert (found.loss_above - found.loss_below) / 2e-5 == found.by_differences
    assert relative_error(found.notebook, found.twice_cross_entropy) < 1e-6
    assert relative_error(found.notebook, found.by_differences) > 0.1


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_differences_confirm_the_gradient_behind_every_activation(digits, activation):
    settings = Hyperparameters(activation=activation, input_scale="unit", initialization="he", hidden=(9, 8))
    batch = batch_of(TrainingRun(digits, settings), 0)
    where = (settings.initial_parameters(), 0, 20, 3, batch.x, batch.one_hot)
    [found] = check_weight(*where, activation, "squared_error", [1e-5])
    assert relative_error(found.by_hand, found.by_differences) < 1e-5


def test_too_far_and_too_little_are_both_worse(setting):
    errors = [relative_error(found.by_hand, found.by_differences) for found in checks(setting, EPSILONS)]
    assert min(errors) < errors[0] / 100
    assert min(errors) < errors[-1] / 100


def test_a_pixel_that_is_always_zero_blames_nobody(setting):
    found = check(setting, 0, 0)
    assert found.by_hand == found.by_differences == 0
    assert relative_error(0.0, 0.0) == 0
