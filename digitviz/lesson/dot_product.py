"""The weighted sum of one neuron, product by product."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from digitviz.networks.activations import ACTIVATIONS
from digitviz.networks.forward import forward
from digitviz.networks.network import INPUT_SCALES, Network


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

    def rest(self, most: int) -> float:
        """Return the sum of all products but the largest `most`."""
        with np.errstate(over="ignore", invalid="ignore"):
            return float(self.products[self.order[most:]].sum())


def layers_of(network: Network, pixels: np.ndarray) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """Return the pre-activations and the inputs of each layer, as `forward` does, for pixels of 0 to 16.

    Parameters
    ----------
    network : Network
    pixels : ndarray, shape (n, 64)
    """
    x = np.asarray(pixels, network.parameters.weights[0].dtype) * INPUT_SCALES[network.input_scale].factor
    with np.errstate(over="ignore", invalid="ignore"):  # a network that diverged gives inf and nan
        return forward(network.parameters, ACTIVATIONS[network.activation], x)


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
    pre_activations, inputs = layers_of(network, digit.reshape(1, -1))
    values, weights = inputs[layer][0], network.parameters.weights[layer][:, neuron]
    biases = network.parameters.biases
    with np.errstate(over="ignore", invalid="ignore"):
        products = values * weights
    return DotProduct(
        values,
        weights,
        products,
        None if biases is None else float(biases[layer][neuron]),
        float(pre_activations[layer][0, neuron]),
    )
