"""t-SNE: keeps neighbours together."""

import numba
import numpy as np

from digitviz.projections.kernels import soft_weights
from digitviz.projections.layout import Layout, Note, Placer, Report, reduced
from digitviz.projections.neighbourhood import nearest
from digitviz.projections.pca import start_at

EXACT_POINTS = 5000
"""Maximum points for exact repulsion: 3 ms per step (1797 points: 0.4 ms). Beyond it openTSNE's grid is faster."""
SAMPLE = 4000
"""Points laid out in 3D if there are more than `EXACT_POINTS`, as there is no grid in 3D. The rest is placed later."""
REPORT_EVERY = 10
START_WIDTH = 1e-4
"""Standard deviation of the start along its first axis (D. Kobak, P. Berens, Nature Communications 10, 2019)."""
START_NOISE = 0.1
"""Noise as a fraction of `START_WIDTH`. It separates equal points and makes seeds differ."""
MOMENTUM = (0.5, 0.8)
"""Momentum in the early steps and afterwards (van der Maaten, 2014)."""
LEARNING_RATE = 2.0
"""Learning rate as a multiple of n / exaggeration. On scikit-learn's digits, 250 steps equal 400 of Belkina's (1.0)."""
LONGEST_STEP = 5.0
GRID = {"n_interpolation_points": 3, "min_num_intervals": 30, "ints_in_interval": 2.0}
"""openTSNE's grid, coarser than its default: 8 ms per step instead of 36 at 20,000 points, errors below 1%."""


@numba.njit(cache=True, nogil=True, fastmath=True, error_model="numpy")
def _forces(places, first, ends, affinities, exaggeration, forces):  # type: ignore[no-untyped-def]
    """Fill `forces` (3, n) with a quarter of the gradient of the divergence: all pairs repel, neighbours attract."""
    n = places.shape[1]
    px, py, pz = places[0], places[1], places[2]
    one = np.float32(1)
    whole = 0.0
    for i in range(n):
        x, y, z = px[i], py[i], pz[i]
        fx, fy, fz, total = np.float32(0), np.float32(0), np.float32(0), np.float32(0)
        for j in range(n):
            dx, dy, dz = x - px[j], y - py[j], z - pz[j]
            near = one / (one + dx * dx + dy * dy + dz * dz)
            total += near
            near *= near
            fx += near * dx
            fy += near * dy
            fz += near * dz
        forces[0, i], forces[1, i], forces[2, i] = fx, fy, fz
        whole += total - one
    share = np.float32(1.0 / whole)
    for i in range(n):
        fx, fy, fz = np.float32(0), np.float32(0), np.float32(0)
        for link in range(first[i], first[i + 1]):
            j = ends[link]
            dx, dy, dz = px[i] - px[j], py[i] - py[j], pz[i] - pz[j]
            pull = affinities[link] / (one + dx * dx + dy * dy + dz * dz)
            fx += pull * dx
            fy += pull * dy
            fz += pull * dz
        forces[0, i] = exaggeration * fx - forces[0, i] * share
        forces[1, i] = exaggeration * fy - forces[1, i] * share
        forces[2, i] = exaggeration * fz - forces[2, i] * share


