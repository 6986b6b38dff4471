"""UMAP: a graph of neighbours and its layout.

Both are those of umap-learn, but on exact neighbours and with our own kernel. umap-learn, which compiles for eight
seconds in every process, is the reference of tests and benchmarks, and the fallback where numba cannot compile our
kernel.
"""

from __future__ import annotations

import logging

import numpy as np

from digitviz.projections import umap_learn
from digitviz.projections.layout import Layout, Placer, Report
from digitviz.projections.neighbourhood import nearest
from digitviz.projections.notes import Note
from digitviz.projections.pca import start_at

log = logging.getLogger(__name__)

REPORT_EVERY = 5
START_WIDTH = 10.0
START_NOISE = 1e-4
PLACING_EPOCHS = 60
PLACING_RATE = 0.25
"""umap-learn's: a new point moves in steps a quarter as long."""
SPREAD = 1.0


def _why_no_kernel() -> str:
    """Say why our kernel is not available; empty if it is.

    That is for a numba that cannot compile it, as another version may not. umap-learn needs numba, too: if numba is
    missing, or finds no folder for its cache, its own error follows.
    """
    try:
        from digitviz.projections.umap_kernel import compile_all

        compile_all()
    except (ImportError, RuntimeError) as error:
        return str(error)
    return ""


def _curve(min_dist: float) -> tuple[np.float32, np.float32]:
    """Fit a, b of the similarity 1 / (1 + a d^2b) of drawn points to 1 within `min_dist` and exp(-...) beyond."""
    from scipy.optimize import curve_fit

    distance = np.linspace(0, 3 * SPREAD, 300)
    wanted = np.where(distance < min_dist, 1.0, np.exp(-(distance - min_dist) / SPREAD))
    (a, b), _ = curve_fit(lambda d, a, b: 1 / (1 + a * d ** (2 * b)), distance, wanted)
    return np.float32(a), np.float32(b)


def _links(x: np.ndarray, k: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Link every point to its `k` nearest, itself included: (tails, heads, weights), each link both ways."""
    from scipy.sparse import csr_array

    n = len(x)
    found, distances = nearest(x, k - 1)
    weights = _weights(distances, k)
    one_way = csr_array((weights.ravel(), found.ravel(), np.arange(0, n * (k - 1) + 1, k - 1)), shape=(n, n))
    # Linked if either says so (probabilistic t-conorm).
    union = (one_way + one_way.T - one_way * one_way.T).tocoo()
    return union.row.astype(np.int32), union.col.astype(np.int32), union.data


def _weights(distances: np.ndarray, k: int) -> np.ndarray:
    # The point itself, at distance 0, counts as a neighbour of weight 1, as in umap-learn.
    from digitviz.projections.umap_kernel import memberships

    with_itself = np.concatenate([np.zeros((len(distances), 1)), distances], axis=1)
    weights = np.empty_like(with_itself)
    memberships(with_itself, np.log2(k), weights)
    return np.ascontiguousarray(weights[:, 1:])


class _Net:
    """Places tied by links, moved one epoch at a time.

    Parameters
    ----------
    places, anchors : ndarray of float32, shape (n, dimensions)
        The same array when a map is laid out.
    links : (tails, heads, weights)
    options : dict
    epochs : int
    rate : float
        Of the first epoch; falls to 0.
    seed : int
    """

    def __init__(
        self,
        places: np.ndarray,
        anchors: np.ndarray,
        links: tuple[np.ndarray, np.ndarray, np.ndarray],
        options: dict,
        epochs: int,
        rate: float,
        seed: int,
    ) -> None:
        tails, heads, weights = links
        often = weights >= weights.max() / epochs  # The others would not pull once.
        self.tails, self.heads = np.ascontiguousarray(tails[often]), np.ascontiguousarray(heads[often])
        self.every = weights.max() / weights[often]
        self.next_pull, self.next_push = self.every.copy(), self.every / options["negatives"]
        self.places, self.anchors = places, anchors
        self.a, self.b = _curve(options["min_dist"])
        self.negatives, self.epochs, self.rate = options["negatives"], epochs, rate
        self.state = np.random.SeedSequence(seed).generate_state(1, np.uint64)[0] | np.uint64(1)

    def run(self, epoch: int) -> None:
        """Run epoch number `epoch`, from 0."""
        from digitviz.projections.umap_kernel import epoch_of

        self.state = np.uint64(
            epoch_of(
                self.places,
                self.anchors,
                self.tails,
                self.heads,
                self.every,
                self.next_pull,
                self.next_push,
                self.negatives,
                self.a,
                self.b,
                np.float32(self.rate * (1 - epoch / self.epochs)),
                epoch,
                self.places is self.anchors,
                self.state,
            )
        )


def layout(x: np.ndarray, dimensions: int, options: dict, seed: int, report: Report) -> Layout:
    """Lay out UMAP's graph from the PCA of the points; see `digitviz.projections.compute.project`."""
    notes = []
    if options["neighbours"] > len(x):
        notes.append(Note("neighbours_all", asked=options["neighbours"], used=len(x)))
        options["neighbours"] = len(x)
    start = start_at(x, dimensions, "pca", seed)
    start *= START_WIDTH / np.ptp(start[:, 0])
    start += START_NOISE * np.random.default_rng(seed).normal(size=start.shape)
    if why := _why_no_kernel():
        log.warning("umap-learn draws this map, more slowly than our kernel: %s", why)
        places = umap_learn.places(x, start, options, seed)
        report(options["epochs"], options["epochs"], places)
        return Layout(places, [*notes, Note("by_umap_learn")])
    places = start.astype(np.float32)
    net = _Net(places, places, _links(x, options["neighbours"]), options, options["epochs"], 1.0, seed)
    for epoch in range(net.epochs):
        net.run(epoch)
        if (epoch + 1) % REPORT_EVERY == 0 or epoch + 1 == net.epochs:
            report(epoch + 1, net.epochs, places)
    return Layout(places.astype(np.float64), notes)


def placer(x: np.ndarray, coordinates: np.ndarray, options: dict, seed: int) -> Placer:
    """Return UMAP's own rule: a point starts between its neighbours; its links pull and negative samples push."""
    if _why_no_kernel():
        return umap_learn.placer(x, coordinates, options, seed)
    from digitviz.projections.umap_kernel import memberships

    k = min(options["neighbours"], len(x))
    anchors = coordinates.astype(np.float32)

    def place(new: np.ndarray) -> np.ndarray:
        found, distances = nearest(x, k, new)
        weights = np.empty_like(distances)
        memberships(distances, np.log2(k), weights)
        averaging = weights / weights.sum(axis=1, keepdims=True)
        places = np.einsum("ij,ijk->ik", averaging, coordinates[found]).astype(np.float32)
        tails = np.repeat(np.arange(len(new), dtype=np.int32), k)
        links = (tails, found.ravel(), weights.ravel())
        net = _Net(places, anchors, links, options, PLACING_EPOCHS, PLACING_RATE, seed)
        for epoch in range(net.epochs):
            net.run(epoch)
        return places.astype(np.float64)

    return place
