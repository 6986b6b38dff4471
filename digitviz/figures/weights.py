"""What the network has learnt: its weights as pictures."""

from __future__ import annotations

from typing import Any

import numpy as np

from digitviz.figures import following
from digitviz.figures.digits import tiles
from digitviz.figures.picture import Picture, Plain, plain_figure
from digitviz.figures.sentence import says, short
from digitviz.figures.spots import spots
from digitviz.figures.theme import as_float32, signed_axis, subplot_titles
from digitviz.figures.thinning import evenly
from digitviz.language import gettext as _
from digitviz.language import ngettext
from digitviz.networks.parameters import INPUTS, OUTPUTS, Parameters

SIDE = 8
CAPTION_ROWS = 3
"""Height of the caption below a neuron's picture, in pixels of that picture."""
MOST_CELLS_PER_SIDE = 128
"""Of a larger matrix only this many rows and columns, evenly chosen, are drawn, and the axes say so."""


@Picture
def weights_before_after(before: Parameters, after: Parameters, layer: int = 0) -> Plain:
    """Draw the weights of a layer before training, now, and their difference, on one scale centred on zero.

    Parameters
    ----------
    before, after : Parameters
    layer : int
        0 for w1, 1 for w2, and so on.
    """
    name = f"w{layer + 1}"
    entering, leaving = before.weights[layer].shape
    rows, columns = evenly(entering, MOST_CELLS_PER_SIDE), evenly(leaving, MOST_CELLS_PER_SIDE)
    first, last = (parameters.weights[layer][np.ix_(rows, columns)] for parameters in (before, after))
    outputs = layer == len(before.weights) - 1
    enters = _names(entering, is_input=layer == 0)[rows]
    leaves = _output_names(leaving, is_output=outputs)[columns]
    panels = {
        _("{name} before").format(name=name): first,
        _("{name} now").format(name=name): last,
        _("difference"): last - first,
    }
    weight = _("weight {number}").format(number="%{z:.5f}")
    ticks = {"type": "category", "showgrid": False, "tickangle": 0}
    traces, axes = [], {}
    for number, matrix in enumerate(panels.values()):
        axis = "" if number == 0 else str(number + 1)
        traces.append(
            {
                "type": "heatmap", "z": as_float32(matrix), "x": leaves, "y": enters,
                "coloraxis": "coloraxis", "xaxis": f"x{axis}", "yaxis": f"y{axis}",
                "hovertemplate": f"%{{y}}<br>%{{x}}<br>{weight}<extra></extra>",
            }
        )  # fmt: skip
        axes[f"xaxis{axis}"] = {
            **ticks,
            **_few_ticks(columns, 0 if outputs and leaving == OUTPUTS else 1),
            "anchor": f"y{axis}",
            "domain": [number * 0.35, number * 0.35 + 0.3],
            "title": {"text": _of_all(_leaving_title(layer, before), len(columns), leaving)},
        }
        axes[f"yaxis{axis}"] = {
            **ticks, **_few_ticks(rows, 1),
            "anchor": f"x{axis}", "autorange": "reversed", "showticklabels": number == 0,
        }  # fmt: skip
    entering_title = _("pixel") if layer == 0 else _leaving_title(layer - 1, before)
    axes["yaxis"]["title"] = {"text": _of_all(entering_title, len(rows), entering)}
    figure = plain_figure(
        *traces,
        **axes,
        annotations=subplot_titles(dict(zip(["", "2", "3"], panels, strict=True))),
        coloraxis=signed_axis(*panels.values(), colorbar={"title": {"text": _("weight")}}),
        meta={"scales": {"coloraxis": "signed"}},
    )
    sentence = _("{name} before training and now, {rows} × {columns} weights; the largest change is {change}")
    change = short(np.abs(last - first).max())
    following.weights(figure, layer, rows, columns)
    return says(figure, sentence.format(name=name, rows=entering, columns=leaving, change=change))


