"""Maps: point clouds in the plane or in space, small and large, and pixels that move from their grid to a map."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from digitviz.figures import draw
from digitviz.figures.colours import (
    CORRECT_COLOUR,
    DIGIT_COLOURS,
    LABEL_BOX_COLOUR,
    LABEL_COLOUR,
    MARK_COLOUR,
    MUTED_COLOUR,
    PAPER_COLOUR,
    WRONG_COLOUR,
    digit_scale,
)
from digitviz.figures.picture import Picture, Plain, says
from digitviz.language import gettext as _, lazy_gettext, listed, ngettext
from digitviz.numbers import in_percent, numeral
from digitviz.projections.manifold import fitted_to_grid, grid_places, grid_stroke, morph
from digitviz.projections.spaces import cloud_centres

MARGIN, MARGIN_OF_FEW = 0.04, 0.15
"""Margin around a cloud, as a fraction of its width. A few large points need more."""
SETTLING: draw.Part = {
    "title": lazy_gettext("how the map settled"),
    "last": lazy_gettext("settled"),
    "milliseconds": 90,
    "autoplay": False,
}
BETWEEN_NUMERALS, BETWEEN_SMALL = 0.1, 0.14
"""Minimum distance between two written digits, as a fraction of a map's width; of small ones in a small map."""
MAX_MOVES = 100


@Picture
def digit_map(
    coordinates: np.ndarray,
    labels: np.ndarray,
    moments: Sequence[tuple[str, np.ndarray]] = (),
    theme: str | None = None,
    marker_size: float = 5,
    written: int = 24,
    film: Mapping[str, object] | None = None,
) -> Plain:
    """Draw points in the plane, coloured by digit, with the digit at the centre of each cloud.

    Parameters
    ----------
    coordinates : ndarray, shape (n, 2)
    labels : ndarray of int, shape (n,)
    moments : sequence of (str, ndarray)
        Frames of an animation: label, and positions of the points.
    theme : str, optional
        "dark" or "light", to override the theme of the page.
    marker_size : float
        Size in pixels.
    written : int
        Size of the written digits in pixels.
    film : mapping, optional
        Settings of an animation that does not show how a map settled: "title", label of the "last" frame,
        "milliseconds" between two frames, "autoplay", and words for "again" on the button at the end.

    Notes
    -----
    The axes fit the last frame, so that the map fills the picture at the end.
    """
    film, few, centres = film or SETTLING, _are_few(coordinates), cloud_centres(coordinates, labels)
    between = BETWEEN_NUMERALS if written >= 20 else BETWEEN_SMALL
    meta: draw.Part = {"theme": theme} if theme else {}
    said = _("digit {digit}") if few else _("label {digit}<br>#{number} in the data set")
    hover = said.format(digit="%{customdata[1]}", number="%{customdata[0]}")
    custom = np.stack([np.arange(1, len(labels) + 1), labels], axis=1).astype(np.uint16)
    marker = draw.dot(26 if few else marker_size, **digit_colours(labels), opacity=1, line={"width": 0})
    middles = draw.xy(apart(centres, coordinates, between).astype(np.float32))
    figure = draw.figure(
        draw.scatter(**draw.xy(coordinates.astype(np.float32)), hover=hover, customdata=custom, marker=marker),
        written_digits(middles, centres, written, cliponaxis=False),
        xaxis=hidden_axis(coordinates[:, 0], coordinates, constrain="domain"),
        yaxis=hidden_axis(coordinates[:, 1], coordinates, scaleanchor="x", constrain="domain"),
        margin=4,
        meta=meta,
    )
    if moments:
        stations = [*moments, (str(film["last"]), coordinates)]
        named = (apart(cloud_centres(at, labels), coordinates, between) for _, at in stations)
        parts = [[plain_places(at), plain_places(each)] for (_, at), each in zip(stations, named, strict=True)]
        how = {name: str(each) if name in ("title", "again") else each for name, each in film.items() if name != "last"}
        draw.film(figure, [station[0] for station in stations], parts, [0, 1], **how)
    return says(figure, _("A map of {count} digits"), count=numeral(len(labels)))


