"""When each digit was learnt, and which are the hardest."""

from __future__ import annotations

from typing import Any

import numpy as np

from digitviz.datasets import PIXEL_MAX
from digitviz.figures.colours import DIGIT_COLOURS, MUTED_COLOUR
from digitviz.figures.digits import tiles
from digitviz.figures.picture import Picture, Plain, plain_figure
from digitviz.figures.sentence import says
from digitviz.figures.theme import colour_axis
from digitviz.figures.thinning import evenly
from digitviz.language import gettext as _
from digitviz.language import ngettext

MOST_MARKS = 2_000
"""Digits that are drawn at most, evenly chosen."""
PER_COLUMN = 5
"""Marks above one another in a row; more of the same batch stand beside them."""
APART = 0.19
"""Distance of marks above one another; rows are 1 apart."""
BESIDE, WIDEST = 0.12, 0.5
"""Distance of marks beside one another, and of the first from the last at most, in doublings of batches."""
TICKS = (0, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000, 20_000, 50_000, 100_000)
"""Batches that may be written on the axis."""


def place_of(batches: np.ndarray) -> np.ndarray:
    """Return where a batch lies on the axis: most digits are learnt early, so each doubling takes the same room."""
    return np.log2(np.asarray(batches, float) + 1)


@Picture
def learnt_digits(since: np.ndarray, labels: np.ndarray, half: np.ndarray, last: int) -> Plain:
    """Draw for every digit the batch after which it stays correct; one row for each of the ten, a mark for each digit.

    A tall mark shows when half of a row are learnt. `customdata` of the others is the digit's number, from 0.

    Parameters
    ----------
    since : ndarray of int, shape (n,)
        Batches; -1 for never. See `digitviz.when_learnt`.
    labels : ndarray of int, shape (n,)
    half : ndarray of int, shape (10,)
        Batches after which half of each digit are; -1 for never.
    last : int
        Batches of the last stop.
    """
    shown = evenly(len(labels), MOST_MARKS)
    since, labels = since[shown], labels[shown]
    end = float(place_of(np.array(max(last, 1))))
    never = end + max(0.6, 0.09 * end)
    right, down = _heaps(since, labels)
    x = np.where(since < 0, never, place_of(np.maximum(since, 0))) + right
    ticks = [tick for tick in TICKS if tick <= last]
    told = [
        _told(label, number, batch)
        for label, number, batch in zip(labels.tolist(), shown.tolist(), since.tolist(), strict=True)
    ]
    figure = plain_figure(
        _halfway(half),
        {
            "type": "scatter", "x": x, "y": labels + down, "customdata": shown, "text": told, "mode": "markers",
            "marker": {
                "color": [DIGIT_COLOURS[label] for label in labels.tolist()], "size": 8,
                "symbol": np.where(since < 0, "x", "circle").tolist(),
            },
            "hovertemplate": "%{text}<extra></extra>",
        },
        xaxis={
            "title": {"text": _("batches until it stays correct")}, "zeroline": False,
            "range": [-0.25, never + 0.35], "tickvals": [*place_of(np.array(ticks)).tolist(), never],
            "ticktext": [*map("{:,}".format, ticks), _("never")],
        },
        yaxis={
            "title": {"text": _("digit")}, "dtick": 1, "range": [9.6, -0.6], "zeroline": False, "showgrid": False,
            "tickvals": list(range(10)),
        },
        shapes=_rows(never),
        hovermode="closest",
        showlegend=False,
        meta={"words_only": True},
    )  # fmt: skip
    return says(figure, _in_words(since, last))


def _told(label: int, number: int, batch: int) -> str:
    """Say of a digit when it was learnt; digits are counted from 1."""
    if batch < 0:
        return _("label {label}, #{number}<br>misclassified at the end").format(label=label, number=f"{number + 1:,}")
    words = _("label {label}, #{number}<br>correct from batch {batch} on")
    return words.format(label=label, number=f"{number + 1:,}", batch=f"{batch:,}")


def _halfway(half: np.ndarray) -> dict[str, Any]:
    """Return a tall mark in each row where half of its digits are learnt."""
    rows = np.flatnonzero(half >= 0)
    words = _("half of all {digit}s<br>correct from batch {batch} on")
    return {
        "type": "scatter", "x": place_of(half[rows]), "y": rows, "mode": "markers",
        "text": [words.format(digit=row, batch=f"{half[row]:,}") for row in rows.tolist()],
        "marker": {"symbol": "line-ns", "size": 30, "line": {"width": 3, "color": MUTED_COLOUR}},
        "hovertemplate": "%{text}<extra></extra>",
    }  # fmt: skip


