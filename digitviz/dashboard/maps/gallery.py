"""The gallery: maps by all methods, side by side, each with its progress."""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from functools import partial

import numpy as np
import streamlit as st

from digitviz import figures
from digitviz.dashboard.components.plot import plot
from digitviz.dashboard.maps.controls import Wanted, equal_words, map_title
from digitviz.dashboard.runtime.shared import shared
from digitviz.dashboard.session import current_run, map_jobs
from digitviz.dashboard.session.downloads import CSV, File, download
from digitviz.dashboard.session.map_jobs import MapProgress, MapState, id_of, request_of
from digitviz.figures.colours import DIGIT_COLOURS
from digitviz.figures.picture import Plain
from digitviz.language import gettext as _, joined, lazy_gettext
from digitviz.numbers import numeral
from digitviz.projections import METHODS, Embedding
from digitviz.projections.registry import PANEL_POINTS
from digitviz.projections.spaces import DIGITS, LABELS, LOGITS, PIXELS, W1_ROWS, kind_of_points, pictures, space
from digitviz.table import csv_of
from digitviz.training.run import Snapshot, TrainingRun

KINDS = (DIGITS, W1_ROWS, LABELS)
"""Kinds of points with pictures, see `kind_of_points`."""
MIXED = lazy_gettext("Mixed: next to the other digit. Chance: 50%.")
HOW_TO_READ = (
    lazy_gettext(
        "Each point is one of scikit-learn's 1,797 digits. Its colour, and the number in or beside its cloud, show "
        "which digit it is."
    ),
    lazy_gettext("**Stays close**: it is also one of the ten closest dots on the map."),
    lazy_gettext("**Trustworthiness**: how far neighbours in the map are also neighbours in the data. 50% is chance."),
    lazy_gettext("**Neighbour accuracy**: how often the ten nearest points vote for the right digit. 10% is chance."),
)
HEIGHT = 300
"""Height of a map until the browser fits it to the window."""
BEST_FIRST = (6, 7, 8, 5, 4, 1)
"""Usual ranking of the maps of the pixels, by number, so that no map moves when the last one is finished."""


def packed(kind: str) -> bytes:
    """Return the pictures of all points of a kind, concatenated, 64 bytes each, with ink from 0 to 16."""
    return shared().get(_pack, kind)


def _pack(kind: str) -> bytes:
    return pictures(kind, current_run.mapped_digits()).tobytes()


def sheet_address(kind: str) -> str:
    """Return the URL of the pictures of a kind."""
    return f"digitviz-assets/pictures/{kind}?v={hashlib.sha256(packed(kind)).hexdigest()[:12]}"


def title(question: str, alike: Sequence[int] = ()) -> None:
    """Show the title of a page, and beside it the digits as buttons, of which some are pressed, see `lit.js`."""
    button = '<button aria-pressed="{}" style="--colour:{}">{}</button>'
    buttons = (button.format(str(digit in alike).lower(), colour, digit) for digit, colour in enumerate(DIGIT_COLOURS))
    said = _("Compare two digits")
    legend = f'<div class="digitviz-legend" role="group" aria-label="{said}">{"".join(buttons)}</div>'
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute", key="title"):
        st.title(question)
        st.html(legend, width="content")


def gallery_panels(now: Snapshot) -> list[Wanted]:
    """Return the panels of all methods in gallery order, for a network."""
    digits = current_run.mapped_digits()
    layers = len(now.network.parameters.weights) - 1
    hidden = f"hidden_{layers}" if layers else LOGITS
    spaces = {points: space(hidden if points == "hidden" else points, digits, now.network) for points in PANEL_POINTS}
    panels = {place: (spaces[of], method) for method in METHODS for place, of in METHODS[method].gallery.items()}
    asked = [(of, request_of(of, digits, id_of(now), method)) for _place, (of, method) in sorted(panels.items())]
    return [Wanted(map_title(request.method, of.name), of, request) for of, request in asked]


