"""The functions a hidden neuron can bend its sum with, and their derivatives."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

LEAK = 0.01
"""Slope of the leaky relu below zero (torch's default)."""


@dataclass(frozen=True)
class Activation:
    """An activation function, applied to each number on its own.

    Parameters
    ----------
    name : str
    formula : str
        In LaTeX, with z for the sum that enters.
    function : callable
        From sums to outputs, of the same shape.
    derivative : callable
        From sums and outputs to slopes, of the same shape. Outputs are passed so that nothing is computed twice.
    """

    name: str
    formula: str
    function: Callable[[np.ndarray], np.ndarray]
    derivative: Callable[[np.ndarray, np.ndarray], np.ndarray]


def _sigmoid(z: np.ndarray) -> np.ndarray:
    return 0.5 * (1.0 + np.tanh(0.5 * z))  # the logistic function, in a form that cannot overflow


ACTIVATIONS = {
    activation.name: activation
    for activation in (
        # The slope at exactly zero is a convention: the notebook masks h < 0 only, so it is 1 here.
        Activation("relu", r"\max(0, z)", lambda z: np.maximum(z, 0.0), lambda z, a: (z >= 0).astype(z.dtype)),
        Activation(
            "leaky_relu",
            rf"\max({LEAK} z, z)",
            lambda z: np.maximum(LEAK * z, z),
            lambda z, a: np.where(z >= 0, z.dtype.type(1), z.dtype.type(LEAK)),
        ),
        Activation("sigmoid", r"1 / (1 + e^{-z})", _sigmoid, lambda z, a: a * (1.0 - a)),
        Activation("tanh", r"\tanh z", np.tanh, lambda z, a: 1.0 - a * a),
        Activation("identity", "z", lambda z: z, lambda z, a: np.ones_like(z)),
    )
}