def _names(count: int, is_input: bool) -> np.ndarray:
    if is_input and count == INPUTS:
        pixel = _("pixel {number} (row {row}, column {column})")
        return np.array([pixel.format(number=i + 1, row=i // 8 + 1, column=i % 8 + 1) for i in range(count)])
    return np.array([_("from neuron {number}").format(number=i + 1) for i in range(count)])


def _output_names(count: int, is_output: bool) -> np.ndarray:
    if is_output and count == OUTPUTS:
        return np.array([_("digit {digit}").format(digit=i) for i in range(count)])
    return np.array([_("to neuron {number}").format(number=i + 1) for i in range(count)])


def _leaving_title(layer: int, parameters: Parameters) -> str:
    if layer == len(parameters.weights) - 1:
        return _("digit")
    return _("neuron") if len(parameters.weights) == 2 else _("neuron, layer {number}").format(number=layer + 1)


def _of_all(title: str, shown: int, count: int) -> str:
    """Say behind an axis title how many are shown, if not all."""
    return (
        title
        if shown == count
        else _("{title} ({shown} of {count} shown)").format(title=title, shown=shown, count=count)
    )


def _few_ticks(places: np.ndarray, first: int) -> dict[str, list]:
    """Label every tenth cell of a categorical axis with its number, counted from `first`, or all if there are few."""
    every = 1 if len(places) <= 10 else 8 if len(places) == 64 else 10
    positions = list(range(0, len(places), every))
    return {"tickvals": positions, "ticktext": [str(places[i] + first) for i in positions]}


MOST_NEURONS = 100
NEURON_COLUMNS = 10


def neurons_shown(parameters: Parameters, most: int = MOST_NEURONS, order: np.ndarray | None = None) -> np.ndarray:
    """List the neurons of the first layer whose pictures `neuron_images` draws, in the order of the pictures."""
    shown = evenly(parameters.weights[0].shape[1], most)
    return shown if order is None else order[shown]


def neuron_at(x: float, y: float, shown: np.ndarray, columns: int = NEURON_COLUMNS) -> int | None:
    """Return the neuron whose picture or caption contains a point of `neuron_images`; None if there is none.

    Parameters
    ----------
    x, y : float
        Finite.
    shown : ndarray of int
        As `neurons_shown` returns them.
    columns : int
        Pictures per row.
    """
    columns = min(columns, len(shown))
    column, row = round(x) // (SIDE + 1), round(y) // (SIDE + CAPTION_ROWS + 1)
    place = row * columns + column
    return int(shown[place]) if 0 <= column < columns and row >= 0 and place < len(shown) else None


def neuron_name(parameters: Parameters, neuron: int) -> str:
    """Return what a neuron of the first layer is called: the digit, if that layer is the output; else its number."""
    if len(parameters.weights) == 1 and parameters.weights[0].shape[1] == OUTPUTS:
        return _("digit {digit}").format(digit=neuron)
    return _("neuron {number}").format(number=neuron + 1)


@Picture
def neuron_images(
    parameters: Parameters,
    columns: int = NEURON_COLUMNS,
    most: int = MOST_NEURONS,
    order: np.ndarray | None = None,
    votes: np.ndarray | None = None,
) -> Plain:
    """Draw what each neuron of the first layer looks for: its 64 weights, arranged as an 8 x 8 image.

    Below each stands its number, counted from 1. `neuron_at` tells which of them was clicked.

    Parameters
    ----------
    parameters : Parameters
    columns : int
        Pictures per row.
    most : int
        Largest number of neurons to draw, evenly chosen.
    order : ndarray of int, optional
        The neurons in the order of the pictures; by number if not given.
    votes : ndarray of int, shape (neurons,), optional
        The digit that each neuron supports: written behind its number, "17 → 5".
    """
    shown = neurons_shown(parameters, most, order)
    columns = min(columns, len(shown))
    images = as_float32(parameters.weights[0].T[shown].reshape(-1, SIDE, SIDE))
    padded = np.pad(images, ((0, 0), (0, CAPTION_ROWS), (0, 0)), constant_values=np.nan)
    is_output = len(parameters.weights) == 1
    first = 0 if is_output else 1
    numbers = tiles(np.repeat(shown + first, padded[0].size).reshape(padded.shape), columns)
    what = _("digit {digit}") if is_output else _("neuron {number}")
    what = what.format(digit="%{customdata}", number="%{customdata}")
    weight = _("weight {number}").format(number="%{z:.5f}")
    figure = plain_figure(
        {
            "type": "heatmap",
            "z": tiles(padded, columns),
            "customdata": np.nan_to_num(numbers).astype(np.uint16),
            "coloraxis": "coloraxis",
            "hovertemplate": f"{what}<br>{weight}<extra></extra>",
            "hoverongaps": False,
        },
        coloraxis=signed_axis(images, colorbar={"title": {"text": _("weight")}}),
        xaxis={"visible": False},
        yaxis={"visible": False, "autorange": "reversed", "scaleanchor": "x", "constrain": "domain"},
        margin={"l": 0, "r": 0, "t": 0, "b": 0},
        showlegend=False,
        meta={"scales": {"coloraxis": "signed"}},
    )
    figure["layout"]["meta"] |= _on_a_phone(figure["layout"]["coloraxis"]) if votes is not None else {}
    middles = _middles(len(shown), columns, padded.shape)
    figure["data"].append(_words_below(_captions(shown + first, votes, shown), *middles))
    following.follows(figure, "neurons", shown=shown.tolist(), columns=columns, votes=votes is not None)
    figure["layout"]["meta"]["spots"] = spots(*middles, _in_words(parameters, shown, votes), SIDE, SIDE)
    sentence = ngettext(
        "What {count} neuron looks for: its weights as a picture, from {lowest} to {highest}",
        "What {count} neurons look for: their weights as pictures, from {lowest} to {highest}",
        len(shown),
    )
    return says(figure, sentence.format(count=len(shown), lowest=short(images.min()), highest=short(images.max())))


def _captions(numbers: np.ndarray, votes: np.ndarray | None, shown: np.ndarray) -> list[str]:
    if votes is None:
        return [str(number) for number in numbers.tolist()]
    return [f"{number} → <b>{digit}</b>" for number, digit in zip(numbers.tolist(), votes[shown].tolist(), strict=True)]


def _on_a_phone(axis: dict[str, Any]) -> dict[str, Any]:
    """Return what gives long captions the room that they need there: smaller words, and the colour bar below."""
    title = {**axis["colorbar"]["title"], "side": "top"}
    bar = {"orientation": "h", "len": 0.8, "thickness": 12, "y": -0.02, "yanchor": "top", "title": title}
    margin = {"l": 0, "r": 0, "t": 0, "b": 60}
    return {"phone_words": 10, "phone_layout": {"coloraxis": {**axis, "colorbar": bar}, "margin": margin}}


def _in_words(parameters: Parameters, shown: np.ndarray, votes: np.ndarray | None) -> list[str]:
    if votes is None:
        return [neuron_name(parameters, neuron) for neuron in shown.tolist()]
    said = _("neuron {number} votes most for {digit}")
    return [said.format(number=neuron + 1, digit=votes[neuron]) for neuron in shown.tolist()]


def _middles(count: int, columns: int, shape: tuple[int, ...]) -> tuple[list[float], list[float]]:
    """Return where the middle of each picture is, across and down; `shape` is that of all with their captions."""
    place = np.arange(count)
    return (
        ((place % columns) * (shape[2] + 1) + (SIDE - 1) / 2).tolist(),
        ((place // columns) * (shape[1] + 1) + (SIDE - 1) / 2).tolist(),
    )


def _words_below(words: list[str], x: list[float], y: list[float]) -> dict[str, Any]:
    """Return the trace of one line of text below each picture, given the middles of all."""
    return {
        "type": "scatter",
        "x": np.array(x),
        "y": np.array(y) + 5.4,
        "mode": "text",
        "text": words,
        "textfont": {"size": 13},
        "hoverinfo": "skip",
    }