def beside(right: Plain, left: Plain) -> Plain:
    """Put a still map to the left of one that may move, on a phone above it, with its axes and titles above both."""
    wide, phone = right["layout"], right["layout"]["meta"].setdefault("phone_layout", {})
    x, y = (wide.pop(axis) | {"constrain": "range"} for axis in ("xaxis", "yaxis"))
    for panel, across, up in (("2", (0, 0.48), (0.5, 0.92)), ("", (0.52, 1), (0, 0.42))):
        y = y | {"scaleanchor": f"x{panel}"}
        wide |= draw.placed(panel, across, (0, 0.87), x, y)
        phone |= draw.placed(panel, (0, 1), up, x, y)
    right["data"] += [trace | draw.on_axes("2") for trace in left["data"]]
    for frame in right.get("frames", []):  # Plotly removes traces that a frame does not name
        frame |= {"data": [*frame["data"], {}, {}], "traces": [0, 1, 2, 3]}
    return right


def apart(centres: Mapping[int, np.ndarray], coordinates: np.ndarray, between: float = BETWEEN_NUMERALS) -> np.ndarray:
    """Move the centres, shape (n, 2), until the digits written there no longer overlap in a map of these points."""
    places = np.array([*centres.values()], float)
    if _are_few(coordinates) or not centres:  # few digits name single points
        return places
    side, turns = between * float(np.ptp(coordinates, axis=0).max()), np.arange(len(places))
    points = np.concatenate([coordinates, places])
    ends = points.min(axis=0), points.max(axis=0)  # a digit outside would be cut off
    start = 1e-3 * side * np.stack([np.cos(2.4 * turns), np.sin(2.4 * turns)], axis=1)  # directions from one place
    for _round in range(MAX_MOVES):
        steps = places[:, np.newaxis] - places + start[:, np.newaxis] - start
        missing = side - np.abs(steps).max(axis=2) - side * np.eye(len(places))
        if missing.max() < 0.01 * side:
            break
        away = steps / np.maximum(np.hypot(*steps.T), 1e-12)[..., np.newaxis]
        places = np.clip(places + (np.maximum(missing, 0)[..., np.newaxis] * away).sum(axis=1) / 4, *ends)
    return places


def _are_few(coordinates: np.ndarray) -> bool:
    """Return whether there is at most one point per digit, as in a map of the labels. Such points are large."""
    return len(coordinates) <= len(DIGIT_COLOURS)


def digit_colours(labels: np.ndarray) -> draw.Part:
    """Return the colours of points by digit."""
    return {"colour": labels.astype(np.uint8), "colorscale": digit_scale(), "cmin": -0.5, "cmax": 9.5}


def written_digits(places: draw.Part, digits: Sequence | Mapping, size: int, **more: object) -> draw.Part:
    """Return digits of a size in pixels, written at their positions."""
    words: draw.Part = {"text": [f"<b>{each}</b>" for each in digits], "textfont": draw.font(size) | {"shadow": "auto"}}
    return draw.trace("scatter", **places, mode="text", **words | more)


@Picture
def waiting(words: str, theme: str | None = None, title: str = "") -> Plain:
    """Draw a pale box where a map will be, with its progress in words."""
    hidden = {"visible": False, "range": [0, 1], "fixedrange": True, "constrain": "domain"}
    shade = {"fillcolor": MUTED_COLOUR, "opacity": 0.1}
    figure = draw.figure(
        xaxis=hidden,
        yaxis=hidden | {"scaleanchor": "x"},
        margin=4,
        meta={"theme": theme} if theme else {},
        shapes=[draw.box(0, 1, 0, 1, {"width": 0}, " domain", **shade)],
        annotations=[draw.in_the_middle(f"<b>{title}</b><br>{words}" if title else words, MUTED_COLOUR)],
    )
    return says(figure, _("No picture yet: {why}"), why=words)


