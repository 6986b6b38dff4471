"""The plane through three digits, coloured by what a network reads at each of its points."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from digitviz.datasets import PIXEL_MAX
from digitviz.explanations.border_plane import BorderPlane
from digitviz.figures import draw
from digitviz.figures.colours import (
    DIGIT_COLOURS,
    INVISIBLE,
    MARK_COLOUR,
    MUTED_COLOUR,
    PAPER_COLOUR,
    Scale,
    see_through,
)
from digitviz.figures.picture import Picture, Plain
from digitviz.figures.sentence import says
from digitviz.language import gettext as _

UNSURE, SURE = 0.12, 0.9
"""Opacity of a region where the network is least and most sure."""
CHANCE = 0.1
"""The least confidence that an answer of ten can have."""
TOP = 0.98
"""End of the colours of one digit in its part of the scale; the next begins at 1."""
FADED = 0.55
"""Opacity of the cover over points that are not valid pictures."""
CORNER = 0.17
"""Side of the picture at a corner, as a share of the shorter side of the plane."""
SPOTS = 13
"""Places in each direction that keys can visit."""
CORNERS = ("A", "B", "C")


@Picture
def border_regions(
    plane: BorderPlane, digits: np.ndarray, labels: Sequence[int | None], point: Sequence[float] | None = None
) -> Plain:
    """Draw the answer at each point of the plane, the borders, the three digits at their corners, and a point.

    Parameters
    ----------
    plane : BorderPlane
    digits : ndarray, shape (3, 64)
        Ink, 0 to 16.
    labels : sequence of int or None, length 3
        Labels of the digits; None if unknown.
    point : sequence of float, length 2, optional
        A point in the plane that is circled.
    """
    side = CORNER * float(min(np.ptp(plane.x), np.ptp(plane.y)))
    images = [_image(plane, digits[corner], corner, side) for corner in range(3)]
    hidden = {"visible": False, "constrain": "domain"}
    triangle = plane.corners[[0, 1, 2, 0]]
    figure = draw.figure(
        _regions(plane),
        _outside(plane),
        _borders(plane),
        _line(triangle, draw.stroke(MUTED_COLOUR, 1.5, "dot")),
        *(image for image, _place in images),
        _corners(plane, labels),
        *([] if point is None else [_point(point)]),
        xaxis=hidden | {"range": _ends(plane.x)},
        yaxis=hidden | {"range": _ends(plane.y), "scaleanchor": "x"},
        coloraxis=draw.ink_axis(),
        shapes=[
            draw.box_around(float(place[0]), float(place[1]), side / 2, (MUTED_COLOUR, 1)) for _image, place in images
        ],
        showlegend=False,
        hovermode="closest",
        margin=(0, 0, 4, 4),
        meta={"spots": _spots(plane), "loupe": _loupe(plane)},
    )
    found, counts = np.unique(plane.labels, return_counts=True)
    said = _("{digit} at {share}")
    shares = ", ".join(
        said.format(digit=found[n], share=f"{counts[n] / plane.labels.size:.0%}")
        for n in np.argsort(-counts, kind="stable")
    )
    return says(figure, _("The plane through three digits, and what is read at its points: {shares}"), shares=shares)


def digit_regions_scale() -> Scale:
    """Return the colours of labels and confidence as one scale: a tenth for each digit, from pale to full."""
    return [
        ((digit + end) / 10, see_through(colour, opacity))
        for digit, colour in enumerate(DIGIT_COLOURS)
        for end, opacity in ((0.0, UNSURE), (TOP, SURE), (1.0, SURE))
    ]


def _regions(plane: BorderPlane) -> draw.Part:
    sure = np.clip((plane.confidence - CHANCE) / (1 - CHANCE), 0, 1)
    percent = np.round(100 * plane.confidence)
    custom = np.stack([plane.labels, percent], axis=-1).astype(np.uint8)
    said = _("read as {digit}<br>{percent} % sure").format(digit="%{customdata[0]}", percent="%{customdata[1]}")
    values = (plane.labels + TOP * sure).astype(np.float32)
    return _layer(plane, values, 10, digit_regions_scale(), hover=said, customdata=custom)


def _outside(plane: BorderPlane) -> draw.Part:
    """Fade the points that are not valid pictures with a cover of the paper's colour."""
    scale = [(0, INVISIBLE), (0.5, INVISIBLE), (0.5, PAPER_COLOUR), (1, PAPER_COLOUR)]
    return _layer(plane, (~plane.is_digit).astype(np.uint8), 1, scale, opacity=FADED)


