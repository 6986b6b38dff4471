"""A network as nodes and edges, and the weighted sum of one of its neurons."""

from __future__ import annotations

from typing import Any

import numpy as np

from digitviz.figures.colours import ADDS, INVISIBLE, MUTED_COLOUR, NEGATIVE_COLOUR, PASSES, POSITIVE_COLOUR, RECEIVES
from digitviz.figures.layout import Diagram
from digitviz.figures.picture import Picture, Plain, plain_figure
from digitviz.figures.sentence import says, short
from digitviz.figures.theme import colour_axis, signed_axis, subplot_titles
from digitviz.language import gettext as _
from digitviz.lesson.dot_product import DotProduct

STRENGTHS = (0.12, 0.3, 0.55, 0.9)
"""Opacity of edges, from the weakest quarter of the scale to the strongest."""


@Picture
def network_diagram(diagram: Diagram, activities: list[np.ndarray], picked: tuple[int, int] | None = None) -> Plain:
    """Draw a network: nodes shaded by their activations, edges by their weights.

    Parameters
    ----------
    diagram : Diagram
    activities : list of ndarray
        Activations of every layer for one digit; of the last, probabilities.
    picked : (int, int), optional
        Layer and index of a neuron; the edges that enter it stand out.
    """
    node = (
        np.flatnonzero((diagram.layers == picked[0]) & (diagram.neurons == picked[1])) if picked else np.zeros(0, int)
    )
    enters = np.isin(diagram.targets, node)
    last = int(diagram.layers.max())
    figure = plain_figure(
        *_edges(diagram, enters),
        _words_on_weights(diagram, enters),
        *(_nodes(diagram, layer, activity, picked) for layer, activity in enumerate(activities)),
        coloraxis=colour_axis("ink", cmin=0, cmax=1, showscale=False),
        meta={"scales": {"coloraxis": "ink"}},
        xaxis={"visible": False, "range": [-0.16, 1.16], "fixedrange": True},
        yaxis={"visible": False, "range": [-0.03, 1.08], "fixedrange": True},
        margin={"l": 0, "r": 0, "t": 40, "b": 30},
        legend={"y": -0.02, "yanchor": "top"},
        dragmode=False,
        annotations=[
            {
                "x": layer / last, "y": 1.04, "text": f"<b>{name}</b><br>{len(activity)}", "showarrow": False,
                "yanchor": "bottom",
            }
            for layer, (name, activity) in enumerate(zip(_layer_names(last), activities, strict=True))
        ],
    )  # fmt: skip
    outputs = np.nan_to_num(activities[-1])
    sentence = _("A network with layers of {sizes} neurons; digit {digit} has the largest output, {output}")
    sizes = ", ".join(str(len(activity)) for activity in activities)
    return says(figure, sentence.format(sizes=sizes, digit=int(outputs.argmax()), output=short(outputs.max())))


def _layer_names(last: int) -> list[str]:
    if last <= 2:
        return [_("input layer"), *[_("hidden layer")] * (last - 1), _("output layer")]
    return [_("input"), *(_("hidden {number}").format(number=number) for number in range(1, last)), _("output")]


def _edges(diagram: Diagram, enters: np.ndarray) -> list[dict[str, Any]]:
    """Return the edges in one trace per sign and strength, and those that enter the picked neuron in further ones."""
    largest = float(np.abs(diagram.weights).max(initial=0)) or 1.0
    traces: list[dict[str, Any]] = []
    level = np.minimum(np.abs(diagram.weights) / largest * len(STRENGTHS), len(STRENGTHS) - 1).astype(int)
    for positive, colour, name in (
        (False, NEGATIVE_COLOUR, _("negative weight")),
        (True, POSITIVE_COLOUR, _("positive weight")),
    ):
        for strength, opacity in enumerate(STRENGTHS):
            for stands_out in (False, True):
                chosen = (level == strength) & ((diagram.weights >= 0) == positive) & (enters == stands_out)
                faint = 0.25 if enters.any() and not stands_out else 1.0
                x, y = _lines(diagram, chosen)
                traces.append(
                    {
                        "type": "scatter",
                        "x": x,
                        "y": y,
                        "mode": "lines",
                        "line": {"color": colour, "width": (1.5 if stands_out else 0.4) + 0.5 * strength},
                        "opacity": opacity * faint if not stands_out else max(opacity, 0.4),
                        "hoverinfo": "skip",
                        "showlegend": False,
                    }
                )
        in_the_legend = {"x": [None], "y": [None], "mode": "lines", "line": {"color": colour, "width": 3}, "name": name}
        traces.append({"type": "scatter", **in_the_legend})
    return traces


