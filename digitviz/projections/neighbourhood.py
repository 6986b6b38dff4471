"""Nearest neighbours, in the data and in a map."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from digitviz.projections.points import usable_numbers
from digitviz.ranges import in_short

BLOCK = 256
"""Rows whose distances to all points are held in memory at once: 40 MB at 20,000 points."""

EXACT_POINTS = 5000
"""Points up to which candidates are found in float64; beyond, float32 halves the time."""

JUST_BELOW = 1 - 1e-9
"""Factor of a radius, so that the point exactly at it does not count as nearer."""


def squared_distances(rows: np.ndarray, x: np.ndarray, squares: np.ndarray) -> np.ndarray:
    """Return the squared distances of `rows` (m, features) to all `x` (n, features), by one matrix product.

    `squares` are the squared norms of `x`; centre the data first, or the differences lose precision.
    """
    distances = rows @ x.T
    distances *= -2
    distances += squares
    distances += np.einsum("ij,ij->i", rows, rows)[:, None]
    return distances


def nearest(x: np.ndarray, k: int, queries: np.ndarray | None = None) -> tuple[np.ndarray, np.ndarray]:
    """Find the `k` nearest neighbours of each point, itself excluded, or of each of `queries`.

    Parameters
    ----------
    x : ndarray of float64, shape (n, features)
    k : int
        At most n - 1, or n for `queries`.
    queries : ndarray of float64, shape (m, features), optional
        Points that are not in `x`.

    Returns
    -------
    indices : ndarray of int32, shape (n or m, k)
        Nearest first; equally near ones in their order, except that any of them may come last.
    distances : ndarray of float64, shape (n or m, k)

    Raises
    ------
    ValueError
        If there are not enough points.
    """
    if not 1 <= k <= len(x):
        raise ValueError(f"k: {in_short(k)} is not between 1 and the {len(x)} points")
    centre = x.mean(axis=0)
    exactly = len(x) <= EXACT_POINTS
    if not exactly:
        # Compiled: twice as fast as argpartition, but numba takes a moment to import.
        from digitviz.projections.smallest import distances_to, smallest
    dtype = np.float64 if exactly else np.float32
    exact = x - centre
    exact_rows = exact if queries is None else queries - centre
    fast, fast_rows = exact.astype(dtype), exact_rows.astype(dtype)
    squares = np.einsum("ij,ij->i", fast, fast)
    indices = np.empty((len(exact_rows), k), dtype=np.int32)
    distances = np.empty((len(exact_rows), k))
    for start in range(0, len(exact_rows), BLOCK):
        rows = slice(start, start + BLOCK)
        # Without the row's own squared norm, the same for all candidates of a row.
        block = (-2 * fast_rows[rows]) @ fast.T
        block += squares
        if queries is None:
            row = np.arange(len(block))
            block[row, start + row] = np.inf
        if exactly:
            found = np.argpartition(block, k - 1, axis=1)[:, :k]
        else:
            found = np.empty((len(block), k), dtype=np.int32)
            smallest(block, found)
        found = np.sort(found, axis=1)
        if exactly:
            difference = exact[found] - exact_rows[rows, None]
            length = np.sqrt(np.einsum("ijk,ijk->ij", difference, difference))
        else:
            length = np.empty(found.shape)
            distances_to(exact, exact_rows[rows], found, length)
        order = np.argsort(length, axis=1, kind="stable")
        indices[rows] = np.take_along_axis(found, order, axis=1)
        distances[rows] = np.take_along_axis(length, order, axis=1)
    return indices, distances


@dataclass(frozen=True, eq=False)
class Neighbours:
    """The points nearest to one point, nearest first.

    Parameters
    ----------
    indices : ndarray of int64, shape (k,)
    distances : ndarray of float64, shape (k,)
    """

    indices: np.ndarray
    distances: np.ndarray


def neighbours(x: np.ndarray, index: int, k: int = 10) -> Neighbours:
    """Find the points nearest to one point: in the data, or in a map if its coordinates are given.

    Parameters
    ----------
    x : ndarray, shape (n, features)
    index : int
        Which row.
    k : int
        How many; all others if there are fewer.

    Returns
    -------
    Neighbours
        Without the point itself.

    Raises
    ------
    ValueError
        If there is no such row or `k` is less than 1.
    """
    points = usable_numbers(x, "x")
    if points.ndim != 2 or not 0 <= index < len(points):
        raise ValueError(f"index: {in_short(index)} is not a row of points of shape {points.shape}")
    if k < 1:
        raise ValueError(f"k: {in_short(k)} is less than 1")
    distances = np.linalg.norm(points - points[index], axis=1)
    distances[index] = -1.0
    order = np.argsort(distances, kind="stable")[1 : k + 1]
    return Neighbours(order, distances[order])


def torn(x: np.ndarray, coordinates: np.ndarray, k: int = 10, apart: int | None = None) -> np.ndarray:
    """List the nearest neighbours that this map separates, the most separated first.

    Parameters
    ----------
    x : ndarray, shape (n, features)
    coordinates : ndarray, shape (n, dimensions)
    k : int
        Nearest neighbours in the data to look at, per point.
    apart : int, optional
        A pair is separated if, for both its points, more than this many others lie nearer in the map; 5 k by default.

    Returns
    -------
    ndarray of int64, shape (pairs, 2)
        Rows, each pair once, the smaller index first.

    Raises
    ------
    ValueError
        If the two do not show the same points, or there are fewer than 2, or they have no coordinates.
    """
    points, plane = usable_numbers(x, "x"), usable_numbers(coordinates, "coordinates")
    no_table = points.ndim != 2 or plane.ndim != 2 or not (points.shape[1] and plane.shape[1])
    if no_table or len(points) != len(plane) or len(points) < 2:
        raise ValueError(f"shapes {points.shape} and {plane.shape} are not the same two or more points")
    k = min(k, len(points) - 1)
    found, _ = nearest(points, k)
    pairs = np.stack([np.repeat(np.arange(len(points)), k), found.ravel()], axis=1).astype(np.int64)
    pairs = np.unique(np.sort(pairs, axis=1), axis=0)
    lengths = np.linalg.norm(plane[pairs[:, 0]] - plane[pairs[:, 1]], axis=1)
    nearer = np.minimum(_count_nearer(plane, pairs[:, 0], lengths), _count_nearer(plane, pairs[:, 1], lengths))
    order = np.lexsort((-lengths, -nearer))
    return pairs[order][nearer[order] > torn_beyond(k, apart)]


def torn_beyond(k: int, apart: int | None) -> int:
    """Return how many others may lie nearer in the map before two neighbours count as separated; see `torn`."""
    return 5 * k if apart is None else apart


def _count_nearer(plane: np.ndarray, points: np.ndarray, radius: np.ndarray) -> np.ndarray:
    """Count the other points that lie nearer to each of `points` (rows of the plane) than `radius`."""
    from scipy.spatial import cKDTree

    # The point itself counts.
    return np.asarray(cKDTree(plane).query_ball_point(plane[points], radius * JUST_BELOW, return_length=True)) - 1
