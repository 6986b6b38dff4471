"""What the network has learnt: its weights as pictures."""

from __future__ import annotations

import numpy as np

from digitviz.figures.digits import tiles
from digitviz.figures.picture import Picture, Plain, plain_figure
from digitviz.figures.theme import as_float32, signed_axis, subplot_titles
from digitviz.figures.thinning import evenly
from digitviz.networks.parameters import INPUTS, OUTPUTS, Parameters

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
    enters = _names(entering, is_input=layer == 0)[rows]
    leaves = _output_names(leaving, is_output=layer == len(before.weights) - 1)[columns]
    panels = {
        f"{name} before": first,
        f"{name} now": last,
        "difference": last - first,
    }
    ticks = {"type": "category", "showgrid": False, "tickangle": 0}
    traces, axes = [], {}
    for number, matrix in enumerate(panels.values()):
        axis = "" if number == 0 else str(number + 1)
        traces.append(
            {
                "type": "heatmap", "z": as_float32(matrix), "x": leaves, "y": enters,
                "coloraxis": "coloraxis", "xaxis": f"x{axis}", "yaxis": f"y{axis}",
                "hovertemplate": "%{y}<br>%{x}<br>weight %{z:.5f}<extra></extra>",
            }
        )  # fmt: skip
        axes[f"xaxis{axis}"] = {
            **ticks,
            **_few_ticks(columns),
            "anchor": f"y{axis}",
            "domain": [number * 0.35, number * 0.35 + 0.3],
            "title": {"text": _leaving_title(layer, before) + _of_all(len(columns), leaving)},
        }
        axes[f"yaxis{axis}"] = {
            **ticks, **_few_ticks(rows), "anchor": f"x{axis}", "autorange": "reversed", "showticklabels": number == 0,
        }  # fmt: skip
    entering_title = "pixel" if layer == 0 else _leaving_title(layer - 1, before)
    axes["yaxis"]["title"] = {"text": entering_title + _of_all(len(rows), entering)}
    return plain_figure(
        *traces,
        **axes,
        annotations=subplot_titles(dict(zip(["", "2", "3"], panels, strict=True))),
        coloraxis=signed_axis(*panels.values(), colorbar={"title": {"text": "weight"}}),
        meta={"scales": {"coloraxis": "signed"}},
    )


def _names(count: int, is_input: bool) -> np.ndarray:
    if is_input and count == INPUTS:
        return np.array([f"pixel {i} (row {i // 8}, column {i % 8})" for i in range(count)])
    return np.array([f"from neuron {i}" for i in range(count)])


def _output_names(count: int, is_output: bool) -> np.ndarray:
    return np.array([f"digit {i}" if is_output and count == OUTPUTS else f"to neuron {i}" for i in range(count)])


def _leaving_title(layer: int, parameters: Parameters) -> str:
    if layer == len(parameters.weights) - 1:
        return "digit"
    return "neuron" if len(parameters.weights) == 2 else f"neuron, layer {layer + 1}"


def _of_all(shown: int, count: int) -> str:
    """Say how many are shown, if not all."""
    return "" if shown == count else f" ({shown} of {count} shown)"


def _few_ticks(places: np.ndarray) -> dict[str, list]:
    """Label every tenth cell of a categorical axis with its number, or all if there are few."""
    every = 1 if len(places) <= 10 else 8 if len(places) == 64 else 10
    positions = list(range(0, len(places), every))
    return {"tickvals": positions, "ticktext": [str(places[i]) for i in positions]}


@Picture
def neuron_images(
    parameters: Parameters,
    columns: int = 10,
    most: int = 100,
    order: np.ndarray | None = None,
    votes: np.ndarray | None = None,
) -> Plain:
    """Draw what each neuron of the first layer looks for: its 64 weights, arranged as an 8 x 8 image.

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
        The digit that each neuron supports: written below its picture.
    """
    weights = parameters.weights[0]
    shown = evenly(weights.shape[1], most)
    if order is not None:
        shown = order[shown]
    columns = min(columns, len(shown))
    images = as_float32(weights.T[shown].reshape(-1, 8, 8))
    caption = 0 if votes is None else CAPTION_ROWS
    padded = np.pad(images, ((0, 0), (0, caption), (0, 0)), constant_values=np.nan)
    numbers = tiles(np.repeat(shown, padded[0].size).reshape(padded.shape), columns)
    figure = plain_figure(
        {
            "type": "heatmap",
            "z": tiles(padded, columns),
            "customdata": np.nan_to_num(numbers).astype(np.uint16),
            "coloraxis": "coloraxis",
            "hovertemplate": "neuron %{customdata}<br>weight %{z:.5f}<extra></extra>",
            "hoverongaps": False,
        },
        coloraxis=signed_axis(images, colorbar={"title": {"text": "weight"}}),
        xaxis={"visible": False},
        yaxis={"visible": False, "autorange": "reversed", "scaleanchor": "x"},
        margin={"l": 0, "r": 0, "t": 0, "b": 0},
        showlegend=False,
        meta={"scales": {"coloraxis": "signed"}},
    )
    if votes is not None:
        place = np.arange(len(shown))
        figure["data"].append(
            {
                "type": "scatter",
                "x": (place % columns) * (padded.shape[2] + 1) + 3.5,
                "y": (place // columns) * (padded.shape[1] + 1) + 8.9,
                "mode": "text",
                "text": [f"→ <b>{vote}</b>" for vote in votes[shown]],
                "textfont": {"size": 13},
                "hoverinfo": "skip",
            }
        )
    return figure
