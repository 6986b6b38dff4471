"""What is to be said of a map: in English for a script, in the language of the reader on a page."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from digitviz.language import Lazy, lazy_gettext

NOTES: dict[str, Lazy] = {
    "seed_unused": lazy_gettext("Nothing is random here: the seed changes nothing."),
    "seed_mds": lazy_gettext("The points start at their PCA: the seed changes nothing up to 4,000 points."),
    "seed_isomap": lazy_gettext(
        "The seed chooses the first landmark: it changes nothing where all points are landmarks."
    ),
    "seed_tsne": lazy_gettext("The points start at their PCA with a tenth of random noise: the seed changes little."),
    "seed_umap": lazy_gettext(
        "The points start at their PCA; the seed chooses the negative samples that push each of them away."
    ),
    "perplexity_reduced": lazy_gettext("Perplexity reduced from {asked} to {used}: a third of the other points."),
    "neighbours_reduced": lazy_gettext("Neighbours reduced from {asked} to {used}: all other points."),
    "neighbours_all": lazy_gettext("Neighbours reduced from {asked} to {used}: all points."),
    "neighbours_raised": lazy_gettext(
        "Neighbours raised from {asked} to {used}: of {graphs} graphs the one whose map is most trustworthy."
    ),
    "landmarks_reduced": lazy_gettext("Landmarks reduced from {asked} to {used}: all distinct points."),
    "parts_joined": lazy_gettext(
        "The graph of neighbours fell into {parts} parts; they were joined by their shortest links."
    ),
    "one_direction": lazy_gettext("The data have only one independent direction: the rest is flat."),
    "two_directions": lazy_gettext("The data have only two independent directions: the rest is flat."),
    "grid": lazy_gettext("Points repel each other through a grid (FFT), with errors below one percent."),
    "sample_in_space": lazy_gettext(
        "{used} of the {points} points were laid out; every other point was put between its three nearest of them."
    ),
    "landmarks_laid_out": lazy_gettext(
        "{used} of the {points} points were laid out by all their distances, the others placed by their distances to "
        "these; the stress is that of the {used}."
    ),
    "by_umap_learn": lazy_gettext(
        "Drawn by umap-learn, without intermediate maps: numba could not compile this program's kernel."
    ),
    "estimated": lazy_gettext("Trustworthiness is estimated from {used} of the {points} points."),
    "few_points": lazy_gettext("There are few points. Neighbours that trustworthiness compares: {used}."),
}


class Note(str):
    """A sentence on a map. As a text it is English; `said` says it in the language that is spoken.

    Parameters
    ----------
    code : str
        One of `NOTES`.
    **fields : str, int or float
        What stands in the sentence's named places.

    Raises
    ------
    KeyError
        If there is no such sentence, or a field of it is missing.
    """

    code: str
    fields: Mapping[str, str]

    def __new__(cls, code: str, **fields: Any) -> Note:
        """Make a note; numbers get their thousands separated."""
        written = {name: value if isinstance(value, str) else f"{value:,g}" for name, value in fields.items()}
        note = super().__new__(cls, NOTES[code].message.format(**written))
        note.code, note.fields = code, written
        return note

    def __getnewargs_ex__(self) -> tuple[tuple[str], dict[str, str]]:
        """Return what a copy is made of."""
        return (self.code,), dict(self.fields)

    def said(self) -> str:
        """Return the sentence in the language that is spoken."""
        return NOTES[self.code].format(**self.fields)


def flat_notes(directions: int, dimensions: int) -> list[Note]:
    """Say that the data have fewer directions than the map, if they have."""
    return [Note("one_direction" if directions == 1 else "two_directions")] if directions < dimensions else []
