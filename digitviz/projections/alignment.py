"""Aligning one map with another."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from digitviz.projections.points import usable_numbers


@dataclass(frozen=True, eq=False)
class Alignment:
    """One map aligned with another.

    Parameters
    ----------
    coordinates : ndarray of float64, shape (n, dimensions)
        The other map, shifted, rotated, mirrored and scaled to match the reference.
    disparity : float
        Remaining difference, 0 (none) to 1 (nothing in common): the sum of squared distances between corresponding
        points, as a fraction of the spread of the reference.
    """

    coordinates: np.ndarray
    disparity: float


def rotation_onto(source: np.ndarray, target: np.ndarray) -> np.ndarray:
    """Return the rotation or reflection that brings centred `source` closest to centred `target`.

    Parameters
    ----------
    source, target : ndarray, shape (n, dimensions)
        Centred at 0.

    Returns
    -------
    ndarray, shape (dimensions, dimensions)
        Multiply points by it from the right.

    References
    ----------
    P. Schönemann, A generalized solution of the orthogonal Procrustes problem, Psychometrika 31, 1966.
    """
    u, _, vt = np.linalg.svd(source.T @ target)
    return u @ vt


def placer_onto(
    raw: np.ndarray, coordinates: np.ndarray, place: Callable[[np.ndarray], np.ndarray]
) -> Callable[[np.ndarray], np.ndarray]:
    """Adapt `place`, the rule of the map `raw`, to `coordinates`, the same map shifted and rotated."""
    centre, goal = raw.mean(axis=0), coordinates.mean(axis=0)
    rotation = rotation_onto(raw - centre, coordinates - goal)
    return lambda new: (place(new) - centre) @ rotation + goal


def align(reference: np.ndarray, other: np.ndarray) -> Alignment:
    """Align one map with another (Procrustes analysis) and measure how much they differ.

    Parameters
    ----------
    reference, other : ndarray, shape (n, dimensions)
        The same points in the same order.

    Raises
    ------
    ValueError
        If the shapes differ, a value is not finite, or all points of a map coincide.

    References
    ----------
    J. Gower, Generalized Procrustes analysis, Psychometrika 40, 1975.
    """
    from scipy.spatial import procrustes

    a, b = usable_numbers(reference, "reference"), usable_numbers(other, "other")
    if a.shape != b.shape or a.ndim != 2 or a.size == 0:
        raise ValueError(f"maps of shapes {a.shape} and {b.shape} do not show the same points")
    if not (np.ptp(a, axis=0).any() and np.ptp(b, axis=0).any()):
        raise ValueError("all points of a map coincide: there is nothing to align")
    centre = a.mean(axis=0)
    _, moved, disparity = procrustes(a, b)
    return Alignment(moved * np.linalg.norm(a - centre) + centre, float(disparity))
