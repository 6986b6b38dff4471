"""The interface of a method: a layout of points with notes, and a rule that places new points."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from digitviz.language import Lazy, lazy_gettext as _
from digitviz.numbers import short

NOTES: dict[str, Lazy] = {
    "seed_unused": _("Nothing is random here, so the seed has no effect."),
    "seed_mds": _("The points start from their PCA, so the seed has no effect for up to 4,000 points."),
    "seed_isomap": _("The seed chooses the first landmark, so it has no effect if all points are landmarks."),
    "seed_tsne": _("The points start from PCA plus 10% noise, so the seed has little effect."),
    "seed_umap": _(
        "The points start from their PCA. The seed chooses the negative samples that push each of them away."
    ),
    "perplexity_reduced": _("Perplexity reduced from {asked} to {used}, a third of the other points."),
    "neighbours_reduced": _("Neighbours reduced from {asked} to {used}, all other points."),
    "neighbours_all": _("Neighbours reduced from {asked} to {used}, all points."),
    "neighbours_raised": _(
        "Neighbours raised from {asked} to {used}. Of {graphs} graphs, this one gives the most trustworthy map."
    ),
    "by_umap_learn": _(
        "Drawn by umap-learn, without intermediate maps, because numba could not compile this program's kernel."
    ),
    "landmarks_reduced": _("Landmarks reduced from {asked} to {used}, all distinct points."),
    "parts_joined": _("The graph of neighbours fell into {parts} parts; they were joined by their shortest links."),
    "one_direction": _("The data has only one independent direction; the rest is flat."),
    "two_directions": _("The data has only two independent directions; the rest is flat."),
    "grid": _("Points repel each other through a grid (FFT), with errors below one percent."),
    "sample_in_space": _(
        "{used} of the {points} points were laid out; every other point was placed between its three nearest among "
        "them."
    ),
    "landmarks_laid_out": _(
        "{used} of the {points} points were laid out using all their distances; the others were placed by their "
        "distances to these. The stress is for the {used} points."
    ),
    "estimated": _("Trustworthiness is estimated from {used} of the {points} points."),
    "few_points": _("There are few points. Neighbours compared for trustworthiness: {used}."),
}


class Note(str):
    """A sentence about a map. The string itself is English; `said` translates it.

    Parameters
    ----------
    code : str
        Key in `NOTES`.
    **fields : int or float
        Values of the placeholders in the sentence.

    Raises
    ------
    KeyError
        If there is no such sentence, or a field is missing.
    """

    code: str
    fields: Mapping[str, float]

    def __new__(cls, code: str, **fields: float) -> Note:
        """Create a note."""
        note = super().__new__(cls, NOTES[code].message.format(**{name: f"{fields[name]:,g}" for name in fields}))
        note.code, note.fields = code, fields
        return note

    def __getnewargs_ex__(self) -> tuple[tuple[str], dict[str, float]]:
        """Return the arguments with which copy and pickle create the note again."""
        return (self.code,), dict(self.fields)

    def said(self) -> str:
        """Return the sentence in the current language."""
        return NOTES[self.code].format(**{name: short(value, 15) for name, value in self.fields.items()})


def flat_notes(directions: int, dimensions: int) -> list[Note]:
    """Return a note if the data has fewer directions than the map."""
    return [Note("one_direction" if directions == 1 else "two_directions")] if directions < dimensions else []


def reduced(options: dict[str, Any], name: str, limit: float, code: str) -> list[Note]:
    """Reduce an option to `limit`; return a note if it was larger."""
    asked, options[name] = options[name], min(options[name], limit)
    used = limit if isinstance(limit, int) else float(f"{limit:.3g}")
    return [Note(code, asked=asked, used=used)] if asked > limit else []


class Cancelled(Exception):
    """`on_progress` stopped the layout."""


Report = Callable[[int, int, np.ndarray], None]
"""Called with (iteration, iterations, coordinates) between iterations; raises `Cancelled` to stop."""

Placer = Callable[[np.ndarray], np.ndarray]
"""Maps points, shape (m, features), to coordinates, shape (m, dimensions)."""


@dataclass(eq=False)
class Layout:
    """A map as the method returns it, not yet rotated or measured.

    Parameters
    ----------
    coordinates : ndarray of float64, shape (n, dimensions)
    notes : list of Note
    explained_variance, stress
        Same as in `digitviz.projections.Embedding`.
    """

    coordinates: np.ndarray
    notes: list[Note]
    explained_variance: tuple[float, ...] | None = None
    stress: float | None = None


class MethodModule(Protocol):
    """Interface of a method's module, which `digitviz.projections.registry` loads."""

    def layout(self, x: np.ndarray, dimensions: int, options: dict[str, Any], seed: int, report: Report) -> Layout:
        """Lay points out.

        Parameters
        ----------
        x : ndarray of float64, shape (n, features)
            Centred at 0 and about 1 wide.
        dimensions : int
            2 or 3.
        options : dict
            All options of the method. If an option is too large for the points, the method reduces it and adds a note.
        seed : int
        report : Report
            Call it between iterations. An exception that it raises stops the layout.
        """

    def placer(self, x: np.ndarray, coordinates: np.ndarray, options: dict[str, Any], seed: int) -> Placer:
        """Prepare the rule that places new points in the map `coordinates` of `x`.

        Parameters
        ----------
        x : ndarray of float64, shape (n, features)
        coordinates : ndarray of float64, shape (n, dimensions)
            Centred and rotated; in the units of `x` if the method keeps units.
        options : dict
            Options that `layout` used.
        seed : int
            Seed of the layout.
        """
