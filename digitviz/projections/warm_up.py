"""Preparing the methods before the first map is asked for."""

from __future__ import annotations

import numpy as np

from digitviz.projections.compute import project
from digitviz.projections.film import film
from digitviz.projections.manifold import grid_stroke
from digitviz.projections.registry import METHODS


def warm_up() -> None:
    """Load or compile what the methods need, so that the first map need not wait for it.

    For a background thread: under a second from numba's cache on disk, about five the very first time.
    """
    from digitviz.projections.smallest import distances_to, smallest

    rng = np.random.default_rng(0)
    x = rng.normal(size=(40, 3))
    for method in METHODS.values():
        project(x, method.name, labels=np.arange(40) % 2).place(x[:1])
        if method.film:
            film([x, x], method.name)
    found = np.zeros((1, 1), dtype=np.int32)
    smallest(np.zeros((1, 2), dtype=np.float32), found)  # for many points alone
    distances_to(x, x[:1], found, np.empty((1, 1)))
    grid_stroke()
