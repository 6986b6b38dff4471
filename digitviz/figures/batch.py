"""The data: digits, their pixel values, and a batch of them."""

from __future__ import annotations

import numpy as np
import plotly.graph_objects as go

from digitviz.datasets import PIXEL_MAX
from digitviz.figures.digits import tiles
from digitviz.figures.theme import TEST_COLOUR, TRAIN_COLOUR, colour_axis, new_figure, subplot_titles

PICTURE = {"visible": False, "constrain": "domain"}
BELOW, BESIDE = 3, 2
"""Cells left free below and beside a digit, for its label."""
PALER = 2.5
"""Times the largest value that the scale reaches, so that numbers written in the cells stay legible."""


def digit_grid(images: np.ndarray, labels: np.ndarray, columns: int = 5, picked: int | None = None) -> go.Figure:
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
    figure = new_figure(
        coloraxis=colour_axis("ink", cmin=0, cmax=PIXEL_MAX, showscale=False),
        xaxis={**PICTURE, "fixedrange": True},
        yaxis={**PICTURE, "fixedrange": True, "autorange": "reversed", "scaleanchor": "x"},
        margin={"l": 0, "r": 0, "t": 0, "b": 0},
        meta={"scales": {"coloraxis": "ink"}},
        dragmode=False,
    )
    figure.add_heatmap(z=tiles(padded, columns), coloraxis="coloraxis", hovertemplate="ink %{z:.3g}<extra></extra>")
    for place, label in enumerate(labels):
        row, column = divmod(place, columns)
        x, y = column * (9 + BESIDE), row * (9 + BELOW)
        figure.add_annotation(x=x + 3.5, y=y + 9, text=f"<b>{label}</b>", showarrow=False, font={"size": 17})
        if place == picked:
            figure.add_shape(
                type="rect", x0=x - 0.9, x1=x + 7.9, y0=y - 0.9, y1=y + 7.9, line={"color": TEST_COLOUR, "width": 3}
            )
    return figure


def place_in_grid(x: float, y: float, columns: int = 5) -> int:
    """Return the index in `digit_grid` of the digit that contains a point."""
    return int(round(y) // (9 + BELOW) * columns + round(x) // (9 + BESIDE))


def digit_numbers(image: np.ndarray) -> go.Figure:
    """Draw one digit with the ink of each pixel written into it."""
    figure = new_figure(
        coloraxis=colour_axis("ink", cmin=0, cmax=PIXEL_MAX * PALER, showscale=False),
        xaxis={"title": {"text": "column"}, "dtick": 1, "showgrid": False, "zeroline": False, "constrain": "domain"},
        yaxis={
            "title": {"text": "row"}, "dtick": 1, "showgrid": False, "zeroline": False, "autorange": "reversed",
            "scaleanchor": "x", "constrain": "domain",
        },
        meta={"scales": {"coloraxis": "ink"}},
    )  # fmt: skip
    figure.add_heatmap(
        z=image,
        coloraxis="coloraxis",
        texttemplate="%{z:.0f}",
        hovertemplate="row %{y}, column %{x}<br>ink %{z:.0f} of 16<extra></extra>",
    )
    return figure


def pixel_use(shares: np.ndarray) -> go.Figure:
    """Draw the fraction of digits in which each pixel has ink, shape (8, 8), 0 to 1."""
    figure = digit_numbers(shares)
    figure.update_coloraxes(cmax=PALER)
    return figure.update_traces(
        texttemplate="%{z:.0%}",
        textfont={"size": 14},
        hovertemplate="row %{y}, column %{x}<br>inked in %{z:.1%} of the digits<extra></extra>",
    )


def batch_matrices(x: np.ndarray, one_hot: np.ndarray, row: int) -> go.Figure:
    """Draw a batch and its one-hot labels, one digit per row.

    Parameters
    ----------
    x : ndarray, shape (n, 64)
        Ink of 0 to 16.
    one_hot : ndarray, shape (n, 10)
    row : int
        The one that is framed in both.
    """
    figure = new_figure(
        coloraxis=colour_axis("ink", cmin=0, cmax=PIXEL_MAX, colorbar={"title": {"text": "ink"}}),
        coloraxis2=colour_axis("ink", cmin=0, cmax=1, showscale=False),
        meta={"scales": {"coloraxis": "ink", "coloraxis2": "ink"}},
        xaxis={"domain": [0, 0.72], "title": {"text": "pixel"}, "dtick": 8, "showgrid": False, "zeroline": False},
        xaxis2={"domain": [0.78, 1], "title": {"text": "digit"}, "dtick": 3, "showgrid": False, "zeroline": False},
        yaxis={"title": {"text": "row of the batch"}, "autorange": "reversed", "showgrid": False, "zeroline": False},
        yaxis2={
            "anchor": "x2", "matches": "y", "autorange": "reversed", "showticklabels": False, "showgrid": False,
            "zeroline": False,
        },
    )  # fmt: skip
    for axis, matrix, words in (
        ("", x, "row %{y}, pixel %{x}<br>ink %{z}"),
        ("2", one_hot, "row %{y}, digit %{x}: %{z}"),
    ):
        figure.add_heatmap(
            z=matrix.astype(np.float32), coloraxis=f"coloraxis{axis}", xaxis=f"x{axis}", yaxis=f"y{axis}",
            hovertemplate=f"{words}<extra></extra>",
        )  # fmt: skip
        figure.add_shape(
            type="rect", xref=f"x{axis}", yref=f"y{axis}", x0=-0.5, x1=matrix.shape[1] - 0.5, y0=row - 0.5,
            y1=row + 0.5, line={"color": TEST_COLOUR, "width": 3},
        )  # fmt: skip
    titles = {"": f"x ({x.shape[0]} × {x.shape[1]})", "2": f"y ({one_hot.shape[0]} × {one_hot.shape[1]})"}
    return figure.update_layout(annotations=subplot_titles(titles))


def never_seen_curves(replaced: np.ndarray, shuffled: np.ndarray, marks: tuple[int, ...]) -> go.Figure:
    """Draw how many digits have been in no batch yet, after each batch, for both ways of sampling.

    Parameters
    ----------
    replaced, shuffled : ndarray of int, shape (batches,)
    marks : tuple of int
        Numbers of batches to mark.
    """
    figure = new_figure(
        xaxis={"title": {"text": "batches drawn"}, "rangemode": "tozero"},
        yaxis={"title": {"text": "digits never seen"}, "rangemode": "tozero"},
    )
    batches = np.arange(1, len(replaced) + 1)
    for name, counts, colour in (
        ("with replacement", replaced, TRAIN_COLOUR),
        ("shuffled epochs", shuffled, TEST_COLOUR),
    ):
        figure.add_scatter(
            x=batches, y=counts, name=name, mode="lines", line={"color": colour, "width": 3},
            hovertemplate=f"{name}<br>after %{{x}} batches<br>%{{y}} never seen<extra></extra>",
        )  # fmt: skip
    for mark in marks:
        if mark <= len(replaced):
            figure.add_annotation(
                x=mark, y=replaced[mark - 1], text=f"after {mark}: {replaced[mark - 1]}", ax=0, ay=-45, arrowhead=2
            )
    return figure
