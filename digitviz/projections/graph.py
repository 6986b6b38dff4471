"""The connected graph of nearest neighbours: Isomap measures along it, spectral embedding diffuses through it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from digitviz.projections.layout import Note
from digitviz.projections.neighbourhood import blocks, nearest, squared_distances

JOINING_NEIGHBOURS = 64
"""Neighbours of each point that are searched first for the nearest point of another part."""


@dataclass(frozen=True, eq=False)
class NeighbourGraph:
    """Every point linked to its nearest neighbours, and separate parts joined by their shortest links.

    Parameters
    ----------
    tails, heads : ndarray of int, shape (links,)
        A link from each point to each of its nearest neighbours, then the links that join parts; one direction only.
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
        """A note if parts were joined."""
        return [Note("parts_joined", parts=self.parts)] if self.parts > 1 else []


def neighbour_graph(x: np.ndarray, k: int) -> NeighbourGraph:
    """Link every point to its `k` nearest neighbours, and join separate parts by their shortest links.

    Parameters
    ----------
    x : ndarray of float64, shape (n, features)
    k : int
        From 1 to n - 1, the point itself not counted.

    References
    ----------
    O. Borůvka, O jistém problému minimálním, 1926: each round joins every part to its nearest, so there are at most
    log2(parts) rounds.
    """
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    n = len(x)
    found, distances = nearest(x, min(n - 1, max(k, JOINING_NEIGHBOURS)))
    tails, heads, lengths = np.repeat(np.arange(n), k), found[:, :k].ravel(), distances[:, :k].ravel()
    parts = 0
    while True:
        links = coo_array((np.ones(len(tails)), (tails, heads)), shape=(n, n))
        count, part = connected_components(links, directed=False)
        parts = parts or count
        if count == 1:
            return NeighbourGraph(tails, heads, lengths, distances[:, k - 1], parts)
        ends, gaps = _nearest_outside(x, part, found, distances)
        order = np.lexsort((gaps, part))
        closest = order[np.unique(part[order], return_index=True)[1]]
        tails, heads = np.concatenate([tails, closest]), np.concatenate([heads, ends[closest]])
        lengths = np.concatenate([lengths, gaps[closest]])


def _nearest_outside(
    x: np.ndarray, part: np.ndarray, found: np.ndarray, distances: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Find the nearest point of another part and its distance, shapes (n,), exactly for the closest point of each part.

    Most are among the neighbours `found` (n, k). All points are searched only for points that could still be closer.
    """
    outside = part[found] != part[:, None]
    first = outside.argmax(axis=1)
    row = np.arange(len(x))
    known = outside[row, first]
    ends, gaps = found[row, first], np.where(known, distances[row, first], np.inf)
    closest = np.full(part.max() + 1, np.inf)
    np.minimum.at(closest, part, gaps)
    search = np.flatnonzero(~known & (distances[:, -1] < closest[part]))
    squares = np.einsum("ij,ij->i", x, x)
    for block in blocks(len(search)):
        rows = search[block]
        candidates = squared_distances(x[rows], x, squares)
        candidates[part[rows, None] == part] = np.inf
        ends[rows] = candidates.argmin(axis=1)
        gaps[rows] = np.linalg.norm(x[rows] - x[ends[rows]], axis=1)
    return ends, gaps
