"""A plane through three digits, read by the network at every point, with the borders between its answers."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from digitviz.datasets import PIXEL_MAX
from digitviz.explanations.progress import OnProgress, ignore_progress, in_parts
from digitviz.networks.network import Network

MARGIN = 0.35
"""Room around the three points, as a fraction of their extent."""
AT_ONCE = 500
"""Points that are read together."""


@dataclass(frozen=True, eq=False)
class BorderPlane:
    """The plane through three digits in the space of their 64 pixels; distances in it are distances in ink.

    Parameters
    ----------
    origin : ndarray, shape (64,)
        The first digit.
    basis : ndarray, shape (2, 64)
        Two orthonormal directions: towards the second digit, and at a right angle to it.
    corners : ndarray, shape (3, 2)
        Positions of the three digits.
    x, y : ndarray, shape (resolution,)
    labels : ndarray of int, shape (resolution, resolution)
        The answer at each point; row i is at ``y[i]``.
    confidence : ndarray, shape (resolution, resolution)
        The probability of that answer.
    is_digit : ndarray of bool, shape (resolution, resolution)
        True if the point is a picture: all its pixels are within 0 to 16.
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
        """Return the pixels at points of the plane, shapes (n, 2) and (n, 64); some may be below 0 or above 16."""
        return self.origin + np.asarray(points, float) @ self.basis

    def shares_at(self, points: np.ndarray) -> np.ndarray:
        """Return the share of each corner in the pixels at points of the plane, shapes (n, 2) and (n, 3).

        The shares of a point sum to 1; outside the triangle some are below 0.
        """
        (_origin, (length, _zero), (along, height)), (x, y) = self.corners, np.asarray(points, float).T
        third = y / height
        second = (x - third * along) / length
        return np.stack([1 - second - third, second, third], axis=1)


def border_plane(
    network: Network, digits: np.ndarray, resolution: int = 100, on_progress: OnProgress = ignore_progress
) -> BorderPlane:
    """Read every point of the plane through three digits.

    Parameters
    ----------
    network : Network
    digits : ndarray, shape (3, 64)
        Ink, 0 to 16.
    resolution : int
        Points on each side.
    on_progress : callable, optional
        Called before each few hundred points with (done, total).

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
        raise ValueError("digits: three that lie on a line span no plane")
    basis[1] = rest / height
    corners = np.array([[0.0, 0.0], [length, 0.0], [second @ basis[0], height]])
    x, y = (_range(corners[:, axis], resolution) for axis in (0, 1))
    points = np.stack(np.meshgrid(x, y), axis=-1).reshape(-1, 2)
    pixels = origin + points @ basis
    probabilities = in_parts(network.predict_proba, pixels, AT_ONCE, on_progress)
    labels = probabilities.argmax(axis=1)
    confidence = probabilities[np.arange(len(labels)), labels]
    is_digit = ((pixels > -1e-9) & (pixels < PIXEL_MAX + 1e-9)).all(axis=1)
    shape = (resolution, resolution)
    return BorderPlane(
        origin, basis, corners, x, y, labels.reshape(shape), confidence.reshape(shape), is_digit.reshape(shape)
    )


def _range(values: np.ndarray, count: int) -> np.ndarray:
    margin = MARGIN * float(values.max() - values.min())
    return np.linspace(values.min() - margin, values.max() + margin, count)
