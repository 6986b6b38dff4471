"""How a drawing is classified, from ink to answer."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import plotly.graph_objects as go

from digitviz.datasets import PIXEL_MAX
from digitviz.drawing import Drawing
from digitviz.explanations.contributions import Contributions
from digitviz.figures.digits import tiles
from digitviz.figures.maps import hidden_axis
from digitviz.figures.picture import Picture, Plain, plain_figure
from digitviz.figures.theme import (
    DIGIT_COLORS,
    TEST_COLOUR,
    colour_axis,
    new_figure,
    signed_axis,
    subplot_titles,
)

STAGE_SIDE = 64
"""Ink and crop are shown with at most this many pixels per side."""


def _picture_axes(number: int, domain: tuple[float, float]) -> dict:
    axis = "" if number == 1 else str(number)
    hidden = {"visible": False, "fixedrange": True}
    return {
        f"xaxis{axis}": {**hidden, "domain": domain, "anchor": f"y{axis}", "constrain": "domain"},
        f"yaxis{axis}": {
            **hidden, "autorange": "reversed", "scaleanchor": f"x{axis}", "anchor": f"x{axis}", "constrain": "domain",
        },
    }  # fmt: skip


def _thinned(ink: np.ndarray) -> np.ndarray:
    """Take every k-th pixel, so that at most `STAGE_SIDE` are left per side."""
    step = max(1, -(-max(ink.shape, default=1) // STAGE_SIDE))
    return ink[::step, ::step].astype(np.uint8)


@Picture
def stages(drawing: Drawing) -> Plain:
    """Draw the stages of a drawing: ink found, cut out, normalised to 32 x 32."""
    pictures = {
        "ink": _thinned(drawing.ink),
        "cut out": _thinned(drawing.crop) if drawing.crop.size else np.zeros((8, 8), np.uint8),
        "32 x 32": drawing.bitmap.astype(np.uint8),
    }
    domains = [(0.0, 0.31), (0.345, 0.655), (0.69, 1.0)]
    names = ["", "2", "3"]
    traces: list[dict] = []
    axes: dict = {}
    for number, name, picture, domain in zip((1, 2, 3), names, pictures.values(), domains, strict=True):
        traces.append(
            {
                "type": "heatmap", "z": picture, "coloraxis": "coloraxis", "xaxis": f"x{name}", "yaxis": f"y{name}",
                "hoverinfo": "skip",
            }
        )  # fmt: skip
        axes |= _picture_axes(number, domain)
    return plain_figure(
        *traces,
        **axes,
        coloraxis=colour_axis("ink", cmin=0, cmax=1, showscale=False),
        meta={"scales": {"coloraxis": "ink"}},
        margin={"l": 0, "r": 0, "t": 28, "b": 0},
        annotations=subplot_titles(dict(zip(names, pictures, strict=True))),
    )


def _below(title: str) -> dict:
    """Return a colour bar below the picture, where it takes none of its width."""
    return {"title": {"text": title, "side": "top"}, "orientation": "h", "y": -0.05, "yanchor": "top"}


@Picture
def hidden_cells(activations: np.ndarray, importance: np.ndarray, marked: int = 5) -> Plain:
    """Draw the last hidden layer as cells, and mark the neurons that matter most for the answer.

    Parameters
    ----------
    activations : ndarray, shape (neurons,)
        Of each neuron.
    importance : ndarray, shape (neurons,)
        What each adds to the lead of the answer over the runner-up, in logits.
    marked : int
        How many to mark.
    """
    columns = min(10, len(activations))
    rows = -(-len(activations) // columns)
    cells = np.full(rows * columns, np.nan, np.float32)
    cells[: len(activations)] = activations
    lead = np.zeros(rows * columns, np.float32)
    lead[: len(activations)] = importance
    top = [int(n) for n in np.argsort(-np.abs(importance))[:marked] if importance[n] != 0]
    marks = [
        {
            "type": "rect", "x0": n % columns - 0.5, "x1": n % columns + 0.5,
            "y0": n // columns - 0.5, "y1": n // columns + 0.5, "line": {"color": TEST_COLOUR, "width": 3},
        }
        for n in top
    ]  # fmt: skip
    cell = {
        "type": "heatmap",
        "z": cells.reshape(rows, columns),
        "customdata": np.stack([np.arange(rows * columns, dtype=np.float32), lead], -1).reshape(rows, columns, 2),
        "coloraxis": "coloraxis",
        "xgap": 2,
        "ygap": 2,
        "hovertemplate": "neuron %{customdata[0]}<br>output %{z:.3f}<br>adds %{customdata[1]:.3f}<extra></extra>",
        "hoverongaps": False,
    }
    return plain_figure(
        cell,
        coloraxis=signed_axis(activations, colorbar=_below("output")),
        meta={"scales": {"coloraxis": "signed"}},
        xaxis={"visible": False, "fixedrange": True},
        yaxis={"visible": False, "fixedrange": True, "autorange": "reversed", "scaleanchor": "x"},
        margin={"l": 0, "r": 0, "t": 48, "b": 0},
        showlegend=False,
        shapes=marks,
        annotations=subplot_titles({"": f"{len(activations)} hidden neurons,<br>the decisive ones marked"}),
    )


@Picture
def probability_bars(probabilities: np.ndarray, label: int | None) -> Plain:
    """Draw the ten probabilities as bars; only the answer's is opaque."""
    bars = {
        "type": "bar",
        "x": np.asarray(probabilities, np.float32),
        "y": list(range(10)),
        "orientation": "h",
        "marker": {"color": list(DIGIT_COLORS), "opacity": [1.0 if digit == label else 0.45 for digit in range(10)]},
        "text": [f"{p:.0%}" if p >= 0.005 else "" for p in probabilities],
        "textposition": "outside",
        "cliponaxis": False,
        "hovertemplate": "%{y}: %{x:.2%}<extra></extra>",
    }
    return plain_figure(
        bars,
        xaxis={"range": [0, 1.25], "tickformat": ".0%", "title": {"text": "probability"}, "fixedrange": True},
        yaxis={
            "autorange": "reversed", "tickvals": list(range(10)), "fixedrange": True,
            "title": {"text": "digit", "standoff": 14},
        },
        showlegend=False,
        margin={"l": 0, "r": 0, "t": 8, "b": 0},
    )  # fmt: skip


