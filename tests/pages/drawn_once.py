"""Compute each map once per process, because a map can take seconds and is the same each time."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any

import numpy as np

from digitviz.projections import Embedding, project

Watch = Callable[[int, int, np.ndarray], None]

_DRAWN: dict[tuple[Any, ...], tuple[Embedding, list[tuple[int, int, np.ndarray]]]] = {}


def _key(points: np.ndarray, labels: np.ndarray | None, *others: object) -> tuple[Any, ...]:
    arrays = [None if array is None else np.ascontiguousarray(array) for array in (points, labels)]
    return *((a.shape, a.dtype.str, hashlib.sha256(a).digest()) if a is not None else None for a in arrays), *others


def drawn_once(
    points: np.ndarray, method: str, labels: np.ndarray | None, dimensions: int, seed: int, quality: str, watch: Watch,
    **options: Any,
) -> Embedding:  # fmt: skip
    """Return `project` of these arguments, and report its progress to `watch`. Interrupted maps are not cached.

    Tests in `tests/projections/` check that equal arguments give identical maps.
    """
    key = _key(points, labels, method, dimensions, seed, quality, tuple(sorted(options.items())))
    if key in _DRAWN:
        embedding, moments = _DRAWN[key]
        for iteration, iterations, coordinates in moments:
            watch(iteration, iterations, coordinates)
        return embedding
    moments = []

    def seen(iteration: int, iterations: int, coordinates: np.ndarray) -> None:
        watch(iteration, iterations, coordinates)
        moments.append((iteration, iterations, coordinates.copy()))

    embedding = project(points, method, labels, dimensions, seed, quality, seen, **options)
    _DRAWN[key] = embedding, moments
    return embedding
