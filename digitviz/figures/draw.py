"""Builders for traces, axes, notes, frames and margins. All figures use them to create plain data."""

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from digitviz.datasets import PIXEL_MAX
from digitviz.figures.colours import INVISIBLE, SCALES
from digitviz.figures.picture import Plain
from digitviz.language import gettext as _
from digitviz.numbers import separators

Part = dict[str, Any]
"""A trace, an axis or another part of a figure, with Plotly's property names."""
SIDE = 8
"""Side of a digit in pixels."""
COUNTED = list(range(1, SIDE + 1))
"""Numbers of a digit's rows and columns, counted from 1."""
NO_LINES: Part = {"showgrid": False, "zeroline": False}
NUMBERS_ABOVE: Part = {"textposition": "outside", "constraintext": "none", "textangle": 0, "cliponaxis": False}
"""Properties of numbers above bars. Plotly must not rotate or shrink them."""
BASE_LAYOUT = {"template": "digitviz", "uirevision": "keep"}


def figure(*traces: Part, margin: Any = None, meta: Any = None, **layout: Any) -> Plain:
    """Return a figure in the project's style. It keeps its zoom when its data changes. Without names, it has no legend.

    Parameters
    ----------
    *traces : dict
    margin : int, sequence of int or dict, optional
        Margins in pixels: left, right, top and bottom, one number for all four, or `margins`.
    meta : dict, optional
        Data for the browser. "scales", the roles of the colour axes in `layout`, is added automatically.
    **layout
        Properties of the layout.
    """
    scales = {name: _role(axis) for name, axis in layout.items() if name.startswith("coloraxis")}
    if scales:
        meta = {"scales": scales} | (meta or {})
    if meta is not None:
        layout["meta"] = meta
    if separators() != ".,":  # Plotly's default
        layout["separators"] = separators()
    if margin is not None:
        sides = [margin] * 4 if isinstance(margin, int) else margin
        layout["margin"] = sides if isinstance(sides, dict) else margins(*sides)
    if not any(trace.get("name") for trace in traces):
        layout.setdefault("showlegend", False)
    return {"data": [*traces], "layout": {**BASE_LAYOUT, **layout}}


