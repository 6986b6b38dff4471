"""The graph of nearest neighbours, connected: Isomap measures along it and spectral embedding diffuses through it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from digitviz.projections.neighbourhood import BLOCK, nearest, squared_distances
from digitviz.projections.notes import Note

JOINING_NEIGHBOURS = 64
"""Neighbours of each point that are searched first for the nearest point of another part."""


@dataclass(frozen=True, eq=False)
class NeighbourGraph:
    """Every point linked to its nearest neighbours, and separate parts joined by their shortest links.

    Parameters
    ----------
    tails, heads : ndarray of int32, shape (links,)
        A link from each point to each of its nearest neighbours, then those that join parts; in one direction only.
    lengths : ndarray of float64, shape (links,)
    reach : ndarray of float64, shape (n,)
        Distance of each point to the last of its nearest neighbours.
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
        """Say that parts were joined, if they were."""
        if self.parts == 1:
            return []
        return [Note("parts_joined", parts=self.parts)]


def neighbour_graph(x: np.ndarray, k: int) -> NeighbourGraph:
    """Link every point to its `k` nearest neighbours, and join separate parts by their shortest links.

    Parameters
    ----------
    x : ndarray of float64, shape (n, features)
    k : int
        From 1 to n - 1, the point itself not counted.

    Returns
    -------
    NeighbourGraph

    References
    ----------
    O. Borůvka, O jistém problému minimálním, 1926: each round joins every part to its nearest, so that there are at
    most log2(parts) rounds.
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
    while count > 1:
        ends, gaps = _nearest_of_other_parts(x, part, count, found, distances)
        order = np.lexsort((gaps, part))
        closest = order[np.unique(part[order], return_index=True)[1]].astype(np.int32)
        tails = np.concatenate([tails, closest])
        heads = np.concatenate([heads, ends[closest]])
        lengths = np.concatenate([lengths, gaps[closest]])
        count, part = parts_of()
    return NeighbourGraph(tails, heads, lengths, distances[:, k - 1], parts)


def _nearest_of_other_parts(
    x: np.ndarray, part: np.ndarray, count: int, found: np.ndarray, distances: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Find each point's nearest point of another part, shape (n,), and its distance; exact for each part's closest.

    Most are among the neighbours `found` (n, k); all points are searched only where one could still be closer.
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
