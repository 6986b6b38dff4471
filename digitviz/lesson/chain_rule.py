"""The gradient of a batch, taken apart: each factor of the chain rule with its letter, its shape and its numbers."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from digitviz.lesson.batch import Batch
from digitviz.networks.activations import ACTIVATIONS
from digitviz.networks.backpropagation import loss_and_gradients
from digitviz.networks.forward import forward, softmax
from digitviz.networks.losses import LOSSES, notebook_gradient_at_logits
from digitviz.networks.parameters import Parameters
from digitviz.training.optimizers import GradientDescent

A_DIGIT = "digit of the batch"


@dataclass(frozen=True, eq=False)
class Factor:
    """One factor of the chain rule.

    Parameters
    ----------
    letter, formula : str
        In LaTeX; `formula` says what it is made from.
    meaning : str
    values : ndarray, shape (rows, columns)
    rows, columns : str
        What is counted there: "digit of the batch", "pixel", "neuron", "output".
    """

    letter: str
    formula: str
    meaning: str
    values: np.ndarray
    rows: str
    columns: str


@dataclass(frozen=True, eq=False)
class ChainRule:
    """All that the gradient of a batch is made from; lists have one entry a layer, the first layer first.

    Parameters
    ----------
    inputs : list of ndarray, shape (batch, what enters)
        What enters each layer: x, then what leaves the activations.
    weights : list of ndarray
    probabilities : ndarray, shape (batch, 10)
    handed_back : list of ndarray, shape (batch, neurons)
        What a layer's neurons get from the layer above, one entry a hidden layer.
    derivatives : list of ndarray, shape (batch, neurons)
        Slope of the activation at each sum, one entry a hidden layer.
    slopes : list of ndarray, shape (batch, what leaves)
        delta: how the loss changes with each sum.
    gradients : list of ndarray
        Of each weight matrix.
    """

    inputs: list[np.ndarray]
    weights: list[np.ndarray]
    probabilities: np.ndarray
    handed_back: list[np.ndarray]
    derivatives: list[np.ndarray]
    slopes: list[np.ndarray]
    gradients: list[np.ndarray]

    def factors(self, start_formula: str) -> list[Factor]:
        """Return the factors in the order in which they are computed, from the outputs back.

        Parameters
        ----------
        start_formula : str
            LaTeX of the slope at the logits.
        """
        last = len(self.weights)
        at_logits = "slope of the loss at the logits"
        found = [Factor(rf"\delta_{last}", start_formula, at_logits, self.slopes[-1], A_DIGIT, "output")]
        for layer in range(last, 0, -1):
            found += self._gradient_of(layer)
            if layer > 1:
                found += self._back_through(layer)
        return found

    def _gradient_of(self, layer: int) -> list[Factor]:
        enters, below = ("x", "pixel") if layer == 1 else (f"a_{layer - 1}", "neuron")
        meaning = "pixels that enter" if layer == 1 else f"what enters layer {layer}"
        made = rf"{enters}^\top\,\delta_{layer}"
        gradient, leaves = self.gradients[layer - 1], self._above(layer)
        return [
            Factor(enters, enters, meaning, self.inputs[layer - 1], A_DIGIT, below),
            Factor(rf"\nabla w_{layer}", made, f"gradient of w{layer}", gradient, below, leaves),
        ]

    def _back_through(self, layer: int) -> list[Factor]:
        below = layer - 1
        back, slope = rf"\delta_{layer}\,w_{layer}^\top", rf"\sigma'(z_{below})"
        weights, handed_back = self.weights[below], self.handed_back[below - 1]
        derivative, delta = self.derivatives[below - 1], self.slopes[below - 1]
        return [
            Factor(f"w_{layer}", f"w_{layer}", f"weights of layer {layer}", weights, "neuron", self._above(layer)),
            Factor(back, back, f"blame handed back by layer {layer}", handed_back, A_DIGIT, "neuron"),
            Factor(slope, slope, f"slope of the activation, layer {below}", derivative, A_DIGIT, "neuron"),
            Factor(
                rf"\delta_{below}", rf"({back}) \odot {slope}", f"slope of the loss at the sums of layer {below}",
                delta, A_DIGIT, "neuron",
            ),
        ]  # fmt: skip

    def _above(self, layer: int) -> str:
        return "output" if layer == len(self.weights) else "neuron"

    def terms(self, layer: int, row: int, column: int) -> tuple[np.ndarray, np.ndarray]:
        """Return what one weight's gradient adds up: input and slope of each digit of the batch, shape (batch,) each.

        Parameters
        ----------
        layer : int
            0 for w1.
        row, column : int
        """
        return self.inputs[layer][:, row], self.slopes[layer][:, column]


def chain_rule(parameters: Parameters, batch: Batch, activation: str, loss: str, gradient: str) -> ChainRule:
    """Take the gradient of a batch apart.

    Parameters
    ----------
    parameters : Parameters
    batch : Batch
    activation, loss : str
        Names in `ACTIVATIONS` and `LOSSES`.
    gradient : {"notebook", "exact"}

    References
    ----------
    D. Rumelhart, G. Hinton, R. Williams, Learning representations by back-propagating errors, 1986.
    """
    bend = ACTIVATIONS[activation]
    at_logits = notebook_gradient_at_logits if gradient == "notebook" else LOSSES[loss].gradient_at_logits
    with np.errstate(over="ignore", invalid="ignore"):  # weights beyond all bounds give inf and nan
        sums, inputs = forward(parameters, bend, batch.x)
        probabilities = softmax(sums[-1])
        slopes = [at_logits(probabilities, batch.one_hot)]
        handed_back: list[np.ndarray] = []
        derivatives = [bend.derivative(z, a) for z, a in zip(sums[:-1], inputs[1:], strict=True)]
        for layer in range(len(parameters.weights) - 1, 0, -1):
            handed_back.insert(0, slopes[0] @ parameters.weights[layer].T)
            slopes.insert(0, handed_back[0] * derivatives[layer - 1])
        gradients = [entering.T @ slope for entering, slope in zip(inputs, slopes, strict=True)]
    return ChainRule(inputs, parameters.weights, probabilities, handed_back, derivatives, slopes, gradients)


def in_float64(parameters: Parameters) -> Parameters:
    """Return the same numbers in double precision, whatever precision they were trained or kept in."""
    return parameters.from_arrays([array.astype(float) for array in parameters.arrays])


@dataclass(frozen=True, eq=False)
class Step:
    """One step of gradient descent on one batch.

    Parameters
    ----------
    before, gradient, change, after : Parameters
        change = - learning rate x gradient.
    loss_before, loss_after : float
        Added up over the batch.
    """

    before: Parameters
    gradient: Parameters
    change: Parameters
    after: Parameters
    loss_before: float
    loss_after: float


def one_step(
    parameters: Parameters, batch: Batch, activation: str, loss: str, gradient: str, learning_rate: float
) -> Step:
    """Take one plain step, with the functions that train."""
    how = (batch.x, batch.one_hot, ACTIVATIONS[activation], LOSSES[loss], gradient)
    after = parameters.copy()
    with np.errstate(over="ignore", invalid="ignore"):  # too long a step is part of the lesson
        loss_before, gradients = loss_and_gradients(parameters, *how)
        GradientDescent(learning_rate).update(after.arrays, gradients.arrays)
        change = after.from_arrays([-learning_rate * array for array in gradients.arrays])
        return Step(parameters, gradients, change, after, loss_before, loss_and_gradients(after, *how)[0])
