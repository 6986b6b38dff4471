"""Isomap: distances along the cloud, laid out flat."""

from __future__ import annotations

from collections.abc import Callable

import numba
import numpy as np

from digitviz.projections.embedding import Layout, Report
from digitviz.projections.neighbourhood import BLOCK, nearest, squared_distances

UNREACHED = np.float32(3e38)
JOINING_NEIGHBOURS = 64
"""Of each point, among which the nearest of another part is looked for first."""


@numba.njit(cache=True, nogil=True, error_model="numpy")
def _shortest_ways(first_link, ends, lengths, sources, ways):  # type: ignore[no-untyped-def]
    """Dijkstra from each source through the links (rows of a CSR matrix); fills `ways` (sources, n).

    Links of length 0, between equal points, count: a general sparse solver would drop them.
    """
    heap_way = np.empty(ends.shape[0] + 1, np.float32)
    heap_point = np.empty(ends.shape[0] + 1, np.int32)
    for row in range(sources.shape[0]):
        way = ways[row]
        way[:] = UNREACHED
        way[sources[row]] = np.float32(0)
        heap_way[0], heap_point[0], size = np.float32(0), sources[row], 1
        while size > 0:
            length, point = heap_way[0], heap_point[0]
            size -= 1
            last_way, last_point, at = heap_way[size], heap_point[size], 0
            while True:
                child = 2 * at + 1
                if child >= size:
                    break
                if child + 1 < size and heap_way[child + 1] < heap_way[child]:
                    child += 1
                if heap_way[child] >= last_way:
                    break
                heap_way[at], heap_point[at] = heap_way[child], heap_point[child]
                at = child
            heap_way[at], heap_point[at] = last_way, last_point
            if length > way[point]:
                continue
            for link in range(first_link[point], first_link[point + 1]):
                end = ends[link]
                longer = length + lengths[link]
                if longer < way[end]:
                    way[end] = longer
                    at = size
                    size += 1
                    while at > 0:
                        parent = (at - 1) // 2
                        if heap_way[parent] <= longer:
                            break
                        heap_way[at], heap_point[at] = heap_way[parent], heap_point[parent]
                        at = parent
                    heap_way[at], heap_point[at] = longer, end


def _linked(x: np.ndarray, k: int) -> tuple[tuple[np.ndarray, np.ndarray, np.ndarray], int]:
    """Link every point to its `k` nearest, both ways, and join what falls apart by its shortest links.

    Returns
    -------
    (first_link, ends, lengths)
        The links, as `_shortest_ways` takes them.
    parts : int
        Into how many parts the graph of neighbours fell.
    """
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    n = len(x)
    found, distances = nearest(x, min(n - 1, max(k, JOINING_NEIGHBOURS)))
    tails, heads, lengths = np.repeat(np.arange(n, dtype=np.int32), k), found[:, :k].ravel(), distances[:, :k].ravel()

    def parts_of() -> tuple[int, np.ndarray]:
        return connected_components(coo_array((np.ones(len(tails)), (tails, heads)), shape=(n, n)), directed=False)

    count, part = parts_of()
    parts = count
    while count > 1:  # Each round joins every part to its nearest: at most log2(parts) rounds (O. Borůvka, 1926).
        ends, gaps = _nearest_of_other_parts(x, part, count, found, distances)
        order = np.lexsort((gaps, part))
        closest = order[np.unique(part[order], return_index=True)[1]].astype(np.int32)
        tails = np.concatenate([tails, closest])
        heads = np.concatenate([heads, ends[closest]])
        lengths = np.concatenate([lengths, gaps[closest]])
        count, part = parts_of()
    tails, heads, lengths = np.concatenate([tails, heads]), np.concatenate([heads, tails]), np.tile(lengths, 2)
    order = np.argsort(tails, kind="stable")
    first_link = np.concatenate([[0], np.cumsum(np.bincount(tails, minlength=n))]).astype(np.int32)
    return (first_link, heads[order].astype(np.int32), lengths[order].astype(np.float32)), parts