def _words_on_weights(diagram: Diagram, enters: np.ndarray) -> dict[str, Any]:
    """Return hover texts on the edges that enter the picked neuron: a line itself cannot be hovered over."""
    sources, targets = diagram.sources[enters], diagram.targets[enters]
    middles = (diagram.positions[sources] * 2 + diagram.positions[targets]) / 3
    numbers = _numbers(diagram)
    return {
        "type": "scatter",
        "x": middles[:, 0],
        "y": middles[:, 1],
        "mode": "markers",
        "marker": {"size": 9, "color": INVISIBLE},
        "text": [
            _("{source} → {target}: weight {weight}").format(
                source=numbers[source], target=numbers[target], weight=f"{weight:.5f}".replace("-", "−")
            )
            for source, target, weight in zip(sources, targets, diagram.weights[enters], strict=True)
        ],
        "hoverinfo": "text",
        "showlegend": False,
    }


def _numbers(diagram: Diagram) -> np.ndarray:
    """Return each node's number as people count: from 1, but an output is called by its digit."""
    return diagram.neurons + (diagram.layers < diagram.layers.max())


def _nodes(diagram: Diagram, layer: int, activity: np.ndarray, picked: tuple[int, int] | None) -> dict[str, Any]:
    """Return the neurons of a layer, shaded by their activations."""
    here, last = diagram.layers == layer, int(diagram.layers.max())
    neurons = diagram.neurons[here]
    values = np.nan_to_num(activity[neurons])  # a network that diverged has activations of inf or nan
    # Probabilities keep their own scale: ten pale nodes are an undecided network.
    scale = 1.0 if layer == last else float(np.abs(values).max(initial=0)) or 1.0
    crowd = len(neurons)
    words = _("neuron {number}: {value}")
    if layer in (0, last):
        words = _("pixel {number}: {value}") if layer == 0 else _("digit {number}: {value}")
    is_picked = [picked == (layer, neuron) for neuron in neurons]
    numbers = _numbers(diagram)[here]
    return {
        "type": "scatter",
        "x": diagram.positions[here, 0],
        "y": diagram.positions[here, 1],
        "cliponaxis": False,  # a large neuron reaches over the frame
        "mode": "markers+text",
        "text": _written(numbers, is_picked, layer == 0),
        "textposition": "middle left" if layer < last else "middle right",
        "customdata": [[layer, int(neuron)] for neuron in neurons],
        "marker": {
            "size": 7 if crowd > 30 else 14 if crowd > 12 else 20,
            "color": np.abs(values) / scale,
            "coloraxis": "coloraxis",
            "opacity": 1,
            "line": {
                "width": [4 if chosen else 1 for chosen in is_picked] if picked else 1,
                "color": [POSITIVE_COLOUR if chosen else MUTED_COLOUR for chosen in is_picked],
            },
        },
        "hovertext": [
            words.format(number=number, value=f"{value:.4g}".replace("-", "−"))
            for number, value in zip(numbers, values, strict=True)
        ],
        "hoverinfo": "text",
        "showlegend": False,
    }


def _written(numbers: np.ndarray, is_picked: list[bool], pixels: bool) -> list[str]:
    """Return what is written beside nodes: the number of the picked one, and of others where there is room."""
    room = len(numbers) <= 12
    ends_of_rows = numbers % 8 == 0 if pixels else np.zeros(len(numbers), bool)
    return [
        f"<b>{number}</b>" if chosen else str(number) if room or end else ""
        for number, chosen, end in zip(numbers, is_picked, ends_of_rows, strict=True)
    ]