def _heaps(since: np.ndarray, labels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return how far each mark is moved right and down, so that those of one heap do not cover one another."""
    right, down = np.zeros(len(since)), np.zeros(len(since))
    for label in np.unique(labels):
        for batch in np.unique(since[labels == label]):
            heap = np.flatnonzero((labels == label) & (since == batch))
            columns = -(-len(heap) // PER_COLUMN)
            column, row = np.arange(len(heap)) % columns, np.arange(len(heap)) // columns
            right[heap] = (column - (columns - 1) / 2) * min(BESIDE, WIDEST / max(columns - 1, 1))
            down[heap] = (row - (-(-len(heap) // columns) - 1) / 2) * APART
    return right, down


def _rows(end: float) -> list[dict[str, Any]]:
    """Return a line between the rows, and one before "never"."""
    line = {"color": MUTED_COLOUR, "width": 0.5}
    return [
        {"type": "line", "xref": "paper", "x0": 0, "x1": 1, "y0": row + 0.5, "y1": row + 0.5, "line": line}
        for row in range(9)
    ] + [{"type": "line", "yref": "paper", "y0": 0, "y1": 1, "x0": end - 0.3, "x1": end - 0.3, "line": line}]


def _in_words(since: np.ndarray, last: int) -> str:
    learnt = np.sort(since[since >= 0])
    if not len(learnt):
        return _("None of {count} digits is correct after {batches} batches").format(count=len(since), batches=last)
    sentence = _(
        "When {count} digits were learnt: half of those that are correct stay so from batch {batch} on; {never} are not"
    )
    batch, never = learnt[len(learnt) // 2], len(since) - len(learnt)
    return sentence.format(count=f"{len(since):,}", batch=f"{batch:,}", never=never)


@Picture
def hardest_digits(images: np.ndarray, labels: np.ndarray, wrong: np.ndarray, stops: int, columns: int = 6) -> Plain:
    """Draw the digits that were misread most often, each with the share of the stops at which it was.

    Over each lies a point that is not seen: it can be clicked, and its `customdata` is its place here, from 0.

    Parameters
    ----------
    images : ndarray, shape (n, 8, 8)
        Ink of 0 to 16.
    labels : ndarray of int, shape (n,)
    wrong : ndarray of int, shape (n,)
        Stops at which each was misread.
    stops : int
        How many there are.
    columns : int
        Digits per row.
    """
    padded = np.pad(images.astype(np.float32), ((0, 0), (0, 4), (0, 2)), constant_values=np.nan)
    height, width = padded.shape[1] + 1, padded.shape[2] + 1
    places = np.arange(len(images))
    across, down = places % columns * width, places // columns * height
    notes = [
        {
            "x": x + 3.5, "y": y + 9.8, "text": f"<b>{label}</b>  {count / stops:.0%}", "showarrow": False,
            "font": {"size": 15},
        }
        for x, y, label, count in zip(across.tolist(), down.tolist(), labels.tolist(), wrong.tolist(), strict=True)
    ]  # fmt: skip
    words = _("label {label}, misclassified at {count} of {stops} checkpoints")
    told = [
        words.format(label=label, count=count, stops=stops)
        for label, count in zip(labels.tolist(), wrong.tolist(), strict=True)
    ]
    figure = plain_figure(
        {"type": "heatmap", "z": tiles(padded, columns), "coloraxis": "coloraxis", "hoverinfo": "skip"},
        {
            "type": "scatter", "x": across + 3.5, "y": down + 3.5, "customdata": places, "text": told,
            "mode": "markers", "marker": {"size": 64, "symbol": "square", "opacity": 0, "color": MUTED_COLOUR},
            "hovertemplate": "%{text}<extra></extra>",
        },
        annotations=notes,
        hovermode="closest",
        showlegend=False,
        coloraxis=colour_axis("ink", cmin=0, cmax=PIXEL_MAX, showscale=False),
        xaxis={"visible": False, "fixedrange": True},
        yaxis={"visible": False, "fixedrange": True, "autorange": "reversed", "scaleanchor": "x"},
        margin={"l": 0, "r": 0, "t": 0, "b": 0},
        meta={"scales": {"coloraxis": "ink"}, "words_only": True},
    )  # fmt: skip
    sentence = ngettext(
        "The digit that was misclassified at most stops, {most} of {stops}",
        "The {count} digits that were misclassified at most stops, up to {most} of {stops}",
        len(images),
    )
    return says(figure, sentence.format(count=len(images), most=int(wrong.max(initial=0)), stops=stops))
