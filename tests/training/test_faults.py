"""Detection of faults in a network."""

from __future__ import annotations

import numpy as np
import pytest

from digitviz import Hyperparameters, Parameters
from digitviz.training.faults import Stuck, gradient_is_zero, steps_at_the_last_loss


@pytest.fixture
def dead() -> Parameters:
    """Return parameters for which the output depends on no weight, so every gradient is zero."""
    return Parameters((np.full((64, 5), -1.0), np.ones((5, 10))))


def asked(parameters: Parameters, loss: float, next_loss: float) -> bool:
    x, one_hot = np.full((3, 64), 4.0), np.eye(10)[[1, 2, 3]]
    return gradient_is_zero(Hyperparameters(hidden=(5,)), loss, next_loss, parameters, x, one_hot)


def test_nothing_moves_any_more_where_every_gradient_is_zero(dead):
    assert asked(dead, 2.5, 2.5)


def test_a_loss_of_zero_is_no_fault(dead):
    assert not asked(dead, 0.0, 0.0)


def test_a_loss_that_changes_is_no_fault_whatever_the_gradient_now(dead):
    assert not asked(dead, 2.5, 2.4)
    assert asked(dead, 2.5, 2.5 * (1 + 1e-12))


def test_weights_that_have_a_gradient_are_not_stuck(dead):
    moving = Parameters((np.full((64, 5), 0.01), dead.weights[1]))
    assert not asked(moving, 2.5, 2.5)


def test_equal_losses_at_the_end_are_counted():
    assert steps_at_the_last_loss(np.array([3.0, 2.0, 2.0, 2.0])) == 3
    assert steps_at_the_last_loss(np.array([2.0, 3.0, 2.0])) == 1
    assert steps_at_the_last_loss(np.array([2.0, 2.0])) == 2


def test_neurons_that_are_silent_on_one_batch_are_not_called_dead_which_says_more():
    assert "100% of the hidden neurons output 0 for every digit of this batch" in str(Stuck(1, 1.0))
    assert "dead" not in str(Stuck(1, 1.0))
