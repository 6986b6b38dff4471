"""From points to a map: check, lay out, turn, judge."""

from __future__ import annotations

import time
from collections.abc import Callable
from importlib import import_module
from numbers import Integral, Real
from types import ModuleType
from typing import Any

import numpy as np

from digitviz.arrays import as_numbers
from digitviz.projections.alignment import rotation_onto
from digitviz.projections.embedding import Cancelled, Embedding, Layout
from digitviz.projections.points import usable_numbers
from digitviz.projections.quality import (
    SAMPLE_ABOVE,
    SAMPLED_ROWS,
    TRUST_NEIGHBOURS,
    neighbour_accuracy,
    trustworthiness,
)
from digitviz.projections.registry import METHODS, QUALITIES, Method

MIN_POINTS = 3
MAX_POINTS = 20_000
MAX_FEATURES = 1024

OnProgress = Callable[[int, int, np.ndarray], bool | None]


def project(
    x: np.ndarray,
    method: str,
    labels: np.ndarray | None = None,
    dimensions: int = 2,
    seed: int = 0,
    quality: str = "quick",
    on_progress: OnProgress | None = None,
    **options: Any,
) -> Embedding:
    """Put points of many dimensions in the plane or in space.

    The same arguments give the same map, bit for bit, on the same machine.

    Parameters
    ----------
    x : ndarray, shape (n, features)
        3 to 20,000 points of up to 1024 features. Equal points are allowed and stay close.
    method : str
        A name in `METHODS`.
    labels : ndarray of int or str, shape (n,), optional
        What each point is; only to judge the map by.
    dimensions : int
        2 or 3.
    seed : int
        For what is chosen at random; `Embedding.notes` says when nothing is.
    quality : str
        "quick", or "best": more steps, and the most trustworthy of several maps.
    on_progress : callable, optional
        Called between iterations with (iteration, iterations, coordinates) by MDS, t-SNE and UMAP. Returning False
        stops: `Cancelled` is raised and nothing is left running.
    **options
        In place of the defaults of the quality; see `METHODS[method].options`.

    Returns
    -------
    Embedding

    Raises
    ------
    ValueError
        If an argument is out of range, a value is not finite, or all points are the same.
    Cancelled
        If `on_progress` returned False.
    """
    rules = method_named(method)
    x = check_points(x)
    labels = _check_labels(labels, len(x))
    _check_choices(dimensions, seed, quality)
    chosen = rules.choose(quality, len(x), options)
    notes: list[str] = []

    began = time.perf_counter()
    scaled, _, scale = _scaled(x)
    goal = _axes_of_pca(scaled, dimensions)
    module = _module(method)
    attempts = int(chosen.get("attempts", 1))
    best: tuple[float, int, Layout, dict] | None = None
    for attempt in range(attempts):

        def report(iteration: int, iterations: int, coordinates: np.ndarray, before: int = attempt) -> None:
            if on_progress is None:
                return
            turned = _turned(coordinates, goal)
            if on_progress(before * iterations + iteration, attempts * iterations, turned) is False:
                raise Cancelled(f"{rules.title} was stopped after {iteration} of {iterations} iterations")

        used = dict(chosen)
        layout_seed = _seed_of(seed, attempt)
        layout = module.layout(scaled, dimensions, used, layout_seed, report)
        layout.coordinates = _turned(layout.coordinates, goal)
        trust = trustworthiness(scaled, layout.coordinates) if attempts > 1 else 0.0
        if best is None or trust > best[0]:
            best = (trust, layout_seed, layout, used)
    assert best is not None
    _, layout_seed, layout, used = best
    seconds = time.perf_counter() - began

    notes += layout.notes
    if method == "pca" or chosen.get("start") == "pca":
        notes.append(_WITHOUT_CHANCE[method])
    if len(x) > SAMPLE_ABOVE:
        notes.append(f"Trustworthiness is estimated from {SAMPLED_ROWS} of the {len(x)} points.")
    if (len(x) - 1) // 2 < TRUST_NEIGHBOURS:
        notes.append(f"Trustworthiness looks at {max(1, (len(x) - 1) // 2)} neighbour(s): there are few points.")
    return Embedding(
        coordinates=layout.coordinates * (scale if rules.keeps_units else 1.0),
        method=method,
        quality=quality,
        seed=seed,
        options=used,
        notes=tuple(notes),
        seconds=seconds,
        trustworthiness=trustworthiness(scaled, layout.coordinates),
        neighbour_accuracy=None if labels is None else neighbour_accuracy(layout.coordinates, labels),
        explained_variance=layout.explained_variance,
        stress=layout.stress,
        _x=x,
        _layout_seed=layout_seed,
        _places_exactly=rules.places_exactly,
    )


_WITHOUT_CHANCE = {
    "pca": "Nothing is left to chance: the seed changes nothing.",
    "mds": "The points start at their PCA: the seed changes nothing up to 4,000 points.",
    "tsne": "The points start at their PCA, a tenth off it at random: the seed changes little.",
}


