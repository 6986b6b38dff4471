"""The plane through three digits, coloured by what a network reads at each of its points."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from digitviz.datasets import PIXEL_MAX
from digitviz.explanations.border_plane import BorderPlane
from digitviz.figures.colours import (
    DIGIT_COLOURS,
    INVISIBLE,
    MARK_COLOUR,
    MUTED_COLOUR,
    PAPER_COLOUR,
    Scale,
    see_through,
)
from digitviz.figures.picture import Picture, Plain, plain_figure
from digitviz.figures.sentence import says
from digitviz.figures.spots import spots
from digitviz.figures.theme import colour_axis
from digitviz.language import gettext as _

UNSURE, SURE = 0.12, 0.9
"""Opacity of a region where the network is least and most sure."""
CHANCE = 0.1
"""The least confidence that an answer of ten can have."""
TOP = 0.98
"""How far the colours of one digit reach in its part of the scale; the next begins at 1."""
FADED = 0.55
"""How much of a point that is no picture is covered."""
SIDE = 0.17
"""Of the picture of a corner, of the shorter side of the plane."""
SPOTS = 13
"""In each direction, for the keys."""
CORNERS = ("A", "B", "C")


@Picture
def border_regions(
    plane: BorderPlane, digits: np.ndarray, labels: Sequence[int | None], point: Sequence[float] | None = None
) -> Plain:
    """Draw what is read at each point of the plane, the borders, the three digits at their corners, and a point.

    Parameters
    ----------
    plane : BorderPlane
    digits : ndarray, shape (3, 64)
        Ink, 0 to 16.
    labels : sequence of int or None, length 3
        What they show, as far as it is known.
    point : sequence of float, length 2, optional
        In the plane; circled.
    """
    images = [_image(plane, digits[corner], corner) for corner in range(3)]
    traces = [
        _regions(plane), _outside(plane), _borders(plane), _triangle(plane), *(image for image, _place in images),
        _corners(plane, labels), *([] if point is None else [_point(point)]),
    ]  # fmt: skip
    axes = {"visible": False, "constrain": "domain"}
    figure = plain_figure(
        *traces,
        xaxis=axes | {"range": _ends(plane.x)},
        yaxis=axes | {"range": _ends(plane.y), "scaleanchor": "x"},
        coloraxis=colour_axis("ink", cmin=0, cmax=PIXEL_MAX, showscale=False),
        shapes=[_frame(place, SIDE * _shorter(plane)) for _image, place in images],
        showlegend=False,
        hovermode="closest",
        margin={"l": 0, "r": 0, "t": 4, "b": 4},
        meta={"scales": {"coloraxis": "ink"}, "spots": _spots(plane), "loupe": _loupe(plane)},
    )
    found, counts = np.unique(plane.labels, return_counts=True)
    share = ", ".join(
        _("{digit} at {share}").format(digit=found[n], share=f"{counts[n] / plane.labels.size:.0%}")
        for n in np.argsort(-counts, kind="stable")
    )
    return says(
        figure, _("The plane through three digits, and what is read at its points: {shares}").format(shares=share)
    )


def digit_regions_scale() -> Scale:
    """Return the colours of labels and confidence as one scale: a tenth for each digit, from pale to full."""
    return [
        ((digit + end) / 10, see_through(colour, opacity))
        for digit, colour in enumerate(DIGIT_COLOURS)
        for end, opacity in ((0.0, UNSURE), (TOP, SURE), (1.0, SURE))
    ]


def _regions(plane: BorderPlane) -> dict[str, Any]:
    sure = np.clip((plane.confidence - CHANCE) / (1 - CHANCE), 0, 1)
    percent = np.round(100 * plane.confidence)
    return {
        "type": "heatmap", "x": plane.x, "y": plane.y, "z": (plane.labels + TOP * sure).astype(np.float32),
        "zmin": 0, "zmax": 10, "colorscale": digit_regions_scale(), "showscale": False, "name": "",
        "customdata": np.stack([plane.labels, percent], axis=-1).astype(np.uint8),
        "hovertemplate": _("read as {digit}<br>{percent} % sure").format(
            digit="%{customdata[0]}", percent="%{customdata[1]}"
        ) + "<extra></extra>",
    }  # fmt: skip


def _outside(plane: BorderPlane) -> dict[str, Any]:
    """Cover what is no picture with a veil of the paper's colour."""
    return {
        "type": "heatmap", "x": plane.x, "y": plane.y, "z": (~plane.is_digit).astype(np.uint8), "zmin": 0, "zmax": 1,
        "colorscale": [[0, INVISIBLE], [0.5, INVISIBLE], [0.5, PAPER_COLOUR], [1, PAPER_COLOUR]], "opacity": FADED,
        "showscale": False, "hoverinfo": "skip", "name": "",
    }  # fmt: skip


