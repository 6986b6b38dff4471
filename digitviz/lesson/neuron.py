"""One neuron: an activation function of a weighted sum."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from digitviz.language import lazy_gettext as _
from digitviz.networks.activations import ACTIVATIONS, Activation

STEP = Activation(
    "step",
    _("step"),
    r"1 \text{ if } z > 0 \text{, else } 0",
    r"0 \text{ if } z \neq 0",
    "#8a919c",
    value="(z > 0).astype(z.dtype)",
    slope="np.where(z == 0, np.nan, 0.0)",  # flat but for the jump, which has no derivative
)
"""Fires or does not. Nothing learns through it, as its derivative is 0, so it is not offered for networks."""

WITH_STEP = {STEP.name: STEP, **ACTIVATIONS}
"""The activations of a single neuron."""


@dataclass(frozen=True, eq=False)
class Firing:
    """A neuron's output, and how it is computed from its inputs.

    Parameters
    ----------
    products : ndarray, shape (inputs,)
        Each input times its weight.
    z : float
        Pre-activation: their sum and the bias; infinite or nan when the numbers are too large for a computer.
    output : float
        The activation of `z`.
    derivative : float
        Its derivative at `z`; nan where there is none.
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
        As many of one as of the other; without any only the bias is left.
    bias : float
    activation : Activation

    Raises
    ------
    ValueError
        If there are not as many weights as inputs.
    """
    if len(inputs) != len(weights):
        raise ValueError(f"weights: there are {len(weights)} for {len(inputs)} inputs")
    with np.errstate(over="ignore", invalid="ignore"):  # a sum that overflows is part of the answer
        products = np.asarray(inputs, float) * np.asarray(weights, float)
        z = np.asarray([products.sum() + bias])
        output = activation.function(z)
        return Firing(products, float(z[0]), float(output[0]), float(activation.derivative(z, output)[0]))


def firing_region(weights: Sequence[float], bias: float, low: float, high: float) -> np.ndarray:
    """Return the part of a square of two inputs where the pre-activation is positive.

    Parameters
    ----------
    weights : sequence of float, length 2
    bias : float
    low, high : float
        Bounds of the square, the same for both inputs.

    Returns
    -------
    ndarray, shape (corners, 2)
        A polygon, by its corners in order; the whole square or nothing when no line crosses it.
    """
    scale = max(abs(weights[0]), abs(weights[1]), abs(bias)) or 1.0  # the region does not depend on it
    normal, offset = np.asarray(weights) / scale, bias / scale
    square = np.array([[low, low], [high, low], [high, high], [low, high]])
    heights = square @ normal + offset
    corners = []
    for here, there, z, next_z in zip(square, np.roll(square, -1, 0), heights, np.roll(heights, -1), strict=True):
        if z > 0:
            corners.append(here)
        if (z > 0) != (next_z > 0):
            corners.append(here + (there - here) * z / (z - next_z))
    return np.array(corners).reshape(-1, 2)


def decision_line(weights: Sequence[float], bias: float, low: float, high: float) -> np.ndarray:
    """Return the ends of the line inside a square where the pre-activation is 0, shape (2, 2); (0, 2) if there is none.

    Parameters
    ----------
    weights, bias, low, high
        As for `firing_region`.
    """
    scale = max(abs(weights[0]), abs(weights[1]), abs(bias)) or 1.0
    region = firing_region(weights, bias, low, high)
    on_line = np.abs(region @ (np.asarray(weights) / scale) + bias / scale) < 1e-9
    ends = np.unique(region[on_line].round(12), axis=0)
    return ends if len(ends) == 2 and any(weights) else np.zeros((0, 2))