def margins(left: float, right: float, top: float, bottom: float) -> Part:
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
        Plotly's trace type.
    hover : str, optional
        Template of the hover text. None turns hovering off; "" uses Plotly's default text.
    panel : str, optional
        Suffix of the axes: "" for the first ones, "2" for the second. The first axes by default.
    **more
        Other properties. "line" may be a tuple of arguments for `stroke`, "marker" one for `dot`.
    """
    said: Part = {"hoverinfo": "skip"}
    if hover is not None:
        said = {"hovertemplate": hover if "<extra>" in hover else f"{hover}<extra></extra>"} if hover else {}
    return {"type": kind, **said, **({} if panel is None else on_axes(panel)), **_looks(more)}


def _looks(properties: Part) -> Part:
    """Replace tuples in "line" and "marker" with the results of `stroke` and `dot`."""
    for name, look in (("line", stroke), ("marker", dot)):
        if isinstance(properties.get(name), tuple):
            properties[name] = look(*properties[name])
    return properties


def scatter(x: Any, y: Any, mode: Any = "markers", hover: Any = None, panel: Any = None, **more: Any) -> Part:
    """Return points, lines or texts in the plane. See `trace` for the parameters."""
    return trace("scatter", hover, panel, x=x, y=y, mode=mode, **more)


def curve(x: Any, y: Any, name: str, line: Any, hover: str, **more: Any) -> Part:
    """Return a named line whose hover text begins with the name. See `trace` for the other parameters."""
    return scatter(x, y, "lines", f"{name}<br>{hover}", name=name, line=line, **more)


def point(x: Any, y: Any, hover: Any, marker: Any, panel: Any = None, **more: Any) -> Part:
    """Return a single point that the edge does not clip, in the legend if it has a name. It may be nan; see `trace`."""
    look = {"marker": marker, "cliponaxis": False, "showlegend": "name" in more}
    return scatter(np.array([x], float), np.array([y], float), "markers", hover, panel, **look | more)


def bars(x: Any, y: Any, hover: Any = None, panel: Any = None, **more: Any) -> Part:
    """Return bars. See `trace` for the parameters."""
    return trace("bar", hover, panel, x=x, y=y, **more)


def heatmap(z: Any, hover: Any = None, panel: Any = None, coloraxis: Any = "coloraxis", **more: Any) -> Part:
    """Return a matrix as cells. `coloraxis` is None if it has its own scale; see `trace` for the other parameters."""
    return trace("heatmap", hover, panel, z=z, **({} if coloraxis is None else {"coloraxis": coloraxis}), **more)


def pixels(
    values: np.ndarray, words: str = "", panel: Any = None, coloraxis: Any = "coloraxis", gap: Any = 1, **more: Any
) -> Part:
    """Return an 8 x 8 picture as cells, with rows and columns from 1, which its hover text names.

    `words` come after them: by default, the ink. See `heatmap` for the other parameters.
    """
    place, ink = _("row {row}, column {column}").format(row="%{y}", column="%{x}"), _("ink {ink} of 16")
    hover = f"{place}<br>{words or ink.format(ink='%{z:.3~g}')}"
    gaps = {"xgap": gap, "ygap": gap} if gap else {}
    picture = as_float32(np.reshape(values, (SIDE, SIDE)))
    return heatmap(picture, hover, panel, coloraxis, **{"x": COUNTED, "y": COUNTED}, **gaps, **more)


def spatial(x: Any, y: Any, z: Any, hover: Any = None, **more: Any) -> Part:
    """Return points and lines in space. See `trace` for the parameters."""
    return trace("scatter3d", hover, None, x=x, y=y, z=z, **more)


def surface(x: np.ndarray, y: np.ndarray, z: np.ndarray, hover: Any, **more: Any) -> Part:
    """Return a landscape in space that uses the first colour axis. See `trace` for the parameters."""
    return trace("surface", hover, None, x=x, y=y, z=z, coloraxis="coloraxis", opacity=0.85, **more)


def contours(x: np.ndarray, y: np.ndarray, z: np.ndarray, hover: Any, **more: Any) -> Part:
    """Return a landscape from above that uses the first colour axis. See `trace` for the parameters."""
    return trace("contour", hover, None, x=x, y=y, z=z, coloraxis="coloraxis", **more)


def xy(points: np.ndarray) -> Part:
    """Return the coordinates of points, shape (n, 2 or 3), as properties of a trace."""
    return dict(zip("xyz", points.T, strict=False))


def segments(ends: np.ndarray) -> np.ndarray:
    """Join lines into one, with nan after each, so shape (lines, 2, d) becomes (3 * lines, d)."""
    gaps = np.full((len(ends), 1, ends.shape[-1]), np.nan, ends.dtype)
    return np.concatenate([ends, gaps], axis=1).reshape(-1, ends.shape[-1])


def stroke(colour: Any, width: Any = None, dash: Any = None) -> Part:
    """Return the style of a line. `colour` and `width` may be sequences for outlines of markers."""
    return {name: value for name, value in (("color", colour), ("width", width), ("dash", dash)) if value is not None}


def dot(size: Any, colour: Any, symbol: Any = None, **more: Any) -> Part:
    """Return the style of markers. Each property may be a sequence."""
    return {"size": size, "color": colour, **({} if symbol is None else {"symbol": symbol}), **_looks(more)}


def ring(size: Any, colour: Any, width: float, symbol: str = "circle-open") -> Part:
    """Return the style of markers that are outlines."""
    return dot(size, colour, symbol, line=stroke(colour, width))


# Axes


def suffix(number: int) -> str:
    """Return the suffix of the axes of a panel, given its index: "", "2", "3", ..."""
    return str(number + 1) if number else ""


def on_axes(panel: str) -> Part:
    """Return the properties that assign a trace to the axes with a suffix."""
    return {"xaxis": f"x{panel}", "yaxis": f"y{panel}"}


def axis(title: Any = None, **settings: Any) -> Part:
    """Return an axis or a colour bar with a title."""
    return {"title": {"text": title}, **settings} if title else settings


def percent_axis(title: Any = None, **settings: Any) -> Part:
    """Return an axis of fractions, shown as percentages from 0 to 1."""
    return {**axis(title), "tickformat": ".0%", "range": [0, 1.02], **settings}


def downwards(title: Any = None, **settings: Any) -> Part:
    """Return an axis that counts downwards, without grid lines."""
    return axis(title, autorange="reversed", **NO_LINES, **settings)


def placed(panel: str, across: Any, up: Any, x: Part, y: Part) -> Part:
    """Return the axes of a panel at its position in the figure.

    Parameters
    ----------
    panel : str
        Suffix of the axes.
    across, up : (float, float)
        Extent of the panel, 0 to 1. The whole height if `up` is None.
    x, y : dict
    """
    height = {} if up is None else {"domain": up}
    return {
        f"xaxis{panel}": {**x, "anchor": f"y{panel}", "domain": across},
        f"yaxis{panel}": {**y, "anchor": f"x{panel}", **height},
    }


def image_axes(
    panel: str = "", x: Part | None = None, y: Part | None = None, fixed: bool = True, square: bool = False
) -> Part:
    """Return the hidden axes of a picture of pixels with its first row on top.

    Parameters
    ----------
    panel : str
        Suffix of the axes.
    x, y : dict, optional
        Further properties. "range" in `y` replaces the default.
    fixed : bool
        True to prevent zooming.
    square : bool
        True to limit the axes to the area of the picture.
    """
    x, y = x or {}, y or {}
    shared: Part = {"visible": False}
    shared |= {"fixedrange": True} if fixed else {}
    shared |= {"constrain": "domain"} if square else {}
    order = {} if "range" in y else {"autorange": "reversed"}
    return {
        f"xaxis{panel}": {**shared, "anchor": f"y{panel}", **x},
        f"yaxis{panel}": {**shared, "anchor": f"x{panel}", **order, "scaleanchor": f"x{panel}", **y},
    }


def digit_axes(panel: str = "", domain: tuple[float, float] = (0.0, 1.0), numbered: bool = False) -> Part:
    """Return the axes of one 8 x 8 picture, hidden or numbered, with room for a line at its left and upper edge."""
    first, last = 0.46, SIDE + 0.5
    each = {"visible": True, "tickvals": COUNTED, "ticks": "", **NO_LINES} if numbered else {}
    x, y = {"domain": domain, "range": [first, last], **each}, {"range": [last, first], **each}
    return image_axes(panel, x, y, square=True)


def image_layout(coloraxis: Part | None = None, margin: Any = 0, **axes: Any) -> Part:
    """Return the layout of one picture of pixels.

    Parameters
    ----------
    coloraxis : dict, optional
        Colour axis of ink by default.
    margin : int or sequence of int
        See `figure`.
    **axes
        Arguments for `image_axes`.
    """
    return {"coloraxis": ink_axis() if coloraxis is None else coloraxis, "margin": margin, **image_axes(**axes)}


def colour_axis(role: str, **settings: Any) -> Part:
    """Return a colour axis for a role in `SCALES`. The dashboard replaces the scale with that of its theme."""
    return {"colorscale": SCALES["light"][role], **settings}


def ink_axis(largest: Any = PIXEL_MAX, **settings: Any) -> Part:
    """Return a colour axis for ink from 0 to `largest`, without a colour bar by default."""
    return colour_axis("ink", cmin=0, cmax=largest, **({"showscale": False} | settings))


def signed_axis(*arrays: np.ndarray, **settings: Any) -> Part:
    """Return a colour axis centred on zero, with a range up to the largest finite absolute value in `arrays`."""
    finite = (array[np.isfinite(array)] for array in arrays)
    largest = max((float(np.abs(array).max()) for array in finite if array.size), default=0.0) or 1.0
    return colour_axis("signed", cmin=-largest, cmax=largest, **settings)


def bar_below(title: str, y: float = -0.05, **settings: Any) -> Part:
    """Return a colour bar below the picture, which leaves it the full width."""
    return {"title": {"text": title, "side": "top"}, "orientation": "h", "y": y, "yanchor": "top", **settings}


def scene(x: str, y: str, z: Part, eye: Any, **each: Any) -> Part:
    """Return the layout of a landscape in space.

    Parameters
    ----------
    x, y : str
        Titles of the two horizontal axes.
    z : dict
        Properties of the vertical axis.
    eye : (float, float, float)
        Position of the camera.
    **each
        Properties of both horizontal axes.
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


