"""One map, large, or two side by side: as far as they are drawn, with what is picked and selected in them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np
import streamlit as st

from digitviz import figures
from digitviz.dashboard.components.plot import plot
from digitviz.dashboard.maps import gallery, sprites
from digitviz.dashboard.maps.controls import Wanted, Weights, which_network
from digitviz.dashboard.maps.marks import PLOT, picked, selected, take_click, take_selection
from digitviz.dashboard.maps.panels import Read, nearest, read_digits, selection
from digitviz.dashboard.runtime.turns import fragment
from digitviz.dashboard.session import current_run, map_jobs
from digitviz.dashboard.session.map_requests import MapState, Sheet
from digitviz.datasets import PIXEL_MAX
from digitviz.projections import Alignment, Embedding, align, kept_neighbours, torn
from digitviz.projections.spaces import DIGITS, LABELS, W1_ROWS, cloud_centres, kind_of_points

HEIGHT = 660
NEIGHBOURS = 10
MOST_PAIRS = 100
"""Torn pairs that are drawn; of more one sees a grey wall."""
MOST_COUNTED = 4
"""Maps of which a session remembers the torn pairs."""
ON_HOVER = {
    DIGITS: "a %{customdata[1]} · number %{customdata[0]}<br>"
    "the network reads %{customdata[2]}, %{customdata[3]}% sure",
    W1_ROWS: "pixel in row %{customdata[1]}, column %{customdata[2]}<br>on average %{customdata[3]}% inked",
    LABELS: "the label %{customdata[1]}, as the mean of its digits",
}


@dataclass(frozen=True, eq=False)
class Placed:
    """A map as it is shown: laid onto the one that was shown before it.

    Parameters
    ----------
    family : str
        The same for maps that differ in the seed alone.
    seed : int
    coordinates : ndarray, shape (n, dimensions)
    before : int or None
        The seed of the map it was compared with.
    disparity : float
        As in `digitviz.projections.Alignment`.
    """

    family: str
    seed: int
    coordinates: np.ndarray
    before: int | None = None
    disparity: float = 0.0


def follow(last: Placed | None, family: str, seed: int, coordinates: np.ndarray) -> Placed:
    """Lay a map onto the last one if only the seed differs; that of seed 0 stays as it is.

    Parameters
    ----------
    last : Placed or None
    family, seed, coordinates
        Of the map.
    """
    if last is None or last.family != family:
        return Placed(family, seed, coordinates)
    if last.seed == seed:
        return last
    laid = _laid(last.coordinates, coordinates)
    if laid is None:
        return Placed(family, seed, coordinates)
    return Placed(family, seed, coordinates if seed == 0 else laid.coordinates, last.seed, laid.disparity)


@dataclass(frozen=True, eq=False)
class Shown:
    """A chosen map as far as it is drawn.

    Parameters
    ----------
    wanted : Wanted
    sheet : Sheet
    at : ndarray, shape (n, dimensions), or None
        Where its points are shown.
    """

    wanted: Wanted
    sheet: Sheet
    at: np.ndarray | None

    @property
    def embedding(self) -> Embedding | None:
        """The finished map."""
        return self.sheet.embedding


def view(wanted: list[Wanted], weights: Weights, again: bool) -> None:
    """Show the chosen maps and what is picked and selected in them; live while one of them is being drawn.

    Parameters
    ----------
    wanted : list of Wanted
        One or two.
    weights : Weights
        Of the network whose errors are ringed.
    again : bool
        Draw them even if they are there.
    """
    keys = [one.request.key() for one in wanted]
    stopped: dict[str, Sheet] = st.session_state.setdefault("map_stopped", {})
    if again or not set(stopped) <= set(keys):
        stopped.clear()
    map_jobs.desk().ask([one.request for one, key in zip(wanted, keys, strict=True) if key not in stopped], again=again)
    kind, count = kind_of_points(wanted[0].of.name), len(wanted[0].of.points)
    read = read_digits(weights.network)
    with st.container(horizontal=True, vertical_alignment="center", key="map_switches"):
        which_network(weights)
        ringed = kind == DIGITS and st.toggle(
            f"Ring what it reads wrong: {len(read.misread):,} of {len(current_run.mapped_digits()):,}", key="map_rings",
            persist_state="session",
        )  # fmt: skip
        pairs = st.toggle("Draw what is torn apart most", key="map_pairs", persist_state="session")

    def sheets() -> list[Sheet]:
        return [stopped[key] if key in stopped else map_jobs.desk().sheet(key) for key in keys]

    def show(running: bool) -> None:
        now = sheets()
        if running and all(sheet.finished for sheet in now):
            st.rerun()
        shown = _placed(wanted, now)
        things = _things(kind, read, ringed, selected(kind, count), picked(kind, count))
        stage, side = st.columns([3, 2], gap="large") if len(wanted) == 1 else (st.container(), st.container())
        with stage:
            _status(shown, keys)
            _picture(shown, things, kind, pairs)
            _words(shown, pairs)
            _downloads(shown)
        with side:
            nearest([(one.wanted, one.embedding) for one in shown], kind, things.picked, read, NEIGHBOURS)
            selection(kind, things.selected, read, rows_of=1 if len(wanted) == 1 else 3)

    running = not all(sheet.finished for sheet in sheets())
    fragment(show, run_every=map_jobs.POLL_SECONDS if running else None)(running)


def _placed(wanted: list[Wanted], now: list[Sheet]) -> list[Shown]:
    """Lay the first map onto the last one shown, the second onto the first."""
    state = st.session_state
    shown: list[Shown] = []
    for one, sheet in zip(wanted, now, strict=True):
        at = sheet.coordinates
        if shown:
            at = _laid_or_as_is(shown[0].at, at)
        elif at is not None and sheet.embedding is not None:
            state["map_placed"] = follow(state.get("map_placed"), one.family, one.request.seed, at)
            at = state["map_placed"].coordinates
        elif "map_placed" in state and state["map_placed"].family == one.family:
            last = state["map_placed"].coordinates
            # The last one stays until something is seen of the new one.
            at = _laid_or_as_is(last, at) if at is not None or sheet.finished else last
        shown.append(Shown(one, sheet, at))
    return shown


def _laid_or_as_is(reference: np.ndarray | None, other: np.ndarray | None) -> np.ndarray | None:
    laid = None if reference is None or other is None else _laid(reference, other)
    return other if laid is None else laid.coordinates


def _laid(reference: np.ndarray, other: np.ndarray) -> Alignment | None:
    """Lay a map onto another; None if all points of one coincide, so that there is nothing to turn."""
    try:
        return align(reference, other)
    except ValueError:
        return None


def _status(shown: list[Shown], keys: list[str]) -> None:
    """Show how far the drawing is, and the button that stops it."""
    busy = [one.sheet for one in shown if not one.sheet.finished]
    with st.container(horizontal=True, vertical_alignment="center", key="map_status"):
        if not busy:
            st.markdown(f"**{shown[0].wanted.title}**" if len(shown) == 1 else "Two maps of the same points")
            return
        done = [
            1.0 if one.sheet.finished else min(1.0, one.sheet.iteration / max(one.sheet.iterations, 1)) for one in shown
        ]
        st.progress(float(np.mean(done)), map_jobs.how_it_stands(busy[0]))
        if st.button("Stop", key="map_stop", icon=":material/stop:"):
            st.session_state["map_stopped"] = {
                key: replace(one.sheet, state=MapState.FAILED, error=_stopped_words(one.sheet), mark=object())
                for key, one in zip(keys, shown, strict=True)
                if not one.sheet.finished
            }
            map_jobs.desk().close()
            st.rerun()


def _stopped_words(sheet: Sheet) -> str:
    at = f" at iteration {sheet.iteration} of {sheet.iterations}" if sheet.iteration else ""
    return f"Stopped{at}. Press **Compute again** to draw it to the end."


def _things(kind: str, read: Read, ringed: bool, chosen: np.ndarray, looked_at: int | None) -> figures.Things:
    digits = current_run.mapped_digits()
    said: dict[str, Any] = {"words": ON_HOVER[kind], "selected": chosen, "picked": looked_at}
    if kind == W1_ROWS:
        ink = digits.pixels.mean(axis=0) / PIXEL_MAX
        rows, columns = np.divmod(np.arange(len(ink)), digits.images.shape[2])
        numbers = np.stack([np.arange(len(ink)), rows, columns, np.round(100 * ink)], axis=1)
        return figures.Things(numbers, shades=ink, **said)
    if kind == LABELS:
        labels = np.arange(10)
        return figures.Things(np.stack([labels, labels], axis=1), labels=labels, **said)
    numbers = np.stack([np.arange(len(digits)), digits.labels, read.answers, read.percent], axis=1)
    return figures.Things(numbers, labels=digits.labels, misread=read.misread, ringed=ringed, **said)


def _picture(shown: list[Shown], things: figures.Things, kind: str, pairs: bool) -> None:
    def build() -> Any:
        views = []
        for one in shown:
            if one.at is None:
                return figures.waiting.plain(one.sheet.error or "at work")
            view = figures.MapView(one.at, one.wanted.title, f"{one.wanted.family} {one.wanted.request.seed}")
            if things.labels is not None and len(one.at) > len(figures.DIGIT_COLORS):
                view = replace(view, centres=cloud_centres(one.at, things.labels))
            if one.embedding is not None and things.picked is not None:
                kept = kept_neighbours(one.wanted.of.points, one.at, things.picked, NEIGHBOURS)
                view = replace(view, near=kept.in_data.indices, torn=kept.torn)
            if pairs:
                view = replace(view, pairs=_torn_pairs(one)[:MOST_PAIRS])
            views.append(view)
        figure = figures.large_map(things, views)
        figure.layout.meta["map"].update(sprites.addresses(kind))
        return figure

    at = tuple(None if one.at is None else one.at.tobytes() for one in shown)
    fingerprint = (
        at, tuple(one.sheet.mark for one in shown), things.ringed, things.selected.tobytes(), things.picked, pairs,
        things.misread.tobytes(),
    )  # fmt: skip
    count = len(things.numbers)
    plot(
        PLOT, fingerprint, build, height=HEIGHT,
        on_click=partial(take_click, kind, count), on_select=partial(take_selection, kind, count),
    )  # fmt: skip


def _torn_pairs(one: Shown) -> np.ndarray:
    """Return all torn pairs of a finished map, counted once (0.1 s)."""
    if one.embedding is None:
        return np.empty((0, 2), dtype=np.int64)
    known: dict[object, np.ndarray] = st.session_state.setdefault("map_torn", {})
    if one.sheet.mark not in known:
        while len(known) >= MOST_COUNTED:
            known.pop(next(iter(known)))
        known[one.sheet.mark] = torn(one.wanted.of.points, one.embedding.coordinates, NEIGHBOURS)
    return known[one.sheet.mark]


def _words(shown: list[Shown], pairs: bool) -> None:
    """Say how good the maps are, what was reduced, what they tore apart, and how far they differ."""
    for one, side in zip(shown, ("",) if len(shown) == 1 else ("Left: ", "Right: "), strict=True):
        if one.sheet.state == MapState.FAILED:
            st.warning(side + one.sheet.error)
        elif one.embedding is None:
            st.caption(side + map_jobs.how_it_stands(one.sheet))
        else:
            st.caption("  \n".join([side + map_jobs.how_it_stands(one.sheet), *one.embedding.notes]))
            if pairs:
                st.caption(side + _words_on_torn(len(_torn_pairs(one))))
    placed: Placed | None = st.session_state.get("map_placed")
    if shown[0].embedding is not None and placed is not None and placed.before is not None:
        st.markdown(
            f"**Disparity {placed.disparity:.3f}** between seed {placed.before} and seed {placed.seed}: moved, turned, "
            f"mirrored and scaled onto the last map as well as can be, this one still misses it by "
            f"{placed.disparity:.1%} of the spread. At 0 both are one picture, so it shows the data and not chance; "
            "at 1 they have nothing in common."
        )
    if len(shown) == 2 and shown[0].embedding is not None and shown[1].embedding is not None:
        laid = _laid(shown[0].embedding.coordinates, shown[1].embedding.coordinates)
        if laid is not None:
            st.markdown(f"**Disparity {laid.disparity:.3f}** between the two; the right one is laid onto the left one.")


def _words_on_torn(count: int) -> str:
    drawn = f"; the {MOST_PAIRS} worst are drawn" if count > MOST_PAIRS else ""
    return (
        f"{count:,} pairs of neighbours are torn apart: in the data one is among the {NEIGHBOURS} nearest of the "
        f"other, in the map more than {5 * NEIGHBOURS} others lie nearer to both{drawn}."
    )


def _downloads(shown: list[Shown]) -> None:
    with st.container(horizontal=True, key="map_downloads"):
        for number, one in enumerate(shown, start=1):
            request, of = one.wanted.request, one.wanted.of
            st.download_button(
                f"{one.wanted.title} (CSV)",
                bytes if one.embedding is None else partial(gallery.coordinates_csv, one.embedding, of.labels),
                f"digitviz-{request.method}-{of.name}-seed-{request.seed}.csv", "text/csv", on_click="ignore",
                key=f"download_map_{number}", disabled=one.embedding is None,
            )  # fmt: skip
