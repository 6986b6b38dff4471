"""Maps: clouds of points in the plane."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from digitviz.figures import draw
from digitviz.figures.colours import DIGIT_COLOURS, LABEL_BOX_COLOUR, LABEL_COLOUR, MUTED_COLOUR, digit_scale
from digitviz.figures.picture import Picture, Plain
from digitviz.figures.sentence import says
from digitviz.language import gettext as _
from digitviz.language import lazy_gettext

MARGIN, MARGIN_OF_FEW = 0.06, 0.15
"""Free room around a cloud, as a fraction of its width; more around a few large points."""
SETTLING: draw.Part = {
    "title": lazy_gettext("how the map settled"),
    "last": lazy_gettext("settled"),
    "milliseconds": 90,
    "autoplay": True,
}


@Picture
def digit_map(
    coordinates: np.ndarray,
    labels: np.ndarray,
    centres: Mapping[int, np.ndarray],
    moments: Sequence[tuple[str, np.ndarray, Mapping[int, np.ndarray]]] = (),
    theme: str | None = None,
    marker_size: float = 5,
    film: Mapping[str, object] | None = None,
) -> Plain:
    """Draw points in the plane, coloured by their digit, which is written at the centre of each cloud.

    Parameters
    ----------
    coordinates : ndarray, shape (n, 2)
    labels : ndarray of int, shape (n,)
    centres : mapping of int to ndarray, shape (2,)
        Place of each written digit: see `digitviz.projections.spaces.cloud_centres`.
    moments : sequence of (str, ndarray, mapping)
        Frames of an animation: a label, and earlier positions of the points and of the written digits.
    theme : str, optional
        "dark" or "light", whatever the theme of the page.
    marker_size : float
        Pixels.
    film : mapping, optional
        The animation, if it does not show how a map settled: "title", label of the "last" frame, "milliseconds"
        between two frames, and "autoplay". Then the axes fit all frames.
    """
    settling = film is None
    film, few = film or SETTLING, _are_few(coordinates)
    reach = coordinates
    if not settling:
        reach = np.concatenate([*(places for _words, places, _centres in moments), coordinates])
    meta: draw.Part = {"theme": theme} if theme else {}
    said = _("digit {digit}") if few else _("label {digit}<br>#{number} in the data set")
    figure = draw.figure(
        draw.scatter(
            **typed_places(coordinates),
            hover=said.format(digit="%{customdata[1]}", number="%{customdata[0]}"),
            customdata=np.stack([np.arange(1, len(labels) + 1), labels], axis=1).astype(np.uint16),
            marker=draw.dot(26 if few else marker_size, **digit_colours(labels), opacity=1, line={"width": 0}),
        ),
        written_digits(typed_places(np.array(list(centres.values()))), centres, 15, 19, faint=few),
        xaxis=hidden_axis(reach[:, 0], reach),
        yaxis=hidden_axis(reach[:, 1], reach, scaleanchor="x", constrain="domain"),
        margin=4,
        showlegend=False,
        meta=meta,
    )
    if moments:
        stations = [*moments, (str(film["last"]), coordinates, centres)]
        parts = [
            [plain_places(places), plain_places(np.array(list(middles.values())))]
            for _words, places, middles in stations
        ]
        figure["frames"] = frames(parts, [0, 1])
        meta["film"] = {
            "title": str(film["title"]),
            "labels": [station[0] for station in stations],
            "start": len(moments),
            "milliseconds": film["milliseconds"],
            "autoplay": film["autoplay"],
        }
    return says(figure, _("A map of {count} digits"), count=f"{len(labels):,}")


def frames(parts: Sequence[list[draw.Part]], traces: list[int]) -> list[draw.Part]:
    """Return frames, each with its new parts of some traces."""
    return [{"name": str(number), "data": data, "traces": traces} for number, data in enumerate(parts)]


def _are_few(coordinates: np.ndarray) -> bool:
    """Return whether there is at most one point per digit, as for the labels. Such points are drawn large."""
    return len(coordinates) <= len(DIGIT_COLOURS)


def digit_colours(labels: np.ndarray) -> draw.Part:
    """Return colours of points by their digits."""
    return {"colour": labels.astype(np.uint8), "colorscale": digit_scale(), "cmin": -0.5, "cmax": 9.5}


def written_digits(
    places: draw.Part, digits: Sequence | Mapping, size: int, square: int, faint: bool, **more: object
) -> draw.Part:
    """Return digits written at their places, on a dark square unless they are faint; sizes in pixels."""
    return draw.trace(
        "scatter",
        **places,
        **{"mode": "markers+text"} | more,
        text=[f"<b>{label}</b>" for label in digits],
        textfont=draw.font(size, LABEL_COLOUR),
        marker=draw.dot(square, LABEL_BOX_COLOUR, "square", opacity=0 if faint else 0.7, line={"width": 0}),
    )


@Picture
def waiting(words: str, theme: str | None = None, title: str = "") -> Plain:
    """Draw a pale square in place of a map that is not ready yet, with its progress.

    Parameters
    ----------
    words : str
    theme : str, optional
        As in `digit_map`.
    title : str, optional
        Title of the map.
    """
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
    coordinates: np.ndarray,
    labels: np.ndarray,
    centres: Mapping[int, np.ndarray],
    star: np.ndarray | None,
    shares: tuple[float, ...] | None = None,
) -> Plain:
    """Draw a map of digits, each cloud with its digit at its centre, and a drawing as a star.

    Parameters
    ----------
    coordinates : ndarray, shape (n, 2)
    labels : ndarray of int, shape (n,)
    centres : mapping of int to ndarray, shape (2,)
        Place of each written digit: see `digitviz.projections.spaces.cloud_centres`.
    star : ndarray, shape (2,), or None
    shares : tuple of float, optional
        Fractions of the variance along both axes, 0 to 1. Without them the axes have no meaning and are hidden.
    """
    places = coordinates if star is None else np.concatenate([coordinates, star[None]])
    axes = [hidden_axis(values, places, constrain="domain") for values in places.T]
    if shares is not None:
        title = _("component {number} ({share} of the variance)")
        for number, (each, share) in enumerate(zip(axes, shares, strict=False), start=1):
            each |= draw.axis(title.format(number=number, share=f"{share:.0%}"), visible=True, zeroline=False)
    figure = draw.figure(
        *(
            draw.scatter(
                **typed_places(coordinates[labels == digit]),
                hover=_("label {digit}").format(digit=digit),
                name=str(digit),
                marker=draw.dot(5, colour, opacity=1),
            )
            for digit, colour in enumerate(DIGIT_COLOURS)
        ),
        xaxis=axes[0],
        yaxis=axes[1] | {"scaleanchor": "x"},
        margin=(4, 4, 8, 4),
        showlegend=False,
        annotations=[draw.note(float(x), float(y), f"<b>{digit}</b>", 20) for digit, (x, y) in centres.items()],
    )
    count = f"{len(coordinates):,}"
    if star is None:
        return says(figure, _("A map of {count} digits"), count=count)
    name, marker = _("your drawing"), draw.dot(24, LABEL_COLOUR, "star", line=(LABEL_BOX_COLOUR, 2.5))
    figure["data"].append(draw.scatter([float(star[0])], [float(star[1])], "markers", name, name=name, marker=marker))
    return says(figure, _("A map of {count} digits, with your drawing as a star"), count=count)


def typed_places(coordinates: np.ndarray) -> dict[str, np.ndarray]:
    """Return x, y and, in space, z of points, shape (n, 2 or 3), as Plotly takes them."""
    return {name: values.astype(np.float32) for name, values in zip("xyz", coordinates.T, strict=False)}


def plain_places(coordinates: np.ndarray) -> dict[str, list[float]]:
    """Return x and y as lists, rounded to four digits: Plotly does not unpack packed arrays in frames."""
    decimals = 3 - int(np.floor(np.log10(max(float(np.abs(coordinates).max()), 1e-9))))
    rounded = coordinates.astype(np.float64).round(decimals)
    return {"x": rounded[:, 0].tolist(), "y": rounded[:, 1].tolist()}


def hidden_axis(values: np.ndarray, coordinates: np.ndarray, **more: object) -> draw.Part:
    """Return an axis without numbers: position and scale of a map have no meaning."""
    free = (MARGIN_OF_FEW if _are_few(coordinates) else MARGIN) * float(np.ptp(coordinates, axis=0).max())
    return {"visible": False, "range": [float(values.min()) - free, float(values.max()) + free], **more}
