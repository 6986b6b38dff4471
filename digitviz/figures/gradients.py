"""Backpropagation as pictures: factors, one step, slopes, and how right a gradient is."""

from __future__ import annotations

from typing import Any

import numpy as np
import plotly.graph_objects as go

from digitviz.figures.theme import (
    MUTED_COLOR,
    RIGHT_COLOR,
    TEST_COLOR,
    TRAIN_COLOR,
    WRONG_COLOR,
    as_float32,
    new_figure,
    signed_axis,
    subplot_titles,
)
from digitviz.figures.thinning import evenly
from digitviz.figures.weights import MOST_CELLS_A_SIDE
from digitviz.lesson.chain_rule import Factor, Step
from digitviz.lesson.notebook_gradient import GradientsAlong
from digitviz.lesson.slopes import value_and_slope
from digitviz.networks.activations import ACTIVATIONS

CURVE_COLORS = (TRAIN_COLOR, "#c77700", WRONG_COLOR, RIGHT_COLOR, "#9a4fd0")
"""One an activation; thin lines in them are seen on white and on black."""


def factor(shown: Factor, row: int | None = None) -> go.Figure:
    """Draw the numbers of one factor of the chain rule, zero in the middle of the scale.

    Parameters
    ----------
    shown : Factor
    row : int, optional
        A row to mark.
    """
    rows, columns = (evenly(count, MOST_CELLS_A_SIDE) for count in shown.values.shape)
    figure = new_figure(
        coloraxis=signed_axis(shown.values, colorbar={"title": {"text": "value"}, "exponentformat": "power"}),
        meta={"scales": {"coloraxis": "signed"}},
        xaxis={"title": {"text": shown.columns}, "showgrid": False, "zeroline": False},
        yaxis={"title": {"text": shown.rows}, "autorange": "reversed", "showgrid": False, "zeroline": False},
    )
    figure.add_heatmap(
        z=as_float32(shown.values[np.ix_(rows, columns)]),
        x=columns,
        y=rows,
        coloraxis="coloraxis",
        hovertemplate=f"{shown.rows} %{{y}}<br>{shown.columns} %{{x}}<br>%{{z:.5g}}<extra></extra>",
    )
    if row is not None:
        figure.add_hrect(y0=row - 0.5, y1=row + 0.5, line={"color": MUTED_COLOR, "width": 2})
    return figure


def one_step(step: Step, layer: int, picked: tuple[int, int] | None = None) -> go.Figure:
    """Draw what one step does to a weight matrix: gradient, weights before, change, weights after.

    Each has its own scale, centred on zero; the weights before and after share one.

    Parameters
    ----------
    step : Step
    layer : int
        0 for w1.
    picked : (int, int), optional
        Row and column of a weight to mark.
    """
    name = f"w{layer + 1}"
    gradient, before, change, after = (
        part.weights[layer] for part in (step.gradient, step.before, step.change, step.after)
    )
    rows, columns = (evenly(count, MOST_CELLS_A_SIDE) for count in gradient.shape)
    panels = {
        f"gradient of {name}": (gradient, "coloraxis"),
        f"{name} before": (before, "coloraxis2"),
        "step: − η × gradient": (change, "coloraxis3"),
        f"{name} after": (after, "coloraxis2"),
    }
    entering = "pixel" if layer == 0 else "neuron"
    leaving = "digit" if layer == len(step.before.weights) - 1 else "neuron"
    figure = new_figure(
        coloraxis=_axis_below("gradient", 0.14, gradient),
        coloraxis2=_axis_below("weight", 0.5, before, after),
        coloraxis3=_axis_below("step", 0.86, change),
        meta={"scales": {"coloraxis": "signed", "coloraxis2": "signed", "coloraxis3": "signed"}},
    )
    for number, (title, (matrix, coloraxis)) in enumerate(panels.items()):
        axis = "" if number == 0 else str(number + 1)
        figure.add_heatmap(
            z=as_float32(matrix[np.ix_(rows, columns)]),
            x=columns,
            y=rows,
            coloraxis=coloraxis,
            xaxis=f"x{axis}",
            yaxis=f"y{axis}",
            hovertemplate=f"{title}<br>{entering} %{{y}}, {leaving} %{{x}}<br>%{{z:.5g}}<extra></extra>",
        )
        if picked is not None:
            figure.add_scatter(
                x=[picked[1]],
                y=[picked[0]],
                mode="markers",
                marker={"symbol": "circle-open", "size": 16, "color": MUTED_COLOR, "line": {"width": 3}},
                hoverinfo="skip",
                showlegend=False,
                xaxis=f"x{axis}",
                yaxis=f"y{axis}",
            )
        left, upper = number % 2 == 0, number < 2
        plain = {"showgrid": False, "zeroline": False}
        figure.update_layout(
            {
                f"xaxis{axis}": {
                    **plain,
                    "anchor": f"y{axis}",
                    "domain": [0, 0.42] if left else [0.57, 1.0],
                    "title": {"text": "" if upper else leaving},
                },
                f"yaxis{axis}": {
                    **plain,
                    "anchor": f"x{axis}",
                    "autorange": "reversed",
                    "domain": [0.56, 1.0] if upper else [0, 0.43],
                    "title": {"text": entering if left else ""},
                },
            }
        )
    return figure.update_layout(annotations=subplot_titles(dict(zip(["", "2", "3", "4"], panels, strict=True))))


