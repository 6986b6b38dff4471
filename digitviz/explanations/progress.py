"""Progress of computations that take seconds, and the loops that report it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

OnProgress = Callable[[int, int], object]
"""Called with (done, total). An exception it raises stops the computation."""


def ignore_progress(_done: int, _total: int) -> None:
    """Do nothing: the `OnProgress` of callers that do not show progress."""


def in_turn(compute: Callable[[Any], Any], items: Iterable[Any], on_progress: OnProgress = ignore_progress) -> Any:
    """Compute something for one item after another, and return the results as an array; progress counts items."""
    wanted, found = list(items), []
    for done, item in enumerate(wanted):
        on_progress(done, len(wanted))
        found.append(compute(item))
    return np.array(found)


def in_parts(
    compute: Callable[[np.ndarray], np.ndarray],
    rows: np.ndarray,
    at_once: int,
    on_progress: OnProgress = ignore_progress,
) -> np.ndarray:
    """Compute something for `at_once` rows at a time, which bounds the memory; progress counts rows.

    `compute` returns one row for each that it gets; the result is one array of all of them.
    """
    found = []
    for first in range(0, max(len(rows), 1), at_once):
        on_progress(first, len(rows))
        found.append(compute(rows[first : first + at_once]))
    return np.concatenate(found)
