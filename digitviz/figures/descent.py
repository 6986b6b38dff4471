"""Figures of gradient descent: paths on a surface with two parameters."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from digitviz.figures import draw
from digitviz.figures.colours import (
    CORRECT_COLOUR,
    MUTED_COLOUR,
    NUCLEUS_COLOUR,
    PAPER_COLOUR,
    SENDS,
    TEST_COLOUR,
    TRAIN_COLOUR,
    WRONG_COLOUR,
)
from digitviz.figures.digits import FRAME, digit_grid
from digitviz.figures.picture import Picture, Plain, ends_of, says
from digitviz.language import gettext as _, listed
from digitviz.lesson.batch import BatchKind
from digitviz.lesson.surface import PIXELS, Path, Surface, Verdict
from digitviz.numbers import in_percent, short

COLOURS = {BatchKind.FULL: TRAIN_COLOUR, BatchKind.MINI: CORRECT_COLOUR, BatchKind.ONE: TEST_COLOUR}
WIDTHS = {BatchKind.FULL: 5, BatchKind.MINI: 2.5, BatchKind.ONE: 2}
"""Widths of the lines. The full batch comes first, and remains visible under the mini-batch if the two coincide."""
SYMBOLS = {BatchKind.FULL: "circle", BatchKind.MINI: "square", BatchKind.ONE: "diamond"}
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
STACKED = ([0, 1], [0, 0.38]), ([0, 1], [0.55, 1])
"""Positions of the map and of the view from the side, in a wide window and on a phone."""
ON_SIDE: draw.Part = {"xref": "x2", "yref": "y2"}
AT_THE_EDGE: draw.Part = {"xref": "x2 domain", "yref": "y2"}
LETTERS = ("w1", "w2"), ("A", "B")
"""Names of both weights, and plain ones of their pixels."""
GROUND = (0, CORRECT_COLOUR), (0.5, NUCLEUS_COLOUR), (1, WRONG_COLOUR)
"""Colours of the valley, from the bottom (0) to the top (1)."""
BIG_BALL, SMALL_BALL = 54, 28
"""Diameter in pixels of the ball in the valley, and on a phone."""
VALLEY, DEPTH, SKY = (-0.36, 2.4), -0.52, 2.25
"""Ends of the valley if the ball starts at 0 and 1 is the bottom; the lowest and the highest point of the picture as
multiples of the height of the ball."""
ARCH, MOMENTS = 0.2, 12
"""Height of a jump as a fraction of its length, in the same units, and the number of its moments in the animation."""
SAMPLES = 16
"""Points of the ground between two steps."""
BETWEEN_STARTS = 0.5
"""Distance between starting points for the keyboard. The pointer can start a path anywhere on the grid."""


def _starts(names: Sequence[str]) -> draw.Part:
    """Return the starting points for the keyboard, with the names of both weights."""
    places = np.arange(REACH[0], REACH[1] + BETWEEN_STARTS / 2, BETWEEN_STARTS).tolist()
    pairs = [(across, up) for up in places for across in places]
    words = [f"{names[0]} = {short(across)}, {names[1]} = {short(up)}" for across, up in pairs]
    return draw.spots([across for across, _up in pairs], [up for _across, up in pairs], words, width=0, height=0)


@Picture
def valley(
    surface: Surface, path: Path, steps: Mapping[str, float], begun: bool = True, is_plain: bool = False
) -> Plain:
    """Draw a cut straight across the valley, and a ball that jumps along a path, among first steps of several lengths.

    The ball rests on the ground: a line as wide as the ball, in the colour of the page, lies on the curve of the loss.

    Parameters
    ----------
    surface : Surface
    path : Path
        It starts straight across the valley from the lowest point, so that all its points are in the cut.
    steps : mapping of str to float
        Learning rate of each step by its name, the shortest first. They can be clicked.
    begun : bool
        False if the ball rests at the start, and the first steps are to be guessed.
    is_plain : bool
        True to leave out the loss of each step.
    """
    start, lowest = path.points[0], surface.lowest
    way, wide = lowest - start, float(np.linalg.norm(lowest - start))
    high, least = path.losses[0] - path.lowest_loss, path.lowest_loss

    def at(points: np.ndarray) -> np.ndarray:
        """Return points as distances from the start, where 1 is the bottom, and heights, where 1 is the start."""
        return np.column_stack([(points - start) @ way / wide**2, (surface.loss(*points.T) - least) / high])

    curve = at(start + np.outer(np.linspace(*VALLEY, GRID), way))
    lands = at(np.array([start - rate * surface.gradient(start) for rate in steps.values()]))[: len(steps) * begun]
    arcs = [np.vstack([_jump(np.array([0.0, 1.0]), land), land]) for land in lands]
    walked = at(path.points)
    left = np.flatnonzero(~((walked[:, 0] > VALLEY[0]) & (walked[:, 0] < VALLEY[1])))
    walked = walked[: int(left[0]) + 1 if len(left) else None]
    hops = np.concatenate([*map(_jump, walked[:-1], walked[1:]), walked[-1:]])
    earth = np.concatenate([curve, [[VALLEY[1], DEPTH], [VALLEY[0], DEPTH]]])
    paint: draw.Part = {"type": "vertical", "start": DEPTH / 2, "stop": 1.3, "colorscale": [*map(list, GROUND)]}
    reads = _("reads badly<br>{share} right"), _("reads well: {share} right")
    shares = [f"<b>{in_percent(surface.right(w), 0)}</b>" for w in (start, lowest)]
    bad, good = (words.format(share=share) for words, share in zip(reads, shares, strict=True))
    x_bad, y_bad = (VALLEY[0] + 0.03, 0.4) if begun else (0.15, 1)  # where no jump crosses it
    invited = _("<b>Which step leads to the bottom?</b>")
    hidden: draw.Part = {"visible": False, "fixedrange": True}
    rims = {"type": "circle", "xsizemode": "pixel", "ysizemode": "pixel", "fillcolor": TRAIN_COLOUR}
    rims |= dict(zip(("xanchor", "yanchor"), walked[-1 * begun], strict=True))
    ball, on_a_phone = (draw.box_around(0, 0, size / 2, (PAPER_COLOUR, 2), **rims) for size in (BIG_BALL, SMALL_BALL))

    def line(points: np.ndarray, colour: str, width: float, dash: str | None = None, **more: object) -> draw.Part:
        look = {**draw.stroke(colour, width, dash), "simplify": False}
        return draw.scatter(**draw.xy(points), mode="lines", line=look, **more)

    def notes(large: int, size: int) -> list[draw.Part]:
        return [
            draw.note(x_bad, y_bad, bad, size, xanchor="left", align="left"),
            draw.note(1, DEPTH + 0.03 if begun else 0.12, good, size, yanchor="bottom"),
            draw.note(VALLEY[1] - 0.03, 0.05, _("weights<br>change →"), 18, xanchor="right", align="right"),
            draw.note(VALLEY[0] + 0.03, SKY, _("loss: how wrong ↑"), 18, xanchor="left", yanchor="top"),
            *[draw.note(1, DEPTH, invited, large, yanchor="bottom")] * (not begun),  # right above the buttons
        ]

    sides, names = ["middle right" if x < 1 else "bottom left" for x in lands[:, 0]], list(steps)[: len(lands)]
    named: draw.Part = {"text": names, "textposition": sides, "textfont": draw.font(20), "hover": "%{text}"}
    named |= {"customdata": [*range(len(names))], "opacity": 0.6}
    ghost = draw.dot(BIG_BALL, PAPER_COLOUR, line=draw.stroke(TRAIN_COLOUR, 2))
    figure = draw.figure(
        line(earth, PAPER_COLOUR, 0, fill="toself", fillgradient=paint, opacity=0.6),
        line(curve, PAPER_COLOUR, BIG_BALL),
        *(line(arc, TRAIN_COLOUR, 2, "dot", opacity=0.45) for arc in arcs),
        *[line(hops, TRAIN_COLOUR, 3)] * begun,
        draw.scatter(**draw.xy(lands), mode="markers+text", marker=ghost, **named),
        xaxis=draw.axis(range=list(VALLEY), **hidden),
        yaxis=draw.axis(range=[DEPTH, SKY], **hidden),
        annotations=notes(26, 22),
        shapes=[ball],
        hoverdistance=44,
        dragmode=False,
        margin=0,
        meta={
            "asks": not begun,
            "phone_marker": SMALL_BALL,
            "phone_line": SMALL_BALL,
            "phone_words": 15,
            "phone_layout": {"shapes": [on_a_phone], "annotations": notes(19, 16)},
            "spots": draw.spots(
                lands[:, 0].tolist(), lands[:, 1].tolist(), names, width=0.1, height=0.1, curve=2 + len(arcs) + begun
            ),
        },
    )
    if begun:
        said = _("step {number}") if is_plain else _("step {number}: loss {loss}")
        labels = [said.format(number=step, loss=short(loss)) for step, loss in enumerate(path.losses[: len(walked)])]
        figure["layout"]["meta"]["film"] = {
            **{"title": _("the path"), "milliseconds": 30, "autoplay": True, "start": len(hops) - 1},
            "labels": [labels[-(-number // MOMENTS)] for number in range(len(hops))],
            "balls": [[place] for place in hops.tolist()],
        }
        if path.verdict is Verdict.DIVERGING:
            return says(figure, _("The ball jumps out of the valley"))
        loss, count = short(float(path.losses[-1])), len(path.losses) - 1
        return says(figure, _("After {count} steps, the ball is at a loss of {loss}"), count=count, loss=loss)
    sentence = _("A ball on the wall of a valley, and steps to choose from: {steps}")
    return says(figure, sentence, steps=listed(list(steps)))


def _jump(here: np.ndarray, there: np.ndarray) -> np.ndarray:
    """Return the moments of a jump without its end, as a parabola, shape (MOMENTS, 2)."""
    part = np.arange(MOMENTS)[:, np.newaxis] / MOMENTS
    rise = max(here[1], there[1]) - (here[1] + there[1]) / 2 + ARCH * abs(there[0] - here[0])
    return here + part * (there - here) + 4 * part * (1 - part) * [0, rise]


@Picture
def contours(surface: Surface, paths: Sequence[Path], is_plain: bool = False) -> Plain:
    """Draw the surface as contours, with paths from one starting point, and their heights. The map is clickable.

    A ball rolls along each path in both views, and leaves the picture where the path does. The contours show the square
    root of the loss above its minimum, so that the valley has some, too.

    Parameters
    ----------
    surface : Surface
    paths : sequence of Path
        The heights of a single path are drawn against the distance along it, with the ground below; those of several,
        against the steps.
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
    high, least = (_("more wrong"), _("least wrong")) if is_plain else (_("high loss"), _("lowest loss"))
    on_the_loss = [
        draw.note(*REACH[:1] * 2, high, 18, xanchor="left", yanchor="bottom", **on_map),
        draw.note(lowest[0], lowest[1], least, 18, yshift=28, **on_map),
        draw.note(text=least, x=1, y=0, xanchor="right", yanchor="top", **AT_THE_EDGE),
    ]
    look = {"ncontours": 24, "line": draw.stroke(MUTED_COLOUR, 0.7), "customdata": heights.astype(np.float32)}
    from_the_side, (along, height), sides = _from_the_side(surface, paths)
    along.update(showticklabels=not is_plain)
    map_x = draw.axis(_("weight {letter}").format(letter=first), **each)
    map_y = draw.axis(_("weight {letter}").format(letter=second), scaleanchor="x", **each)
    legend = {"orientation": "v", "bgcolor": PAPER_COLOUR}
    axes, on_a_phone = (
        draw.placed("", left, up_left, map_x, map_y)
        | draw.placed("2", right, up_right, along, height)
        | {"legend": {"x": 1, "xanchor": "right", "y": up_right[1], "yanchor": "top", **legend}}
        for (left, up_left), (right, up_right) in (WIDE, STACKED)
    )
    figure = draw.figure(
        draw.contours(across, up, roots.astype(np.float32), hover, **look),
        *(_path(path, path.name.words if len(paths) > 1 else _("path")) for path in paths),
        *from_the_side,
        draw.point(start[0], start[1], None, draw.ring(16, MUTED_COLOUR, 4)),
        draw.point(lowest[0], lowest[1], None, draw.ring(16, MUTED_COLOUR, 4, "x-thin"), name=least),
        coloraxis=draw.colour_axis("height", cmin=0, cmax=float(roots.max()), showscale=False),
        meta={"spots": _starts((first, second)), "phone_layout": on_a_phone},
        **axes,
        showlegend=len(paths) > 1,
        margin=(60, 0, 34, 58),
        annotations=[
            *draw.panel_titles([_("From above"), _("From the side") if len(paths) == 1 else ""]),
            draw.note(start[0], start[1], _("start"), 18, yshift=-26, **on_map),
            *(on_the_loss if len(paths) == 1 else []),  # they would cover the paths
        ],
    )
    balls: list[tuple[draw.Part, Path]] = [({}, path) for path in paths] + [(ON_SIDE, path) for path in paths]
    _roll(figure, balls, [*(path.points for path in paths), *sides], len(paths) == 1 and not is_plain)
    (w1, w2), letters = map(short, lowest), {"first": first, "second": second}
    sentence = _("Paths: {paths}. Loss of two weights as contours, lowest at {first} = {w1}, {second} = {w2}")
    return says(figure, sentence, **letters, w1=w1, w2=w2, paths=listed(path.name.words for path in paths))