class Optimiser:
    """Gradient descent on the positions, with a velocity and a gain for each coordinate.

    Parameters
    ----------
    x : ndarray of float64, shape (n, features)
    perplexity : float
    start : ndarray, shape (n, dimensions)
    """

    def __init__(self, x: np.ndarray, perplexity: float, start: np.ndarray) -> None:
        from scipy.sparse import csr_array

        n, self.dimensions = start.shape
        k = min(n - 1, max(2, int(3 * perplexity)))
        found, distances = nearest(x, k)
        affinities = np.empty(distances.shape)
        soft_weights(distances**2 - distances[:, :1] ** 2, np.log(perplexity), True, affinities)
        affinities /= affinities.sum(axis=1, keepdims=True)
        one_way = csr_array((affinities.ravel(), found.ravel(), np.arange(0, n * k + 1, k)), shape=(n, n))
        self.attraction = ((one_way + one_way.T) / (2 * n)).tocsr()
        self.affinities = self.attraction.data.astype(np.float32)
        self.places, self.forces, self.velocities = np.zeros((3, 3, n), dtype=np.float32)
        self.places[: self.dimensions] = start.T
        self.gains = np.ones_like(self.places)

    @property
    def coordinates(self) -> np.ndarray:
        """Current coordinates, shape (n, dimensions)."""
        return np.ascontiguousarray(self.places[: self.dimensions].T, dtype=np.float64)

    def step(self, exaggeration: float, momentum: float) -> None:
        """Take one step along the forces, with a gain per coordinate (R. Jacobs, 1988), and centre the map."""
        n = self.places.shape[1]
        if n <= EXACT_POINTS:
            links = (self.attraction.indptr, self.attraction.indices, self.affinities)
            _forces(self.places, *links, np.float32(exaggeration), self.forces)
        else:
            self.forces[: self.dimensions] = self._forces_by_grid(exaggeration).T
        overshot = (self.velocities > 0) == (self.forces > 0)
        self.gains = np.where(overshot, np.maximum(self.gains * 0.8, 0.01), self.gains + 0.2).astype(np.float32)
        self.velocities *= momentum
        self.velocities -= LEARNING_RATE * n / exaggeration * self.gains * self.forces
        lengths = np.linalg.norm(self.velocities, axis=0)
        self.velocities *= LONGEST_STEP / np.maximum(lengths, LONGEST_STEP)
        self.places += self.velocities
        self.places -= self.places.mean(axis=1, keepdims=True)

    def _forces_by_grid(self, exaggeration: float) -> np.ndarray:
        """Return the forces in 2D, shape (n, 2), with the repulsion interpolated on a grid.

        References
        ----------
        G. Linderman et al., Fast interpolation-based t-SNE, Nature Methods 16, 2019; P. Poličar et al., openTSNE,
        Journal of Statistical Software 109, 2024.
        """
        from openTSNE.tsne import kl_divergence_fft

        attraction = self.attraction * exaggeration if exaggeration != 1 else self.attraction
        _, forces = kl_divergence_fft(self.coordinates, attraction, dof=1, fft_params=GRID)
        return forces


def layout(x: np.ndarray, dimensions: int, options: dict, seed: int, report: Report) -> Layout:
    """Lay out by t-SNE; see `digitviz.projections.compute.project`.

    Up to `EXACT_POINTS` points the repulsion is exact, in float32, which is faster than a tree or a grid.
    """
    if dimensions == 3 and len(x) > EXACT_POINTS:
        return _layout_sample(x, options, seed, report)
    notes = reduced(options, "perplexity", max(1.0, (len(x) - 1) / 3), "perplexity_reduced")
    if len(x) > EXACT_POINTS:
        notes.append(Note("grid"))
    start = start_at(x, dimensions, options["start"], seed)
    start /= start[:, 0].std() or 1.0
    start += START_NOISE * np.random.default_rng(seed).normal(size=start.shape)
    optimiser = Optimiser(x, options["perplexity"], start * START_WIDTH)
    early, iterations = options["early_iterations"], options["early_iterations"] + options["iterations"]
    for iteration in range(1, iterations + 1):
        exaggeration, momentum = (options["exaggeration"], MOMENTUM[0]) if iteration <= early else (1.0, MOMENTUM[1])
        optimiser.step(exaggeration, momentum)
        if iteration % REPORT_EVERY == 0 or iteration == iterations:
            report(iteration, iterations, optimiser.coordinates)
    return Layout(optimiser.coordinates, notes)


def _layout_sample(x: np.ndarray, options: dict, seed: int, report: Report) -> Layout:
    """Lay out `SAMPLE` points in 3D, and place every other point at the mean of its three nearest sample points."""
    chosen = np.sort(np.random.default_rng(seed).choice(len(x), SAMPLE, replace=False))

    def between(coordinates: np.ndarray) -> np.ndarray:
        everywhere = coordinates[found].mean(axis=1)
        everywhere[chosen] = coordinates
        return everywhere

    found, _ = nearest(x[chosen], 3, x)
    sample = layout(x[chosen], 3, options, seed, lambda i, of, places: report(i, of, between(places)))
    note = Note("sample_in_space", used=SAMPLE, points=len(x))
    return Layout(between(sample.coordinates), [*sample.notes, note])


def placer(x: np.ndarray, coordinates: np.ndarray, options: dict, seed: int) -> Placer:
    """Return the rule that places a point on its nearest neighbour.

    On scikit-learn's digits, the result is within 0.004 of the map's width of the point's optimized position.
    """
    return lambda new: coordinates[nearest(x, 1, new)[0][:, 0]]
