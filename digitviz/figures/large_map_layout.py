"""Where the large map's one or two maps stand in its picture, with their titles and what is written in space."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from digitviz.figures.colours import LABEL_BOX_COLOUR, LABEL_COLOUR, MUTED_COLOUR
from digitviz.figures.maps import hidden_axis

GAP = 0.015
"""Fraction of the width left free on either side of the middle, between two maps."""
TITLE = 0.06
"""Fraction of the height for a title above a map."""
CAMERA = {"eye": {"x": 1.2, "y": 1.2, "z": 0.75}}
"""Closer than Plotly's default."""

_NONE = np.empty(0, dtype=np.int64)
_NO_PAIRS = np.empty((0, 2), dtype=np.int64)


@dataclass(frozen=True, eq=False)
class MapView:
    """One map of the points.

    Parameters
    ----------
    coordinates : ndarray, shape (n, 2) or (n, 3)
    title : str
        Shown if there are two maps.
    token : str
        Zoom and camera are kept as long as it stays the same.
    centres : mapping of int to ndarray
        Where each digit is written.
    near : ndarray of int
        The picked point's nearest neighbours in the data, marked.
    torn : ndarray of int
        Those of them that this map separates from it: a line leads there.
    pairs : ndarray of int, shape (m, 2)
        Pairs to join by thin lines.
    """

    coordinates: np.ndarray
    title: str
    token: str
    centres: Mapping[int, np.ndarray] = field(default_factory=dict)
    near: np.ndarray = field(default_factory=lambda: _NONE)
    torn: np.ndarray = field(default_factory=lambda: _NONE)
    pairs: np.ndarray = field(default_factory=lambda: _NO_PAIRS)


Box = tuple[tuple[float, float], tuple[float, float]]
"""Extent in the picture, horizontally and vertically, 0 to 1."""


def side_by_side(count: int) -> list[Box]:
    """Return where one map or two stand on a wide screen."""
    if count == 1:
        return [((0.0, 1.0), (0.0, 1.0))]
    return [((0.0, 0.5 - GAP), (0.0, 1 - TITLE)), ((0.5 + GAP, 1.0), (0.0, 1 - TITLE))]


def stacked(count: int) -> list[Box]:
    """Return where one map or two stand on a phone."""
    return [((0.0, 1.0), (0.5 + TITLE / 4, 1 - TITLE)), ((0.0, 1.0), (0.0, 0.5 - TITLE * 3 / 4))][:count]


def layout_of(views: Sequence[MapView], boxes: Sequence[Box], spatial: bool) -> dict[str, Any]:
    """Return the axes or scenes of maps in their boxes, and the titles above them if there are two."""
    layout: dict[str, Any] = {"annotations": []}
    for number, (view, (across, up)) in enumerate(zip(views, boxes, strict=True), start=1):
        suffix = "" if number == 1 else str(number)
        at = view.coordinates
        # Over what is seen of the map: its axes take less than their box, so that both have one scale.
        title = {"xref": f"x{suffix} domain", "yref": f"y{suffix} domain", "x": 0.5, "y": 1}
        if spatial:
            title = {"xref": "paper", "yref": "paper", "x": sum(across) / 2, "y": up[1]}
            layout[f"scene{suffix}"] = _scene(view) | {"domain": {"x": across, "y": up}}
        else:
            token = {"uirevision": view.token, "constrain": "domain"}
            layout[f"xaxis{suffix}"] = hidden_axis(at[:, 0], at) | token | {"domain": across, "anchor": f"y{suffix}"}
            scale = {"anchor": f"x{suffix}", "scaleanchor": f"x{suffix}"}
            if len(views) > 1:
                scale["constraintoward"] = "top"  # so that both titles stand at one height
            layout[f"yaxis{suffix}"] = hidden_axis(at[:, 1], at) | token | scale | {"domain": up}
        if len(views) > 1:
            layout["annotations"].append(
                {"text": view.title, "showarrow": False, "xanchor": "center", "yanchor": "bottom", **title}
            )
    return layout


def _scene(view: MapView) -> dict[str, Any]:
    """Return the scene of a map in space. The digits are written over it: no point hides them, no edge cuts them."""
    axis = {
        "showticklabels": False, "title": {"text": ""}, "showspikes": False, "showbackground": False,
        "zeroline": False, "gridcolor": MUTED_COLOUR, "gridwidth": 1, "nticks": 4,
    }  # fmt: skip
    beside = 16 if len(view.centres) == len(view.coordinates) else 0  # a single point is not to be hidden
    written = [
        {
            **dict(zip("xyz", place.astype(float).tolist(), strict=True)), "text": f"<b>{label}</b>",
            "showarrow": False, "xshift": beside, "font": {"size": 16, "color": LABEL_COLOUR},
            "bgcolor": LABEL_BOX_COLOUR, "opacity": 0.8, "borderpad": 3,
        }
        for label, place in view.centres.items()
    ]  # fmt: skip
    return {
        "aspectmode": "data", "uirevision": view.token, "camera": CAMERA, "annotations": written,
        "xaxis": axis, "yaxis": axis, "zaxis": axis,
    }  # fmt: skip