def method_named(name: str) -> Method:
    """Return a method of the registry.

    Raises
    ------
    ValueError
        If there is none of that name.
    """
    if not isinstance(name, str) or name not in METHODS:
        raise ValueError(f"method: {name!r} is not one of {', '.join(METHODS)}")
    return METHODS[name]


def placer_of(
    x: np.ndarray, coordinates: np.ndarray, method: str, options: dict, seed: int
) -> Callable[[np.ndarray], np.ndarray]:
    """Return the rule that places further points in a map of `x`, from what the map was made of."""
    scaled, centre, scale = _scaled(x)
    unit = scale if METHODS[method].keeps_units else 1.0
    place = _module(method).placer(scaled, coordinates / unit, options, seed)
    return lambda new: place((new - centre) / scale) * unit


def check_points(x: np.ndarray) -> np.ndarray:
    """Return `x` as float64 (n, features).

    Raises
    ------
    ValueError
        If no map can be drawn of it; the message says why and what to do.
    """
    x = as_numbers(x, "x")
    if x.ndim != 2 or x.shape[1] < 1:
        raise ValueError(f"x: shape {x.shape} is not (points, features)")
    if not MIN_POINTS <= len(x) <= MAX_POINTS:
        raise ValueError(f"x: {len(x)} points; a map can be drawn of {MIN_POINTS} to {MAX_POINTS}")
    if x.shape[1] > MAX_FEATURES:
        raise ValueError(f"x: {x.shape[1]} features, at most {MAX_FEATURES}: reduce them by PCA first")
    usable_numbers(x, "x")
    if not np.any(x != x[0]):
        raise ValueError(f"x: all {len(x)} points are the same: there is nothing to map, choose other data")
    return x


def _check_labels(labels: np.ndarray | None, points: int) -> np.ndarray | None:
    if labels is None:
        return None
    try:
        labels = np.asarray(labels)
    except ValueError:
        raise ValueError("labels: not a list of one whole number or word a point") from None
    if labels.shape != (points,) or labels.dtype.kind not in "iubU":
        raise ValueError(f"labels: {labels.dtype} of shape {labels.shape}, not one whole number or word a point")
    # Where no two points share a label, no neighbour can have a point's own.
    return labels if len(np.unique(labels)) < points else None


def _check_choices(dimensions: int, seed: int, quality: str) -> None:
    if not isinstance(dimensions, Integral) or dimensions not in (2, 3):
        raise ValueError(f"dimensions: {dimensions!r:.40} is neither 2 nor 3")
    if not isinstance(seed, Real) or not 0 <= seed < 2**32 or seed != int(seed):
        raise ValueError(f"seed: {seed!r:.40} is not a whole number from 0 to 2^32 - 1")
    if not isinstance(quality, str) or quality not in QUALITIES:
        raise ValueError(f"quality: {quality!r} is not one of {', '.join(QUALITIES)}")


def _module(method: str) -> ModuleType:
    # Imported here: the compiler behind all but PCA takes a third of a second to load.
    return import_module(f"digitviz.projections.{method}")


def _seed_of(seed: int, attempt: int) -> int:
    """Return the seed of an attempt: the caller's own for the first, others far from it for the rest."""
    return seed if attempt == 0 else int(np.random.SeedSequence([seed, attempt]).generate_state(1)[0])


def _scaled(x: np.ndarray) -> tuple[np.ndarray, np.ndarray, float]:
    """Centre `x` and bring it to a width of about 1, so that no square over- or underflows: (scaled, centre, scale).

    The scale is a power of two: it costs no digit.
    """
    centre = x.mean(axis=0)
    scaled = x - centre
    scale = float(2.0 ** np.ceil(np.log2(np.abs(scaled).max())))
    return scaled / scale, centre, scale


def _axes_of_pca(scaled: np.ndarray, dimensions: int) -> np.ndarray:
    from digitviz.projections.pca import principal_axes

    return scaled @ principal_axes(scaled, dimensions)[0]


def _turned(coordinates: np.ndarray, goal: np.ndarray) -> np.ndarray:
    """Centre a map and turn it as close as it goes on the PCA of its data."""
    centred = coordinates - coordinates.mean(axis=0)
    return centred @ rotation_onto(centred, goal)


def warm_up() -> None:
    """Load or compile what the methods need, so that the first map does not wait for it.

    For a background thread: under a second from numba's cache on disk, about five the very first time.
    """
    from digitviz.projections.film import film
    from digitviz.projections.smallest import distances_to, smallest

    rng = np.random.default_rng(0)
    x = rng.normal(size=(40, 3))
    for method in METHODS:
        project(x, method, labels=np.arange(40) % 2).place(x[:1])
    film([x, x], "tsne")
    found = np.zeros((1, 1), dtype=np.int32)
    smallest(np.zeros((1, 2), dtype=np.float32), found)  # for many points alone
    distances_to(x, x[:1], found, np.empty((1, 1)))
