"""Backpropagation as pictures: the factors of the chain rule, one step, and the activations' derivatives."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go

from digitviz.figures.theme import (
    MUTED_COLOUR,
    TEST_COLOUR,
    as_float32,
    new_figure,
    signed_axis,
    subplot_titles,
)
from digitviz.figures.thinning import evenly
from digitviz.figures.weights import MOST_CELLS_PER_SIDE
from digitviz.lesson.chain_rule import Factor, Part, Step
from digitviz.networks.activations import ACTIVATIONS

THUMBNAIL = 32
"""Cells per side, at most, of the pictures in an equation."""
SLOTS, OPERATOR = 4, 0.1
"""Pictures that an equation has room for, and the fraction of the width between two of them."""
PANEL = {"visible": False, "fixedrange": True}
TITLES = 0.36
"""Fraction of a row's height for its letters and shapes."""


def chain_rule(equations: Sequence[Sequence[Part]], chosen: str) -> go.Figure:
    """Draw the chain rule in pictures: one equation per row, each matrix a heatmap with its letter and shape.

    Every factor has its own scale, centred on zero and the same wherever it appears.

    Parameters
    ----------
    equations : sequence of sequence of Part
        At most four parts each.
    chosen : str
        Letter of the factor to frame wherever it appears.

    Returns
    -------
    Figure
        One trace per part, in their order.
    """
    figure = new_figure(margin={"l": 4, "r": 4, "t": 4, "b": 4}, dragmode=False)
    width, height = (1 + OPERATOR) / SLOTS - OPERATOR, 1 / len(equations)
    colour_axes: dict[str, str] = {}
    axes: dict[str, Any] = {}
    titles: dict[str, str] = {}
    operators: list[dict[str, Any]] = []
    for place, equation in enumerate(equations):
        bottom, top = 1 - (place + 1) * height, 1 - (place + TITLES) * height
        for slot, part in enumerate(equation):
            axis = str(len(figure.data) + 1) if figure.data else ""
            colour = colour_axes.setdefault(
                part.factor.letter, f"coloraxis{len(colour_axes) + 1}" if colour_axes else "coloraxis"
            )
            left = slot * (width + OPERATOR)
            axes |= {
                f"xaxis{axis}": {**PANEL, "anchor": f"y{axis}", "domain": [left, left + width]},
                f"yaxis{axis}": {
                    **PANEL, "anchor": f"x{axis}", "domain": [bottom, top], "autorange": "reversed",
                },
                colour: signed_axis(part.factor.values, np.array([part.factor.reach]), showscale=False),
            }  # fmt: skip
            figure.add_trace(_thumbnail(part, axis, colour))
            rows, columns = reversed(part.factor.values.shape) if part.transposed else part.factor.values.shape
            titles[axis] = f"<b>{part.plain}</b><br>{rows} × {columns}"
            for words, x in ((part.before, left - OPERATOR / 2), (part.after, left + width + OPERATOR / 4)):
                if words:
                    operators.append(
                        {"text": words, "x": x, "y": (bottom + top) / 2, "xref": "paper", "yref": "paper",
                         "showarrow": False, "font": {"size": 18 if len(words) == 1 else 15}}
                    )  # fmt: skip
            if part.factor.letter == chosen:
                figure.add_shape(
                    type="rect", xref=f"x{axis} domain", yref=f"y{axis} domain", x0=0, x1=1, y0=0, y1=1,
                    line={"color": TEST_COLOUR, "width": 4},
                )  # fmt: skip
    return figure.update_layout(
        **axes, annotations=[*subplot_titles(titles), *operators],
        meta={"scales": dict.fromkeys(colour_axes.values(), "signed")},
    )  # fmt: skip


def _thumbnail(part: Part, axis: str, colour: str) -> go.Heatmap:
    shown = part.factor
    rows, columns = (evenly(count, THUMBNAIL) for count in shown.values.shape)
    values = as_float32(shown.values[np.ix_(rows, columns)])
    names = f"{shown.rows} %{{y}}<br>{shown.columns} %{{x}}"
    if part.transposed:
        rows, columns, values, names = columns, rows, values.T, f"{shown.columns} %{{y}}<br>{shown.rows} %{{x}}"
    return go.Heatmap(
        z=values, x=columns, y=rows, coloraxis=colour, xaxis=f"x{axis}", yaxis=f"y{axis}",
        hovertemplate=f"{part.plain}: {shown.meaning}<br>{names}<br>%{{z:.5g}}<extra>click to enlarge it</extra>",
    )  # fmt: skip


