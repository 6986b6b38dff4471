"""Compare two networks: match the order of their hidden neurons, and measure along the line between their weights."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from digitviz.datasets import DigitDataset
from digitviz.explanations.ablation import accuracy_and_loss
from digitviz.explanations.progress import OnProgress, ignore_progress, in_turn
from digitviz.networks.network import Network
from digitviz.networks.parameters import Parameters
from digitviz.training.hyperparameters import Hyperparameters

MAX_ROUNDS = 100


def permute_neurons(network: Network, orders: Sequence[np.ndarray]) -> Network:
    """Return the network with its hidden neurons in another order. Its answers stay the same.

    Parameters
    ----------
    network : Network
    orders : sequence of ndarray of int
        For each hidden layer, the neuron to put in each place.
    """
    weights, biases = list(network.parameters.weights), list(network.parameters.biases or [])
    for layer, order in enumerate(orders):
        weights[layer], weights[layer + 1] = weights[layer][:, order], weights[layer + 1][order]
        if biases:
            biases[layer] = biases[layer][order]
    return replace(network, parameters=Parameters(weights, biases or None))


def random_orders(network: Network, seed: int = 0) -> list[np.ndarray]:
    """Return a random order of each hidden layer's neurons, for `permute_neurons`."""
    rng = np.random.default_rng(seed)
    return [rng.permutation(weight.shape[1]) for weight in network.parameters.weights[:-1]]


def match_neurons(reference: Network, other: Network) -> list[np.ndarray]:
    """Return the order of another network's neurons in which its weights are most similar to those of the reference.

    The Hungarian method finds the best order of one layer after another, given the neighbouring layers, until nothing
    changes. The result is optimal with one hidden layer, and a local optimum with more.

    Parameters
    ----------
    reference, other : Network
        Networks with the same layers.

    Returns
    -------
    list of ndarray of int
        For each hidden layer, the neuron of `other` to put in each place. See `permute_neurons`.

    Raises
    ------
    ValueError
        If their layers differ.

    References
    ----------
    S. Ainsworth, J. Hayase, S. Srinivasa, Git Re-Basin: merging models modulo permutation symmetries, 2023.
    """
    check_same_layers(reference, other)
    orders = [np.arange(weight.shape[1]) for weight in other.parameters.weights[:-1]]
    for layer in range(len(orders)):  # at first by the weights into its neurons alone, which restores shuffled ones
        orders[layer] = _best(_likeness(reference, permute_neurons(other, orders), layer, outgoing=False))
    for _round in range(MAX_ROUNDS):
        changed = False
        for layer, before in enumerate(orders):
            kept = [order if k != layer else np.arange(len(order)) for k, order in enumerate(orders)]
            likeness = _likeness(reference, permute_neurons(other, kept), layer)
            found, places = _best(likeness), np.arange(len(likeness))
            better = likeness[places, found].sum() - likeness[places, before].sum()
            if better > 1e-12 * np.abs(likeness).sum():
                orders[layer], changed = found, True
        if not changed:
            break
    return orders


def _best(likeness: np.ndarray) -> np.ndarray:
    from scipy.optimize import linear_sum_assignment

    order: np.ndarray = linear_sum_assignment(likeness, maximize=True)[1]
    return order


def check_same_layers(one: Network, other: Network) -> None:
    """Raise ValueError if the layers, biases, activations or input scales of two networks differ."""
    shapes = [[array.shape for array in network.parameters.arrays] for network in (one, other)]
    if shapes[0] != shapes[1] or (one.activation, one.input_scale) != (other.activation, other.input_scale):
        raise ValueError("the two networks have different layers")


def interpolate(start: Network, end: Network, fraction: float) -> Network:
    """Return a network on the straight line between the weights of two networks: `start` at 0, `end` at 1.

    Raises
    ------
    ValueError
        If their layers differ.
    """
    check_same_layers(start, end)
    pairs = zip(start.parameters.arrays, end.parameters.arrays, strict=True)
    arrays = [(1 - fraction) * a + fraction * b for a, b in pairs]
    return replace(start, parameters=start.parameters.from_arrays(arrays))


def _likeness(one: Network, other: Network, layer: int, outgoing: bool = True) -> np.ndarray:
    """Return the similarity of the weights into and out of all pairs of neurons, shape (neurons, neurons)."""
    a, b = one.parameters, other.parameters
    likeness = a.weights[layer].T @ b.weights[layer]
    if outgoing:
        likeness = likeness + a.weights[layer + 1] @ b.weights[layer + 1].T
    if a.biases is not None and b.biases is not None:
        likeness = likeness + np.outer(a.biases[layer], b.biases[layer])
    return likeness


@dataclass(frozen=True, eq=False)
class StraightLine:
    """Accuracy and loss along a straight line between the weights of two networks.

    Parameters
    ----------
    fractions : ndarray, shape (points,)
        Positions on the line, 0 to 1.
    accuracies : ndarray, shape (points,)
        0 to 1.
    losses : ndarray, shape (points,)
        Mean loss per digit. inf or nan if the network overflows there.
    """

    fractions: np.ndarray
    accuracies: np.ndarray
    losses: np.ndarray


def straight_line(
    start: Network,
    end: Network,
    digits: DigitDataset,
    loss: str | Hyperparameters,
    points: int = 21,
    on_progress: OnProgress = ignore_progress,
) -> StraightLine:
    """Measure accuracy and loss along the straight line between the weights of two networks.

    Parameters
    ----------
    start, end : Network
        Networks with the same layers. `match_neurons` brings their neurons into the same order.
    digits : DigitDataset
    loss : str or Hyperparameters
        A name in `LOSSES`, or the settings of a run, for its loss and its targets.
    points : int
        Number of points, including both ends.
    on_progress : callable, optional
        Called before each point with (done, total).

    Raises
    ------
    ValueError
        If their layers differ.

    References
    ----------
    J. Frankle, G. K. Dziugaite, D. M. Roy, M. Carbin, Linear mode connectivity and the lottery ticket hypothesis, 2020.
    """
    fractions = np.linspace(0, 1, points)
    measured = in_turn(
        lambda fraction: accuracy_and_loss(interpolate(start, end, fraction), digits, loss), fractions, on_progress
    )
    return StraightLine(fractions, *measured.T)
