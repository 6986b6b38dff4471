"""Figures of the network's space: answers in a plane through three digits, and a walk through a hidden layer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from digitviz.explanations.geometry import BorderPlane, VectorWalk, share_in_plane
from digitviz.figures import draw
from digitviz.figures.colours import (
    ADDS,
    DIGIT_COLOURS,
    INVISIBLE,
    MUTED_COLOUR,
    PAPER_COLOUR,
    PASSES,
    SENDS,
    Scale,
    see_through,
)
from digitviz.figures.maps import digit_colours, plain_places
from digitviz.figures.picture import Picture, Plain, says
from digitviz.language import gettext as _, listed
from digitviz.numbers import in_percent, short

UNSURE, SURE = 0.12, 0.9
"""Opacity of regions with the lowest and the highest confidence."""
CHANCE = 0.1
"""Lowest possible confidence of an answer among ten."""
TOP = 0.98
"""End of a digit's colours in its part of the scale. The next digit begins at 1."""
CORNER = 0.255
"""Side of the picture at a corner, as a fraction of the width or the height of the triangle."""
BESIDE = 0.8
"""Distance between the middle of that picture and its corner, as a multiple of its side."""
SPOTS = 13
"""Number of points in each direction that the keyboard can visit."""
CORNERS = ("A", "B", "C")


@Picture
def border_regions(plane: BorderPlane, digits: np.ndarray, labels: Sequence[int | None]) -> Plain:
    """Draw the answers in the plane, with their names and boundaries, and the three digits at their corners.

    The picture begins with the surroundings of the three digits, and shows more to the left and right if it is wide.

    Parameters
    ----------
    plane : BorderPlane
    digits : ndarray, shape (3, 64)
        Ink, 0 to 16.
    labels : sequence of int or None, length 3
        Labels of the digits. None if unknown.
    """
    side = CORNER * float(np.ptp(plane.corners, axis=0).min())
    images, places = zip(*(_image(plane, digits[corner], corner, side) for corner in range(3)), strict=True)
    shown = [*(place + part * side for place in places for part in (-0.53, 0.53)), *plane.corners]
    (left, low), (right, high) = (edge(shown, axis=0).tolist() for edge in (np.min, np.max))
    hidden = {"visible": False}
    triangle = plane.corners[[0, 1, 2, 0]]
    figure = draw.figure(
        _regions(plane),
        _borders(plane, places, side / 2),
        _around(plane, triangle, places, side / 2),
        _line(triangle, draw.stroke(MUTED_COLOUR, 1.5, "dot")),
        *images,
        _corners(plane, labels),
        _names(plane, [*places, *plane.corners, plane.corners.mean(axis=0)], side),
        xaxis=hidden | {"range": [left, right], "constrain": "range"},
        yaxis=hidden | {"range": [low, high], "scaleanchor": "x", "constrain": "domain"},
        coloraxis=draw.ink_axis(),
        shapes=[draw.box_around(float(x), float(y), side / 2, (MUTED_COLOUR, 1)) for x, y in places],
        showlegend=False,
        margin=(0, 0, 4, 4),
        meta={"spots": _spots(plane)},
    )
    found, counts = np.unique(plane.labels, return_counts=True)
    said, order = _("{digit} at {share}"), np.argsort(-counts, kind="stable")
    shares = listed(said.format(digit=found[n], share=in_percent(counts[n] / plane.labels.size, 0)) for n in order)
    return says(figure, _("The plane through three digits, and what its points are read as: {shares}"), shares=shares)


def digit_regions_scale() -> Scale:
    """Return one scale for labels and confidence: a tenth for each digit, from pale to full colour."""
    return [
        ((digit + end) / 10, see_through(colour, opacity))
        for digit, colour in enumerate(DIGIT_COLOURS)
        for end, opacity in ((0.0, UNSURE), (TOP, SURE), (1.0, SURE))
    ]


def _regions(plane: BorderPlane) -> draw.Part:
    sure = np.clip((plane.confidence - CHANCE) / (1 - CHANCE), 0, 1)
    custom = np.stack([plane.labels, np.round(100 * plane.confidence)], axis=-1).astype(np.uint8)
    said = _("read as {digit}<br>{percent}% sure").format(digit="%{customdata[0]}", percent="%{customdata[1]}")
    values = (plane.labels + TOP * sure).astype(np.float32)
    own = {"coloraxis": None, "zmin": 0, "zmax": 10, "colorscale": digit_regions_scale(), "showscale": False}
    return draw.heatmap(values, said, x=plane.x, y=plane.y, customdata=custom, name="", **own)


