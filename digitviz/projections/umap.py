"""UMAP: a neighbour graph and its layout.

The algorithm is that of umap-learn, with exact neighbours and our own kernel, because umap-learn compiles for nine
seconds in every process. Benchmarks compare with umap-learn, which also draws the map if numba cannot compile
our kernel.
"""

import logging
import warnings
from typing import Any

import numba
import numpy as np
from numba.core.errors import NumbaError

from digitviz.projections.kernels import soft_weights
from digitviz.projections.layout import Layout, Note, Placer, Report, reduced
from digitviz.projections.neighbourhood import nearest
from digitviz.projections.pca import start_at

log = logging.getLogger(__name__)

REPORT_EVERY = 5
START_WIDTH = 10.0
START_NOISE = 1e-4
PLACING_EPOCHS = 60
PLACING_RATE = 0.25
"""Initial learning rate for new points, as in umap-learn."""
SPREAD = 1.0

Links = tuple[np.ndarray, np.ndarray, np.ndarray]
"""Tails and heads of the links (ndarrays of int32), and their weights (ndarray of float64)."""


@numba.njit(cache=True, nogil=True, fastmath=True, error_model="numpy")
def _run_epoch(  # type: ignore[no-untyped-def]
    places, anchors, tails, heads, every, next_pull, next_push, negatives, a, b, rate, epoch, both_move, state
):
    """Pull the links that are due, repel negative samples after each pull, and return the generator's state.

    `places` (n, dimensions) move. `anchors` are the points at the other ends: the same array if a map is laid out
    (`both_move`), fixed points if new points are placed.
    """
    dimensions, points = places.shape[1], np.uint64(anchors.shape[0])
    one, two, furthest = np.float32(1), np.float32(2), np.float32(4)
    for link in range(tails.shape[0]):
        if next_pull[link] > epoch:
            continue
        i, j = tails[link], heads[link]
        squared = np.float32(0)
        for axis in range(dimensions):
            gap = places[i, axis] - anchors[j, axis]
            squared += gap * gap
        if squared > 0:
            power = np.exp(b * np.log(squared))
            pull = -two * a * b * power / (squared * (a * power + one))
            for axis in range(dimensions):
                move = min(max(pull * (places[i, axis] - anchors[j, axis]), -furthest), furthest) * rate
                places[i, axis] += move
                if both_move:
                    anchors[j, axis] -= move
        next_pull[link] += every[link]
        pushes = int((epoch - next_push[link]) * negatives / every[link])
        for _ in range(pushes):
            # Marsaglia's xorshift (2003). A single generator makes the map reproducible bit for bit.
            state ^= state << np.uint64(13)
            state ^= state >> np.uint64(7)
            state ^= state << np.uint64(17)
            j = np.int64(((state >> np.uint64(32)) * points) >> np.uint64(32))  # from the upper 32 bits
            if both_move and j == i:
                continue
            squared = np.float32(0)
            for axis in range(dimensions):
                gap = places[i, axis] - anchors[j, axis]
                squared += gap * gap
            if squared > 0:
                power = np.exp(b * np.log(squared))
                push = two * b / ((np.float32(0.001) + squared) * (a * power + one))
                for axis in range(dimensions):
                    move = min(max(push * (places[i, axis] - anchors[j, axis]), -furthest), furthest) * rate
                    places[i, axis] += move
        next_push[link] += pushes * every[link] / negatives
    return state


def _curve(min_dist: float) -> tuple[np.float32, np.float32]:
    """Fit a and b of the similarity 1 / (1 + a d^2b) to 1 within `min_dist` and exponential decay beyond."""
    from scipy.optimize import curve_fit

    distance = np.linspace(0, 3 * SPREAD, 300)
    wanted = np.where(distance < min_dist, 1.0, np.exp(-(distance - min_dist) / SPREAD))
    (a, b), _ = curve_fit(lambda d, a, b: 1 / (1 + a * d ** (2 * b)), distance, wanted)
    return np.float32(a), np.float32(b)


def _weights(distances: np.ndarray, k: int) -> np.ndarray:
    """Return the weight of each link, 1 for the nearest. The weights of a point add up to log2(k).

    If there are fewer than `k` distances, the point itself counts as a neighbour with weight 1, as in umap-learn.
    """
    itself = k - distances.shape[1]
    distances = np.pad(distances, ((0, 0), (itself, 0)))
    nearest_other = np.where(distances > 0, distances, np.inf).min(axis=1, keepdims=True)
    weights = np.empty_like(distances)
    soft_weights(np.maximum(distances - nearest_other, 0), np.log2(k), False, weights)
    return weights[:, itself:]


