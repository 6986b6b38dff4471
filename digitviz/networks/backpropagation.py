"""The gradient of the loss, by hand."""

from __future__ import annotations

import numpy as np

from digitviz.networks.activations import Activation
from digitviz.networks.forward import forward, softmax
from digitviz.networks.losses import Loss, notebook_gradient_at_logits
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
    gradient : {"notebook", "exact"}
        "exact" is the gradient of `loss`, with the derivative 0 for relu at 0. "notebook" starts from 2 (p - y) at
        the logits, and takes the derivative 1 for relu at 0 (see `Activation.derivative_for`).

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

    derivative = activation.derivative_for(gradient)
    gradient_at_logits = notebook_gradient_at_logits if gradient == "notebook" else loss.gradient_at_logits
    slope = gradient_at_logits(probabilities, one_hot)
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
