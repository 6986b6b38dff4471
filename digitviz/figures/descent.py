"""Figures of gradient descent: the loss of several runs, and paths on a surface with two parameters."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from digitviz.figures import draw
from digitviz.figures.colours import CORRECT_COLOUR, MUTED_COLOUR, PAPER_COLOUR, SENDS, TEST_COLOUR, TRAIN_COLOUR
from digitviz.figures.digits import FRAME, digit_grid
from digitviz.figures.picture import Picture, Plain, ends_of, says
from digitviz.language import gettext as _
from digitviz.language import lazy_gettext, listed
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
POINT, BALL = 7, 20
"""Sizes of a path's points, and of the ball that rolls along it."""
MILLISECONDS = 60
"""Time for which the ball stays on each point."""
REACH = (-1.5, 2.5)
"""Range of both weights that every figure of the surface shows."""
ACROSS, UP = (-4.0, 5.0), (-2.5, 3.5)
"""Ranges of w1 and w2 on the map, enough to fill a wide or a tall space."""
GRID = 61
WIDE = ([0, 0.6], [0, 1]), ([0.7, 1], [0, 1])
VALLEY_FIRST = ([0.68, 1], [0.15, 0.85]), ([0, 0.6], [0, 1])
STACKED = ([0, 1], [0, 0.38]), ([0, 1], [0.55, 1])
"""Positions of the map and of the view from the side: in a wide window, there with landing places, and on a phone."""
CUT = -0.25, 2.3
"""Ends of the cut through the surface: 0 is the start, 1 the lowest point of the cut."""
ON_SIDE: draw.Part = {"xref": "x2", "yref": "y2"}
AT_THE_EDGE: draw.Part = {"xref": "x2 domain", "yref": "y2"}
LETTERS = ("w1", "w2"), ("A", "B")
"""Names of both weights, and plain ones of their pixels."""
VOTES = 3, 1, 4, 2
"""Numbers of the landing places along the arrow, in another order than the buttons, so that they are no answer."""
SAMPLES = 16
"""Points of the ground between two steps."""
BETWEEN_STARTS = 0.5
"""Distance between starting points for the keyboard. The pointer can start a path anywhere on the grid."""


