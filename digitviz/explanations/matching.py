"""Hidden neurons have no order: networks that differ in it alone are the same; others are compared after matching."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from digitviz.networks.network import Network
from digitviz.networks.parameters import Parameters

MOST_ROUNDS = 100


def permute_neurons(network: Network, orders: Sequence[np.ndarray]) -> Network:
    """Return the same network with its hidden neurons in another order.

    Parameters
    ----------
    network : Network
    orders : sequence of ndarray of int
        For each hidden layer which neuron is to stand at each place.

    Raises
    ------
    ValueError
        If they are not as many permutations as there are hidden layers.
    """
    weights, biases = list(network.parameters.weights), list(network.parameters.biases or [])
    sizes = [weight.shape[1] for weight in weights[:-1]]
    if len(orders) != len(sizes) or any(sorted(o) != list(range(n)) for o, n in zip(orders, sizes, strict=True)):
        raise ValueError(f"orders: not a permutation for each of the {len(sizes)} hidden layers")
    for layer, order in enumerate(orders):
        weights[layer], weights[layer + 1] = weights[layer][:, order], weights[layer + 1][order]
        if biases:
            biases[layer] = biases[layer][order]
    return Network(Parameters(weights, biases or None), network.activation, network.input_scale)


def shuffle_neurons(network: Network, seed: int = 0) -> Network:
    """Return the same network with its hidden neurons in a random order."""
    rng = np.random.default_rng(seed)
    return permute_neurons(network, [rng.permutation(weight.shape[1]) for weight in network.parameters.weights[:-1]])


def match_neurons(reference: Network, other: Network) -> list[np.ndarray]:
    """Find the order of another network's neurons in which its weights are most like those of a reference.

    One layer after the other is given the best order for what its neighbours are, by the Hungarian method, until
    nothing changes: with one hidden layer that is the best there is, with more a local best.

    Parameters
    ----------
    reference, other : Network
        Of the same layers.

    Returns
    -------
    list of ndarray of int
        For each hidden layer which neuron of `other` is to stand at each place; for `permute_neurons`.

    Raises
    ------
    ValueError
        If they have other layers.

    References
    ----------
    S. Ainsworth, J. Hayase, S. Srinivasa, Git Re-Basin: merging models modulo permutation symmetries, 2023.
    """
    check_same_layers(reference, other)
    as_they_are = [np.arange(weight.shape[1]) for weight in other.parameters.weights[:-1]]
    found = [
        _refined(reference, other, start) for start in (as_they_are, _by_inputs_alone(reference, other, as_they_are))
    ]
    return max(found, key=lambda orders: _likeness_in_all(reference, permute_neurons(other, orders)))


def _by_inputs_alone(reference: Network, other: Network, orders: list[np.ndarray]) -> list[np.ndarray]:
    """Order layer after layer by the weights into its neurons; that finds the order of neurons that were shuffled."""
    orders = list(orders)
    for layer in range(len(orders)):
        orders[layer] = _best(_likeness(reference, permute_neurons(other, orders), layer, outgoing=False))
    return orders


def _refined(reference: Network, other: Network, orders: list[np.ndarray]) -> list[np.ndarray]:
    """Give one layer after the other its best order, until nothing changes."""
    orders = list(orders)
    for _round in range(MOST_ROUNDS):
        changed = False
        for layer in range(len(orders)):
            kept = [order if k != layer else np.arange(len(order)) for k, order in enumerate(orders)]
            likeness = _likeness(reference, permute_neurons(other, kept), layer)
            found, places, before = _best(likeness), np.arange(len(likeness)), orders[layer]
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


def _likeness_in_all(one: Network, other: Network) -> float:
    return sum(float((a * b).sum()) for a, b in zip(one.parameters.arrays, other.parameters.arrays, strict=True))


def check_same_layers(one: Network, other: Network) -> None:
    """Raise ValueError if two networks have other layers, biases or activations."""
    shapes = [[array.shape for array in network.parameters.arrays] for network in (one, other)]
    if shapes[0] != shapes[1] or (one.activation, one.input_scale) != (other.activation, other.input_scale):
        raise ValueError("the two networks have other layers")


def interpolate(start: Network, end: Network, fraction: float) -> Network:
    """Return the network on the straight line between the weights of two: `start` at 0, `end` at 1.

    Raises
    ------
    ValueError
        If they have other layers.
    """
    check_same_layers(start, end)
    arrays = [
        (1 - fraction) * a + fraction * b for a, b in zip(start.parameters.arrays, end.parameters.arrays, strict=True)
    ]
    return Network(start.parameters.from_arrays(arrays), start.activation, start.input_scale)


def _likeness(one: Network, other: Network, layer: int, outgoing: bool = True) -> np.ndarray:
    """Return how alike the weights into two neurons are, and those out of them, of all pairs, (neurons, neurons)."""
    a, b = one.parameters, other.parameters
    likeness = a.weights[layer].T @ b.weights[layer]
    if outgoing:
        likeness = likeness + a.weights[layer + 1] @ b.weights[layer + 1].T
    if a.biases is not None and b.biases is not None:
        likeness = likeness + np.outer(a.biases[layer], b.biases[layer])
    return likeness
