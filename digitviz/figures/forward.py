"""The figure of a batch's forward pass."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from digitviz.figures import draw
from digitviz.figures.colours import MARK_COLOUR
from digitviz.figures.picture import Picture, Plain, says
from digitviz.figures.weights import matrix
from digitviz.language import gettext as _, listed
from digitviz.lesson.chain_rule import Side

PRODUCT = 3
"""Number of matrices in the first product, including the result. They get their own line on a phone."""
BETWEEN_LINES = 0.4
"""Distance between two lines of matrices, as a fraction of the figure's height."""


class Matrix(NamedTuple):
    """A matrix in the figure of a forward pass.

    Parameters
    ----------
    values : ndarray, shape (rows, columns)
    sides : (Side, Side)
        Meaning of the rows and columns.
    belongs_to : str or None
        Title of the matrix whose columns are made from its columns.
    sign : str
        Operator before it: "×", "=". That of the first matrix is not shown.
    """

    values: np.ndarray
    sides: tuple[Side, Side]
    belongs_to: str | None = None
    sign: str = ""


@Picture
def forward_matrices(matrices: Mapping[str, Matrix], sample: int, picked: tuple[str, int] | None = None) -> Plain:
    """Draw matrices next to each other, with operators between them. Frames mark a digit and a cell.

    On a phone, the matrices are in two lines.

    Parameters
    ----------
    matrices : mapping of str to Matrix
        Matrices by title, in the order of the computation. The input "x" and the probabilities "p" have shades of ink.
    sample : int
        Index of the framed row, in each matrix whose rows are digits of the batch.
    picked : (str, int), optional
        Index of the framed column, in each matrix that belongs to the one with this title.

    Returns
    -------
    Figure
        One trace per matrix, in the given order. Its coordinates are the numbers that pages show.
    """
    traces, scales, frames = [], {}, []
    for number, (title, (values, sides, belongs_to, _sign)) in enumerate(matrices.items()):
        panel = draw.suffix(number)
        traces.append(matrix(values, sides, f"{title}<br>", panel, f"coloraxis{panel}"))
        column = picked[1] if picked and belongs_to == picked[0] else None
        frames += _frames(panel, values.shape, sides, sample if sides[0] == Side.DIGIT else None, column)
        largest = 1.0 if title != "x" else float(values.max(initial=0.0)) or 1.0
        scale = draw.ink_axis(largest) if title in {"x", "p"} else draw.signed_axis(values, showscale=False)
        scales[f"coloraxis{panel}"] = scale
    lines = [range(min(PRODUCT, len(matrices))), range(PRODUCT, len(matrices))]
    figure = draw.figure(
        *traces,
        **scales,
        **_arranged(matrices, [range(len(matrices))]),
        margin=(10, 20, 55, 10),
        shapes=frames,
        meta={"phone_layout": _arranged(matrices, lines, gap=0.085, sign_size=16)},
    )
    shapes = [f"{title} {each.values.shape[0]} × {each.values.shape[1]}" for title, each in matrices.items()]
    return says(figure, _("Matrices of the forward pass: {matrices}"), matrices=listed(shapes))


def _arranged(
    matrices: Mapping[str, Matrix], lines: Sequence[range], gap: float = 0.055, sign_size: int = 24
) -> draw.Part:
    """Return the axes, titles and operators that arrange the matrices in a layout.

    Parameters
    ----------
    matrices
        See `forward_matrices`.
    lines : sequence of range
        Indices of the matrices in each line.
    gap : float
        Width for an operator between two matrices, as a fraction of the figure's width.
    sign_size : int
        Font size in pixels.
    """
    named = list(matrices.items())
    height = (1 - BETWEEN_LINES * (len(lines) - 1)) / len(lines)
    layout: draw.Part = {}
    titles, marks = [], []
    for line, places in enumerate(lines):
        bottom = max(0.0, 1 - height - line * (height + BETWEEN_LINES))
        left = gap if line else 0.0  # a continued line starts with an operator
        widths = [2.0 if named[number][1].values.shape[1] > 20 else 1.1 for number in places]
        room = (1 - left - gap * (len(places) - 1)) / sum(widths, start=1e-9)
        for number, width in zip(places, widths, strict=True):
            title, (values, (down, beside), _belongs_to, sign) = named[number]
            panel, (rows, columns) = draw.suffix(number), values.shape
            if number:
                paper = {"xref": "paper", "yref": "paper"}
                marks.append(draw.note(left - gap / 2, bottom + height / 2, sign, sign_size, **paper))
            top, first = down.first - 0.5, beside.first - 0.5
            x = draw.axis(str(beside), nticks=4, range=[first, first + columns], **draw.NO_LINES)
            y = draw.axis("" if number else str(down), showticklabels=not number, **draw.NO_LINES)
            y["range"] = [top + rows, top]
            across, up = [left, min(left + room * width, 1)], [bottom, min(bottom + height, 1)]
            layout |= draw.placed(panel, across, up, x, y)
            titles.append(f"<b>{title}</b><br>{rows} × {columns}")
            left += room * width + gap
    return {**layout, "annotations": [*draw.panel_titles(titles), *marks]}


def _frames(
    panel: str, shape: tuple[int, ...], sides: tuple[Side, Side], row: int | None, column: int | None
) -> list[draw.Part]:
    """Return the frames of a row and a column of a matrix."""
    top, left = (side.first - 0.5 for side in sides)
    rows, columns = shape
    frames, line = [], draw.stroke(MARK_COLOUR, 2)
    if row is not None:
        frames.append(draw.box(left, left + columns, top + row, top + row + 1, line, panel))
    if column is not None:
        frames.append(draw.box(left + column, left + column + 1, top, top + rows, line, panel))
    return frames
