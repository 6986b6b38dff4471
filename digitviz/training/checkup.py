"""What a network can and cannot do at one point in training: dead neurons, and digits that it knows."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from digitviz.datasets import DigitDataset
from digitviz.networks.activations import ACTIVATIONS
from digitviz.networks.network import Network
from digitviz.networks.parameters import Parameters

KNOWN_SHARE = 0.9
"""A network knows a digit if it reads this fraction of its examples correctly, and if this fraction of the examples
that it reads as the digit are right. A network that always gives the same answer knows nothing."""


@dataclass(frozen=True, eq=False)
class Checkup:
    """Findings about a network.

    Parameters
    ----------
    dead : tuple of ndarray of int
        Dead neurons of each hidden layer: their activation has the derivative 0 for every digit, so their output never
        changes and no gradient reaches their weights.
    known : tuple of int
        Digits that the network knows, see `KNOWN_SHARE`.
    """

    dead: tuple[np.ndarray, ...]
    known: tuple[int, ...]


def check(network: Network, test: DigitDataset, train: DigitDataset) -> Checkup:
    """Examine a network. Only neurons that are dead on the test digits are examined on the training digits.

    Parameters
    ----------
    network : Network
    test, train : DigitDataset
        A neuron is dead if it is dead for all digits of both. Digits are known by the test digits.
    """
    *hidden, logits = network.layers(test.pixels)[0]
    dead = _dead(network, hidden)
    if len(train):
        on_train = [_pre_activations(network, layer, neurons, train.pixels) for layer, neurons in enumerate(dead)]
        dead = [neurons[still] for neurons, still in zip(dead, _dead(network, on_train), strict=True)]
    answers = logits.argmax(axis=1)
    return Checkup(tuple(dead), tuple(digit for digit in range(10) if _knows(digit, answers, test.labels)))


def _pre_activations(network: Network, layer: int, neurons: np.ndarray, pixels: np.ndarray) -> np.ndarray:
    """Return the pre-activations of some neurons of a layer, shape (n, neurons), without computing the others."""
    weights, biases = network.parameters.weights, network.parameters.biases
    if not len(neurons):
        return np.zeros((1, 0))
    last = None if biases is None else [*biases[:layer], biases[layer][neurons]]
    parameters = Parameters([*weights[:layer], weights[layer][:, neurons]], last)
    return replace(network, parameters=parameters).logits(pixels)


def _dead(network: Network, hidden: list[np.ndarray]) -> list[np.ndarray]:
    """Return the dead neurons of each hidden layer, given their pre-activations."""
    activation = ACTIVATIONS[network.activation]
    with np.errstate(over="ignore", under="ignore", invalid="ignore"):
        return [np.flatnonzero(~activation.value_and_derivative(z)[1].any(axis=0)) for z in hidden]


def _knows(digit: int, answers: np.ndarray, labels: np.ndarray) -> bool:
    right = int(((answers == digit) & (labels == digit)).sum())
    return right >= KNOWN_SHARE * max(1, (labels == digit).sum(), (answers == digit).sum())
