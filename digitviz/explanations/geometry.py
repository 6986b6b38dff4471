"""The space of a network: a plane through three digits, and a digit's walk through a hidden layer."""

from dataclasses import dataclass

import numpy as np

from digitviz.datasets import PIXEL_MAX
from digitviz.explanations.progress import OnProgress, ignore_progress, in_parts
from digitviz.networks.activations import ACTIVATIONS
from digitviz.networks.network import Network

MARGIN = 0.35
"""Margin around the three points, as a fraction of their extent."""
AT_ONCE = 500
"""Maximum number of points that the network reads at once."""


@dataclass(frozen=True, eq=False)
class BorderPlane:
    """The plane through three digits in the space of their 64 pixels. Distances in it are distances in ink.

    Parameters
    ----------
    origin : ndarray, shape (64,)
        The first digit.
    basis : ndarray, shape (2, 64)
        Two orthonormal directions: towards the second digit, and perpendicular to it.
    corners : ndarray, shape (3, 2)
        Positions of the three digits.
    x, y : ndarray, shape (columns,) and (rows,)
    labels : ndarray of int, shape (rows, columns)
        The answer at each point; row i is at ``y[i]``.
    confidence : ndarray, shape (rows, columns)
        Probability of that answer.
    is_digit : ndarray of bool, shape (rows, columns)
        True if the point is a valid picture, with all pixels within 0 to 16.
    """

    origin: np.ndarray
    basis: np.ndarray
    corners: np.ndarray
    x: np.ndarray
    y: np.ndarray
    labels: np.ndarray
    confidence: np.ndarray
    is_digit: np.ndarray

    def pixels_at(self, points: np.ndarray) -> np.ndarray:
        """Return the pixels, shape (n, 64), at points of the plane, shape (n, 2). They may be below 0 or above 16."""
        return self.origin + np.asarray(points, float) @ self.basis


def border_plane(
    network: Network,
    digits: np.ndarray,
    resolution: int = 100,
    on_progress: OnProgress = ignore_progress,
    aspect: float = 0.0,
) -> BorderPlane:
    """Classify every point of the plane through three digits.

    Parameters
    ----------
    network : Network
    digits : ndarray, shape (3, 64)
        Ink, 0 to 16.
    resolution : int
        Number of points on each side.
    on_progress : callable, optional
        Called every few hundred points with (done, total).
    aspect : float, optional
        Minimum ratio of width to height. If necessary, the plane gets wider on both sides, with more columns.

    Raises
    ------
    ValueError
        If the three lie on a line, two of them are equal, or the resolution is below 2.

    References
    ----------
    G. Somepalli et al., Can neural nets learn the same model twice? Investigating reproducibility and double descent
    from the decision boundary perspective, 2022.
    """
    if resolution < 2:
        raise ValueError(f"resolution: {resolution} is below 2")
    origin, *others = np.asarray(digits, float).reshape(3, 64)
    first, second = (other - origin for other in others)
    basis = np.empty((2, 64))
    length = np.linalg.norm(first)
    basis[0] = first / length if length else 0.0
    rest = second - (second @ basis[0]) * basis[0]
    height = np.linalg.norm(rest)
    if not length or height <= 1e-9 * max(float(np.linalg.norm(second)), 1.0):
        raise ValueError("digits: three digits on a line do not span a plane")
    basis[1] = rest / height
    corners = np.array([[0.0, 0.0], [length, 0.0], [second @ basis[0], height]])
    (left, right), (bottom, top) = (_ends(corners[:, axis]) for axis in (0, 1))
    width = max(right - left, aspect * (top - bottom))
    columns = round(resolution * width / (right - left))
    x, y = (left + right + np.linspace(-width, width, columns)) / 2, np.linspace(bottom, top, resolution)
    points = np.stack(np.meshgrid(x, y), axis=-1).reshape(-1, 2)
    pixels = origin + points @ basis
    probabilities = in_parts(network.predict_proba, pixels, AT_ONCE, on_progress)
    labels = probabilities.argmax(axis=1)
    confidence = probabilities[np.arange(len(labels)), labels]
    is_digit = ((pixels > -1e-9) & (pixels < PIXEL_MAX + 1e-9)).all(axis=1)
    shape = (len(y), len(x))
    return BorderPlane(
        origin, basis, corners, x, y, labels.reshape(shape), confidence.reshape(shape), is_digit.reshape(shape)
    )


