"""The forward pass of a batch, as pictures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from digitviz.figures.colours import MARK_COLOUR
from digitviz.figures.picture import Picture, Plain, plain_figure
from digitviz.figures.sentence import says
from digitviz.figures.theme import as_float32, colour_axis, signed_axis, subplot_titles
from digitviz.figures.thinning import evenly
from digitviz.language import gettext as _
from digitviz.language import lazy_gettext

MOST_COLUMNS = 128
"""Of a wider matrix only this many columns, evenly chosen, are drawn."""
COUNTED = {
    "sample": lazy_gettext("digit of the batch"),
    "pixel": lazy_gettext("pixel"),
    "neuron": lazy_gettext("neuron"),
    "digit": lazy_gettext("digit"),
}
"""What a row or a column of a matrix stands for."""
PRODUCT = 3
"""Matrices of the first product, which have a line of their own on a phone: factors and result."""
BETWEEN_LINES = 0.3
"""Between two lines of matrices, as a share of the picture's height."""


def counted_from(what: str) -> int:
    """Return the number of the first row or column that stands for `what`: a digit 0 there is, a neuron 0 there is not.

    Parameters
    ----------
    what : str
        A name in `COUNTED`.
    """
    return 0 if what == "digit" else 1


@Picture
def forward_matrices(
    matrices: Mapping[str, np.ndarray],
    counted: Mapping[str, tuple[str, str]],
    signs: Sequence[str],
    sample: int,
    column_of: Mapping[str, int],
) -> Plain:
    """Draw matrices side by side, with the signs of the computation between them; a digit and a cell are framed.

    On a phone they stand in two lines.

    Parameters
    ----------
    matrices : mapping of str to ndarray, shape (rows, columns)
        By their titles, in the order of the computation. What enters, "x", and probabilities, "p", have shades of ink.
    counted : mapping of str to (str, str)
        By title, what a row and a column stand for, as names in `COUNTED`.
    signs : sequence of str
        One for each gap between two matrices: "×", "=".
    sample : int
        Row, from 0, that is framed wherever a row is a digit of the batch.
    column_of : mapping of str to int
        By title, the column, from 0, that is framed.

    Returns
    -------
    Figure
        One trace per matrix, in their order; its coordinates are counted as `counted_from` says.
    """
    figure = plain_figure(margin={"l": 10, "r": 20, "t": 55, "b": 10}, shapes=[])
    scales = {}
    for number, (title, matrix) in enumerate(matrices.items()):
        scales[f"coloraxis{_axis(number)}"] = "ink" if _is_ink(title) else "signed"
        _add_matrix(figure, number, title, matrix, counted[title])
        row = sample if counted[title][0] == "sample" else None
        figure["layout"]["shapes"] += _frames(number, matrix, counted[title], row, column_of.get(title))
    wide = _arranged(matrices, counted, signs, [range(len(matrices))])
    lines = [range(min(PRODUCT, len(matrices))), range(PRODUCT, len(matrices))]
    narrow = _arranged(matrices, counted, signs, lines, gap=0.085, sign_size=16)
    figure["layout"] |= {"meta": {"scales": scales, "phone_layout": narrow}, **wide}
    shapes = [f"{title} {matrix.shape[0]} × {matrix.shape[1]}" for title, matrix in matrices.items()]
    return says(figure, _("Matrices of the forward pass: {matrices}").format(matrices=", ".join(shapes)))


def _axis(number: int) -> str:
    return "" if number == 0 else str(number + 1)


def _is_ink(title: str) -> bool:
    return title in {"x", "p"}