def gallery(which: str, panels: list[Wanted], keys: list[str], theme: str | None) -> None:
    """Show all panels with their progress, and update them until all maps are finished. `which` names the network."""

    def draw() -> None:
        progress = [map_jobs.progress(key) for key in keys]
        ranked = ranking(panels, progress)
        both = (*ranked[:1], *ranked[-1:])
        ends = {panels[at].request.map_id: of for at in both if (of := progress[at].embedding)}
        means = trusted(ranked, progress)
        words = (
            _("**1. Best: {name}** :small[{method}]"),
            _("**{count}. Worst: {name}** :small[{method}]"),
        )
        called = dict(zip(both, words, strict=False)) if means else {}
        first = ranked or [number - 1 for number in BEST_FIRST]
        pixels = [number - 1 for number in BEST_FIRST if number - 1 not in first]  # those that failed
        places = [*first[:-1], *pixels, *first[-1:]]
        order = [*places, *(number for number in range(len(panels)) if number not in places)]
        with st.container(key="gallery_maps"):
            for place, number in enumerate(order, 1):
                with st.container(key=f"panel_{number + 1}"):
                    _panel(number, first, ends, panels[number], progress[number], theme, called.get(number, ""))
                if place == 1:
                    coming = len([each for each in progress if each.state != MapState.FAILED])
                    told = " data-told" if ends and not means else ""  # there is nothing to ask
                    said = f'<p class="digitviz-least" data-maps="{coming}"{told}></p><span>{MIXED}</span>'
                    with st.container(key="gallery_means"):
                        st.html(said + means)
                        good = _("**A good map keeps digits that look alike together.**")
                        more = _("Point at any dot, or see [another digit](#another).") if ends else ""
                        st.markdown(joined([good, more]))
            _how_far(which, panels, progress)

    map_jobs.live(lambda: map_jobs.busy(keys), draw)


def ranking(panels: Sequence[Wanted], progress: Sequence[MapProgress]) -> list[int]:
    """Return the indices of the maps of the pixels, the one with the most real neighbours first.

    Empty until all maps are finished. Maps of other points and failed maps have no rank, because their numbers cannot
    be compared with others.
    """
    if not all(each.finished for each in progress):
        return []
    found = {at: each.embedding for at, each in enumerate(progress) if each.embedding and panels[at].of.name == PIXELS}
    return sorted(found, key=lambda at: -found[at].real_neighbours)


def trusted(ranked: Sequence[int], progress: Sequence[MapProgress]) -> str:
    """Ask for the map to trust, and say it after the guess. Empty if the first or the last map is not alone."""
    found = [round(of.real_neighbours, 2) for at in ranked if (of := progress[at].embedding)]
    if len(found) < 2 or found[0] == found[1] or found[-2] == found[-1]:
        return ""
    which = _("Trust map 1 most and map {last} least.").format(last=len(ranked))
    dot, ask = _("Each dot is one digit."), _("Which map keeps this one near its ten look-alikes?")
    guess = f'<div class="digitviz-guess"><b><small>{dot}</small> {ask}</b><div></div></div>'
    return f'{guess}<p><b><span class="digitviz-verdict"></span> {which}</b></p>'


def _of_ten(progress: MapProgress) -> str:
    return "" if progress.embedding is None else numeral(10 * progress.embedding.real_neighbours, ".1f")


def which_network(run: TrainingRun, now: Snapshot) -> str:
    """Say at which point in training the network of a run is mapped."""
    if now.step:
        words = _("The hidden-layer and label maps show the network after {step} steps.")
        return words.format(step=numeral(now.step))
    if run.recipe.start is not None:
        return _("The hidden-layer and label maps show the network with your imported weights.")
    return _("The hidden-layer and label maps show the untrained network.")


def _how_far(which: str, panels: Sequence[Wanted], progress: Sequence[MapProgress]) -> None:
    """Show how many maps are finished, which network they show, and how to replay a map."""
    done, pixels = sum(each.finished for each in progress), sum(each.of.name == PIXELS for each in panels)
    ends = _("{done} of {count} maps finished: {pixels} of pixels, {others} of the network")
    finished = ends if done == len(panels) else _("{done} of {count} maps finished")
    finished = finished.format(done=done, count=len(panels), pixels=pixels, others=len(panels) - pixels)
    again = _("Press ▶ to watch a map settle.") if any(each.moments for each in progress) else ""
    with st.container(key="gallery_progress"):
        st.markdown(f"**{finished}**\n\n{which}\n\n{again}")


