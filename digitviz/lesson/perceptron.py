"""The perceptron rule: a neuron with a step function that learns from its mistakes."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from digitviz.lesson.neuron import STEP, fire

POINTS = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
"""All pairs of two inputs that are off or on."""

GATES = {"AND": np.array([0, 0, 0, 1]), "OR": np.array([0, 1, 1, 1]), "XOR": np.array([0, 1, 1, 0])}
"""The target for each of `POINTS`. No line separates XOR (M. Minsky, S. Papert, Perceptrons, 1969)."""

RATE = 0.5


def answers(weights: Sequence[float], bias: float) -> np.ndarray:
    """Return the neuron's output for each of `POINTS`, 0 or 1, shape (4,)."""
    return np.array([int(fire(point, weights, bias, STEP).output) for point in POINTS])


def perceptron_step(
    weights: Sequence[float], bias: float, point: Sequence[float], target: int, rate: float = RATE
) -> tuple[np.ndarray, float]:
    """Show the neuron one point; where it is wrong, its weights move towards the answer.

    Parameters
    ----------
    weights : sequence of float, length 2
    bias : float
    point : sequence of float, length 2
    target : int
        0 or 1.
    rate : float
        Learning rate: the length of the move.

    Returns
    -------
    (ndarray, float)
        The weights and the bias afterwards; unchanged if the answer was correct.

    References
    ----------
    F. Rosenblatt, The perceptron, Psychological Review 65, 1958.
    """
    error = target - fire(point, weights, bias, STEP).output
    return np.asarray(weights, float) + rate * error * np.asarray(point, float), bias + rate * error