@Picture
def map_with_star(
    coordinates: np.ndarray, labels: np.ndarray, star: np.ndarray | None, shares: tuple[float, ...] | None = None
) -> Plain:
    """Draw a map of digits, with the digit at the centre of each cloud, and a drawing as a star.

    Parameters
    ----------
    coordinates : ndarray, shape (n, 2)
    labels : ndarray of int, shape (n,)
    star : ndarray, shape (2,), or None
    shares : tuple of float, optional
        Fractions of the variance along both axes, 0 to 1. Without them, the axes have no meaning and are hidden.
    """
    figure = digit_map.plain(coordinates, labels)
    places = coordinates if star is None else np.concatenate([coordinates, star[None]])
    title = _("component {number} ({share} of the variance)")
    for number, values in enumerate(places.T):
        axis = figure["layout"]["yaxis" if number else "xaxis"]
        axis |= hidden_axis(values, places, constrain="domain")
        if shares is not None:
            words = title.format(number=number + 1, share=in_percent(shares[number], 0))
            axis |= draw.axis(words, visible=True, zeroline=False)
    if star is None:
        return figure
    name, marker = _("your drawing"), draw.dot(24, LABEL_COLOUR, "star", line=(LABEL_BOX_COLOUR, 2.5))
    figure["data"].append(draw.point(float(star[0]), float(star[1]), name, marker, name=name))
    figure["layout"]["showlegend"] = False
    return says(figure, _("A map of {count} digits, with your drawing as a star"), count=numeral(len(coordinates)))


def plain_places(coordinates: np.ndarray) -> dict[str, list[float]]:
    """Return x and y as lists, rounded to four digits. In frames, Plotly does not unpack packed arrays."""
    decimals = 3 - int(np.floor(np.log10(max(float(np.abs(coordinates).max()), 1e-9))))
    rounded = coordinates.astype(np.float64).round(decimals)
    return {"x": rounded[:, 0].tolist(), "y": rounded[:, 1].tolist()}


def hidden_axis(values: np.ndarray, coordinates: np.ndarray, **more: object) -> draw.Part:
    """Return an axis without numbers, because position and scale of a map have no meaning."""
    free = (MARGIN_OF_FEW if _are_few(coordinates) else MARGIN) * float(np.ptp(coordinates, axis=0).max())
    return {"visible": False, "range": [float(values.min()) - free, float(values.max()) + free], **more}


FAINT, PALE = 0.2, 0.5
"""Opacity of points outside the selection, and of points that are not neighbours of the picked one."""
MAX_LARGE = 100
"""Maximum number of points that a map draws large."""
POINTS = 1
"""Index of the trace with the points. Thin lines come before it, so they are underneath."""
GAP = 0.015
"""Margin on either side of the middle between two maps, as a fraction of the width."""
TITLE = 0.06
"""Height for a title above a map, as a fraction of the figure."""
CAMERA = {"eye": {"x": 1.2, "y": 1.2, "z": 0.75}}
"""Camera of a map in space, closer than Plotly's default."""
RADIUS = 0.62
"""Distance of the farthest point from the middle of a map in space. The camera sees a ball of 0.7."""

_NONE = np.empty(0, dtype=np.int64)
_NO_PAIRS = np.empty((0, 2), dtype=np.int64)


@dataclass(frozen=True, eq=False)
class Things:
    """The objects that the points of all maps represent.

    Parameters
    ----------
    numbers : ndarray of int, shape (n, columns)
        Numbers for the hover text. The first column is the index of the point.
    words : str
        Hover template. It refers to the numbers as `%{customdata[1]}`.
    labels : ndarray of int, shape (n,), or None
        Digits, for the colours.
    shades : ndarray, shape (n,), or None
        Ink, 0 to 1, for the colours if there are no labels.
    misread : ndarray of int
        Indices of points that the network misclassifies.
    ringed : bool
        True to circle those points.
    selected : ndarray of int
        Indices of the selected points. If there are any, the others are faint.
    picked : int or None
        Index of the point with a large circle.
    described : str
        That point in words.
    asked : sequence of int
        Digits among which the visitor shall guess with which that point lies. It is not marked until then. Empty if
        there is nothing to guess.
    """

    numbers: np.ndarray
    words: str
    labels: np.ndarray | None = None
    shades: np.ndarray | None = None
    misread: np.ndarray = field(default_factory=lambda: _NONE)
    ringed: bool = False
    selected: np.ndarray = field(default_factory=lambda: _NONE)
    picked: int | None = None
    described: str = ""
    asked: Sequence[int] = ()