def font(size: Any = None, colour: Any = None) -> Part:
    """Return the style of a text."""
    return {name: value for name, value in (("size", size), ("color", colour)) if value is not None}


def note(x: Any, y: Any, text: Any, size: Any = None, colour: Any = None, **more: Any) -> Part:
    """Return a text in the figure."""
    look = font(size, colour)
    return {"x": x, "y": y, "text": text, "showarrow": False, **({"font": look} if look else {}), **more}


def in_the_middle(text: str, colour: str | None = None) -> Part:
    """Return a text in the middle of the figure."""
    return note(0.5, 0.5, text, None, colour, xref="paper", yref="paper")


def panel_titles(titles: Iterable[str]) -> list[Part]:
    """Return a title above each panel, in the order of their axes. "" for a panel without one."""
    return [
        note(0.5, 1.0, text, xref=f"x{suffix(at)} domain", yref=f"y{suffix(at)} domain", yanchor="bottom", yshift=4)
        for at, text in enumerate(titles)
        if text
    ]


def box(x0: float, x1: float, y0: float, y1: float, line: Any, panel: Any = None, **more: Any) -> Part:
    """Return a rectangle. `panel` is the suffix of its axes."""
    axes = {} if panel is None else {"xref": f"x{panel}", "yref": f"y{panel}"}
    return {"type": "rect", "x0": x0, "x1": x1, "y0": y0, "y1": y1, **_looks({"line": line}), **axes, **more}