def _names(plane: BorderPlane, taken: Sequence[np.ndarray], side: float) -> draw.Part:
    """Return the digit of each region in the triangle as text, far from its border and from `taken` places."""
    from scipy.ndimage import distance_transform_edt

    x, y = np.meshgrid(plane.x, plane.y)
    is_free = np.all([np.hypot(x - place[0], y - place[1]) > 0.9 * side for place in taken], axis=0)
    (_a, (length, _b), (along, _c)), up = plane.corners, y / plane.corners[2, 1]
    is_free &= (up > 0) & (x > up * along) & (x < length + up * (along - length))
    found = []
    for label in np.unique(plane.labels).tolist():
        depth = distance_transform_edt(np.pad((plane.labels == label) & is_free, 1))[1:-1, 1:-1]
        at = np.unravel_index(depth.argmax(), depth.shape)
        room = depth[at] * np.diff(plane.y[:2])[0] / side
        if room > 0.07:
            found.append((float(x[at]), float(y[at]), f"<b>{label}</b>", 44 if room > 0.3 else 18))
    x_of, y_of, names, sizes = ([each[part] for each in found] for part in range(4))
    return draw.scatter(x_of, y_of, "text", text=names, textfont=draw.font(sizes), hoverinfo="skip", name="")


def _around(plane: BorderPlane, triangle: np.ndarray, places: Sequence[np.ndarray], half: float) -> draw.Part:
    """Return an overlay in the colour of the paper outside the triangle and the pictures. It fades in `page.css`."""
    (left, right), (low, high) = _ends(plane.x), _ends(plane.y)
    edge = [(left, low), (left, high), (right, high), (right, low), (left, low)]
    square = np.array([(-1, -1), (1, -1), (1, 1), (-1, 1), (-1, -1)]) * half
    holes = [triangle, *(place + square for place in places)]  # in the opposite direction to the edge
    ring = np.concatenate([edge, *(part for hole in holes for part in (hole, edge[:1]))])
    fill = {"fill": "toself", "fillcolor": PAPER_COLOUR, "hoverinfo": "skip"}
    return _line(ring, draw.stroke(INVISIBLE, 0)) | fill


def _borders(plane: BorderPlane, places: Sequence[np.ndarray], half_side: float) -> draw.Part:
    """Return lines between neighbouring points with different answers, except across pictures at `places`."""
    half = np.array([float(axis[1] - axis[0]) / 2 for axis in (plane.x, plane.y)])
    ends = []
    for axis, start in ((1, (1, -1)), (0, (-1, 1))):  # boundaries to the right of a point, then above it
        rows, columns = np.nonzero(np.diff(plane.labels, axis=axis))
        points = np.stack([plane.x[columns], plane.y[rows]], axis=-1)
        ends.append(np.stack([points + half * start, points + half], axis=1))
    lines = np.concatenate(ends)
    is_free = np.all([np.abs(lines.mean(axis=1) - place).max(axis=1) > half_side for place in places], axis=0)
    return _line(draw.segments(lines[is_free]).round(3), draw.stroke(PAPER_COLOUR, 3))


def _line(points: np.ndarray, line: draw.Part) -> draw.Part:
    return draw.scatter(**draw.xy(points), mode="lines", line=line, name="")


def _ends(values: np.ndarray) -> list[float]:
    half = float(values[1] - values[0]) / 2
    return [float(values[0]) - half, float(values[-1]) + half]


def _image(plane: BorderPlane, digit: np.ndarray, corner: int, side: float) -> tuple[draw.Part, np.ndarray]:
    """Return the picture of a digit below its corner, or beside the upper one, and the position of its centre."""
    away = np.copysign(1, plane.corners[corner, 0] - plane.corners[:, 0].mean())
    place = plane.corners[corner] + BESIDE * side * np.array([(0, -1), (0, -1), (away, 0.2)][corner])
    cells = (np.arange(8) - 3.5) * side / 8
    image = digit.reshape(8, 8).astype(np.float32)
    return draw.heatmap(image, x=place[0] + cells, y=place[1] - cells, name=CORNERS[corner]), place


