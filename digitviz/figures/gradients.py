"""Backpropagation as pictures: the factors of the chain rule, and one step."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from digitviz.figures.colours import MUTED_COLOUR, TEST_COLOUR
from digitviz.figures.picture import Picture, Plain, plain_figure
from digitviz.figures.sentence import says, short
from digitviz.figures.spots import spots
from digitviz.figures.theme import as_float32, signed_axis, subplot_titles
from digitviz.figures.thinning import evenly
from digitviz.figures.weights import MOST_CELLS_PER_SIDE
from digitviz.language import gettext as _
from digitviz.language import ngettext
from digitviz.lesson.chain_rule import Factor, Part, Step, sides_of_weights

THUMBNAIL = 64
"""Cells per side, at most, of the pictures in an equation."""
OPERATOR = 0.1
"""Fraction of the width between two pictures of an equation."""
PRECISE = ".5~g"
"""How plotly.js writes a number: with a true minus, and as 0.000001 down to that."""
PANEL = {"visible": False, "fixedrange": True}
ROW_HEIGHT, TITLES = 340, 52
"""Pixels of an equation in pictures, and those of them for the letters and shapes."""


@Picture
def chain_rule(equations: Sequence[Sequence[Part]], chosen: str) -> Plain:
    """Draw the chain rule in pictures: one equation per row, each matrix a heatmap with its letter and shape.

    Every factor has its own scale, centred on zero and the same wherever it appears.

    Parameters
    ----------
    equations : sequence of sequence of Part
        Of the chain rule, all or some.
    chosen : str
        Letter of the factor to frame wherever it appears.

    Returns
    -------
    Figure
        One trace per part, in their order.
    """
    width = (1 + OPERATOR) / max(len(equation) for equation in equations) - OPERATOR
    height, titles_height = 1 / len(equations), TITLES / ROW_HEIGHT
    colour_axes: dict[str, str] = {}
    axes: dict[str, Any] = {}
    titles: dict[str, str] = {}
    operators: list[dict[str, Any]] = []
    thumbnails: list[dict[str, Any]] = []
    frames: list[dict[str, Any]] = []
    for place, equation in enumerate(equations):
        bottom, top = 1 - (place + 1) * height, 1 - (place + titles_height) * height
        for slot, part in enumerate(equation):
            axis = str(len(thumbnails) + 1) if thumbnails else ""
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
            thumbnails.append(_thumbnail(part, axis, colour))
            rows, columns = reversed(part.factor.values.shape) if part.transposed else part.factor.values.shape
            titles[axis] = f"<b>{part.plain}</b><br>{rows} × {columns}"
            for words, x in ((part.before, left - OPERATOR / 2), (part.after, left + width + OPERATOR / 4)):
                if words:
                    operators.append(
                        {"text": words, "x": x, "y": (bottom + top) / 2, "xref": "paper", "yref": "paper",
                         "xanchor": "center", "showarrow": False, "font": {"size": 22 if len(words) == 1 else 15}}
                    )  # fmt: skip
            if part.factor.letter == chosen:
                frames.append(
                    {"type": "rect", "xref": f"x{axis} domain", "yref": f"y{axis} domain", "x0": 0, "x1": 1,
                     "y0": 0, "y1": 1, "line": {"color": TEST_COLOUR, "width": 4}}
                )  # fmt: skip
    figure = plain_figure(
        *thumbnails, **axes, margin={"l": 4, "r": 24, "t": 4, "b": 4}, dragmode=False, shapes=frames,
        annotations=[*subplot_titles(titles), *operators],
        meta={"scales": dict.fromkeys(colour_axes.values(), "signed"), "spots": _whole_pictures(thumbnails, equations)},
    )  # fmt: skip
    return says(figure, _in_words(len(equations), len(thumbnails)))


def _whole_pictures(thumbnails: list[dict[str, Any]], equations: Sequence[Sequence[Part]]) -> dict[str, Any]:
    """Return one spot for each picture of an equation."""
    ends = [(trace["x"][0], trace["x"][-1], trace["y"][0], trace["y"][-1]) for trace in thumbnails]
    left, right, top, bottom = np.array(ends, float).T
    x, y, width, height = (left + right) / 2, (top + bottom) / 2, right - left + 1, bottom - top + 1
    words = [f"{part.plain}: {part.factor.meaning}" for equation in equations for part in equation]
    return spots(x.tolist(), y.tolist(), words, width.tolist(), height.tolist(), list(range(len(words))))


def _in_words(equations: int, pictures: int) -> str:
    sentence = ngettext(
        "The chain rule in pictures: one equation of {pictures} matrices",
        "The chain rule in pictures: {equations} equations of {pictures} matrices",
        equations,
    )
    return sentence.format(equations=equations, pictures=pictures)


def _thumbnail(part: Part, axis: str, colour: str) -> dict[str, Any]:
    shown = part.factor
    rows, columns = (evenly(count, THUMBNAIL) for count in shown.values.shape)
    values = as_float32(shown.values[np.ix_(rows, columns)])
    down, across = shown.rows, shown.columns
    if part.transposed:
        rows, columns, values, down, across = columns, rows, values.T, across, down
    names, invitation = f"{down} %{{y}}<br>{across} %{{x}}", _("select to enlarge")
    return {
        "type": "heatmap", "z": values, "x": columns + across.first, "y": rows + down.first, "coloraxis": colour,
        "xaxis": f"x{axis}", "yaxis": f"y{axis}",
        "hovertemplate": f"{part.plain}: {shown.meaning}<br>{names}<br>%{{z:{PRECISE}}}<extra>{invitation}</extra>",
    }  # fmt: skip


@Picture
def factor(shown: Factor, picked: tuple[int, int] | None = None) -> Plain:
    """Draw one factor of the chain rule, with zero in the middle of the scale.

    Parameters
    ----------
    shown : Factor
    picked : (int, int), optional
        Row and column of a number to mark.
    """
    rows, columns = (evenly(count, MOST_CELLS_PER_SIDE) for count in shown.values.shape)
    cells = {
        "type": "heatmap",
        "z": as_float32(shown.values[np.ix_(rows, columns)]),
        "x": columns + shown.columns.first,
        "y": rows + shown.rows.first,
        "coloraxis": "coloraxis",
        "hovertemplate": f"{shown.rows} %{{y}}<br>{shown.columns} %{{x}}<br>%{{z:{PRECISE}}}<extra></extra>",
    }
    ring = [_ring(picked[0] + shown.rows.first, picked[1] + shown.columns.first)] if picked is not None else []
    figure = plain_figure(
        cells,
        *ring,
        coloraxis=signed_axis(shown.values, np.array([shown.reach]), colorbar={"exponentformat": "power"}),
        meta={"scales": {"coloraxis": "signed"}},
        xaxis={"title": {"text": str(shown.columns)}, "showgrid": False, "zeroline": False},
        yaxis={"title": {"text": str(shown.rows)}, "autorange": "reversed", "showgrid": False, "zeroline": False},
    )
    height, width = shown.values.shape
    sentence = _("{meaning}: {height} × {width} numbers from {lowest} to {highest}").format(
        meaning=shown.meaning, height=height, width=width, lowest=short(shown.values.min()),
        highest=short(shown.values.max()),
    )  # fmt: skip
    return says(figure, sentence)


def _ring(row: int, column: int) -> dict[str, Any]:
    return {
        "type": "scatter", "x": [column], "y": [row], "mode": "markers", "hoverinfo": "skip", "showlegend": False,
        "marker": {"symbol": "circle-open", "size": 16, "color": MUTED_COLOUR, "line": {"width": 3}},
    }  # fmt: skip


@Picture
def one_step(step: Step, layer: int, picked: tuple[int, int] | None = None) -> Plain:
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
        _("gradient of {weights}").format(weights=name): (gradient, "coloraxis"),
        _("{weights} before").format(weights=name): (before, "coloraxis2"),
        _("step: − η × gradient"): (change, "coloraxis3"),
        _("{weights} after").format(weights=name): (after, "coloraxis2"),
    }
    down, across = sides_of_weights(layer, len(step.before.weights))
    figure = plain_figure(
        coloraxis=_axis_below(_("gradient"), 0.14, gradient),
        coloraxis2=_axis_below(_("weight"), 0.5, before, after),
        coloraxis3=_axis_below(_("step taken"), 0.86, change),
        meta={"scales": {"coloraxis": "signed", "coloraxis2": "signed", "coloraxis3": "signed"}},
        margin={"l": 10, "r": 10, "t": 30, "b": 95},
        annotations=subplot_titles(dict(zip(["", "2", "3", "4"], panels, strict=True))),
    )
    for number, (title, (matrix, coloraxis)) in enumerate(panels.items()):
        axis = "" if number == 0 else str(number + 1)
        axes = {"xaxis": f"x{axis}", "yaxis": f"y{axis}"}
        figure["data"].append(
            {
                "type": "heatmap",
                "z": as_float32(matrix[np.ix_(rows, columns)]),
                "x": columns + across.first,
                "y": rows + down.first,
                "coloraxis": coloraxis,
                "hovertemplate": f"{title}<br>{down} %{{y}}<br>{across} %{{x}}<br>%{{z:{PRECISE}}}<extra></extra>",
                **axes,
            }
        )
        if picked is not None:
            figure["data"].append(_ring(picked[0] + down.first, picked[1] + across.first) | axes)
        figure["layout"] |= _quarter(number, str(down), str(across))
    sentence = _("One step changes {name} by at most {change}: gradient, weights before, step, weights after")
    return says(figure, sentence.format(name=name, change=short(np.abs(change).max())))


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
            "domain": [0.6, 1.0] if upper else [0, 0.4],
            "title": {"text": row_name if left else ""},
        },
    }


def _axis_below(title: str, x: float, *arrays: np.ndarray) -> dict[str, Any]:
    """Return a colour axis whose bar is below the pictures; its title says both ends, so that it fits on a phone."""
    axis = signed_axis(*arrays)
    axis["colorbar"] = {
        "orientation": "h", "len": 0.28, "thickness": 12, "x": x, "y": -0.17, "yanchor": "top",
        "title": {"text": f"{title}<br>±{short(axis['cmax'])}", "side": "top"}, "showticklabels": False,
    }  # fmt: skip
    return axis
