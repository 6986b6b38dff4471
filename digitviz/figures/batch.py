"""The data: digits, their pixel values, and a batch of them."""

from __future__ import annotations

from typing import Any

import numpy as np

from digitviz.datasets import PIXEL_MAX
from digitviz.figures.colours import TEST_COLOUR, TRAIN_COLOUR
from digitviz.figures.digits import tiles
from digitviz.figures.picture import Picture, Plain, plain_figure
from digitviz.figures.sentence import says, short
from digitviz.figures.spots import spots
from digitviz.figures.theme import colour_axis, subplot_titles
from digitviz.language import gettext as _
from digitviz.language import ngettext

PICTURE = {"visible": False, "constrain": "domain"}
BELOW, BESIDE = 3, 2
"""Cells left free below and beside a digit, for its label."""
PALER = 2.5
"""Times the largest value that the scale reaches, so that numbers written in the cells stay legible."""


@Picture
def digit_grid(images: np.ndarray, labels: np.ndarray, columns: int = 5, picked: int | None = None) -> Plain:
    """Draw digits in rows, each with its label.

    Parameters
    ----------
    images : ndarray, shape (n, 8, 8)
        Ink of 0 to 16; nan leaves a cell empty.
    labels : ndarray of int, shape (n,)
    columns : int
    picked : int, optional
        Index of the one that is framed.
    """
    padded = np.pad(images.astype(np.float32), ((0, 0), (0, BELOW), (0, BESIDE)), constant_values=np.nan)
    rows, places = np.divmod(np.arange(len(labels)), columns)
    middles = (places * (9 + BESIDE) + 3.5).tolist(), (rows * (9 + BELOW) + 3.5).tolist()
    words = [_("label {digit}").format(digit=label) for label in labels.tolist()]
    sheet = {
        "type": "heatmap",
        "z": tiles(padded, columns),
        "coloraxis": "coloraxis",
        "hovertemplate": _("ink {ink}").format(ink="%{z:.3g}") + "<extra></extra>",
    }
    figure = plain_figure(
        sheet,
        coloraxis=colour_axis("ink", cmin=0, cmax=PIXEL_MAX, showscale=False),
        xaxis={**PICTURE, "fixedrange": True},
        yaxis={**PICTURE, "fixedrange": True, "autorange": "reversed", "scaleanchor": "x"},
        margin={"l": 0, "r": 0, "t": 0, "b": 0},
        meta={"scales": {"coloraxis": "ink"}, "spots": spots(*middles, words, width=8, height=8)},
        dragmode=False,
        annotations=[
            {"x": x, "y": y + 5.5, "text": f"<b>{label}</b>", "showarrow": False, "font": {"size": 17}}
            for x, y, label in zip(*middles, labels.tolist(), strict=True)
        ],
        shapes=[_around(x, y) for place, (x, y) in enumerate(zip(*middles, strict=True)) if place == picked],
    )
    sentence = ngettext("A digit, labelled {labels}", "{count} digits, labelled {labels}", len(labels))
    return says(figure, sentence.format(count=len(labels), labels=", ".join(map(str, labels))))


def _around(x: float, y: float) -> dict[str, Any]:
    """Return the frame of a digit, given its middle."""
    line = {"color": TEST_COLOUR, "width": 3}
    return {"type": "rect", "x0": x - 4.4, "x1": x + 4.4, "y0": y - 4.4, "y1": y + 4.4, "line": line}