@dataclass(frozen=True, eq=False)
class MapView:
    """One map of the points.

    Parameters
    ----------
    coordinates : ndarray, shape (n, 2) or (n, 3)
    title : str
        Title, shown only if there are two maps.
    token : str
        The figure keeps its zoom and camera while the token stays the same.
    centres : mapping of int to ndarray
        Position of each written digit.
    near : ndarray of int
        The picked point's nearest neighbours in the data. Green lines lead to them, and all other points are pale.
    moved : ndarray of int
        Those that are not among the nearest on this map. Their lines are grey.
    torn : ndarray of int
        Those that this map separates from the picked point. Their lines are red and dashed, on paper. The others are
        dots in the colour of their line, inside the point's own ring if they are as close.
    pairs : ndarray of int, shape (m, 2)
        Pairs of points to connect with thin lines.
    """

    coordinates: np.ndarray
    title: str
    token: str
    centres: Mapping[int, np.ndarray] = field(default_factory=dict)
    near: np.ndarray = field(default_factory=lambda: _NONE)
    moved: np.ndarray = field(default_factory=lambda: _NONE)
    torn: np.ndarray = field(default_factory=lambda: _NONE)
    pairs: np.ndarray = field(default_factory=lambda: _NO_PAIRS)


Box = tuple[tuple[float, float], tuple[float, float]]
"""Horizontal and vertical extent in the figure, 0 to 1."""
WHOLE: list[Box] = [((0.0, 1.0), (0.0, 1.0))]
SIDE_BY_SIDE: list[Box] = [((0.0, 0.5 - GAP), (0.0, 1 - TITLE)), ((0.5 + GAP, 1.0), (0.0, 1 - TITLE))]
LEFT: list[Box] = [((0.0, 0.5), (0.0, 1.0))]
"""Box of a map beside a question."""
STACKED: list[Box] = [((0.0, 1.0), (0.5 + TITLE / 4, 1 - TITLE)), ((0.0, 1.0), (0.0, 0.5 - TITLE * 3 / 4))]
"""Boxes of two maps on a phone."""


@Picture
def large_map(things: Things, views: Sequence[MapView]) -> Plain:
    """Draw one map, or two that are both in 2D or both in 3D.

    Parameters
    ----------
    things : Things
    views : sequence of MapView
        One map, or two next to each other. On a phone, one is above the other.

    Returns
    -------
    Figure
        `meta["map"]` names, for the browser, the traces with the points, the trace that marks a point on hover, and the
        selection.
    """
    spatial, one = views[0].coordinates.shape[1] == 3, len(views) == 1
    traces = [_traces(things, view, spatial, draw.suffix(number)) for number, view in enumerate(views)]
    starts = [number * len(traces[0]) for number in range(len(views))]
    selected = things.selected.tolist()
    figure = draw.figure(
        *(each for of_view in traces for each in of_view),
        margin=4,
        selectionrevision=str([selected, [view.token for view in views]]),
        coloraxis=draw.ink_axis(1),
        **_layout(views, (LEFT if things.asked else WHOLE) if one else SIDE_BY_SIDE, spatial),
        meta={
            "phone_layout": {} if one else _layout(views, STACKED, spatial),
            "narrow_layout": _layout(views, WHOLE, spatial) if things.asked else {},
            "map": {
                "points": [start + POINTS for start in starts],
                "marks": [start + len(traces[0]) - 1 for start in starts],
                "spatial": spatial,
                "colors": list(DIGIT_COLOURS) if things.labels is not None else [],
                "misread": things.misread.tolist(),
                "ringed": things.ringed,
                "selected": selected,
                "picked": things.picked,
                "asked": list(things.asked),
                "question": _question(things.asked),
                **{name: [getattr(view, name).tolist() for view in views] for name in ("near", "torn")},
            },
        },
    )
    sentence = ngettext("A map of {count} points: {titles}", "{maps} maps of {count} points: {titles}", len(views))
    titles = listed(view.title for view in views)
    said = sentence.format(titles=titles, count=numeral(len(things.numbers)), maps=len(views))
    if things.described:
        said = _("{map}; clicked: {point}").format(map=said, point=things.described)
    if selected:
        said = _("{map}; {count} selected").format(map=said, count=numeral(len(selected)))
    return says(figure, said)


