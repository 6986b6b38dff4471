"""The forward pass: from pixels to probabilities."""

import numpy as np

from digitviz.networks.activations import Activation
from digitviz.networks.parameters import Parameters


def softmax(logits: np.ndarray) -> np.ndarray:
    """Turn each row of logits into probabilities.

    It first subtracts the maximum of the row. The result is the same, and exp cannot overflow.

    Parameters
    ----------
    logits : ndarray, shape (n, classes)

    Returns
    -------
    ndarray, shape (n, classes)
        Positive numbers; each row sums to 1.
    """
    exponentials = np.exp(logits - logits.max(axis=1, keepdims=True))
    return exponentials / exponentials.sum(axis=1, keepdims=True)


def forward(parameters: Parameters, activation: Activation, x: np.ndarray) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """Run a batch through the network.

    Parameters
    ----------
    parameters : Parameters
    activation : Activation
        Activation of the hidden layers. The output layer has none.
    x : ndarray, shape (batch, inputs)

    Returns
    -------
    pre_activations : list of ndarray
        Pre-activations of each layer, shape (batch, neurons). The first is h = x w1, the last are the logits.
    inputs : list of ndarray
        Inputs of each layer: x, then the activations of the layer below.
    """
    pre_activations: list[np.ndarray] = []
    inputs = [x]
    for layer, weight in enumerate(parameters.weights):
        z = inputs[-1] @ weight
        if parameters.biases is not None:
            z += parameters.biases[layer]
        pre_activations.append(z)
        if layer < len(parameters.weights) - 1:
            inputs.append(activation.function(z))
    return pre_activations, inputs
