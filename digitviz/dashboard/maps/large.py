"""The large map, or two side by side, with their progress and the clicked and selected points."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np
import streamlit as st

from digitviz import figures
from digitviz.dashboard.components.frame import announce
from digitviz.dashboard.components.plot import plot, sent
from digitviz.dashboard.components.term import sentences
from digitviz.dashboard.maps.controls import Wanted, equal_words, which_network
from digitviz.dashboard.maps.gallery import map_download, sheet_address
from digitviz.dashboard.session import current_run, map_jobs
from digitviz.dashboard.session.downloads import CSV, File, download
from digitviz.dashboard.session.lease import withdraw
from digitviz.dashboard.session.map_jobs import MapProgress, MapState, Reason
from digitviz.dashboard.session.storage import MAPS
from digitviz.datasets import PIXEL_MAX, DigitDataset
from digitviz.figures.picture import Plain
from digitviz.language import gettext as _, joined, lazy_gettext, ngettext
from digitviz.networks.network import Network
from digitviz.networks.parameters import OUTPUTS
from digitviz.numbers import a_digit, in_percent, numeral
from digitviz.projections import (
    METHODS,
    Alignment,
    Embedding,
    KeptNeighbours,
    Neighbours,
    align,
    kept_neighbours,
    separated_neighbours,
)
from digitviz.projections.spaces import DIGITS, LABELS, PIXELS, W1_ROWS, cloud_centres, kind_of_points, pictures
from digitviz.table import csv_of
from digitviz.training.run import Snapshot

PLOT = "map_large"
"""Key of the plot."""
HEIGHT = 470
NEIGHBOURS = 10
MAX_PAIRS = 100
"""Maximum number of separated pairs drawn; more would merge into a grey area."""
MAX_LISTED = 30
"""Maximum number of selected points shown as pictures; the CSV lists all."""
ROW = 5
"""Number of pictures in a row of the selection."""
ROW_HEIGHT = 108
NEAREST_HEIGHT = 270
SIDE = 8
ON_HOVER = {
    DIGITS: lazy_gettext("label {1} · #{4}<br>read as {2} ({3}%)"),
    W1_ROWS: lazy_gettext("pixel in row {1}, column {2}<br>ink on average {3}%"),
    LABELS: lazy_gettext("label {1}: the mean of its digits"),
}
"""Hover texts by kind of point; {1} is the second number of a point."""


def view(wanted: list[Wanted], mapped: Snapshot, again: bool, more: Any) -> None:
    """Show one or two maps with the clicked and selected points until they are finished. `more` takes the switches."""
    keys = [one.request.id for one in wanted]
    stopped, left = st.session_state.get("map_stopped", (None, []))
    is_stopped = stopped == keys and not again
    if not is_stopped:
        st.session_state.pop("map_stopped", None)
        map_jobs.ask((one.request for one in wanted), again=again)
    points = Points.of(kind_of_points(wanted[0].of.name), mapped.network)
    with more:
        ringed, pairs = _switches(points)

    def draw() -> None:
        now = left if is_stopped else [map_jobs.progress(key) for key in keys]
        maps, about = placed(wanted, now), (points.kind, wanted[0].of.count)
        separated = separated_pairs(maps) if pairs else None
        own = picked(*about, maps[0].embedding, points.digits.labels)
        things, riddle = points.things(ringed, selected(*about), own), _riddle(maps, points, own)
        if riddle and _guess_of(own) is None:
            things = replace(things, asked=sorted(riddle), described="", words="#%{customdata[4]}")
        both = st.container(key="map_both")  # one element at all times, so that the browser keeps the map
        with both.container():
            _status(maps, bool(things.asked))
            _picture(maps, things, points.kind, separated)
            _disparities(maps)
        with both.container(key="map_below" if things.asked or len(wanted) > 1 else "map_beside"):
            nearest(maps, points, things, riddle)
            selection(points, things.selected, rows_of=1 if len(wanted) == 1 else 3)
            title = _("Closest on the map, and how far to trust it")
            with st.expander(title, key="map_trust", on_change="rerun") as box:
                if box.open and things.picked is not None and not things.asked:
                    closest(maps, points, things.picked)
                _words(maps, separated)
                sentences("dimensionality_reduction", "trustworthiness")
                st.caption(
                    _(
                        "Where this [map](#term-dimensionality_reduction) pulls look-alikes apart, do not "
                        "[trust](#term-trustworthiness) it."
                    )
                )
                st.caption(
                    _("To list some points, press **Tools** in 2D, then **Box** or **Lasso**, and draw around them.")
                )
                _downloads(maps)

    map_jobs.live(lambda: not is_stopped and map_jobs.busy(keys), draw)
    which_network(mapped)
    st.page_link("pages/draw.py", label=_("See your own drawing on a map"), icon=":material/draw:")


def _switches(points: Points) -> tuple[bool, bool]:
    """Show the switches. Return whether to circle misclassified digits, and whether to join separated neighbours."""
    wrong, count = len(points.misclassified), len(points.digits)
    circle = _("Circle misclassified digits: {wrong} of {count}").format(wrong=numeral(wrong), count=numeral(count))
    ringed = points.kind == DIGITS and st.toggle(circle, key="map_rings", persist_state="session")
    pairs = st.toggle(_("Show the neighbours this map separates most"), key="map_pairs", persist_state="session")
    return bool(ringed), bool(pairs)


def _status(maps: list[Shown], is_asked: bool) -> None:
    """Show the progress and the button that stops the computation, then what the map is and what to do."""
    busy = [one for one in maps if not one.progress.finished]
    with st.container(horizontal=True, vertical_alignment="center", key="map_status"):
        if not busy:
            first = maps[0].wanted
            placed_by = _("placed by how alike their pixels are") if first.of.name == PIXELS else first.title
            name = f"**{METHODS[first.request.method].nickname!s}** · {placed_by}"
            what = name if len(maps) == 1 else _("Two maps of the same points")
            asks, says = (
                _("The map puts those that **look alike** together."),
                _("**Pick any dot** to see what is most like it."),
            )
            st.caption(asks if is_asked else f"{what} · {says}")
            for one in maps:
                if one.progress.state == MapState.FAILED:
                    st.warning(map_jobs.why_not(one.progress))
            return
        now = [one.progress for one in maps]
        done = [each.finished or min(1, each.iteration / max(each.iterations, 1)) for each in now]
        st.progress(float(np.mean(done)), map_jobs.how_it_stands(busy[0].progress))
        if st.button(_("Stop"), key="map_stop", icon=":material/stop:"):
            ended: dict[str, Any] = {"state": MapState.FAILED, "reason": Reason.STOPPED, "mark": object()}
            left = [replace(one.progress, **ended) if one in busy else one.progress for one in maps]
            st.session_state["map_stopped"] = [one.wanted.request.id for one in maps], left
            withdraw(MAPS)
            st.rerun()


def _picture(maps: list[Shown], things: figures.Things, kind: str, separated: list[np.ndarray] | None) -> None:
    """Draw one or two maps, with lines between `separated` neighbours, and handle clicks and selections."""

    def build() -> Plain:
        views = []
        for number, one in enumerate(maps):
            if one.at is None:
                return figures.waiting.plain(map_jobs.coming(one.progress), None, one.wanted.title)
            view = figures.MapView(one.at, one.wanted.title, f"{one.wanted.family} {one.wanted.request.seed}")
            if things.labels is not None:
                view = replace(view, centres=cloud_centres(one.at, things.labels))
            if one.embedding is not None and things.picked is not None and not things.asked:
                kept = one.kept(things.picked)
                near = kept.in_data.indices
                torn = kept.separated if st.session_state.get("map_far") else kept.separated[:0]
                near = np.setdiff1d(near, np.setdiff1d(kept.separated, torn))
                view = replace(view, near=near, moved=np.setdiff1d(near, kept.common), torn=torn)
            if separated is not None:
                view = replace(view, pairs=separated[number][:MAX_PAIRS])
            views.append(view)
        figure = figures.large_map.plain(things, views)
        figure["layout"]["meta"]["map"]["sheet"] = sheet_address(kind)
        return figure

    at = tuple((one.progress.mark, None if one.at is None else one.at.tobytes()) for one in maps)
    marked = things.selected.tobytes(), things.picked, things.misread.tobytes(), tuple(things.asked)
    asked = (things.picked, things.labels) if things.asked else (None, None)
    click = partial(take_click, kind, len(things.numbers), *asked)
    select = partial(take_selection, kind, len(things.numbers))
    fingerprint = at, things.ringed, separated is not None, marked, st.session_state.get("map_far")
    plot(PLOT, fingerprint, build, height=HEIGHT, main=True, on_click=click, on_select=select)


def _words(maps: list[Shown], separated: list[np.ndarray] | None) -> None:
    """Describe the quality of the maps, the reduced options, and the separated neighbours."""
    sides = (f"{maps[0].wanted.title}:",) if len(maps) == 1 else (_("Left:"), _("Right:"))
    for number, (one, side) in enumerate(zip(maps, sides, strict=True)):
        notes = [] if one.embedding is None else [note.said() for note in one.embedding.notes]
        st.caption("  \n".join([joined([side, map_jobs.how_it_stands(one.progress)]), *notes]))
        if separated is not None and one.embedding is not None:
            st.caption(joined([side, _words_on_separated(len(separated[number]))]))


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
            map_download(one.wanted, number, one.embedding, f"-seed-{one.wanted.request.seed}")


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
        """Compare a point's neighbours in the data with those in the finished map: fewer than half of all points."""
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


