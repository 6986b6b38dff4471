"""Nearest neighbours in the data and in a map, neighbours that a map separates, and the neighbour graph."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from digitviz.projections.layout import Note
from digitviz.projections.points import usable_numbers
from digitviz.ranges import in_short

BLOCK = 256
"""Rows per block of a distance matrix: 40 MB at 20,000 points."""
EXACT_POINTS = 5000
"""Maximum number of points for a search in float64. Beyond it, float32 halves the time."""
SEPARATED = 5
"""A map separates a pair of k nearest neighbours if more than this number times k other points are nearer to each."""
JUST_BELOW = 1 - 1e-9
"""Factor of a radius, so that a point exactly at that distance does not count as nearer."""


def blocks(rows: int) -> Iterator[slice]:
    """Return slices of `BLOCK` rows that cover `rows`."""
    return (slice(start, start + BLOCK) for start in range(0, rows, BLOCK))


def squared_distances(rows: np.ndarray, x: np.ndarray, squares: np.ndarray) -> np.ndarray:
    """Return the squared distances of `rows` (m, features) to all `x` (n, features), by one matrix product.

    `squares` are the squared norms of `x`. Centre the data first, or the differences lose precision.
    """
    distances = rows @ x.T
    distances *= -2
    distances += squares
    distances += np.einsum("ij,ij->i", rows, rows)[:, None]
    return distances


def nearest(x: np.ndarray, k: int, queries: np.ndarray | None = None) -> tuple[np.ndarray, np.ndarray]:
    """Find the `k` nearest neighbours of each point (excluding itself), or of each of `queries`.

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
        Nearest first. Ties are in index order, but which of several tied points comes last is undefined.
    distances : ndarray of float64, shape (n or m, k)

    Raises
    ------
    ValueError
        If there are not enough points.
    """
    from digitviz.projections.kernels import smallest

    if not 1 <= k <= len(x):
        raise ValueError(f"k: {in_short(k)} is not between 1 and the {len(x)} points")
    points = x - x.mean(axis=0)
    searched = points if queries is None else queries - x.mean(axis=0)
    dtype = np.float64 if len(x) <= EXACT_POINTS else np.float32
    fast, fast_searched = points.astype(dtype), searched.astype(dtype)
    squares = np.einsum("ij,ij->i", fast, fast)
    indices = np.empty((len(searched), k), dtype=np.int32)
    distances = np.empty((len(searched), k))
    for rows in blocks(len(searched)):
        # Omit the row's own squared norm: it is the same for all candidates.
        block = (-2 * fast_searched[rows]) @ fast.T
        block += squares
        if queries is None:
            np.fill_diagonal(block[:, rows], np.inf)
        found = np.empty((len(block), k), dtype=np.int32)
        smallest(block, found)
        found.sort(axis=1)
        difference = points[found] - searched[rows, None]
        length = np.sqrt(np.einsum("ijk,ijk->ij", difference, difference))
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
    """Find the points nearest to one point, in the data or (if `x` holds coordinates) in a map.

    Parameters
    ----------
    x : ndarray, shape (n, features)
    index : int
        Row of the point.
    k : int
        Number of neighbours; all others if there are fewer.

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


def separated_neighbours(x: np.ndarray, coordinates: np.ndarray, k: int = 10) -> np.ndarray:
    """List the nearest neighbours that a map separates, the most separated first.

    Parameters
    ----------
    x : ndarray, shape (n, features)
    coordinates : ndarray, shape (n, dimensions)
    k : int
        Number of nearest neighbours per point to examine in the data. A map separates a pair if both points have more
        than 5 k other points nearer to them.

    Returns
    -------
    ndarray of int64, shape (pairs, 2)
        Pairs of rows. Each pair occurs once, smaller index first.

    Raises
    ------
    ValueError
        If the arrays do not hold the same points, there are fewer than 2 points, or they have no columns.
    """
    points, plane = _same_points(x, coordinates)
    k = min(k, len(points) - 1)
    found, _ = nearest(points, k)
    pairs = np.stack([np.repeat(np.arange(len(points)), k), found.ravel()], axis=1).astype(np.int64)
    pairs = np.unique(np.sort(pairs, axis=1), axis=0)
    nearer, lengths = _separation(plane, pairs)
    order = np.lexsort((-lengths, -nearer))
    return pairs[order][nearer[order] > SEPARATED * k]


@dataclass(frozen=True, eq=False)
class KeptNeighbours:
    """The neighbourhood of one point in the data and in a map.

    Parameters
    ----------
    in_data, in_map : Neighbours
    common : ndarray of int64
        Points in both, nearest in the data first.
    separated : ndarray of int64
        Nearest neighbours that the map separates (see `separated_neighbours`), farthest in the map first.
    """

    in_data: Neighbours
    in_map: Neighbours
    common: np.ndarray
    separated: np.ndarray


