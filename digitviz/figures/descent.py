"""Figures of gradient descent: the loss of several runs, and paths on a surface with two parameters."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from digitviz.figures import draw
from digitviz.figures.colours import CORRECT_COLOUR, MUTED_COLOUR, TEST_COLOUR, TRAIN_COLOUR
from digitviz.figures.picture import Picture, Plain, ends_of, says
from digitviz.language import gettext as _
from digitviz.language import lazy_gettext, ngettext
from digitviz.lesson.batch import BatchKind
from digitviz.lesson.comparison import Course
from digitviz.lesson.surface import PIXELS, Path, Surface
from digitviz.numbers import short

COLOURS = {BatchKind.FULL: TRAIN_COLOUR, BatchKind.MINI: CORRECT_COLOUR, BatchKind.ONE: TEST_COLOUR}
WIDTHS = {BatchKind.FULL: 5, BatchKind.MINI: 2.5, BatchKind.ONE: 2}
"""Widths of the lines. The full batch comes first, and remains visible under the mini-batch if the two coincide."""
SYMBOLS = {BatchKind.FULL: "circle", BatchKind.MINI: "square", BatchKind.ONE: "diamond"}
AGAINST = {
    "steps": lazy_gettext("steps"),
    "samples": lazy_gettext("digits seen"),
    "seconds": lazy_gettext("computing time in seconds"),
}
POINT, ARROW = 8, 18
"""Sizes of a path's points and of its arrows at the frame."""
REACH = (-1.5, 2.5)
"""Range of both weights in the figure of the surface."""
GRID = 61
BETWEEN_STARTS = 0.5
"""Distance between starting points for the keyboard. The pointer can start a path anywhere on the grid."""


@Picture
def loss_against(courses: Sequence[Course], against: str, logarithmic: bool = True) -> Plain:
    """Draw the mean loss of all training digits for several runs.

    Parameters
    ----------
    courses : sequence of Course
    against : {"steps", "samples", "seconds"}
        Quantity on the horizontal axis.
    logarithmic : bool
        True for logarithmic axes. They omit the start, which is at 0.
    """
    kind, first = ("log", 1) if logarithmic else ("linear", 0)
    each: draw.Part = {"type": kind, "exponentformat": "power"}
    each |= {"dtick": 1} if logarithmic else {"nticks": 6}  # there is only room for powers of ten
    counted, loss = str(AGAINST[against]), _("mean cross-entropy")
    hover = f"%{{x:.4~g}} {counted}<br>{loss} %{{y:.3~g}}"
    figure = draw.figure(
        *(
            draw.curve(getattr(course, against)[first:], course.losses[first:], course.name.words, _line(course), hover)
            for course in courses
        ),
        xaxis=draw.axis(counted, **each),
        yaxis=draw.axis(loss, **each),
    )
    if not courses:
        invitation = _("Train all three to see their curves.")
        figure["layout"]["xaxis"] |= {"range": [0, 5]}
        figure["layout"]["yaxis"] |= {"range": [-2, 1]}
        figure["layout"]["annotations"] = [draw.in_the_middle(invitation)]
        return says(figure, invitation)
    end = _("{training} ends at {loss}")
    ends = [end.format(training=course.name.words, loss=short(course.losses[-1])) for course in courses]
    sentence = _("Mean loss of all training digits against {costs}: {ends}")
    return says(figure, sentence, costs=AGAINST[against], ends=", ".join(ends))


def _line(course: Course) -> tuple[str, float]:
    return COLOURS[course.name], WIDTHS[course.name]


def _ground(surface: Surface) -> tuple[np.ndarray, np.ndarray, draw.Part]:
    """Return the grid for both weights, the loss at each pair of them, and its colour axis."""
    grid = np.linspace(*REACH, GRID)
    heights = surface.loss(*np.meshgrid(grid, grid))
    return grid, heights, draw.ink_axis(float(heights.max()) * 1.6)


def _starts() -> draw.Part:
    """Return the starting points for the keyboard."""
    places = np.arange(REACH[0], REACH[1] + BETWEEN_STARTS / 2, BETWEEN_STARTS).tolist()
    pairs = [(across, up) for up in places for across in places]
    words = [f"w1 = {short(across)}, w2 = {short(up)}" for across, up in pairs]
    return draw.spots([across for across, _up in pairs], [up for _across, up in pairs], words, width=0, height=0)


