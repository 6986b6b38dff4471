"""One map, large, or two side by side: as far as they are drawn, with what is picked and selected in them."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
import streamlit as st

from digitviz import figures
from digitviz.dashboard.components.plot import plot
from digitviz.dashboard.maps import gallery, sprites
from digitviz.dashboard.maps.controls import Wanted, Weights, which_network
from digitviz.dashboard.maps.panels import Predictions, nearest, predict_digits, selection
from digitviz.dashboard.maps.shown import (
    NEIGHBOURS,
    PLOT,
    Placed,
    Shown,
    laid,
    picked,
    placed,
    selected,
    separated_pairs,
    take_click,
    take_selection,
)
from digitviz.dashboard.maps.sizes import fill_screen
from digitviz.dashboard.session import current_run, map_jobs
from digitviz.dashboard.session.map_jobs import MapProgress, MapState, Reason
from digitviz.datasets import PIXEL_MAX
from digitviz.language import gettext as _
from digitviz.language import lazy_gettext, ngettext
from digitviz.projections import kept_neighbours
from digitviz.projections.spaces import DIGITS, LABELS, W1_ROWS, cloud_centres, kind_of_points

HEIGHT = 470
MAX_PAIRS = 100
"""Separated pairs that are drawn; more of them would be one grey mass."""
ON_HOVER = {
    DIGITS: lazy_gettext("label {1} · #{4}<br>read as {2} ({3}%)"),
    W1_ROWS: lazy_gettext("pixel in row {1}, column {2}<br>ink on average {3}%"),
    LABELS: lazy_gettext("the label {1}, as the mean of its digits"),
}
"""By the kind of the points; {1} is the second of their numbers."""


def view(wanted: list[Wanted], weights: Weights, again: bool) -> None:
    """Show the chosen maps and what is picked and selected in them; live while one of them is being drawn.

    Parameters
    ----------
    wanted : list of Wanted
        One or two.
    weights : Weights
        Of the network whose misclassified digits are circled.
    again : bool
        Compute them even if they are there.
    """
    keys = [one.request.id for one in wanted]
    stopped: dict[str, MapProgress] = st.session_state.setdefault("map_stopped", {})
    if again or not set(stopped) <= set(keys):
        stopped.clear()
    map_jobs.queue().ask(
        [one.request for one, key in zip(wanted, keys, strict=True) if key not in stopped], again=again
    )
    kind, count = kind_of_points(wanted[0].of.name), wanted[0].of.count
    predictions = predict_digits(weights.network)
    ringed, pairs = _switches(weights, kind, predictions)

    def all_progress() -> list[MapProgress]:
        return [stopped[key] if key in stopped else map_jobs.queue().progress(key) for key in keys]

    def draw() -> None:
        shown = placed(wanted, all_progress())
        points = _things(kind, predictions, ringed, selected(kind, count), picked(kind, count))
        stage, side = st.columns([3, 2], gap="medium") if len(wanted) == 1 else (st.container(), st.container())
        with stage:
            _status(shown, keys)
            _picture(shown, points, kind, pairs)
            _words(shown, pairs)
            _downloads(shown)
        with side:
            nearest([(one.wanted, one.embedding) for one in shown], kind, points.picked, predictions, NEIGHBOURS)
            selection(kind, points.selected, predictions, rows_of=1 if len(wanted) == 1 else 3)

    fill_screen(PLOT, HEIGHT, above=250)
    map_jobs.live(lambda: not all(progress.finished for progress in all_progress()), draw)


def _switches(weights: Weights, kind: str, predictions: Predictions) -> tuple[bool, bool]:
    """Show what else can be drawn; return whether to circle misclassified digits, and to join separated neighbours."""
    with st.sidebar, st.container(key="map_switches"):
        wrong, count = len(predictions.misclassified), len(current_run.mapped_digits())
        circle = _("Circle misclassified digits: {wrong} of {count}").format(wrong=f"{wrong:,}", count=f"{count:,}")
        ringed = kind == DIGITS and st.toggle(circle, key="map_rings", persist_state="session")
        pairs = st.toggle(_("Show the neighbours this map separates most"), key="map_pairs", persist_state="session")
        which_network(weights)
    return bool(ringed), bool(pairs)


def _status(shown: list[Shown], keys: list[str]) -> None:
    """Show how far the drawing is, and the button that stops it."""
    busy = [one.progress for one in shown if not one.progress.finished]
    with st.container(horizontal=True, vertical_alignment="center", key="map_status"):
        if not busy:
            st.markdown(f"**{shown[0].wanted.title}**" if len(shown) == 1 else _("Two maps of the same points"))
            return
        done = [
            1.0 if one.progress.finished else min(1.0, one.progress.iteration / max(one.progress.iterations, 1))
            for one in shown
        ]
        st.progress(float(np.mean(done)), map_jobs.how_it_stands(busy[0]))
        if st.button(_("Stop"), key="map_stop", icon=":material/stop:"):
            st.session_state["map_stopped"] = {
                key: replace(one.progress, state=MapState.FAILED, reason=Reason.STOPPED, mark=object())
                for key, one in zip(keys, shown, strict=True)
                if not one.progress.finished
            }
            map_jobs.queue().close()
            st.rerun()


def _things(
    kind: str, predictions: Predictions, ringed: bool, chosen: np.ndarray, looked_at: int | None
) -> figures.Things:
    """Return what the points of a kind are, with what is selected and picked among them.

    Parameters
    ----------
    kind : str
        Of the points.
    predictions : Predictions
    ringed : bool
        Whether digits that the network misclassifies are circled.
    chosen : ndarray of int
        The selected points.
    looked_at : int or None
        The picked point.
    """
    digits = current_run.mapped_digits()
    words = str(ON_HOVER[kind]).format(*(f"%{{customdata[{place}]}}" for place in range(5)))
    said: dict[str, Any] = {"words": words, "selected": chosen, "picked": looked_at}
    if kind == W1_ROWS:
        ink = digits.pixels.mean(axis=0) / PIXEL_MAX
        rows, columns = np.divmod(np.arange(len(ink)), digits.images.shape[2])
        numbers = np.stack([np.arange(len(ink)), rows + 1, columns + 1, np.round(100 * ink)], axis=1)
        return figures.Things(numbers, shades=ink, **said)
    if kind == LABELS:
        labels = np.arange(10)
        return figures.Things(np.stack([labels, labels], axis=1), labels=labels, **said)
    indices = np.arange(len(digits))
    numbers = np.stack([indices, digits.labels, predictions.predicted, predictions.percent, indices + 1], axis=1)
    return figures.Things(numbers, labels=digits.labels, misread=predictions.misclassified, ringed=ringed, **said)


def _picture(shown: list[Shown], things: figures.Things, kind: str, pairs: bool) -> None:
    """Draw one map or two; clicks and selections in them are taken.

    Parameters
    ----------
    shown : list of Shown
        One or two.
    things : Things
        What their points are.
    kind : str
        Of the points.
    pairs : bool
        Whether lines join the nearest neighbours that a map separates.
    """

    def build() -> Any:
        views = []
        for one in shown:
            if one.at is None:
                return figures.waiting.plain(map_jobs.coming(one.progress), None, one.wanted.title)
            view = figures.MapView(one.at, one.wanted.title, f"{one.wanted.family} {one.wanted.request.seed}")
            if things.labels is not None:
                view = replace(view, centres=cloud_centres(one.at, things.labels))
            if one.embedding is not None and things.picked is not None:
                kept = kept_neighbours(one.wanted.of.points, one.at, things.picked, NEIGHBOURS)
                view = replace(view, near=kept.in_data.indices, torn=kept.separated)
            if pairs:
                view = replace(view, pairs=separated_pairs(one)[:MAX_PAIRS])
            views.append(view)
        figure = figures.large_map.plain(things, views)
        figure["layout"]["meta"]["map"].update(sprites.addresses(kind))
        return figure

    at = tuple(None if one.at is None else one.at.tobytes() for one in shown)
    fingerprint = (
        at, tuple(one.progress.mark for one in shown), things.ringed, things.selected.tobytes(), things.picked, pairs,
        things.misread.tobytes(),
    )  # fmt: skip
    count = len(things.numbers)
    plot(
        PLOT, fingerprint, build, height=HEIGHT, main=True,
        on_click=partial(take_click, kind, count), on_select=partial(take_selection, kind, count),
    )  # fmt: skip


def _words(shown: list[Shown], pairs: bool) -> None:
    """Say how good the maps are, which options were reduced, what they separate, and how far they differ."""
    sides = ("",) if len(shown) == 1 else (_("Left:"), _("Right:"))
    for one, side in zip(shown, sides, strict=True):
        if one.progress.state == MapState.FAILED:
            st.warning(f"{side} {map_jobs.why_not(one.progress)}".strip())
        elif one.embedding is None:
            st.caption(f"{side} {map_jobs.how_it_stands(one.progress)}".strip())
        else:
            notes = [note.said() for note in one.embedding.notes]
            st.caption("  \n".join([f"{side} {map_jobs.how_it_stands(one.progress)}".strip(), *notes]))
            if pairs:
                st.caption(f"{side} {_words_on_separated(len(separated_pairs(one)))}".strip())
    last: Placed | None = st.session_state.get("map_placed")
    if shown[0].embedding is not None and last is not None and last.before is not None:
        said = _(
            "**Disparity {disparity}** between seed {before} and seed {seed}: even after shifting, rotating, mirroring "
            "and scaling it to fit the previous map, this map still differs by {share} of the spread. At 0, the two "
            "maps are identical; at 1, they have nothing in common. A small disparity only says that the seed matters "
            "little: a map of pure noise may be repeated just as well."
        )
        numbers = {"before": last.before, "seed": last.seed, "share": f"{last.disparity:.1%}"}
        st.markdown(said.format(disparity=f"{last.disparity:.3f}", **numbers))
    if len(shown) == 2 and shown[0].embedding is not None and shown[1].embedding is not None:
        turned = laid(shown[0].embedding.coordinates, shown[1].embedding.coordinates)
        if turned is not None:
            said = _("**Disparity {disparity}** between the two; the right one is aligned to the left one.")
            st.markdown(said.format(disparity=f"{turned.disparity:.3f}"))


def _words_on_separated(count: int) -> str:
    drawn = _("The {count} worst are shown.").format(count=MAX_PAIRS) if count > MAX_PAIRS else ""
    said = ngettext(
        "This map separates {count} pair of nearest neighbours: in the data one is among the {nearest} nearest of the "
        "other; in the map more than {apart} other points lie nearer to each of them.",
        "This map separates {count} pairs of nearest neighbours: in the data one is among the {nearest} nearest of the "
        "other; in the map more than {apart} other points lie nearer to each of them.",
        count,
    )  # fmt: skip
    return f"{said.format(count=f'{count:,}', nearest=NEIGHBOURS, apart=5 * NEIGHBOURS)} {drawn}".strip()


def _downloads(shown: list[Shown]) -> None:
    with st.container(horizontal=True, key="map_downloads"):
        for number, one in enumerate(shown, start=1):
            request, of = one.wanted.request, one.wanted.of
            gallery.map_download(
                _("{title} (CSV)").format(title=one.wanted.title), f"download_map_{number}", one.embedding, of.labels,
                f"digitviz-{request.method}-{of.name}-seed-{request.seed}.csv",
            )  # fmt: skip
