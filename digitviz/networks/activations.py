"""The activation functions of hidden neurons, and their derivatives."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

LEAK = 0.01
"""Derivative of the leaky relu below zero (torch's default)."""

Derivative = Callable[[np.ndarray, np.ndarray], np.ndarray]
"""From pre-activations and activations to derivatives, all of one shape."""


@dataclass(frozen=True)
class Activation:
    """An activation function, applied to each number on its own.

    Parameters
    ----------
    name : str
    formula : str
        In LaTeX, with z for the pre-activation.
    function : callable
        From pre-activations to activations, of the same shape.
    derivative : callable
        From pre-activations and activations to derivatives, of the same shape. Activations are passed so that nothing
        is computed twice. At a kink it is the derivative from the left, as in torch and in textbooks: relu'(0) = 0.
    derivative_from_the_right : callable, optional
        The same for an activation with a kink, but with the derivative from the right there: relu'(0) = 1.
    """

    name: str
    formula: str
    function: Callable[[np.ndarray], np.ndarray]
    derivative: Derivative
    derivative_from_the_right: Derivative | None = None

    def derivative_for(self, gradient: str) -> Derivative:
        """Return the derivative that belongs to a kind of gradient, "notebook" or "exact".

        They differ at a kink alone: the notebook masks where h < 0, so that the derivative at 0 is that from the right.
        """
        return (gradient == "notebook" and self.derivative_from_the_right) or self.derivative


def _sigmoid(z: np.ndarray) -> np.ndarray:
    return 0.5 * (1.0 + np.tanh(0.5 * z))  # the logistic function, in a form that cannot overflow


ACTIVATIONS = {
    activation.name: activation
    for activation in (
        Activation(
            "relu",
            r"\max(0, z)",
            lambda z: np.maximum(z, 0.0),
            lambda z, a: (z > 0).astype(z.dtype),
            lambda z, a: (z >= 0).astype(z.dtype),
        ),
        Activation(
            "leaky_relu",
            rf"\max({LEAK} z, z)",
            lambda z: np.maximum(LEAK * z, z),
            lambda z, a: np.where(z > 0, z.dtype.type(1), z.dtype.type(LEAK)),
            lambda z, a: np.where(z >= 0, z.dtype.type(1), z.dtype.type(LEAK)),
        ),
        Activation("sigmoid", r"1 / (1 + e^{-z})", _sigmoid, lambda z, a: a * (1.0 - a)),
        Activation("tanh", r"\tanh z", np.tanh, lambda z, a: 1.0 - a * a),
        Activation("identity", "z", lambda z: z, lambda z, a: np.ones_like(z)),
    )
}