def pixel_arguments(contributions: Contributions) -> go.Figure:
    """Draw what each pixel argued for: the answer (one end of the scale) or the runner-up (the other)."""
    figure = new_figure(
        coloraxis=signed_axis(
            contributions.pixels,
            colorbar=_below(f"← for {contributions.against} · logits · for {contributions.label} →"),
        ),
        meta={"scales": {"coloraxis": "signed"}},
        xaxis={"visible": False, "fixedrange": True},
        yaxis={"visible": False, "fixedrange": True, "autorange": "reversed", "scaleanchor": "x"},
        margin={"l": 0, "r": 0, "t": 8, "b": 0},
    )
    figure.add_heatmap(
        z=contributions.pixels.astype(np.float32),
        coloraxis="coloraxis",
        xgap=1,
        ygap=1,
        hovertemplate="row %{y}, column %{x}<br>adds %{z:.3f}<extra></extra>",
    )
    return figure


@Picture
def digit_with_numbers(digit: np.ndarray, title: str = "") -> Plain:
    """Draw an 8 x 8 digit with the ink of each pixel, 0 to 16, written into it."""
    ink = {
        "type": "heatmap", "z": np.asarray(digit, np.float32), "coloraxis": "coloraxis", "xgap": 1, "ygap": 1,
        "texttemplate": "%{z:.0f}", "hovertemplate": "row %{y}, column %{x}<br>ink %{z:.1f} of 16<extra></extra>",
    }  # fmt: skip
    hidden = {"visible": False, "fixedrange": True, "constrain": "domain"}
    return plain_figure(
        ink,
        coloraxis=colour_axis("ink", cmin=0, cmax=PIXEL_MAX, showscale=False),
        meta={"scales": {"coloraxis": "ink"}},
        xaxis=hidden,
        yaxis={**hidden, "autorange": "reversed", "scaleanchor": "x"},
        margin={"l": 0, "r": 0, "t": 28 if title else 8, "b": 0},
        annotations=subplot_titles({"": title} if title else {}),
    )