def _borders(plane: BorderPlane) -> dict[str, Any]:
    """Draw a line between neighbouring points that are read differently."""
    half_x, half_y = (float(axis[1] - axis[0]) / 2 for axis in (plane.x, plane.y))
    x: list[float | None] = []
    y: list[float | None] = []
    for i, j in np.argwhere(plane.labels[:, 1:] != plane.labels[:, :-1]).tolist():
        x += [plane.x[j] + half_x, plane.x[j] + half_x, None]
        y += [plane.y[i] - half_y, plane.y[i] + half_y, None]
    for i, j in np.argwhere(plane.labels[1:] != plane.labels[:-1]).tolist():
        x += [plane.x[j] - half_x, plane.x[j] + half_x, None]
        y += [plane.y[i] + half_y, plane.y[i] + half_y, None]
    return _line(_rounded(x), _rounded(y), {"color": PAPER_COLOUR, "width": 2})


def _triangle(plane: BorderPlane) -> dict[str, Any]:
    corners = plane.corners[[0, 1, 2, 0]]
    return _line(corners[:, 0].tolist(), corners[:, 1].tolist(), {"color": MUTED_COLOUR, "width": 1.5, "dash": "dot"})


def _line(x: Sequence[float | None], y: Sequence[float | None], line: dict[str, Any]) -> dict[str, Any]:
    return {"type": "scatter", "mode": "lines", "x": x, "y": y, "line": line, "hoverinfo": "skip", "name": ""}


def _rounded(numbers: Sequence[float | None]) -> list[float | None]:
    return [None if number is None else round(float(number), 3) for number in numbers]


def _shorter(plane: BorderPlane) -> float:
    return float(min(np.ptp(plane.x), np.ptp(plane.y)))


def _ends(values: np.ndarray) -> list[float]:
    half = float(values[1] - values[0]) / 2
    return [float(values[0]) - half, float(values[-1]) + half]


def _image(plane: BorderPlane, digit: np.ndarray, corner: int) -> tuple[dict[str, Any], np.ndarray]:
    """Return the picture of a digit, outside its corner, and where its middle is."""
    side = SIDE * _shorter(plane)
    middle = plane.corners.mean(axis=0)
    away = plane.corners[corner] - middle
    place = plane.corners[corner] + away / np.linalg.norm(away) * side * 0.95
    low, high = (np.array([axis[0], axis[-1]]) for axis in (plane.x, plane.y))
    place = np.clip(place, [low[0] + side / 2, high[0] + side / 2], [low[1] - side / 2, high[1] - side / 2])
    cells = (np.arange(8) - 3.5) * side / 8
    trace = {
        "type": "heatmap", "x": place[0] + cells, "y": place[1] - cells, "z": digit.reshape(8, 8).astype(np.float32),
        "coloraxis": "coloraxis", "hoverinfo": "skip", "name": CORNERS[corner],
    }  # fmt: skip
    return trace, place


def _frame(place: np.ndarray, side: float) -> dict[str, Any]:
    (left, low), half = place.tolist(), side / 2
    return {
        "type": "rect", "x0": left - half, "x1": left + half, "y0": low - half, "y1": low + half,
        "line": {"color": MUTED_COLOUR, "width": 1},
    }  # fmt: skip


def _corners(plane: BorderPlane, labels: Sequence[int | None]) -> dict[str, Any]:
    said = [
        corner if label is None else _("{corner}: label {label}").format(corner=corner, label=label)
        for corner, label in zip(CORNERS, labels, strict=True)
    ]
    return {
        "type": "scatter", "mode": "markers+text", "x": plane.corners[:, 0].tolist(), "y": plane.corners[:, 1].tolist(),
        "marker": {"size": 20, "color": MUTED_COLOUR}, "text": [f"<b>{corner}</b>" for corner in CORNERS],
        "textfont": {"size": 12, "color": PAPER_COLOUR}, "hovertext": said, "hoverinfo": "text", "name": "",
    }  # fmt: skip


def _point(point: Sequence[float]) -> dict[str, Any]:
    x, y = (float(value) for value in point)
    ring = {"symbol": "circle-open", "size": 18, "line": {"width": 4}, "color": MARK_COLOUR}
    return {
        "type": "scatter", "mode": "markers", "x": [x], "y": [y], "marker": ring, "hoverinfo": "skip", "name": "",
    }  # fmt: skip


def _loupe(plane: BorderPlane) -> dict[str, Any]:
    """Tell the browser what picture each point of the first trace is: `loupe.js` shows the one under the pointer."""
    origin, basis = plane.origin.round(3).tolist(), plane.basis.round(5).tolist()
    return {"trace": 0, "origin": origin, "basis": basis, "most": PIXEL_MAX}


def _spots(plane: BorderPlane) -> dict[str, Any]:
    rows, columns = (np.linspace(0, len(axis) - 1, SPOTS + 2).round().astype(int)[1:-1] for axis in (plane.y, plane.x))
    grid = [(int(row), int(column)) for row in rows[::-1] for column in columns]
    words = [
        _("read as {digit}, {percent} sure").format(
            digit=int(plane.labels[cell]), percent=f"{plane.confidence[cell]:.0%}"
        )
        for cell in grid
    ]
    return spots(
        [float(plane.x[column]) for _row, column in grid], [float(plane.y[row]) for row, _column in grid], words,
        width=float(np.ptp(plane.x)) / (SPOTS + 1), height=float(np.ptp(plane.y)) / (SPOTS + 1),
    )  # fmt: skip
