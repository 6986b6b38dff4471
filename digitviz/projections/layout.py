"""What every method's module offers: a layout of points, and a rule that places new ones."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from digitviz.projections.notes import Note


class Cancelled(Exception):
    """The layout was stopped by its `on_progress`."""


Report = Callable[[int, int, np.ndarray], None]
"""Called with (iteration, iterations, coordinates) between iterations; raises `Cancelled` to stop."""

Placer = Callable[[np.ndarray], np.ndarray]
"""Takes points, shape (m, features), and returns their places, shape (m, dimensions)."""


@dataclass(eq=False)
class Layout:
    """What a method returns, before its map is rotated and its quality measured.

    Parameters
    ----------
    coordinates : ndarray of float64, shape (n, dimensions)
    notes : list of Note
    explained_variance, stress
        As in `digitviz.projections.Embedding`.
    """

    coordinates: np.ndarray
    notes: list[Note]
    explained_variance: tuple[float, ...] | None = None
    stress: float | None = None


class MethodModule(Protocol):
    """The module of a method, as `digitviz.projections.registry` loads it."""

    def layout(self, x: np.ndarray, dimensions: int, options: dict[str, Any], seed: int, report: Report) -> Layout:
        """Lay points out.

        Parameters
        ----------
        x : ndarray of float64, shape (n, features)
            Centred at 0 and about 1 wide.
        dimensions : int
            2 or 3.
        options : dict
            All of the method's options; those that the points do not allow are reduced here, with a note that says so.
        seed : int
        report : Report
            To be called between iterations, if there are any; what it raises ends the layout.
        """

    def placer(self, x: np.ndarray, coordinates: np.ndarray, options: dict[str, Any], seed: int) -> Placer:
        """Prepare the rule that places new points in the map `coordinates` of `x`.

        Parameters
        ----------
        x : ndarray of float64, shape (n, features)
        coordinates : ndarray of float64, shape (n, dimensions)
            Centred and rotated; in the units of `x` if the method keeps them.
        options : dict
            As `layout` left them.
        seed : int
            Of the layout.
        """
