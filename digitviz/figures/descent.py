"""Gradient descent: the loss of several trainings, and paths on a surface of two parameters."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go

from digitviz.figures.colours import CORRECT_COLOUR, INVISIBLE, MUTED_COLOUR, TEST_COLOUR, TRAIN_COLOUR
from digitviz.figures.sentence import says, short
from digitviz.figures.spots import spots
from digitviz.figures.theme import colour_axis, new_figure
from digitviz.language import gettext as _
from digitviz.language import lazy_gettext, ngettext
from digitviz.lesson.batch_kinds import BatchKind
from digitviz.lesson.comparison import Course
from digitviz.lesson.surface import Path, Surface

COLOURS = {BatchKind.FULL: TRAIN_COLOUR, BatchKind.MINI: CORRECT_COLOUR, BatchKind.ONE: TEST_COLOUR}
WIDTHS = {BatchKind.FULL: 5, BatchKind.MINI: 2.5, BatchKind.ONE: 2}
"""The full batch, drawn first, shows beneath the mini-batch where the two coincide."""
SYMBOLS = {BatchKind.FULL: "circle", BatchKind.MINI: "square", BatchKind.ONE: "diamond"}
AGAINST = {
    "steps": lazy_gettext("steps"),
    "samples": lazy_gettext("digits seen"),
    "seconds": lazy_gettext("seconds of computing"),
}
POINT, ARROW = 6, 15
"""Sizes of a path's points, and of the arrow where it leaves the picture."""
REACH = (-1.5, 2.5)
"""Range of both weights in the picture of the surface."""
GRID = 61
BETWEEN_STARTS = 0.5
"""Between two places where keys can start a path; a pointer can anywhere on the grid."""


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
    counted, loss = str(AGAINST[against]), _("mean cross-entropy")
    figure = new_figure(
        xaxis={"title": {"text": counted}, "type": kind, "exponentformat": "power", **whole},
        yaxis={"title": {"text": loss}, "type": kind, "exponentformat": "power", **whole},
    )
    if not courses:
        invitation = _("Train all three to see their curves.")
        figure.update_layout(xaxis_range=[0, 5], yaxis_range=[-2, 1], annotations=[_in_the_middle(invitation)])
        return says(figure, invitation)
    for course in courses:
        costs = getattr(course, against)
        first = 1 if logarithmic else 0
        figure.add_scatter(
            x=costs[first:],
            y=course.losses[first:],
            mode="lines",
            name=course.name.words,
            line={"color": COLOURS[course.name], "width": WIDTHS[course.name]},
            hovertemplate=f"{course.name.words}<br>%{{x:.4~g}} {counted}<br>{loss} %{{y:.3~g}}<extra></extra>",
        )
    ends = [
        _("{training} ends at {loss}").format(training=course.name.words, loss=short(course.losses[-1]))
        for course in courses
    ]
    sentence = _("Mean loss of all training digits against {costs}: {ends}")
    return says(figure, sentence.format(costs=AGAINST[against], ends=", ".join(ends)))


def _in_the_middle(words: str) -> dict[str, Any]:
    return {"text": words, "x": 0.5, "y": 0.5, "xref": "paper", "yref": "paper", "showarrow": False}


def _ground(surface: Surface) -> tuple[np.ndarray, np.ndarray, dict[str, Any]]:
    """Return the grid of both weights, the loss at each pair of them, and how it is shaded."""
    grid = np.linspace(*REACH, GRID)
    heights = surface.loss(*np.meshgrid(grid, grid))
    shades = colour_axis("ink", cmin=0, cmax=float(heights.max()) * 1.6, showscale=False)
    return grid, heights, {"coloraxis": shades, "meta": {"scales": {"coloraxis": "ink"}}}


def _starts() -> dict[str, Any]:
    """Return where a path can be started with keys."""
    places = np.arange(REACH[0], REACH[1] + BETWEEN_STARTS / 2, BETWEEN_STARTS).tolist()
    pairs = [(across, up) for up in places for across in places]
    words = [f"w1 = {short(across)}, w2 = {short(up)}" for across, up in pairs]
    return spots([across for across, _up in pairs], [up for _across, up in pairs], words, width=0, height=0)


def contours(surface: Surface, paths: Sequence[Path]) -> go.Figure:
    """Draw the surface from above, as contours, with paths from one start; every point of the grid can be clicked.

    A path that leaves the picture ends at its frame, in an arrow.

    Parameters
    ----------
    surface : Surface
    paths : sequence of Path
    """
    grid, heights, shades = _ground(surface)
    invitation = _("select to start here")
    figure = new_figure(
        **shades,
        xaxis={"title": {"text": "w1"}, "range": list(REACH), "zeroline": False},
        yaxis={"title": {"text": "w2"}, "range": list(REACH), "zeroline": False},
        legend={"font": {"size": 12}, "itemwidth": 30},
    )
    figure.add_contour(
        x=grid,
        y=grid,
        z=heights.astype(np.float32),
        coloraxis="coloraxis",
        ncontours=24,
        line={"width": 0.7, "color": MUTED_COLOUR},
        hovertemplate=f"w1 %{{x:.2f}}, w2 %{{y:.2f}}<br>E %{{z:.3~g}}<extra>{invitation}</extra>",
    )
    figure.layout.meta["spots"] = _starts()
    for path in paths:
        _add_path(figure, path)
    for place, words, symbol in (
        (paths[0].points[0], _("start"), "circle-open"),
        (surface.lowest, _("lowest"), "x-thin"),
    ):
        figure.add_scatter(
            x=[place[0]], y=[place[1]], mode="markers", name=words, hoverinfo="skip",
            marker={
                "symbol": symbol, "size": 13, "color": MUTED_COLOUR, "line": {"color": MUTED_COLOUR, "width": 3},
            },
        )  # fmt: skip
    sentence = ngettext(
        "Loss of two weights as contours, lowest at w1 = {w1}, w2 = {w2}, with the path of {paths}",
        "Loss of two weights as contours, lowest at w1 = {w1}, w2 = {w2}, with the paths of {paths}",
        len(paths),
    )
    lowest = {"w1": short(surface.lowest[0]), "w2": short(surface.lowest[1])}
    return says(figure, sentence.format(**lowest, paths=", ".join(path.name.words for path in paths)))