def _layer(plane: BorderPlane, values: np.ndarray, top: float, scale: Sequence, **more: object) -> draw.Part:
    """Return a heatmap of the whole plane with a scale of its own, from 0 to `top`."""
    own = {"coloraxis": None, "zmin": 0, "zmax": top, "colorscale": scale, "showscale": False, "name": ""}
    return draw.heatmap(values, x=plane.x, y=plane.y, **own, **more)


def _borders(plane: BorderPlane) -> draw.Part:
    """Draw a line between neighbouring points with different answers."""
    half = np.array([float(axis[1] - axis[0]) / 2 for axis in (plane.x, plane.y)])
    ends = []
    for axis, start in ((1, (1, -1)), (0, (-1, 1))):  # borders to the right of a point, then above it
        rows, columns = np.nonzero(np.diff(plane.labels, axis=axis))
        points = np.stack([plane.x[columns], plane.y[rows]], axis=-1)
        ends.append(np.stack([points + half * start, points + half], axis=1))
    joined = draw.segments(np.concatenate(ends)).round(3)
    return _line(joined, draw.stroke(PAPER_COLOUR, 2))


def _line(points: np.ndarray, line: draw.Part) -> draw.Part:
    x, y = ([None if value != value else value for value in values] for values in points.T.tolist())  # nan is a gap
    return draw.scatter(x, y, "lines", line=line, name="")


def _ends(values: np.ndarray) -> list[float]:
    half = float(values[1] - values[0]) / 2
    return [float(values[0]) - half, float(values[-1]) + half]


def _image(plane: BorderPlane, digit: np.ndarray, corner: int, side: float) -> tuple[draw.Part, np.ndarray]:
    """Return the picture of a digit outside its corner, and the place of its middle."""
    away = plane.corners[corner] - plane.corners.mean(axis=0)
    place = plane.corners[corner] + away / np.linalg.norm(away) * side * 0.95
    low, high = (np.array([axis[end] for axis in (plane.x, plane.y)]) for end in (0, -1))
    place = np.clip(place, low + side / 2, high - side / 2)
    cells = (np.arange(8) - 3.5) * side / 8
    image = digit.reshape(8, 8).astype(np.float32)
    return draw.heatmap(image, x=place[0] + cells, y=place[1] - cells, name=CORNERS[corner]), place


def _corners(plane: BorderPlane, labels: Sequence[int | None]) -> draw.Part:
    named = _("{corner}: label {label}")
    said = [
        corner if label is None else named.format(corner=corner, label=label)
        for corner, label in zip(CORNERS, labels, strict=True)
    ]
    return draw.scatter(
        plane.corners[:, 0].tolist(),
        plane.corners[:, 1].tolist(),
        "markers+text",
        marker=(20, MUTED_COLOUR),
        text=[f"<b>{corner}</b>" for corner in CORNERS],
        textfont=draw.font(12, PAPER_COLOUR),
        hovertext=said,
        hoverinfo="text",
        name="",
    )


def _point(point: Sequence[float]) -> draw.Part:
    marker = draw.dot(18, MARK_COLOUR, "circle-open", line={"width": 4})
    return draw.scatter([float(point[0])], [float(point[1])], "markers", marker=marker, name="")


def _loupe(plane: BorderPlane) -> draw.Part:
    """Tell the browser the picture at each point of the first trace: `loupe.js` shows the one under the pointer."""
    origin, basis = plane.origin.round(3).tolist(), plane.basis.round(5).tolist()
    return {"trace": 0, "origin": origin, "basis": basis, "most": PIXEL_MAX}


def _spots(plane: BorderPlane) -> draw.Part:
    rows, columns = (np.linspace(0, len(axis) - 1, SPOTS + 2).round().astype(int)[1:-1] for axis in (plane.y, plane.x))
    grid = [(int(row), int(column)) for row in rows[::-1] for column in columns]
    said = _("read as {digit}, {percent} sure")
    words = [said.format(digit=int(plane.labels[at]), percent=f"{plane.confidence[at]:.0%}") for at in grid]
    x, y = [float(plane.x[column]) for _row, column in grid], [float(plane.y[row]) for row, _column in grid]
    width, height = (float(np.ptp(values)) / (SPOTS + 1) for values in (plane.x, plane.y))
    return draw.spots(x, y, words, width, height)
