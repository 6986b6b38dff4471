"""What each pixel contributed to an answer."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from digitviz.networks.activations import ACTIVATIONS
from digitviz.networks.forward import forward
from digitviz.networks.network import INPUT_SCALES, Network


@dataclass(frozen=True, eq=False)
class Contributions:
    """Why a network preferred its answer to the second best.

    Parameters
    ----------
    label, against : int
        The answer and what it is compared with.
    lead : float
        Logit of `label` minus logit of `against`.
    pixels : ndarray of float64, shape (8, 8)
        What each pixel added to the lead; negative where it argued for `against`.
    remainder : float
        Lead that no pixel accounts for: what biases add, and the error of the linear approximation if the activation
        is curved. Zero for relu, leaky relu or identity without biases: there the pixels add up to the lead.
    """

    label: int
    against: int
    lead: float
    pixels: np.ndarray
    remainder: float


def contributions(network: Network, digit: np.ndarray) -> Contributions:
    """Split the lead of a network's answer over the runner-up among the pixels.

    Each pixel contributes its value times the gradient of the lead there. Between its kinks a relu network is linear,
    so these contributions are exact; without biases they add up to the lead.

    Parameters
    ----------
    network : Network
    digit : ndarray, shape (8, 8) or (64,)
        Ink, 0 to 16.

    Returns
    -------
    Contributions
    """
    x = np.asarray(digit, dtype=float).reshape(1, 64) * INPUT_SCALES[network.input_scale].factor
    activation = ACTIVATIONS[network.activation]
    pre_activations, inputs = forward(network.parameters, activation, x)
    logits = pre_activations[-1][0]
    against, label = (int(k) for k in np.argsort(logits, kind="stable")[-2:])
    weights = network.parameters.weights
    gradient = weights[-1][:, label] - weights[-1][:, against]
    for layer in reversed(range(len(weights) - 1)):
        gradient = weights[layer] @ (activation.derivative(pre_activations[layer], inputs[layer + 1])[0] * gradient)
    added = x[0] * gradient
    lead = float(logits[label] - logits[against])
    return Contributions(label, against, lead, added.reshape(8, 8), lead - float(added.sum()))


def neuron_contributions(network: Network, digit: np.ndarray, label: int, against: int) -> np.ndarray:
    """Return what each neuron of the last hidden layer adds to the lead of `label` over `against`, shape (neurons,)."""
    outputs = network.hidden(np.asarray(digit, dtype=float).reshape(1, 64))
    if not outputs:
        return np.zeros(0)
    weights = network.parameters.weights[-1]
    return outputs[-1][0] * (weights[:, label] - weights[:, against])
