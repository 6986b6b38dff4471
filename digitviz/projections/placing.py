"""The rule that places new points in a map, prepared from what the map was computed from."""

from __future__ import annotations

from typing import Any

import numpy as np

from digitviz.projections.layout import Placer
from digitviz.projections.points import scaled
from digitviz.projections.registry import method_named


def placer_of(x: np.ndarray, coordinates: np.ndarray, method: str, options: dict[str, Any], seed: int) -> Placer:
    """Prepare the rule that places new points in a map.

    Parameters
    ----------
    x : ndarray of float64, shape (n, features)
        The points of the map.
    coordinates : ndarray of float64, shape (n, dimensions)
        Their coordinates.
    method : str
    options : dict
        As they were used.
    seed : int
        Of the layout that was kept.

    Returns
    -------
    callable
        Takes points in the units of `x`, shape (m, features), and returns their coordinates, shape (m, dimensions).
    """
    rules = method_named(method)
    points, centre, scale = scaled(x)
    unit = scale if rules.keeps_units else 1.0
    place = rules.load().placer(points, coordinates / unit, options, seed)
    return lambda new: place((new - centre) / scale) * unit
