"""From points to a map: check them, lay them out, rotate the map, measure its quality."""

from __future__ import annotations

import time
from collections.abc import Callable
from numbers import Integral, Real
from typing import Any

import numpy as np

from digitviz.projections.alignment import rotation_onto
from digitviz.projections.embedding import Embedding
from digitviz.projections.layout import Cancelled, Layout, Report
from digitviz.projections.notes import Note
from digitviz.projections.options import QUALITIES
from digitviz.projections.pca import principal_axes
from digitviz.projections.points import check_points, scaled
from digitviz.projections.quality import (
    SAMPLE_ABOVE,
    SAMPLED_ROWS,
    TRUSTWORTHINESS_NEIGHBOURS,
    neighbour_accuracy,
    trustworthiness,
)
from digitviz.projections.registry import Method, method_named
from digitviz.ranges import in_short

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
    """Map high-dimensional points to two or three dimensions.

    The same arguments give the same map, bit for bit, on the same machine.

    Parameters
    ----------
    x : ndarray, shape (n, features)
        3 to 20,000 points of up to 1024 features. Equal points are allowed and stay close.
    method : str
        A name in `METHODS`.
    labels : ndarray of int or str, shape (n,), optional
        The class of each point; used only to measure the quality of the map.
    dimensions : int
        2 or 3.
    seed : int
        Of the random numbers; `Embedding.notes` says when there are none.
    quality : str
        "quick", or "best": more iterations, and the most trustworthy of several maps.
    on_progress : callable, optional
        Called with (iteration, iterations, coordinates) between the iterations of MDS, t-SNE and UMAP. Returning False
        stops it: `Cancelled` is raised and nothing is left running.
    **options
        Override the defaults of the quality; see `METHODS[method].options`.

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
    x = check_points(x, *rules.points)
    labels = _check_labels(labels, len(x))
    _check_choices(dimensions, seed, quality)
    chosen = rules.choose(quality, len(x), options)

    began = time.perf_counter()
    points, _, scale = scaled(x)
    layout, used, layout_seed = _best_layout(rules, points, dimensions, chosen, seed, on_progress)
    made = {"quality": quality, "seed": seed, "options": used, "seconds": time.perf_counter() - began}
    notes = (*layout.notes, *_notes(rules, chosen, len(x)))
    return _judged(rules, layout, points, labels, scale, notes=notes, _x=x, _layout_seed=layout_seed, **made)


def _judged(
    rules: Method, layout: Layout, points: np.ndarray, labels: np.ndarray | None, scale: float, **made: Any
) -> Embedding:
    """Return a map with its measures of quality, in the units of the data if the method keeps them."""
    return Embedding(
        coordinates=layout.coordinates * (scale if rules.keeps_units else 1.0),
        method=rules.name,
        trustworthiness=trustworthiness(points, layout.coordinates),
        neighbour_accuracy=None if labels is None else neighbour_accuracy(layout.coordinates, labels),
        explained_variance=layout.explained_variance,
        stress=layout.stress,
        _places_exactly=rules.places_exactly,
        **made,
    )


def _best_layout(
    rules: Method, points: np.ndarray, dimensions: int, chosen: dict, seed: int, on_progress: OnProgress | None
) -> tuple[Layout, dict, int]:
    """Lay out as often as the options say; return the most trustworthy layout, rotated, its options and its seed."""
    goal = points @ principal_axes(points, dimensions)[0]
    module = rules.load()
    attempts = int(chosen.get("attempts", 1))
    best: tuple[float, Layout, dict, int] | None = None
    for attempt in range(attempts):
        used, layout_seed = dict(chosen), _seed_of(seed, attempt)
        report = _reporter(rules, attempt, attempts, goal, on_progress)
        layout = module.layout(points, dimensions, used, layout_seed, report)
        layout.coordinates = _turned(layout.coordinates, goal)
        score = trustworthiness(points, layout.coordinates) if attempts > 1 else 0.0
        if best is None or score > best[0]:
            best = (score, layout, used, layout_seed)
    assert best is not None
    return best[1:]


def _reporter(rules: Method, attempt: int, attempts: int, goal: np.ndarray, on_progress: OnProgress | None) -> Report:
    """Return what a layout calls between iterations: it numbers those of all attempts in one sequence, and can stop."""

    def report(iteration: int, iterations: int, coordinates: np.ndarray) -> None:
        if on_progress is None:
            return
        turned = _turned(coordinates, goal)
        if on_progress(attempt * iterations + iteration, attempts * iterations, turned) is False:
            raise Cancelled(f"{rules.title} was stopped after {iteration} of {iterations} iterations")

    return report


def _notes(rules: Method, chosen: dict, points: int) -> list[Note]:
    """Say what the seed changes, and how the measures of quality are computed where that is not as usual."""
    notes = [] if chosen.get("start") == "random" else [Note(rules.seed_code)]
    if points > SAMPLE_ABOVE:
        notes.append(Note("estimated", used=SAMPLED_ROWS, points=points))
    if (points - 1) // 2 < TRUSTWORTHINESS_NEIGHBOURS:
        notes.append(Note("few_points", used=max(1, (points - 1) // 2)))
    return notes


def _check_labels(labels: np.ndarray | None, points: int) -> np.ndarray | None:
    if labels is None:
        return None
    try:
        labels = np.asarray(labels)
    except ValueError:
        raise ValueError("labels: not a list of one whole number or word per point") from None
    if labels.shape != (points,) or labels.dtype.kind not in "iubU":
        raise ValueError(f"labels: {labels.dtype} of shape {labels.shape}, not one whole number or word per point")
    # If no two points share a label, no neighbour can have a point's own.
    return labels if len(np.unique(labels)) < points else None


def _check_choices(dimensions: int, seed: int, quality: str) -> None:
    if not isinstance(dimensions, Integral) or dimensions not in (2, 3):
        raise ValueError(f"dimensions: {in_short(dimensions)} is neither 2 nor 3")
    if not isinstance(seed, Real) or not 0 <= seed < 2**32 or seed != int(seed):
        raise ValueError(f"seed: {in_short(seed)} is not a whole number from 0 to 2^32 - 1")
    if not isinstance(quality, str) or quality not in QUALITIES:
        raise ValueError(f"quality: {in_short(quality)} is not one of {', '.join(QUALITIES)}")


def _seed_of(seed: int, attempt: int) -> int:
    """Return the seed of an attempt: the caller's own for the first, others far from it for the rest."""
    return seed if attempt == 0 else int(np.random.SeedSequence([seed, attempt]).generate_state(1)[0])


def _turned(coordinates: np.ndarray, goal: np.ndarray) -> np.ndarray:
    """Centre a map and rotate it as close as possible to the PCA of its data."""
    centred = coordinates - coordinates.mean(axis=0)
    return centred @ rotation_onto(centred, goal)
