"""A digit's walk through the space of a hidden layer, seen in a plane of it: vectors added up, bent, measured."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from digitviz.explanations.vector_walk import VectorWalk, share_in_plane
from digitviz.figures import draw
from digitviz.figures.colours import ADDS, DIGIT_COLOURS, MUTED_COLOUR, PAPER_COLOUR, PASSES, SENDS
from digitviz.figures.maps import digit_colours, frames, plain_places
from digitviz.figures.picture import Picture, Plain
from digitviz.figures.sentence import says, short
from digitviz.figures.thinning import denser_at_the_start, evenly
from digitviz.language import gettext as _

MAX_STATES = 300
"""Largest number of hidden states that are drawn."""
MAX_STOPS = 65
"""Largest number of sums along the way that are drawn: all of a walk from pixels."""
REACH = {"below": 0.5, "labels": 0.9}
"""Length of the longest vectors of a group, as a share of the reach of the walk and the hidden states."""
MILLISECONDS = 260
NOTHING: dict[str, list[None]] = {"x": [None], "y": [None]}
MOVING = ("path", "bend", "foot", "ink", "mark", "bars")
"""Traces that differ from frame to frame."""


@Picture
def walk_picture(
    walk: VectorWalk,
    plane: np.ndarray,
    below: np.ndarray,
    states: np.ndarray,
    state_labels: np.ndarray,
    digit: np.ndarray,
    activation: str,
) -> Plain:
    """Draw a walk in the plane, the digit as far as it has been added, and the logits; frames lead through it.

    Parameters
    ----------
    walk : VectorWalk
    plane : ndarray, shape (2, neurons)
        As `digitviz.explanations.vector_walk.walk_plane` returns it.
    below : ndarray, shape (n, neurons)
        The vectors of the pixels, or of the neurons of the layer below: rows of the last matrix but one.
    states : ndarray, shape (m, neurons)
        Hidden states of other digits.
    state_labels : ndarray of int, shape (m,)
    digit : ndarray, shape (64,)
        Ink, 0 to 16.
    activation : str
        Its name.
    """
    shown = evenly(len(states), MAX_STATES)
    drawn = _in_the_plane(walk, plane, below, states[shown])
    of_pixels = len(below) == draw.SIDE * draw.SIDE
    steps = _frames_of(walk, drawn, digit if of_pixels else None)
    still = [
        *_vectors_below(drawn, below, of_pixels),
        _states(drawn, state_labels[shown]),
        *_label_vectors(drawn, walk),
    ]
    moving = _moving(walk, drawn, activation, digit, of_pixels)
    film = {
        "title": _("the walk"),
        "labels": [words for words, _parts in steps],
        "start": len(steps) - 1,
        "milliseconds": MILLISECONDS,
        "redraw": True,
    }
    layout = _layout(walk, drawn, plane, below, states)
    last = steps[-1][1]
    figure = draw.figure(*still, *(moving[name] | last[name] for name in MOVING), **layout)
    figure["layout"]["meta"]["film"] = film
    traces = list(range(len(still), len(still) + len(MOVING)))
    figure["frames"] = frames([[parts[name] for name in MOVING] for _words, parts in steps], traces)
    winner = int(walk.logits.argmax())
    sentence = _(
        "A walk of {count} steps in a plane of the hidden layer; the largest of the ten logits is that of {digit}, "
        "{logit}"
    )
    return says(figure, sentence, count=len(walk.order), digit=winner, logit=short(walk.logits[winner]))


def _spokes(tips: np.ndarray) -> dict[str, list[float | None]]:
    """Return a line from the origin to each point."""
    places = plain_places(tips)
    return {side: [end for value in places[side] for end in (0.0, value, None)] for side in ("x", "y")}


def _vectors_below(drawn: DrawnWalk, below: np.ndarray, of_pixels: bool) -> list[draw.Part]:
    name = _("pixel vectors × {factor}") if of_pixels else _("vectors of the layer below × {factor}")
    look = {"name": name.format(factor=short(drawn.factors["below"])), "legendgroup": "below"}
    lengths = [short(length) for length in np.linalg.norm(below, axis=1)]
    said = _("{what}<br>length of its vector: {length}").format(what="%{text}", length="%{customdata}")
    names = [_name_of(number, of_pixels) for number in range(len(below))]
    marker, line = draw.dot(4, MUTED_COLOUR, opacity=0.6), draw.stroke(MUTED_COLOUR, 1)
    return [
        draw.scatter(**_spokes(drawn.below), mode="lines", line=line, opacity=0.35, showlegend=False, **look),
        draw.scatter(**plain_places(drawn.below), hover=said, marker=marker, text=names, customdata=lengths, **look),
    ]


def _states(drawn: DrawnWalk, labels: np.ndarray) -> draw.Part:
    said = _("hidden state of a digit with label {digit}").format(digit="%{text}")
    digits = labels.tolist()
    marker = draw.dot(6, **digit_colours(labels) | {"colour": digits}, opacity=0.4, line={"width": 0})
    return draw.scatter(**plain_places(drawn.states), hover=said, name=_("hidden states"), marker=marker, text=digits)


def _label_vectors(drawn: DrawnWalk, walk: VectorWalk) -> list[draw.Part]:
    colours, family = list(DIGIT_COLOURS), {"legendgroup": "labels"}
    spokes = [
        draw.scatter(
            **_spokes(drawn.labels[[digit]]),
            mode="lines",
            line=(colour, 2),
            name=str(digit),
            showlegend=False,
            **family,
        )
        for digit, colour in enumerate(colours)
    ]
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


def _moving(
    walk: VectorWalk, drawn: DrawnWalk, activation: str, digit: np.ndarray, of_pixels: bool
) -> dict[str, draw.Part]:
    """Return the traces of `MOVING`, without what differs from frame to frame."""
    lengths = np.linalg.norm(walk.sums, axis=1)
    step = _("after {step} of {count} steps<br>length of the sum: {length}")
    told = [step.format(step=k, count=len(walk.order), length=short(lengths[k])) for k in drawn.stops.tolist()]
    logits = [
        (short(product), short(logit - product))
        for product, logit in zip(walk.labels @ walk.bent, walk.logits, strict=True)
    ]
    winner, length = int(walk.logits.argmax()), short(float(np.linalg.norm(walk.bent)))
    end = _("the hidden state<br>length: {length}").format(length=length)
    product = _("{digit}: dot product {dot}, bias {bias}").format(
        digit="%{x}", dot="%{customdata[0]}", bias="%{customdata[1]}"
    )
    foot = draw.dot([1, 11], SENDS, ["circle", "diamond"])
    after = _("after {activation}").format(activation=activation)
    arrow, nowhere, mode = "%{text}", (None, None), "lines+markers"
    opacity = [1 if place == winner else 0.5 for place in range(10)]
    return {
        "path": draw.scatter(*nowhere, mode, arrow, name=_("sum"), text=told, line=(ADDS, 3), marker=(5, ADDS)),
        "bend": draw.scatter(
            *nowhere, mode, arrow, name=after, line=(PASSES, 3), marker=([1, 11], PASSES), text=["", end]
        ),
        "foot": draw.scatter(*nowhere, mode, name=_("foot on a label vector"), line=(SENDS, 2, "dot"), marker=foot),
        "ink": draw.heatmap(
            digit.reshape(draw.SIDE, draw.SIDE),
            _("ink {ink} of 16").format(ink="%{z}"),
            "2",
            xgap=1,
            ygap=1,
            hoverongaps=False,
            name="",
        ),
        "mark": draw.scatter(
            *nowhere, "markers", None, "2", showlegend=False, name="", marker=draw.ring(17, ADDS, 3, "square-open")
        ),
        "bars": draw.bars(
            list(range(10)),
            None,
            product,
            "3",
            name=_("logits"),
            showlegend=False,
            marker={"color": list(DIGIT_COLOURS), "opacity": opacity},
            textposition="outside",
            textangle=0,
            cliponaxis=False,
            customdata=logits,
        ),
    }


def _layout(walk: VectorWalk, drawn: DrawnWalk, plane: np.ndarray, below: np.ndarray, states: np.ndarray) -> draw.Part:
    points = drawn.everything
    low, high = points.min(axis=0), points.max(axis=0)
    free = 0.07 * (float((high - low).max()) or 1.0)
    logits = np.append(walk.logits, 0.0)
    room = 0.2 * (float(np.ptp(logits)) or 1.0)
    shares = [f"{share_in_plane(plane, group):.0%}" for group in (below, states, walk.labels)]
    held = _(
        "one plane of {neurons} dimensions, in the units of the sum; of the squared lengths it holds<br>{below} of the "
        "vectors that are added, {states} of the hidden states, {labels} of the label vectors"
    ).format(neurons=plane.shape[1], below=shares[0], states=shares[1], labels=shares[2])
    each = {"showgrid": True, "zeroline": True, "ticks": "", "tickfont": draw.font(11)}
    (left, bottom), (right, top) = (low - free).tolist(), (high + free).tolist()
    reach = [float(logits.min()) - room * (logits.min() < 0), float(logits.max()) + room]
    digit_x = {"domain": [0.77, 1], "range": [-0.5, draw.SIDE - 0.5]}
    digit_y = {"domain": [0.5, 1], "range": [draw.SIDE - 0.5, -0.5]}
    axes = {
        "xaxis": draw.axis(held, domain=[0, 0.68], range=[left, right], **each),
        "yaxis": draw.axis(domain=[0, 1], range=[bottom, top], scaleanchor="x", **each),
        **draw.image_axes("2", digit_x, digit_y, square=True),
        "xaxis3": draw.axis(domain=[0.74, 1], anchor="y3", dtick=1, fixedrange=True, tickfont=draw.font(12)),
        "yaxis3": draw.axis(
            domain=[0, 0.38], anchor="x3", fixedrange=True, tickfont=draw.font(11), nticks=4, range=reach
        ),
    }
    axes["xaxis"]["title"]["font"] = draw.font(12)
    on_a_phone = {"xaxis": [0, 1], "yaxis": [0.46, 1], "xaxis2": [0, 0.3], "yaxis2": [0, 0.34], "xaxis3": [0.42, 1]}
    on_a_phone |= {"yaxis3": [0, 0.28]}
    phone_layout = {name: {**axes[name], "domain": domain} for name, domain in on_a_phone.items()}
    phone_layout["xaxis"]["title"] = {"text": ""}
    return {
        **axes,
        "coloraxis": draw.ink_axis(),
        "legend": {"font": draw.font(12)},
        "hovermode": "closest",
        "margin": (4, 4, 8, 4),
        "annotations": draw.subplot_titles({"3": _("dot products: the logits")}),
        "meta": {"phone_layout": {"showlegend": False, **phone_layout}},
    }


@dataclass(frozen=True, eq=False)
class DrawnWalk:
    """A walk in the plane, as it is drawn, in the units of the walk.

    Parameters
    ----------
    stops : ndarray of int
        Numbers of steps after which a sum is drawn.
    sums, bent, feet, below, labels, states : ndarray, shape (n, 2)
    factors : dict of str to float
        Factors by which the vectors of "below" and "labels" are drawn longer.
    """

    stops: np.ndarray
    sums: np.ndarray
    bent: np.ndarray
    feet: np.ndarray
    below: np.ndarray
    labels: np.ndarray
    states: np.ndarray
    factors: dict[str, float]

    @property
    def everything(self) -> np.ndarray:
        """All visible points."""
        return np.concatenate([self.sums, self.bent, self.feet, self.below, self.labels, self.states, np.zeros((1, 2))])


def _in_the_plane(walk: VectorWalk, plane: np.ndarray, below: np.ndarray, states: np.ndarray) -> DrawnWalk:
    """Project a walk onto the plane. Vectors of other scales are stretched to the length of the walk."""
    stops = denser_at_the_start(len(walk.sums), MAX_STOPS)
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
    """Round to the two digits in the legend."""
    return float(f"{number:.2g}")


def _frames_of(walk: VectorWalk, drawn: DrawnWalk, digit: np.ndarray | None) -> list[tuple[str, draw.Part]]:
    """Return the label of each frame and its moving traces; `digit` is None if neurons are added."""
    frames = []
    for place, k in enumerate(drawn.stops.tolist()):
        parts: draw.Part = {"path": plain_places(drawn.sums[: place + 1]), "bend": NOTHING, "foot": NOTHING}
        parts |= _ink_so_far(walk, digit, k)
        words = _step_in_words(walk, digit, k) if k else _("nothing added yet")
        frames.append((words, parts | {"bars": _bars_so_far(walk, 0)}))
    bend = plain_places(np.concatenate([drawn.sums[-1:], drawn.bent]))
    arrived = {**frames[-1][1], "mark": NOTHING, "bend": bend}
    frames.append((_("the activation bends the sum"), arrived))
    winner = int(walk.logits.argmax())
    for label, logit in [*enumerate(walk.logits.tolist()), (winner, walk.logits[winner])]:
        done = len(frames) - len(drawn.stops)
        words = _("times label vector {digit}: {logit}") if done <= 10 else _("the largest is that of {digit}: {logit}")
        foot = plain_places(np.concatenate([drawn.bent, drawn.feet[[label]]]))
        parts = {**arrived, "foot": foot, "bars": _bars_so_far(walk, min(done, 10), label)}
        frames.append((words.format(digit=label, logit=short(logit)), parts))
    return frames


def _step_in_words(walk: VectorWalk, digit: np.ndarray | None, step: int) -> str:
    """Describe a step, counted from 1: what is added, and how much of it."""
    what = int(walk.order[step - 1])
    words, amount = _("{step} of {count}: {what}, activation {amount}"), walk.amounts[step - 1]
    if digit is not None:
        words, amount = _("{step} of {count}: {what}, ink {amount}"), float(digit[what])
    return words.format(step=step, count=len(walk.order), what=_name_of(what, digit is not None), amount=short(amount))


def _name_of(number: int, is_pixel: bool) -> str:
    """Return the name of a pixel, or of a neuron of the layer below, given its index."""
    if not is_pixel:
        return _("neuron {number}").format(number=number + 1)
    return _("row {row}, column {column}").format(row=number // draw.SIDE + 1, column=number % draw.SIDE + 1)


def _ink_so_far(walk: VectorWalk, digit: np.ndarray | None, count: int) -> draw.Part:
    """Return the digit with the pixels that have been added, and a mark on the last."""
    if digit is None:
        return {"ink": {"type": "heatmap"}, "mark": NOTHING}
    ink: list[float | None] = [None] * digit.size
    for pixel in walk.order[:count].tolist():
        ink[pixel] = float(digit[pixel])
    rows = [ink[row : row + draw.SIDE] for row in range(0, digit.size, draw.SIDE)]
    last = [int(walk.order[count - 1])] if count else []
    mark = (
        {"x": [pixel % draw.SIDE for pixel in last], "y": [pixel // draw.SIDE for pixel in last]} if last else NOTHING
    )
    return {"ink": {"type": "heatmap", "z": rows}, "mark": mark}


def _bars_so_far(walk: VectorWalk, count: int, named: int = -1) -> draw.Part:
    """Return the first `count` bars, with the number of one of them; the others have no height."""
    heights = [float(f"{logit:.6g}") for logit in walk.logits[:count]] + [None] * (10 - count)
    text = [short(walk.logits[digit]) if digit == named else "" for digit in range(10)]
    return {"type": "bar", "y": heights, "text": text}
