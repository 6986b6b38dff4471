"""The forward pass of a batch, as pictures."""

from __future__ import annotations

import numpy as np
import plotly.graph_objects as go

from digitviz.figures.theme import (
    MUTED_COLOUR,
    TEST_COLOUR,
    TRAIN_COLOUR,
    as_float32,
    colour_axis,
    new_figure,
    signed_axis,
    subplot_titles,
)
from digitviz.figures.thinning import evenly

MOST_COLUMNS = 128
"""Of a wider matrix only this many columns, evenly chosen, are drawn."""


def forward_matrices(
    matrices: dict[str, np.ndarray],
    counted: dict[str, tuple[str, str]],
    sample: int,
    column_of: dict[str, int | None],
) -> go.Figure:
    """Draw matrices side by side, a weight matrix first, then those with one row per digit; sample and cell are framed.

    Parameters
    ----------
    matrices : dict of ndarray, shape (rows, columns)
        By their titles, in the order of the computation. One whose title starts with "softmax" goes from 0 to 1.
    counted : dict of (str, str)
        By title, what a row and a column stand for: ("pixel", "neuron").
    sample : int
        Row that is framed in all but the first.
    column_of : dict of int or None
        By title, the column that is framed, if any.

    Returns
    -------
    Figure
        One trace per matrix, in their order.
    """
    figure = new_figure(margin={"l": 10, "r": 20, "t": 55, "b": 10})
    widths = [2.0 if matrix.shape[1] > 20 else 1.1 for matrix in matrices.values()]
    gaps = [0.15] * min(1, len(widths) - 1) + [0.035] * (len(widths) - 2) + [0.0]  # the second's rows are labelled, too
    room = (1 - sum(gaps)) / sum(widths)
    left, scales, titles = 0.0, {}, {}
    for number, ((title, matrix), width, gap) in enumerate(zip(matrices.items(), widths, gaps, strict=True)):
        axis = "" if number == 0 else str(number + 1)
        scales[f"coloraxis{axis}"] = "ink" if _is_of_probabilities(title) else "signed"
        _add_matrix(figure, number, title, matrix, counted[title], (left, min(left + room * width, 1)))
        _frame(figure, axis, matrix, sample if number else None, column_of.get(title))
        titles[axis] = f"<b>{title}</b><br>{matrix.shape[0]} × {matrix.shape[1]}"
        left += room * width + gap
    figure.update_layout(meta={"scales": scales}, annotations=subplot_titles(titles))
    return figure


def _is_of_probabilities(title: str) -> bool:
    return title.startswith("softmax")


def _add_matrix(
    figure: go.Figure,
    number: int,
    title: str,
    matrix: np.ndarray,
    counted: tuple[str, str],
    domain: tuple[float, float],
) -> None:
    """Draw matrix `number` of the row within `domain`; only the first two have their rows labelled."""
    axis = "" if number == 0 else str(number + 1)
    columns = evenly(matrix.shape[1], MOST_COLUMNS)
    row_name, column_name = counted
    probabilities = _is_of_probabilities(title)
    figure.add_heatmap(
        z=as_float32(matrix[:, columns]),
        x=columns,
        coloraxis=f"coloraxis{axis}",
        xaxis=f"x{axis}",
        yaxis=f"y{axis}",
        hovertemplate=f"{title}<br>{row_name} %{{y}}<br>{column_name} %{{x}}<br>%{{z:.5g}}<extra></extra>",
    )
    figure.update_layout(
        {
            f"coloraxis{axis}": colour_axis("ink", cmin=0, cmax=1, showscale=False)
            if probabilities
            else signed_axis(matrix, showscale=False),
            f"xaxis{axis}": {
                "domain": list(domain), "anchor": f"y{axis}", "showgrid": False, "zeroline": False, "nticks": 4,
                "range": [-0.5, matrix.shape[1] - 0.5], "title": {"text": column_name},
            },
            f"yaxis{axis}": {
                "anchor": f"x{axis}", "showgrid": False, "zeroline": False, "showticklabels": number < 2,
                "range": [len(matrix) - 0.5, -0.5], "title": {"text": row_name if number < 2 else ""},
            },
        }
    )  # fmt: skip


def _frame(figure: go.Figure, axis: str, matrix: np.ndarray, row: int | None, column: int | None) -> None:
    rows, columns = matrix.shape
    line = {"color": TEST_COLOUR, "width": 2}
    where = {"type": "rect", "xref": f"x{axis}", "yref": f"y{axis}"}
    if row is not None:
        figure.add_shape(**where, x0=-0.5, x1=columns - 0.5, y0=row - 0.5, y1=row + 0.5, line=line)
    if column is not None:
        figure.add_shape(**where, x0=column - 0.5, x1=column + 0.5, y0=-0.5, y1=rows - 0.5, line=line)


def logits_and_probabilities(logits: np.ndarray, probabilities: np.ndarray, label: int) -> go.Figure:
    """Draw the ten logits of one digit and the probabilities that softmax makes of them, as two lines.

    Parameters
    ----------
    logits, probabilities : ndarray, shape (10,)
    label : int
        The correct digit, marked by a line.
    """
    digits = np.arange(len(logits))
    figure = new_figure(
        xaxis={"title": {"text": f"digit; it is a {label}"}, "dtick": 1},
        yaxis={"title": {"text": "y"}, "color": TRAIN_COLOUR},
        yaxis2={
            "title": {"text": "softmax(y)"}, "color": TEST_COLOUR, "overlaying": "y", "side": "right",
            "range": [-0.03, 1.05], "showgrid": False, "tickmode": "linear", "tick0": 0, "dtick": 0.2,
        },
    )  # fmt: skip
    for name, values, colour, axis in (
        ("y", logits, TRAIN_COLOUR, "y"),
        ("softmax(y)", probabilities, TEST_COLOUR, "y2"),
    ):
        figure.add_scatter(
            x=digits, y=values, name=name, yaxis=axis, mode="lines+markers", line={"color": colour, "width": 3},
            marker={"size": 9}, hovertemplate=f"digit %{{x}}<br>{name} %{{y:.4g}}<extra></extra>",
        )  # fmt: skip
    figure.add_vline(x=label, line={"dash": "dot", "color": MUTED_COLOUR})
    return figure
