"""One neuron: in the brain, on paper, and its activation."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from digitviz.figures.colours import (
    ADDS,
    BOX_COLOUR,
    MUTED_COLOUR,
    NEGATIVE_COLOUR,
    NUCLEUS_COLOUR,
    ON_BOX_COLOUR,
    PAPER_COLOUR,
    PASSES,
    POSITIVE_COLOUR,
    RECEIVES,
    SENDS,
    TEST_COLOUR,
)
from digitviz.figures.picture import Picture, Plain, plain_figure
from digitviz.figures.sentence import says, short
from digitviz.language import gettext as _
from digitviz.language import ngettext
from digitviz.networks.activations import Activation

MOST_Z = 1_000.0
"""A curve is not extended further than this to reach its working point."""


def _number(value: float, digits: int = 4) -> str:
    """Write a number with a true minus."""
    return f"{value:.{digits}g}".replace("-", "−")


def _drawing(right: float, top: float) -> Plain:
    hidden: dict[str, Any] = {"visible": False, "fixedrange": True}
    return plain_figure(
        xaxis={**hidden, "range": [0, right]},
        yaxis={**hidden, "range": [0, top]},
        margin={"l": 0, "r": 0, "t": 0, "b": 0},
        showlegend=False,
        dragmode=False,
        annotations=[],
        shapes=[],
    )


def _label(figure: Plain, x: float, y: float, text: str, colour: str | None = None, **more: Any) -> None:
    font = {"font": {"color": colour}} if colour else {}
    figure["layout"]["annotations"].append({"x": x, "y": y, "text": text, "showarrow": False, **font, **more})


def _curves(paths: Iterable[str], colour: str, width: int) -> list[dict[str, Any]]:
    line = {"color": colour, "width": width}
    return [{"type": "path", "layer": "below", "path": path, "line": line} for path in paths]


@Picture
def biological_neuron() -> Plain:
    """Draw a nerve cell with its dendrites, soma, axon and synapses."""
    figure = _drawing(10, 6)
    dendrites = [
        "M 2.7 3 C 2.0 3.6 1.7 4.2 1.0 4.7", "M 1.7 4.1 C 1.3 4.1 1.0 4.0 0.6 4.1",
        "M 1.9 3.85 C 1.9 4.4 1.8 4.7 1.7 5.1", "M 2.7 3 C 1.9 3.0 1.2 3.2 0.4 3.0",
        "M 1.4 3.08 C 1.0 2.8 0.8 2.6 0.5 2.3", "M 2.7 3 C 2.1 2.3 1.8 1.7 1.0 1.3",
        "M 1.8 1.9 C 1.8 1.5 1.7 1.2 1.7 0.9", "M 2.7 3 C 2.8 3.8 2.7 4.4 2.9 5.0",
        "M 2.75 4.1 C 3.0 4.4 3.3 4.6 3.5 4.7", "M 2.7 3 C 2.9 2.2 2.7 1.7 2.9 1.2",
    ]  # fmt: skip
    endings = {"M 7.7 3.1 C 8.2 3.4 8.4 4.0 9.0 4.4": (9.0, 4.4), "M 7.7 3.1 C 8.3 3.1 8.7 3.2 9.3 3.1": (9.3, 3.1),
               "M 7.7 3.1 C 8.2 2.7 8.4 2.2 9.0 1.8": (9.0, 1.8)}  # fmt: skip
    others = ("M 9.55 5.0 C 9.3 4.7 9.35 4.3 9.6 4.0", "M 9.9 3.6 C 9.6 3.3 9.6 2.9 9.9 2.6",
              "M 9.55 2.3 C 9.3 2.0 9.35 1.6 9.6 1.2")  # fmt: skip
    figure["layout"]["shapes"] += [
        *_curves(dendrites, RECEIVES, 4),
        *_curves(["M 3.2 3 C 4.6 3.25 6.2 2.85 7.7 3.1", *endings], SENDS, 5),
        *_curves(others, MUTED_COLOUR, 4),
    ]
    xs, ys = zip(*endings.values(), strict=True)
    figure["data"].append(
        {
            "type": "scatter",
            "x": [2.7, 2.7, *xs],
            "y": [3, 3, *ys],
            "mode": "markers",
            "marker": {"size": [58, 20, 15, 15, 15], "color": [ADDS, NUCLEUS_COLOUR, *[PASSES] * 3], "opacity": 1},
            "hovertext": [_("soma"), _("nucleus"), *[_("synapse")] * 3],
            "hoverinfo": "text",
        }
    )
    _label(figure, 1.5, 5.6, _("<b>dendrites</b> receive"), RECEIVES)
    _label(figure, 2.9, 0.5, _("<b>soma</b> adds up"), ADDS)
    _label(figure, 5.6, 3.6, _("<b>axon</b> sends on"), SENDS)
    _label(figure, 5.6, 2.35, _("fires only past<br>a <b>threshold</b>"))
    _label(figure, 7.7, 5.6, _("<b>synapses</b> pass it to others"), PASSES)
    return says(
        figure, _("A nerve cell: dendrites receive, the soma adds up, the axon sends on, synapses pass it to others")
    )


@Picture
def perceptron(
    inputs: Sequence[float],
    weights: Sequence[float],
    products: Sequence[float],
    bias: float,
    z: float,
    output: float,
    activation: str,
) -> Plain:
    """Draw a neuron on paper, with its numbers; the product shows when hovering over a weight.

    Parameters
    ----------
    inputs, weights, products : sequence of float
    bias, z, output : float
    activation : str
        Title of the activation.
    """
    figure = _drawing(10, 6)
    heights = [3.4] if len(inputs) == 1 else np.linspace(4.8, 1.8 if len(inputs) < 4 else 1.2, len(inputs)).tolist()
    size = 46 if len(inputs) < 4 else 34  # of an input, so that none touches the next
    largest = max(map(abs, weights), default=0.0) or 1.0
    entering = zip(heights, weights, inputs, products, strict=True)
    for number, (height, weight, value, product) in enumerate(entering, start=1):
        words = f"{_number(value)} × {_number(weight)} = {_number(product)}"
        _add_weight(figure, height, weight, largest, f"w<sub>{number}</sub> = {_number(weight)}", words)
    nodes = {
        "type": "scatter",
        "x": [*[1.0] * len(inputs), 4.7, 6.9, 9.0, 4.7],
        "y": [*heights, 3.4, 3.4, 3.4, 0.9],
        "mode": "markers+text",
        "text": [
            *(_number(value, 3) for value in inputs), f"Σ {_number(z)}", activation, _number(output),
            f"b {_number(bias, 3)}",
        ],
        "textfont": {
            "color": [*[PAPER_COLOUR] * (len(inputs) + 1), ON_BOX_COLOUR, PAPER_COLOUR, ON_BOX_COLOUR], "size": 14,
        },
        "marker": {
            "size": [*[size] * len(inputs), 72, 72, 60, 46],
            "opacity": 1,
            "symbol": [*["circle"] * (len(inputs) + 1), "square", "circle", "circle"],
            "color": [*[RECEIVES] * len(inputs), ADDS, BOX_COLOUR, SENDS, BOX_COLOUR],
        },
        "hovertext": _hovers(inputs, z, activation, output, bias),
        "hoverinfo": "text",
    }  # fmt: skip
    figure["data"] += [_line([4.7, 9.0], [3.4, 3.4], 4, SENDS), _line([4.7, 4.7], [0.9, 3.4], 2, MUTED_COLOUR), nodes]
    _name_parts(figure)
    sentence = ngettext(
        "A neuron with {count} input: its sum is {sum}, its output {output}",
        "A neuron with {count} inputs: its sum is {sum}, its output {output}", len(inputs),
    )  # fmt: skip
    return says(figure, sentence.format(count=len(inputs), sum=short(z), output=short(output)))


def _line(x: list[float], y: list[float], width: float, colour: str) -> dict[str, Any]:
    return {
        "type": "scatter", "x": x, "y": y, "mode": "lines", "line": {"width": width, "color": colour},
        "hoverinfo": "skip",
    }  # fmt: skip


def _name_parts(figure: Plain) -> None:
    """Write beside each part of the perceptron what it is."""
    _label(figure, 1.0, 5.8, _("<b>inputs</b>"), RECEIVES)
    _label(figure, 2.8, 0.5, _("<b>weights</b>"), PASSES)
    _label(figure, 5.0, 4.75, _("<b>sum</b>"), ADDS)
    _label(figure, 6.9, 4.75, _("<b>activation</b>"))
    _label(figure, 9.0, 4.75, _("<b>output</b>"), SENDS)
    _label(figure, 5.9, 0.9, _("<b>bias</b>"), MUTED_COLOUR)


def _hovers(inputs: Sequence[float], z: float, activation: str, output: float, bias: float) -> list[str]:
    """Return what is said of each node of the perceptron."""
    of_inputs = [
        _("input {number}: {value}").format(number=number, value=_number(value, 6))
        for number, value in enumerate(inputs, start=1)
    ]
    return [
        *of_inputs,
        _("pre-activation: {value}").format(value=_number(z, 6)),
        _("activation: {name}").format(name=activation),
        _("output: {value}").format(value=_number(output, 6)),
        _("bias: {value}").format(value=_number(bias, 6)),
    ]


def _add_weight(figure: Plain, height: float, weight: float, largest: float, name: str, words: str) -> None:
    """Draw the line from an input at a height to the sum, with its weight as width; `words` show on hover."""
    colour = POSITIVE_COLOUR if weight >= 0 else NEGATIVE_COLOUR
    share = abs(weight) / largest if np.isfinite(weight) else 1.0
    line = _line([1.0, 4.7], [height, 3.4], 1.5 + 6 * share, colour)
    hovered = {
        "type": "scatter",
        "x": np.linspace(1.6, 3.8, 9),
        "y": np.interp(np.linspace(1.6, 3.8, 9), [1.0, 4.7], [height, 3.4]),
        "mode": "markers",
        "marker": {"size": 12, "opacity": 0},
        "text": [words] * 9,
        "hoverinfo": "text",
    }
    figure["data"] += [line | {"opacity": 1 if weight else 0.4}, hovered]
    _label(
        figure, 1.7, height + (3.4 - height) * 0.19, name, PASSES, xanchor="left",
        yshift=14 if height >= 3.4 else -14,
    )  # fmt: skip


@Picture
def activation_curves(activation: Activation, z: float) -> Plain:
    """Draw an activation and its derivative, with the working point marked on both.

    Parameters
    ----------
    activation : Activation
    z : float
        Pre-activation of the neuron; its point is left out if it is not finite or beyond `MOST_Z`.
    """
    seen = np.isfinite(z) and abs(z) <= MOST_Z
    reach = max(6.0, 1.2 * abs(z)) if seen else 6.0
    pre_activations = np.linspace(-reach, reach, 401)
    outputs = activation.function(pre_activations)
    figure = plain_figure(
        xaxis={"title": {"text": _("pre-activation z")}, "range": [-reach, reach]},
        yaxis={"title": {"text": _("activation a")}},
    )
    for name, values, colour, dash in (
        (str(activation.title), outputs, SENDS, "solid"),
        (_("its derivative"), activation.derivative(pre_activations, outputs), TEST_COLOUR, "dash"),
    ):
        figure["data"].append(
            {
                "type": "scatter", "x": pre_activations, "y": values, "name": name, "mode": "lines",
                "line": {"color": colour, "width": 3, "dash": dash},
                "hovertemplate": f"{name}<br>z = %{{x:.3g}}<br>%{{y:.4g}}<extra></extra>",
            }
        )  # fmt: skip
    if seen:
        point = np.array([z])
        output = activation.function(point)
        figure["data"].append(
            {
                "type": "scatter",
                "x": [z, z],
                "y": np.concatenate([output, activation.derivative(point, output)]),
                "name": _("this neuron"),
                "mode": "markers",
                "marker": {"size": 15, "color": [SENDS, TEST_COLOUR], "line": {"width": 2, "color": PAPER_COLOUR}},
                "hovertemplate": "z = %{x:.4g}<br>%{y:.4g}<extra>" + _("this neuron") + "</extra>",
            }
        )
    sentence = _("{activation} and its derivative; this neuron's pre-activation is {z}")
    return says(figure, sentence.format(activation=activation.title, z=short(z)))
