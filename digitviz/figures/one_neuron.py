"""One neuron of the first layer, large: what it looks for, and what it says to the ten digits."""

from __future__ import annotations

import numpy as np

from digitviz.figures.colours import NEGATIVE_COLOUR, POSITIVE_COLOUR
from digitviz.figures.picture import Picture, Plain, plain_figure
from digitviz.figures.sentence import says, short
from digitviz.figures.theme import as_float32, signed_axis
from digitviz.figures.weights import SIDE, neuron_name
from digitviz.language import gettext as _
from digitviz.networks.parameters import Parameters


@Picture
def one_neuron(parameters: Parameters, neuron: int, effects: np.ndarray | None = None) -> Plain:
    """Draw a neuron's 64 weights as a large image, and beside it the weights through which it reaches the ten digits.

    Parameters
    ----------
    parameters : Parameters
    neuron : int
        Of the first layer, from 0.
    effects : ndarray, shape (10,), optional
        See `digitviz.explanations.neurons.effects`; None if the first layer is the output.
    """
    name = neuron_name(parameters, neuron)
    image = as_float32(parameters.weights[0][:, neuron].reshape(SIDE, SIDE))
    numbers = [str(place + 1) for place in range(SIDE)]
    pixel = _("row {row}, column {column}<br>weight {number}").format(row="%{y}", column="%{x}", number="%{z:.5f}")
    axis = {"type": "category", "showgrid": False, "constrain": "domain"}
    traces: list[dict] = [
        {
            "type": "heatmap", "z": image, "x": numbers, "y": numbers, "coloraxis": "coloraxis", "xgap": 1, "ygap": 1,
            "hovertemplate": f"{pixel}<extra></extra>",
        }
    ]  # fmt: skip
    layout: dict = {
        "xaxis": {**axis, "title": {"text": _("column")}, "domain": [0, 1 if effects is None else 0.44]},
        "yaxis": {**axis, "title": {"text": _("row")}, "autorange": "reversed", "scaleanchor": "x"},
        "coloraxis": signed_axis(image, showscale=effects is None),
    }
    if effects is not None:
        direct = len(parameters.weights) == 2
        through = _("weight from {neuron}") if direct else _("product of the weights from {neuron}")
        colours = [NEGATIVE_COLOUR if effect < 0 else POSITIVE_COLOUR for effect in effects.tolist()]
        said = _("to digit {digit}: {number}").format(digit="%{y}", number="%{x:.5f}")
        traces.append(
            {
                "type": "bar", "orientation": "h", "x": as_float32(effects), "y": list(range(len(effects))),
                "xaxis": "x2", "yaxis": "y2", "hovertemplate": f"{said}<extra></extra>",
                "marker": {"color": colours},
            }
        )  # fmt: skip
        title = through.format(neuron=name)
        layout["xaxis2"] = {"anchor": "y2", "domain": [0.56, 1], "title": {"text": title}}
        layout["yaxis2"] = {
            "anchor": "x2", "title": {"text": _("digit")}, "autorange": "reversed", "dtick": 1, "showgrid": False,
        }  # fmt: skip
    figure = plain_figure(*traces, **layout, showlegend=False, meta={"scales": {"coloraxis": "signed"}})
    if effects is None:
        return says(figure, _("The 64 weights of {neuron} as a picture").format(neuron=name))
    sentence = _(
        "The 64 weights of {neuron} as a picture, and its weights to the ten digits; the largest: {weight}, to {digit}"
    )
    return says(figure, sentence.format(neuron=name, weight=short(effects.max()), digit=int(effects.argmax())))
