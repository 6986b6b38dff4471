"""Backpropagation, written out by hand."""

from __future__ import annotations

import numpy as np

from digitviz.networks.activations import Activation
from digitviz.networks.forward import forward, softmax
from digitviz.networks.gradients import GRADIENTS
from digitviz.networks.losses import Loss
from digitviz.networks.parameters import Parameters


def loss_and_gradients(
    parameters: Parameters, x: np.ndarray, one_hot: np.ndarray, activation: Activation, loss: Loss, gradient: str
) -> tuple[float, Parameters]:
    """Compute the loss of a batch and its gradient with respect to every weight and bias.

    Parameters
    ----------
    parameters : Parameters
    x : ndarray, shape (batch, inputs)
        The network's inputs (pixels, scaled).
    one_hot : ndarray, shape (batch, classes)
        1 at the label, else 0.
    activation : Activation
    loss : Loss
    gradient : str
        A name in `GRADIENTS`: "exact" is the gradient of `loss`, with relu'(0) = 0; "notebook", that of the classic
        NumPy notebook this dashboard grew from, starts from 2 (p - y) at the logits and takes relu'(0) = 1.

    Returns
    -------
    loss : float
        Summed over the batch.
    gradient : Parameters
        An array for each array of `parameters`.
    """
    pre_activations, inputs = forward(parameters, activation, x)
    probabilities = softmax(pre_activations[-1])
    value = loss.value(pre_activations[-1], probabilities, one_hot)

    kind = GRADIENTS[gradient]
    derivative = kind.derivative(activation)
    delta = kind.at_logits(loss).function(probabilities, one_hot)  # the gradient at a layer's pre-activations
    weight_gradients: list[np.ndarray] = []
    bias_gradients: list[np.ndarray] = []
    for layer in reversed(range(len(parameters.weights))):
        weight_gradients.insert(0, inputs[layer].T @ delta)
        if parameters.biases is not None:
            bias_gradients.insert(0, delta.sum(axis=0))
        if layer > 0:  # back through the weights, then through the activation below them
            delta = delta @ parameters.weights[layer].T
            delta *= derivative(pre_activations[layer - 1], inputs[layer])
    return value, Parameters(weight_gradients, bias_gradients or None)