def _corners(plane: BorderPlane, labels: Sequence[int | None]) -> draw.Part:
    named, said, text = _("{corner}: label {label}"), list(CORNERS), [f"<b>{corner}</b>" for corner in CORNERS]
    for place, (corner, label) in enumerate(zip(CORNERS, labels, strict=True)):
        if label is not None:
            said[place] = named.format(corner=corner, label=label)
            text[place] = f"<b>{label}</b>"
    look = {"marker": (34, MUTED_COLOUR), "textfont": draw.font(24, PAPER_COLOUR), "name": ""}
    x, y = plane.corners.T.tolist()
    return draw.scatter(x, y, "markers+text", text=text, hovertext=said, hoverinfo="text", **look)


def _spots(plane: BorderPlane) -> draw.Part:
    rows, columns = (np.linspace(0, len(axis) - 1, SPOTS + 2).round().astype(int)[1:-1] for axis in (plane.y, plane.x))
    grid = [(int(row), int(column)) for row in rows[::-1] for column in columns]
    said = _("read as {digit}, {percent} sure")
    words = [said.format(digit=int(plane.labels[at]), percent=in_percent(plane.confidence[at], 0)) for at in grid]
    x, y = [float(plane.x[column]) for _row, column in grid], [float(plane.y[row]) for row, _column in grid]
    width, height = (float(np.ptp(values)) / (SPOTS + 1) for values in (plane.x, plane.y))
    return draw.spots(x, y, words, width, height)


MAX_STATES = 300
"""Maximum number of drawn hidden states."""
MAX_STOPS = 65
"""Maximum number of drawn partial sums. It suffices for all sums of a walk from pixels."""
REACH = {"below": 0.5, "labels": 0.9}
"""Length of the longest vectors in a group, as a fraction of the extent of the walk and the hidden states."""
MILLISECONDS = 260
NOTHING: dict[str, list[None]] = {"x": [None], "y": [None]}


@Picture
def walk_picture(
    walk: VectorWalk,
    plane: np.ndarray,
    below: np.ndarray,
    states: np.ndarray,
    state_labels: np.ndarray,
    digit: np.ndarray,
    activation: str,
    of_pixels: bool = True,
) -> Plain:
    """Draw a walk in the plane, the digit as added so far, and the logits. An animation leads through it.

    Parameters
    ----------
    walk : VectorWalk
    plane : ndarray, shape (2, neurons)
        Result of `digitviz.explanations.geometry.walk_plane`.
    below : ndarray, shape (n, neurons)
        Vectors of the pixels, or of the neurons of the layer below: rows of the second-to-last matrix.
    states : ndarray, shape (m, neurons)
        Hidden states of other digits.
    state_labels : ndarray of int, shape (m,)
    digit : ndarray, shape (64,)
        Ink, 0 to 16.
    activation : str
    of_pixels : bool
        True if the walk adds pixels, False if it adds neurons of the layer below.
    """
    shown = draw.evenly(len(states), MAX_STATES)
    drawn = _in_the_plane(walk, plane, below, states[shown])
    steps = _frames_of(walk, drawn, digit if of_pixels else None)
    vectors, heads = _vectors_below(drawn, below, of_pixels), _label_vectors(drawn, walk)
    still, moving = [*vectors, _states(drawn, state_labels[shown]), *heads], _moving(walk, drawn, activation, digit)
    labels, parts = zip(*steps, strict=True)
    at_the_end = (moving[name] | parts[-1][name] for name in moving)
    figure = draw.figure(*still, *at_the_end, **_layout(walk, drawn, plane, below, states))
    traces, frames = list(range(len(still), len(figure["data"]))), [[part[name] for name in moving] for part in parts]
    draw.film(figure, labels, frames, traces, title=_("the walk"), milliseconds=MILLISECONDS, redraw=True)
    winner = int(walk.logits.argmax())
    sentence = _("A walk of {count} steps in a plane of the hidden layer; the largest logit is {logit}, for {digit}")
    return says(figure, sentence, count=len(walk.order), digit=winner, logit=short(walk.logits[winner]))


def _spokes(tips: np.ndarray) -> draw.Part:
    """Return lines from the origin to each point."""
    return draw.xy(draw.segments(np.stack([np.zeros_like(tips), tips], axis=1)).astype(np.float32))


