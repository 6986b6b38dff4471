"""One large map, or two of the same points side by side: points picked, selected, misclassified or separated."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from digitviz.figures import draw
from digitviz.figures.colours import (
    DIGIT_COLOURS,
    LABEL_BOX_COLOUR,
    LABEL_COLOUR,
    MARK_COLOUR,
    MUTED_COLOUR,
    WRONG_COLOUR,
)
from digitviz.figures.maps import digit_colours, hidden_axis, typed_places, written_digits
from digitviz.figures.picture import Picture, Plain
from digitviz.figures.sentence import says
from digitviz.language import ngettext

FAINT = 0.12
"""Opacity of points that are not selected."""
MAX_LARGE = 100
"""Up to this many points are drawn large."""
POINTS = 2
"""Index of the points among the traces of a map: lines are drawn beneath them."""
GAP = 0.015
"""Free room on either side of the middle, between two maps, as a fraction of the width."""
TITLE = 0.06
"""Room for a title above a map, as a fraction of the height."""
CAMERA = {"eye": {"x": 1.2, "y": 1.2, "z": 0.75}}
"""Closer than Plotly's default."""

_NONE = np.empty(0, dtype=np.int64)
_NO_PAIRS = np.empty((0, 2), dtype=np.int64)


@dataclass(frozen=True, eq=False)
class Things:
    """What the points stand for, in every map of them.

    Parameters
    ----------
    numbers : ndarray of int, shape (n, columns)
        Numbers for the hover text; the first is the index of the point.
    words : str
        Hover template that names the numbers as `%{customdata[1]}`.
    labels : ndarray of int, shape (n,), or None
        Digits, for the colours.
    shades : ndarray, shape (n,), or None
        Ink, 0 to 1, for the colours if there are no labels.
    misread : ndarray of int
        Indices of points that the network misclassifies.
    ringed : bool
        True if those are circled.
    selected : ndarray of int
        Indices of the selected points. If there are any, all others are faint.
    picked : int or None
        Index of the point marked by a large circle.
    """

    numbers: np.ndarray
    words: str
    labels: np.ndarray | None = None
    shades: np.ndarray | None = None
    misread: np.ndarray = field(default_factory=lambda: _NONE)
    ringed: bool = False
    selected: np.ndarray = field(default_factory=lambda: _NONE)
    picked: int | None = None


@dataclass(frozen=True, eq=False)
class MapView:
    """One map of the points.

    Parameters
    ----------
    coordinates : ndarray, shape (n, 2) or (n, 3)
    title : str
        Shown if there are two maps.
    token : str
        Zoom and camera are kept as long as it stays the same.
    centres : mapping of int to ndarray
        Place of each written digit.
    near : ndarray of int
        The picked point's nearest neighbours in the data, marked.
    torn : ndarray of int
        Those neighbours that this map separates from it: a line leads there.
    pairs : ndarray of int, shape (m, 2)
        Pairs to join by thin lines.
    """

    coordinates: np.ndarray
    title: str
    token: str
    centres: Mapping[int, np.ndarray] = field(default_factory=dict)
    near: np.ndarray = field(default_factory=lambda: _NONE)
    torn: np.ndarray = field(default_factory=lambda: _NONE)
    pairs: np.ndarray = field(default_factory=lambda: _NO_PAIRS)


