"""Maps: clouds of points in the plane."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from digitviz.figures.colours import DIGIT_COLOURS, LABEL_BOX_COLOUR, LABEL_COLOUR, MUTED_COLOUR, digit_scale
from digitviz.figures.picture import Picture, Plain, plain_figure
from digitviz.figures.sentence import says
from digitviz.language import gettext as _
from digitviz.language import lazy_gettext

MARGIN = 0.06
"""Fraction of the cloud's width that is left free around it; more around a few large points."""
MARGIN_OF_FEW = 0.15
SETTLING = {
    "title": lazy_gettext("how the map settled"), "last": lazy_gettext("settled"), "milliseconds": 90, "autoplay": True,
}  # fmt: skip


@Picture
def digit_map(
    coordinates: np.ndarray,
    labels: np.ndarray,
    centres: Mapping[int, np.ndarray],
    moments: Sequence[tuple[str, np.ndarray, Mapping[int, np.ndarray]]] = (),
    theme: str | None = None,
    marker_size: float = 5,
    film: Mapping[str, Any] | None = None,
) -> Plain:
    """Draw points in the plane, coloured by their digit, which is written at the centre of each cloud.

    Parameters
    ----------
    coordinates : ndarray, shape (n, 2)
    labels : ndarray of int, shape (n,)
    centres : mapping of int to ndarray, shape (2,)
        Where each digit is written: see `digitviz.projections.spaces.cloud_centres`.
    moments : sequence of (str, ndarray, mapping)
        Earlier positions of the points and of the written digits, with a label for each moment: they become frames.
    theme : str, optional
        "dark" or "light", whatever that of the page around it.
    marker_size : float
        Pixels.
    film : mapping, optional
        What the frames show if it is not how a map settled: "title", the label of the "last" one, "milliseconds"
        between two, and whether it plays by itself ("autoplay"). Then the axes fit all frames.
    """
    film = film or SETTLING
    reach = coordinates
    if film is not SETTLING:
        reach = np.concatenate([*(places for _words, places, _centres in moments), coordinates])
    meta: dict[str, Any] = {"theme": theme} if theme else {}
    figure = plain_figure(
        _points(coordinates, labels, marker_size),
        _written(centres, faint=_are_few(coordinates)),
        xaxis=hidden_axis(reach[:, 0], reach),
        yaxis=hidden_axis(reach[:, 1], reach) | {"scaleanchor": "x", "constrain": "domain"},
        margin={"l": 4, "r": 4, "t": 4, "b": 4},
        showlegend=False,
        meta=meta,
    )
    if moments:
        stations = [*moments, (str(film["last"]), coordinates, centres)]
        figure["frames"] = [
            {
                "name": str(number),
                "data": [plain_places(places), plain_places(np.array(list(middles.values())))],
                "traces": [0, 1],
            }
            for number, (_words, places, middles) in enumerate(stations)
        ]
        meta["film"] = {
            "title": str(film["title"]),
            "labels": [station[0] for station in stations],
            "start": len(moments),
            "milliseconds": film["milliseconds"],
            "autoplay": film["autoplay"],
        }
    return says(figure, _("A map of {count} digits").format(count=f"{len(labels):,}"))


def _are_few(coordinates: np.ndarray) -> bool:
    """Whether there is at most one point per digit, as for the labels: then the points are large."""
    return len(coordinates) <= len(DIGIT_COLOURS)


def _points(coordinates: np.ndarray, labels: np.ndarray, size: float) -> Plain:
    few = _are_few(coordinates)
    said = _("digit {digit}") if few else _("label {digit}<br>#{number} in the data set")
    said = said.format(digit="%{customdata[1]}", number="%{customdata[0]}")
    return {
        "type": "scatter", "mode": "markers",
        **typed_places(coordinates),
        "customdata": np.stack([np.arange(1, len(labels) + 1), labels], axis=1).astype(np.uint16),
        "marker": {
            "color": labels.astype(np.uint8), "colorscale": digit_scale(), "cmin": -0.5, "cmax": 9.5,
            "size": 26 if few else size, "opacity": 1, "line": {"width": 0},
        },
        "hovertemplate": f"{said}<extra></extra>",
    }  # fmt: skip


def _written(centres: Mapping[int, np.ndarray], faint: bool) -> Plain:
    """Return the trace of the digits that are written at their centres, on a dark square unless they are faint."""
    return {
        "type": "scatter", "mode": "markers+text",
        **typed_places(np.array(list(centres.values()))),
        "text": [f"<b>{label}</b>" for label in centres],
        "textfont": {"size": 15, "color": LABEL_COLOUR},
        "marker": {
            "symbol": "square", "size": 19, "color": LABEL_BOX_COLOUR, "opacity": 0 if faint else 0.7,
            "line": {"width": 0},
        },
        "hoverinfo": "skip",
    }  # fmt: skip


@Picture
def waiting(words: str, theme: str | None = None, title: str = "") -> Plain:
    """Draw a pale square in place of a map that is not ready yet: what is coming, and how far it is.

    Parameters
    ----------
    words : str
    theme : str, optional
        As for `digit_map`.
    title : str, optional
        Of what is coming.
    """
    hidden = {"visible": False, "range": [0, 1], "fixedrange": True, "constrain": "domain"}
    figure = plain_figure(
        xaxis=hidden,
        yaxis=hidden | {"scaleanchor": "x"},
        margin={"l": 4, "r": 4, "t": 4, "b": 4},
        meta={"theme": theme} if theme else {},
        shapes=[
            {
                "type": "rect", "xref": "x domain", "yref": "y domain", "x0": 0, "x1": 1, "y0": 0, "y1": 1,
                "line": {"width": 0}, "fillcolor": MUTED_COLOUR, "opacity": 0.1,
            }
        ],
        annotations=[
            {
                "text": f"<b>{title}</b><br>{words}" if title else words,
                "x": 0.5, "y": 0.5, "xref": "paper", "yref": "paper", "showarrow": False,
                "font": {"color": MUTED_COLOUR},
            }
        ],
    )  # fmt: skip
    return says(figure, _("No picture yet: {why}").format(why=words))


def typed_places(coordinates: np.ndarray) -> dict[str, np.ndarray]:
    """Return x, y and, in space, z of points, shape (n, 2 or 3), as Plotly takes them."""
    return {axis: values.astype(np.float32) for axis, values in zip("xyz", coordinates.T, strict=False)}


def plain_places(coordinates: np.ndarray) -> dict[str, list[float]]:
    """Return x and y as lists, rounded to four digits: Plotly does not unpack packed arrays in frames."""
    decimals = 3 - int(np.floor(np.log10(max(float(np.abs(coordinates).max()), 1e-9))))
    rounded = coordinates.astype(np.float64).round(decimals)
    return {"x": rounded[:, 0].tolist(), "y": rounded[:, 1].tolist()}


def hidden_axis(values: np.ndarray, coordinates: np.ndarray) -> dict[str, Any]:
    """Return an axis without numbers: position and scale of a map have no meaning."""
    free = (MARGIN_OF_FEW if _are_few(coordinates) else MARGIN) * float(np.ptp(coordinates, axis=0).max())
    return {"visible": False, "range": [float(values.min()) - free, float(values.max()) + free]}