def _vectors_below(drawn: DrawnWalk, below: np.ndarray, of_pixels: bool) -> list[draw.Part]:
    name = _("pixel vectors × {factor}") if of_pixels else _("vectors of the layer below × {factor}")
    look = {"name": name.format(factor=short(drawn.factors["below"])), "legendgroup": "below"}
    lengths = [short(length) for length in np.linalg.norm(below, axis=1)]
    said = _("{what}<br>vector length: {length}").format(what="%{text}", length="%{customdata}")
    names = [_name_of(number, of_pixels) for number in range(len(below))]
    marker, line = draw.dot(4, MUTED_COLOUR, opacity=0.6), draw.stroke(MUTED_COLOUR, 1)
    spokes = draw.scatter(**_spokes(drawn.below), mode="lines", line=line, opacity=0.35, showlegend=False, **look)
    ends = {**plain_places(drawn.below), "text": names, "customdata": lengths, **look}
    return [spokes, draw.scatter(hover=said, marker=marker, **ends)]


def _states(drawn: DrawnWalk, labels: np.ndarray) -> draw.Part:
    said = _("hidden state of a digit with label {digit}").format(digit="%{text}")
    digits = labels.tolist()
    marker = draw.dot(6, **digit_colours(labels) | {"colour": digits}, opacity=0.4, line={"width": 0})
    return draw.scatter(**plain_places(drawn.states), hover=said, name=_("hidden states"), marker=marker, text=digits)


def _label_vectors(drawn: DrawnWalk, walk: VectorWalk) -> list[draw.Part]:
    colours, family = list(DIGIT_COLOURS), {"legendgroup": "labels"}
    look = {"mode": "lines", "showlegend": False, **family}
    spoke = zip(map(_spokes, drawn.labels[:, np.newaxis]), colours, strict=True)
    spokes = [draw.scatter(**at, line=(c, 2), name=str(digit), **look) for digit, (at, c) in enumerate(spoke)]
    heads = draw.scatter(
        **plain_places(drawn.labels),
        mode="markers+text",
        hover=_("label vector {digit}<br>length: {length}").format(digit="%{text}", length="%{customdata}"),
        name=_("label vectors × {factor}").format(factor=short(drawn.factors["labels"])),
        text=[f"<b>{digit}</b>" for digit in range(10)],
        textfont=draw.font(13, colours),
        marker=draw.dot(19, PAPER_COLOUR, line=(colours, 2), opacity=1),
        customdata=[short(length) for length in np.linalg.norm(walk.labels, axis=1)],
        **family,
    )
    return [*spokes, heads]


def _moving(walk: VectorWalk, drawn: DrawnWalk, activation: str, digit: np.ndarray) -> dict[str, draw.Part]:
    """Return the constant properties of the traces that change from frame to frame."""
    lengths = np.linalg.norm(walk.sums, axis=1)
    step = _("after {step} of {count} steps<br>length of the sum: {length}")
    told = [step.format(step=k, count=len(walk.order), length=short(lengths[k])) for k in drawn.stops.tolist()]
    products = zip(walk.labels @ walk.bent, walk.logits, strict=True)
    logits = [(short(product), short(logit - product)) for product, logit in products]
    winner, length = int(walk.logits.argmax()), short(float(np.linalg.norm(walk.bent)))
    end = _("the hidden state<br>length: {length}").format(length=length)
    product = _("{digit}: dot product {dot}, bias {bias}")
    product = product.format(digit="%{x}", dot="%{customdata[0]}", bias="%{customdata[1]}")
    foot = draw.dot([1, 11], SENDS, ["circle", "diamond"])
    after = _("after {activation}").format(activation=activation)
    arrow, nowhere, mode = "%{text}", (None, None), "lines+markers"
    opacity, ink = [1 if place == winner else 0.5 for place in range(10)], _("ink {ink} of 16").format(ink="%{z}")
    looks = {"showlegend": False, "textposition": "outside", "textangle": 0, "cliponaxis": False}
    looks["marker"] = {"color": list(DIGIT_COLOURS), "opacity": opacity}
    bent = {"name": after, "text": ["", end], "line": (PASSES, 3), "marker": ([1, 11], PASSES)}
    projected, square = _("projection onto a label vector"), draw.ring(17, ADDS, 3, "square-open")
    return {
        "path": draw.scatter(*nowhere, mode, arrow, name=_("sum"), text=told, line=(ADDS, 3), marker=(5, ADDS)),
        "bend": draw.scatter(*nowhere, mode, arrow, **bent),
        "foot": draw.scatter(*nowhere, mode, name=projected, line=(SENDS, 2, "dot"), marker=foot),
        "ink": draw.heatmap(digit.reshape(draw.SIDE, draw.SIDE), ink, "2", xgap=1, ygap=1, hoverongaps=False, name=""),
        "mark": draw.scatter(*nowhere, "markers", None, "2", showlegend=False, name="", marker=square),
        "bars": draw.bars(list(range(10)), None, product, "3", name=_("logits"), customdata=logits, **looks),
    }


