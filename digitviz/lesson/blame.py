"""Which weights are to blame for the error of a linear neuron: in proportion to their size, or by the gradient?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

LARGEST = 1e6
"""Numbers beyond this are refused: their squares and products would swamp all others."""

TARGET = 1.0
WEIGHTS = (0.6, 0.4, 0.1, 0.2)
INPUTS = (1.0, 0.5, 0.8, 0.2)
"""Target and weights of the classic NumPy notebook this dashboard grew from. It names no inputs: these give its output
of 0.92."""


class NumberRefused(ValueError):
    """A number of the neuron that is not a number, or would swamp all others.

    Parameters
    ----------
    field : {"input", "weight", "target"}
    value : float
    """

    def __init__(self, field: str, value: float) -> None:
        super().__init__(f"{field}: {value:g} is not a number up to {LARGEST:,.0f}; choose a smaller one")
        self.field = field
        self.value = value


@dataclass(frozen=True, eq=False)
class Blame:
    """The error of a linear neuron and two ways to blame its weights for it.

    Parameters
    ----------
    inputs, weights : ndarray, shape (n,)
    target, output, error : float
        error = target - output, what the notebook computes.
    shares : ndarray, shape (n,), or None
        The error, divided in proportion to the weights; None where the weights sum to 0: there is no proportion.
    gradient : ndarray, shape (n,)
        dE/dw of E = (target - output)^2 / 2, that is -(target - output) times the input.
    """

    inputs: np.ndarray
    weights: np.ndarray
    target: float
    output: float
    error: float
    shares: np.ndarray | None
    gradient: np.ndarray

    @property
    def squared_error(self) -> float:
        """E = (target - output)^2 / 2: what the notebook defines."""
        return self.error**2 / 2

    @property
    def derivative(self) -> float:
        """dE/do = -(target - output): E grows with the output when the output is too large."""
        return -self.error

    def output_of(self, weights: np.ndarray) -> float:
        """Return what the neuron would give with other weights."""
        return float(self.inputs @ weights)

    @property
    def exact_rate(self) -> float | None:
        """The learning rate with which one step lands on the target; None where all inputs are (almost) 0."""
        reach = float(self.inputs @ self.inputs)
        return 1.0 / reach if reach > 1.0 / LARGEST else None


def blame(inputs: np.ndarray, weights: np.ndarray, target: float) -> Blame:
    """Divide the error of a linear neuron, output = sum of input x weight, among its weights.

    Raises
    ------
    NumberRefused
        If a number is infinite, not a number, or beyond a million.
    """
    inputs, weights = np.asarray(inputs, float), np.asarray(weights, float)
    for name, values in (("input", inputs), ("weight", weights), ("target", np.array([target], float))):
        if not (np.abs(values) <= LARGEST).all():
            raise NumberRefused(name, float(values[~(np.abs(values) <= LARGEST)][0]))
    output = float(inputs @ weights)
    error = float(target) - output
    total = float(weights.sum())
    nothing_to_divide_by = abs(total) <= 1e-9 * float(np.abs(weights).sum())
    shares = None if nothing_to_divide_by else weights / total * error
    return Blame(inputs, weights, float(target), output, error, shares, -error * inputs)