def _from_the_side(surface: Surface, paths: Sequence[Path]) -> tuple[list[draw.Part], Any, list[Any]]:
    """Return the traces of the heights, their axes, and where the ball of each path is after each step.

    A single path also has the ground between its steps, up to three times the first loss if it diverges. If it ends
    short of the lowest point, it also ends short of the right edge.
    """
    first, is_alone = paths[0], len(paths) == 1
    way = steps = np.arange(len(first.points))
    if is_alone:
        way = np.concatenate([[0], np.cumsum(np.linalg.norm(np.diff(first.points, axis=0), axis=1))])
    between = np.linspace(0, steps[-1], SAMPLES * steps[-1] + 1)
    x, *weights = (np.interp(between, steps, each) for each in (way, *first.points.T))
    ground = surface.loss(*weights)
    shown = slice(int(np.argmax(ground > 3 * first.losses[0])) or None)
    sides = [np.column_stack([way if is_alone else np.arange(len(path.losses)), path.losses]) for path in paths]
    traces = [draw.scatter(x[shown], ground[shown], "lines", None, "2", fill="tozeroy", line=(SENDS, 2))] * is_alone
    for path, side in zip(paths, sides, strict=True):
        look = {"line": (COLOURS[path.name], 2), "marker": {"size": POINT}, "showlegend": False}
        traces.append(draw.scatter(**draw.xy(side), mode="lines+markers", panel="2", **look))
    reach = np.array([-0.08, 1]) * max(x[shown][-1], np.linalg.norm(first.points[0] - surface.lowest), 1e-9)
    title = _("along the path") if is_alone else _("steps")
    top = 1.1 * float(ground[shown].max())
    up = draw.axis(_("loss"), range=[-0.1 * top, top], zeroline=False)
    return traces, (draw.axis(title, range=reach.tolist(), **draw.NO_LINES if is_alone else {}), up), sides