def _nearest_of_other_parts(
    x: np.ndarray, part: np.ndarray, count: int, found: np.ndarray, distances: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Find for each point the nearest of another part, shape (n,), and how far it is; exact for each part's closest.

    Most are among the neighbours `found` (n, k); all points are searched for those that could still be closer.
    """
    n = len(x)
    outside = part[found] != part[:, None]
    first = outside.argmax(axis=1)
    row = np.arange(n)
    known = outside[row, first]
    ends = found[row, first]
    gaps = np.where(known, distances[row, first], np.inf)
    closest = np.full(count, np.inf)
    np.minimum.at(closest, part, gaps)
    squares = np.einsum("ij,ij->i", x, x)
    search = np.flatnonzero(~known & (distances[:, -1] < closest[part]))
    for start in range(0, len(search), BLOCK):
        rows = search[start : start + BLOCK]
        block = squared_distances(x[rows], x, squares)
        block[part[rows, None] == part] = np.inf
        ends[rows] = block.argmin(axis=1)
        gaps[rows] = np.linalg.norm(x[rows] - x[ends[rows]], axis=1)
    return ends, gaps


def _spread_out(x: np.ndarray, count: int, seed: int) -> np.ndarray:
    """Choose points far from each other: each next one is the farthest from all before (maxmin).

    On the digits 300 of these give a better map than 300 at random, and than all points: trustworthiness 0.881
    (0.864, 0.867), neighbour accuracy 0.826 (0.795, 0.819); the mean over 8 seeds.

    Returns
    -------
    ndarray of int32
        In ascending order; fewer than `count` if the data has no more different points.
    """
    fast = x.astype(np.float32)
    squares = np.einsum("ij,ij->i", fast, fast)
    chosen = [int(np.random.default_rng(seed).integers(len(x)))]
    gap = np.full(len(x), np.inf, dtype=np.float32)
    while len(chosen) < count:
        last = chosen[-1]
        gap = np.minimum(gap, squares + squares[last] - 2 * (fast @ fast[last]))
        gap[last] = 0
        if gap.max() <= 0:
            break
        chosen.append(int(gap.argmax()))
    return np.unique(chosen).astype(np.int32)


def geodesics(x: np.ndarray, k: int, sources: np.ndarray) -> tuple[np.ndarray, int]:
    """Measure the ways along the cloud, from neighbour to neighbour.

    Parameters
    ----------
    x : ndarray of float64, shape (n, features)
    k : int
        Neighbours each point is linked to.
    sources : ndarray of int32, shape (m,)

    Returns
    -------
    ways : ndarray of float32, shape (m, n)
    parts : int
        Into how many parts the graph of neighbours fell before it was joined by its shortest links.
    """
    links, parts = _linked(x, k)
    ways = np.empty((len(sources), len(x)), dtype=np.float32)
    _shortest_ways(*links, sources, ways)
    return ways, parts


class _Sheet:
    """The cloud laid flat, as far as further points need it: ways from the landmarks and what turns ways into places.

    References
    ----------
    V. de Silva, J. Tenenbaum, Sparse multidimensional scaling using landmark points, 2004.
    """

    def __init__(self, x: np.ndarray, dimensions: int, options: dict, seed: int) -> None:
        from scipy.linalg import eigh

        self.x, self.k = x, options["neighbours"]
        self.landmarks = _spread_out(x, options["landmarks"], seed)
        self.ways, self.parts = geodesics(x, self.k, self.landmarks)
        squares = self.ways[:, self.landmarks].astype(np.float64) ** 2
        squares = (squares + squares.T) / 2
        self.mean_squares = squares.mean(axis=1)
        inner = -0.5 * (squares - self.mean_squares - self.mean_squares[:, None] + self.mean_squares.mean())
        kept = min(dimensions, len(inner))
        values, vectors = eigh(inner, subset_by_index=(len(inner) - kept, len(inner) - 1))
        values, vectors = values[::-1], vectors[:, ::-1]
        real = values > max(values[0], 0) * 1e-9
        self.flat = dimensions - int(real.sum())
        self.to_places = np.zeros((len(inner), dimensions))
        self.to_places[:, :kept][:, real] = vectors[:, real] / np.sqrt(values[real])

    def places(self, ways: np.ndarray) -> np.ndarray:
        """Turn ways from the landmarks, shape (landmarks, m), into places, shape (m, dimensions)."""
        return -0.5 * (ways.astype(np.float64) ** 2 - self.mean_squares[:, None]).T @ self.to_places

    def ways_of(self, new: np.ndarray) -> np.ndarray:
        """Measure the ways from the landmarks to further points, through their neighbours."""
        found, distances = nearest(self.x, min(self.k, len(self.x)), new)
        ways = np.full((len(self.landmarks), len(new)), UNREACHED)
        for ends, lengths in zip(found.T, distances.T, strict=True):
            np.minimum(ways, self.ways[:, ends] + lengths.astype(np.float32), out=ways)
        return ways


def layout(x: np.ndarray, dimensions: int, options: dict, seed: int, report: Report) -> Layout:
    """Lay out by the ways from landmarks; see `digitviz.projections.compute.project`."""
    notes = []
    if options["neighbours"] > len(x) - 1:
        notes.append(f"Neighbours reduced from {options['neighbours']} to {len(x) - 1}: all the others.")
        options["neighbours"] = len(x) - 1
    sheet = _Sheet(x, dimensions, options, seed)
    if len(sheet.landmarks) < options["landmarks"]:
        notes.append(f"Landmarks reduced from {options['landmarks']} to {len(sheet.landmarks)}: all different points.")
        options["landmarks"] = len(sheet.landmarks)
    if sheet.parts > 1:
        notes.append(
            f"The graph of neighbours fell into {sheet.parts} parts; they were joined by their shortest links."
        )
    if sheet.flat:
        notes.append(f"The data has only {dimensions - sheet.flat} independent direction(s): the rest is flat.")
    return Layout(sheet.places(sheet.ways), notes)


def placer(x: np.ndarray, coordinates: np.ndarray, options: dict, seed: int) -> Callable[[np.ndarray], np.ndarray]:
    """Return the rule that finds a point's ways through its neighbours and places it by them."""
    from digitviz.projections.alignment import rotation_onto

    sheet = _Sheet(x, coordinates.shape[1], options, seed)
    raw = sheet.places(sheet.ways)
    centre, goal = raw.mean(axis=0), coordinates.mean(axis=0)
    rotation = rotation_onto(raw - centre, coordinates - goal)
    return lambda new: (sheet.places(sheet.ways_of(new)) - centre) @ rotation + goal