def _panel(
    at: int,
    first: Sequence[int],
    ends: Mapping[str, Embedding],
    panel: Wanted,
    progress: MapProgress,
    theme: str | None,
    called: str,
) -> None:
    """Show a map, its name, and if it is ranked its rank and how many look-alikes stay close.

    The first and the last of the best are large: the one to trust most, and the one to trust least. Once there are
    ranks, these two are the `ends`, by id. The first has the examples of their difference.
    """
    number, is_large, is_ranked = at + 1, at in (*first[:1], *first[-1:]), bool(ends) and at in first
    is_first = at == first[0]
    method, embedding, is_coming = METHODS[panel.request.method], progress.embedding, progress.state == MapState.MOVING
    name = f"**{panel.title}**"
    if panel.of.name == PIXELS:
        rank = f"{first.index(at) + 1}. " if is_ranked else ""
        words = called or f"**{rank}{{name}}**"
        name = words.format(name=str(method.nickname), method=str(method.title), count=len(first))
    there = {"space": panel.of.name, "method": method.name}
    st.page_link("pages/map.py", label=name, query_params=there, help=str(method.description))

    def build() -> Plain:
        if progress.state == MapState.FAILED or progress.coordinates is None or panel.of.labels is None:
            is_brief = panel.of.name == PIXELS and not is_large and progress.state == MapState.FAILED
            return figures.waiting.plain(str(progress.state.value) if is_brief else map_jobs.coming(progress), theme)
        said = _("iteration {number}")
        moments = [(said.format(number=iteration), places) for iteration, places in progress.moments]
        figure = figures.digit_map.plain(
            progress.coordinates, panel.of.labels, moments, theme, written=22 if is_large else 18
        )
        words = "" if panel.of.name == LABELS else _("{share} mixed")
        lit = {"titles": [[""]], "done": embedding is not None, "words": words, "leads": is_large}
        if kind_of_points(panel.of.name) == DIGITS:
            both = [*ends.values()] if is_first else []
            lit["found"] = sheet_address(DIGITS), both[0].contrasts(both[-1], panel.of.labels) if both else []
        figure["layout"]["meta"] |= {"lit": lit, "phone_words": 13, "phone_marker": 17}
        return figure

    drawn = theme, is_large, *(ends if is_first else ())
    content = None if embedding is None else (panel.request.map_id, len(progress.moments), *drawn)
    if now := map_jobs.how_it_stands(progress) if is_coming else equal_words(panel.of):
        st.container(key=f"now_{number}").markdown(now)
    plot(f"map_{number}", (progress.mark, *drawn), build, height=HEIGHT, main=is_first, content=content)
    if is_ranked and embedding is not None:
        words = (_("{count} of 10 on average") if is_large else _("{count} of 10")).format(count=_of_ten(progress))
        st.html(f'<div class="digitviz-real" style="--share: {embedding.real_neighbours:.0%}">{words}</div>')


def rows_of(coordinates: np.ndarray, labels: np.ndarray | None) -> Iterator[list[object]]:
    """Yield a row per point: its index from 0, its label (empty if it has none) and its coordinates."""
    for index, place in enumerate(coordinates.tolist()):
        yield [index, "" if labels is None else int(labels[index]), *place]


def coordinates_csv(embedding: Embedding, labels: np.ndarray | None) -> bytes:
    """Return a map as CSV; see `rows_of`."""
    header = ["index", "label", *"xyz"[: embedding.coordinates.shape[1]]]
    return csv_of(header, rows_of(embedding.coordinates, labels))


def map_download(wanted: Wanted, number: int, embedding: Embedding | None, ending: str = "") -> None:
    """Show the CSV download of a map, numbered as on the page. It is disabled until the map is finished."""
    name = f"digitviz-{wanted.request.method}-{wanted.of.name}{ending}.csv"
    label = _("{title} (CSV)").format(title=wanted.title)
    table_download(label, f"download_map_{number}", embedding, wanted.of.labels, name)


def table_download(label: str, key: str, embedding: Embedding | None, labels: np.ndarray | None, name: str) -> None:
    """Show the download button for a map as a table. It is disabled until the map is finished."""

    def make() -> File:
        assert embedding is not None
        return File(coordinates_csv(embedding, labels), name, CSV)

    download(label, key, make, disabled=embedding is None)


def downloads(panels: list[Wanted], keys: list[str]) -> None:
    """Show the numbers and the downloads of the maps when the visitor opens them. Call this as a fragment."""
    progress = partial(map, map_jobs.progress, keys)  # only if opened
    numbers = st.expander(_("The numbers behind the maps"), key="numbers_box", on_change="rerun")
    if numbers.open:
        line, stand = _("**{name}**: {value}"), map(map_jobs.how_it_stands, progress())
        lines = (line.format(name=panel.title, value=each) for panel, each in zip(panels, stand, strict=True))
        numbers.markdown("\n".join(f"- {each}" for each in lines))
        numbers.caption("\n\n".join(map(str, HOW_TO_READ)))
    box = st.expander(_("Downloads"), key="downloads_box", on_change="rerun")
    if box.open:
        with box, st.container(horizontal=True, key="downloads"):
            for number, (panel, each) in enumerate(zip(panels, progress(), strict=True), start=1):
                map_download(panel, number, each.embedding)
    st.caption(_("To save a picture, hover over a map and press PNG or SVG. On a phone, open its tools (⋯) first."))
