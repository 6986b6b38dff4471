"""Gradient descent: the loss of several trainings, and paths on a surface of two parameters."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go

from digitviz.figures.theme import CORRECT_COLOUR, MUTED_COLOUR, TEST_COLOUR, TRAIN_COLOUR, colour_axis, new_figure
from digitviz.lesson.comparison import Course
from digitviz.lesson.surface import Path, Surface

COLOURS = {"full batch": TRAIN_COLOUR, "mini-batch": CORRECT_COLOUR, "one sample": TEST_COLOUR}
WIDTHS = {"full batch": 5, "mini-batch": 2.5, "one sample": 2}
"""The full batch, drawn first, shows beneath the mini-batch where the two coincide."""
SYMBOLS = {"full batch": "circle", "mini-batch": "square", "one sample": "diamond"}
AGAINST = {"steps": "steps", "samples": "digits seen", "seconds": "seconds of computing"}
REACH = (-1.5, 2.5)
"""Range of both weights in the picture of the surface."""
GRID = 61


def loss_against(courses: Sequence[Course], against: str, logarithmic: bool = True) -> go.Figure:
    """Draw the mean loss of all training digits of several trainings.

    Parameters
    ----------
    courses : sequence of Course
    against : {"steps", "samples", "seconds"}
        What the loss is drawn against.
    logarithmic : bool
        Scale of both axes; then the start, at 0, is left out.
    """
    kind = "log" if logarithmic else "linear"
    whole = {"dtick": 1} if logarithmic else {"nticks": 6}  # powers of ten only: there is no room for more
    figure = new_figure(
        xaxis={"title": {"text": AGAINST[against]}, "type": kind, "exponentformat": "power", **whole},
        yaxis={"title": {"text": "mean cross-entropy"}, "type": kind, **whole},
    )
    for course in courses:
        costs = getattr(course, against)
        first = 1 if logarithmic else 0
        figure.add_scatter(
            x=costs[first:],
            y=course.losses[first:],
            mode="lines",
            name=course.name,
            line={"color": COLOURS[course.name], "width": WIDTHS[course.name]},
            hovertemplate=f"{course.name}<br>{AGAINST[against]} %{{x:.4g}}<br>loss %{{y:.4g}}<extra></extra>",
        )
    return figure


def _ground(surface: Surface) -> tuple[np.ndarray, np.ndarray, dict[str, Any]]:
    """Return the grid of both weights, the loss at each pair of them, and how it is shaded."""
    grid = np.linspace(*REACH, GRID)
    heights = surface.loss(*np.meshgrid(grid, grid))
    shades = colour_axis("ink", cmin=0, cmax=float(heights.max()) * 1.6, showscale=False)
    return grid, heights, {"coloraxis": shades, "meta": {"scales": {"coloraxis": "ink"}}}


def contours(surface: Surface, paths: Sequence[Path]) -> go.Figure:
    """Draw the surface from above, as contours, with paths from one start; every point of the grid can be clicked.

    Parameters
    ----------
    surface : Surface
    paths : sequence of Path
    """
    grid, heights, shades = _ground(surface)
    figure = new_figure(
        **shades,
        xaxis={"title": {"text": "w1"}, "range": list(REACH), "zeroline": False},
        yaxis={"title": {"text": "w2"}, "range": list(REACH), "zeroline": False},
    )
    figure.add_contour(
        x=grid,
        y=grid,
        z=heights.astype(np.float32),
        coloraxis="coloraxis",
        ncontours=24,
        line={"width": 0.7, "color": MUTED_COLOUR},
        hovertemplate="w1 %{x:.2f}, w2 %{y:.2f}<br>E %{z:.4g}<extra>click to start here</extra>",
    )
    for path in paths:
        figure.add_scatter(
            x=path.points[:, 0],
            y=path.points[:, 1],
            customdata=np.stack([np.arange(len(path.points)), path.losses], axis=1),
            mode="lines+markers",
            name=path.name,
            line={"color": COLOURS[path.name], "width": 2},
            marker={"size": 6, "symbol": SYMBOLS[path.name]},
            hovertemplate=f"{path.name}, step %{{customdata[0]}}<br>E %{{customdata[1]:.4g}}<extra></extra>",
        )
    figure.add_scatter(
        x=[paths[0].points[0, 0], surface.lowest[0]],
        y=[paths[0].points[0, 1], surface.lowest[1]],
        mode="markers+text",
        text=["start", "lowest"],
        textposition="top center",
        marker={"color": MUTED_COLOUR, "size": 12, "symbol": ["circle-open", "x"], "line": {"width": 2}},
        showlegend=False,
        hoverinfo="skip",
    )
    return figure


def surface_3d(surface: Surface, paths: Sequence[Path]) -> go.Figure:
    """Draw the surface as a landscape with the paths on it; points outside the picture are left out.

    Parameters
    ----------
    surface : Surface
    paths : sequence of Path
    """
    grid, heights, shades = _ground(surface)
    axis = {"range": list(REACH), "backgroundcolor": "rgba(0,0,0,0)"}
    figure = new_figure(
        **shades,
        scene={
            "xaxis": {**axis, "title": {"text": "w1"}},
            "yaxis": {**axis, "title": {"text": "w2"}},
            "zaxis": {"title": {"text": "E"}, "range": [0, float(heights.max())], "backgroundcolor": "rgba(0,0,0,0)"},
            "camera": {"eye": {"x": 1.5, "y": -1.7, "z": 1.0}},
            "dragmode": "turntable",
        },
        margin={"l": 0, "r": 0, "t": 30, "b": 0},
    )
    figure.add_surface(
        x=grid, y=grid, z=heights.astype(np.float32), coloraxis="coloraxis", opacity=0.85,
        hovertemplate="w1 %{x:.2f}, w2 %{y:.2f}<br>E %{z:.4g}<extra></extra>",
    )  # fmt: skip
    lift = 0.01 * float(heights.max())  # above the surface, which would hide half of the line
    for path in paths:
        seen = ((path.points >= REACH[0]) & (path.points <= REACH[1])).all(axis=1)
        figure.add_scatter3d(
            x=np.where(seen, path.points[:, 0], np.nan),
            y=np.where(seen, path.points[:, 1], np.nan),
            z=np.where(seen, path.losses + lift, np.nan),
            mode="lines+markers",
            name=path.name,
            line={"color": COLOURS[path.name], "width": 5},
            marker={"size": 3, "color": COLOURS[path.name]},
            hovertemplate=f"{path.name}<br>w1 %{{x:.3f}}, w2 %{{y:.3f}}<extra></extra>",
        )
    return figure