def _arranged(
    matrices: Mapping[str, np.ndarray],
    counted: Mapping[str, tuple[str, str]],
    signs: Sequence[str],
    lines: Sequence[range],
    gap: float = 0.055,
    sign_size: int = 24,
) -> dict[str, Any]:
    """Return the part of a layout that says where each matrix stands: axes, titles and signs.

    Parameters
    ----------
    matrices, counted, signs
        As of `forward_matrices`.
    lines : sequence of range
        Which matrices stand in each line.
    gap : float
        Between two matrices, for a sign, as a share of the picture's width.
    sign_size : int
        Pixels.
    """
    names, arrays = list(matrices), list(matrices.values())
    height = (1 - BETWEEN_LINES * (len(lines) - 1)) / len(lines)
    layout: dict[str, Any] = {}
    titles, marks = {}, []
    for line, places in enumerate(lines):
        bottom = max(0.0, 1 - height - line * (height + BETWEEN_LINES))
        left = gap if line else 0.0  # a line that goes on starts with a sign
        widths = [2.0 if arrays[number].shape[1] > 20 else 1.1 for number in places]
        room = (1 - left - gap * (len(places) - 1)) / sum(widths, start=1e-9)
        for number, width in zip(places, widths, strict=True):
            rows, columns = counted[names[number]]
            if number:
                marks.append(
                    {
                        "text": signs[number - 1], "x": left - gap / 2, "y": bottom + height / 2, "xref": "paper",
                        "yref": "paper", "showarrow": False, "font": {"size": sign_size},
                    }
                )  # fmt: skip
            axis = _axis(number)
            layout[f"xaxis{axis}"] = _columns_axis(arrays[number], columns, axis) | {
                "domain": [left, min(left + room * width, 1)]
            }
            layout[f"yaxis{axis}"] = _rows_axis(arrays[number], rows, axis, labelled=number == 0) | {
                "domain": [bottom, min(bottom + height, 1)]
            }
            titles[axis] = "<b>{title}</b><br>{0} × {1}".format(*arrays[number].shape, title=names[number])
            left += room * width + gap
    return {**layout, "annotations": [*subplot_titles(titles), *marks]}


def _columns_axis(matrix: np.ndarray, columns: str, axis: str) -> dict[str, Any]:
    first = counted_from(columns)
    return {
        "anchor": f"y{axis}", "showgrid": False, "zeroline": False, "nticks": 4,
        "title": {"text": str(COUNTED[columns])},
        "range": [first - 0.5, first + matrix.shape[1] - 0.5],
    }  # fmt: skip


def _rows_axis(matrix: np.ndarray, rows: str, axis: str, labelled: bool) -> dict[str, Any]:
    first = counted_from(rows)
    return {
        "anchor": f"x{axis}", "showgrid": False, "zeroline": False, "showticklabels": labelled,
        "title": {"text": str(COUNTED[rows]) if labelled else ""},
        "range": [first + len(matrix) - 0.5, first - 0.5],
    }  # fmt: skip


def _add_matrix(figure: Plain, number: int, title: str, matrix: np.ndarray, counted: tuple[str, str]) -> None:
    """Draw matrix `number` of the row; where it stands is said elsewhere."""
    axis = _axis(number)
    columns = evenly(matrix.shape[1], MOST_COLUMNS)
    rows_first, columns_first = map(counted_from, counted)
    row_name, column_name = (str(COUNTED[what]) for what in counted)
    figure["data"].append(
        {
            "type": "heatmap",
            "z": as_float32(matrix[:, columns]),
            "x": columns + columns_first,
            "y0": rows_first,
            "dy": 1,
            "coloraxis": f"coloraxis{axis}",
            "xaxis": f"x{axis}",
            "yaxis": f"y{axis}",
            "hovertemplate": f"{title}<br>{row_name} %{{y}}<br>{column_name} %{{x}}<br>%{{z:.5g}}<extra></extra>",
        }
    )
    largest = 1.0 if title != "x" else float(matrix.max(initial=0.0)) or 1.0
    figure["layout"][f"coloraxis{axis}"] = (
        colour_axis("ink", cmin=0, cmax=largest, showscale=False)
        if _is_ink(title)
        else signed_axis(matrix, showscale=False)
    )


def _frames(
    number: int, matrix: np.ndarray, counted: tuple[str, str], row: int | None, column: int | None
) -> list[dict[str, Any]]:
    """Return what frames a row and a column of a matrix."""
    top, left = (counted_from(what) - 0.5 for what in counted)
    rows, columns = matrix.shape
    frame = {
        "type": "rect", "xref": f"x{_axis(number)}", "yref": f"y{_axis(number)}",
        "line": {"color": MARK_COLOUR, "width": 2},
    }  # fmt: skip
    frames = []
    if row is not None:
        frames.append({**frame, "x0": left, "x1": left + columns, "y0": top + row, "y1": top + row + 1})
    if column is not None:
        frames.append({**frame, "x0": left + column, "x1": left + column + 1, "y0": top, "y1": top + rows})
    return frames
