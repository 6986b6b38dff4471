"""Pictures of digits."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go

from digitviz.datasets import PIXEL_MAX
from digitviz.figures.colours import CORRECT_COLOUR, MARK_COLOUR, MUTED_COLOUR, WRONG_COLOUR
from digitviz.figures.picture import Picture, Plain, plain_figure
from digitviz.figures.sentence import says
from digitviz.figures.theme import colour_axis, new_figure
from digitviz.language import gettext as _
from digitviz.language import ngettext

MOST_LIKELY = 3
"""Digits that are named on hover, with their probabilities."""
FEW_COLUMNS = 6
PHONE_SIZES = 13, 10
"""Pixels of captions on a phone, with few columns of digits and with more."""


def tiles(images: np.ndarray, columns: int) -> np.ndarray:
    """Lay pictures out in rows of `columns`, with gaps of nan between them.

    Parameters
    ----------
    images : ndarray, shape (n, height, width)
    columns : int

    Returns
    -------
    ndarray of float32, shape (rows * (height + 1) - 1, columns * (width + 1) - 1)
    """
    count, height, width = images.shape
    rows = -(-count // columns)
    sheet = np.full((rows, columns, height + 1, width + 1), np.nan, np.float32)
    sheet.reshape(rows * columns, height + 1, width + 1)[:count, :height, :width] = images
    return sheet.transpose(0, 2, 1, 3).reshape(rows * (height + 1), columns * (width + 1))[:-1, :-1]


@Picture
def guesses(
    images: np.ndarray, labels: np.ndarray, probabilities: np.ndarray, columns: int = 6, marked: Collection[int] = ()
) -> Plain:
    """Draw digits with the network's predictions; correct and wrong ones differ in colour, sign and words.

    Over each lies a point that is not seen: it says on hover how sure the network is, and it can be clicked; its
    `customdata` is the digit's number, from 0.

    Parameters
    ----------
    images : ndarray, shape (n, 8, 8)
        Ink of 0 to 16.
    labels : ndarray of int, shape (n,)
    probabilities : ndarray, shape (n, 10)
    columns : int
        Digits per row.
    marked : collection of int
        Numbers of those that get a frame.
    """
    gap = 4  # rows below each digit, for its caption
    padded = np.pad(images.astype(np.float32), ((0, 0), (0, gap), (0, 2)), constant_values=np.nan)
    sheet = tiles(padded, columns)
    height, width = padded.shape[1] + 1, padded.shape[2] + 1
    notes, sure, all_correct = [], [], 0
    for number, (label, row) in enumerate(zip(labels.tolist(), probabilities.tolist(), strict=True)):
        guess = row.index(max(row))
        correct = guess == label
        all_correct += correct
        words = _("{guess} ✓") if correct else _("{guess} ✗ is {label}")
        notes.append(
            {
                "x": (number % columns) * width + 3.5,
                "y": (number // columns) * height + 9.8,
                "text": words.format(guess=f"<b>{guess}</b>", label=label),
                "showarrow": False,
                "font": {"size": 18, "color": CORRECT_COLOUR if correct else WRONG_COLOUR},
            }
        )
        sure.append(_how_sure(label, row))
    figure = plain_figure(
        {"type": "heatmap", "z": sheet, "coloraxis": "coloraxis", "hoverinfo": "skip", "xgap": 0, "ygap": 0},
        _points(sure, columns, width, height),
        annotations=notes,
        shapes=_frames(marked, columns, width, height),
        hovermode="closest",
        showlegend=False,
        coloraxis=colour_axis("ink", cmin=0, cmax=PIXEL_MAX, showscale=False),
        xaxis={"visible": False, "fixedrange": True},
        yaxis={"visible": False, "fixedrange": True, "autorange": "reversed", "scaleanchor": "x"},
        margin={"l": 0, "r": 0, "t": 0, "b": 0},
        meta={"scales": {"coloraxis": "ink"}, "words_only": True, **_on_a_phone(notes, columns)},
    )
    sentence = ngettext(
        "{correct} of {count} digit is classified correctly", "{correct} of {count} digits are classified correctly",
        len(labels),
    )  # fmt: skip
    return says(figure, sentence.format(correct=all_correct, count=len(labels)))


def _frames(marked: Collection[int], columns: int, width: int, height: int) -> list[dict[str, Any]]:
    """Return a frame round each marked digit."""
    line = {"color": MARK_COLOUR, "width": 3}
    corners = [(number % columns * width, number // columns * height) for number in sorted(marked)]
    return [
        {"type": "rect", "x0": left - 1, "x1": left + 8, "y0": top - 1, "y1": top + 8, "line": line}
        for left, top in corners
    ]


def _on_a_phone(notes: Sequence[dict[str, Any]], columns: int) -> dict[str, Any]:
    """Return smaller captions where there is less room for each."""
    size = PHONE_SIZES[columns > FEW_COLUMNS]
    return {"phone_layout": {"annotations": [{**note, "font": {**note["font"], "size": size}} for note in notes]}}


def _points(sure: Sequence[str], columns: int, width: int, height: int) -> dict[str, Any]:
    """Return a point over each digit, which is not seen and says on hover how sure the network is."""
    places = np.arange(len(sure))
    return {
        "type": "scatter",
        "x": places % columns * width + 3.5,
        "y": places // columns * height + 3.5,
        "customdata": places,
        "text": sure,
        "mode": "markers",
        "marker": {"size": 64, "symbol": "square", "opacity": 0, "color": MUTED_COLOUR},
        "hovertemplate": "%{text}<extra></extra>",
    }


def _how_sure(label: int, probabilities: Sequence[float]) -> str:
    """Name the digits that the network finds most probable, one on each line."""
    likely = sorted(range(len(probabilities)), key=lambda digit: -probabilities[digit])[:MOST_LIKELY]
    lines = [
        _("{digit}: {probability}").format(digit=digit, probability=f"{probabilities[digit]:.1%}") for digit in likely
    ]
    return "<br>".join([_("Label {label}, read as").format(label=label), *lines])


def picture_tiles(
    images: np.ndarray, captions: Sequence[str], columns: int, framed: Sequence[bool] = (), font: int = 13
) -> go.Figure:
    """Draw pictures in rows, with a caption below each.

    Parameters
    ----------
    images : ndarray, shape (n, 8, 8)
        Ink of 0 to 16.
    captions : sequence of str
        One or two lines each, separated by `<br>`.
    columns : int
        Pictures per row.
    framed : sequence of bool, optional
        Which of them get a thick frame; all others get a thin one.
    font : int
        Size of the captions, pixels.
    """
    below = 7  # rows for the caption
    padded = np.pad(images.astype(np.float32), ((0, 0), (1, below), (1, 1)), constant_values=np.nan)
    sheet = tiles(padded, columns)
    height, width = padded.shape[1] + 1, padded.shape[2] + 1
    figure = new_figure(
        coloraxis=colour_axis("ink", cmin=0, cmax=PIXEL_MAX, showscale=False),
        xaxis={"visible": False, "fixedrange": True, "range": [-0.5, columns * width - 1.5]},
        yaxis={
            "visible": False, "fixedrange": True, "range": [len(sheet) - 0.5, -0.5], "scaleanchor": "x",
            "constrain": "domain", "constraintoward": "top",
        },
        margin={"l": 0, "r": 0, "t": 0, "b": 0},
        meta={"scales": {"coloraxis": "ink"}},
    )  # fmt: skip
    figure.add_heatmap(z=sheet, coloraxis="coloraxis", hoverinfo="skip")
    notes, frames = [], []
    for number, caption in enumerate(captions):
        left, top = (number % columns) * width, (number // columns) * height
        stands_out = number < len(framed) and framed[number]
        line = {"color": CORRECT_COLOUR, "width": 3} if stands_out else {"color": MUTED_COLOUR, "width": 0.5}
        frames.append(
            {"type": "rect", "x0": left + 0.2, "x1": left + 8.8, "y0": top + 0.2, "y1": top + 8.8, "line": line}
        )
        notes.append(
            {
                "x": left + 4.5, "y": top + 8.8, "text": caption, "showarrow": False, "yanchor": "top",
                "font": {"size": font},
            }
        )  # fmt: skip
    figure.update_layout(annotations=notes, shapes=frames)
    sentence = ngettext("A digit: {captions}", "{count} digits: {captions}", len(captions))
    words = ", ".join(caption.replace("<br>", " ") for caption in captions)
    return says(figure, sentence.format(count=len(captions), captions=words))
