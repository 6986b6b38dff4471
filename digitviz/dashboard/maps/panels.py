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
from digitviz.dashboard.maps.marks import clear_picked, clear_selected
from digitviz.dashboard.session import current_run
from digitviz.networks.network import Network
from digitviz.projections import Embedding, Neighbours, kept_neighbours
from digitviz.projections.spaces import DIGITS, LABELS, W1_ROWS, pictures
from digitviz.table import csv_of

MOST_LISTED = 30
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
    st.subheader("Nearest neighbours")
    if looked_at is None:
        st.caption("**Click** a point: its ten nearest neighbours in the map and in the data appear here.")
        return
    with st.container(horizontal=True, vertical_alignment="center", key="map_picked_row"):
        st.markdown(_described(kind, looked_at, predictions))
        st.button("Clear", key="map_clear_picked", on_click=clear_picked)
    columns = iter(st.columns(2 * len(maps)))
    said = []
    for number, (wanted, embedding) in enumerate(maps, start=1):
        side = "" if len(maps) == 1 else (" on the left", " on the right")[number - 1]
        in_map, in_data = next(columns), next(columns)
        in_map.markdown(f"**In the map{side}**")
        in_data.markdown(f"**In its {wanted.of.dimensions}-D data**")
        if embedding is None:
            in_map.caption("This map is not finished.")
            continue
        kept = kept_neighbours(wanted.of.points, embedding.coordinates, looked_at, k)
        with in_map:
            _tiles(f"map_nearest_{number}_map", kind, kept.in_map, kept.common)
        with in_data:
            _tiles(f"map_nearest_{number}_data", kind, kept.in_data, kept.common)
        separated = len(kept.torn)
        said.append(
            f"✓ {len(kept.common)} of its {len(kept.in_data.indices)} nearest neighbours in the data (◇) are also "
            f"among the nearest in the map{side}; this map separates {separated} from it"
            + (": red lines lead there." if separated else ".")
        )
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
    st.subheader("Selected")
    if not len(chosen):
        how = "Below the map, choose" if st.session_state["map_dimensions"] == 2 else "In **2D**, choose"
        st.caption(f"{how} **Box** or **Lasso**, then draw around some points to list them here.")
        return
    with st.container(horizontal=True, vertical_alignment="center", key="map_selected_row"):
        st.markdown(f"**{len(chosen):,}** selected")
        st.button("Clear", key="map_clear_selected", on_click=clear_selected)
        st.download_button(
            "CSV", partial(selection_csv, kind, chosen, predictions), "digitviz-selection.csv", "text/csv",
            on_click="ignore", key="download_selection",
        )  # fmt: skip
    if kind == DIGITS:
        counts = Counter(current_run.mapped_digits().labels[chosen].tolist()).most_common()
        wrong = int(np.isin(chosen, predictions.misclassified).sum())
        words = " · ".join(f"{count} × **{label}**" for label, count in counts)
        st.markdown(f"{words}  \n{wrong or 'None'} of them {'is' if wrong <= 1 else 'are'} misclassified.")
    listed, row = chosen[:MOST_LISTED], ROW * rows_of
    images = pictures(kind, current_run.mapped_digits())[listed]
    captions = [f"{_name(kind, index)}<br>#{index}" for index in listed.tolist()]
    plot(
        "map_chosen", (images.tobytes(), tuple(captions), row),
        partial(figures.picture_tiles, images, captions, row), height=-(-len(listed) // row) * ROW_HEIGHT,
    )  # fmt: skip
    if len(chosen) > MOST_LISTED:
        st.caption(f"The first {MOST_LISTED}; the numbers below and the CSV list all {len(chosen):,}.")
    st.code(", ".join(map(str, chosen.tolist())), language=None, wrap_lines=True, height=110)


def selection_csv(kind: str, chosen: np.ndarray, predictions: Predictions) -> bytes:
    """Write the selected points: index, and of a digit its label and what the network reads."""
    labels = current_run.mapped_digits().labels
    rows = (
        [index, int(labels[index]), int(predictions.predicted[index])] if kind == DIGITS else [index, "", ""]
        for index in chosen.tolist()
    )
    return csv_of(["index", "label", "read"], rows)


def _name(kind: str, index: int) -> str:
    """Name a point in two or three characters."""
    if kind == W1_ROWS:
        row, column = divmod(index, SIDE)
        return f"{row}, {column}"
    return f"a {index if kind == LABELS else current_run.mapped_digits().labels[index]}"


def _described(kind: str, index: int, predictions: Predictions) -> str:
    if kind == W1_ROWS:
        return f"The pixel in row {index // SIDE}, column {index % SIDE}"
    if kind == LABELS:
        return f"The label {index}"
    sign = "✗" if index in predictions.misclassified else "✓"
    return f"Number {index}, {_name(kind, index)}, read as {predictions.predicted[index]} {sign}"
