"""The loss around trained weights, from above and in space, with the path of the training on it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from digitviz.explanations.landscape import Landscape
from digitviz.figures.colours import FIRST_TO_LAST, INVISIBLE, MUTED_COLOUR, PAPER_COLOUR, Scale
from digitviz.figures.picture import Picture, Plain, plain_figure
from digitviz.figures.powers import by_powers, heights, ticks
from digitviz.figures.sentence import says, short
from digitviz.figures.theme import colour_axis
from digitviz.language import gettext as _
from digitviz.language import ngettext

COLOURS: Scale = [(place / (len(FIRST_TO_LAST) - 1), colour) for place, colour in enumerate(FIRST_TO_LAST)]
BEYOND = 0.6
"""How far the scale goes on above the highest loss, of its range: the path has to show on the darkest ground."""
POINT, END = 6, 15
LIFT = 0.01
"""How far the path is drawn above the surface, of its height, which would hide half of the line."""


@Picture
def landscape_from_above(landscape: Landscape, moments: Sequence[str]) -> Plain:
    """Draw the landscape as contours.

    Parameters
    ----------
    landscape : Landscape
    moments : sequence of str
        When the training was at each point of the path, in words; the last is the end.
    """
    powers = _by_powers(landscape)
    ground = {
        "type": "contour", "x": landscape.x, "y": landscape.y, "z": _float32(heights(landscape.losses, powers)),
        "customdata": _float32(landscape.losses), "coloraxis": "coloraxis", "ncontours": 20, "name": "",
        "contours": {"coloring": "heatmap"},
        "line": {"width": 0.7, "color": MUTED_COLOUR},
        "hovertemplate": _("loss {number}").format(number="%{customdata:.3~g}") + "<extra></extra>",
    }  # fmt: skip
    x, y = landscape.path.T
    below = {
        "type": "scatter", "x": x, "y": y, "mode": "lines", "line": {"color": PAPER_COLOUR, "width": POINT + 3},
        "hoverinfo": "skip", "showlegend": False, "name": "",
    }  # fmt: skip
    path = {
        "type": "scatter", "x": x, "y": y, "mode": "lines+markers", "line": {"color": MUTED_COLOUR, "width": 1},
        "marker": {**_marks(len(x)), "size": POINT, "opacity": 1},
        **_hover(landscape, moments),
    }  # fmt: skip
    axis = {"zeroline": False, "showgrid": False}
    titles = _titles(landscape)
    figure = plain_figure(
        ground,
        below,
        path,
        *(_mark(landscape, place, words, symbol) for place, words, symbol in _ends(moments)),
        xaxis={**axis, "title": {"text": titles[0]}, "range": [landscape.x[0], landscape.x[-1]]},
        yaxis={**axis, "title": {"text": titles[1]}, "range": [landscape.y[0], landscape.y[-1]]},
        **_shades(landscape, powers),
    )
    return says(figure, _sentence(landscape, moments))


@Picture
def landscape_in_space(landscape: Landscape, moments: Sequence[str]) -> Plain:
    """Draw the landscape as a surface, and each moment of the path at its own loss.

    Parameters
    ----------
    landscape : Landscape
    moments : sequence of str
        As in `landscape_from_above`.
    """
    powers = _by_powers(landscape)
    z, path = heights(landscape.losses, powers), heights(landscape.path_losses, powers)
    lowest, highest = _range(landscape, powers)
    ground = {
        "type": "surface", "x": landscape.x, "y": landscape.y, "z": _float32(z), "opacity": 0.85, "name": "",
        "customdata": _float32(landscape.losses), "coloraxis": "coloraxis",
        "hovertemplate": _("loss {number}").format(number="%{customdata:.3~g}") + "<extra></extra>",
    }  # fmt: skip
    way = {
        "type": "scatter3d", "x": landscape.path[:, 0], "y": landscape.path[:, 1],
        "z": path + LIFT * (highest - lowest), "mode": "lines+markers",
        "line": {**_marks(len(path)), "width": 5}, "marker": {**_marks(len(path)), "size": 3},
        **_hover(landscape, moments), "showlegend": False,
    }  # fmt: skip
    ends = [
        {
            "type": "scatter3d", **{axis: way[axis][[place]] for axis in "xyz"}, "mode": "markers", "hoverinfo": "skip",
            "name": words, "marker": {"symbol": symbol, "size": 6, "color": FIRST_TO_LAST[place]},
        }
        for place, words, symbol in ((0, moments[0], "circle"), (-1, moments[-1], "diamond"))
    ]  # fmt: skip
    first, second = (
        _("first direction: {share}").format(share=f"{landscape.explained[0]:.1%}"), _titles(landscape)[1]
    )  # fmt: skip
    axis = {"backgroundcolor": INVISIBLE}
    figure = plain_figure(
        ground,
        way,
        *ends,
        scene={
            "xaxis": {**axis, "title": {"text": first}},
            "yaxis": {**axis, "title": {"text": second}},
            "zaxis": {**axis, "title": {"text": _("loss per test digit")}, **ticks(lowest, highest, powers)},
            "camera": {"eye": {"x": 1.55, "y": -1.7, "z": 1.0}, "center": {"x": 0, "y": 0, "z": -0.15}},
            "dragmode": "turntable",
        },
        margin={"l": 0, "r": 0, "t": 30, "b": 0},
        **_shades(landscape, powers, bar=False),
    )
    return says(figure, _sentence(landscape, moments))


def _by_powers(landscape: Landscape) -> bool:
    return by_powers(landscape.losses, landscape.path_losses)


def _range(landscape: Landscape, powers: bool) -> tuple[float, float]:
    """Return the lowest and the highest finite height of the landscape and of its path; 0 and 1 where none is."""
    drawn = np.concatenate([heights(values, powers).ravel() for values in (landscape.losses, landscape.path_losses)])
    drawn = drawn[np.isfinite(drawn)]
    return (float(drawn.min()), float(drawn.max())) if drawn.size else (0.0, 1.0)


def _shades(landscape: Landscape, powers: bool, bar: bool = True) -> dict[str, Any]:
    lowest, highest = _range(landscape, powers)
    scale = {"title": {"text": _("loss per<br>test digit")}, **ticks(lowest, highest, powers)}
    shades = colour_axis(
        "ink", cmin=lowest, cmax=highest + BEYOND * ((highest - lowest) or 1.0), showscale=bar, colorbar=scale
    )
    return {"coloraxis": shades, "meta": {"scales": {"coloraxis": "ink"}}, "legend": {"font": {"size": 13}}}


def _marks(count: int) -> dict[str, Any]:
    """Return the colours from the first moment to the last."""
    return {"color": np.arange(count), "colorscale": COLOURS, "cmin": 0, "cmax": max(count - 1, 1), "showscale": False}


def _hover(landscape: Landscape, moments: Sequence[str]) -> dict[str, Any]:
    loss = _("loss {number}").format(number="%{customdata:.3~g}")
    return {
        "text": list(moments), "customdata": landscape.path_losses, "name": _("the training, from first to last"),
        "hovertemplate": f"%{{text}}<br>{loss}<extra></extra>",
    }  # fmt: skip


def _ends(moments: Sequence[str]) -> tuple[tuple[int, str, str], ...]:
    return (0, moments[0], "circle-open"), (-1, moments[-1], "star")


def _mark(landscape: Landscape, place: int, words: str, symbol: str) -> dict[str, Any]:
    x, y = landscape.path[place]
    colour = FIRST_TO_LAST[place]
    return {
        "type": "scatter", "x": [float(x)], "y": [float(y)], "mode": "markers", "name": words, "hoverinfo": "skip",
        "marker": {
            "symbol": symbol, "size": END, "color": colour, "opacity": 1,
            "line": {"width": 3 if symbol.endswith("open") else 1, "color": colour if place == 0 else PAPER_COLOUR},
        },
    }  # fmt: skip


def _titles(landscape: Landscape) -> tuple[str, str]:
    first, second = (f"{share:.1%}" for share in landscape.explained)
    return (
        _("first direction: {share} of the path's variance").format(share=first),
        _("second direction: {share}").format(share=second),
    )


def _float32(values: np.ndarray) -> np.ndarray:
    with np.errstate(over="ignore"):
        return values.astype(np.float32)


def _sentence(landscape: Landscape, moments: Sequence[str]) -> str:
    finite = landscape.losses[np.isfinite(landscape.losses)]
    lowest, highest = (short(finite.min()), short(finite.max())) if finite.size else ("–", "–")
    sentence = ngettext(
        "The loss around the trained weights, from {lowest} to {highest}, and the path of {count} moment to {end}, "
        "where it is {loss}",
        "The loss around the trained weights, from {lowest} to {highest}, and the path of {count} moments to {end}, "
        "where it is {loss}",
        len(moments),
    )
    return sentence.format(
        lowest=lowest, highest=highest, count=len(moments), end=moments[-1], loss=short(landscape.path_losses[-1])
    )