def nearest_digits(images: np.ndarray, labels: np.ndarray, distances: np.ndarray) -> go.Figure:
    """Draw the nearest training digits with their labels and distances."""
    count = len(images)
    sheet = tiles(
        np.pad(np.asarray(images, np.float32), ((0, 0), (0, 0), (0, 1)), constant_values=np.nan), max(count, 1)
    )
    figure = new_figure(
        coloraxis=colour_axis("ink", cmin=0, cmax=PIXEL_MAX, showscale=False),
        meta={"scales": {"coloraxis": "ink"}},
        xaxis={"visible": False, "fixedrange": True},
        yaxis={"visible": False, "fixedrange": True, "range": [17.5, -0.5], "scaleanchor": "x"},
        margin={"l": 0, "r": 0, "t": 0, "b": 0},
    )
    figure.add_heatmap(z=sheet, coloraxis="coloraxis", hoverinfo="skip")
    for number, (label, distance) in enumerate(zip(labels, distances, strict=True)):
        text = f"<b>{label}</b><br>{distance:.0f}"
        figure.add_annotation(x=10 * number + 3.5, y=7.7, yanchor="top", text=text, showarrow=False)
    return figure


def map_with_star(
    coordinates: np.ndarray,
    labels: np.ndarray,
    centres: Mapping[int, np.ndarray],
    star: np.ndarray | None,
    shares: tuple[float, ...] | None = None,
) -> go.Figure:
    """Draw a map of digits, each cloud with its digit at its centre, and a drawing as a star.

    Parameters
    ----------
    coordinates : ndarray, shape (n, 2)
    labels : ndarray of int, shape (n,)
    centres : mapping of int to ndarray, shape (2,)
        Where each digit is written: see `digitviz.projections.spaces.cloud_centres`.
    star : ndarray, shape (2,), or None
    shares : tuple of float, optional
        Fractions of the variance along both axes, 0 to 1; without them the axes have no meaning and are hidden.
    """
    places = coordinates if star is None else np.concatenate([coordinates, star[None]])
    axes = [hidden_axis(places[:, axis], places) for axis in (0, 1)]
    if shares is not None:
        for number, axis in enumerate(axes):
            title = f"component {number + 1} ({shares[number]:.0%} of the variance)"
            axis.update(visible=True, zeroline=False, title={"text": title})
    figure = new_figure(
        xaxis=axes[0] | {"constrain": "domain"},
        yaxis=axes[1] | {"scaleanchor": "x", "constrain": "domain"},
        margin={"l": 4, "r": 4, "t": 8, "b": 4},
        showlegend=False,
    )
    for digit in range(10):
        members = coordinates[labels == digit].astype(np.float32)
        figure.add_scatter(
            x=members[:, 0], y=members[:, 1], mode="markers", name=str(digit),
            marker={"color": DIGIT_COLORS[digit], "size": 5, "opacity": 0.55},
            hovertemplate=f"a {digit}<extra></extra>",
        )  # fmt: skip
    for digit, (x, y) in centres.items():
        figure.add_annotation(x=float(x), y=float(y), text=f"<b>{digit}</b>", showarrow=False, font={"size": 20})
    if star is not None:
        figure.add_scatter(
            x=[float(star[0])], y=[float(star[1])], mode="markers", name="your drawing",
            marker={"symbol": "star", "size": 24, "color": "#ffffff", "line": {"width": 2.5, "color": "#141820"}},
            hovertemplate="your drawing<extra></extra>",
        )  # fmt: skip
    return figure
