"""Spectral embedding (Laplacian eigenmaps): points between which a random walk mixes quickly lie close together."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from digitviz.projections.alignment import placer_onto
from digitviz.projections.layout import Layout, Note, Placer, Report, reduced
from digitviz.projections.neighbourhood import blocks, neighbour_graph, squared_distances
from digitviz.projections.quality import trustworthiness

if TYPE_CHECKING:
    from scipy.sparse import csr_array

MORE_NEIGHBOURS = 1.25
"""Times as many in each further graph, but at least one more.

Fewer than ten would be more trustworthy on scikit-learn's digits (0.946 with 4, 0.939 with 15), but show little: three
clusters fly far apart, and the other seven lie in one spot.
"""
DENSE_POINTS = 200
"""Up to this many points all eigenvectors are computed: Lanczos needs more points than vectors, and is no quicker."""
TOLERANCE = 1e-8
"""Of the eigenvalues, relative."""
KRYLOV_VECTORS = 40
RESTARTS = 60
"""Of Lanczos; clouds of four dimensions and more need a dozen at 20,000 points, 0.2 s. Flatter ones, and many far
parts, would need thousands: their matrices are the ones that are quickly factorized."""
NO_EXTENSION = 0.05
"""Below this eigenvalue a coordinate is not smooth along the graph: dividing by it would carry points far away."""
AT_THE_EDGE = 1 + 1e-9
"""Factor of a point's squared reach, so that a neighbour exactly at it counts as within it."""


class _Walk:
    """A random walk along the graph of neighbours, and its slowest modes.

    A walker at a point stays, or goes to one of its neighbours: its own, and the points that count it among theirs,
    with half the weight each. Because a point counts as its own neighbour, `places_of` puts a point of the map back
    where it is.

    Parameters
    ----------
    x : ndarray of float64, shape (n, features)
    neighbours : int
        Of each point, without itself.
    dimensions : int

    Attributes
    ----------
    modes : ndarray of float64, shape (n, dimensions)
        Right eigenvectors of the walk's matrix but for the constant one, the slowest first, each with a mean of 0 and
        a mean square of 1 where a walker is likely to be.
    eigenvalues : ndarray of float64, shape (dimensions,)
        How much of a mode remains after one step; at most 1.
    """

    def __init__(self, x: np.ndarray, neighbours: int, dimensions: int) -> None:
        self.x, self.neighbours = x, neighbours
        self.graph = neighbour_graph(x, neighbours)
        weights = self._weights()
        degrees = np.asarray(weights.sum(axis=1))
        # Symmetric, with the eigenvalues of the walk's matrix.
        roots = np.sqrt(degrees)
        weights.data /= np.repeat(roots, np.diff(weights.indptr)) * roots[weights.indices]
        kept = min(dimensions, len(x))
        self.eigenvalues, self.modes = np.zeros(dimensions), np.zeros((len(x), dimensions))
        self.eigenvalues[:kept], vectors = _largest(weights, roots / np.linalg.norm(roots), kept)
        self.modes[:, :kept] = vectors / roots[:, None] * np.linalg.norm(roots)

    def _weights(self) -> csr_array:
        from scipy.sparse import csr_array, eye_array

        n, tails = len(self.x), self.graph.tails
        # Half for each direction: a mutual link counts 1.
        one_way = csr_array((np.full(len(tails), 0.5), (tails, self.graph.heads)), shape=(n, n))
        return (one_way + one_way.T + eye_array(n)).tocsr()

    def places_of(self, new: np.ndarray) -> np.ndarray:
        """Extend the modes to new points, shape (m, dimensions).

        References
        ----------
        Y. Bengio et al., Out-of-sample extensions for LLE, Isomap, MDS, eigenmaps, and spectral clustering, NIPS 16,
        2004 (Nyström's formula).
        """
        squares = np.einsum("ij,ij->i", self.x, self.x)
        reach = self.graph.reach**2 * AT_THE_EDGE
        places = np.empty((len(new), self.modes.shape[1]))
        for rows in blocks(len(new)):
            distances = np.maximum(squared_distances(new[rows], self.x, squares), 0)
            # As many as a point of the map has, itself included.
            own = np.partition(distances, self.neighbours, axis=1)[:, self.neighbours, None] * AT_THE_EDGE
            steps = 0.5 * (distances <= own) + 0.5 * (distances <= reach)
            places[rows] = steps @ self.modes / steps.sum(axis=1, keepdims=True)
        return places / np.where(self.eigenvalues > NO_EXTENSION, self.eigenvalues, 1.0)


def _largest(matrix: csr_array, trivial: np.ndarray, count: int) -> tuple[np.ndarray, np.ndarray]:
    """Find the largest eigenvalues of a walk's symmetric matrix except 1, that of its `trivial` eigenvector.

    Returns
    -------
    values : ndarray of float64, shape (count,)
        In descending order.
    vectors : ndarray of float64, shape (n, count)
    """
    from scipy.sparse.linalg import ArpackNoConvergence, LinearOperator, eigsh

    n = len(trivial)
    if n <= DENSE_POINTS:
        values, vectors = np.linalg.eigh(matrix.toarray() - 2 * np.outer(trivial, trivial))
    else:
        start = np.random.default_rng(0).normal(size=n)
        # The trivial eigenvector, now with the eigenvalue -1, cannot mix with one whose eigenvalue is nearly 1.
        others = LinearOperator((n, n), lambda vector: matrix @ vector - 2 * trivial * (trivial @ vector), dtype=float)
        try:
            values, vectors = eigsh(
                others, count, which="LA", ncv=KRYLOV_VECTORS, v0=start, tol=TOLERANCE, maxiter=RESTARTS
            )
        except ArpackNoConvergence:
            values, vectors = eigsh(matrix, count + 1, sigma=1 + 1e-9, v0=start)
            order = np.argsort(np.abs(trivial @ vectors))[:count]  # all but the trivial one
            values, vectors = values[order], vectors[:, order]
    order = np.argsort(-values, kind="stable")[:count]
    return values[order], vectors[:, order]


def layout(x: np.ndarray, dimensions: int, options: dict, seed: int, report: Report) -> Layout:
    """Lay out by the slowest modes of a random walk; see `digitviz.projections.compute.project`.

    Of several graphs, each with more neighbours, it takes the one whose map is most trustworthy.
    """
    notes = reduced(options, "neighbours", len(x) - 1, "neighbours_reduced")
    asked = options["neighbours"]
    counts = [asked]
    while len(counts) < options["graphs"] and counts[-1] < len(x) - 1:
        counts.append(min(len(x) - 1, max(counts[-1] + 1, round(counts[-1] * MORE_NEIGHBOURS))))
    walks = [_Walk(x, neighbours, dimensions) for neighbours in counts]
    walk = walks[0] if len(walks) == 1 else max(walks, key=lambda walk: trustworthiness(x, walk.modes))
    options["neighbours"] = walk.neighbours
    if walk.neighbours > asked:
        notes.append(Note("neighbours_raised", asked=asked, used=walk.neighbours, graphs=options["graphs"]))
    return Layout(walk.modes, notes + walk.graph.notes)


def placer(x: np.ndarray, coordinates: np.ndarray, options: dict, seed: int) -> Placer:
    """Return Nyström's rule: a point lies at the mean of its neighbours, divided by the eigenvalues."""
    walk = _Walk(x, options["neighbours"], coordinates.shape[1])
    return placer_onto(walk.modes, coordinates, walk.places_of)