def kept_neighbours(x: np.ndarray, coordinates: np.ndarray, index: int, k: int = 10) -> KeptNeighbours:
    """Compare one point's nearest neighbours in the data with those in a map.

    Parameters
    ----------
    x : ndarray, shape (n, features)
    coordinates : ndarray, shape (n, dimensions)
    index : int
        Row of the point.
    k : int
        Number of neighbours; all others if there are fewer.

    Raises
    ------
    ValueError
        If the arrays do not hold the same points, there is no such row, or `k` is less than 1.
    """
    points, plane = _same_points(x, coordinates)
    in_data, in_map = neighbours(points, index, k), neighbours(plane, index, k)
    common = in_data.indices[np.isin(in_data.indices, in_map.indices)]
    pairs = np.stack([np.full(len(in_data.indices), index), in_data.indices], axis=1)
    nearer, lengths = _separation(plane, pairs)
    order = np.argsort(-lengths, kind="stable")
    separated = nearer[order] > SEPARATED * len(lengths)
    return KeptNeighbours(in_data, in_map, common, in_data.indices[order][separated])


def _same_points(x: np.ndarray, coordinates: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    points, plane = usable_numbers(x, "x"), usable_numbers(coordinates, "coordinates")
    no_table = points.ndim != 2 or plane.ndim != 2 or not (points.shape[1] and plane.shape[1])
    if no_table or len(points) != len(plane) or len(points) < 2:
        raise ValueError(f"shapes {points.shape} and {plane.shape} do not hold the same two or more points")
    return points, plane


def _separation(plane: np.ndarray, pairs: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """For each of `pairs` (m, 2), count the points that are nearer to both than they are to each other.

    Returns
    -------
    nearer : ndarray of int64, shape (m,)
        The smaller count of the two points.
    lengths : ndarray of float64, shape (m,)
        Distance between the two points in the map.
    """
    from scipy.spatial import cKDTree

    ends = plane[pairs]
    lengths = np.linalg.norm(ends[:, 0] - ends[:, 1], axis=1)
    counts = cKDTree(plane).query_ball_point(ends, lengths[:, None] * JUST_BELOW, return_length=True)
    return counts.min(axis=1) - 1, lengths  # do not count the point itself


@dataclass(frozen=True, eq=False)
class NeighbourGraph:
    """A graph that links every point to its nearest neighbours, with separate parts joined by their shortest links.

    Parameters
    ----------
    tails, heads : ndarray of int, shape (links,)
        A link from each point to each of its nearest neighbours, then the links that join parts; one direction only.
    lengths : ndarray of float64, shape (links,)
    reach : ndarray of float64, shape (n,)
        Distance of each point to its farthest linked neighbour.
    parts : int
        Number of connected components before they were joined.
    """

    tails: np.ndarray
    heads: np.ndarray
    lengths: np.ndarray
    reach: np.ndarray
    parts: int

    @property
    def notes(self) -> list[Note]:
        """Note about joined parts, if any."""
        return [Note("parts_joined", parts=self.parts)] if self.parts > 1 else []


def neighbour_graph(x: np.ndarray, k: int) -> NeighbourGraph:
    """Link every point to its `k` nearest neighbours, and join separate parts by their shortest links.

    Parameters
    ----------
    x : ndarray of float64, shape (n, features)
    k : int
        From 1 to n - 1, not counting the point itself.

    References
    ----------
    O. Borůvka, O jistém problému minimálním, 1926. Each round joins every part except the largest to its nearest part,
    so there are at most log2(parts) rounds, rounded up.
    """
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    n = len(x)
    found, distances = nearest(x, k)
    tails, heads, lengths = np.repeat(np.arange(n), k), found.ravel(), distances.ravel()
    parts = 0
    while True:
        links = coo_array((np.ones(len(tails)), (tails, heads)), shape=(n, n))
        count, part = connected_components(links, directed=False)
        parts = parts or count
        if count == 1:
            return NeighbourGraph(tails, heads, lengths, distances[:, -1], parts)
        rows = np.flatnonzero(part != np.bincount(part).argmax())
        ends, gaps = _nearest_outside(x, part, rows)
        order = np.lexsort((gaps, part[rows]))
        closest = order[np.unique(part[rows[order]], return_index=True)[1]]
        tails, heads = np.concatenate([tails, rows[closest]]), np.concatenate([heads, ends[closest]])
        lengths = np.concatenate([lengths, gaps[closest]])


def _nearest_outside(x: np.ndarray, part: np.ndarray, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Find the nearest point in another part for some rows, and the distance, shapes (rows,)."""
    squares = np.einsum("ij,ij->i", x, x)
    ends = np.empty(len(rows), int)
    for block in blocks(len(rows)):
        candidates = squared_distances(x[rows[block]], x, squares)
        candidates[part[rows[block], None] == part] = np.inf
        ends[block] = candidates.argmin(axis=1)
    return ends, np.linalg.norm(x[rows] - x[ends], axis=1)
