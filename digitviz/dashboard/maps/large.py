"""The large map, or two side by side, with their progress and the clicked and selected points."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
import streamlit as st

from digitviz import figures
from digitviz.dashboard.components.plot import plot
from digitviz.dashboard.maps import gallery, shown
from digitviz.dashboard.maps.controls import Wanted, Weights, which_network
from digitviz.dashboard.maps.panels import Points, closest, nearest, selection, sheet_address
from digitviz.dashboard.maps.shown import NEIGHBOURS, PLOT, Placed, Shown, laid, placed, separated_pairs
from digitviz.dashboard.session import map_jobs
from digitviz.dashboard.session.map_jobs import MapProgress, MapState, Reason
from digitviz.figures.picture import Plain
from digitviz.language import gettext as _
from digitviz.language import joined
from digitviz.numbers import in_percent, numeral
from digitviz.projections.spaces import DIGITS, cloud_centres, kind_of_points

HEIGHT = 470
MAX_PAIRS = 100
"""Maximum number of separated pairs drawn; more would merge into a grey area."""


def view(wanted: list[Wanted], weights: Weights, again: bool, more: Any) -> None:
    """Show one or two maps with the clicked and selected points until they are finished. `more` takes the switches."""
    keys = [one.request.id for one in wanted]
    stopped: dict[str, MapProgress] = st.session_state.setdefault("map_stopped", {})
    if again or not set(stopped) <= set(keys):
        stopped.clear()
    map_jobs.queue().ask([one.request for one in wanted if one.request.id not in stopped], again=again)
    points = Points.of(kind_of_points(wanted[0].of.name), weights.network)
    with more:
        ringed, pairs = _switches(points)

    def all_progress() -> list[MapProgress]:
        return [stopped[key] if key in stopped else map_jobs.queue().progress(key) for key in keys]

    def draw() -> None:
        maps, about = placed(wanted, all_progress()), (points.kind, wanted[0].of.count)
        things = points.things(ringed, shown.selected(*about), shown.picked(*about))
        stage, side = st.columns(2, gap="medium") if len(wanted) == 1 else (st.container(), st.container())
        with stage:
            _status(maps)
            _picture(maps, things, points.kind, pairs)
            _disparities(maps)
            _downloads(maps)
        with side:
            nearest(maps, points, things.picked)
            selection(points, things.selected, rows_of=1 if len(wanted) == 1 else 3)
            title = _("Closest on the map, and how far to trust it")
            with st.expander(title, key="map_trust", on_change="rerun") as box:
                if box.open and things.picked is not None:
                    closest(maps, points, things.picked)
                _words(maps, pairs)
                st.caption(
                    _("To list some points, press **Tools** in 2D, then **Box** or **Lasso**, and draw around them.")
                )

    map_jobs.live(lambda: not all(progress.finished for progress in all_progress()), draw)
    which_network(weights)
    st.page_link("pages/draw.py", label=_("See your own drawing on a map"), icon=":material/draw:")


def _switches(points: Points) -> tuple[bool, bool]:
    """Show the switches. Return whether to circle misclassified digits, and whether to join separated neighbours."""
    wrong, count = len(points.misclassified), len(points.digits)
    circle = _("Circle misclassified digits: {wrong} of {count}").format(wrong=numeral(wrong), count=numeral(count))
    ringed = points.kind == DIGITS and st.toggle(circle, key="map_rings", persist_state="session")
    pairs = st.toggle(_("Show the neighbours this map separates most"), key="map_pairs", persist_state="session")
    return bool(ringed), bool(pairs)


def _status(maps: list[Shown]) -> None:
    """Show the progress and the button that stops the computation."""
    busy = [one for one in maps if not one.progress.finished]
    with st.container(horizontal=True, vertical_alignment="center", key="map_status"):
        if not busy:
            st.markdown(f"**{maps[0].wanted.title}**" if len(maps) == 1 else _("Two maps of the same points"))
            for one in maps:
                if one.progress.state == MapState.FAILED:
                    st.warning(map_jobs.why_not(one.progress))
            return
        done = [
            1.0 if one.progress.finished else min(1.0, one.progress.iteration / max(one.progress.iterations, 1))
            for one in maps
        ]
        st.progress(float(np.mean(done)), map_jobs.how_it_stands(busy[0].progress))
        if st.button(_("Stop"), key="map_stop", icon=":material/stop:"):
            st.session_state["map_stopped"] = {
                one.wanted.request.id: replace(
                    one.progress, state=MapState.FAILED, reason=Reason.STOPPED, mark=object()
                )
                for one in busy
            }
            map_jobs.queue().close()
            st.rerun()


def _picture(maps: list[Shown], things: figures.Things, kind: str, pairs: bool) -> None:
    """Draw one or two maps, with lines between separated neighbours if `pairs`, and handle clicks and selections."""

    def build() -> Plain:
        views = []
        for one in maps:
            if one.at is None:
                return figures.waiting.plain(map_jobs.coming(one.progress), None, one.wanted.title)
            view = figures.MapView(one.at, one.wanted.title, f"{one.wanted.family} {one.wanted.request.seed}")
            if things.labels is not None:
                view = replace(view, centres=cloud_centres(one.at, things.labels))
            if one.embedding is not None and things.picked is not None:
                kept = one.kept(things.picked)
                view = replace(view, near=kept.in_data.indices, torn=kept.separated)
            if pairs:
                view = replace(view, pairs=separated_pairs(one)[:MAX_PAIRS])
            views.append(view)
        figure = figures.large_map.plain(things, views)
        figure["layout"]["meta"]["map"]["sheet"] = sheet_address(kind)
        return figure

    at = tuple((one.progress.mark, None if one.at is None else one.at.tobytes()) for one in maps)
    marked = things.selected.tobytes(), things.picked, things.misread.tobytes()
    click, select = (partial(take, kind, len(things.numbers)) for take in (shown.take_click, shown.take_selection))
    fingerprint = at, things.ringed, pairs, marked
    plot(PLOT, fingerprint, build, height=HEIGHT, main=True, on_click=click, on_select=select)


def _words(maps: list[Shown], pairs: bool) -> None:
    """Describe the quality of the maps, the reduced options, and the separated neighbours."""
    sides = ("",) if len(maps) == 1 else (_("Left:"), _("Right:"))
    for one, side in zip(maps, sides, strict=True):
        notes = [] if one.embedding is None else [note.said() for note in one.embedding.notes]
        st.caption("  \n".join([joined([side, map_jobs.how_it_stands(one.progress)]), *notes]))
        if pairs and one.embedding is not None:
            st.caption(joined([side, _words_on_separated(len(separated_pairs(one)))]))


def _disparities(maps: list[Shown]) -> None:
    """Say how much the map differs from the one with the previous seed, and from the second map."""
    first, last = maps[0].embedding, maps[-1].embedding
    before: Placed | None = st.session_state.get("map_placed")
    if first is not None and before is not None and before.before is not None:
        said = _(
            "**Disparity {disparity}** between seed {before} and seed {seed}: even after shifting, rotating, mirroring "
            "and scaling it to fit the previous map, this map still differs by {share} of the spread. At 0, the two "
            "maps are identical; at 1, they have nothing in common. A small disparity only says that the seed matters "
            "little: a map of pure noise may be repeated just as well."
        )
        numbers = {"before": before.before, "seed": before.seed, "share": in_percent(before.disparity)}
        st.markdown(said.format(disparity=numeral(before.disparity, ".3f"), **numbers))
    if len(maps) == 2 and first is not None and last is not None:
        turned = laid(first.coordinates, last.coordinates)
        if turned is not None:
            said = _("**Disparity {disparity}** between the two maps; the right one is aligned with the left one.")
            st.markdown(said.format(disparity=numeral(turned.disparity, ".3f")))


def _words_on_separated(count: int) -> str:
    drawn = _("The {count} worst are shown.").format(count=MAX_PAIRS) if count > MAX_PAIRS else ""
    said = _(
        "Pairs of nearest neighbours that this map separates: {count}. In the data, one is among the {nearest} nearest "
        "neighbours of the other; in the map, more than {apart} other points are closer to each of them."
    )
    return joined([said.format(count=numeral(count), nearest=NEIGHBOURS, apart=5 * NEIGHBOURS), drawn])


def _downloads(maps: list[Shown]) -> None:
    with st.container(horizontal=True, key="map_downloads"):
        for number, one in enumerate(maps, start=1):
            gallery.map_download(one.wanted, number, one.embedding, f"-seed-{one.wanted.request.seed}")
