"""One matrix of weights, from which some were cut and to which some were typed."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import numpy as np

from digitviz.figures.colours import CORRECT_COLOUR, MARK_COLOUR
from digitviz.figures.picture import Picture, Plain, plain_figure
from digitviz.figures.sentence import says
from digitviz.figures.silenced import marked_curve
from digitviz.figures.theme import as_float32, signed_axis
from digitviz.figures.thinning import evenly
from digitviz.figures.weights import MOST_CELLS_PER_SIDE
from digitviz.language import gettext as _

Cell = tuple[int, int]
"""Row and column of a weight, from 0."""


def weights_shown(shape: tuple[int, int]) -> tuple[np.ndarray, np.ndarray]:
    """List the rows and the columns of a matrix that `weight_matrix` draws."""
    return evenly(shape[0], MOST_CELLS_PER_SIDE), evenly(shape[1], MOST_CELLS_PER_SIDE)


def weight_at(x: float, y: float, shape: tuple[int, int], is_last: bool) -> Cell | None:
    """Return row and column of the weight at a point of `weight_matrix`, from 0; None if there is none.

    Parameters
    ----------
    x, y : float
        Finite.
    shape : (int, int)
        Of the matrix.
    is_last : bool
        Whether its columns are the ten digits.
    """
    row, column = round(y) - 1, round(x) - (0 if is_last else 1)
    rows, columns = weights_shown(shape)
    return (row, column) if row in rows and column in columns else None


@Picture
def weight_matrix(
    weights: np.ndarray,
    before: np.ndarray,
    inputs: np.ndarray,
    layer: int,
    layers: int,
    chosen: Cell | None = None,
    typed: Collection[Cell] = (),
) -> Plain:
    """Draw a matrix of weights on the scale of what it was before; pointing at one tells what it adds for a digit.

    `weight_at` tells which was clicked.

    Parameters
    ----------
    weights, before : ndarray, shape (inputs, outputs)
        Now, and before anything was changed.
    inputs : ndarray, shape (inputs,)
        What enters this layer for the digit.
    layer, layers : int
        Which matrix, from 0, and how many there are.
    chosen : (int, int), optional
        A weight that gets a frame.
    typed : collection of (int, int)
        Weights that were typed; they get a thinner one.
    """
    is_last = layer == layers - 1
    rows, columns = weights_shown(weights.shape)
    drawn = weights[np.ix_(rows, columns)]
    with np.errstate(over="ignore", invalid="ignore"):  # of a network that diverged
        adds = inputs[rows, None] * drawn
    first = 0 if is_last else 1
    across, down = (columns + first).astype(np.int32), (rows + 1).astype(np.int32)
    framed = [(cell, CORRECT_COLOUR, 2.0) for cell in typed] + ([] if chosen is None else [(chosen, MARK_COLOUR, 3.0)])
    figure = plain_figure(
        {
            "type": "heatmap", "z": as_float32(drawn), "x": across, "y": down, "coloraxis": "coloraxis",
            "customdata": as_float32(np.stack([np.broadcast_to(inputs[rows, None], drawn.shape), adds], axis=-1)),
            "hovertemplate": _hover(layer, is_last),
        },
        coloraxis=signed_axis(before, colorbar={"title": {"text": _("weight")}}),
        xaxis={"title": {"text": _("digit") if is_last else _("neuron")}, "showgrid": False, "zeroline": False},
        yaxis={
            "title": {"text": _("pixel") if layer == 0 else _("neuron below")}, "autorange": "reversed",
            "showgrid": False, "zeroline": False,
        },
        shapes=[_frame(cell, first, colour, width) for cell, colour, width in framed],
        margin={"l": 55, "r": 0, "t": 8, "b": 40},
        showlegend=False,
        meta={"scales": {"coloraxis": "signed"}},
    )  # fmt: skip
    words = _("w{number}, {rows} × {columns} weights; {cut} of them are 0")
    return says(
        figure,
        words.format(number=layer + 1, rows=len(weights), columns=weights.shape[1], cut=int((weights == 0).sum())),
    )


def _hover(layer: int, is_last: bool) -> str:
    if layer == 0:
        place = _("pixel {row} → digit {column}") if is_last else _("pixel {row} → neuron {column}")
    else:
        place = _("neuron {row} → digit {column}") if is_last else _("neuron {row} → neuron {column}")
    product = _("input {input} × weight {weight} = {product}").format(
        input="%{customdata[0]:.4~g}", weight="%{z:.4~g}", product="<b>%{customdata[1]:.4~g}</b>"
    )
    return f"{place.format(row='%{y}', column='%{x}')}<br>{product}<extra></extra>"


def _frame(cell: Cell, first: int, colour: str, width: float) -> dict[str, Any]:
    row, column = cell[0] + 1, cell[1] + first
    line = {"color": colour, "width": width}
    sides = {"x0": column - 0.5, "x1": column + 0.5, "y0": row - 0.5, "y1": row + 0.5}
    return {"type": "rect", **sides, "line": line}


@Picture
def pruned_curve(fractions: np.ndarray, accuracies: np.ndarray, here: tuple[float, float]) -> Plain:
    """Draw the accuracy against the fraction of the weights that is cut, the smallest first.

    Parameters
    ----------
    fractions : ndarray, shape (n,)
        0 to 1.
    accuracies : ndarray, shape (n,)
    here : (float, float)
        The fraction that is cut now, and the accuracy now, whatever was typed as well.
    """
    said = _("{share} cut: {accuracy}").format(share="%{x:.0%}", accuracy="%{y:.1%}")
    figure = marked_curve(
        (fractions, accuracies, _("only cut")), (*here, _("now")), _("weights that are cut, the smallest first"), said
    )
    figure["layout"]["xaxis"] |= {"tickformat": ".0%", "range": [-0.01, 1.01]}
    words = _("Test accuracy against the weights that are cut: {accuracy} without {share}")
    return says(figure, words.format(accuracy=f"{here[1]:.1%}", share=f"{here[0]:.0%}"))
