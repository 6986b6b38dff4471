"""What each pixel contributed to an answer."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from digitviz.explanations.receipt import receipt
from digitviz.networks.activations import ACTIVATIONS
from digitviz.networks.network import Network


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


def contributions(network: Network, digit: np.ndarray, against: int | None = None) -> Contributions:
    """Split the lead of a network's answer over the runner-up among the pixels.

    Each pixel contributes its value times the gradient of the lead there. Between its kinks a relu network is linear,
    so these contributions are exact; without biases they add up to the lead.

    Parameters
    ----------
    network : Network
    digit : ndarray, shape (8, 8) or (64,)
        Ink, 0 to 16.
    against : int, optional
        The digit that the answer is compared with; the runner-up if not given.

    Returns
    -------
    Contributions

    Raises
    ------
    ValueError
        As `receipt`.
    """
    told = receipt(network, digit, against)
    derivative = ACTIVATIONS[network.activation].derivative
    gradient = told.layers[-1].weights[:, told.label] - told.layers[-1].weights[:, told.against]
    for layer in reversed(told.layers[:-1]):
        gradient = layer.weights @ (derivative(layer.sums, layer.activations) * gradient)
    added = told.layers[0].inputs * gradient
    return Contributions(told.label, told.against, told.lead, added.reshape(8, 8), told.lead - float(added.sum()))
