"""The matrices of a network: their shapes, and the weighted sum of one neuron, product by product."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from digitviz.networks.network import Network


@dataclass(frozen=True, eq=False)
class DotProduct:
    """A weighted sum, written out.

    Parameters
    ----------
    values, weights, products : ndarray, shape (n,)
        The inputs, their weights, and the products.
    bias : float or None
        None in a network without biases.
    total : float
        Their sum, the pre-activation: what the layer's matrix product gives at this place.
    """

    values: np.ndarray
    weights: np.ndarray
    products: np.ndarray
    bias: float | None
    total: float

    @property
    def order(self) -> np.ndarray:
        """Indices of the products, the largest in absolute value first; shape (n,)."""
        return np.argsort(-np.abs(self.products), kind="stable")

    def rest(self, limit: int) -> float:
        """Return the sum of all products but the largest `limit`."""
        with np.errstate(over="ignore", invalid="ignore"):
            return float(self.products[self.order[limit:]].sum())


def dot_product(network: Network, digit: np.ndarray, layer: int, neuron: int) -> DotProduct:
    """Write out the weighted sum of one neuron for one digit.

    Parameters
    ----------
    network : Network
    digit : ndarray, shape (64,)
        Ink, 0 to 16.
    layer : int
        0 for the first layer with weights.
    neuron : int
        Its index in the layer.
    """
    pre_activations, inputs = network.layers(digit.reshape(1, -1))
    values, weights = inputs[layer][0], network.parameters.weights[layer][:, neuron]
    biases, total = network.parameters.biases, float(pre_activations[layer][0, neuron])
    with np.errstate(over="ignore", invalid="ignore"):
        products = values * weights
    return DotProduct(values, weights, products, None if biases is None else float(biases[layer][neuron]), total)


Shape = tuple[int, int]


@dataclass(frozen=True)
class LayerShapes:
    """What a layer multiplies: `entering` (n, k) by `weight` (k, m), plus `bias` (1, m), gives `leaving` (n, m)."""

    entering: Shape
    weight: Shape
    bias: Shape
    leaving: Shape


def layer_shapes(layer_sizes: Sequence[int], batch_size: int) -> list[LayerShapes]:
    """Return the shapes of each layer for a batch of digits, one per row.

    Parameters
    ----------
    layer_sizes : sequence of int
        Neurons of every layer, the inputs and outputs too: (64, 50, 10) in the notebook.
    batch_size : int
    """
    return [
        LayerShapes((batch_size, entering), (entering, leaving), (1, leaving), (batch_size, leaving))
        for entering, leaving in pairwise(layer_sizes)
    ]


def count_parameters(layer_sizes: Sequence[int], bias: bool) -> int:
    """Count the numbers that a network of these sizes learns.

    Parameters
    ----------
    layer_sizes : sequence of int
    bias : bool
        Whether it has biases.
    """
    return sum((entering + bias) * leaving for entering, leaving in pairwise(layer_sizes))
