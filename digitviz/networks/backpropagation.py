"""The gradient of the loss, by hand."""

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
        What enters the network (pixels, scaled).
    one_hot : ndarray, shape (batch, classes)
        1 at the label, else 0.
    activation : Activation
    loss : Loss
    gradient : str
        A name in `GRADIENTS`: "exact" is the gradient of `loss`, with relu'(0) = 0; "notebook" starts from 2 (p - y)
        at the logits, and takes relu'(0) = 1.

    Returns
    -------
    loss : float
        Added up over the batch.
    gradient : Parameters
        An array for each array of `parameters`.
    """
    sums, inputs = forward(parameters, activation, x)
    probabilities = softmax(sums[-1])
    value = loss.value(sums[-1], probabilities, one_hot)

    kind = GRADIENTS[gradient]
    derivative = kind.derivative(activation)
    slope = kind.at_logits(loss).function(probabilities, one_hot)
    weight_gradients: list[np.ndarray] = []
    bias_gradients: list[np.ndarray] = []
    for layer in reversed(range(len(parameters.weights))):
        weight_gradients.insert(0, inputs[layer].T @ slope)
        if parameters.biases is not None:
            bias_gradients.insert(0, slope.sum(axis=0))
        if layer > 0:  # back through the weights, then through the activation below them
            slope = slope @ parameters.weights[layer].T
            slope *= derivative(sums[layer - 1], inputs[layer])
    return value, Parameters(weight_gradients, bias_gradients or None)
