"""Multidimensional scaling: distances in the map as close as possible to those in the data."""

from __future__ import annotations

import numba
import numpy as np

from digitviz.projections.layout import Layout, Placer, Report
from digitviz.projections.neighbourhood import BLOCK, squared_distances
from digitviz.projections.notes import Note
from digitviz.projections.pca import start_at

EXACT_POINTS = 4000
"""Points up to which all distances are kept: 64 MB in float32."""
LANDMARKS = 1000
"""Of more points this many are laid out, and the others placed by their distances to them."""
REPORT_EVERY = 5
PLACING_STEPS = 30
"""Steps for a single point from the place of its nearest: further ones move it less than 1e-4 of the map's radius."""
COINCIDE = np.float32(1e-12)
"""Added to squared distances in the map, which is about 1 wide, so that points in one place do not divide by 0."""


@numba.njit(cache=True, nogil=True, fastmath=True, error_model="numpy")
def _majorise(distances, places, moved, relaxed):  # type: ignore[no-untyped-def]
    """Move all points to the minimum of the function that majorises the stress (Guttman transform), or twice as far."""
    n = places.shape[1]
    px, py, pz = places[0], places[1], places[2]
    for i in range(n):
        row = distances[i]
        x, y, z = px[i], py[i], pz[i]
        sx, sy, sz = np.float32(0), np.float32(0), np.float32(0)
        for j in range(n):
            dx, dy, dz = x - px[j], y - py[j], z - pz[j]
            ratio = row[j] / np.sqrt(dx * dx + dy * dy + dz * dz + COINCIDE)
            sx += ratio * dx
            sy += ratio * dy
            sz += ratio * dz
        moved[0, i], moved[1, i], moved[2, i] = sx, sy, sz
    share = np.float32(1.0 / n)
    for axis in range(3):
        for i in range(n):
            place = moved[axis, i] * share
            places[axis, i] = np.float32(2) * place - places[axis, i] if relaxed else place


@numba.njit(cache=True, nogil=True, fastmath=True, error_model="numpy")
def _stress(distances, places):  # type: ignore[no-untyped-def]
    """Sum the squared differences of distances in the map and in the data, and the squares of the latter."""
    n = places.shape[1]
    px, py, pz = places[0], places[1], places[2]
    differences, squares = 0.0, 0.0
    for i in range(n):
        row = distances[i]
        for j in range(n):
            dx, dy, dz = px[i] - px[j], py[i] - py[j], pz[i] - pz[j]
            difference = np.sqrt(dx * dx + dy * dy + dz * dz) - row[j]
            differences += difference * difference
            squares += row[j] * row[j]
    return differences, squares


@numba.njit(cache=True, nogil=True, fastmath=True, error_model="numpy")
def _place(distances, places, found, steps):  # type: ignore[no-untyped-def]
    """Move each of `found` (3, m) to where its `distances` (m, n) to the fixed `places` (3, n) fit best."""
    n = places.shape[1]
    px, py, pz = places[0], places[1], places[2]
    share = np.float32(1.0 / n)
    mx, my, mz = px.mean(), py.mean(), pz.mean()
    for i in range(found.shape[1]):
        row = distances[i]
        for step in range(steps):
            x, y, z = found[0, i], found[1, i], found[2, i]
            sx, sy, sz = np.float32(0), np.float32(0), np.float32(0)
            for j in range(n):
                dx, dy, dz = x - px[j], y - py[j], z - pz[j]
                ratio = row[j] / np.sqrt(dx * dx + dy * dy + dz * dz + COINCIDE)
                sx += ratio * dx
                sy += ratio * dy
                sz += ratio * dz
            far = np.float32(2 if step < steps - 1 else 1)
            found[0, i] += far * (mx + sx * share - x)
            found[1, i] += far * (my + sy * share - y)
            found[2, i] += far * (mz + sz * share - z)


def _distances(rows: np.ndarray, x: np.ndarray) -> np.ndarray:
    """Return the distances of `rows` to all `x` in float32, from products in float64."""
    squares = np.einsum("ij,ij->i", x, x)
    result = np.empty((len(rows), len(x)), dtype=np.float32)
    for start in range(0, len(rows), BLOCK):
        block = squared_distances(rows[start : start + BLOCK], x, squares)
        result[start : start + BLOCK] = np.sqrt(np.maximum(block, 0))
    return result


def _columns(coordinates: np.ndarray) -> np.ndarray:
    """Return the axes as three rows of float32; of a flat map the third is all zeros."""
    columns = np.zeros((3, len(coordinates)), dtype=np.float32)
    columns[: coordinates.shape[1]] = coordinates.T
    return columns


def layout(x: np.ndarray, dimensions: int, options: dict, seed: int, report: Report) -> Layout:
    """Lay out by relaxed SMACOF: each step but the last goes twice as far as the minimum of the majorising function.

    See `digitviz.projections.compute.project`. More than `EXACT_POINTS` points: `LANDMARKS` of them are laid out,
    the others placed by their distances to these.

    References
    ----------
    J. de Leeuw, W. Heiser, Multidimensional scaling with restrictions on the configuration, 1980 (relaxation).
    """
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
    moved = np.empty_like(places)
    iterations = options["iterations"]
    for iteration in range(1, iterations + 1):
        _majorise(distances, places, moved, iteration < iterations)
        if iteration % REPORT_EVERY == 0 and iteration < iterations:
            report(iteration, iterations, places[:dimensions].T if len(chosen) == len(x) else start)
    differences, squares = _stress(distances, places)
    coordinates = places[:dimensions].T.astype(np.float64)
    if len(chosen) < len(x):
        coordinates = _fit(x[chosen], coordinates)(x)
    report(iterations, iterations, coordinates)
    return Layout(coordinates, notes, stress=float(np.sqrt(differences / squares)))


def _fit(x: np.ndarray, coordinates: np.ndarray) -> Placer:
    """Return the rule that puts points where their distances to all `x` fit best."""
    places = _columns(coordinates)

    def place(new: np.ndarray) -> np.ndarray:
        found = np.empty((3, len(new)), dtype=np.float32)
        for start in range(0, len(new), LANDMARKS):
            rows = slice(start, start + LANDMARKS)
            distances = _distances(new[rows], x)
            part = np.ascontiguousarray(places[:, distances.argmin(axis=1)])
            _place(distances, places, part, PLACING_STEPS)
            found[:, rows] = part
        return found[: coordinates.shape[1]].T.astype(np.float64)

    return place


def placer(x: np.ndarray, coordinates: np.ndarray, options: dict, seed: int) -> Placer:
    """Return the rule that puts new points where their distances to all others fit best."""
    return _fit(x, coordinates)
