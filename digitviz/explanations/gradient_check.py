"""Is the gradient right? Turn one weight a little, up and down, and see what the loss does."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from digitviz.networks.activations import ACTIVATIONS
from digitviz.networks.backpropagation import loss_and_gradients
from digitviz.networks.forward import forward, softmax
from digitviz.networks.losses import LOSSES
from digitviz.networks.parameters import Parameters

EPSILONS = tuple(float(f"1e-{exponent}") for exponent in range(1, 13))
"""How far a weight is turned. Too far: the loss bends on the way; too little: rounding drowns the difference."""


@dataclass(frozen=True)
class GradientCheck:
    """One weight's gradient by hand and by differences.

    Parameters
    ----------
    by_hand : float
        Derivative of the loss from backpropagation.
    notebook : float
        What the notebook's slope, 2 (p - y), gives.
    by_differences : float
        (loss(w + epsilon) - loss(w - epsilon)) / 2 epsilon.
    twice_cross_entropy : float
        The same differences of twice the cross-entropy.
    """

    by_hand: float
    notebook: float
    by_differences: float
    twice_cross_entropy: float


def relative_error(one: float, other: float) -> float:
    """Return the difference in units of the larger of the two; 0 when both are 0."""
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
    epsilon: float,
) -> GradientCheck:
    """Compare the gradient of one weight with central differences.

    Parameters
    ----------
    parameters : Parameters
        In float64; not changed.
    layer, row, column : int
        Which weight: layer 0 is w1.
    x : ndarray, shape (batch, inputs)
    one_hot : ndarray, shape (batch, classes)
    activation, loss : str
        Names in `ACTIVATIONS` and `LOSSES`.
    epsilon : float
        How far the weight is turned.

    Raises
    ------
    ValueError
        If there is no such weight, or epsilon is not positive.
    """
    if not epsilon > 0:
        raise ValueError(f"epsilon: {epsilon:g} is not above 0")
    if not 0 <= layer < len(parameters.weights):
        raise ValueError(f"layer: there is no w{layer + 1}")
    rows, columns = parameters.weights[layer].shape
    if not (0 <= row < rows and 0 <= column < columns):
        raise ValueError(f"weight: row {row}, column {column} is outside of w{layer + 1}, {rows} x {columns}")
    bend = ACTIVATIONS[activation]

    def differences(name: str) -> float:
        values = []
        for turned in (epsilon, -epsilon):
            moved = parameters.copy()
            moved.weights[layer][row, column] += turned
            logits = forward(moved, bend, x)[0][-1]
            values.append(LOSSES[name].value(logits, softmax(logits), one_hot))
        return (values[0] - values[1]) / (2 * epsilon)

    exact, notebook = (
        loss_and_gradients(parameters, x, one_hot, bend, LOSSES[loss], kind)[1].weights[layer][row, column]
        for kind in ("exact", "notebook")
    )
    return GradientCheck(float(exact), float(notebook), differences(loss), 2 * differences("cross_entropy"))
