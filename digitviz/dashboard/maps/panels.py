"""Beside the large map: the nearest neighbours of the clicked point, and the selected points."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
import streamlit as st

from digitviz import figures
from digitviz.dashboard.components.plot import plot
from digitviz.dashboard.maps.controls import Wanted
from digitviz.dashboard.maps.shown import clear_picked, clear_selected
from digitviz.dashboard.session import current_run
from digitviz.dashboard.session.downloads import CSV, File, download
from digitviz.language import Lazy, lazy_gettext, ngettext
from digitviz.language import gettext as _
from digitviz.networks.network import Network
from digitviz.projections import Embedding, KeptNeighbours, Neighbours, kept_neighbours
from digitviz.projections.spaces import DIGITS, LABELS, W1_ROWS, pictures
from digitviz.table import csv_of

MAX_LISTED = 30
"""Selected points that are shown as pictures; the CSV lists all."""
ROW = 5
"""Pictures in a row of the selection."""
ROW_HEIGHT = 108
NEAREST_ROW = 3
NEAREST_HEIGHT = 360
SIDE = 8


@dataclass(frozen=True, eq=False)
class Predictions:
    """What a network predicts for the digits.

    Parameters
    ----------
    predicted, percent : ndarray of int, shape (n,)
        The digit, and its probability.
    misclassified : ndarray of int
        Which of them it misclassifies.
    """

    predicted: np.ndarray
    percent: np.ndarray
    misclassified: np.ndarray


def predict_digits(network: Network) -> Predictions:
    """Return what a network predicts for the data set."""
    digits = current_run.mapped_digits()
    probabilities = network.predict_proba(digits.pixels)
    predicted = probabilities.argmax(axis=1)
    percent = np.round(100 * np.nan_to_num(probabilities.max(axis=1))).astype(int)
    return Predictions(predicted, percent, np.flatnonzero(predicted != digits.labels))


@dataclass(frozen=True)
class Side:
    """Which of one or two maps it is, in words.

    Parameters
    ----------
    title : Lazy
        Over the nearest points in it.
    kept : Lazy
        How many of the nearest neighbours it keeps, moves off and separates.
    """

    title: Lazy
    kept: Lazy

    def sentence(self, found: KeptNeighbours) -> str:
        """Say what the map does with the nearest neighbours in the data: the three numbers add up to all of them."""
        count, kept, separated = len(found.in_data.indices), len(found.common), len(found.separated)
        return self.kept.format(count=count, kept=kept, near=count - kept - separated, separated=separated)


ALONE = Side(
    lazy_gettext("In the map"),
    lazy_gettext(
        "Of its {count} nearest neighbours in the data (◇), the map keeps {kept} among the nearest (✓), puts {near} a "
        "little farther off, and separates {separated} (red lines)."
    ),
)
ON_THE_LEFT = Side(
    lazy_gettext("In the map on the left"),
    lazy_gettext(
        "Of its {count} nearest neighbours in the data (◇), the map on the left keeps {kept} among the nearest (✓), "
        "puts {near} a little farther off, and separates {separated} (red lines)."
    ),
)
ON_THE_RIGHT = Side(
    lazy_gettext("In the map on the right"),
    lazy_gettext(
        "Of its {count} nearest neighbours in the data (◇), the map on the right keeps {kept} among the nearest (✓), "
        "puts {near} a little farther off, and separates {separated} (red lines)."
    ),
)


def nearest(
    maps: Sequence[tuple[Wanted, Embedding | None]], kind: str, looked_at: int | None, predictions: Predictions, k: int
) -> None:
    """Show the nearest neighbours of the picked point in each map and in its data, side by side.

    Parameters
    ----------
    maps : sequence of (Wanted, Embedding or None)
    kind : str
        Of the points.
    looked_at : int or None
        The picked one.
    predictions : Predictions
    k : int
        How many.
    """
    st.header(_("Nearest neighbours"))
    if looked_at is None:
        st.caption(_("**Select** a point to see its ten nearest neighbours, in the map and in the data."))
        return
    with st.container(horizontal=True, vertical_alignment="center", key="map_picked_row"):
        st.markdown(_described(kind, looked_at, predictions))
        st.button(_("Clear"), key="map_clear_picked", on_click=clear_picked)
    columns = iter(st.columns(2 * len(maps)))
    sides = (ALONE,) if len(maps) == 1 else (ON_THE_LEFT, ON_THE_RIGHT)
    said = []
    for number, ((wanted, embedding), side) in enumerate(zip(maps, sides, strict=True), start=1):
        in_map, in_data = next(columns), next(columns)
        in_map.markdown(f"**{side.title}**")
        in_data.markdown(_("**In its {dimensions}-D data**").format(dimensions=wanted.of.dimensions))
        if embedding is None:
            in_map.caption(_("This map is not finished."))
            continue
        kept = kept_neighbours(wanted.of.points, embedding.coordinates, looked_at, k)
        with in_map:
            _tiles(f"map_nearest_{number}_map", kind, kept.in_map, kept.common)
        with in_data:
            _tiles(f"map_nearest_{number}_data", kind, kept.in_data, kept.common)
        said.append(side.sentence(kept))
    for words in said:
        st.caption(words)


def _tiles(key: str, kind: str, neighbours: Neighbours, common: np.ndarray) -> None:
    images = pictures(kind, current_run.mapped_digits())[neighbours.indices]
    both = np.isin(neighbours.indices, common).tolist()
    captions = [
        f"{_name(kind, index)}{' ✓' if shared else ''}<br>{distance:.3g}"
        for index, distance, shared in zip(neighbours.indices.tolist(), neighbours.distances, both, strict=True)
    ]
    plot(
        key, (images.tobytes(), tuple(captions)), partial(figures.picture_tiles, images, captions, NEAREST_ROW, both),
        height=NEAREST_HEIGHT,
    )  # fmt: skip


def selection(kind: str, chosen: np.ndarray, predictions: Predictions, rows_of: int) -> None:
    """List the selected points: how many of each digit, as pictures, as numbers.

    Parameters
    ----------
    kind : str
        Of the points.
    chosen : ndarray of int
    predictions : Predictions
    rows_of : int
        How many times `ROW` pictures fit in a row.
    """
    st.header(_("Selected"))
    if not len(chosen):
        plane = _("Below the map, choose **Box** or **Lasso**, then draw around some points to list them here.")
        turned = _("In **2D**, choose **Box** or **Lasso**, then draw around some points to list them here.")
        st.caption(plane if st.session_state["map_dimensions"] == 2 else turned)
        return
    with st.container(horizontal=True, vertical_alignment="center", key="map_selected_row"):
        st.markdown(_("**{count}** selected").format(count=f"{len(chosen):,}"))
        st.button(_("Clear"), key="map_clear_selected", on_click=clear_selected)
        download(
            _("CSV"), "download_selection",
            lambda: File(selection_csv(kind, chosen, predictions), "digitviz-selection.csv", CSV),
        )  # fmt: skip
    if kind == DIGITS:
        counts = Counter(current_run.mapped_digits().labels[chosen].tolist()).most_common()
        wrong = int(np.isin(chosen, predictions.misclassified).sum())
        words = " · ".join(f"{count} × **{label}**" for label, count in counts)
        said = ngettext("{count} of them is misclassified.", "{count} of them are misclassified.", wrong)
        said = said.format(count=wrong) if wrong else _("None of them is misclassified.")
        st.markdown(f"{words}  \n{said}")
    listed, row = chosen[:MAX_LISTED], ROW * rows_of
    images = pictures(kind, current_run.mapped_digits())[listed]
    captions = [f"{_name(kind, index)}<br>#{_number(kind, index)}" for index in listed.tolist()]
    plot(
        "map_chosen", (images.tobytes(), tuple(captions), row),
        partial(figures.picture_tiles, images, captions, row), height=-(-len(listed) // row) * ROW_HEIGHT,
    )  # fmt: skip
    if len(chosen) > MAX_LISTED:
        said = _("The first {shown}; the numbers below and the CSV list all {count}.")
        st.caption(said.format(shown=MAX_LISTED, count=f"{len(chosen):,}"))
    st.code(
        ", ".join(str(_number(kind, index)) for index in chosen.tolist()), language=None, wrap_lines=True, height=110
    )


def selection_csv(kind: str, chosen: np.ndarray, predictions: Predictions) -> bytes:
    """Write the selected points: index, from 0, and of a digit its label and what the network reads."""
    labels = current_run.mapped_digits().labels
    rows = (
        [index, int(labels[index]), int(predictions.predicted[index])] if kind == DIGITS else [index, "", ""]
        for index in chosen.tolist()
    )
    return csv_of(["index", "label", "read"], rows)


def _number(kind: str, index: int) -> int:
    """Return a point's number as people count: from 1, but a label is called by its digit."""
    return index if kind == LABELS else index + 1


def _name(kind: str, index: int) -> str:
    """Name a point in two or three characters."""
    if kind == W1_ROWS:
        row, column = divmod(index, SIDE)
        return f"{row + 1}, {column + 1}"
    digit = index if kind == LABELS else current_run.mapped_digits().labels[index]
    return _("label {digit}").format(digit=digit)


def _described(kind: str, index: int, predictions: Predictions) -> str:
    if kind == W1_ROWS:
        return _("The pixel in row {row}, column {column}").format(row=index // SIDE + 1, column=index % SIDE + 1)
    if kind == LABELS:
        return _("The label {digit}").format(digit=index)
    sign = "✗" if index in predictions.misclassified else "✓"
    said = _("Digit #{number}, label {digit}, read as {read} {sign}")
    digit = current_run.mapped_digits().labels[index]
    return said.format(number=_number(kind, index), digit=digit, read=predictions.predicted[index], sign=sign)
