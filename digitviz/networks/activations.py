"""The activation functions of hidden neurons: one table for the controls, the lesson, the figures and numpy.

The torch engine and the kernel have their own code for each; `docs/recipes.md` says how to add one.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from digitviz.language import Lazy
from digitviz.language import lazy_gettext as _

LEAK = 0.01
"""Derivative of leaky ReLU below zero (torch's default)."""

Derivative = Callable[[np.ndarray, np.ndarray], np.ndarray]
"""From pre-activations and activations to derivatives, all of one shape."""


@dataclass(frozen=True)
class Activation:
    """An activation function, applied to each number on its own.

    Parameters
    ----------
    name : str
        What settings and addresses call it.
    title : Lazy
        What a page calls it.
    formula, derivative_formula : str
        In LaTeX, with z for the pre-activation.
    colour : str
        Of its curve among the others, as "#rrggbb"; thin lines in it stand out on white and on black.
    function : callable
        From pre-activations to activations, of the same shape and precision.
    derivative : callable
        From pre-activations and activations to derivatives, of the same shape and precision. Activations are passed
        so that nothing is computed twice. At a kink it is the derivative from the left, as in torch and in textbooks:
        relu'(0) = 0.
    derivative_from_the_right : callable, optional
        The same for an activation with a kink, but with the derivative from the right there: relu'(0) = 1.
    """

    name: str
    title: Lazy
    formula: str
    derivative_formula: str
    colour: str
    function: Callable[[np.ndarray], np.ndarray]
    derivative: Derivative
    derivative_from_the_right: Derivative | None = None

    def value_and_derivative(self, z: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return the activations and the derivatives at pre-activations `z`, both of its shape."""
        a = self.function(z)
        return a, self.derivative(z, a)


def _sigmoid(z: np.ndarray) -> np.ndarray:
    return 0.5 * (1.0 + np.tanh(0.5 * z))  # the logistic function, in a form that cannot overflow


def _normal_distribution(z: np.ndarray) -> np.ndarray:
    from scipy.special import erf  # importing it takes a tenth of a second

    return 0.5 * (1.0 + erf(z * math.sqrt(0.5)))


def _gelu(z: np.ndarray) -> np.ndarray:
    """Return z times the standard normal distribution function at z.

    References
    ----------
    D. Hendrycks, K. Gimpel, Gaussian error linear units, 2016.
    """
    return z * _normal_distribution(z)


def _gelu_derivative(z: np.ndarray, a: np.ndarray) -> np.ndarray:
    return _normal_distribution(z) + z * np.exp(-0.5 * z * z) / math.sqrt(2.0 * math.pi)


ACTIVATIONS = {
    activation.name: activation
    for activation in (
        Activation(
            "relu",
            _("ReLU"),
            r"\max(0, z)",
            r"1 \text{ if } z > 0, \text{ else } 0",
            "#3f90da",
            lambda z: np.maximum(z, 0.0),
            lambda z, a: (z > 0).astype(z.dtype),
            lambda z, a: (z >= 0).astype(z.dtype),
        ),
        Activation(
            "leaky_relu",
            _("leaky ReLU"),
            rf"\max({LEAK} z, z)",
            rf"1 \text{{ if }} z > 0, \text{{ else }} {LEAK}",
            "#c77700",
            lambda z: np.maximum(LEAK * z, z),
            lambda z, a: np.where(z > 0, z.dtype.type(1), z.dtype.type(LEAK)),
            lambda z, a: np.where(z >= 0, z.dtype.type(1), z.dtype.type(LEAK)),
        ),
        Activation(
            "sigmoid",
            _("sigmoid"),
            r"1 / (1 + e^{-z})",
            r"\sigma(z)\,(1 - \sigma(z))",
            "#d1495b",
            _sigmoid,
            lambda z, a: a * (1.0 - a),
        ),
        Activation("tanh", _("tanh"), r"\tanh z", r"1 - \tanh^2 z", "#1f9d76", np.tanh, lambda z, a: 1.0 - a * a),
        Activation(
            "gelu",
            _("GELU"),
            r"\tfrac{1}{2}\,z\,(1 + \mathrm{erf}(z / \sqrt{2}))",
            r"\begin{aligned} & \tfrac{1}{2}\,(1 + \mathrm{erf}(z / \sqrt{2})) \\"
            r"& + z\,e^{-z^2 / 2} / \sqrt{2 \pi} \end{aligned}",
            "#7d8b1f",
            _gelu,
            _gelu_derivative,
        ),
        Activation("identity", _("identity"), "z", "1", "#9a4fd0", lambda z: z, lambda z, a: np.ones_like(z)),
    )
}