def _question(digits: Sequence[int]) -> str:
    if not digits:
        return ""
    first, second = digits
    return _("Does this digit lie with the {first}s or the {second}s?").format(first=first, second=second)


def _traces(things: Things, view: MapView, spatial: bool, panel: str) -> list[draw.Part]:
    at = view.coordinates
    few = len(at) <= MAX_LARGE
    size = (9 if few else 3.5) if spatial else (16 if few else 9)
    far = [*view.moved, *view.torn]
    others = np.setdiff1d(view.near, far), np.setdiff1d(view.moved, view.torn), view.torn
    kept, moved, torn = (np.array([(things.picked, to) for to in each], np.int64).reshape(-1, 2) for each in others)
    ends = (moved, MUTED_COLOUR), (kept, CORRECT_COLOUR)
    picked = _NONE if things.picked is None or things.asked else np.array([things.picked])
    colours = _colours(things)
    outline = {"width": 1 if things.labels is None else 0, "color": MUTED_COLOUR}
    custom, edge = things.numbers.astype(np.uint16), draw.stroke(PAPER_COLOUR, 1.5)

    def lines(which: np.ndarray, colour: str, width: float, dash: str = "solid", **more: object) -> draw.Part:
        return {**_places(draw.segments(at[which])), "mode": "lines", "line": draw.stroke(colour, width, dash), **more}

    def points(which: np.ndarray, size: float, opacity: float, said: bool) -> draw.Part:
        part = colours if colours["colour"] is None else colours | {"colour": colours["colour"][which]}
        words = {"customdata": custom[which], "hover": things.words or "<extra></extra>"} if said else {}
        marker = draw.dot(size, line=outline, opacity=opacity, **part)
        return {**_places(at[which]), "mode": "markers", **words, "marker": marker}

    def rings(which: np.ndarray, symbol: str, size: float, colour: str, width: float) -> draw.Part:
        return {**_places(at[which]), "mode": "markers", "marker": draw.ring(size, colour, width, symbol)}

    near = np.append(view.near, picked) if len(view.near) else _NONE
    bright = things.selected if len(things.selected) else near
    rest = FAINT if len(things.selected) else PALE if len(near) else 1
    written = bool(view.centres) and not spatial  # in space, points would hide texts, so the layout writes them
    names = np.array(list(view.centres.values())) if written else at[_NONE]
    if written and len(picked) and not _are_few(at):  # off the ring around the picked point
        far = np.linalg.norm(away := names - at[picked], axis=1, keepdims=True)
        names = at[picked] + away * np.maximum(1, 0.09 * np.ptp(at, axis=0).max() / np.maximum(far, 1e-12))
    font: draw.Part = {"textfont": {}} if spatial else {}  # in space, this trace has no text
    parts = [
        lines(view.pairs, WRONG_COLOUR, 1, opacity=0.5),
        points(np.arange(len(at)), size, rest, said=True),
        # In space, the pointer reaches only the front points. In the plane, the points underneath have the text.
        points(bright, size * 1.25, 1, said=spatial and len(bright) > 0),
        rings(things.misread if things.ringed else _NONE, "circle-open", size + 5, WRONG_COLOUR, 2),
        lines(_NO_PAIRS if spatial else torn, PAPER_COLOUR, 5),  # an edge that keeps the red ones apart from red points
        lines(torn, WRONG_COLOUR, 2.5, "dash"),
        *(lines(which, colour, 3) for which, colour in ends),
        rings(picked, "circle-open", size + 29, MARK_COLOUR, 5),
        *({**_places(at[to[:, 1]]), "mode": "markers", "marker": draw.dot(size + 3, c, line=edge)} for to, c in ends),
        written_digits(_places(names), view.centres if written else (), 22, **font),
        rings(_NONE, "circle-open", size + 9, MARK_COLOUR, 3),
    ]
    kind, place = ("scatter3d", {"scene": f"scene{panel}"}) if spatial else ("scatter", draw.on_axes(panel))
    return [draw.trace(kind, **part) | {"type": kind, **place} for part in parts]


