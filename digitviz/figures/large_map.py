"""One large map, or two of the same points side by side: points picked, selected, misclassified or separated."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from digitviz.figures.colours import (
    DIGIT_COLOURS,
    LABEL_BOX_COLOUR,
    LABEL_COLOUR,
    MARK_COLOUR,
    MUTED_COLOUR,
    WRONG_COLOUR,
)
from digitviz.figures.large_map_layout import MapView, layout_of, side_by_side, stacked
from digitviz.figures.maps import digit_scale, typed_places
from digitviz.figures.picture import Picture, Plain, plain_figure
from digitviz.figures.sentence import says
from digitviz.figures.theme import colour_axis
from digitviz.language import ngettext

FAINT = 0.12
"""Opacity of points that are not selected."""
MOST_LARGE = 100
"""Up to this many points are drawn large."""

_NONE = np.empty(0, dtype=np.int64)


@dataclass(frozen=True, eq=False)
class Things:
    """What the points stand for, in every map of them.

    Parameters
    ----------
    numbers : ndarray of int, shape (n, columns)
        For the hover text; the first is the index of the point, from 0.
    words : str
        Hover template that names the numbers as `%{customdata[1]}`.
    labels : ndarray of int, shape (n,), or None
        Digits, for the colours.
    shades : ndarray, shape (n,), or None
        For the colours where there are no labels: ink, 0 to 1.
    misread : ndarray of int
        Which of them the network misclassifies.
    ringed : bool
        Whether those are circled.
    selected : ndarray of int
        If there are any, all others are faint.
    picked : int or None
        The one marked by a large circle.
    """

    numbers: np.ndarray
    words: str
    labels: np.ndarray | None = None
    shades: np.ndarray | None = None
    misread: np.ndarray = field(default_factory=lambda: _NONE)
    ringed: bool = False
    selected: np.ndarray = field(default_factory=lambda: _NONE)
    picked: int | None = None


@Picture
def large_map(things: Things, views: Sequence[MapView]) -> Plain:
    """Draw one map or two, both with two or both with three dimensions.

    Parameters
    ----------
    things : Things
    views : sequence of MapView
        One, or two side by side; on a phone one above the other.

    Returns
    -------
    Figure
        `meta["map"]` tells the browser which traces hold the points, which one marks a point on hover, and the
        selection.
    """
    spatial = views[0].coordinates.shape[1] == 3
    figure = plain_figure(
        margin={"l": 4, "r": 4, "t": 4, "b": 4},
        showlegend=False,
        hovermode="closest",
        selectionrevision=str([things.selected.tolist(), [view.token for view in views]]),
        coloraxis=colour_axis("ink", cmin=0, cmax=1, showscale=False),
        **layout_of(views, side_by_side(len(views)), spatial),
    )
    points, marks = [], []
    for number, view in enumerate(views, start=1):
        suffix = "" if number == 1 else str(number)
        place = {"type": "scatter", "xaxis": f"x{suffix}", "yaxis": f"y{suffix}"}
        if spatial:
            place = {"type": "scatter3d", "scene": f"scene{suffix}"}
        traces = _traces(things, view, spatial)
        points.append(len(figure["data"]) + POINTS)
        marks.append(len(figure["data"]) + len(traces) - 1)
        figure["data"] += [trace | place for trace in traces]
    figure["layout"]["meta"] = {
        "scales": {"coloraxis": "ink"},
        "phone_layout": layout_of(views, stacked(len(views)), spatial) if len(views) > 1 else {},
        "map": {
            "points": points,
            "marks": marks,
            "spatial": spatial,
            "colors": list(DIGIT_COLOURS) if things.labels is not None else [],
            "misread": things.misread.tolist(),
            "ringed": things.ringed,
            "selected": things.selected.tolist(),
            "picked": things.picked,
            "near": [view.near.tolist() for view in views],
        },
    }
    sentence = ngettext(
        "A map of {count} points: {titles}; {selected} selected",
        "{maps} maps of {count} points: {titles}; {selected} selected", len(views),
    )  # fmt: skip
    numbers = {"count": f"{len(things.numbers):,}", "selected": f"{len(things.selected):,}", "maps": len(views)}
    return says(figure, sentence.format(titles=", ".join(view.title for view in views), **numbers))


POINTS = 2
"""Index of the points among the traces of a map: lines are drawn beneath them."""


def _traces(things: Things, view: MapView, spatial: bool) -> list[dict[str, Any]]:
    at = view.coordinates
    few = len(at) <= MOST_LARGE
    size = (9 if few else 3.5) if spatial else (16 if few else 7)
    pairs = np.array([(things.picked, other) for other in view.torn], dtype=np.int64).reshape(-1, 2)
    picked = _NONE if things.picked is None else np.array([things.picked])
    colours = _colours(things)
    outline = {"width": 1 if things.labels is None else 0, "color": MUTED_COLOUR}
    words: dict[str, Any] = {
        "customdata": things.numbers.astype(np.uint16),
        "hovertemplate": things.words + "<extra></extra>",
    }

    def lines(which: np.ndarray, colour: str, width: float, opacity: float) -> dict[str, Any]:
        return {
            **_places(_segments(at, which)), "mode": "lines", "line": {"color": colour, "width": width},
            "opacity": opacity, "hoverinfo": "skip",
        }  # fmt: skip

    def dots(which: np.ndarray) -> dict[str, Any]:
        part = colours if colours["color"] is None else colours | {"color": colours["color"][which]}
        said = {"hoverinfo": "skip"}  # the points beneath have the text
        if spatial and len(which):  # there the pointer reaches only what is in front
            said = words | {"customdata": words["customdata"][which]}
        return {
            **_places(at[which]), **said, "mode": "markers",
            "marker": {**part, "size": size * 1.25, "opacity": 1, "line": outline},
        }  # fmt: skip

    def rings(which: np.ndarray, symbol: str, ring: float, colour: str, width: float) -> dict[str, Any]:
        return {
            **_places(at[which]), "mode": "markers", "hoverinfo": "skip",
            "marker": {"symbol": symbol, "size": ring, "color": colour, "line": {"color": colour, "width": width}},
        }  # fmt: skip

    return [
        lines(view.pairs, WRONG_COLOUR, 1, 0.5),
        lines(pairs, WRONG_COLOUR, 3, 0.9),
        {
            **_places(at),
            "mode": "markers",
            **words,
            "marker": {**colours, "size": size, "line": outline, "opacity": FAINT if len(things.selected) else 1},
        },
        dots(things.selected),
        rings(things.misread if things.ringed else _NONE, "circle-open", size + 5, WRONG_COLOUR, 2),
        rings(view.near, "diamond-open", size + 8, MUTED_COLOUR, 2) | {"meta": "text"},
        rings(picked, "circle-open", size + 13, MARK_COLOUR, 4),
        _written(view, spatial, faint=things.labels is not None and len(at) <= len(DIGIT_COLOURS)),
        rings(_NONE, "circle-open", size + 9, MARK_COLOUR, 3),
    ]  # fmt: skip


def _colours(things: Things) -> dict[str, Any]:
    """Return how the points are coloured: by their digits, else by their ink, else not at all."""
    if things.labels is not None:
        return {"color": things.labels.astype(np.uint8), "colorscale": digit_scale(), "cmin": -0.5, "cmax": 9.5}
    shades = None if things.shades is None else things.shades.astype(np.float32)
    return {"color": shades, "coloraxis": "coloraxis"}


def _written(view: MapView, spatial: bool, faint: bool) -> dict[str, Any]:
    """Return the trace of the digits that are written at their centres.

    It is empty in space, where a text would be hidden by the points before it: there the layout writes them.
    """
    there = bool(view.centres) and not spatial
    return {
        **_places(np.array(list(view.centres.values())) if there else view.coordinates[_NONE]),
        "mode": "text" if spatial else "markers+text",
        "text": [f"<b>{label}</b>" for label in view.centres] if there else [],
        "textfont": {"size": 16, "color": LABEL_COLOUR},
        "marker": {
            "symbol": "square", "size": 20, "color": LABEL_BOX_COLOUR, "opacity": 0 if faint else 0.7,
            "line": {"width": 0},
        },
        "hoverinfo": "skip",
    }  # fmt: skip


def _places(coordinates: np.ndarray) -> dict[str, Any]:
    """Return the coordinates of points; an empty trace gets one without coordinates, so that it keeps its index."""
    if not len(coordinates):
        return {axis: [None] for axis in "xyz"[: coordinates.shape[1]]}
    return typed_places(coordinates)


def _segments(coordinates: np.ndarray, pairs: np.ndarray) -> np.ndarray:
    """Concatenate lines between pairs, with a gap of nan after each."""
    ends = coordinates[pairs]
    gaps = np.full((len(pairs), 1, coordinates.shape[1]), np.nan)
    return np.concatenate([ends, gaps], axis=1).reshape(-1, coordinates.shape[1])