Box = tuple[tuple[float, float], tuple[float, float]]
"""Extent in the picture, horizontally and vertically, 0 to 1."""
WHOLE: list[Box] = [((0.0, 1.0), (0.0, 1.0))]
SIDE_BY_SIDE: list[Box] = [((0.0, 0.5 - GAP), (0.0, 1 - TITLE)), ((0.5 + GAP, 1.0), (0.0, 1 - TITLE))]
STACKED: list[Box] = [((0.0, 1.0), (0.5 + TITLE / 4, 1 - TITLE)), ((0.0, 1.0), (0.0, 0.5 - TITLE * 3 / 4))]
"""Places of two maps on a phone."""


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
    spatial, one = views[0].coordinates.shape[1] == 3, len(views) == 1
    traces = [_traces(things, view, spatial, draw.suffix(number)) for number, view in enumerate(views)]
    starts = [number * len(traces[0]) for number in range(len(views))]
    selected = things.selected.tolist()
    figure = draw.figure(
        *(each for of_view in traces for each in of_view),
        margin=4,
        showlegend=False,
        hovermode="closest",
        selectionrevision=str([selected, [view.token for view in views]]),
        coloraxis=draw.ink_axis(1),
        **_layout(views, WHOLE if one else SIDE_BY_SIDE, spatial),
        meta={
            "phone_layout": {} if one else _layout(views, STACKED, spatial),
            "map": {
                "points": [start + POINTS for start in starts],
                "marks": [start + len(traces[0]) - 1 for start in starts],
                "spatial": spatial,
                "colors": list(DIGIT_COLOURS) if things.labels is not None else [],
                "misread": things.misread.tolist(),
                "ringed": things.ringed,
                "selected": selected,
                "picked": things.picked,
                "near": [view.near.tolist() for view in views],
            },
        },
    )
    sentence = ngettext(
        "A map of {count} points: {titles}; {selected} selected",
        "{maps} maps of {count} points: {titles}; {selected} selected",
        len(views),
    )
    titles, count = ", ".join(view.title for view in views), f"{len(things.numbers):,}"
    return says(figure, sentence, titles=titles, count=count, selected=f"{len(selected):,}", maps=len(views))


def _traces(things: Things, view: MapView, spatial: bool, panel: str) -> list[draw.Part]:
    at = view.coordinates
    few = len(at) <= MAX_LARGE
    size = (9 if few else 3.5) if spatial else (16 if few else 7)
    pairs = np.array([(things.picked, other) for other in view.torn], dtype=np.int64).reshape(-1, 2)
    picked = _NONE if things.picked is None else np.array([things.picked])
    colours = _colours(things)
    outline = {"width": 1 if things.labels is None else 0, "color": MUTED_COLOUR}
    custom = things.numbers.astype(np.uint16)

    def lines(which: np.ndarray, colour: str, width: float, opacity: float) -> draw.Part:
        return {
            **_places(draw.segments(at[which])),
            "mode": "lines",
            "line": draw.stroke(colour, width),
            "opacity": opacity,
        }

    def points(which: np.ndarray | None, size: float, opacity: float, said: bool) -> draw.Part:
        part, places, numbers = colours, at, custom
        if which is not None:
            places, numbers = at[which], custom[which]
            part = colours if colours["colour"] is None else colours | {"colour": colours["colour"][which]}
        words = {"customdata": numbers, "hover": things.words or "<extra></extra>"} if said else {}
        marker = draw.dot(size, line=outline, opacity=opacity, **part)
        return {**_places(places), "mode": "markers", **words, "marker": marker}

    def rings(which: np.ndarray, symbol: str, size: float, colour: str, width: float) -> draw.Part:
        return {**_places(at[which]), "mode": "markers", "marker": draw.ring(size, colour, width, symbol)}

    selected = things.selected
    written = bool(view.centres) and not spatial  # in space, points would hide a text: there the layout writes it
    places = _places(np.array(list(view.centres.values())) if written else at[_NONE])
    faint = things.labels is not None and len(at) <= len(DIGIT_COLOURS)
    mode = "text" if spatial else "markers+text"
    parts = [
        lines(view.pairs, WRONG_COLOUR, 1, 0.5),
        lines(pairs, WRONG_COLOUR, 3, 0.9),
        points(None, size, FAINT if len(selected) else 1, said=True),
        # In space the pointer reaches only what is in front; in the plane the points beneath have the text.
        points(selected, size * 1.25, 1, said=spatial and len(selected) > 0),
        rings(things.misread if things.ringed else _NONE, "circle-open", size + 5, WRONG_COLOUR, 2),
        rings(view.near, "diamond-open", size + 8, MUTED_COLOUR, 2) | {"meta": "text"},
        rings(picked, "circle-open", size + 13, MARK_COLOUR, 4),
        written_digits(places, view.centres if written else (), 16, 20, faint, mode=mode),
        rings(_NONE, "circle-open", size + 9, MARK_COLOUR, 3),
    ]
    kind, place = ("scatter3d", {"scene": f"scene{panel}"}) if spatial else ("scatter", draw.on_axes(panel))
    return [draw.trace(kind, **part) | {"type": kind, **place} for part in parts]