def _roll(
    figure: Plain, balls: Sequence[tuple[draw.Part, Path]], tracks: Sequence[np.ndarray], tells_loss: bool
) -> None:
    """Add a ball for each track, and an animation in which they roll."""
    losses, lowest, last = balls[0][1].losses, balls[0][1].lowest_loss, len(tracks[0]) - 1
    places = [[track[min(step, len(track) - 1)].tolist() for track in tracks] for step in range(last + 1)]
    said = _("step {number}: loss {loss}") if tells_loss else _("step {number}")
    labels = [said.format(number=step, loss=short(loss)) for step, loss in enumerate(losses)]
    film = {"title": _("the path"), "milliseconds": MILLISECONDS, "autoplay": True, "labels": labels, "start": last}
    figure["layout"]["meta"]["film"] = film | {"balls": places}
    rim, sizes = (PAPER_COLOUR, 2), {"type": "circle", "xsizemode": "pixel", "ysizemode": "pixel"}
    figure["layout"]["shapes"] = [
        draw.box_around(0, 0, BALL / 2, rim, fillcolor=COLOURS[path.name], xanchor=x, yanchor=y, **axes, **sizes)
        for (axes, path), (x, y) in zip(balls, places[last], strict=True)
    ] + [draw.rule(0, 1, lowest, lowest, (MUTED_COLOUR, 2, "dash"), **AT_THE_EDGE)]


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
