"""A digit as we see it, and as the network sees it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from digitviz.figures import draw
from digitviz.figures.colours import LABEL_BOX_COLOUR, LABEL_COLOUR, MARK_COLOUR, MUTED_COLOUR
from digitviz.figures.maps import frames, plain_places
from digitviz.figures.picture import Picture, Plain
from digitviz.figures.sentence import says
from digitviz.language import gettext as _
from digitviz.language import ngettext
from digitviz.projections.manifold import grid_places, grid_stroke

MARKER, MARKER_ON_A_PHONE = 15, 8


@Picture
def pixel_manifold(
    images: np.ndarray, titles: Sequence[str], moments: Sequence[np.ndarray], weights: np.ndarray
) -> Plain:
    """Draw digits as grids of pixels above, and below them the same pixels moving from the grid to a map of them.

    Parameters
    ----------
    images : ndarray, shape (n, 8, 8)
        Ink, 0 to 16.
    titles : sequence of str
        One per digit.
    moments : sequence of ndarray, shape (64, 2)
        Places of the pixels in each frame, from the grid to the map. The last frame is shown first.
    weights : ndarray, shape (64, neurons)
        Weights of each pixel; the hover text lists the largest.
    """
    grid, line = grid_places(), grid_stroke()
    words = _words_on_pixels(weights)
    reaches = _reach(grid), _reach(np.concatenate([*moments, grid]))
    traces: list[draw.Part] = []
    axes: draw.Part = {}
    links, moving = [], []
    for number, image in enumerate(images):
        for row, places in enumerate((grid, moments[-1])):
            panel = draw.suffix(2 * number + row)  # the same, however many digits come after it
            axes |= _axes(panel, (number, len(images)), row, reaches[row])
            traces += _pixels(places, line, image, words, panel, "circle" if row else "square")
            last = len(traces) - 1
            links.append((last - 1, last))
            moving += [last - 2, last - 1] if row else []
    parts = [[plain_places(places[line]), plain_places(places)] * len(images) for places in moments]
    figure = draw.figure(
        *traces,
        **axes,
        coloraxis=draw.ink_axis(),
        margin=(4, 4, 40, 4),
        showlegend=False,
        hovermode="closest",
        hoverlabel={"bgcolor": LABEL_BOX_COLOUR, "font": {"color": LABEL_COLOUR}},
        annotations=draw.subplot_titles({draw.suffix(2 * number): title for number, title in enumerate(titles)}),
        meta={
            "phone_marker": MARKER_ON_A_PHONE,
            "links": [{"points": [points for points, _mark in links], "marks": [mark for _points, mark in links]}],
            "film": _film(len(moments) - 1),
        },
    )
    figure["frames"] = frames(parts, moving)
    sentence = ngettext(
        "A digit as a grid of pixels, and below it the same pixels as the network sees them: {titles}",
        "{count} digits as grids of pixels, and below them the same pixels as the network sees them: {titles}",
        len(titles),
    )
    return says(figure, sentence, count=len(titles), titles=", ".join(titles))


Reach = tuple[list[float], list[float]]
"""Extent of a picture in the plane, horizontally and vertically."""


def _axes(panel: str, column: tuple[int, int], row: int, reach: Reach) -> draw.Part:
    """Return the axes of one picture, given its column, the number of columns, and its row: 0, above, or 1."""
    number, count = column
    each = {"visible": False, "constrain": "domain"}
    across = [number / count + 0.005, (number + 1) / count - 0.005]
    up = [0.55, 1] if row == 0 else [0, 0.51]
    scale = {"anchor": f"x{panel}", "scaleanchor": f"x{panel}"}
    return {
        f"xaxis{panel}": {**each, "range": reach[0], "domain": across, "anchor": f"y{panel}"},
        f"yaxis{panel}": {**each, "range": reach[1], "domain": up, **scale},
    }


def _pixels(
    places: np.ndarray, line: np.ndarray, image: np.ndarray, words: list[str], panel: str, symbol: str
) -> list[draw.Part]:
    """Return the lines between pixels, the pixels, and a mark that the browser puts on the one under the pointer."""
    numbers = np.arange(draw.SIDE * draw.SIDE)
    said = _("pixel in row {row}, column {column}<br>ink {ink} of 16<br>largest weights: {weights}").format(
        row="%{customdata[0]}", column="%{customdata[1]}", ink="%{marker.color}", weights="%{text}"
    )
    thin = draw.stroke(MUTED_COLOUR, 1)
    inked = draw.dot(MARKER, image.ravel().astype(np.float32), symbol, coloraxis="coloraxis", line=thin)
    custom = np.stack([numbers // draw.SIDE + 1, numbers % draw.SIDE + 1], axis=1)
    mark = draw.ring(MARKER + 9, MARK_COLOUR, 4)
    return [
        draw.scatter(**plain_places(places[line]), panel=panel, mode="lines", line=thin, opacity=0.6),
        draw.scatter(**plain_places(places), hover=said, panel=panel, customdata=custom, text=words, marker=inked),
        draw.scatter([None], [None], panel=panel, marker=mark),
    ]


def _film(last: int) -> draw.Part:
    """Tell the browser how to play the frames, and that frame `last` is shown first."""
    return {
        "title": _("from the grid to what the network sees"),
        "labels": [_("the grid"), *(f"{number / last:.0%}" for number in range(1, last)), _("the network's view")],
        "start": last,
        "milliseconds": 70,
        "back": True,
        "redraw": True,  # without it, Plotly removes what does not move
    }


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
