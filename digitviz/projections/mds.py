"""Multidimensional scaling: map distances match data distances as closely as possible."""

import numba
import numpy as np

from digitviz.projections.layout import Layout, Note, Placer, Report
from digitviz.projections.neighbourhood import blocks, squared_distances
from digitviz.projections.pca import start_at

EXACT_POINTS = 4000
"""Maximum number of points whose distances are all kept in memory: 64 MB in float32."""
LANDMARKS = 1000
"""Points laid out if there are more than `EXACT_POINTS`. The others are placed by their distances to these."""
REPORT_EVERY = 5
PLACING_STEPS = 30
"""Steps from the nearest point to the final position. More steps move a point less than 1e-4 of the map's radius."""
COINCIDE = np.float32(1e-12)
"""Added to squared distances in the map (about 1 wide), so that coinciding points do not divide by 0."""


@numba.njit(cache=True, nogil=True, fastmath=True, error_model="numpy")
def _majorise(distances, anchors, places, moved):  # type: ignore[no-untyped-def]
    """Fill `moved` (3, m) with the Guttman transform of `places`, the minimum of a function that majorizes the stress.

    `distances` (m, n) are the target distances to `anchors` (3, n): `places` itself, or fixed points.
    """
    n = anchors.shape[1]
    px, py, pz = anchors[0], anchors[1], anchors[2]
    mx, my, mz = px.mean(), py.mean(), pz.mean()
    share = np.float32(1.0 / n)
    for i in range(places.shape[1]):
        row = distances[i]
        x, y, z = places[0, i], places[1, i], places[2, i]
        sx, sy, sz = np.float32(0), np.float32(0), np.float32(0)
        for j in range(n):
            dx, dy, dz = x - px[j], y - py[j], z - pz[j]
            ratio = row[j] / np.sqrt(dx * dx + dy * dy + dz * dz + COINCIDE)
            sx += ratio * dx
            sy += ratio * dy
            sz += ratio * dz
        moved[0, i], moved[1, i], moved[2, i] = mx + sx * share, my + sy * share, mz + sz * share


def _move(distances: np.ndarray, anchors: np.ndarray, places: np.ndarray, relaxed: bool) -> None:
    """Move `places` to the Guttman transform, or twice as far if `relaxed`."""
    moved = np.empty_like(places)
    _majorise(distances, anchors, places, moved)
    places[:] = 2 * moved - places if relaxed else moved


def _distances(rows: np.ndarray, x: np.ndarray) -> np.ndarray:
    """Return the distances of `rows` to all `x` as float32, computed in float64."""
    squares = np.einsum("ij,ij->i", x, x)
    result = np.empty((len(rows), len(x)), dtype=np.float32)
    for block in blocks(len(rows)):
        result[block] = np.sqrt(np.maximum(squared_distances(rows[block], x, squares), 0))
    return result


def _columns(coordinates: np.ndarray) -> np.ndarray:
    """Return the axes as three rows of float32. The third is all zeros for a map in the plane."""
    columns = np.zeros((3, len(coordinates)), dtype=np.float32)
    columns[: coordinates.shape[1]] = coordinates.T
    return columns


def layout(x: np.ndarray, dimensions: int, options: dict, seed: int, report: Report) -> Layout:
    """Lay out by relaxed SMACOF: each step except the last goes twice as far as the Guttman transform.

    See `digitviz.projections.compute.project`. If there are more than `EXACT_POINTS` points, `LANDMARKS` of them are
    laid out and the others are placed by their distances to these.

    References
    ----------
    J. de Leeuw, W. Heiser, Multidimensional scaling with restrictions on the configuration, 1980 (relaxation).
    """
    from scipy.spatial.distance import cdist

    notes = []
    chosen = np.arange(len(x))
    if len(x) > EXACT_POINTS:
        chosen = np.sort(np.random.default_rng(seed).choice(len(x), LANDMARKS, replace=False))
        notes.append(Note("landmarks_laid_out", used=LANDMARKS, points=len(x)))
    start = start_at(x, dimensions, options["start"], seed)
    if options["start"] == "random":
        start *= np.sqrt(np.mean(x**2))
    places = _columns(start[chosen])
    distances = _distances(x[chosen], x[chosen])
    np.fill_diagonal(distances, 0)
    iterations = options["iterations"]
    for iteration in range(1, iterations + 1):
        _move(distances, places, places, relaxed=iteration < iterations)
        if iteration % REPORT_EVERY == 0 and iteration < iterations:
            report(iteration, iterations, places[:dimensions].T if len(chosen) == len(x) else start)
    coordinates = places[:dimensions].T.astype(np.float64)
    differences = sum(
        np.sum((cdist(coordinates[rows], coordinates) - distances[rows]) ** 2) for rows in blocks(len(chosen))
    )
    stress = float(np.sqrt(differences) / (np.linalg.norm(distances) or 1.0))  # 0 if all landmarks are equal
    if len(chosen) < len(x):
        coordinates = placer(x[chosen], coordinates, options, seed)(x)
    report(iterations, iterations, coordinates)
    return Layout(coordinates, notes, stress=stress)


def placer(x: np.ndarray, coordinates: np.ndarray, options: dict, seed: int) -> Placer:
    """Return the rule that places new points where their distances to all others fit best."""
    anchors = _columns(coordinates)

    def place_some(new: np.ndarray) -> np.ndarray:
        distances = _distances(new, x)
        places = np.ascontiguousarray(anchors[:, distances.argmin(axis=1)])
        for step in range(1, PLACING_STEPS + 1):
            _move(distances, anchors, places, relaxed=step < PLACING_STEPS)
        return places[: coordinates.shape[1]].T.astype(np.float64)

    return lambda new: np.concatenate([place_some(new[rows]) for rows in blocks(len(new))])