def _lines(diagram: Diagram, chosen: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Concatenate edges, with a gap after each."""
    ends = np.full((int(chosen.sum()), 3, 2), np.nan, np.float32)
    ends[:, 0] = diagram.positions[diagram.sources[chosen]]
    ends[:, 1] = diagram.positions[diagram.targets[chosen]]
    return ends[:, :, 0].ravel(), ends[:, :, 1].ravel()


@Picture
def products_as_pictures(dot: DotProduct) -> Plain:
    """Draw the inputs of a neuron of the first layer, its weights, and their products, as 8 x 8 pictures."""
    figure = plain_figure(
        coloraxis=colour_axis("ink", cmin=0, showscale=False),
        coloraxis2=signed_axis(dot.weights, showscale=False),
        coloraxis3=signed_axis(dot.products, showscale=False),
        meta={"scales": {"coloraxis": "ink", "coloraxis2": "signed", "coloraxis3": "signed"}},
        margin={"l": 0, "r": 0, "t": 30, "b": 0},
    )
    titles = [
        f"<b style='color:{colour}'>{letter}</b>"
        for letter, colour in (("x", RECEIVES), ("w", PASSES), ("x · w", ADDS))
    ]
    place = _("row {row}, column {column}").format(row="%{y}", column="%{x}")
    for number, (name, values) in enumerate(
        {"x": dot.values, "w": dot.weights, "x · w": dot.products}.items(), start=1
    ):
        axis = "" if number == 1 else str(number)
        figure["data"].append(
            {
                "type": "heatmap",
                "z": values.reshape(8, 8),
                "coloraxis": f"coloraxis{axis}",
                "xaxis": f"x{axis}",
                "yaxis": f"y{axis}",
                "x": np.arange(1, 9),
                "y": np.arange(1, 9),
                "hovertemplate": f"{name}<br>{place}<br>%{{z:.5g}}<extra></extra>",
            }
        )
        left = (number - 1) * 0.35
        figure["layout"] |= {
            f"xaxis{axis}": {
                "visible": False, "anchor": f"y{axis}", "domain": [left, left + 0.3], "constrain": "domain",
            },
            f"yaxis{axis}": {
                "visible": False, "anchor": f"x{axis}", "autorange": "reversed", "scaleanchor": f"x{axis}",
                "constrain": "domain",
            },
        }  # fmt: skip
    figure["layout"]["annotations"] = subplot_titles(dict(zip(("", "2", "3"), titles, strict=True)))
    sentence = _("{count} inputs of a neuron, their weights, and their products, which add up to {sum}")
    return says(figure, sentence.format(count=len(dot.values), sum=short(dot.rest(0))))


@Picture
def products_as_bars(dot: DotProduct, source: str = "neuron", most: int = 64) -> Plain:
    """Draw the products of a neuron's weighted sum as bars, the largest first.

    Parameters
    ----------
    dot : DotProduct
    source : str
        Where the values come from: "neuron" or "pixel".
    most : int
        Largest number of bars.
    """
    order = dot.order[:most]
    products = dot.products[order]
    came = _("from pixel") if source == "pixel" else _("from neuron")
    how = "%{customdata[0]:.4g} × %{customdata[1]:.4g} = %{y:.4g}"
    bars = {
        "type": "bar",
        "x": [str(place + 1) for place in order],
        "y": products,
        "marker": {"color": [POSITIVE_COLOUR if product >= 0 else NEGATIVE_COLOUR for product in products]},
        "customdata": np.stack([dot.values[order], dot.weights[order]], axis=1),
        "hovertemplate": f"{came} %{{x}}<br>{how}<extra></extra>",
    }
    figure = plain_figure(
        bars,
        xaxis={"title": {"text": came}, "type": "category", "showgrid": False},
        yaxis={"title": {"text": _("input times weight")}},
        showlegend=False,
    )
    sentence = _("The {count} largest products of a neuron's weighted sum, the first {product}")
    return says(figure, sentence.format(count=len(order), product=short(products[0])))
