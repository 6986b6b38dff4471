"""A network as nodes and edges, and the weighted sum of one of its neurons."""

from __future__ import annotations

import numpy as np
import plotly.graph_objects as go

from digitviz.figures.layout import Diagram
from digitviz.figures.neuron import ADDS, NEGATIVE_COLOUR, PASSES, POSITIVE_COLOUR, RECEIVES
from digitviz.figures.theme import MUTED_COLOUR, colour_axis, new_figure, signed_axis, subplot_titles
from digitviz.lesson.dot_product import DotProduct

STRENGTHS = (0.12, 0.3, 0.55, 0.9)
"""Opacity of edges, from the weakest quarter of the scale to the strongest."""


def network_diagram(diagram: Diagram, activities: list[np.ndarray], picked: tuple[int, int] | None = None) -> go.Figure:
    """Draw a network: nodes shaded by their activations, edges by their weights.

    Parameters
    ----------
    diagram : Diagram
    activities : list of ndarray
        Activations of every layer for one digit; of the last, probabilities.
    picked : (int, int), optional
        Layer and index of a neuron; the edges that enter it stand out.
    """
    figure = new_figure(
        coloraxis=colour_axis("ink", cmin=0, cmax=1, showscale=False),
        meta={"scales": {"coloraxis": "ink"}},
        xaxis={"visible": False, "range": [-0.16, 1.16], "fixedrange": True},
        yaxis={"visible": False, "range": [-0.03, 1.08], "fixedrange": True},
        margin={"l": 0, "r": 0, "t": 30, "b": 0},
        dragmode=False,
    )
    node = (
        np.flatnonzero((diagram.layers == picked[0]) & (diagram.neurons == picked[1])) if picked else np.zeros(0, int)
    )
    enters = np.isin(diagram.targets, node)
    _add_edges(figure, diagram, enters)
    _add_words_on_weights(figure, diagram, enters)
    last = int(diagram.layers.max())
    for layer, (name, activity) in enumerate(zip(_layer_names(last), activities, strict=True)):
        _add_nodes(figure, diagram, layer, activity, picked)
        figure.add_annotation(
            x=layer / last, y=1.04, text=f"<b>{name}</b><br>{len(activity)}", showarrow=False, yanchor="bottom"
        )
    return figure.update_layout(legend={"y": -0.02, "yanchor": "top"}, margin={"t": 40, "b": 30})


def _layer_names(last: int) -> list[str]:
    layer_word = " layer" if last <= 2 else ""  # with more of them there is no room for it
    hidden_names = ["hidden layer"] if last == 2 else [f"hidden {number}" for number in range(1, last)]
    return [f"input{layer_word}", *hidden_names, f"output{layer_word}"]


def _add_edges(figure: go.Figure, diagram: Diagram, enters: np.ndarray) -> None:
    """Draw the edges in one trace per sign and strength, and those that enter the picked neuron in further ones."""
    largest = float(np.abs(diagram.weights).max(initial=0)) or 1.0
    level = np.minimum(np.abs(diagram.weights) / largest * len(STRENGTHS), len(STRENGTHS) - 1).astype(int)
    for positive, colour, name in (
        (False, NEGATIVE_COLOUR, "negative weight"),
        (True, POSITIVE_COLOUR, "positive weight"),
    ):
        for strength, opacity in enumerate(STRENGTHS):
            for stands_out in (False, True):
                chosen = (level == strength) & ((diagram.weights >= 0) == positive) & (enters == stands_out)
                faint = 0.25 if enters.any() and not stands_out else 1.0
                x, y = _lines(diagram, chosen)
                figure.add_scatter(
                    x=x,
                    y=y,
                    mode="lines",
                    line={"color": colour, "width": (1.5 if stands_out else 0.4) + 0.5 * strength},
                    opacity=opacity * faint if not stands_out else max(opacity, 0.4),
                    hoverinfo="skip",
                    showlegend=False,
                )
        figure.add_scatter(x=[None], y=[None], mode="lines", line={"color": colour, "width": 3}, name=name)


def _add_words_on_weights(figure: go.Figure, diagram: Diagram, enters: np.ndarray) -> None:
    """Put hover texts on the edges that enter the picked neuron: a line itself cannot be hovered over."""
    middles = (diagram.positions[diagram.sources[enters]] * 2 + diagram.positions[diagram.targets[enters]]) / 3
    figure.add_scatter(
        x=middles[:, 0],
        y=middles[:, 1],
        mode="markers",
        marker={"size": 9, "color": "rgba(0,0,0,0)"},
        text=[f"weight {weight:.5f}" for weight in diagram.weights[enters]],
        hoverinfo="text",
        showlegend=False,
    )


