"""The network's arithmetic as a walk: vectors of pixels added up, bent by the activation, measured along the labels."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from digitviz.networks.activations import ACTIVATIONS
from digitviz.networks.network import INPUT_SCALES, Network


@dataclass(frozen=True, eq=False)
class VectorWalk:
    """A digit's path through the space of the last hidden layer, with one dimension for each neuron.

    Parameters
    ----------
    order : ndarray of int, shape (n,)
        The pixels, or neurons of the layer below, that are added one after another, largest first.
    amounts : ndarray, shape (n,)
        Ink times the input scale, or an activation, for each of them. Zeros are left out.
    steps : ndarray, shape (n, neurons)
        The vector that each adds.
    sums : ndarray, shape (n + 1, neurons)
        Positions before the first step, which are the biases if there are some, and after each.
    bent : ndarray, shape (neurons,)
        The sum, after the activation.
    labels : ndarray, shape (10, neurons)
        The vectors of the digits: columns of the last matrix.
    logits : ndarray, shape (10,)
        The dot products of `bent` with the vectors of the digits, and the biases if there are some.
    """

    order: np.ndarray
    amounts: np.ndarray
    steps: np.ndarray
    sums: np.ndarray
    bent: np.ndarray
    labels: np.ndarray
    logits: np.ndarray


def vector_walk(network: Network, digit: np.ndarray) -> VectorWalk:
    """Add up a digit's vectors one after the other, and read the sum.

    Parameters
    ----------
    network : Network
        With a hidden layer. The walk is in the last one, from the activations of the layer below.
    digit : ndarray, shape (64,)
        Ink, 0 to 16.

    Raises
    ------
    ValueError
        If the network has no hidden layer.
    """
    weights, biases = network.parameters.weights, network.parameters.biases
    _check(network)
    x = np.asarray(digit, float).reshape(1, 64)
    below = x * INPUT_SCALES[network.input_scale].factor if len(weights) == 2 else network.hidden(x)[-2]
    all_steps = below[0][:, None] * weights[-2]
    order = np.argsort(-np.linalg.norm(all_steps, axis=1), kind="stable")
    order = order[below[0][order] != 0]
    start = np.zeros(weights[-2].shape[1]) if biases is None else biases[-2]
    sums = np.cumsum(np.concatenate([start[None], all_steps[order]]), axis=0)
    bent = ACTIVATIONS[network.activation].function(sums[-1])
    logits = bent @ weights[-1] + (0.0 if biases is None else biases[-1])
    return VectorWalk(order, below[0][order], all_steps[order], sums, bent, weights[-1].T, logits)


def walk_plane(network: Network, digits: np.ndarray) -> np.ndarray:
    """Return the plane through the origin that holds most of all three: pixel vectors, hidden states, label vectors.

    It depends on the network only, so all walks are in the same plane. Each of the three counts the same, whatever the
    lengths of its vectors.

    Parameters
    ----------
    network : Network
        With a hidden layer.
    digits : ndarray, shape (n, 64)
        The digits for the hidden states; ink, 0 to 16.

    Returns
    -------
    ndarray, shape (2, neurons)
        Two orthonormal directions, the first one with most; with one neuron the second is 0. The sign of each is such
        that its largest entry is positive.

    Raises
    ------
    ValueError
        If the network has no hidden layer.
    """
    from scipy.linalg import eigh  # takes its time to load

    _check(network)
    weights = network.parameters.weights
    groups = [weights[-2], network.hidden(np.asarray(digits, float))[-1], weights[-1].T]
    scaled = [group / max(np.sqrt(np.mean(np.sum(group**2, axis=1))), np.finfo(float).tiny) for group in groups]
    second_moments = sum(each.T @ each / len(each) for each in scaled)
    count = len(second_moments)
    _values, vectors = eigh(second_moments, subset_by_index=[max(count - 2, 0), count - 1])
    plane = vectors[:, ::-1].T
    plane = np.concatenate([plane, np.zeros((2 - len(plane), plane.shape[1]))])
    largest = np.abs(plane).argmax(axis=1)
    return plane * np.where(plane[np.arange(2), largest] < 0, -1.0, 1.0)[:, None]


def share_in_plane(plane: np.ndarray, vectors: np.ndarray) -> float:
    """Return the fraction of the squared lengths of some vectors that lies in a plane.

    Parameters
    ----------
    plane : ndarray, shape (2, neurons)
        Orthonormal directions, for example from `walk_plane`.
    vectors : ndarray, shape (n, neurons)

    Returns
    -------
    float
        0 to 1; 1 for vectors without length.
    """
    whole = float(np.sum(vectors**2))
    return float(np.sum((vectors @ plane.T) ** 2)) / whole if whole else 1.0


def _check(network: Network) -> None:
    if len(network.parameters.weights) < 2:
        raise ValueError("the network has no hidden layer, whose space a digit could walk through")