def _axis_below(title: str, x: float, *arrays: np.ndarray) -> dict[str, Any]:
    """Return a colour axis whose bar lies below the pictures, named at its ends only: there is room on a phone."""
    axis = signed_axis(*arrays)
    ends = [axis["cmin"], axis["cmax"]]
    axis["colorbar"] = {
        "orientation": "h", "len": 0.28, "thickness": 12, "x": x, "y": -0.1, "yanchor": "top",
        "title": {"text": title, "side": "top"}, "tickvals": ends, "ticktext": [f"{end:.2g}" for end in ends],
        "tickangle": 0,
    }  # fmt: skip
    return axis


def activation_slopes(chosen: str, z: float) -> go.Figure:
    """Draw every activation above and its derivative below; one of them thick, with a point at `z`.

    Parameters
    ----------
    chosen : str
        A name in `ACTIVATIONS`.
    z : float
    """
    sums = np.linspace(-5, 5, 401)
    figure = new_figure(
        xaxis={"title": {"text": "sum z"}, "anchor": "y2", "range": [-5, 5]},
        yaxis={"title": {"text": "σ(z)"}, "domain": [0.55, 1], "range": [-1.6, 3.2]},
        yaxis2={"title": {"text": "σ′(z)"}, "domain": [0, 0.45], "range": [-0.1, 1.15]},
    )
    for color, name in zip(CURVE_COLORS, ACTIVATIONS, strict=True):
        width = 4 if name == chosen else 2
        for axis, values in zip(("y", "y2"), value_and_slope(name, sums), strict=True):
            figure.add_scatter(
                x=sums,
                y=values,
                yaxis=axis,
                mode="lines",
                name=name.replace("_", " "),
                legendgroup=name,
                showlegend=axis == "y",
                line={"color": color, "width": width},
                hovertemplate=f"{name.replace('_', ' ')}<br>z %{{x:.2f}}<br>%{{y:.4g}}<extra></extra>",
            )
    for axis, value in zip(("y", "y2"), value_and_slope(chosen, np.array([z])), strict=True):
        figure.add_scatter(
            x=[z],
            y=value,
            yaxis=axis,
            mode="markers",
            showlegend=False,
            marker={"size": 13, "color": TEST_COLOR},
            hovertemplate="z %{x:.2f}<br>%{y:.4g}<extra></extra>",
        )
    return figure


def check_errors(epsilons: np.ndarray, errors: np.ndarray, chosen: float) -> go.Figure:
    """Draw how far a gradient by differences is from the one by hand, against how far the weight was turned.

    Parameters
    ----------
    epsilons, errors : ndarray, shape (n,)
        Errors are relative; those of exactly 0 are left out of the logarithmic picture.
    chosen : float
        One of `epsilons`, to mark.
    """
    figure = new_figure(
        xaxis={"title": {"text": "ε: how far the weight is turned"}, "type": "log", "exponentformat": "power"},
        yaxis={"title": {"text": "relative error"}, "type": "log", "exponentformat": "power"},
        showlegend=False,
    )
    figure.add_scatter(
        x=epsilons,
        y=np.where(errors > 0, errors, np.nan),
        mode="lines+markers",
        line={"color": TRAIN_COLOR, "width": 2},
        marker={"size": np.where(np.isclose(epsilons, chosen, rtol=1e-6), 15, 7).tolist()},
        hovertemplate="ε %{x:.0e}<br>relative error %{y:.2g}<extra></extra>",
    )
    return figure


def angle_and_length(along: GradientsAlong) -> go.Figure:
    """Draw the angle between the notebook's gradient and that of its loss above, and the ratio of lengths below."""
    figure = new_figure(
        xaxis={"title": {"text": "batches finished"}, "anchor": "y2"},
        yaxis={"title": {"text": "angle"}, "domain": [0.55, 1], "range": [0, 95], "ticksuffix": "°"},
        yaxis2={"title": {"text": "times as long"}, "domain": [0, 0.45], "rangemode": "tozero"},
        showlegend=False,
    )
    for values, axis, color, words in (
        (along.angles, "y", TRAIN_COLOR, "%{y:.1f}"),
        (along.lengths, "y2", TEST_COLOR, "%{y:.3g} times"),
    ):
        figure.add_scatter(
            x=along.batches,
            y=values,
            yaxis=axis,
            mode="lines+markers",
            line={"color": color, "width": 2},
            hovertemplate=f"after %{{x}} batches<br>{words}<extra></extra>",
        )
    return figure