def _add_nodes(
    figure: go.Figure, diagram: Diagram, layer: int, activity: np.ndarray, picked: tuple[int, int] | None
) -> None:
    """Draw the neurons of a layer, shaded by their activations."""
    here, last = diagram.layers == layer, int(diagram.layers.max())
    neurons = diagram.neurons[here]
    values = np.nan_to_num(activity[neurons])  # a network that diverged has activations of inf or nan
    # Probabilities keep their own scale: ten pale nodes are an undecided network.
    scale = 1.0 if layer == last else float(np.abs(values).max(initial=0)) or 1.0
    crowd = len(neurons)
    is_picked = [picked == (layer, neuron) for neuron in neurons]
    figure.add_scatter(
        x=diagram.positions[here, 0],
        y=diagram.positions[here, 1],
        mode="markers+text" if crowd <= 12 and layer == last else "markers",
        text=[str(neuron) for neuron in neurons],
        textposition="middle right",
        customdata=[[layer, int(neuron)] for neuron in neurons],
        marker={
            "size": 9 if crowd > 30 else 15 if crowd > 12 else 20,
            "color": np.abs(values) / scale,
            "coloraxis": "coloraxis",
            "opacity": 1,
            "line": {
                "width": [4 if chosen else 1 for chosen in is_picked] if picked else 1,
                "color": [POSITIVE_COLOUR if chosen else MUTED_COLOUR for chosen in is_picked],
            },
        },
        hovertext=[
            f"{'pixel' if layer == 0 else 'digit' if layer == last else 'neuron'} {neuron}: {value:.4g}"
            for neuron, value in zip(neurons, values, strict=True)
        ],
        hoverinfo="text",
        showlegend=False,
    )


def _lines(diagram: Diagram, chosen: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Concatenate edges, with a gap after each."""
    ends = np.full((int(chosen.sum()), 3, 2), np.nan, np.float32)
    ends[:, 0] = diagram.positions[diagram.sources[chosen]]
    ends[:, 1] = diagram.positions[diagram.targets[chosen]]
    return ends[:, :, 0].ravel(), ends[:, :, 1].ravel()


def products_as_pictures(dot: DotProduct) -> go.Figure:
    """Draw the inputs of a neuron of the first layer, its weights, and their products, as 8 x 8 pictures."""
    figure = new_figure(
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
    for number, (name, values) in enumerate(
        {"x": dot.values, "w": dot.weights, "x times w": dot.products}.items(), start=1
    ):
        axis = "" if number == 1 else str(number)
        figure.add_heatmap(
            z=values.reshape(8, 8),
            coloraxis=f"coloraxis{axis}",
            xaxis=f"x{axis}",
            yaxis=f"y{axis}",
            hovertemplate=f"{name}<br>row %{{y}}, column %{{x}}<br>%{{z:.5g}}<extra></extra>",
        )
        left = (number - 1) * 0.35
        figure.update_layout(
            {
                f"xaxis{axis}": {
                    "visible": False, "anchor": f"y{axis}", "domain": [left, left + 0.3], "constrain": "domain",
                },
                f"yaxis{axis}": {
                    "visible": False, "anchor": f"x{axis}", "autorange": "reversed", "scaleanchor": f"x{axis}",
                    "constrain": "domain",
                },
            }
        )  # fmt: skip
    return figure.update_layout(annotations=subplot_titles(dict(zip(("", "2", "3"), titles, strict=True))))


def products_as_bars(dot: DotProduct, source: str = "neuron", most: int = 64) -> go.Figure:
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
    figure = new_figure(
        xaxis={"title": {"text": f"from {source}"}, "type": "category", "showgrid": False},
        yaxis={"title": {"text": "input times weight"}},
        showlegend=False,
    )
    figure.add_bar(
        x=[str(place) for place in order],
        y=products,
        marker={"color": [POSITIVE_COLOUR if product >= 0 else NEGATIVE_COLOUR for product in products]},
        customdata=np.stack([dot.values[order], dot.weights[order]], axis=1),
        hovertemplate=f"from {source} %{{x}}<br>"
        "%{customdata[0]:.4g} × %{customdata[1]:.4g} = %{y:.4g}<extra></extra>",
    )
    return figure
