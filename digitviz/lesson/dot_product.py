"""Weighted sums of neurons: one sum with all its products, and the sums along a digit's way forward and back."""

import timeit
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np

from digitviz.lesson.chain_rule import ChainRule
from digitviz.lesson.softmax import softmax_or_nan
from digitviz.networks.network import Network

MAX_TERMS, MAX_PIXELS = 4, 5
"""Maximum numbers of neurons of a layer, and of pixels, that a picture shows with their numbers."""


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


def seconds_per_guess(network: Network) -> float:
    """Measure how long the network takes to classify one digit: the shortest of 20 times, in seconds."""
    digit = np.zeros((1, len(network.parameters.weights[0])))
    return min(timeit.repeat(lambda: network.logits(digit), number=1, repeat=20))


@dataclass(frozen=True, eq=False)
class Sum:
    """The sum that arrives at one neuron, with its largest terms.

    Parameters
    ----------
    target : int
        Index of the neuron in its layer.
    sources : ndarray of int, shape (terms,)
        Indices of the pixels or neurons that the largest terms come from, in ascending order.
    values, weights : ndarray, shape (terms,)
        Factors of each term.
    others : int
        Number of further terms.
    rest : float or None
        Sum of the further terms, and the bias if there is one. None if the terms are not added up.
    total : float
    """

    target: int
    sources: np.ndarray
    values: np.ndarray
    weights: np.ndarray
    others: int
    rest: float | None
    total: float

    @property
    def products(self) -> np.ndarray:
        """The largest terms, shape (terms,)."""
        with np.errstate(over="ignore", invalid="ignore"):
            return self.values * self.weights


def _sum(
    target: int, values: np.ndarray, weights: np.ndarray, total: float, also: int | None = None, limit: int = MAX_PIXELS
) -> Sum:
    """Keep the largest `limit` terms, and always the one from `also`."""
    with np.errstate(over="ignore", invalid="ignore"):
        largest = np.argsort(-np.abs(np.nan_to_num(values * weights)), kind="stable")[:limit]
        if also is not None and also not in largest:
            largest[-1] = also
        sources = np.sort(largest)
        rest = float(total - (values * weights)[sources].sum())
    return Sum(target, sources, values[sources], weights[sources], len(values) - len(sources), rest, total)


def forward_sums(network: Network, digit: np.ndarray) -> list[Sum]:
    """Follow the answer of a network back to the pixels: which neuron of each layer contributes most to the next.

    Parameters
    ----------
    network : Network
    digit : ndarray, shape (64,)
        Ink, 0 to 16.

    Returns
    -------
    list of Sum
        One per layer with weights, the first layer first. The last one is the logit of the answer.
    """
    target, sums = int(np.nan_to_num(network.logits(digit[None])[0]).argmax()), list[Sum]()
    for layer in range(len(network.parameters.weights) - 1, -1, -1):
        dot = dot_product(network, digit, layer, target)
        sums.insert(0, _sum(target, dot.values, dot.weights, dot.total, limit=MAX_TERMS if layer else MAX_PIXELS))
        target = int(dot.order[0])  # not used after the first layer
    return sums


def closest_call(network: Network, pixels: np.ndarray, labels: np.ndarray) -> int:
    """Return the index of the misclassified digit whose label has the largest probability.

    If all digits are classified correctly, it is the one whose label has the smallest probability.

    Parameters
    ----------
    network : Network
    pixels : ndarray, shape (digits, 64)
    labels : ndarray of int, shape (digits,)
    """
    of_labels = np.nan_to_num(softmax_or_nan(network.logits(pixels))[np.arange(len(labels)), labels])
    is_wrong = network.predict(pixels) != labels
    return int(np.where(is_wrong, of_labels, -1.0).argmax() if is_wrong.any() else of_labels.argmin())


def backward_sums(rule: ChainRule) -> list[Sum]:
    """Follow one digit's gradient back to the pixels, through the neuron with the largest gradient of each layer.

    In the last hidden layer, it is one whose activation should fall, if there is one.

    Parameters
    ----------
    rule : ChainRule
        The chain rule for a batch of one digit.

    Returns
    -------
    list of Sum
        One per hidden layer, the last layer first: the gradient that arrives at the neuron's activation from the
        neurons above (all ten if these are the outputs). Then one for the weights of the neuron in the first layer: its
        products are their gradients, each an input times the neuron's gradient, which is `total`.
    """
    sums = list[Sum]()
    above = None
    for layer in range(len(rule.handed_back) - 1, -1, -1):
        blame = np.nan_to_num(rule.deltas[layer][0])
        target = int((blame if above is None and blame.max() > 0 else np.abs(blame)).argmax())
        deltas, weights = rule.deltas[layer + 1][0], rule.weights[layer + 1][target]
        limit = MAX_TERMS if above is not None else len(deltas)
        sums.append(_sum(target, deltas, weights, float(rule.handed_back[layer][0, target]), above, limit))
        above = target
    if above is None:  # without hidden layers, the output with the largest gradient
        above = int(np.abs(np.nan_to_num(rule.deltas[0][0])).argmax())
    inputs, delta = rule.inputs[0][0], float(rule.deltas[0][0, above])
    return [*sums, replace(_sum(above, inputs, np.full(len(inputs), delta), delta), rest=None)]