def factor(shown: Factor) -> go.Figure:
    """Draw one factor of the chain rule, with zero in the middle of the scale."""
    rows, columns = (evenly(count, MOST_CELLS_PER_SIDE) for count in shown.values.shape)
    figure = new_figure(
        coloraxis=signed_axis(
            shown.values, np.array([shown.reach]), colorbar={"title": {"text": "value"}, "exponentformat": "power"}
        ),
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
    return figure


def one_step(step: Step, layer: int, picked: tuple[int, int] | None = None) -> go.Figure:
    """Draw what one step does to a weight matrix: gradient, weights before, change, weights after.

    Each has its own scale, centred on zero, except that the weights before and after share one.

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
    rows, columns = (evenly(count, MOST_CELLS_PER_SIDE) for count in gradient.shape)
    panels = {
        f"gradient of {name}": (gradient, "coloraxis"),
        f"{name} before": (before, "coloraxis2"),
        "step: − η × gradient": (change, "coloraxis3"),
        f"{name} after": (after, "coloraxis2"),
    }
    names = ("pixel" if layer == 0 else "neuron", "digit" if layer == len(step.before.weights) - 1 else "neuron")
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
            hovertemplate=f"{title}<br>{names[0]} %{{y}}, {names[1]} %{{x}}<br>%{{z:.5g}}<extra></extra>",
        )
        if picked is not None:
            figure.add_scatter(
                x=[picked[1]],
                y=[picked[0]],
                mode="markers",
                marker={"symbol": "circle-open", "size": 16, "color": MUTED_COLOUR, "line": {"width": 3}},
                hoverinfo="skip",
                showlegend=False,
                xaxis=f"x{axis}",
                yaxis=f"y{axis}",
            )
        figure.update_layout(_quarter(number, *names))
    return figure.update_layout(annotations=subplot_titles(dict(zip(["", "2", "3", "4"], panels, strict=True))))


def _quarter(number: int, row_name: str, column_name: str) -> dict[str, Any]:
    """Return the axes of one of four pictures, two above two; only those at the edge have titles."""
    axis = "" if number == 0 else str(number + 1)
    left, upper = number % 2 == 0, number < 2
    plain = {"showgrid": False, "zeroline": False}
    return {
        f"xaxis{axis}": {
            **plain,
            "anchor": f"y{axis}",
            "domain": [0, 0.42] if left else [0.57, 1.0],
            "title": {"text": "" if upper else column_name},
        },
        f"yaxis{axis}": {
            **plain,
            "anchor": f"x{axis}",
            "autorange": "reversed",
            "domain": [0.56, 1.0] if upper else [0, 0.43],
            "title": {"text": row_name if left else ""},
        },
    }


def _axis_below(title: str, x: float, *arrays: np.ndarray) -> dict[str, Any]:
    """Return a colour axis whose bar is below the pictures, labelled only at its ends, so that it fits on a phone."""
    axis = signed_axis(*arrays)
    ends = [axis["cmin"], axis["cmax"]]
    axis["colorbar"] = {
        "orientation": "h", "len": 0.28, "thickness": 12, "x": x, "y": -0.1, "yanchor": "top",
        "title": {"text": title, "side": "top"}, "tickvals": ends, "ticktext": [f"{end:.2g}" for end in ends],
        "tickangle": 0,
    }  # fmt: skip
    return axis


def activation_derivatives(chosen: str, z: float) -> go.Figure:
    """Draw every activation above and its derivative below; one of them thicker, with a point at `z`.

    Parameters
    ----------
    chosen : str
        A name in `ACTIVATIONS`.
    z : float
    """
    pre_activations = np.linspace(-5, 5, 401)
    curves = {name: activation.value_and_derivative(pre_activations) for name, activation in ACTIVATIONS.items()}
    derivatives = np.array([derivative for _, derivative in curves.values()])
    reach = [derivatives.min() - 0.1, derivatives.max() + 0.1]
    figure = new_figure(
        xaxis={"title": {"text": "pre-activation z"}, "anchor": "y2", "range": [-5, 5]},
        yaxis={"title": {"text": "σ(z)"}, "domain": [0.55, 1], "range": [-1.6, 3.2]},
        yaxis2={"title": {"text": "σ′(z)"}, "domain": [0, 0.45], "range": reach},
    )
    for name, activation in ACTIVATIONS.items():
        width = 4 if name == chosen else 2
        for axis, values in zip(("y", "y2"), curves[name], strict=True):
            figure.add_scatter(
                x=pre_activations,
                y=values,
                yaxis=axis,
                mode="lines",
                name=activation.title,
                legendgroup=name,
                showlegend=axis == "y",
                line={"color": activation.colour, "width": width},
                hovertemplate=f"{activation.title}<br>z %{{x:.2f}}<br>%{{y:.4g}}<extra></extra>",
            )
    for axis, value in zip(("y", "y2"), ACTIVATIONS[chosen].value_and_derivative(np.array([z])), strict=True):
        figure.add_scatter(
            x=[z],
            y=value,
            yaxis=axis,
            mode="markers",
            showlegend=False,
            marker={"size": 13, "color": TEST_COLOUR},
            hovertemplate="z %{x:.2f}<br>%{y:.4g}<extra></extra>",
        )
    return figure
