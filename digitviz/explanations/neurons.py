"""Hidden neurons: the digits they vote for, their strengths, and the digits that excite them most."""

from dataclasses import replace

import numpy as np

from digitviz.datasets import DigitDataset
from digitviz.explanations.progress import OnProgress, ignore_progress, in_parts
from digitviz.networks.activations import ACTIVATIONS
from digitviz.networks.network import Network
from digitviz.networks.parameters import Parameters

ORDERS = ("number", "strength", "vote")
ROWS_AT_ONCE = 1_000
"""Maximum number of digits in one pass, to limit the memory."""
MAX_PICTURED, STRONGEST = 100, 50
"""Maximum number of neurons of a layer in a picture of the whole network, and number shown of a larger layer."""


def votes(parameters: Parameters) -> np.ndarray | None:
    """Return the digit that each neuron of the first layer supports most, shape (neurons,).

    With several hidden layers, the product of their weights decides. None for a network without hidden layers, because
    its first layer is the output.
    """
    reached = effects(parameters)
    return None if reached is None else reached.argmax(axis=1)


def effects(parameters: Parameters) -> np.ndarray | None:
    """Return the effective weights from each neuron of the first layer to the ten digits, shape (neurons, 10).

    With several hidden layers, they are the product of the weights. None for a network without hidden layers.
    """
    if len(parameters.weights) < 2:
        return None
    return np.linalg.multi_dot([np.eye(parameters.weights[1].shape[0]), *parameters.weights[1:]])


def strengths(parameters: Parameters, layer: int = 0) -> np.ndarray:
    """Return the norm of each neuron's incoming weights times the norm of its outgoing weights, for one layer."""
    weights = parameters.weights
    incoming = np.linalg.norm(weights[layer], axis=0)
    return incoming if layer + 1 == len(weights) else incoming * np.linalg.norm(weights[layer + 1], axis=1)


def strongest(parameters: Parameters) -> list[np.ndarray]:
    """Return the neurons of each hidden layer that a picture of the whole network shows, ascending.

    All of a layer with at most `MAX_PICTURED` neurons, otherwise the `STRONGEST` with the largest `strengths`.
    """
    chosen = []
    for layer, weight in enumerate(parameters.weights[:-1]):
        count = weight.shape[1]
        order = np.argsort(-strengths(parameters, layer), kind="stable") if count > MAX_PICTURED else np.arange(count)
        chosen.append(np.sort(order[: STRONGEST if count > MAX_PICTURED else count]))
    return chosen


def sorted_neurons(parameters: Parameters, order: str) -> np.ndarray:
    """Return the neurons of the first layer in an order.

    Parameters
    ----------
    parameters : Parameters
    order : str
        "number"; "strength", the strongest first; or "vote", by the supported digit and then by strength.

    Raises
    ------
    ValueError
        If there is no such order.
    """
    if order not in ORDERS:
        raise ValueError(f"order: {order!r} is not one of {', '.join(ORDERS)}")
    strength = strengths(parameters)
    if order == "number":
        return np.arange(len(strength))
    voted = votes(parameters)
    keys = (-strength,) if order == "strength" or voted is None else (-strength, voted)
    return np.lexsort(keys)


def like_their_digits(parameters: Parameters, means: np.ndarray) -> np.ndarray:
    """Return all neurons of the first layer, first one for each digit: the one that the digit excites most.

    Parameters
    ----------
    parameters : Parameters
    means : ndarray, shape (10, 8, 8)
        Mean picture of each digit. It counts how much more than the mean of them all it excites the neuron that votes
        for it.
    """
    first, voted = np.nan_to_num(parameters.weights[0]), votes(parameters)
    voted = np.arange(first.shape[1]) if voted is None else voted
    excess = (means - means.mean(axis=0)).reshape(len(means), -1)[voted]
    order = np.argsort(-(first.T * excess).sum(axis=1), kind="stable")
    is_later = np.ones(len(order))
    is_later[np.unique(voted[order], return_index=True)[1]] = 0
    return order[np.argsort(is_later, kind="stable")]


def most_exciting(
    network: Network,
    layer: int,
    neuron: int,
    digits: DigitDataset,
    k: int = 10,
    on_progress: OnProgress = ignore_progress,
) -> tuple[np.ndarray, np.ndarray]:
    """Return the digits for which a neuron has its largest activations.

    Parameters
    ----------
    network : Network
    layer, neuron : int
        Indices from 0. The layer after the last hidden one is the output, with logits instead of activations.
    digits : DigitDataset
        Digits to search, such as the training digits.
    k : int
        Number of digits. All of them if there are fewer.
    on_progress : callable, optional
        Called with the number of digits (done, total).

    Returns
    -------
    rows : ndarray of int, shape (k,)
        Rows of `digits`, the most exciting first. Equal ones are in the order of the data set.
    activations : ndarray of float64, shape (k,)

    Raises
    ------
    ValueError
        If there is no such neuron, or `k` is below 1.
    """
    sizes = [weight.shape[1] for weight in network.parameters.weights]
    if not 0 <= layer < len(sizes):
        raise ValueError(f"layer: there is no layer {layer + 1}")
    if not 0 <= neuron < sizes[layer]:
        raise ValueError(f"neuron: layer {layer + 1} has no neuron {neuron + 1}")
    if k < 1:
        raise ValueError(f"k: {k} is below 1")
    below = replace(network, parameters=_up_to(network.parameters, layer, neuron))
    excited = in_parts(below.logits, digits.pixels, ROWS_AT_ONCE, on_progress)[:, 0]
    if layer < len(sizes) - 1:
        excited = ACTIVATIONS[network.activation].function(excited)
    rows = np.argsort(-excited, kind="stable")[:k]
    return rows, excited[rows].astype(np.float64)


def _up_to(parameters: Parameters, layer: int, neuron: int) -> Parameters:
    """Return only the weights that lead to one neuron. Large networks have many more."""
    weights, biases = parameters.weights, parameters.biases
    return Parameters(
        [*weights[:layer], weights[layer][:, [neuron]]],
        None if biases is None else [*biases[:layer], biases[layer][[neuron]]],
    )