def _add_path(figure: go.Figure, path: Path) -> None:
    """Draw a path from above, as far as the frame."""
    colour, step = COLOURS[path.name], _("step {number}").format(number="%{customdata[0]}")
    places, steps, walked, exits = _within_the_frame(path.points)
    figure.add_scatter(
        x=places[:, 0],
        y=places[:, 1],
        customdata=np.stack([steps, path.losses[steps]], axis=1),
        mode="lines+markers",
        name=path.name.words,
        legendgroup=path.name.value,
        line={"color": colour, "width": 2},
        marker={"symbol": SYMBOLS[path.name], "size": np.where(walked, POINT, 0), "opacity": 1},
        hovertemplate=f"{path.name.words}, {step}<br>E %{{customdata[1]:.3~g}}<extra></extra>",
    )
    if len(exits):
        figure.add_scatter(
            x=exits[:, 0], y=exits[:, 1], mode="markers", legendgroup=path.name.value, showlegend=False,
            marker={
                "symbol": "arrow", "angleref": "previous", "color": colour, "opacity": 1,
                "size": np.tile([0, ARROW, 0], len(exits) // 3),
            },
            cliponaxis=False, hoverinfo="skip",
        )  # fmt: skip


def _within_the_frame(points: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Cut a path at the frame of the picture.

    Parameters
    ----------
    points : ndarray, shape (steps + 1, 2)

    Returns
    -------
    (ndarray, ndarray, ndarray, ndarray)
        Places to draw, shape (n, 2), with nan where the path is interrupted; the step that leads to each; whether it is
        a point of the path; and for each exit three places: the last point inside, where it leaves, and nan.
    """
    inside: list[bool] = (np.abs(points - np.mean(REACH)) <= np.ptp(REACH) / 2).all(axis=1).tolist()
    away = np.full(2, np.nan)
    found: list[tuple[np.ndarray, int, bool]] = []
    exits: list[np.ndarray] = []
    for step, point in enumerate(points):
        before = points[max(step - 1, 0)]
        if inside[step]:
            if not inside[max(step - 1, 0)]:
                found.append((_crossing(point, before), step, False))
            found.append((point, step, True))
        elif inside[max(step - 1, 0)]:
            exits += [before, _crossing(before, point), away]
            found += [(exits[-2], step, False), (away, step, False)]
    places, steps, walked = zip(*found, strict=True)
    return np.array(places), np.array(steps), np.array(walked), np.array(exits).reshape(-1, 2)


def _crossing(inside: np.ndarray, outside: np.ndarray) -> np.ndarray:
    """Return where the line between two points, one of them in the picture, meets its frame."""
    along = outside - inside
    with np.errstate(divide="ignore", invalid="ignore"):
        shares = (np.where(along > 0, REACH[1], REACH[0]) - inside) / along
    return np.asarray(inside + along * np.nanmin(np.where(along == 0, np.inf, shares)))


def surface_3d(surface: Surface, paths: Sequence[Path]) -> go.Figure:
    """Draw the surface as a landscape with the paths on it; points outside the picture are left out.

    Parameters
    ----------
    surface : Surface
    paths : sequence of Path
    """
    grid, heights, shades = _ground(surface)
    axis = {"range": list(REACH), "dtick": 1, "backgroundcolor": INVISIBLE}
    figure = new_figure(
        **shades,
        scene={
            "xaxis": {**axis, "title": {"text": "w1"}},
            "yaxis": {**axis, "title": {"text": "w2"}},
            "zaxis": {"title": {"text": "E"}, "range": [0, float(heights.max())], "backgroundcolor": INVISIBLE},
            "camera": {"eye": {"x": 1.6, "y": -1.8, "z": 1.0}, "center": {"x": 0, "y": 0, "z": -0.15}},
            "dragmode": "turntable",
        },
        margin={"l": 0, "r": 0, "t": 30, "b": 0},
    )
    figure.add_surface(
        x=grid, y=grid, z=heights.astype(np.float32), coloraxis="coloraxis", opacity=0.85,
        hovertemplate="w1 %{x:.2f}, w2 %{y:.2f}<br>E %{z:.3~g}<extra></extra>",
    )  # fmt: skip
    lift = 0.01 * float(heights.max())  # above the surface, which would hide half of the line
    for path in paths:
        seen = ((path.points >= REACH[0]) & (path.points <= REACH[1])).all(axis=1)
        figure.add_scatter3d(
            x=np.where(seen, path.points[:, 0], np.nan),
            y=np.where(seen, path.points[:, 1], np.nan),
            z=np.where(seen, path.losses + lift, np.nan),
            mode="lines+markers",
            name=path.name.words,
            line={"color": COLOURS[path.name], "width": 5},
            marker={"size": 3, "color": COLOURS[path.name]},
            hovertemplate=f"{path.name.words}<br>w1 %{{x:.3f}}, w2 %{{y:.3f}}<extra></extra>",
        )
    sentence = _("Loss of two weights as a landscape, from {lowest} to {highest}")
    return says(figure, sentence.format(lowest=short(heights.min()), highest=short(heights.max())))
