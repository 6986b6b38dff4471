"""Figures of the loss around trained weights, from above and in space, with the path of training."""

from collections.abc import Sequence

import numpy as np

from digitviz.explanations.landscape import Landscape
from digitviz.figures import draw
from digitviz.figures.colours import ALONG_SCALE, FIRST_TO_LAST, MUTED_COLOUR, PAPER_COLOUR
from digitviz.figures.picture import Picture, Plain, says
from digitviz.language import gettext as _
from digitviz.numbers import in_percent, short

BEYOND = 0.6
"""Extension of the scale above the highest loss, as a fraction of its range. It keeps the path visible."""
POINT, END = 6, 15
LIFT = 0.01
"""Height of the path above the surface, as a fraction of its range. At 0, the surface would hide half of the line."""
MUCH = 10.0
"""Ratio of the largest to the smallest value above which figures use powers of ten."""
MAX_TICKS = 8


def by_powers(*arrays: np.ndarray) -> bool:
    """Return whether the values span more than a factor of `MUCH`, so that powers of ten show them better."""
    finite = np.concatenate([array[np.isfinite(array)].ravel() for array in arrays])
    return finite.size > 0 and float(finite.min()) > 0 and float(finite.max()) > MUCH * float(finite.min())


def heights(values: np.ndarray, powers: bool) -> np.ndarray:
    """Return the heights to draw: the values or their logarithms to base 10. nan if they are not finite."""
    with np.errstate(divide="ignore", invalid="ignore"):
        drawn = np.log10(values) if powers else np.asarray(values, float)
    return np.where(np.isfinite(drawn), drawn, np.nan)