def place_in_grid(x: float, y: float, columns: int = 5) -> int:
    """Return the index in `digit_grid` of the digit that contains a point."""
    return int(round(y) // (9 + BELOW) * columns + round(x) // (9 + BESIDE))


def _place() -> str:
    """Return where a pixel is, for a hover text; rows and columns are counted from 1."""
    return _("row {row}, column {column}").format(row="%{y}", column="%{x}")


@Picture
def digit_numbers(image: np.ndarray) -> Plain:
    """Draw one digit with the ink of each pixel written into it."""
    cells = {
        "type": "heatmap",
        "z": image,
        "x": np.arange(1, 9),
        "y": np.arange(1, 9),
        "coloraxis": "coloraxis",
        "texttemplate": "%{z:.0f}",
        "hovertemplate": f"{_place()}<br>" + _("ink {ink} of 16").format(ink="%{z:.0f}") + "<extra></extra>",
    }
    figure = plain_figure(
        cells,
        coloraxis=colour_axis("ink", cmin=0, cmax=PIXEL_MAX * PALER, showscale=False),
        xaxis={"title": {"text": _("column")}, "dtick": 1, "showgrid": False, "zeroline": False, "constrain": "domain"},
        yaxis={
            "title": {"text": _("row")}, "dtick": 1, "showgrid": False, "zeroline": False, "autorange": "reversed",
            "scaleanchor": "x", "constrain": "domain",
        },
        meta={"scales": {"coloraxis": "ink"}},
    )  # fmt: skip
    sentence = _("The ink of {pixels} pixels, from {lowest} to {highest}")
    return says(figure, sentence.format(pixels=image.size, lowest=short(image.min()), highest=short(image.max())))


@Picture
def pixel_use(shares: np.ndarray) -> Plain:
    """Draw the fraction of digits in which each pixel has ink, shape (8, 8), 0 to 1."""
    figure = digit_numbers.plain(shares)
    figure["layout"]["coloraxis"]["cmax"] = PALER
    said = _("inked in {share} of the digits").format(share="%{z:.1%}")
    figure["data"][0] |= {
        "texttemplate": "%{z:.0%}",
        "textfont": {"size": 14},
        "hovertemplate": f"{_place()}<br>{said}<extra></extra>",
    }
    sentence = _("How many of the digits have ink in each of {pixels} pixels, from {lowest} to {highest}")
    return says(
        figure, sentence.format(pixels=shares.size, lowest=f"{shares.min():.1%}", highest=f"{shares.max():.1%}")
    )


@Picture
def batch_matrices(x: np.ndarray, one_hot: np.ndarray, row: int) -> Plain:
    """Draw a batch and its one-hot labels, one digit per row.

    Parameters
    ----------
    x : ndarray, shape (n, 64)
        Ink of 0 to 16.
    one_hot : ndarray, shape (n, 10)
    row : int
        The one that is framed in both, from 0; drawn, they are counted from 1.
    """
    rows = [len(x) + 0.5, 0.5]
    titles = {"": f"x ({x.shape[0]} × {x.shape[1]})", "2": f"y ({one_hot.shape[0]} × {one_hot.shape[1]})"}
    figure = plain_figure(
        annotations=subplot_titles(titles),
        shapes=[],
        coloraxis=colour_axis("ink", cmin=0, cmax=PIXEL_MAX, colorbar={"title": {"text": _("ink")}}),
        coloraxis2=colour_axis("ink", cmin=0, cmax=1, showscale=False),
        meta={"scales": {"coloraxis": "ink", "coloraxis2": "ink"}},
        xaxis={
            "domain": [0, 0.72], "title": {"text": _("pixel")}, "dtick": 8, "range": [0.5, x.shape[1] + 0.5],
            "showgrid": False, "zeroline": False,
        },
        xaxis2={"domain": [0.78, 1], "title": {"text": _("digit")}, "dtick": 3, "showgrid": False, "zeroline": False},
        yaxis={"title": {"text": _("row of the batch")}, "range": rows, "showgrid": False, "zeroline": False},
        yaxis2={
            "anchor": "x2", "matches": "y", "range": rows, "showticklabels": False, "showgrid": False,
            "zeroline": False,
        },
    )  # fmt: skip
    for axis, matrix, words in (
        ("", x, _("row {row}, pixel {pixel}: ink {ink}").format(row="%{y}", pixel="%{x}", ink="%{z}")),
        ("2", one_hot, _("row {row}, digit {digit}: {value}").format(row="%{y}", digit="%{x}", value="%{z}")),
    ):
        first = 0 if axis else 1  # pixels are counted from 1, digits are what they are
        figure["data"].append(
            {
                "type": "heatmap", "x": np.arange(matrix.shape[1]) + first, "y": np.arange(1, len(matrix) + 1),
                "z": matrix.astype(np.float32), "coloraxis": f"coloraxis{axis}", "xaxis": f"x{axis}",
                "yaxis": f"y{axis}", "hovertemplate": f"{words}<extra></extra>",
            }
        )  # fmt: skip
        figure["layout"]["shapes"].append(
            {
                "type": "rect", "xref": f"x{axis}", "yref": f"y{axis}", "x0": first - 0.5,
                "x1": first + matrix.shape[1] - 0.5, "y0": row + 0.5, "y1": row + 1.5,
                "line": {"color": TEST_COLOUR, "width": 3},
            }
        )  # fmt: skip
    sentence = _("A batch of {digits} digits with {pixels} pixels each, and their one-hot labels; one row is framed")
    return says(figure, sentence.format(digits=x.shape[0], pixels=x.shape[1]))


@Picture
def never_seen_curves(replaced: np.ndarray, shuffled: np.ndarray, marks: tuple[int, ...]) -> Plain:
    """Draw how many digits have been in no batch yet, after each batch, for both ways of sampling.

    Parameters
    ----------
    replaced, shuffled : ndarray of int, shape (batches,)
    marks : tuple of int
        Numbers of batches to mark.
    """
    figure = plain_figure(
        xaxis={"title": {"text": _("batches drawn")}, "rangemode": "tozero"},
        yaxis={"title": {"text": _("digits never seen")}, "rangemode": "tozero"},
        annotations=[
            {
                "x": mark,
                "y": int(replaced[mark - 1]),
                "text": _("after {batches}: {count}").format(batches=mark, count=replaced[mark - 1]),
                "ax": 0,
                "ay": -45,
                "arrowhead": 2,
            }
            for mark in marks
            if mark <= len(replaced)
        ],
    )
    batches = np.arange(1, len(replaced) + 1)
    hover = _("after {batches} batches: {count} never seen").format(batches="%{x}", count="%{y}")
    for name, counts, colour in (
        (_("with replacement"), replaced, TRAIN_COLOUR),
        (_("shuffled epochs"), shuffled, TEST_COLOUR),
    ):
        figure["data"].append(
            {
                "type": "scatter", "x": batches, "y": counts, "name": name, "mode": "lines",
                "line": {"color": colour, "width": 3}, "hovertemplate": f"{name}<br>{hover}<extra></extra>",
            }
        )  # fmt: skip
    sentence = _(
        "Digits never seen after {batches} batches: {replaced} with replacement, {shuffled} with shuffled epochs"
    )
    return says(
        figure,
        sentence.format(batches=f"{len(replaced):,}", replaced=f"{replaced[-1]:,}", shuffled=f"{shuffled[-1]:,}"),
    )