def separated_pairs(maps: Sequence[Shown]) -> list[np.ndarray]:
    """Return the pairs of neighbours that each map separates, shape (m, 2), none before it is finished.

    Those of the maps shown last are kept, because they take 0.1 s each.
    """
    marks = [one.progress.mark for one in maps]
    seen, pairs = st.session_state.get("map_separated", (None, []))
    if seen != marks:
        none = np.empty((0, 2), dtype=np.int64)
        both = [(one.wanted.of.points, one.embedding) for one in maps]
        pairs = [separated_neighbours(of, to.coordinates, NEIGHBOURS) if to else none for of, to in both]
        st.session_state["map_separated"] = marks, pairs
    return pairs


def picked(kind: str, count: int, embedding: Embedding | None = None, labels: np.ndarray | None = None) -> int | None:
    """Return the index of the clicked point if it is of this kind, at first that of a surprising digit."""
    if "map_picked" not in st.session_state:
        return None if kind != DIGITS or embedding is None or labels is None else embedding.stray(labels)
    of, index = st.session_state["map_picked"]
    return index if of == kind and index < count else None


def selected(kind: str, count: int) -> np.ndarray:
    """Return the indices of the selected points if they are of this kind."""
    of, indices = st.session_state.get("map_selected", ("", ()))
    return np.array([index for index in indices if index < count] if of == kind else [], dtype=np.int64)