def _colours(things: Things) -> draw.Part:
    """Return the colours of the points: by their digits, else by their ink, else none."""
    if things.labels is not None:
        return digit_colours(things.labels)
    shades = None if things.shades is None else things.shades.astype(np.float32)
    return {"colour": shades, "coloraxis": "coloraxis"}


def _places(coordinates: np.ndarray) -> draw.Part:
    """Return the coordinates of points. An empty trace gets one empty point, so that it keeps its index."""
    if not len(coordinates):
        return {axis: [None] for axis in "xyz"[: coordinates.shape[1]]}
    return typed_places(coordinates)


def _layout(views: Sequence[MapView], boxes: Sequence[Box], spatial: bool) -> draw.Part:
    """Return the axes or scenes of maps in their boxes, and the titles above them if there are two."""
    layout: draw.Part = {"annotations": []}
    for number, (view, (across, up)) in enumerate(zip(views, boxes, strict=True)):
        panel = draw.suffix(number)
        # Above the visible part of the map: its axes take less than their box, so that both have one scale.
        place = {"x": 0.5, "y": 1, "xref": f"x{panel} domain", "yref": f"y{panel} domain"}
        if spatial:
            place = {"x": sum(across) / 2, "y": up[1], "xref": "paper", "yref": "paper"}
            layout[f"scene{panel}"] = _scene(view) | {"domain": {"x": across, "y": up}}
        else:
            at, each = view.coordinates, {"uirevision": view.token, "constrain": "domain"}
            scale = {"anchor": f"x{panel}", "scaleanchor": f"x{panel}"}
            if len(views) > 1:
                scale["constraintoward"] = "top"  # so that both titles are at the same height
            layout[f"xaxis{panel}"] = hidden_axis(at[:, 0], at, **each, domain=across, anchor=f"y{panel}")
            layout[f"yaxis{panel}"] = hidden_axis(at[:, 1], at, **each, domain=up, **scale)
        if len(views) > 1:
            layout["annotations"].append(draw.note(text=view.title, xanchor="center", yanchor="bottom", **place))
    return layout


def _scene(view: MapView) -> draw.Part:
    """Return the scene of a map in space. The layout writes the digits, so that no point hides them."""
    hidden = dict.fromkeys(("showticklabels", "showspikes", "showbackground", "zeroline"), False)
    axis = {**hidden, "title": {"text": ""}, "gridcolor": MUTED_COLOUR, "gridwidth": 1, "nticks": 4}
    beside = 16 if len(view.centres) == len(view.coordinates) else 0  # so that a single point stays visible
    look = {"bgcolor": LABEL_BOX_COLOUR, "opacity": 0.8, "borderpad": 3, "font": draw.font(16, LABEL_COLOUR)}
    written = [
        draw.note(x, y, f"<b>{label}</b>", z=z, xshift=beside, **look)
        for label, (x, y, z) in ((label, place.astype(float).tolist()) for label, place in view.centres.items())
    ]
    axes = dict.fromkeys(("xaxis", "yaxis", "zaxis"), axis)
    return {"aspectmode": "data", "uirevision": view.token, "camera": CAMERA, "annotations": written, **axes}
