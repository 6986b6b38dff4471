"""Progress callbacks for slow computations, and the loops that call them."""

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

OnProgress = Callable[[int, int], object]
"""Called with (done, total). An exception it raises stops the computation."""


def ignore_progress(_done: int, _total: int) -> None:
    """Do nothing: an `OnProgress` for callers that do not show progress."""


def in_turn(compute: Callable[[Any], Any], items: Iterable[Any], on_progress: OnProgress = ignore_progress) -> Any:
    """Call `compute` for each item, and return the results as an array. Progress counts items."""
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
    """Call `compute` for `at_once` rows at a time, to limit the memory. Progress counts rows.

    `compute` returns one row for each row it gets. The result is one array with all of them.
    """
    found = []
    for first in range(0, max(len(rows), 1), at_once):
        on_progress(first, len(rows))
        found.append(compute(rows[first : first + at_once]))
    return np.concatenate(found)