def box_around(x: float, y: float, half: float, line: Any, **more: Any) -> Part:
    """Return a square around a point."""
    return box(x - half, x + half, y - half, y + half, line, **more)


def rule(x0: float, x1: float, y0: float, y1: float, line: Any, **more: Any) -> Part:
    """Return a straight line between two points, as a shape of the layout."""
    return {"type": "line", "x0": x0, "x1": x1, "y0": y0, "y1": y1, **_looks({"line": line}), **more}


def spots(
    x: Sequence[float],
    y: Sequence[float],
    words: Sequence[str],
    width: float | Sequence[float],
    height: float | Sequence[float],
    curve: int | Sequence[int] = 0,
) -> Part:
    """Return `meta["spots"]`: the points in a figure that arrow keys visit and Enter clicks.

    Without it, the browser uses each point that has `customdata`, and each cell of the heatmaps.

    Parameters
    ----------
    x, y : sequence of float
        Centre of each spot, as a click there reports it.
    words : sequence of str
        Description of each spot, for screen readers.
    width, height : float or sequence of float
        Size of each spot, in the units of the axes.
    curve : int or sequence of int
        Index of the trace in which each spot lies.
    """
    return {"x": x, "y": y, "words": words, "width": width, "height": height, "curve": curve}


def in_rows(values: np.ndarray, columns: int, filler: float = np.nan) -> np.ndarray:
    """Arrange numbers in rows, shape (rows, columns), float32. `filler` fills the remaining cells."""
    padded = np.full(-(-len(values) // columns) * columns, filler, np.float32)
    padded[: len(values)] = values
    return padded.reshape(-1, columns)


def film(figure: Plain, labels: Sequence[str], parts: Sequence[list[Part]], traces: list[int], **settings: Any) -> None:
    """Add an animation to a figure. The figure shows its last frame first.

    Parameters
    ----------
    figure : Plain
    labels : sequence of str
        One label per frame.
    parts : sequence of list of dict
        New properties of the traces for each frame.
    traces : list of int
        Indices of the traces that change.
    **settings
        "title", "milliseconds" between two frames, "autoplay", "back", "redraw"; see `plot.js`.
    """
    figure["frames"] = [{"name": str(number), "data": data, "traces": traces} for number, data in enumerate(parts)]
    figure["layout"].setdefault("meta", {})["film"] = {"labels": labels, "start": len(parts) - 1, **settings}


def as_float32(array: np.ndarray) -> np.ndarray:
    """Convert to float32, to save space. Larger numbers become the largest float32."""
    largest = np.finfo(np.float32).max
    return np.clip(array, -largest, largest).astype(np.float32)


def evenly(count: int, limit: int, first: int = 0) -> np.ndarray:
    """Choose at most `limit` of `count` indices, evenly, from `first` to the last, including both."""
    if first >= count:
        return np.zeros(0, int)
    return np.unique(np.linspace(first, count - 1, min(count - first, limit)).round().astype(int))


def by_doubling(count: int, limit: int, first: int = 0) -> tuple[int, np.ndarray]:
    """Choose between half of `limit` and `limit` + 1 of `count` indices: every second, fourth, eighth... and the last.

    As `count` grows, a dropped index never returns. So a curve that grows needs only new points.

    Returns
    -------
    every : int
        Distance of the chosen indices, a power of two.
    chosen : ndarray of int
        All are at least `first`.
    """
    every = 1
    while count - first > limit * every:
        every *= 2
    chosen = np.arange(-(-first // every) * every, count, every)
    return every, chosen if first >= count or count - 1 in chosen[-1:] else np.append(chosen, count - 1)


def denser_at_the_start(count: int, limit: int) -> np.ndarray:
    """Choose at most `limit` of `count` indices, half of them evenly and half geometrically, denser at the start.

    Loss curves fall fastest there. The result includes the first and the last index.
    """
    if count <= limit:
        return np.arange(count)
    by_factors = np.geomspace(1, count, limit - limit // 2).round().astype(int) - 1
    return np.union1d(by_factors, evenly(count, limit // 2))