@Picture
def contours(surface: Surface, paths: Sequence[Path]) -> Plain:
    """Draw the surface as contours, with paths from one starting point. Every point of the grid is clickable.

    A path that leaves the picture ends with an arrow at the frame.
    """
    grid, heights, shades = _ground(surface)
    invitation = _("select to start here")
    hover = f"w1 %{{x:.2f}}, w2 %{{y:.2f}}<br>E %{{z:.3~g}}<extra>{invitation}</extra>"
    each: draw.Part = {"range": list(REACH), "zeroline": False, "dtick": 1}
    line, start, lowest = draw.stroke(MUTED_COLOUR, 0.7), paths[0].points[0], surface.lowest
    figure = draw.figure(
        draw.contours(grid, grid, heights.astype(np.float32), hover, ncontours=24, line=line),
        *(trace for path in paths for trace in _path(path, path.name.words if len(paths) > 1 else _("path"))),
        draw.point(start[0], start[1], None, draw.ring(16, MUTED_COLOUR, 4), name=_("start")),
        draw.point(lowest[0], lowest[1], None, draw.ring(16, MUTED_COLOUR, 4, "x-thin"), name=_("lowest")),
        draw.point(None, None, "", (16, MUTED_COLOUR, "square"), name=_("dark: larger error")),
        coloraxis=shades,
        meta={"spots": _starts()},
        xaxis=draw.axis(_("weight {letter} of pixel {pixel}").format(letter="w1", pixel=PIXELS[0] + 1), **each),
        yaxis=draw.axis(_("weight {letter} of pixel {pixel}").format(letter="w2", pixel=PIXELS[1] + 1), **each),
        legend={"itemwidth": 30},
    )
    sentence = ngettext(
        "Loss of two weights as contours, lowest at w1 = {w1}, w2 = {w2}, with the path of {paths}",
        "Loss of two weights as contours, lowest at w1 = {w1}, w2 = {w2}, with the paths of {paths}",
        len(paths),
    )
    w1, w2 = map(short, lowest)
    return says(figure, sentence, w1=w1, w2=w2, paths=", ".join(path.name.words for path in paths))


def _path(path: Path, name: str) -> list[draw.Part]:
    """Return a path seen from above with a name, clipped to the frame, with arrows where it leaves the picture."""
    colour, step = COLOURS[path.name], _("step {number}").format(number="%{customdata[0]}")
    places, steps, walked, exits = _within_the_frame(path.points)
    hover = f"{name}, {step}<br>E %{{customdata[1]:.3~g}}"
    marker = {"symbol": SYMBOLS[path.name], "size": np.where(walked, POINT, 0), "opacity": 1}
    look = {"name": name, "line": draw.stroke(colour, WIDTHS[path.name]), "marker": marker}
    custom = np.stack([steps, path.losses[steps]], axis=1)
    family = {"legendgroup": path.name.value}
    traces = [draw.scatter(**draw.xy(places), mode="lines+markers", hover=hover, customdata=custom, **look, **family)]
    if len(exits):
        sizes = np.tile([0, ARROW, 0], len(exits) // 3)
        arrow = draw.dot(sizes, colour, "arrow", angleref="previous", opacity=1)
        traces.append(
            draw.scatter(**draw.xy(exits), mode="markers", showlegend=False, marker=arrow, cliponaxis=False, **family)
        )
    return traces


def _within_the_frame(points: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Clip a path to the frame of the picture.

    Parameters
    ----------
    points : ndarray, shape (steps + 1, 2)

    Returns
    -------
    (ndarray, ndarray, ndarray, ndarray)
        Points to draw, shape (n, 2), with nan between separate pieces; the step that leads to each; True for points of
        the path itself; and three points for each exit: the last one inside, the crossing of the frame, and nan.
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
    """Return the crossing of the frame with the line between a point inside and one outside."""
    along = outside - inside
    with np.errstate(divide="ignore", invalid="ignore"):
        shares = (np.where(along > 0, REACH[1], REACH[0]) - inside) / along
    return np.asarray(inside + along * np.nanmin(np.where(along == 0, np.inf, shares)))


@Picture
def surface_3d(surface: Surface, paths: Sequence[Path]) -> Plain:
    """Draw the surface in space with the paths on it. Points outside the picture are left out."""
    grid, heights, shades = _ground(surface)
    lift = 0.01 * float(heights.max())  # without it, the surface would hide half the line
    traces = [draw.surface(grid, grid, heights.astype(np.float32), "w1 %{x:.2f}, w2 %{y:.2f}<br>E %{z:.3~g}")]
    for path in paths:
        seen = np.all((path.points >= REACH[0]) & (path.points <= REACH[1]), axis=1, keepdims=True)
        colour, name = COLOURS[path.name], path.name.words
        places = draw.xy(np.where(seen, np.column_stack([path.points, path.losses + lift]), np.nan))
        look = {"mode": "lines+markers", "name": name, "line": (colour, 5), "marker": (3, colour)}
        traces.append(draw.spatial(**places, hover=f"{name}<br>w1 %{{x:.3f}}, w2 %{{y:.3f}}", **look))
    height = draw.axis("E", range=[0, float(heights.max())])
    figure = draw.figure(
        *traces,
        coloraxis=shades,
        scene=draw.scene("w1", "w2", height, eye=(1.6, -1.8, 1.0), range=list(REACH), dtick=1),
        margin=(0, 0, 30, 0),
    )
    return says(figure, _("Loss of two weights as a landscape, from {lowest} to {highest}"), **ends_of(heights))
