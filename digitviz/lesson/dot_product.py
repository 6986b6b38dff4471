"""The weighted sum of one neuron, product by product, and the number of a network's parameters."""

from __future__ import annotations

import timeit
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from digitviz.networks.network import Network


@dataclass(frozen=True, eq=False)
class DotProduct:
    """A weighted sum with all its terms.

    Parameters
    ----------
    values, weights, products : ndarray, shape (n,)
        Inputs, their weights, and the products.
    bias : float or None
        None if the network has no biases.
    total : float
        Sum of the products and the bias: the pre-activation, an entry of the layer's matrix product.
    """

    values: np.ndarray
    weights: np.ndarray
    products: np.ndarray
    bias: float | None
    total: float

    @property
    def order(self) -> np.ndarray:
        """Indices of the products, largest absolute value first, shape (n,)."""
        return np.argsort(-np.abs(self.products), kind="stable")

    def rest(self, limit: int) -> float:
        """Return the sum of all products except the largest `limit`."""
        with np.errstate(over="ignore", invalid="ignore"):
            return float(self.products[self.order[limit:]].sum())


def dot_product(network: Network, digit: np.ndarray, layer: int, neuron: int) -> DotProduct:
    """Compute the weighted sum of one neuron for one digit, with all its terms.

    Parameters
    ----------
    network : Network
    digit : ndarray, shape (64,)
        Ink, 0 to 16.
    layer : int
        Index of the layer. 0 is the first one with weights.
    neuron : int
        Index in the layer.
    """
    pre_activations, inputs = network.layers(digit.reshape(1, -1))
    values, weights = inputs[layer][0], network.parameters.weights[layer][:, neuron]
    biases, total = network.parameters.biases, float(pre_activations[layer][0, neuron])
    with np.errstate(over="ignore", invalid="ignore"):
        products = values * weights
    return DotProduct(values, weights, products, None if biases is None else float(biases[layer][neuron]), total)


def count_parameters(layer_sizes: Sequence[int], bias: bool) -> int:
    """Return the number of parameters of a network with these layer sizes."""
    return sum((entering + bias) * leaving for entering, leaving in pairwise(layer_sizes))


def seconds_per_guess(network: Network, rounds: int = 20) -> float:
    """Measure how long the network takes to classify one digit: the shortest of `rounds` times, in seconds."""
    digit = np.zeros((1, len(network.parameters.weights[0])))
    return min(timeit.repeat(lambda: network.logits(digit), number=1, repeat=rounds))
