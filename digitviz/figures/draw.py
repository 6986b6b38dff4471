"""Builders of figures: each trace, axis, frame, note and margin of every picture is built here, as plain data."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from digitviz.datasets import PIXEL_MAX
from digitviz.figures.colours import INVISIBLE, SCALES
from digitviz.figures.picture import Plain
from digitviz.numbers import separators

Part = dict[str, Any]
"""A trace, an axis or another part of a figure, as Plotly names its properties."""
SIDE = 8
"""Pixels per side of a digit."""
COUNTED = list(range(1, SIDE + 1))
"""Rows and columns of a digit, as people count them."""
NO_LINES: Part = {"showgrid": False, "zeroline": False}
NUMBERS_ABOVE: Part = {"textposition": "outside", "constraintext": "none", "textangle": 0, "cliponaxis": False}
"""Numbers above bars, never turned or shrunk."""
BASE_LAYOUT = {"template": "digitviz", "uirevision": "keep"}


def figure(*traces: Part, margin: Any = None, meta: Any = None, **layout: Any) -> Plain:
    """Return a figure in the project's style. It keeps its zoom when it is drawn again with new data.

    Parameters
    ----------
    *traces : dict
    margin : int or sequence of int, optional
        Pixels: left, right, top and bottom, or one number for all four. The template's by default.
    meta : dict, optional
        Data for the browser. The roles of the colour axes in `layout` are added as "scales".
    **layout
        Properties of the layout.
    """
    scales = {name: _role(axis) for name, axis in layout.items() if name.startswith("coloraxis")}
    if scales:
        meta = {"scales": scales} | (meta or {})
    if meta is not None:
        layout["meta"] = meta
    if separators() != ".,":  # Plotly's own
        layout["separators"] = separators()
    if margin is not None:
        layout["margin"] = margins(*([margin] * 4 if isinstance(margin, int) else margin))
    return {"data": [*traces], "layout": {**BASE_LAYOUT, **layout}}


def margins(left: int, right: int, top: int, bottom: int) -> Part:
    """Return margins in pixels."""
    return {"l": left, "r": right, "t": top, "b": bottom}


def _role(axis: Part) -> str:
    return next(role for role, scale in SCALES["light"].items() if scale is axis["colorscale"])


# Traces


def trace(kind: str, hover: Any = None, panel: Any = None, **more: Any) -> Part:
    """Return a trace.

    Parameters
    ----------
    kind : str
        Plotly's type.
    hover : str, optional
        Template of the hover text. None switches hovering off, "" leaves it to Plotly.
    panel : str, optional
        Suffix of the axes: "" for the first ones, "2" for the second. The first by default.
    **more
        Other properties. A "line" may be a tuple as in `stroke`, a "marker" one as in `dot`.
    """
    said: Part = {"hoverinfo": "skip"}
    if hover is not None:
        said = {"hovertemplate": hover if "<extra>" in hover else f"{hover}<extra></extra>"} if hover else {}
    return {"type": kind, **said, **({} if panel is None else on_axes(panel)), **_looks(more)}


def _looks(properties: Part) -> Part:
    """Write out the looks of lines and markers that are given as tuples, as `stroke` and `dot` take them."""
    for name, look in (("line", stroke), ("marker", dot)):
        if isinstance(properties.get(name), tuple):
            properties[name] = look(*properties[name])
    return properties


def scatter(x: Any, y: Any, mode: Any = "markers", hover: Any = None, panel: Any = None, **more: Any) -> Part:
    """Return points, lines or texts in the plane; parameters as in `trace`."""
    return trace("scatter", hover, panel, x=x, y=y, mode=mode, **more)


def curve(x: Any, y: Any, name: str, line: Any, hover: str, **more: Any) -> Part:
    """Return a line with a name, with which its hover text begins; other parameters as in `trace`."""
    return scatter(x, y, "lines", f"{name}<br>{hover}", name=name, line=line, **more)


def point(x: Any, y: Any, hover: Any, marker: Any, **more: Any) -> Part:
    """Return a single point; parameters as in `trace`."""
    return scatter([x], [y], "markers", hover, marker=marker, **more)


def bars(x: Any, y: Any, hover: Any = None, panel: Any = None, **more: Any) -> Part:
    """Return bars; parameters as in `trace`."""
    return trace("bar", hover, panel, x=x, y=y, **more)


def heatmap(z: Any, hover: Any = None, panel: Any = None, coloraxis: Any = "coloraxis", **more: Any) -> Part:
    """Return a matrix as cells; `coloraxis` is None if it has a scale of its own, other parameters as in `trace`."""
    axis = {} if coloraxis is None else {"coloraxis": coloraxis}
    return trace("heatmap", hover, panel, z=z, **axis, **more)


def pixels(
    values: np.ndarray, hover: str, panel: Any = None, coloraxis: Any = "coloraxis", gap: Any = 1, **more: Any
) -> Part:
    """Return an 8 x 8 picture as cells whose rows and columns count from 1; parameters as in `heatmap`."""
    gaps = {"xgap": gap, "ygap": gap} if gap else {}
    picture = np.reshape(values, (SIDE, SIDE))
    return heatmap(picture, hover, panel, coloraxis, **{"x": COUNTED, "y": COUNTED}, **gaps, **more)


def spatial(x: Any, y: Any, z: Any, hover: Any = None, **more: Any) -> Part:
    """Return points and lines in space; parameters as in `trace`."""
    return trace("scatter3d", hover, None, x=x, y=y, z=z, **more)


def surface(x: np.ndarray, y: np.ndarray, z: np.ndarray, hover: Any, **more: Any) -> Part:
    """Return a landscape on the first colour axis; parameters as in `trace`."""
    return trace("surface", hover, None, x=x, y=y, z=z, coloraxis="coloraxis", opacity=0.85, **more)


def contours(x: np.ndarray, y: np.ndarray, z: np.ndarray, hover: Any, **more: Any) -> Part:
    """Return a landscape seen from above, on the first colour axis; parameters as in `trace`."""
    return trace("contour", hover, None, x=x, y=y, z=z, coloraxis="coloraxis", **more)


def xy(points: np.ndarray) -> Part:
    """Return the coordinates of points, shape (n, 2 or 3), as properties of a trace."""
    return dict(zip("xyz", points.T, strict=False))


def segments(ends: np.ndarray) -> np.ndarray:
    """Join lines into one, with a gap of nan after each: shape (lines, 2, d) becomes (3 * lines, d)."""
    gaps = np.full((len(ends), 1, ends.shape[-1]), np.nan, ends.dtype)
    return np.concatenate([ends, gaps], axis=1).reshape(-1, ends.shape[-1])


def stroke(colour: Any, width: Any = None, dash: Any = None) -> Part:
    """Return the look of a line; `colour` and `width` may be sequences if it outlines markers."""
    return {name: value for name, value in (("color", colour), ("width", width), ("dash", dash)) if value is not None}


def dot(size: Any, colour: Any, symbol: Any = None, **more: Any) -> Part:
    """Return the look of markers; each property may be a sequence."""
    return {"size": size, "color": colour, **({} if symbol is None else {"symbol": symbol}), **_looks(more)}


def ring(size: Any, colour: str, width: float, symbol: str = "circle-open") -> Part:
    """Return the look of markers that are outlines."""
    return dot(size, colour, symbol, line=stroke(colour, width))


# Axes


def suffix(number: int) -> str:
    """Return the suffix of the axes of a panel, counted from 0: "", "2", "3", ..."""
    return str(number + 1) if number else ""


def on_axes(panel: str) -> Part:
    """Return the properties that put a trace on the axes with a suffix."""
    return {"xaxis": f"x{panel}", "yaxis": f"y{panel}"}


def axis(title: Any = None, **settings: Any) -> Part:
    """Return an axis, or a colour bar, with its title."""
    return settings if title is None else {"title": {"text": title}, **settings}


def percent_axis(title: Any = None, **settings: Any) -> Part:
    """Return an axis of fractions, written as percentages and shown from 0 to 1."""
    return {**axis(title), "tickformat": ".0%", "range": [0, 1.02], **settings}


def downwards(title: Any = None, **settings: Any) -> Part:
    """Return an axis that counts downwards, without grid lines."""
    return axis(title, autorange="reversed", **NO_LINES, **settings)


def placed(panel: str, across: Any, up: Any, x: Part, y: Part) -> Part:
    """Return the axes of a panel at its place in the figure.

    Parameters
    ----------
    panel : str
        Suffix of the axes.
    across, up : (float, float)
        Extent of the panel, 0 to 1; the whole height if `up` is None.
    x, y : dict
        The two axes.
    """
    height = {} if up is None else {"domain": up}
    return {
        f"xaxis{panel}": {**x, "anchor": f"y{panel}", "domain": across},
        f"yaxis{panel}": {**y, "anchor": f"x{panel}", **height},
    }


def image_axes(
    panel: str = "", x: Part | None = None, y: Part | None = None, fixed: bool = True, square: bool = False
) -> Part:
    """Return the hidden axes of a picture of pixels, its first row on top.

    Parameters
    ----------
    panel : str
        Suffix of the axes.
    x, y : dict, optional
        Further properties. A "domain" in `x` anchors the axes to each other; a "range" in `y` replaces the default.
    fixed : bool
        True if nobody can zoom.
    square : bool
        True if the axes take no more room than the picture.
    """
    x, y = x or {}, y or {}
    shared: Part = {"visible": False}
    shared |= {"fixedrange": True} if fixed else {}
    shared |= {"constrain": "domain"} if square else {}
    across, down = ({"anchor": f"y{panel}"}, {"anchor": f"x{panel}"}) if "domain" in x else ({}, {})
    order = {} if "range" in y else {"autorange": "reversed"}
    return {
        f"xaxis{panel}": {**shared, **across, **x},
        f"yaxis{panel}": {**shared, **down, **order, "scaleanchor": f"x{panel}", **y},
    }


def image_layout(coloraxis: Part | None = None, margin: Any = 0, **axes: Any) -> Part:
    """Return the layout of one picture of pixels.

    Parameters
    ----------
    coloraxis : dict, optional
        Shades of ink by default.
    margin : int or sequence of int
        As in `figure`.
    **axes
        As in `image_axes`.
    """
    return {"coloraxis": ink_axis() if coloraxis is None else coloraxis, "margin": margin, **image_axes(**axes)}


def colour_axis(role: str, **settings: Any) -> Part:
    """Return a colour axis of a role in `SCALES`; the dashboard swaps in the scale of its theme."""
    return {"colorscale": SCALES["light"][role], **settings}


def ink_axis(largest: Any = PIXEL_MAX, **settings: Any) -> Part:
    """Return a colour axis for ink from 0 to `largest`, without a colour bar unless one is given."""
    return colour_axis("ink", cmin=0, cmax=largest, **({"showscale": False} | settings))


def signed_axis(*arrays: np.ndarray, **settings: Any) -> Part:
    """Return a colour axis centred on zero that reaches to the largest finite number in `arrays`."""
    finite = (array[np.isfinite(array)] for array in arrays)
    largest = max((float(np.abs(array).max()) for array in finite if array.size), default=0.0) or 1.0
    return colour_axis("signed", cmin=-largest, cmax=largest, **settings)


def bar_below(title: str, y: float = -0.05, **settings: Any) -> Part:
    """Return a colour bar below the picture, so that it takes none of the width."""
    return {"title": {"text": title, "side": "top"}, "orientation": "h", "y": y, "yanchor": "top", **settings}


def scene(x: str, y: str, z: Part, eye: Any, **each: Any) -> Part:
    """Return the layout of a landscape in space.

    Parameters
    ----------
    x, y : str
        Titles of the two axes of the ground.
    z : dict
        The vertical axis.
    eye : (float, float, float)
        Where the camera stands.
    **each
        Properties of both axes of the ground.
    """
    ground = {**each, "backgroundcolor": INVISIBLE}
    return {
        "xaxis": {**ground, **axis(x)},
        "yaxis": {**ground, **axis(y)},
        "zaxis": {"backgroundcolor": INVISIBLE, **z},
        "camera": {"eye": dict(zip("xyz", eye, strict=True)), "center": {"x": 0, "y": 0, "z": -0.15}},
        "dragmode": "turntable",
    }


# Notes and frames


def font(size: float | None = None, colour: Any = None) -> Part:
    """Return the look of a text."""
    return {name: value for name, value in (("size", size), ("color", colour)) if value is not None}


def note(x: Any, y: Any, text: Any, size: Any = None, colour: Any = None, **more: Any) -> Part:
    """Return a text in the picture."""
    look = font(size, colour)
    return {"x": x, "y": y, "text": text, "showarrow": False, **({"font": look} if look else {}), **more}


def in_the_middle(text: str, colour: str | None = None) -> Part:
    """Return a text in the middle of the figure."""
    return note(0.5, 0.5, text, None, colour, xref="paper", yref="paper")


def subplot_titles(titles: dict[str, str]) -> list[Part]:
    """Return a title above each subplot; keys are the suffixes of the axes, "" for the first."""
    return [
        note(0.5, 1.0, text, xref=f"x{panel} domain", yref=f"y{panel} domain", yanchor="bottom", yshift=4)
        for panel, text in titles.items()
    ]


def panel_titles(titles: Iterable[str]) -> list[Part]:
    """Return a title above each subplot, in their order."""
    return subplot_titles({suffix(number): title for number, title in enumerate(titles)})


def box(x0: float, x1: float, y0: float, y1: float, line: Any, panel: Any = None, **more: Any) -> Part:
    """Return a rectangle; `panel` is the suffix of its axes."""
    axes = {} if panel is None else {"xref": f"x{panel}", "yref": f"y{panel}"}
    return {"type": "rect", "x0": x0, "x1": x1, "y0": y0, "y1": y1, **_looks({"line": line}), **axes, **more}


def box_around(x: float, y: float, half: float, line: Any, **more: Any) -> Part:
    """Return a square around a point."""
    return box(x - half, x + half, y - half, y + half, line, **more)


def rule(x0: float, x1: float, y0: float, y1: float, line: Any, **more: Any) -> Part:
    """Return a straight line between two points that belongs to the layout."""
    return {"type": "line", "x0": x0, "x1": x1, "y0": y0, "y1": y1, **_looks({"line": line}), **more}


def spots(
    x: Sequence[float],
    y: Sequence[float],
    words: Sequence[str],
    width: float | Sequence[float],
    height: float | Sequence[float],
    curve: int | Sequence[int] = 0,
) -> Part:
    """Return `meta["spots"]`: the places in a figure that arrow keys visit and Enter clicks.

    Without it, the browser uses each point that has `customdata`, and each cell of the heatmaps.

    Parameters
    ----------
    x, y : sequence of float
        Middle of each spot, as a click there would report it.
    words : sequence of str
        Description of each spot, for screen readers.
    width, height : float or sequence of float
        Size of each spot, in the units of the axes.
    curve : int or sequence of int
        Index of the trace in which each spot lies.
    """
    return {"x": x, "y": y, "words": words, "width": width, "height": height, "curve": curve}


def in_rows(values: np.ndarray, columns: int, filler: float = np.nan) -> np.ndarray:
    """Lay numbers out in rows, shape (rows, columns), float32; `filler` is in the cells left over."""
    padded = np.full(-(-len(values) // columns) * columns, filler, np.float32)
    padded[: len(values)] = values
    return padded.reshape(-1, columns)


def film(figure: Plain, labels: Sequence[str], parts: Sequence[list[Part]], traces: list[int], **settings: Any) -> None:
    """Add an animation to a figure, which shows its last frame first.

    Parameters
    ----------
    figure : Plain
    labels : sequence of str
        One per frame.
    parts : sequence of list of dict
        For each frame, the new parts of the traces.
    traces : list of int
        Indices of the traces that change.
    **settings
        "title", "milliseconds" between two frames, "autoplay", "back", "redraw": see `plot.js`.
    """
    figure["frames"] = [{"name": str(number), "data": data, "traces": traces} for number, data in enumerate(parts)]
    figure["layout"].setdefault("meta", {})["film"] = {"labels": labels, "start": len(parts) - 1, **settings}


def as_float32(array: np.ndarray) -> np.ndarray:
    """Return the numbers in half the bytes; those too large for float32 become its largest."""
    largest = np.finfo(np.float32).max
    return np.clip(array, -largest, largest).astype(np.float32)


def evenly(count: int, limit: int, first: int = 0) -> np.ndarray:
    """Choose at most `limit` of `count` indices, evenly, from `first` to the last, both included."""
    if first >= count:
        return np.zeros(0, int)
    return np.unique(np.linspace(first, count - 1, min(count - first, limit)).round().astype(int))


def denser_at_the_start(count: int, limit: int) -> np.ndarray:
    """Choose at most `limit` of `count` indices: half of them evenly, half geometrically, where a curve falls fastest.

    The first and the last are included.
    """
    if count <= limit:
        return np.arange(count)
    by_factors = np.geomspace(1, count, limit - limit // 2).round().astype(int) - 1
    return np.union1d(by_factors, evenly(count, limit // 2))