def take_click(kind: str, count: int, asked: int | None = None, labels: np.ndarray | None = None) -> None:
    """Store the clicked point, or if one is `asked`, the guess with which digits it lies: those of a button or point.

    The browser's value is untrusted.
    """
    click = sent(PLOT, "click")
    click = click if isinstance(click, dict) else {}
    guess, numbers = _index(click.get("guess"), OUTPUTS), click.get("customdata")
    if isinstance(numbers, dict):  # numbers of one type arrive as an object
        numbers = list(numbers.values())
    index = _index(numbers[0], count) if isinstance(numbers, list) and numbers else None
    if guess is None and index is not None and labels is not None:
        guess = int(labels[index])
    if asked is not None and guess is not None:
        st.session_state["map_guess"] = asked, guess
    elif index is not None:
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


@dataclass(frozen=True, eq=False)
class Points:
    """The points of a map, with the network's answers for the digits.

    Parameters
    ----------
    kind : str
        See `kind_of_points`.
    digits : DigitDataset
        Digits of the data set, for every kind.
    predicted, percent : ndarray of int, shape (n,)
        The network's answer for each digit, and its probability.
    """

    kind: str
    digits: DigitDataset
    predicted: np.ndarray
    percent: np.ndarray

    @classmethod
    def of(cls, kind: str, network: Network) -> Points:
        """Classify the data set with a network."""
        digits = current_run.mapped_digits()
        probabilities = network.predict_proba(digits.pixels)
        percent = np.round(100 * np.nan_to_num(probabilities.max(axis=1))).astype(int)
        return cls(kind, digits, probabilities.argmax(axis=1), percent)

    @property
    def misclassified(self) -> np.ndarray:
        """Indices of the digits that the network misclassifies."""
        return np.flatnonzero(self.predicted != self.digits.labels)

    def group(self, found: KeptNeighbours, index: int) -> int | None:
        """Return the label of most digits around a digit on a map, if it is another than its own."""
        counts = np.bincount(self.digits.labels[found.in_map.indices]) if self.kind == DIGITS else np.zeros(1)
        most = int(counts.argmax())
        return most if 2 * counts[most] > len(found.in_map.indices) and most != self.digits.labels[index] else None

    def number(self, index: int) -> int:
        """Return the number of a point on the screen: from 1, or the digit of a label."""
        return index if self.kind == LABELS else index + 1

    def mark(self, index: int) -> str:
        """Name a point by its label, or by row and column."""
        if self.kind == W1_ROWS:
            return f"{index // SIDE + 1}, {index % SIDE + 1}"
        return str(index if self.kind == LABELS else self.digits.labels[index])

    def short(self, index: int) -> str:
        """Name a point in two words."""
        return _("this {digit}").format(digit=self.mark(index)) if self.kind == DIGITS else _("this point")

    def name(self, index: int) -> str:
        """Name a point in a few characters."""
        mark = self.mark(index)
        return mark if self.kind == W1_ROWS else _("label {digit}").format(digit=mark)

    def described(self, index: int) -> str:
        """Describe a point in a few words."""
        if self.kind == W1_ROWS:
            return _("The pixel in row {row}, column {column}").format(row=index // SIDE + 1, column=index % SIDE + 1)
        if self.kind == LABELS:
            return _("Label {digit}").format(digit=index)
        digit, read = self.digits.labels[index], self.predicted[index]
        right = _("Digit #{number}, label {digit}, read as {read}")
        said = right if read == digit else _("Digit #{number}, label {digit}, read as {read}: wrong")
        return said.format(number=index + 1, digit=digit, read=read)

    def things(self, ringed: bool, selected: np.ndarray, picked: int | None) -> figures.Things:
        """Return the points as the map's figure needs them, with the misclassified digits circled if `ringed`."""
        words = str(ON_HOVER[self.kind]).format(*(f"%{{customdata[{place}]}}" for place in range(5)))
        said: dict[str, Any] = {"words": words, "selected": selected, "picked": picked}
        said["described"] = "" if picked is None else self.described(picked)
        if self.kind == W1_ROWS:
            ink = self.digits.pixels.mean(axis=0) / PIXEL_MAX
            rows, columns = np.divmod(np.arange(len(ink)), SIDE)
            numbers = np.stack([np.arange(len(ink)), rows + 1, columns + 1, np.round(100 * ink)], axis=1)
            return figures.Things(numbers, shades=ink, **said)
        if self.kind == LABELS:
            labels = np.arange(10)
            return figures.Things(np.stack([labels, labels], axis=1), labels=labels, **said)
        indices, labels = np.arange(len(self.digits)), self.digits.labels
        numbers = np.stack([indices, labels, self.predicted, self.percent, indices + 1], axis=1)
        return figures.Things(numbers, labels=labels, misread=self.misclassified, ringed=ringed, **said)

    def csv(self, chosen: np.ndarray) -> bytes:
        """Return some points as CSV: index from 0, and for a digit its label and the network's answer."""
        labels, read = self.digits.labels, self.predicted
        of_digit = self.kind == DIGITS
        rows = ([i, int(labels[i]), int(read[i])] if of_digit else [i, "", ""] for i in chosen.tolist())
        return csv_of(["index", "label", "read"], rows)


def nearest(maps: Sequence[Shown], points: Points, things: figures.Things, riddle: list[int] | None) -> None:
    """Show the nearest neighbours of the clicked point in the data of each map, after a verdict on the `riddle`."""
    picked = things.picked
    if things.asked:
        return
    if picked is None:
        st.caption(_("**Select** a point to see its nearest neighbours, on the map and in the data."))
        return
    title = _title(maps, points, picked)
    if riddle:
        among, own = riddle
        right, wrong = (
            _("Right: with the {other}s, although it is {digit}."),
            _("No: with the {other}s, although it is {digit}."),
        )
        title = (right if _guess_of(picked) == among else wrong).format(other=among, digit=a_digit(own))
        announce("map_answered", title, is_answer=True)
    st.header(title)
    sides = [_("Left, closest in the data:"), _("Right, closest in the data:")] if len(maps) > 1 else [""]
    for number, (column, one, side) in enumerate(zip(st.columns(len(maps)), maps, sides, strict=True), start=1):
        with column:
            if one.embedding is None:
                st.caption(_("This map is not finished."))
                continue
            found = one.kept(picked)
            _tiles(f"map_nearest_{number}_data", points, found.in_data, found)
            with st.container(key=f"map_verdict_{number}"):
                group = points.group(found, picked)
                alike = [] if group is None else [_how_many_are(group, points.digits.labels[found.in_data.indices])]
                kept = joined([side, equal_words(one.wanted.of) or _how_many_stay(found)])
                st.markdown("  \n".join([*alike, kept]))  # two bold ends must not meet
    row = _bar(points.described(picked), "picked")
    if any(one.embedding and len(one.kept(picked).separated) for one in maps):
        row.toggle(_("Show far ones on the map"), key="map_far", persist_state="session")


def _guess_of(index: int | None) -> int | None:
    guessed, digit = st.session_state.get("map_guess", (None, None))
    return digit if guessed == index else None


def _riddle(maps: Sequence[Shown], points: Points, picked: int | None) -> list[int] | None:
    """Return the label of the digits around the surprising digit on a single map, and its own."""
    if "map_picked" in st.session_state or picked is None or len(maps) > 1 or maps[0].embedding is None:
        return None
    group = points.group(maps[0].kept(picked), picked)
    return None if group is None else [group, int(points.digits.labels[picked])]


def closest(maps: Sequence[Shown], points: Points, picked: int) -> None:
    """Show the points closest to the clicked one on each finished map, side by side."""
    for number, (column, one) in enumerate(zip(st.columns(len(maps)), maps, strict=True), start=1):
        if one.embedding is not None:
            with column:
                if not equal_words(one.wanted.of):
                    _bars(points, picked, one.kept(picked), one.embedding)
                _tiles(f"map_nearest_{number}_map", points, (found := one.kept(picked)).in_map, found)


def _bars(points: Points, picked: int, found: KeptNeighbours, embedding: Embedding) -> None:
    """Show how many of a point's neighbours stay close, above the same for the whole map."""
    share, kept, count = embedding.real_neighbours, len(found.common), len(found.in_data.indices)
    bars = (points.short(picked), kept / count, f"{kept} / {count}"), (_("whole map"), share, in_percent(share, 0))
    rows = (f'<span>{said}</span><b style="--share: {part:.0%}">{value}</b>' for said, part, value in bars)
    alike = _("Look-alikes that stay close on the map")
    said = alike if points.kind == DIGITS else _("Neighbours that stay close on the map")
    st.html(f'<div class="digitviz-shares"><p>{said}</p>{"".join(rows)}</div>')


def _title(maps: Sequence[Shown], points: Points, picked: int) -> str:
    """Say which look-alikes, labelled as the farthest, a single map puts into another group, or else what is shown."""
    if points.kind != DIGITS:
        return _("Nearest neighbours")
    labels, digit = points.digits.labels, points.mark(picked)
    found = maps[0].kept(picked) if len(maps) == 1 and maps[0].embedding is not None else None
    if found is not None and (group := points.group(found, picked)) is not None:
        return _("Why does this {digit} lie with the {other}s?").format(digit=digit, other=group)
    if found is not None and len(far := labels[found.separated]) and far[0] != labels[picked]:
        said = ngettext(
            "This {digit} also looks like this {other}, but the map puts them far apart",
            "This {digit} also looks like these {other}s, but the map puts them far apart",
            int((far == far[0]).sum()),
        )
        return said.format(other=far[0], digit=digit)
    return _("The digits most like this {digit}").format(digit=digit)


def _how_many_are(group: int, labels: np.ndarray) -> str:
    """Say how many of the nearest neighbours in the data have the label that most have on the map."""
    words = ngettext(
        "**{count} of the {all} digits most like it is {other}.**",
        "**{count} of the {all} digits most like it are {other}s.**",
        count := int((labels == group).sum()),
    )
    return words.format(count=count, all=len(labels), other=a_digit(group) if count == 1 else group)


def _how_many_stay(found: KeptNeighbours) -> str:
    """Say how many neighbours a map keeps, and how many it separates if there are any."""
    count, kept, separated = len(found.in_data.indices), len(found.common), len(found.separated)
    near = count - kept - separated  # the three add up to the count
    words = ngettext(
        "**{kept} of these {count} stays close** on the map (green).",
        "**{kept} of these {count} stay close** on the map (green).",
        kept,
    ).format(kept=kept, count=count)
    far = ngettext(
        "**{separated} ends up far away** (red, dashed).", "**{separated} end up far away** (red, dashed).", separated
    ).format(separated=separated)
    moved = ngettext("{near} is a bit further away (grey).", "{near} are a bit further away (grey).", near)
    return joined([words, *([moved.format(near=near)] if near else []), *([far] if separated else [])])


def _bar(words: str, which: str) -> st.delta_generator.DeltaGenerator:
    """Show the clicked or selected points with a Clear button. Return the row, so that callers can add buttons."""
    row = st.container(horizontal=True, vertical_alignment="center", key=f"map_{which}_row")
    row.markdown(words)
    row.button(_("Clear"), key=f"map_clear_{which}", on_click=clear, args=(which,))
    return row


def _tiles(key: str, points: Points, neighbours: Neighbours, found: KeptNeighbours) -> None:
    images = pictures(points.kind, points.digits)[neighbours.indices]
    indices = neighbours.indices.tolist()
    framed = [index in found.common or (None if index in found.separated else False) for index in indices]
    captions = [points.mark(index) for index in indices]
    said = _("{name}<br>distance {distance}")
    away = zip(map(points.name, indices), neighbours.distances, strict=True)
    hover = [said.format(name=name, distance=numeral(distance, ".3g")) for name, distance in away]
    plot(key, *figures.digits.picture_tiles.of(images, captions, ROW, framed, 18, hover, below=4), NEAREST_HEIGHT)


def selection(points: Points, chosen: np.ndarray, rows_of: int) -> None:
    """Show the selected points: the count of each digit, numbers, and pictures in rows of `rows_of` times `ROW`."""
    if not len(chosen):
        return
    st.header(_("Selected"))
    with _bar(_("**{count}** selected").format(count=numeral(len(chosen))), "selected"):
        download(_("CSV"), "download_selection", lambda: File(points.csv(chosen), "digitviz-selection.csv", CSV))
    if points.kind == DIGITS:
        counts = Counter(points.digits.labels[chosen].tolist()).most_common()
        wrong = int(np.isin(chosen, points.misclassified).sum())
        words = " · ".join(f"{count} × **{label}**" for label, count in counts)
        st.markdown(f"{words}  \n" + _("Misclassified: {count}.").format(count=wrong))
    listed, row = chosen[:MAX_LISTED], ROW * rows_of
    images = pictures(points.kind, points.digits)[listed]
    captions = [f"{points.name(index)}<br>#{points.number(index)}" for index in listed.tolist()]
    plot("map_chosen", *figures.digits.picture_tiles.of(images, captions, row), -(-len(listed) // row) * ROW_HEIGHT)
    if len(chosen) > MAX_LISTED:
        said = _("Showing the first {shown}. The numbers below and the CSV list all {count}.")
        st.caption(said.format(shown=MAX_LISTED, count=numeral(len(chosen))))
    numbers = ", ".join(str(points.number(index)) for index in chosen.tolist())
    st.code(numbers, language=None, wrap_lines=True, height=110)
