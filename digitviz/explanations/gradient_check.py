"""Gradient checks: move one weight up and down, and compare the change of the loss with its derivative."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from digitviz.networks.activations import ACTIVATIONS
from digitviz.networks.backpropagation import loss_and_gradients
from digitviz.networks.forward import forward, softmax
from digitviz.networks.losses import LOSSES
from digitviz.networks.parameters import Parameters

EPSILONS = tuple(float(f"1e-{exponent}") for exponent in range(1, 13))
"""Step sizes for a weight. If a step is too large, the loss curves; if it is too small, rounding errors dominate."""


@dataclass(frozen=True)
class GradientCheck:
    """The gradient of one weight by backpropagation and by finite differences.

    Parameters
    ----------
    by_hand : float
        Derivative of the loss by backpropagation.
    notebook : float
        Derivative by backpropagation from the notebook's 2 (p - y) at the logits.
    loss_above, loss_below : float
        loss(w + epsilon), loss(w - epsilon).
    by_differences : float
        (loss(w + epsilon) - loss(w - epsilon)) / 2 epsilon.
    twice_cross_entropy : float
        The same difference quotient for twice the cross-entropy.
    """

    by_hand: float
    notebook: float
    loss_above: float
    loss_below: float
    by_differences: float
    twice_cross_entropy: float


def relative_error(one: float, other: float) -> float:
    """Return the difference divided by the larger absolute value. 0 if both are 0."""
    largest = max(abs(one), abs(other))
    return abs(one - other) / largest if largest else 0.0


def check_weight(
    parameters: Parameters,
    layer: int,
    row: int,
    column: int,
    x: np.ndarray,
    one_hot: np.ndarray,
    activation: str,
    loss: str,
    epsilons: Sequence[float],
) -> list[GradientCheck]:
    """Compare the gradient of one weight with central differences, for several epsilons.

    Parameters
    ----------
    parameters : Parameters
        In float64. They stay unchanged.
    layer, row, column : int
        Position of the weight. Layer 0 is w1.
    x : ndarray, shape (batch, inputs)
    one_hot : ndarray, shape (batch, classes)
    activation, loss : str
        Names in `ACTIVATIONS` and `LOSSES`.
    epsilons : sequence of float
        Step sizes for the weight, above 0.
    """
    function, moved = ACTIVATIONS[activation], parameters.copy()

    def losses(nudge: float) -> np.ndarray:
        moved.weights[layer][row, column] = parameters.weights[layer][row, column] + nudge
        logits = forward(moved, function, x)[0][-1]
        probabilities = softmax(logits)
        return np.array([LOSSES[name].value(logits, probabilities, one_hot) for name in (loss, "cross_entropy")])

    with np.errstate(over="ignore", invalid="ignore"):  # huge weights give losses of inf and nan
        gradients = (
            loss_and_gradients(parameters, x, one_hot, function, LOSSES[loss], kind)[1]
            for kind in ("exact", "notebook")
        )
        exact, notebook = (float(gradient.weights[layer][row, column]) for gradient in gradients)
        found = []
        for epsilon in epsilons:
            above, below = losses(epsilon), losses(-epsilon)
            by_differences, of_cross_entropy = ((above - below) / (2 * epsilon)).tolist()
            sides = float(above[0]), float(below[0])
            found.append(GradientCheck(exact, notebook, *sides, by_differences, 2 * of_cross_entropy))
    return found