def _colours(things: Things) -> draw.Part:
    """Return the colours of the points: by digit, otherwise by ink, otherwise none."""
    if things.labels is not None:
        return digit_colours(things.labels)
    return {"colour": None if things.shades is None else things.shades.astype(np.float32), "coloraxis": "coloraxis"}


def _places(coordinates: np.ndarray) -> draw.Part:
    """Return the coordinates of points. An empty trace gets one empty point, which preserves the trace's index."""
    if not len(coordinates):
        return {axis: [None] for axis in "xyz"[: coordinates.shape[1]]}
    return draw.xy(coordinates.astype(np.float32))


def _layout(views: Sequence[MapView], boxes: Sequence[Box], spatial: bool) -> draw.Part:
    """Return the axes or scenes of maps in their boxes, and titles above them if there are two."""
    layout: draw.Part = {"annotations": []}
    for number, (view, (across, up)) in enumerate(zip(views, boxes, strict=True)):
        panel = draw.suffix(number)
        # The title is above the visible part of the map. Axes with equal scales do not fill their box.
        place = {"x": 0.5, "y": 1, "xref": f"x{panel} domain", "yref": f"y{panel} domain"}
        if spatial:
            place = {"x": sum(across) / 2, "y": up[1], "xref": "paper", "yref": "paper"}
            layout[f"scene{panel}"] = _scene(view) | {"domain": {"x": across, "y": up}}
        else:
            at, each = view.coordinates, {"uirevision": view.token, "constrain": "domain"}
            x, y = (hidden_axis(values, at, **each) for values in at.T)
            y["scaleanchor"] = f"x{panel}"
            if len(views) > 1:
                y["constraintoward"] = "top"  # aligns the two titles
            layout |= draw.placed(panel, across, up, x, y)
        if len(views) > 1:
            layout["annotations"].append(draw.note(text=view.title, xanchor="center", yanchor="bottom", **place))
    return layout


def _scene(view: MapView) -> draw.Part:
    """Return the scene of a map in space. The layout writes the digits, so points cannot hide them."""
    hidden = dict.fromkeys(("showticklabels", "showspikes", "showbackground", "zeroline"), False)
    axis = {**hidden, "title": {"text": ""}, "gridcolor": MUTED_COLOUR, "gridwidth": 1, "nticks": 4}
    beside = 16 if len(view.centres) == len(view.coordinates) else 0  # keeps single points visible
    look = {"bgcolor": LABEL_BOX_COLOUR, "opacity": 0.8, "borderpad": 3, "font": draw.font(16, LABEL_COLOUR)}
    centres = zip(view.centres, np.array([*view.centres.values()], float).tolist(), strict=True)
    written = [draw.note(x, y, f"<b>{label}</b>", z=z, xshift=beside, **look) for label, (x, y, z) in centres]
    # With "data", Plotly draws a long thin map beyond the edges of its picture.
    low, high = view.coordinates.min(axis=0), view.coordinates.max(axis=0)
    radius = max(float(np.linalg.norm(view.coordinates - (low + high) / 2, axis=1).max()), 1e-9)
    ratio = dict(zip("xyz", np.maximum(RADIUS * (high - low) / radius, 1e-3).tolist(), strict=True))
    axes = dict.fromkeys(("xaxis", "yaxis", "zaxis"), axis) | {"aspectmode": "manual", "aspectratio": ratio}
    return {"uirevision": view.token, "camera": CAMERA, "annotations": written, **axes}


MARKER, MARKER_ON_A_PHONE = 15, 8


