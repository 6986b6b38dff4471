"""A digit as we see it, and as the network sees it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from digitviz.datasets import PIXEL_MAX
from digitviz.figures.colours import LABEL_BOX_COLOUR, LABEL_COLOUR, MARK_COLOUR, MUTED_COLOUR
from digitviz.figures.maps import plain_places
from digitviz.figures.picture import Picture, Plain, plain_figure
from digitviz.figures.sentence import says
from digitviz.figures.theme import colour_axis, subplot_titles
from digitviz.language import gettext as _
from digitviz.language import ngettext
from digitviz.projections.manifold import SIDE, grid_places, grid_stroke

MARKER = 15
MARKER_ON_A_PHONE = 8


@Picture
def pixel_manifold(
    images: np.ndarray, titles: Sequence[str], moments: Sequence[np.ndarray], weights: np.ndarray
) -> Plain:
    """Draw digits as grids of pixels above, and below them the same pixels moving from the grid to a map of them.

    Parameters
    ----------
    images : ndarray, shape (n, 8, 8)
        Ink of 0 to 16.
    titles : sequence of str
        One per digit.
    moments : sequence of ndarray, shape (64, 2)
        Where the pixels are, from the grid to the map: frames. The last is shown first.
    weights : ndarray, shape (64, neurons)
        Of each pixel; the hover text lists the largest.
    """
    grid = grid_places()
    stroke = grid_stroke()
    words = _words_on_pixels(weights)
    figure = plain_figure(
        coloraxis=colour_axis("ink", cmin=0, cmax=PIXEL_MAX, showscale=False),
        margin={"l": 4, "r": 4, "t": 40, "b": 4},
        showlegend=False,
        hovermode="closest",
        hoverlabel={"bgcolor": LABEL_BOX_COLOUR, "font": {"color": LABEL_COLOUR}},
    )
    reaches = _reach(grid), _reach(np.concatenate([*moments, grid]))
    links, moving = [], []
    for number, image in enumerate(images):
        for row, places in enumerate((grid, moments[-1])):
            axis = 2 * number + 1 + row  # the same, however many digits come after it
            suffix = "" if axis == 1 else str(axis)
            figure["layout"] |= _axes(suffix, (number, len(images)), row, reaches[row])
            figure["data"] += _pixels(places, stroke, image, words, suffix, "circle" if row else "square")
            traces = len(figure["data"])
            links.append((traces - 2, traces - 1))
            if row == 1:
                moving += [traces - 3, traces - 2]
    figure["frames"] = [
        {"name": str(number), "data": [_line(places, stroke), plain_places(places)] * len(images), "traces": moving}
        for number, places in enumerate(moments)
    ]
    figure["layout"] |= {
        "annotations": subplot_titles(
            {str(2 * number + 1) if number else "": title for number, title in enumerate(titles)}
        ),
        "meta": {
            "scales": {"coloraxis": "ink"},
            "phone_marker": MARKER_ON_A_PHONE,
            "links": [{"points": [points for points, _ in links], "marks": [mark for _, mark in links]}],
            "film": _film(len(moments) - 1),
        },
    }
    sentence = ngettext(
        "A digit as a grid of pixels, and below it the same pixels as the network sees them: {titles}",
        "{count} digits as grids of pixels, and below them the same pixels as the network sees them: {titles}",
        len(titles),
    )  # fmt: skip
    return says(figure, sentence.format(count=len(titles), titles=", ".join(titles)))


Reach = tuple[list[float], list[float]]
"""Extent of a picture in the plane, horizontally and vertically."""


def _axes(suffix: str, column: tuple[int, int], row: int, reach: Reach) -> dict[str, Any]:
    """Return the axes of one picture, given its column, the number of columns, and its row: 0, above, or 1."""
    number, count = column
    return {
        f"xaxis{suffix}": {
            "visible": False, "range": reach[0], "domain": [number / count + 0.005, (number + 1) / count - 0.005],
            "anchor": f"y{suffix}", "constrain": "domain",
        },
        f"yaxis{suffix}": {
            "visible": False, "range": reach[1], "domain": [0.55, 1] if row == 0 else [0, 0.51],
            "anchor": f"x{suffix}", "scaleanchor": f"x{suffix}", "constrain": "domain",
        },
    }  # fmt: skip


def _pixels(
    places: np.ndarray, stroke: np.ndarray, image: np.ndarray, words: list[str], suffix: str, symbol: str
) -> list[dict[str, Any]]:
    """Return the lines between pixels, the pixels, and a mark that the browser puts on the one under the pointer."""
    numbers = np.arange(SIDE * SIDE)
    said = _("pixel in row {row}, column {column}<br>ink {ink} of 16<br>largest weights: {weights}").format(
        row="%{customdata[0]}", column="%{customdata[1]}", ink="%{marker.color}", weights="%{text}"
    )
    trace = {"type": "scatter", "xaxis": f"x{suffix}", "yaxis": f"y{suffix}"}
    return [
        {
            **trace, **_line(places, stroke), "mode": "lines", "line": {"color": MUTED_COLOUR, "width": 1},
            "opacity": 0.6, "hoverinfo": "skip",
        },
        {
            **trace, **plain_places(places),
            "mode": "markers",
            "customdata": np.stack([numbers // SIDE + 1, numbers % SIDE + 1], axis=1),
            "text": words,
            "marker": {
                "color": image.ravel().astype(np.float32), "coloraxis": "coloraxis", "size": MARKER,
                "symbol": symbol, "line": {"color": MUTED_COLOUR, "width": 1},
            },
            "hovertemplate": f"{said}<extra></extra>",
        },
        {
            **trace, "x": [None], "y": [None], "mode": "markers", "hoverinfo": "skip",
            "marker": {
                "symbol": "circle-open", "size": MARKER + 9, "color": MARK_COLOUR,
                "line": {"color": MARK_COLOUR, "width": 4},
            },
        },
    ]  # fmt: skip


def _film(last: int) -> dict[str, Any]:
    """Tell the browser how to play the frames, of which `last` is shown first."""
    return {
        "title": _("from the grid to what the network sees"),
        "labels": [_("the grid"), *(f"{number / last:.0%}" for number in range(1, last)), _("the network's view")],
        "start": last,
        "milliseconds": 70,
        "back": True,
        "redraw": True,  # without it, Plotly removes what does not move
    }


def _line(places: np.ndarray, stroke: np.ndarray) -> dict[str, list[float]]:
    return plain_places(places[stroke])


def _reach(places: np.ndarray) -> Reach:
    low, high = places.min(axis=0) - 0.7, places.max(axis=0) + 0.7
    return [float(low[0]), float(high[0])], [float(low[1]), float(high[1])]


def _words_on_pixels(weights: np.ndarray, most: int = 3) -> list[str]:
    """List the neurons to which each pixel has the largest weights."""
    loudest = np.argsort(-np.abs(weights), axis=1)[:, :most]
    said = _("{weight} to neuron {number}")
    return [
        ", ".join(said.format(weight=f"{row[n]:+.4f}".replace("-", "−"), number=n + 1) for n in neurons.tolist())
        for row, neurons in zip(weights, loudest, strict=True)
    ]
