"""Choosing which points of long curves are drawn. All others stay in the history and in the downloads."""

from __future__ import annotations

import numpy as np


def evenly(count: int, most: int, first: int = 0) -> np.ndarray:
    """Choose at most `most` of `count` indices, evenly, from `first` to the last, both included."""
    if first >= count:
        return np.zeros(0, int)
    return np.unique(np.linspace(first, count - 1, min(count - first, most)).round().astype(int))


def denser_at_the_start(count: int, most: int) -> np.ndarray:
    """Choose at most `most` of `count` indices: half of them evenly, half geometrically, where a curve falls fastest.

    The first and the last are included.
    """
    if count <= most:
        return np.arange(count)
    by_factors = np.geomspace(1, count, most - most // 2).round().astype(int) - 1
    return np.union1d(by_factors, evenly(count, most // 2))
