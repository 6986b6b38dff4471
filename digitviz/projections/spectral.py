"""Spectral embedding (Laplacian eigenmaps): points lie close together if a random walk mixes quickly between them."""

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
"""Factor by which the number of neighbours grows from one graph to the next; it grows by at least one.

Fewer than ten neighbours would be more trustworthy on scikit-learn's digits (0.946 with 4, 0.939 with 15) but show
little: three clusters lie far apart, and the other seven in one spot.
"""
DENSE_POINTS = 200
"""Maximum number of points for a dense eigendecomposition. Lanczos needs more points than vectors and is not faster."""
TOLERANCE = 1e-8
"""Relative tolerance of the eigenvalues."""
KRYLOV_VECTORS = 40
RESTARTS = 60
"""Maximum number of Lanczos restarts. Clouds of four or more dimensions need a dozen at 20,000 points, 0.2 s. Flatter
clouds and graphs of many distant parts would need thousands, but their matrices are fast to factorize."""
NO_EXTENSION = 0.05
"""Minimum eigenvalue for Nyström's rule. Below it a coordinate is not smooth, and dividing moves points far away."""
AT_THE_EDGE = 1 + 1e-9
"""Factor of a point's squared reach, so that a neighbour exactly at that distance counts."""


class _Walk:
    """A random walk on the neighbour graph, and its slowest modes.

    The walker stays or moves to a neighbour. A one-way link has half the weight of a mutual one. Because each point is
    its own neighbour, `places_of` returns a mapped point to its position.

    Parameters
    ----------
    x : ndarray of float64, shape (n, features)
    neighbours : int
        Number of neighbours per point, excluding itself.
    dimensions : int

    Attributes
    ----------
    modes : ndarray of float64, shape (n, dimensions)
        Right eigenvectors of the transition matrix except the constant one, slowest first. Under the stationary
        distribution, each has mean 0 and mean square 1.
    eigenvalues : ndarray of float64, shape (dimensions,)
        Fraction of each mode that remains after one step; at most 1.
    """

    def __init__(self, x: np.ndarray, neighbours: int, dimensions: int) -> None:
        self.x, self.neighbours = x, neighbours
        self.graph = neighbour_graph(x, neighbours)
        weights = self._weights()
        degrees = np.asarray(weights.sum(axis=1))
        # Symmetric, with the same eigenvalues as the transition matrix.
        roots = np.sqrt(degrees)
        weights.data /= np.repeat(roots, np.diff(weights.indptr)) * roots[weights.indices]
        kept = min(dimensions, len(x))
        self.eigenvalues, self.modes = np.zeros(dimensions), np.zeros((len(x), dimensions))
        self.eigenvalues[:kept], vectors = _largest(weights, roots / np.linalg.norm(roots), kept)
        self.modes[:, :kept] = vectors / roots[:, None] * np.linalg.norm(roots)

    def _weights(self) -> csr_array:
        from scipy.sparse import csr_array, eye_array

        n, tails = len(self.x), self.graph.tails
        # 0.5 per direction, so that a mutual link has weight 1.
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
            # Reach of the new point: as many neighbours as a mapped point has, including itself.
            own = np.partition(distances, self.neighbours, axis=1)[:, self.neighbours, None] * AT_THE_EDGE
            steps = 0.5 * (distances <= own) + 0.5 * (distances <= reach)
            places[rows] = steps @ self.modes / steps.sum(axis=1, keepdims=True)
        return places / np.where(self.eigenvalues > NO_EXTENSION, self.eigenvalues, 1.0)


def _largest(matrix: csr_array, trivial: np.ndarray, count: int) -> tuple[np.ndarray, np.ndarray]:
    """Find the largest eigenvalues of the symmetric matrix, excluding 1, whose eigenvector is `trivial`.

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
        # Shift the trivial eigenvalue to -1, so that its vector cannot mix with one whose eigenvalue is nearly 1.
        others = LinearOperator((n, n), lambda vector: matrix @ vector - 2 * trivial * (trivial @ vector), dtype=float)
        try:
            values, vectors = eigsh(
                others, count, which="LA", ncv=KRYLOV_VECTORS, v0=start, tol=TOLERANCE, maxiter=RESTARTS
            )
        except ArpackNoConvergence:
            values, vectors = eigsh(matrix, count + 1, sigma=1 + 1e-9, v0=start)
            order = np.argsort(np.abs(trivial @ vectors))[:count]  # all except the trivial one
            values, vectors = values[order], vectors[:, order]
    order = np.argsort(-values, kind="stable")[:count]
    return values[order], vectors[:, order]


def layout(x: np.ndarray, dimensions: int, options: dict, seed: int, report: Report) -> Layout:
    """Lay out by the slowest modes of a random walk; see `digitviz.projections.compute.project`.

    If the options ask for several graphs, the one with the most trustworthy map is used.
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
    """Return Nyström's rule: the mean of a point's neighbours, divided by the eigenvalues."""
    walk = _Walk(x, options["neighbours"], coordinates.shape[1])
    return placer_onto(walk.modes, coordinates, walk.places_of)
