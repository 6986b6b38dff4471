"""The points of the large map: their descriptions, the neighbours of the clicked point, and the selected points."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import streamlit as st

from digitviz import figures
from digitviz.dashboard.components.plot import plot
from digitviz.dashboard.maps.controls import equal_words
from digitviz.dashboard.maps.shown import Shown, clear
from digitviz.dashboard.runtime.shared import shared
from digitviz.dashboard.session import current_run
from digitviz.dashboard.session.downloads import CSV, File, download
from digitviz.datasets import PIXEL_MAX, DigitDataset
from digitviz.figures.colours import DIGIT_COLOURS, LABEL_BOX_COLOUR, LABEL_COLOUR
from digitviz.language import gettext as _
from digitviz.language import joined, lazy_gettext, ngettext
from digitviz.lesson.batch import clear_examples
from digitviz.networks.network import Network
from digitviz.numbers import numeral
from digitviz.projections import KeptNeighbours, Neighbours
from digitviz.projections.spaces import DIGITS, LABELS, W1_ROWS, pictures
from digitviz.table import csv_of

MAX_LISTED = 30
"""Maximum number of selected points shown as pictures; the CSV lists all."""
ROW = 5
"""Number of pictures in a row of the selection."""
ROW_HEIGHT = 108
NEAREST_HEIGHT = 290
SIDE = 8
ON_HOVER = {
    DIGITS: lazy_gettext("label {1} · #{4}<br>read as {2} ({3}%)"),
    W1_ROWS: lazy_gettext("pixel in row {1}, column {2}<br>ink on average {3}%"),
    LABELS: lazy_gettext("label {1}: the mean of its digits"),
}
"""Hover texts by kind of point; {1} is the second number of a point."""
KINDS = tuple(ON_HOVER)


def packed(kind: str) -> bytes:
    """Return the pictures of all points of a kind, concatenated, 64 bytes each, with ink from 0 to 16."""
    return shared().get(_pack, kind)


def _pack(kind: str) -> bytes:
    return pictures(kind, current_run.mapped_digits()).tobytes()


def sheet_address(kind: str) -> str:
    """Return the URL of the pictures of a kind."""
    return f"digitviz-assets/pictures/{kind}?v={hashlib.sha256(packed(kind)).hexdigest()[:12]}"


def faces(panels: int) -> dict[str, object]:
    """Return the entry `faces` of a figure with maps of the digits: a clear picture of each, next to its number."""
    of = [[index, label, DIGIT_COLOURS[label]] for label, index in clear_examples(current_run.mapped_digits()).items()]
    box = LABEL_BOX_COLOUR, LABEL_COLOUR
    return {"faces": {"sheet": sheet_address(DIGITS), "of": of, "box": box, "panels": panels}}


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

    def number(self, index: int) -> int:
        """Return the number of a point on the screen: from 1, or the digit of a label."""
        return index if self.kind == LABELS else index + 1

    def mark(self, index: int) -> str:
        """Name a point by its label, or by row and column."""
        if self.kind == W1_ROWS:
            return f"{index // SIDE + 1}, {index % SIDE + 1}"
        return str(index if self.kind == LABELS else self.digits.labels[index])

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
        said = _("Digit #{number}, label {digit}, read as {read} {sign}")
        return said.format(number=index + 1, digit=digit, read=read, sign="✓" if read == digit else "✗")

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


def nearest(maps: Sequence[Shown], points: Points, picked: int | None) -> None:
    """Show the nearest neighbours of the clicked point in each map and in its data, side by side."""
    if picked is None:
        st.caption(_("**Select** a point to see its nearest neighbours, on the map and in the data."))
        return
    title = _("The digits most like this {digit}") if points.kind == DIGITS else _("Nearest neighbours")
    st.header(title.format(digit=points.mark(picked)))
    sides = [_("Left, closest in the data:"), _("Right, closest in the data:")] if len(maps) > 1 else [""]
    for number, (column, one, side) in enumerate(zip(st.columns(len(maps)), maps, sides, strict=True), start=1):
        with column:
            if one.embedding is None:
                st.caption(_("This map is not finished."))
                continue
            found = one.kept(picked)
            _tiles(f"map_nearest_{number}_data", points, found.in_data, found)
            with st.container(key=f"map_verdict_{number}"):
                st.markdown(joined([side, equal_words(one.wanted.of) or _how_many_stay(found)]))
    _bar(points.described(picked), "picked")


def closest(maps: Sequence[Shown], points: Points, picked: int) -> None:
    """Show the points closest to the clicked one on each finished map, side by side."""
    for number, (column, one) in enumerate(zip(st.columns(len(maps)), maps, strict=True), start=1):
        if one.embedding is not None:
            with column:
                _tiles(f"map_nearest_{number}_map", points, (found := one.kept(picked)).in_map, found)


def _how_many_stay(found: KeptNeighbours) -> str:
    """Say how many neighbours a map keeps, and how many it separates if there are any."""
    count, kept, separated = len(found.in_data.indices), len(found.common), len(found.separated)
    near = count - kept - separated  # the three add up to the count
    words = ngettext(
        "**{kept} of these {count} stays close** on the map (green frame).",
        "**{kept} of these {count} stay close** on the map (green frames).",
        kept,
    ).format(kept=kept, count=count)
    far = ngettext(
        "**{separated} ends up far away** (red, dashed).", "**{separated} end up far away** (red, dashed).", separated
    ).format(separated=separated)
    moved = ngettext("{near} is a bit further away (thin frame).", "{near} are a bit further away (thin frames).", near)
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
    hover = [
        said.format(name=points.name(index), distance=numeral(distance, ".3g"))
        for index, distance in zip(indices, neighbours.distances, strict=True)
    ]
    build = partial(figures.picture_tiles.plain, images, captions, ROW, framed, 18, hover, below=4)
    plot(key, (images.tobytes(), tuple(hover), tuple(framed)), build, height=NEAREST_HEIGHT)


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
    build, height = partial(figures.picture_tiles.plain, images, captions, row), -(-len(listed) // row) * ROW_HEIGHT
    plot("map_chosen", (images.tobytes(), tuple(captions), row), build, height=height)
    if len(chosen) > MAX_LISTED:
        said = _("Showing the first {shown}. The numbers below and the CSV list all {count}.")
        st.caption(said.format(shown=MAX_LISTED, count=numeral(len(chosen))))
    numbers = ", ".join(str(points.number(index)) for index in chosen.tolist())
    st.code(numbers, language=None, wrap_lines=True, height=110)