def ticks(lowest: float, highest: float, powers: bool) -> draw.Part:
    """Return readable ticks for a logarithmic axis. Empty for other axes.

    Parameters
    ----------
    lowest, highest : float
        Ends of the axis, from `heights`.
    powers : bool
        True for a logarithmic axis.
    """
    if not powers:
        return {}
    decades = range(int(np.floor(lowest)), int(np.ceil(highest)) + 1)
    for leading in ((1, 2, 5), (1, 3), (1,)):
        values = [first * 10.0**decade for decade in decades for first in leading]
        seen = [value for value in values if lowest - 1e-9 <= np.log10(value) <= highest + 1e-9]
        if len(seen) <= MAX_TICKS:
            break
    seen = seen[:: -(-len(seen) // MAX_TICKS) or 1]
    return {"tickvals": np.log10(seen).tolist(), "ticktext": [short(value) for value in seen]}


@Picture
def landscape_from_above(landscape: Landscape, moments: Sequence[str]) -> Plain:
    """Draw the loss landscape as contours.

    Parameters
    ----------
    landscape : Landscape
    moments : sequence of str
        Descriptions of the points in training along the path. The last one is the end.
    """
    ground, scale = _ground(landscape), _scale(landscape)
    x, y = landscape.path.T
    first, second = _titles(landscape)
    marker = {**_marks(len(x)), "size": POINT, "opacity": 1}
    figure = draw.figure(
        draw.contours(**ground, ncontours=20, contours={"coloring": "heatmap"}, line=(MUTED_COLOUR, 0.7)),
        draw.scatter(x, y, "lines", line=(PAPER_COLOUR, POINT + 3), showlegend=False, name=""),
        draw.scatter(x, y, "lines+markers", line=(MUTED_COLOUR, 1), marker=marker, **_path(landscape, moments)),
        _end(landscape, 0, moments[0], "circle-open", draw.stroke(FIRST_TO_LAST[0], 3)),
        _end(landscape, -1, moments[-1], "star", draw.stroke(PAPER_COLOUR, 1)),
        xaxis=draw.axis(first, range=[landscape.x[0], landscape.x[-1]], **draw.NO_LINES),
        yaxis=draw.axis(second, range=[landscape.y[0], landscape.y[-1]], **draw.NO_LINES),
        **_shades(*scale),
    )
    return _described(figure, landscape, moments)


@Picture
def landscape_in_space(landscape: Landscape, moments: Sequence[str]) -> Plain:
    """Draw the loss landscape as a surface, with each point of the path at its own loss.

    Parameters
    ----------
    landscape : Landscape
    moments : sequence of str
        See `landscape_from_above`.
    """
    powers, lowest, highest = _scale(landscape)
    (x, y), z = landscape.path.T, heights(landscape.path_losses, powers) + LIFT * (highest - lowest)
    marks = _marks(len(z))
    look = {"mode": "lines+markers", "line": {**marks, "width": 5}, "marker": {**marks, "size": 3}, "showlegend": False}
    first = _("first direction: {share}").format(share=in_percent(landscape.explained[0]))
    height = draw.axis(_("loss per test digit"), **ticks(lowest, highest, powers))
    figure = draw.figure(
        draw.surface(**_ground(landscape)),
        draw.spatial(x, y, z, **look, **_path(landscape, moments)),
        *(
            draw.spatial(x[[at]], y[[at]], z[[at]], mode="markers", name=moments[at], marker=(6, colour, symbol))
            for at, colour, symbol in ((0, FIRST_TO_LAST[0], "circle"), (-1, FIRST_TO_LAST[-1], "diamond"))
        ),
        scene=draw.scene(first, _titles(landscape)[1], height, eye=(1.55, -1.7, 1.0)),
        margin=(0, 0, 30, 0),
        **_shades(powers, lowest, highest, bar=False),
    )
    return _described(figure, landscape, moments)


def _scale(landscape: Landscape) -> tuple[bool, float, float]:
    """Return whether to draw logarithms of the losses, and the range of their finite heights."""
    losses = np.append(landscape.losses, landscape.path_losses)
    powers = by_powers(losses)
    drawn = heights(losses, powers)
    drawn = drawn[np.isfinite(drawn)]
    return (powers, float(drawn.min()), float(drawn.max())) if drawn.size else (powers, 0.0, 1.0)


def _ground(landscape: Landscape) -> draw.Part:
    """Return the properties of the trace with the losses of the plane."""
    z, losses = heights(landscape.losses, _scale(landscape)[0]), landscape.losses
    numbers = {"z": draw.as_float32(z), "customdata": draw.as_float32(losses), "name": ""}
    return {"x": landscape.x, "y": landscape.y, "hover": _loss_words(), **numbers}


def _shades(powers: bool, lowest: float, highest: float, bar: bool = True) -> draw.Part:
    top = highest + BEYOND * ((highest - lowest) or 1.0)
    scale = draw.axis(_("loss per<br>test digit"), **ticks(lowest, highest, powers))
    shades = draw.colour_axis("ink", cmin=lowest, cmax=top, showscale=bar, colorbar=scale)
    return {"coloraxis": shades, "legend": {"font": draw.font(13)}}


def _marks(count: int) -> draw.Part:
    """Return the colours of the points of the path, from first to last."""
    scale = {"colorscale": ALONG_SCALE, "cmin": 0, "cmax": max(count - 1, 1), "showscale": False}
    return {"color": np.arange(count), **scale}


def _loss_words() -> str:
    return _("loss {number}").format(number="%{customdata:.3~g}")


def _path(landscape: Landscape, moments: Sequence[str]) -> draw.Part:
    name, hover = _("the training path, from start to end"), f"%{{text}}<br>{_loss_words()}"
    return {"text": list(moments), "customdata": landscape.path_losses, "name": name, "hover": hover}


def _end(landscape: Landscape, place: int, words: str, symbol: str, outline: draw.Part) -> draw.Part:
    x, y = landscape.path[place]
    marker = draw.dot(END, FIRST_TO_LAST[place], symbol, opacity=1, line=outline)
    return draw.point(float(x), float(y), None, marker, name=words)


def _titles(landscape: Landscape) -> tuple[str, str]:
    first, second = (in_percent(share) for share in landscape.explained)
    return (
        _("first direction: {share} of the path's variance").format(share=first),
        _("second direction: {share}").format(share=second),
    )


def _described(figure: Plain, landscape: Landscape, moments: Sequence[str]) -> Plain:
    finite = landscape.losses[np.isfinite(landscape.losses)]
    lowest, highest = (short(finite.min()), short(finite.max())) if finite.size else ("–", "–")
    sentence = _(
        "Loss around the trained weights, {lowest} to {highest}; a path of {count} points ends at {loss}, {end}"
    )
    loss = short(landscape.path_losses[-1])
    return says(figure, sentence, lowest=lowest, highest=highest, count=len(moments), end=moments[-1], loss=loss)