@Picture
def pixel_manifold(images: np.ndarray, titles: Sequence[str], coordinates: np.ndarray, weights: np.ndarray) -> Plain:
    """Draw digits as grids of pixels, and below them the same pixels on their way from the grid to a map.

    Parameters
    ----------
    images : ndarray, shape (n, 8, 8)
        Ink, 0 to 16.
    titles : sequence of str
        One title per digit.
    coordinates : ndarray, shape (64, 2)
        Positions of the pixels on the map, which the figure shows first.
    weights : ndarray, shape (64, neurons)
        Weights of each pixel. The hover text lists the largest ones.
    """
    grid, line = grid_places(), grid_stroke()
    moments = morph(grid, fitted_to_grid(coordinates))
    words = _words_on_pixels(weights)
    reaches = _reach(grid), _reach(np.concatenate([*moments, grid]))
    traces, moving, axes = list[draw.Part](), list[int](), dict[str, draw.Part]()
    for number, image in enumerate(images):
        for row, places in enumerate((grid, moments[-1])):
            panel = draw.suffix(2 * number + row)  # does not depend on the number of digits
            x, y = ({"visible": False, "constrain": "domain", "range": reach} for reach in reaches[row])
            across = [number / len(images) + 0.005, (number + 1) / len(images) - 0.005]
            up = [0, 0.51] if row else [0.55, 1]
            axes |= draw.placed(panel, across, up, x, y | {"scaleanchor": f"x{panel}"})
            traces += _pixels(places, line, image, words, panel, "circle" if row else "square")
            moving += [len(traces) - 3, len(traces) - 2] if row else []
    parts = [[plain_places(places[line]), plain_places(places)] * len(images) for places in moments]
    figure = draw.figure(
        *traces,
        **axes,
        coloraxis=draw.ink_axis(),
        margin=(4, 4, 40, 4),
        hoverlabel={"bgcolor": LABEL_BOX_COLOUR, "font": {"color": LABEL_COLOUR}},
        annotations=draw.panel_titles(each for title in titles for each in (title, "")),
        meta={
            "phone_marker": MARKER_ON_A_PHONE,
            "links": [{"points": list(range(1, len(traces), 3)), "marks": list(range(2, len(traces), 3))}],
        },
    )
    last = len(moments) - 1
    labels = [_("the grid"), *(in_percent(number / last, 0) for number in range(1, last)), _("the network's view")]
    how = {"milliseconds": 70, "back": True, "redraw": True}  # without redraw, Plotly removes what does not move
    draw.film(figure, labels, parts, moving, title=_("from the pixel grid to the network's view"), **how)
    sentence = _("Digits as grids of pixels, and below them the same pixels as the network sees them: {titles}")
    return says(figure, sentence, titles=listed(titles))


def _pixels(
    places: np.ndarray, line: np.ndarray, image: np.ndarray, words: list[str], panel: str, symbol: str
) -> list[draw.Part]:
    """Return the lines between pixels, the pixels, and a mark that the browser puts on the pixel under the pointer."""
    numbers = np.arange(draw.SIDE * draw.SIDE)
    said = _("pixel in row {row}, column {column}<br>ink {ink} of 16<br>largest weights: {weights}")
    said = said.format(row="%{customdata[0]}", column="%{customdata[1]}", ink="%{marker.color}", weights="%{text}")
    thin = draw.stroke(MUTED_COLOUR, 1)
    inked = draw.dot(MARKER, image.ravel().astype(np.float32), symbol, coloraxis="coloraxis", line=thin)
    custom = np.stack([numbers // draw.SIDE + 1, numbers % draw.SIDE + 1], axis=1)
    mark = draw.ring(MARKER + 9, MARK_COLOUR, 4)
    return [
        draw.scatter(**plain_places(places[line]), panel=panel, mode="lines", line=thin, opacity=0.6),
        draw.scatter(**plain_places(places), hover=said, panel=panel, customdata=custom, text=words, marker=inked),
        draw.scatter([None], [None], panel=panel, marker=mark),
    ]


def _reach(places: np.ndarray) -> list[list[float]]:
    """Return the horizontal and the vertical range of a picture."""
    return np.stack([places.min(axis=0) - 0.7, places.max(axis=0) + 0.7], axis=1).tolist()


def _words_on_pixels(weights: np.ndarray) -> list[str]:
    """List the three neurons with the largest weights from each pixel."""
    loudest = np.argsort(-np.abs(weights), axis=1)[:, :3]
    said = _("{weight} to neuron {number}")
    rows = zip(weights, loudest.tolist(), strict=True)
    return [listed(said.format(weight=numeral(row[n], "+.4f"), number=n + 1) for n in best) for row, best in rows]