def _links(x: np.ndarray, k: int) -> Links:
    """Link every point to its `k` nearest points, including itself. Links are symmetric."""
    from scipy.sparse import csr_array

    n = len(x)
    found, distances = nearest(x, k - 1)
    weights = _weights(distances, k)
    one_way = csr_array((weights.ravel(), found.ravel(), np.arange(0, n * (k - 1) + 1, k - 1)), shape=(n, n))
    # Two points are linked if either links to the other (probabilistic t-conorm).
    union = (one_way + one_way.T - one_way * one_way.T).tocoo()
    return union.row.astype(np.int32), union.col.astype(np.int32), union.data


def _tie(
    places: np.ndarray,
    anchors: np.ndarray,
    links: Links,
    options: dict,
    seed: int,
    schedule: tuple[int, float],
    report: Report | None = None,
) -> None:
    """Move `places` along their links to `anchors`, both ndarrays of float32, shape (n, dimensions).

    They are the same array if a map is laid out. `schedule` is the number of epochs and the initial learning rate,
    which falls to 0.
    """
    epochs, rate = schedule
    tails, heads, weights = links
    often = weights >= weights.max() / epochs  # the others would never pull
    every = weights.max() / weights[often]
    due = every.copy(), every / options["negatives"]
    pulling = places, anchors, tails[often], heads[often]
    tied = *pulling, every, *due, options["negatives"], *_curve(options["min_dist"])
    state = np.random.SeedSequence(seed).generate_state(1, np.uint64)[0] | np.uint64(1)
    for epoch in range(epochs):
        now = np.float32(rate * (1 - epoch / epochs))
        state = np.uint64(_run_epoch(*tied, now, epoch, places is anchors, state))
        if report and ((epoch + 1) % REPORT_EVERY == 0 or epoch + 1 == epochs):
            report(epoch + 1, epochs, places)


def _why_no_kernel() -> str:
    """Return the reason why this version of numba cannot compile our kernel; empty if it can."""
    places = np.zeros((2, 2), np.float32)
    link = (np.zeros(1, np.int32), np.zeros(1, np.int32), np.ones(1))
    try:
        _tie(places, places, link, {"negatives": 1, "min_dist": 0.1}, 0, (1, 1.0))
    except NumbaError as error:
        return f"numba cannot compile UMAP's kernel: {type(error).__name__}"
    return ""


def _umap_learn(points: int, start: np.ndarray, options: dict, epochs: int, seed: int) -> Any:
    """Return umap-learn's reducer (L. McInnes, J. Healy, N. Saul, L. Großberger, JOSS 3, 2018)."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ImportWarning)  # TensorFlow is missing, but only other features need it
        from umap import UMAP

    return UMAP(
        n_neighbors=min(options["neighbours"], points - 1),
        n_components=start.shape[1],
        min_dist=options["min_dist"],
        n_epochs=epochs,
        negative_sample_rate=options["negatives"],
        init=start.astype(np.float32),
        random_state=seed,
        n_jobs=1,
    )


def layout(x: np.ndarray, dimensions: int, options: dict, seed: int, report: Report) -> Layout:
    """Lay out UMAP's graph from the PCA of the points; see `digitviz.projections.compute.project`."""
    notes = reduced(options, "neighbours", len(x), "neighbours_all")
    start = start_at(x, dimensions, "pca", seed)
    start *= START_WIDTH / np.ptp(start[:, 0])
    start += START_NOISE * np.random.default_rng(seed).normal(size=start.shape)
    if why := _why_no_kernel():
        log.warning("umap-learn draws this map, which is slower than our kernel: %s", why)
        places = _umap_learn(len(x), start, options, options["epochs"], seed).fit_transform(x)
        report(options["epochs"], options["epochs"], places)
        return Layout(places.astype(np.float64), [*notes, Note("by_umap_learn")])
    places = start.astype(np.float32)
    _tie(places, places, _links(x, options["neighbours"]), options, seed, (options["epochs"], 1.0), report)
    return Layout(places.astype(np.float64), notes)


def placer(x: np.ndarray, coordinates: np.ndarray, options: dict, seed: int) -> Placer:
    """Return UMAP's rule: a point starts at the mean of its neighbours; links attract it, negative samples repel it."""
    if _why_no_kernel():
        # Fit for 0 epochs to build the graph, then insert our map.
        reducer = _umap_learn(len(x), coordinates, options, 0, seed).fit(x)
        reducer.embedding_ = coordinates.astype(np.float32)
        reducer.n_epochs = options["epochs"]
        return lambda new: reducer.transform(new).astype(np.float64)
    k = min(options["neighbours"], len(x))
    anchors = coordinates.astype(np.float32)

    def place(new: np.ndarray) -> np.ndarray:
        found, distances = nearest(x, k, new)
        weights = _weights(distances, k)
        averaging = weights / weights.sum(axis=1, keepdims=True)
        places = np.einsum("ij,ijk->ik", averaging, coordinates[found]).astype(np.float32)
        links = (np.repeat(np.arange(len(new), dtype=np.int32), k), found.ravel(), weights.ravel())
        _tie(places, anchors, links, options, seed, (PLACING_EPOCHS, PLACING_RATE))
        return places.astype(np.float64)

    return place
