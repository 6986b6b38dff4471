"""A map of digits with a drawing among them."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from digitviz.figures.colours import DIGIT_COLOURS, LABEL_BOX_COLOUR, LABEL_COLOUR
from digitviz.figures.maps import hidden_axis, typed_places
from digitviz.figures.picture import Picture, Plain, plain_figure
from digitviz.figures.sentence import says
from digitviz.language import gettext as _


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
        Where each digit is written: see `digitviz.projections.spaces.cloud_centres`.
    star : ndarray, shape (2,), or None
    shares : tuple of float, optional
        Fractions of the variance along both axes, 0 to 1; without them the axes have no meaning and are hidden.
    """
    places = coordinates if star is None else np.concatenate([coordinates, star[None]])
    axes = [hidden_axis(places[:, axis], places) for axis in (0, 1)]
    if shares is not None:
        for number, axis in enumerate(axes):
            title = _("component {number} ({share} of the variance)").format(
                number=number + 1, share=f"{shares[number]:.0%}"
            )
            axis.update(visible=True, zeroline=False, title={"text": title})
    clouds = [
        {
            "type": "scatter", **typed_places(coordinates[labels == digit]), "mode": "markers", "name": str(digit),
            "marker": {"color": DIGIT_COLOURS[digit], "size": 5, "opacity": 1},
            "hovertemplate": _("label {digit}").format(digit=digit) + "<extra></extra>",
        }
        for digit in range(10)
    ]  # fmt: skip
    figure = plain_figure(
        *clouds,
        xaxis=axes[0] | {"constrain": "domain"},
        yaxis=axes[1] | {"scaleanchor": "x", "constrain": "domain"},
        margin={"l": 4, "r": 4, "t": 8, "b": 4},
        showlegend=False,
        annotations=[
            {"x": float(x), "y": float(y), "text": f"<b>{digit}</b>", "showarrow": False, "font": {"size": 20}}
            for digit, (x, y) in centres.items()
        ],
    )
    if star is not None:
        outline = {"width": 2.5, "color": LABEL_BOX_COLOUR}
        figure["data"].append(
            {
                "type": "scatter", "x": [float(star[0])], "y": [float(star[1])], "mode": "markers",
                "name": _("your drawing"),
                "marker": {"symbol": "star", "size": 24, "color": LABEL_COLOUR, "line": outline},
                "hovertemplate": _("your drawing") + "<extra></extra>",
            }
        )  # fmt: skip
    alone, with_star = _("A map of {count} digits"), _("A map of {count} digits, with your drawing as a star")
    return says(figure, (alone if star is None else with_star).format(count=f"{len(coordinates):,}"))
