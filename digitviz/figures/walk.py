"""A digit's walk through the space of a hidden layer, seen in a plane of it: vectors added up, bent, measured."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from digitviz.datasets import PIXEL_MAX
from digitviz.explanations.vector_walk import VectorWalk, share_in_plane
from digitviz.figures.colours import ADDS, DIGIT_COLOURS, MUTED_COLOUR, PAPER_COLOUR, PASSES, SENDS, digit_scale
from digitviz.figures.maps import plain_places
from digitviz.figures.picture import Picture, Plain, plain_figure
from digitviz.figures.sentence import says, short
from digitviz.figures.theme import colour_axis, subplot_titles
from digitviz.figures.thinning import evenly
from digitviz.figures.walk_frames import MOVING, SIDE, DrawnWalk, frames_of, in_the_plane, name_of
from digitviz.language import gettext as _

MOST_STATES = 300
"""Hidden states that are drawn at most."""
MILLISECONDS = 260


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
    shown = evenly(len(states), MOST_STATES)
    drawn = in_the_plane(walk, plane, below, states[shown])
    of_pixels = len(below) == SIDE * SIDE
    frames = frames_of(walk, drawn, digit if of_pixels else None)
    still = [
        *_vectors_below(drawn, below, of_pixels),
        _states(drawn, state_labels[shown]),
        *_label_vectors(drawn, walk),
    ]
    moving = _moving(walk, drawn, activation, digit, of_pixels)
    for name, trace in moving.items():
        trace |= frames[-1][1][name]
    traces = list(range(len(still), len(still) + len(MOVING)))
    figure = plain_figure(*still, *moving.values(), **_layout(walk, drawn, plane, below, states))
    figure["frames"] = [
        {"name": str(number), "data": [parts[name] for name in MOVING], "traces": traces}
        for number, (_words, parts) in enumerate(frames)
    ]
    figure["layout"]["meta"]["film"] = {
        "title": _("the walk"),
        "labels": [words for words, _parts in frames],
        "start": len(frames) - 1,
        "milliseconds": MILLISECONDS,
        "redraw": True,
    }
    winner = int(walk.logits.argmax())
    sentence = _(
        "A walk of {count} steps in a plane of the hidden layer; the largest of the ten logits is that of {digit}, "
        "{logit}"
    )
    return says(figure, sentence.format(count=len(walk.order), digit=winner, logit=short(walk.logits[winner])))


def _spokes(tips: np.ndarray) -> dict[str, list[float | None]]:
    """Return a line from the origin to each point."""
    places = plain_places(tips)
    return {axis: [end for value in places[axis] for end in (0.0, value, None)] for axis in ("x", "y")}


def _vectors_below(drawn: DrawnWalk, below: np.ndarray, of_pixels: bool) -> list[dict[str, Any]]:
    name = _("pixel vectors × {factor}") if of_pixels else _("vectors of the layer below × {factor}")
    lengths = np.linalg.norm(below, axis=1)
    name = name.format(factor=short(drawn.factors["below"]))
    return [
        {
            "type": "scatter", **_spokes(drawn.below), "mode": "lines", "hoverinfo": "skip", "name": name,
            "line": {"color": MUTED_COLOUR, "width": 1}, "opacity": 0.35, "legendgroup": "below", "showlegend": False,
        },
        {
            "type": "scatter", **plain_places(drawn.below), "mode": "markers", "name": name, "legendgroup": "below",
            "marker": {"color": MUTED_COLOUR, "size": 4, "opacity": 0.6},
            "text": [name_of(number, of_pixels) for number in range(len(below))],
            "customdata": [short(length) for length in lengths],
            "hovertemplate": _("{what}<br>length of its vector: {length}").format(
                what="%{text}", length="%{customdata}"
            ) + "<extra></extra>",
        },
    ]  # fmt: skip


def _states(drawn: DrawnWalk, labels: np.ndarray) -> dict[str, Any]:
    return {
        "type": "scatter", **plain_places(drawn.states), "mode": "markers",
        "name": _("hidden states"),
        "marker": {
            "color": labels.tolist(), "colorscale": digit_scale(), "cmin": -0.5, "cmax": 9.5, "size": 6, "opacity": 0.4,
            "line": {"width": 0},
        },
        "text": labels.tolist(),
        "hovertemplate": _("hidden state of a digit with label {digit}").format(digit="%{text}") + "<extra></extra>",
    }  # fmt: skip


def _label_vectors(drawn: DrawnWalk, walk: VectorWalk) -> list[dict[str, Any]]:
    name = _("label vectors × {factor}").format(factor=short(drawn.factors["labels"]))
    spokes = [
        {
            "type": "scatter", **_spokes(drawn.labels[[digit]]), "mode": "lines", "hoverinfo": "skip",
            "line": {"color": colour, "width": 2}, "name": str(digit), "showlegend": False, "legendgroup": "labels",
        }
        for digit, colour in enumerate(DIGIT_COLOURS)
    ]  # fmt: skip
    heads = {
        "type": "scatter", **plain_places(drawn.labels), "mode": "markers+text", "name": name, "legendgroup": "labels",
        "text": [f"<b>{digit}</b>" for digit in range(10)],
        "textfont": {"size": 13, "color": list(DIGIT_COLOURS)},
        "marker": {
            "size": 19, "color": PAPER_COLOUR, "line": {"width": 2, "color": list(DIGIT_COLOURS)}, "opacity": 1,
        },
        "customdata": [short(length) for length in np.linalg.norm(walk.labels, axis=1)],
        "hovertemplate": _("label vector {digit}<br>length: {length}").format(digit="%{text}", length="%{customdata}")
        + "<extra></extra>",
    }  # fmt: skip
    return [*spokes, heads]


def _moving(
    walk: VectorWalk, drawn: DrawnWalk, activation: str, digit: np.ndarray, of_pixels: bool
) -> dict[str, dict[str, Any]]:
    """Return the traces that differ from frame to frame, in the order of `MOVING`, without what differs."""
    lengths = np.linalg.norm(walk.sums, axis=1)
    told = [
        _("after {step} of {count} steps<br>length of the sum: {length}").format(
            step=k, count=len(walk.order), length=short(lengths[k])
        )
        for k in drawn.stops.tolist()
    ]
    logits = [(short(dot), short(logit - dot)) for dot, logit in zip(walk.labels @ walk.bent, walk.logits, strict=True)]
    winner, length = int(walk.logits.argmax()), short(float(np.linalg.norm(walk.bent)))
    inset = {"xaxis": "x2", "yaxis": "y2"}
    return {
        "path": {
            "type": "scatter", "mode": "lines+markers", "name": _("sum"), "text": told,
            "line": {"color": ADDS, "width": 3}, "marker": {"size": 5, "color": ADDS},
            "hovertemplate": "%{text}<extra></extra>",
        },
        "bend": {
            "type": "scatter", "mode": "lines+markers", "name": _("after {activation}").format(activation=activation),
            "line": {"color": PASSES, "width": 3}, "marker": {"size": [1, 11], "color": PASSES},
            "text": ["", _("the hidden state<br>length: {length}").format(length=length)],
            "hovertemplate": "%{text}<extra></extra>",
        },
        "foot": {
            "type": "scatter", "mode": "lines+markers", "name": _("foot on a label vector"),
            "line": {"color": SENDS, "width": 2, "dash": "dot"},
            "marker": {"size": [1, 11], "color": SENDS, "symbol": ["circle", "diamond"]}, "hoverinfo": "skip",
        },
        "ink": {
            "type": "heatmap", **inset, "coloraxis": "coloraxis", "xgap": 1, "ygap": 1, "hoverongaps": False,
            "hovertemplate": _("ink {ink} of 16").format(ink="%{z}") + "<extra></extra>", "name": "",
            **({} if of_pixels else {"z": digit.reshape(SIDE, SIDE)}),
        },
        "mark": {
            "type": "scatter", **inset, "mode": "markers", "hoverinfo": "skip", "showlegend": False, "name": "",
            "marker": {"symbol": "square-open", "size": 17, "color": ADDS, "line": {"color": ADDS, "width": 3}},
        },
        "bars": {
            "type": "bar", "xaxis": "x3", "yaxis": "y3", "x": list(range(10)), "name": _("logits"), "showlegend": False,
            "marker": {"color": list(DIGIT_COLOURS), "opacity": [1 if d == winner else 0.5 for d in range(10)]},
            "textposition": "outside", "textangle": 0, "cliponaxis": False, "customdata": logits,
            "hovertemplate": _("{digit}: dot product {dot}, bias {bias}").format(
                digit="%{x}", dot="%{customdata[0]}", bias="%{customdata[1]}"
            ) + "<extra></extra>",
        },
    }  # fmt: skip


def _layout(
    walk: VectorWalk, drawn: DrawnWalk, plane: np.ndarray, below: np.ndarray, states: np.ndarray
) -> dict[str, Any]:
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
    bare = {"showgrid": True, "zeroline": True, "ticks": "", "tickfont": {"size": 11}}
    hidden = {"visible": False, "fixedrange": True, "constrain": "domain"}
    plane_axes = _plane_axes(bare, low - free, high + free, held)
    axes = {
        "xaxis2": {**hidden, "domain": [0.77, 1], "anchor": "y2", "range": [-0.5, SIDE - 0.5]},
        "yaxis2": {**hidden, "domain": [0.5, 1], "anchor": "x2", "scaleanchor": "x2", "range": [SIDE - 0.5, -0.5]},
        "xaxis3": {"domain": [0.74, 1], "anchor": "y3", "dtick": 1, "fixedrange": True, "tickfont": {"size": 12}},
        "yaxis3": {
            "domain": [0, 0.38], "anchor": "x3", "fixedrange": True, "tickfont": {"size": 11}, "nticks": 4,
            "range": [float(logits.min()) - room * (logits.min() < 0), float(logits.max()) + room],
        },
    }  # fmt: skip
    return {
        **plane_axes,
        **axes,
        "coloraxis": colour_axis("ink", cmin=0, cmax=PIXEL_MAX, showscale=False),
        "legend": {"font": {"size": 12}},
        "hovermode": "closest",
        "margin": {"l": 4, "r": 4, "t": 8, "b": 4},
        "annotations": subplot_titles({"3": _("dot products: the logits")}),
        "meta": {
            "scales": {"coloraxis": "ink"},
            "phone_layout": {
                "showlegend": False,
                "xaxis": {**plane_axes["xaxis"], "domain": [0, 1], "title": {"text": ""}},
                "yaxis": {**plane_axes["yaxis"], "domain": [0.46, 1]},
                "xaxis2": {**axes["xaxis2"], "domain": [0, 0.3]},
                "yaxis2": {**axes["yaxis2"], "domain": [0, 0.34]},
                "xaxis3": {**axes["xaxis3"], "domain": [0.42, 1]},
                "yaxis3": {**axes["yaxis3"], "domain": [0, 0.28]},
            },
        },
    }  # fmt: skip


def _plane_axes(shared: dict[str, Any], low: Sequence[float], high: Sequence[float], title: str) -> dict[str, Any]:
    titled = {"title": {"text": title, "font": {"size": 12}}}
    return {
        "xaxis": {**shared, **titled, "domain": [0, 0.68], "range": [float(low[0]), float(high[0])]},
        "yaxis": {**shared, "domain": [0, 1], "range": [float(low[1]), float(high[1])], "scaleanchor": "x"},
    }