@Picture
def loss_against(courses: Sequence[Course], against: str) -> Plain:
    """Draw the mean loss of all training digits for several runs. The axes are logarithmic, so they omit the start.

    Parameters
    ----------
    courses : sequence of Course
    against : {"steps", "samples", "seconds"}
        Quantity on the horizontal axis.
    """
    each: draw.Part = {"type": "log", "exponentformat": "power", "dtick": 1}  # there is only room for powers of ten
    counted, loss = str(AGAINST[against]), _("mean cross-entropy")
    hover = f"%{{x:.4~g}} {counted}<br>{loss} %{{y:.3~g}}"
    figure = draw.figure(
        *(
            draw.curve(getattr(course, against)[1:], course.losses[1:], course.name.words, _line(course), hover)
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
    return says(figure, losses_in_words(courses, against))


def losses_in_words(courses: Sequence[Course], against: str) -> str:
    """Return what `loss_against` shows."""
    end = _("{training} ends at {loss}")
    ends = [end.format(training=course.name.words, loss=short(course.losses[-1])) for course in courses]
    sentence = _("Mean loss of all training digits against {costs}: {ends}")
    return sentence.format(costs=AGAINST[against], ends=listed(ends))


def _line(course: Course) -> tuple[str, float]:
    return COLOURS[course.name], WIDTHS[course.name]


def _starts(names: Sequence[str]) -> draw.Part:
    """Return the starting points for the keyboard, with the names of both weights."""
    places = np.arange(REACH[0], REACH[1] + BETWEEN_STARTS / 2, BETWEEN_STARTS).tolist()
    pairs = [(across, up) for up in places for across in places]
    words = [f"{names[0]} = {short(across)}, {names[1]} = {short(up)}" for across, up in pairs]
    return draw.spots([across for across, _up in pairs], [up for _across, up in pairs], words, width=0, height=0)


@Picture
def contours(
    surface: Surface, paths: Sequence[Path], begun: bool = True, rates: Sequence[float] = (), is_plain: bool = False
) -> Plain:
    """Draw the surface as contours, with paths from one starting point, and their heights. The map is clickable.

    A ball rolls along each path in both views, and leaves the picture where the path does. The contours show the square
    root of the loss above its minimum, so that the valley has some, too.

    Parameters
    ----------
    surface : Surface
    paths : sequence of Path
        The heights of a single path are drawn against the distance along it, with the ground below; those of several,
        against the steps.
    begun : bool
        False to show the balls at rest at the start, without paths and animation, which would give away the prediction.
        The heights are then those of a cut through the surface, downhill from the start.
    rates : sequence of float
        Learning rates whose first steps are numbered where they land. A path has only its own number, from the side.
        With them, the view from the side comes first, and is larger than the map.
    is_plain : bool
        True to name the weights by the letters of their pixels, whose axes then have no numbers.
    """
    across, up = np.linspace(*ACROSS, GRID), np.linspace(*UP, GRID)
    heights = surface.loss(*np.meshgrid(across, up))
    start, lowest = paths[0].points[0], surface.lowest
    roots = np.sqrt(np.maximum(heights - surface.loss(*lowest), 0))
    invitation = _("select to start here")
    first, second = LETTERS[is_plain]
    hover = f"{first} %{{x:.2f}}, {second} %{{y:.2f}}<br>E %{{customdata:.3~g}}<extra>{invitation}</extra>"
    each: draw.Part = {"range": list(REACH), "zeroline": False, "dtick": 1, "constrain": "range"}
    each |= {"showticklabels": not is_plain}
    on_map = {"bgcolor": PAPER_COLOUR, "opacity": 0.9, "borderpad": 3}
    cut = paths if begun else [_cut(surface, paths[0])]
    _rate, far = _far(surface, start)
    lands = []
    if rates and not begun:
        where = np.stack([start - rate * surface.gradient(start) for rate in rates])
        lands.append(draw.scatter(**draw.xy(where), marker=draw.dot(8, TRAIN_COLOUR), hoverinfo="skip"))
    end = {"x": 0, "xanchor": "left"} if goes_left(surface, start) else {"x": 1, "xanchor": "right"}
    high, least = (_("more wrong"), _("least wrong")) if is_plain else (_("high loss"), _("lowest loss"))
    on_the_loss = [
        draw.note(*REACH[:1] * 2, high, 18, xanchor="left", yanchor="bottom", **on_map),
        draw.note(lowest[0], lowest[1], least, 18, yshift=28, **on_map),
        *[draw.note(text=least, y=0, yanchor="top", **end, **AT_THE_EDGE)] * begun,
    ]
    look = {"ncontours": 24, "line": draw.stroke(MUTED_COLOUR, 0.7), "customdata": heights.astype(np.float32)}
    from_the_side, (along, height), sides = _from_the_side(surface, cut, begun, start)
    along.update(showticklabels=not is_plain)
    if is_plain and len(cut) == 1:
        (_low, top), words = height["range"], [_("less wrong"), _("more wrong")]
        ticks = {"tickvals": [0.15 * top, 0.8 * top], "ticktext": words, "tickangle": -90, "tickfont": draw.font(18)}
        height = draw.axis(range=height["range"], **ticks, **draw.NO_LINES)
    map_x = draw.axis(_("weight {letter}").format(letter=first), **each)
    map_y = draw.axis(_("weight {letter}").format(letter=second), scaleanchor="x", **each)
    legend = {"orientation": "v", "bgcolor": PAPER_COLOUR}
    axes, on_a_phone = (
        draw.placed("", left, high, map_x, map_y)
        | draw.placed("2", right, low, along, height)
        | {"legend": {"x": 1, "xanchor": "right", "y": low[1], "yanchor": "top", **legend}}
        for (left, high), (right, low) in (VALLEY_FIRST if rates and len(cut) == 1 else WIDE, STACKED)
    )
    notes = [
        *draw.panel_titles([_("From above"), _("From the side") if len(cut) == 1 else ""]),
        *[draw.note(start[0], start[1], _("start"), 18, yshift=-26, **on_map)] * begun,
        *(on_the_loss if len(paths) == 1 else []),  # they would cover the paths
        *(_downhill(surface, paths[0], begun, rates) if len(cut) == 1 else []),
    ]
    on_a_phone["annotations"] = notes
    arrow = draw.note(far, 0, _("the arrow, seen from the side"), yanchor="bottom", **ON_SIDE)
    figure = draw.figure(
        draw.contours(across, up, roots.astype(np.float32), hover, **look),
        *(_path(path, path.name.words if len(paths) > 1 else _("path")) for path in paths if begun),
        *from_the_side,
        draw.point(start[0], start[1], None, draw.ring(16, MUTED_COLOUR, 4)),
        draw.point(lowest[0], lowest[1], None, draw.ring(16, MUTED_COLOUR, 4, "x-thin"), name=least),
        *lands,
        coloraxis=draw.colour_axis("height", cmin=0, cmax=float(roots.max()), showscale=False),
        meta={"spots": _starts((first, second)), "phone_layout": on_a_phone},
        **axes,
        showlegend=begun and len(paths) > 1,
        margin=(60, 0, 34, 58),
        annotations=[*notes, *[arrow] * (not begun)],
    )
    balls: list[tuple[draw.Part, Path]] = [({}, path) for path in paths] + [(ON_SIDE, path) for path in cut]
    _roll(figure, balls, [*(path.points for path in paths), *sides], begun, len(paths) == 1 and not is_plain)
    (w1, w2), letters = map(short, lowest), {"first": first, "second": second}
    if not begun:
        said = [
            _("Loss of two weights as contours, lowest at {first} = {w1}, {second} = {w2}").format(
                w1=w1, w2=w2, **letters
            )
        ]
        for rate, number in zip(sorted(rates), VOTES, strict=False):
            loss = short(float(surface.loss(*(start - rate * surface.gradient(start)))))
            said.append(_("landing place {number}: loss {loss}").format(number=number, loss=loss))
        return says(figure, "; ".join(said))
    sentence = _("Paths: {paths}. Loss of two weights as contours, lowest at {first} = {w1}, {second} = {w2}")
    return says(figure, sentence, **letters, w1=w1, w2=w2, paths=listed(path.name.words for path in paths))


def _from_the_side(
    surface: Surface, paths: Sequence[Path], begun: bool, start: np.ndarray
) -> tuple[list[draw.Part], Any, list[Any]]:
    """Return the traces of the heights, their axes, and where the ball of each path is after each step.

    A single path also has the ground between its steps, up to three times the first loss if it diverges. If it ends
    short of the lowest point, it also ends short of the right edge.
    """
    first, is_alone = paths[0], len(paths) == 1
    way = steps = np.arange(len(first.points))
    if is_alone:
        way = np.concatenate([[0], np.cumsum(np.linalg.norm(np.diff(first.points, axis=0), axis=1))])
        way = way - np.linalg.norm(first.points[0] - start)
    between = np.linspace(0, steps[-1], SAMPLES * steps[-1] + 1)
    x, *weights = (np.interp(between, steps, each) for each in (way, *first.points.T))
    ground = surface.loss(*weights)
    shown = slice(int(np.argmax(ground > 3 * first.losses[0])) or None)
    sides = [np.column_stack([way if is_alone else np.arange(len(path.losses)), path.losses]) for path in paths]
    sides = sides if begun else [np.array([[0, surface.loss(*start)]])]
    traces = [draw.scatter(x[shown], ground[shown], "lines", None, "2", fill="tozeroy", line=(SENDS, 2))] * is_alone
    for path, side in zip(paths, sides, strict=True):
        look = {"line": (COLOURS[path.name], 2), "marker": {"size": POINT}, "showlegend": False}
        traces += [draw.scatter(**draw.xy(side), mode="lines+markers", panel="2", **look)] * begun
    reach = np.array([-0.08, 1]) * max(x[shown][-1], np.linalg.norm(start - surface.lowest), 1e-9)
    reach = reach if begun else x[[0, -1]]
    title = (_("along the path") if begun else _("distance along the arrow")) if is_alone else _("steps")
    reach = reach[::-1] if goes_left(surface, start) else reach
    top = 1.1 * float(ground[shown].max())
    up = draw.axis(_("loss"), range=[-0.1 * top, top], zeroline=False)
    return traces, (draw.axis(title, range=reach.tolist(), **draw.NO_LINES if is_alone else {}), up), sides


def goes_left(surface: Surface, start: np.ndarray) -> bool:
    """Return whether the first step goes to the left on the map. The view from the side and the buttons do, too."""
    return bool(surface.gradient(start)[0] > 0)


def _far(surface: Surface, start: np.ndarray) -> tuple[float, float]:
    """Return the learning rate whose first step leads to the lowest point of the cut, and how long that step is."""
    gradient = surface.gradient(start)
    rate = float(gradient @ gradient / (gradient @ surface.curvature @ gradient or 1))
    return rate, rate * float(np.linalg.norm(gradient))


def _cut(surface: Surface, path: Path) -> Path:
    """Return a straight path through the start of another one, downhill and up on the other side of the valley."""
    start = path.points[0]
    points = start - _far(surface, start)[0] * np.outer(np.linspace(*CUT, 4), surface.gradient(start))
    return replace(path, points=points, losses=surface.loss(*points.T))


def _downhill(surface: Surface, path: Path, begun: bool, rates: Sequence[float]) -> list[draw.Part]:
    """Return an arrow from the start in the direction of the steepest descent, and where steps land."""
    start, gradient = path.points[0], surface.gradient(path.points[0])
    long = float(np.linalg.norm(gradient)) or 1.0
    lowest = _far(surface, start)[1]
    x, y = (start - max(0.7, CUT[1] * lowest * bool(rates)) / long * gradient).tolist()
    tail = {"ax": start[0], "ay": start[1], "axref": "x", "ayref": "y", "startstandoff": BALL / 2 + 2}
    look = {"showarrow": True, "arrowcolor": TRAIN_COLOUR, "arrowwidth": 4, "arrowhead": 2, "arrowsize": 0.8}
    numbers = look | {"arrowwidth": 2, "arrowhead": 6, "arrowsize": 1}
    numbers |= {"bgcolor": PAPER_COLOUR, "bordercolor": TRAIN_COLOUR, "borderwidth": 2, "borderpad": 3, **ON_SIDE}
    found = [] if begun else [draw.note(x, y, "", **tail, **look)]
    ground: draw.Part = {"ax": 0, "ay": 0, "axref": "x2", "ayref": "y2", **look, "arrowwidth": 6, **ON_SIDE}
    found += [draw.note(CUT[1] * lowest, 0, "", **ground)] * bool(found)
    beside = BALL / long * np.array([-gradient[1], gradient[0]])  # on the map, on the side away from the lowest point
    beside = -beside if beside @ (surface.lowest - start) > 0 else beside
    for rate, number in zip(sorted(rates), VOTES, strict=False):
        there, far, name = start - rate * gradient, rate * long, f"<b>{number}</b>"
        aside = 26 if (far < lowest) != goes_left(surface, start) else -26
        if not begun or np.allclose(there, path.points[1]):
            found.append(draw.note(far, float(surface.loss(*there)), name, 16, ax=aside, ay=-24, **numbers))
        if not begun:
            found.append(draw.note(there[0], there[1], name, 15, xshift=float(beside[0]), yshift=float(beside[1])))
    return found


def _roll(
    figure: Plain,
    balls: Sequence[tuple[draw.Part, Path]],
    tracks: Sequence[np.ndarray],
    begun: bool,
    tells_loss: bool,
) -> None:
    """Add a ball for each track, and an animation in which they roll once the visitor has begun."""
    losses, lowest, last = balls[0][1].losses, balls[0][1].lowest_loss, len(tracks[0]) - 1
    places = [[track[min(step, len(track) - 1)].tolist() for track in tracks] for step in range(last + 1)]
    said = _("step {number}: loss {loss}") if tells_loss else _("step {number}")
    labels = [said.format(number=step, loss=short(loss)) for step, loss in enumerate(losses)]
    film = {"title": _("the path"), "milliseconds": MILLISECONDS, "autoplay": True, "labels": labels, "start": last}
    if begun:
        figure["layout"]["meta"]["film"] = film | {"balls": places}
    rim, sizes = (PAPER_COLOUR, 2), {"type": "circle", "xsizemode": "pixel", "ysizemode": "pixel"}
    figure["layout"]["shapes"] = [
        draw.box_around(0, 0, BALL / 2, rim, fillcolor=COLOURS[path.name], xanchor=x, yanchor=y, **axes, **sizes)
        for (axes, path), (x, y) in zip(balls, places[last * begun], strict=True)
    ] + [draw.rule(0, 1, lowest, lowest, (MUTED_COLOUR, 2, "dash"), **AT_THE_EDGE)] * begun


def _path(path: Path, name: str) -> draw.Part:
    """Return a named path, seen from above."""
    colour, step = COLOURS[path.name], _("step {number}").format(number="%{customdata[0]}")
    hover = f"{name}, {step}<br>E %{{customdata[1]:.3~g}}"
    look = {"name": name, "line": (colour, WIDTHS[path.name]), "marker": {"symbol": SYMBOLS[path.name], "size": POINT}}
    custom = np.stack([np.arange(len(path.points)), path.losses], axis=1)
    return draw.scatter(**draw.xy(path.points), mode="lines+markers", hover=hover, customdata=custom, **look)


@Picture
def two_pixels(images: np.ndarray, is_plain: bool = False) -> Plain:
    """Draw two digits, labelled 0 and 1, with frames around the pixels of both weights, shape (2, 8, 8).

    `is_plain` names the pixels by letters instead of their weights.
    """
    figure = digit_grid.plain(images, np.arange(2), columns=2)
    layout = figure["layout"]
    lines = {"showarrow": True, "arrowhead": 0, "arrowwidth": 2, "arrowcolor": FRAME["color"], "xanchor": "right"}
    lines |= {"axref": "x", "ayref": "y", "ax": -1.2}
    for letter, pixel, away in zip(LETTERS[is_plain], PIXELS, (-1.2, 1.2), strict=True):
        down, across = divmod(pixel, draw.SIDE)
        middles = [across + column * (draw.SIDE + 3) for column in range(2)]
        layout["shapes"] += [draw.box_around(middle, down, 0.5, FRAME) for middle in middles]
        layout["annotations"].append(draw.note(across - 0.5, down, f"<b>{letter}</b>", 19, **lines, ay=down + away))
    return says(figure, _("The pixels of both weights in a 0 and in a 1"))


@Picture
def surface_3d(surface: Surface, paths: Sequence[Path], is_plain: bool = False) -> Plain:
    """Draw the surface in space with the paths on it. Points outside the picture are left out."""
    first, second = LETTERS[is_plain]
    loss = _("loss") if is_plain else "E"
    grid = np.linspace(*REACH, GRID)
    heights = surface.loss(*np.meshgrid(grid, grid))
    highest = float(heights.max())
    lift = 0.01 * highest  # without it, the surface would hide half the line
    traces = [
        draw.surface(
            grid, grid, heights.astype(np.float32), f"{first} %{{x:.2f}}, {second} %{{y:.2f}}<br>{loss} %{{z:.3~g}}"
        )
    ]
    for path in paths:
        seen = np.all((path.points >= REACH[0]) & (path.points <= REACH[1]), axis=1, keepdims=True)
        colour, name = COLOURS[path.name], path.name.words
        places = draw.xy(np.where(seen, np.column_stack([path.points, path.losses + lift]), np.nan))
        look = {"mode": "lines+markers", "name": name, "line": (colour, 5), "marker": (3, colour)}
        traces.append(draw.spatial(**places, hover=f"{name}<br>{first} %{{x:.3f}}, {second} %{{y:.3f}}", **look))
    height = draw.axis(loss, range=[0, highest])
    figure = draw.figure(
        *traces,
        coloraxis=draw.colour_axis("height", cmin=0, cmax=highest, showscale=False),
        scene=draw.scene(first, second, height, eye=(1.6, -1.8, 1.0), range=list(REACH), dtick=1),
        margin=(0, 0, 30, 0),
    )
    return says(figure, _("Loss of two weights as a landscape, from {lowest} to {highest}"), **ends_of(heights))
