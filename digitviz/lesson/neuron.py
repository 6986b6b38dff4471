"""One neuron: its output, its line in the plane of two inputs, the perceptron rule, and the blame for its error."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from digitviz.language import lazy_gettext as _
from digitviz.networks.activations import ACTIVATIONS, Activation

STEP = Activation(
    "step",
    _("step"),
    r"\begin{cases} 1 & z > 0 \\ 0 & z \le 0 \end{cases}",
    r"0 \quad (z \neq 0)",
    "#8a919c",
    value="(z > 0).astype(z.dtype)",
    slope="np.where(z == 0, np.nan, 0.0)",  # flat except for the jump, which has no derivative
)
"""The step function. Its derivative is 0, so networks cannot learn with it and do not offer it."""

WITH_STEP = {STEP.name: STEP, **ACTIVATIONS}
"""Activations that a single neuron can use."""


@dataclass(frozen=True, eq=False)
class Firing:
    """A neuron's output and the steps of its computation.

    Parameters
    ----------
    products : ndarray, shape (inputs,)
        Each input times its weight.
    z : float
        Pre-activation: the sum of the products and the bias. Infinite or nan if it overflows.
    output : float
        Activation of `z`.
    derivative : float
        Derivative of the activation at `z`. nan if it does not exist.
    """

    products: np.ndarray
    z: float
    output: float
    derivative: float


def fire(inputs: Sequence[float], weights: Sequence[float], bias: float, activation: Activation) -> Firing:
    """Compute a neuron's output.

    Parameters
    ----------
    inputs, weights : sequence of float
        Both of the same length. If they are empty, only the bias is left.
    bias : float
    activation : Activation
    """
    with np.errstate(over="ignore", invalid="ignore"):  # the answer can be an overflow
        products = np.asarray(inputs, float) * np.asarray(weights, float)
        z = np.asarray([products.sum() + bias])
        output = activation.function(z)
        return Firing(products, float(z[0]), float(output[0]), float(activation.derivative(z, output)[0]))


def firing_region(weights: Sequence[float], bias: float, low: float, high: float) -> np.ndarray:
    """Return the part of a square of two inputs in which the pre-activation is positive.

    Parameters
    ----------
    weights : sequence of float, length 2
    bias : float
    low, high : float
        Bounds of the square, the same for both inputs.

    Returns
    -------
    ndarray, shape (corners, 2)
        Corners of a polygon, in order. The whole square or nothing if the line does not cross it.
    """
    square = np.array([[low, low], [high, low], [high, high], [low, high]])
    heights = square @ np.asarray(weights) + bias
    corners = []
    for here, there, z, next_z in zip(square, np.roll(square, -1, 0), heights, np.roll(heights, -1), strict=True):
        if z > 0:
            corners.append(here)
        if (z > 0) != (next_z > 0):
            corners.append(here + (there - here) * z / (z - next_z))
    return np.array(corners).reshape(-1, 2)


def decision_line(weights: Sequence[float], bias: float, low: float, high: float) -> np.ndarray:
    """Return the ends of the line with pre-activation 0 in a square, shape (2, 2), or (0, 2) if there is no line.

    Parameters
    ----------
    weights, bias, low, high
        See `firing_region`.
    """
    region = firing_region(weights, bias, low, high)
    on_line = np.abs(region @ np.asarray(weights) + bias) < 1e-9
    ends = np.unique(region[on_line].round(12), axis=0)
    return ends if len(ends) == 2 and any(weights) else np.zeros((0, 2))


POINTS = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
"""All pairs of two binary inputs."""

GATES = {"AND": np.array([0, 0, 0, 1]), "OR": np.array([0, 1, 1, 1]), "XOR": np.array([0, 1, 1, 0])}
"""The target for each of `POINTS`. No line separates XOR (M. Minsky, S. Papert, Perceptrons, 1969)."""

RATE = 0.5
"""Learning rate of the perceptron rule."""


def answers(weights: Sequence[float], bias: float) -> np.ndarray:
    """Return the neuron's output for each of `POINTS`, 0 or 1, shape (4,)."""
    return np.array([int(fire(point, weights, bias, STEP).output) for point in POINTS])


def perceptron_step(
    weights: Sequence[float], bias: float, point: Sequence[float], target: int
) -> tuple[np.ndarray, float]:
    """Show the neuron one point. If it answers wrongly, its weights move towards the correct answer.

    Parameters
    ----------
    weights : sequence of float, length 2
    bias : float
    point : sequence of float, length 2
    target : int
        0 or 1.

    Returns
    -------
    (ndarray, float)
        Updated weights and bias. Unchanged if the answer was correct.

    References
    ----------
    F. Rosenblatt, The perceptron, Psychological Review 65, 1958.
    """
    change = RATE * (target - fire(point, weights, bias, STEP).output)
    return np.asarray(weights, float) + change * np.asarray(point, float), bias + change


LARGEST = 1e6
"""Limit for inputs, weights and target. Squares and products of larger numbers would drown all others."""

TARGET = 1.0
WEIGHTS = (0.6, 0.4, 0.1, 0.2)
INPUTS = (1.0, 0.5, 0.8, 0.2)
"""Target and weights of the classic NumPy notebook this dashboard grew from. The notebook does not state its inputs.
These reproduce its output of 0.92."""


@dataclass(frozen=True, eq=False)
class Blame:
    """The error of a linear neuron and two ways to blame its weights for it.

    Parameters
    ----------
    inputs, weights : ndarray, shape (n,)
    target, output, error : float
        error = target - output, as in the notebook.
    shares : ndarray, shape (n,), or None
        Error divided in proportion to the weights. None if the weights sum to 0.
    gradient : ndarray, shape (n,)
        dE/dw of E = (target - output)^2 / 2, which is -(target - output) times the input.
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
        """E = (target - output)^2 / 2, as the notebook defines it."""
        return self.error**2 / 2

    @property
    def derivative(self) -> float:
        """dE/do = -(target - output): E grows with the output if the output is too large."""
        return -self.error

    def output_of(self, weights: np.ndarray) -> float:
        """Return the neuron's output with other weights."""
        return float(self.inputs @ weights)

    @property
    def exact_rate(self) -> float | None:
        """Learning rate with which one step reaches the target. None if all inputs are (almost) 0."""
        reach = float(self.inputs @ self.inputs)
        return 1.0 / reach if reach > 1.0 / LARGEST else None


def blame(inputs: np.ndarray, weights: np.ndarray, target: float) -> Blame:
    """Divide the error of a linear neuron, output = sum of input x weight, among its weights.

    Numbers beyond `LARGEST` count as `LARGEST`.
    """
    inputs, weights, target = (
        np.clip(np.asarray(each, float), -LARGEST, LARGEST) for each in (inputs, weights, target)
    )
    output = float(inputs @ weights)
    error = float(target) - output
    total = float(weights.sum())
    nothing_to_divide_by = abs(total) <= 1e-9 * float(np.abs(weights).sum())
    shares = None if nothing_to_divide_by else weights / total * error
    return Blame(inputs, weights, float(target), output, error, shares, -error * inputs)
