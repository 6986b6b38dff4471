"""A map of points: their coordinates, how they were computed, and how trustworthy they are."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from digitviz.arrays import as_numbers
from digitviz.projections.layout import Placer
from digitviz.projections.notes import Note
from digitviz.projections.placing import placer_of
from digitviz.projections.points import usable_numbers

MAX_PLACED = 2000
"""Points that `Embedding.place` takes at once, at most."""


@dataclass(frozen=True, eq=False)
class Placement:
    """Where new points belong in a map.

    Parameters
    ----------
    coordinates : ndarray of float64, shape (n, dimensions)
    approximate : bool
        True if the method has no rule of its own, so that the place comes from neighbours or distances.
    """

    coordinates: np.ndarray
    approximate: bool


@dataclass(frozen=True, eq=False)
class Embedding:
    """A map of points.

    Parameters
    ----------
    coordinates : ndarray of float64, shape (n, dimensions)
        Centred at 0 and rotated to lie as close as possible to the PCA of the same data; PCA's own axes point so that
        the largest loading is positive.
    method : str
    quality : str
        "quick" or "best".
    seed : int
    options : dict
        As they were used, with the changes that `notes` mentions.
    notes : tuple of Note
        What was reduced, joined or approximated, one sentence each: English texts, whose `said` is in the language
        that is spoken.
    seconds : float
        Wall-clock time of the layout, without the measures of quality.
    trustworthiness : float
        To what extent neighbours in the map are neighbours in the data, 0 to 1 (`quality.trustworthiness`).
    neighbour_accuracy : float or None
        Fraction of points whose label is the most common among their nearest neighbours in the map; None without
        labels.
    explained_variance : tuple of float or None
        PCA: the fraction of the variance along each axis, 0 to 1.
    stress : float or None
        MDS: Kruskal's stress-1, sqrt(sum (map distance - distance)^2 / sum distance^2), over all pairs.
    cached : bool
        Whether it had been kept from before.
    """

    coordinates: np.ndarray
    method: str
    quality: str
    seed: int
    options: dict[str, int | float | str]
    notes: tuple[Note, ...]
    seconds: float
    trustworthiness: float
    neighbour_accuracy: float | None
    explained_variance: tuple[float, ...] | None
    stress: float | None
    _x: np.ndarray = field(repr=False)
    _layout_seed: int = field(repr=False)
    _places_exactly: bool = field(repr=False)
    cached: bool = False

    @property
    def nbytes(self) -> int:
        """Memory of its coordinates and of the points it was made of, in bytes."""
        return self.coordinates.nbytes + self._x.nbytes

    @cached_property
    def _placer(self) -> Placer:
        return placer_of(self._x, self.coordinates, self.method, self.options, self._layout_seed)

    def place(self, new: np.ndarray) -> Placement:
        """Find where new points belong in the map.

        Most methods have a rule of their own. MDS puts a point where its distances to all others fit best, t-SNE on its
        nearest neighbour: both are marked approximate. The first call prepares the rule, even if the map had
        been kept.

        Parameters
        ----------
        new : ndarray, shape (n, features) or (features,)

        Returns
        -------
        Placement

        Raises
        ------
        ValueError
            If the features do not fit, a value is not finite, or there are more than `MAX_PLACED` points.
        """
        points = np.atleast_2d(as_numbers(new, "new"))
        if points.ndim != 2 or points.shape[1] != self._x.shape[1]:
            raise ValueError(f"new: shape {points.shape} is not (n, {self._x.shape[1]}), as the data of this map needs")
        if len(points) > MAX_PLACED:
            raise ValueError(f"new: {len(points)} points are too many to place at once, at most {MAX_PLACED}")
        usable_numbers(points, "new")
        if not len(points):
            return Placement(np.empty((0, self.coordinates.shape[1])), not self._places_exactly)
        return Placement(self._placer(points), not self._places_exactly)
