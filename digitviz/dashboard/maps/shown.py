"""The state of the large map: coordinates, separated neighbours, and the clicked and selected points."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import streamlit as st

from digitviz.dashboard.components.plot import sent
from digitviz.dashboard.maps.controls import Wanted
from digitviz.dashboard.session.map_jobs import MapProgress
from digitviz.projections import Alignment, Embedding, KeptNeighbours, align, kept_neighbours, separated_neighbours
from digitviz.projections.spaces import DIGITS

PLOT = "map_large"
"""Key of the plot."""
NEIGHBOURS = 10
EXAMPLE = (DIGITS, 1006)
"""Kind and index of the point that counts as clicked at first: the clearest digit that t-SNE keeps near 4 neighbours,
but far from 2 with another label."""
MAX_COUNTED = 4
"""Number of maps whose separated pairs a session caches."""


@dataclass(frozen=True, eq=False)
class Placed:
    """A map aligned to the one shown before it.

    Parameters
    ----------
    family : str
        Equal for maps that differ only in the seed.
    seed : int
    coordinates : ndarray, shape (n, dimensions)
    before : int or None
        Seed of the map it was compared with.
    disparity : float
        As in `digitviz.projections.Alignment`.
    """

    family: str
    seed: int
    coordinates: np.ndarray
    before: int | None = None
    disparity: float = 0.0


def follow(last: Placed | None, family: str, seed: int, coordinates: np.ndarray) -> Placed:
    """Align a new map to the last one if only the seed differs. The map with seed 0 is never turned."""
    if last is not None and last.family == family:
        if last.seed == seed:
            return last
        if turned := laid(last.coordinates, coordinates):
            at = coordinates if seed == 0 else turned.coordinates
            return Placed(family, seed, at, last.seed, turned.disparity)
    return Placed(family, seed, coordinates)


@dataclass(frozen=True, eq=False)
class Shown:
    """A chosen map, its progress, and the coordinates at which its points are shown, shape (n, dimensions)."""

    wanted: Wanted
    progress: MapProgress
    at: np.ndarray | None

    @property
    def embedding(self) -> Embedding | None:
        """The finished map, or None."""
        return self.progress.embedding

    def kept(self, picked: int) -> KeptNeighbours:
        """Compare the neighbours of a point in the data and in the finished map: not half of all, or all stay."""
        assert self.embedding is not None
        count = min(NEIGHBOURS, (self.wanted.of.count - 1) // 2)
        return kept_neighbours(self.wanted.of.points, self.embedding.coordinates, picked, count)


def placed(wanted: list[Wanted], now: list[MapProgress]) -> list[Shown]:
    """Align the first map to the last one shown, and the second map to the first."""
    state = st.session_state
    shown: list[Shown] = []
    for one, progress in zip(wanted, now, strict=True):
        at, last = progress.coordinates, state.get("map_placed")
        if shown:
            at = _laid_or_as_is(shown[0].at, at)
        elif at is not None and progress.embedding is not None:
            last = state["map_placed"] = follow(last, one.family, one.request.seed, at)
            at = last.coordinates
        elif last is not None and last.family == one.family:
            # Show the last map until the new one has coordinates.
            at = _laid_or_as_is(last.coordinates, at) if at is not None or progress.finished else last.coordinates
        shown.append(Shown(one, progress, at))
    return shown


def _laid_or_as_is(reference: np.ndarray | None, other: np.ndarray | None) -> np.ndarray | None:
    turned = None if reference is None or other is None else laid(reference, other)
    return other if turned is None else turned.coordinates


def laid(reference: np.ndarray, other: np.ndarray) -> Alignment | None:
    """Align a map to another. Return None if all points of one map coincide, because alignment is then undefined."""
    try:
        return align(reference, other)
    except ValueError:
        return None


def separated_pairs(one: Shown) -> np.ndarray:
    """Return the pairs of neighbours that a finished map separates, shape (m, 2). Cached, because it takes 0.1 s."""
    if one.embedding is None:
        return np.empty((0, 2), dtype=np.int64)
    known: dict[object, np.ndarray] = st.session_state.setdefault("map_separated", {})
    if one.progress.mark not in known:
        while len(known) >= MAX_COUNTED:
            known.pop(next(iter(known)))
        known[one.progress.mark] = separated_neighbours(one.wanted.of.points, one.embedding.coordinates, NEIGHBOURS)
    return known[one.progress.mark]


def picked(kind: str, count: int) -> int | None:
    """Return the index of the clicked point, at first that of the example, if it is of this kind."""
    of, index = st.session_state.get("map_picked", EXAMPLE)
    return index if of == kind and index < count else None


def selected(kind: str, count: int) -> np.ndarray:
    """Return the indices of the selected points if they are of this kind."""
    of, indices = st.session_state.get("map_selected", ("", ()))
    return np.array([index for index in indices if index < count] if of == kind else [], dtype=np.int64)


def take_click(kind: str, count: int) -> None:
    """Store the clicked point. The browser's value is untrusted."""
    click = sent(PLOT, "click")
    numbers = click.get("customdata") if isinstance(click, dict) else None
    if isinstance(numbers, dict):  # numbers of one type arrive as an object
        numbers = list(numbers.values())
    if isinstance(numbers, list) and numbers and (index := _index(numbers[0], count)) is not None:
        st.session_state["map_picked"] = (kind, index)


def take_selection(kind: str, count: int) -> None:
    """Store the points in the box or lasso. An empty box clears the selection."""
    event = sent(PLOT, "select")
    points = event.get("points") if isinstance(event, dict) else None
    if isinstance(points, list) and len(points) <= count:
        found = {index for point in points if (index := _index(point, count)) is not None}
        st.session_state["map_selected"] = (kind, tuple(sorted(found)))


def _index(value: object, count: int) -> int | None:
    """Return the index of a point that a browser sent, or None if it is not valid."""
    if isinstance(value, bool) or not isinstance(value, (int, float)) or value != value:
        return None
    return int(value) if 0 <= value < count else None


def clear(which: str) -> None:
    """Clear the "picked" point or the "selected" points."""
    st.session_state[f"map_{which}"] = ("", ())