def _layout(walk: VectorWalk, drawn: DrawnWalk, plane: np.ndarray, below: np.ndarray, states: np.ndarray) -> draw.Part:
    visible = drawn.sums, drawn.bent, drawn.feet, drawn.below, drawn.labels, drawn.states, np.zeros((1, 2))
    points = np.concatenate(visible)
    low, high = points.min(axis=0), points.max(axis=0)
    free = 0.07 * (float((high - low).max()) or 1.0)
    logits = np.append(walk.logits, 0.0)
    room = 0.2 * (float(np.ptp(logits)) or 1.0)
    shares = [in_percent(share_in_plane(plane, group), 0) for group in (below, states, walk.labels)]
    held = _(
        "one plane out of {neurons} dimensions, in units of the sum; squared length it holds:<br>{below} of the added "
        "vectors, {states} of the hidden states, {labels} of the label vectors"
    ).format(neurons=plane.shape[1], below=shares[0], states=shares[1], labels=shares[2])
    each = {"showgrid": True, "zeroline": True, "ticks": "", "tickfont": draw.font(11)}
    still = {"fixedrange": True, "tickfont": draw.font(12)}
    (left, bottom), (right, top) = (low - free).tolist(), (high + free).tolist()
    reach = [float(logits.min()) - room * (logits.min() < 0), float(logits.max()) + room]
    digit_x = {"domain": [0.77, 1], "range": [-0.5, draw.SIDE - 0.5]}
    digit_y = {"domain": [0.5, 1], "range": [draw.SIDE - 0.5, -0.5]}
    axes = {
        "xaxis": draw.axis(held, domain=[0, 0.68], range=[left, right], **each),
        "yaxis": draw.axis(domain=[0, 1], range=[bottom, top], scaleanchor="x", **each),
        **draw.image_axes("2", digit_x, digit_y, square=True),
        **draw.placed("3", [0.74, 1], [0, 0.38], {"dtick": 1, **still}, {"nticks": 4, "range": reach, **still}),
    }
    axes["xaxis"]["title"]["font"] = draw.font(12)
    on_a_phone = {"xaxis": [0, 1], "yaxis": [0.36, 1], "xaxis2": [0, 0.3], "yaxis2": [0, 0.27], "xaxis3": [0.42, 1]}
    on_a_phone |= {"yaxis3": [0, 0.22]}
    phone_layout = {name: {**axes[name], "domain": domain} for name, domain in on_a_phone.items()}
    phone_layout["xaxis"]["title"] = {"text": ""}
    return {
        **axes,
        "coloraxis": draw.ink_axis(),
        "legend": {"font": draw.font(12)},
        "margin": (4, 4, 8, 4),
        "annotations": draw.panel_titles(["", "", _("dot products: the logits")]),
        "meta": {"phone_layout": {"showlegend": False, **phone_layout}},
    }


@dataclass(frozen=True, eq=False)
class DrawnWalk:
    """A walk in the plane, ready to draw, in the units of the walk.

    Parameters
    ----------
    stops : ndarray of int
        Numbers of steps after which the figure shows the sum.
    sums, bent, feet, below, labels, states : ndarray, shape (n, 2)
    factors : dict of str to float
        Scale factors of the vectors "below" and "labels".
    """

    stops: np.ndarray
    sums: np.ndarray
    bent: np.ndarray
    feet: np.ndarray
    below: np.ndarray
    labels: np.ndarray
    states: np.ndarray
    factors: dict[str, float]