def _ends(values: np.ndarray) -> tuple[float, float]:
    low, high = float(values.min()), float(values.max())
    return low - MARGIN * (high - low), high + MARGIN * (high - low)


@dataclass(frozen=True, eq=False)
class VectorWalk:
    """A digit's path through the space of the last hidden layer, which has one dimension per neuron.

    Parameters
    ----------
    order : ndarray of int, shape (n,)
        Indices of the pixels, or neurons of the layer below, in the order of addition: the largest first.
    amounts : ndarray, shape (n,)
        Ink times the input scale, or an activation, for each of them. Zeros are left out.
    sums : ndarray, shape (n + 1, neurons)
        Positions before the first step and after each step. The first one is the biases, or zero without biases.
    bent : ndarray, shape (neurons,)
        Activations of the final sum.
    labels : ndarray, shape (10, neurons)
        Vectors of the digits: columns of the last matrix.
    logits : ndarray, shape (10,)
        Dot products of `bent` with the vectors of the digits, plus the biases if there are any.
    """

    order: np.ndarray
    amounts: np.ndarray
    sums: np.ndarray
    bent: np.ndarray
    labels: np.ndarray
    logits: np.ndarray


def vector_walk(network: Network, digit: np.ndarray) -> VectorWalk:
    """Add up the vectors of a digit one by one, and classify the sum.

    Parameters
    ----------
    network : Network
        Has a hidden layer. The walk is in the last one, from the activations of the layer below.
    digit : ndarray, shape (64,)
        Ink, 0 to 16.

    Raises
    ------
    ValueError
        If the network has no hidden layer.
    """
    weights, biases = network.parameters.weights, network.parameters.biases
    _check(network)
    below = network.layers(np.asarray(digit, float).reshape(1, 64))[1][-2][0]
    steps = below[:, None] * weights[-2]
    order = np.argsort(-np.linalg.norm(steps, axis=1), kind="stable")
    order = order[below[order] != 0]
    start = np.zeros(weights[-2].shape[1]) if biases is None else biases[-2]
    sums = np.cumsum(np.concatenate([start[None], steps[order]]), axis=0)
    bent = ACTIVATIONS[network.activation].function(sums[-1])
    logits = bent @ weights[-1] + (0.0 if biases is None else biases[-1])
    return VectorWalk(order, below[order], sums, bent, weights[-1].T, logits)


def walk_plane(network: Network, digits: np.ndarray) -> np.ndarray:
    """Return the plane through the origin that best fits pixel vectors, hidden states and label vectors.

    It does not depend on the digit of a walk, so all walks are in the same plane. Each of the three groups has the same
    weight, whatever the lengths of its vectors.

    Parameters
    ----------
    network : Network
        Has a hidden layer.
    digits : ndarray, shape (n, 64)
        Digits for the hidden states; ink, 0 to 16.

    Returns
    -------
    ndarray, shape (2, neurons)
        Two orthonormal directions, the main one first. With one neuron, the second is 0. The largest entry of each is
        positive.

    Raises
    ------
    ValueError
        If the network has no hidden layer.
    """
    from scipy.linalg import eigh  # slow to import

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
    """Return the fraction of some vectors' total squared length that lies in a plane.

    Parameters
    ----------
    plane : ndarray, shape (2, neurons)
        Orthonormal directions, for example from `walk_plane`.
    vectors : ndarray, shape (n, neurons)

    Returns
    -------
    float
        0 to 1. 1 if all vectors are zero.
    """
    whole = float(np.sum(vectors**2))
    return float(np.sum((vectors @ plane.T) ** 2)) / whole if whole else 1.0


def _check(network: Network) -> None:
    if len(network.parameters.weights) < 2:
        raise ValueError("the network has no hidden layer to walk through")
