"""Neurons that can be silenced one by one, and what the network's accuracy is without them."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import numpy as np

from digitviz.figures.colours import CORRECT_COLOUR, MARK_COLOUR, MUTED_COLOUR, PAPER_COLOUR, TEST_COLOUR, WRONG_COLOUR
from digitviz.figures.picture import Picture, Plain, plain_figure
from digitviz.figures.sentence import says
from digitviz.figures.spots import spots
from digitviz.figures.theme import as_float32, signed_axis
from digitviz.figures.thinning import evenly
from digitviz.figures.weights import MOST_NEURONS, NEURON_COLUMNS, SIDE, neuron_at, neuron_images
from digitviz.language import gettext as _
from digitviz.language import ngettext
from digitviz.networks.parameters import Parameters

ROOM = 0.15
"""Least height of the axis of what is lost: less than a digit of 180 would fill it otherwise."""


def switches(parameters: Parameters, layer: int) -> np.ndarray:
    """List the neurons of a hidden layer that `neuron_switches` draws."""
    return evenly(parameters.weights[layer].shape[1], MOST_NEURONS)


def switch_at(x: float, y: float, layer: int, shown: np.ndarray) -> int | None:
    """Return the neuron that lies at a point of `neuron_switches`; None if there is none.

    Parameters
    ----------
    x, y : float
        Finite.
    layer : int
        The hidden layer, from 0.
    shown : ndarray of int
        As `switches` returns them.
    """
    if layer == 0:
        return neuron_at(x, y, shown)
    columns = min(NEURON_COLUMNS, len(shown))
    column, row = round(x), round(y)
    place = row * columns + column
    return int(shown[place]) if 0 <= column < columns and row >= 0 and place < len(shown) else None


@Picture
def neuron_switches(parameters: Parameters, layer: int, off: Collection[int], outputs: np.ndarray) -> Plain:
    """Draw the neurons of a hidden layer; those that are silent are pale and crossed out.

    Those of the first are shown by what they look for, as in `neuron_images`, all others by their outputs.

    Parameters
    ----------
    parameters : Parameters
    layer : int
        From 0.
    off : collection of int
        Silent neurons, from 0.
    outputs : ndarray, shape (neurons,)
        Of the neurons of that layer, for one digit.
    """
    shown = switches(parameters, layer)
    if layer == 0:
        figure = neuron_images.plain(parameters)
        figure["layout"]["coloraxis"]["showscale"] = False  # the pictures get its place
        named = figure["layout"]["meta"]["spots"]
        x, y, half = named["x"], named["y"], SIDE / 2
    else:
        columns = min(NEURON_COLUMNS, len(shown))
        x, y, half = (np.arange(len(shown)) % columns).tolist(), (np.arange(len(shown)) // columns).tolist(), 0.5
        figure = _cells(shown, outputs, columns)
    silent = [place for place, neuron in enumerate(shown.tolist()) if neuron in off]
    figure["layout"]["shapes"] = [shape for place in silent for shape in _cover(x[place], y[place], half)]
    words = [_switch(neuron, off) for neuron in shown.tolist()]
    figure["layout"]["meta"]["spots"] = spots(x, y, words, 2 * half, 2 * half)
    sentence = ngettext(
        "{count} hidden neuron, {silent} of them silent", "{count} hidden neurons, {silent} of them silent",
        len(outputs),
    )  # fmt: skip
    return says(figure, sentence.format(count=len(outputs), silent=len(off)))


def _switch(neuron: int, off: Collection[int]) -> str:
    words = _("neuron {number}, silent") if neuron in off else _("neuron {number}")
    return words.format(number=neuron + 1)


def _cells(shown: np.ndarray, outputs: np.ndarray, columns: int) -> Plain:
    rows = -(-len(shown) // columns)
    cells = np.full(rows * columns, np.nan, np.float32)
    cells[: len(shown)] = as_float32(outputs[shown])
    numbers = [str(neuron + 1) for neuron in shown.tolist()] + [""] * (rows * columns - len(shown))
    said = _("neuron {number}<br>output {output}").format(number="%{text}", output="%{z:.3f}")
    return plain_figure(
        {
            "type": "heatmap", "z": cells.reshape(rows, columns), "coloraxis": "coloraxis", "xgap": 3, "ygap": 3,
            "text": np.array(numbers).reshape(rows, columns).tolist(), "texttemplate": "%{text}",
            "hovertemplate": f"{said}<extra></extra>", "hoverongaps": False,
        },
        coloraxis=signed_axis(outputs, showscale=False),
        xaxis={"visible": False, "constrain": "domain"},
        yaxis={"visible": False, "autorange": "reversed", "scaleanchor": "x", "constrain": "domain"},
        margin={"l": 0, "r": 0, "t": 0, "b": 0},
        showlegend=False,
        meta={"scales": {"coloraxis": "signed"}},
    )  # fmt: skip


def _cover(x: float, y: float, half: float) -> list[dict[str, Any]]:
    """Return what lies over a silent neuron: paper that lets little through, and a cross."""
    left, right, top, bottom = x - half, x + half, y - half, y + half
    cross = f"M{left},{top} L{right},{bottom} M{left},{bottom} L{right},{top}"
    paper = {"fillcolor": PAPER_COLOUR, "opacity": 0.8, "line": {"width": 0}}
    return [
        {"type": "rect", "x0": left, "x1": right, "y0": top, "y1": bottom, **paper},
        {"type": "path", "path": cross, "line": {"color": MUTED_COLOUR, "width": 1.5}},
    ]


@Picture
def neuron_harms(accuracies: np.ndarray, before: float) -> Plain:
    """Draw how much accuracy is lost without each neuron, the most important one first.

    Parameters
    ----------
    accuracies : ndarray, shape (neurons,)
        Without each, one at a time.
    before : float
        With all of them.
    """
    order = np.argsort(accuracies, kind="stable")
    lost = before - accuracies[order]
    said = _("without neuron {number}<br>{accuracy} are correct").format(
        number="%{customdata[0]}", accuracy="%{customdata[1]:.1%}"
    )
    most = max(ROOM, float(lost.max()))
    figure = plain_figure(
        {
            "type": "bar", "x": np.arange(1, len(order) + 1), "y": as_float32(lost),
            "customdata": np.stack([order + 1, accuracies[order]], axis=-1).astype(np.float32),
            "marker": {"color": [WRONG_COLOUR if each > 0 else CORRECT_COLOUR for each in lost.tolist()]},
            "text": [str(order[0] + 1)] + [""] * (len(order) - 1), "textposition": "outside", "constraintext": "none",
            "textangle": 0, "cliponaxis": False, "hovertemplate": f"{said}<extra></extra>",
        },
        xaxis={"title": {"text": _("neurons, most important first")}, "showticklabels": False},
        yaxis={
            "title": {"text": _("accuracy lost")}, "tickformat": ".0%", "nticks": 6,
            "range": [min(0.0, float(lost.min())) - 0.01, 1.15 * most],
        },
        showlegend=False,
        margin={"l": 60, "r": 10, "t": 24, "b": 30},
    )  # fmt: skip
    words = _("Accuracy lost without each neuron: most without neuron {number}, {lost}")
    return says(figure, words.format(number=int(order[0]) + 1, lost=f"{lost[0]:.1%}"))


@Picture
def silenced_curve(counts: np.ndarray, accuracies: np.ndarray, mine: tuple[int, float]) -> Plain:
    """Draw the accuracy while more and more neurons fall silent, the least harmful first.

    Parameters
    ----------
    counts : ndarray of int, shape (n,)
    accuracies : ndarray, shape (n,)
    mine : (int, float)
        How many are silent now, and the accuracy without them.
    """
    said = _("{count} silent: {accuracy}").format(count="%{x}", accuracy="%{y:.1%}")
    words = _("Test accuracy against silent neurons: {accuracy} with {count} of {all}")
    figure = marked_curve(
        (counts, accuracies, _("least harmful first")), (*mine, _("those you chose")), _("silent neurons"), said
    )
    return says(figure, words.format(accuracy=f"{mine[1]:.1%}", count=mine[0], all=int(counts[-1])))


def marked_curve(
    curve: tuple[np.ndarray, np.ndarray, str], mark: tuple[float, float, str], title: str, said: str
) -> Plain:
    """Return test accuracies as a curve, with one point marked: x, y and the name of each, and the title of x."""
    x, y, name = curve
    here_x, here_y, here = mark
    return plain_figure(
        {
            "type": "scatter", "mode": "lines", "x": as_float32(x), "y": as_float32(y), "name": name,
            "line": {"color": TEST_COLOUR, "width": 3}, "hovertemplate": f"{said}<extra>%{{fullData.name}}</extra>",
        },
        {
            "type": "scatter", "mode": "markers", "x": [here_x], "y": [here_y], "name": here,
            "marker": {"color": MARK_COLOUR, "size": 13, "symbol": "diamond"},
            "hovertemplate": f"{said}<extra>%{{fullData.name}}</extra>",
        },
        xaxis={"title": {"text": title}},
        yaxis={"title": {"text": _("test accuracy")}, "tickformat": ".0%", "range": [0, 1.02]},
        margin={"l": 60, "r": 26, "t": 30, "b": 45},
    )  # fmt: skip
