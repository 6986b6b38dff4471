"""All activations and their derivatives, for backpropagation."""

from __future__ import annotations

import numpy as np

from digitviz.figures.colours import TEST_COLOUR
from digitviz.figures.picture import Picture, Plain, plain_figure
from digitviz.figures.sentence import says, short
from digitviz.language import gettext as _
from digitviz.networks.activations import ACTIVATIONS


@Picture
def activation_derivatives(chosen: str, z: float) -> Plain:
    """Draw every activation above and its derivative below; one of them thicker, with a point at `z`.

    Parameters
    ----------
    chosen : str
        A name in `ACTIVATIONS`.
    z : float
    """
    pre_activations = np.linspace(-5, 5, 401)
    curves = {name: activation.value_and_derivative(pre_activations) for name, activation in ACTIVATIONS.items()}
    derivatives = np.array([derivative for value, derivative in curves.values()])
    reach = [derivatives.min() - 0.1, derivatives.max() + 0.1]
    figure = plain_figure(
        xaxis={"title": {"text": _("pre-activation z")}, "anchor": "y2", "range": [-5, 5]},
        yaxis={"title": {"text": "σ(z)"}, "domain": [0.55, 1], "range": [-1.6, 3.2]},
        yaxis2={"title": {"text": "σ′(z)"}, "domain": [0, 0.45], "range": reach},
    )
    for name, activation in ACTIVATIONS.items():
        width = 4 if name == chosen else 2
        for axis, values in zip(("y", "y2"), curves[name], strict=True):
            figure["data"].append(
                {
                    "type": "scatter",
                    "x": pre_activations,
                    "y": values,
                    "yaxis": axis,
                    "mode": "lines",
                    "name": str(activation.title),
                    "legendgroup": name,
                    "showlegend": axis == "y",
                    "line": {"color": activation.colour, "width": width},
                    "hovertemplate": f"{activation.title}<br>z %{{x:.2f}}<br>%{{y:.4~g}}<extra></extra>",
                }
            )
    for axis, value in zip(("y", "y2"), ACTIVATIONS[chosen].value_and_derivative(np.array([z])), strict=True):
        figure["data"].append(
            {
                "type": "scatter",
                "x": np.array([z]),
                "y": value,
                "yaxis": axis,
                "mode": "markers",
                "showlegend": False,
                "marker": {"size": 13, "color": TEST_COLOUR},
                "hovertemplate": "z %{x:.2f}<br>%{y:.4~g}<extra></extra>",
            }
        )
    sentence = _(
        "Activations and their derivatives; at z = {z} {activation} is {value} and its derivative {derivative}"
    )
    at_z = (short(part[0]) for part in ACTIVATIONS[chosen].value_and_derivative(np.array([z])))
    numbers = dict(zip(("value", "derivative"), at_z, strict=True))
    return says(figure, sentence.format(activation=ACTIVATIONS[chosen].title, z=short(z), **numbers))