def _in_the_plane(walk: VectorWalk, plane: np.ndarray, below: np.ndarray, states: np.ndarray) -> DrawnWalk:
    """Project a walk onto the plane. Scale the vectors of both groups to fit the length of the walk."""
    stops = draw.denser_at_the_start(len(walk.sums), MAX_STOPS)
    lengths = np.maximum((walk.labels**2).sum(axis=1, keepdims=True), np.finfo(float).tiny)
    feet = (walk.labels @ walk.bent)[:, None] / lengths * walk.labels
    sums, bent, feet, states = (part @ plane.T for part in (walk.sums[stops], walk.bent[None], feet, states))
    reach = _longest(np.concatenate([sums, bent, states])) or 1.0
    groups = {"below": below @ plane.T, "labels": walk.labels @ plane.T}
    factors = {name: _round(REACH[name] * reach / (_longest(part) or 1.0)) for name, part in groups.items()}
    scaled = {name: part * factors[name] for name, part in groups.items()}
    return DrawnWalk(stops, sums, bent, feet, scaled["below"], scaled["labels"], states, factors)


def _longest(points: np.ndarray) -> float:
    return float(np.linalg.norm(points, axis=1).max(initial=0.0))


def _round(number: float) -> float:
    """Round to the two significant digits in the legend."""
    return float(f"{number:.2g}")


def _frames_of(walk: VectorWalk, drawn: DrawnWalk, digit: np.ndarray | None) -> list[tuple[str, draw.Part]]:
    """Return the label and the moving traces of each frame. `digit` is None if the walk adds neurons."""
    frames = []
    for place, k in enumerate(drawn.stops.tolist()):
        path = {"path": plain_places(drawn.sums[: place + 1]), "bend": NOTHING, "foot": NOTHING}
        words = _step_in_words(walk, digit, k) if k else _("nothing added yet")
        frames.append((words, path | _ink_so_far(walk, digit, k) | {"bars": _bars_so_far(walk, 0)}))
    bend = plain_places(np.concatenate([drawn.sums[-1:], drawn.bent]))
    arrived = {**frames[-1][1], "mark": NOTHING, "bend": bend}
    frames.append((_("the activation bends the sum"), arrived))
    one, largest = _("dot product with label vector {digit}: {logit}"), _("the largest logit is for {digit}: {logit}")
    labels = [*range(len(walk.logits)), int(walk.logits.argmax())]
    for done, (label, words) in enumerate(zip(labels, [*[one] * len(walk.logits), largest], strict=True), start=1):
        foot = plain_places(np.concatenate([drawn.bent, drawn.feet[[label]]]))
        parts = {**arrived, "foot": foot, "bars": _bars_so_far(walk, min(done, 10), label)}
        frames.append((words.format(digit=label, logit=short(walk.logits[label])), parts))
    return frames


def _step_in_words(walk: VectorWalk, digit: np.ndarray | None, step: int) -> str:
    """Describe a step, counted from 1, by what it adds and the amount."""
    what = int(walk.order[step - 1])
    words, amount = _("{step} of {count}: {what}, activation {amount}"), walk.amounts[step - 1]
    if digit is not None:
        words, amount = _("{step} of {count}: {what}, ink {amount}"), float(digit[what])
    return words.format(step=step, count=len(walk.order), what=_name_of(what, digit is not None), amount=short(amount))


def _name_of(number: int, is_pixel: bool) -> str:
    """Return the name of a pixel, or of a neuron of the layer below, from its index."""
    if not is_pixel:
        return _("neuron {number}").format(number=number + 1)
    return _("row {row}, column {column}").format(row=number // draw.SIDE + 1, column=number % draw.SIDE + 1)


def _ink_so_far(walk: VectorWalk, digit: np.ndarray | None, count: int) -> draw.Part:
    """Return the digit with the pixels added so far, and a mark on the last one."""
    if digit is None:
        return {"ink": {"type": "heatmap"}, "mark": NOTHING}
    ink = np.full(digit.size, None)
    ink[walk.order[:count]] = digit[walk.order[:count]]
    down, across = divmod(int(walk.order[count - 1]) if count else 0, draw.SIDE)
    rows, mark = ink.reshape(draw.SIDE, draw.SIDE).tolist(), {"x": [across], "y": [down]} if count else NOTHING
    return {"ink": {"type": "heatmap", "z": rows}, "mark": mark}


def _bars_so_far(walk: VectorWalk, count: int, named: int = -1) -> draw.Part:
    """Return the first `count` bars, one of them with its number. The other bars have no height."""
    heights = [float(f"{logit:.6g}") for logit in walk.logits[:count]] + [None] * (10 - count)
    text = [short(walk.logits[digit]) if digit == named else "" for digit in range(10)]
    return {"type": "bar", "y": heights, "text": text}
