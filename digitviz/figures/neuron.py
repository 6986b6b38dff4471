"""One neuron: in the brain, on paper, its activation, and its line in the plane."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go

from digitviz.figures.theme import CORRECT_COLOUR, MUTED_COLOUR, TEST_COLOUR, TRAIN_COLOUR, WRONG_COLOUR, new_figure
from digitviz.networks.activations import Activation

NEGATIVE_COLOUR, POSITIVE_COLOUR = "#4a90c9", "#e06a4a"
"""Of weights: from the middle of each half of the signed scale, so that they stand out on white and on black."""

RECEIVES, ADDS, SENDS, PASSES = TRAIN_COLOUR, "#c77700", "#9a4fd0", WRONG_COLOUR
"""Colours of the four roles, the same in the brain and on paper."""

MOST_Z = 1_000.0
"""A curve is not extended further than this to reach its working point."""


def _drawing(right: float, top: float) -> go.Figure:
    hidden: dict[str, Any] = {"visible": False, "fixedrange": True}
    return new_figure(
        xaxis={**hidden, "range": [0, right]},
        yaxis={**hidden, "range": [0, top]},
        margin={"l": 0, "r": 0, "t": 0, "b": 0},
        showlegend=False,
        dragmode=False,
    )


def _label(figure: go.Figure, x: float, y: float, text: str, colour: str | None = None, **more: Any) -> None:
    figure.add_annotation(x=x, y=y, text=text, showarrow=False, font={"color": colour} if colour else None, **more)


def biological_neuron() -> go.Figure:
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
    for path in dendrites:
        figure.add_shape(type="path", layer="below", path=path, line={"color": RECEIVES, "width": 4})
    for path in ["M 3.2 3 C 4.6 3.25 6.2 2.85 7.7 3.1", *endings]:
        figure.add_shape(type="path", layer="below", path=path, line={"color": SENDS, "width": 5})
    for path in ("M 9.55 5.0 C 9.3 4.7 9.35 4.3 9.6 4.0", "M 9.9 3.6 C 9.6 3.3 9.6 2.9 9.9 2.6",
                 "M 9.55 2.3 C 9.3 2.0 9.35 1.6 9.6 1.2"):  # fmt: skip
        figure.add_shape(type="path", layer="below", path=path, line={"color": MUTED_COLOUR, "width": 4})
    xs, ys = zip(*endings.values(), strict=True)
    figure.add_scatter(
        x=[2.7, 2.7, *xs],
        y=[3, 3, *ys],
        mode="markers",
        marker={"size": [58, 20, 15, 15, 15], "color": [ADDS, "#7a4800", *[PASSES] * 3], "opacity": 1},
        hovertext=["soma", "nucleus", *["synapse"] * 3],
        hoverinfo="text",
    )
    _label(figure, 1.5, 5.6, "<b>dendrites</b> receive", RECEIVES)
    _label(figure, 2.9, 0.5, "<b>soma</b> adds up", ADDS)
    _label(figure, 5.6, 3.6, "<b>axon</b> sends on", SENDS)
    _label(figure, 5.6, 2.35, "fires only past<br>a <b>threshold</b>")
    _label(figure, 7.7, 5.6, "<b>synapses</b> pass it to others", PASSES)
    return figure


def perceptron(
    inputs: Sequence[float],
    weights: Sequence[float],
    products: Sequence[float],
    bias: float,
    z: float,
    output: float,
    activation: str,
) -> go.Figure:
    """Draw a neuron on paper, with its numbers; the product shows when hovering over a weight.

    Parameters
    ----------
    inputs, weights, products : sequence of float
    bias, z, output : float
    activation : str
        Title of the activation.
    """
    figure = _drawing(10, 6)
    heights = [3.4] if len(inputs) == 1 else np.linspace(5.0, 1.8, len(inputs)).tolist()
    largest = max(map(abs, weights), default=0.0) or 1.0
    entering = zip(heights, weights, inputs, products, strict=True)
    for number, (height, weight, value, product) in enumerate(entering, start=1):
        words = f"{value:.4g} × {weight:.4g} = {product:.4g}"
        _add_weight(figure, height, weight, largest, f"w<sub>{number}</sub> = {weight:.4g}", words)
    figure.add_scatter(x=[4.7, 9.0], y=[3.4, 3.4], mode="lines", line={"width": 4, "color": SENDS}, hoverinfo="skip")
    figure.add_scatter(
        x=[4.7, 4.7], y=[0.9, 3.4], mode="lines", line={"width": 2, "color": MUTED_COLOUR}, hoverinfo="skip"
    )
    figure.add_scatter(
        x=[*[1.0] * len(inputs), 4.7, 6.9, 9.0, 4.7],
        y=[*heights, 3.4, 3.4, 3.4, 0.9],
        mode="markers+text",
        text=[*(f"{value:.3g}" for value in inputs), f"Σ {z:.4g}", activation, f"{output:.4g}", f"b {bias:.3g}"],
        textfont={"color": ["#ffffff"] * len(inputs) + ["#1c2430", "#1c2430", "#ffffff", "#1c2430"], "size": 14},
        marker={
            "size": [*[46] * len(inputs), 72, 72, 60, 46],
            "opacity": 1,
            "symbol": [*["circle"] * (len(inputs) + 1), "square", "circle", "circle"],
            "color": [*[RECEIVES] * len(inputs), ADDS, "#c9d2dd", SENDS, "#c9d2dd"],
        },
        hovertext=[
            *(f"input {number}: {value:g}" for number, value in enumerate(inputs, start=1)),
            f"pre-activation: {z:g}", f"activation: {activation}", f"output: {output:g}", f"bias: {bias:g}",
        ],
        hoverinfo="text",
    )  # fmt: skip
    _label(figure, 1.0, 5.8, "<b>inputs</b>", RECEIVES)
    _label(figure, 2.8, 0.5, "<b>weights</b>", PASSES)
    _label(figure, 5.0, 4.75, "<b>sum</b>", ADDS)
    _label(figure, 6.9, 4.75, "<b>activation</b>")
    _label(figure, 9.0, 4.75, "<b>output</b>", SENDS)
    _label(figure, 5.9, 0.9, "<b>bias</b>", MUTED_COLOUR)
    return figure


def _add_weight(figure: go.Figure, height: float, weight: float, largest: float, name: str, words: str) -> None:
    """Draw the line from an input at a height to the sum, with its weight as width; `words` show on hover."""
    figure.add_scatter(
        x=[1.0, 4.7],
        y=[height, 3.4],
        mode="lines",
        line={"width": 1.5 + 6 * abs(weight) / largest, "color": POSITIVE_COLOUR if weight >= 0 else NEGATIVE_COLOUR},
        opacity=1 if weight else 0.4,
        hoverinfo="skip",
    )
    figure.add_scatter(
        x=np.linspace(1.6, 3.8, 9),
        y=np.interp(np.linspace(1.6, 3.8, 9), [1.0, 4.7], [height, 3.4]),
        mode="markers",
        marker={"size": 12, "opacity": 0},
        text=[words] * 9,
        hoverinfo="text",
    )
    _label(
        figure, 2.2, height + (3.4 - height) * 0.32, name, PASSES, xanchor="left",
        yshift=14 if height >= 3.4 else -14,
    )  # fmt: skip


def activation_curves(activation: Activation, z: float) -> go.Figure:
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
    figure = new_figure(
        xaxis={"title": {"text": "pre-activation z"}, "range": [-reach, reach]},
        yaxis={"title": {"text": "activation a"}},
    )
    for name, values, colour, dash in (
        (activation.title, outputs, SENDS, "solid"),
        ("its derivative", activation.derivative(pre_activations, outputs), TEST_COLOUR, "dash"),
    ):
        figure.add_scatter(
            x=pre_activations, y=values, name=name, mode="lines", line={"color": colour, "width": 3, "dash": dash},
            hovertemplate=f"{name}<br>z = %{{x:.3g}}<br>%{{y:.4g}}<extra></extra>",
        )  # fmt: skip
    if seen:
        point = np.array([z])
        output = activation.function(point)
        figure.add_scatter(
            x=[z, z],
            y=[output[0], activation.derivative(point, output)[0]],
            name="this neuron",
            mode="markers",
            marker={"size": 15, "color": [SENDS, TEST_COLOUR], "line": {"width": 2, "color": "#ffffff"}},
            hovertemplate="z = %{x:.4g}<br>%{y:.4g}<extra>this neuron</extra>",
        )
    return figure


def decision_plane(
    region: np.ndarray,
    line: np.ndarray,
    points: np.ndarray,
    targets: np.ndarray,
    answers: np.ndarray,
    here: Sequence[float],
    bounds: tuple[float, float],
    next_point: int | None = None,
) -> go.Figure:
    """Draw the plane of two inputs: where the neuron fires, its decision line, and the points to separate.

    Parameters
    ----------
    region : ndarray, shape (corners, 2)
        Where it fires.
    line : ndarray, shape (2, 2) or (0, 2)
    points : ndarray, shape (n, 2)
    targets, answers : ndarray of int, shape (n,)
        What the neuron should give and what it gives: 0 or 1.
    here : sequence of float, length 2
        The current inputs.
    bounds : (float, float)
        Range of both axes.
    next_point : int, optional
        The point that comes next, circled.
    """
    axis = {"range": list(bounds), "constrain": "domain"}
    figure = new_figure(
        xaxis={**axis, "title": {"text": "input x<sub>1</sub>"}},
        yaxis={**axis, "title": {"text": "input x<sub>2</sub>"}, "scaleanchor": "x"},
        legend={"y": 1.03},
    )
    figure.add_scatter(
        x=region[:, 0], y=region[:, 1], fill="toself", mode="none", fillcolor="rgba(154, 79, 208, 0.18)",
        name="fires: z > 0", hoverinfo="skip",
    )  # fmt: skip
    figure.add_scatter(
        x=line[:, 0], y=line[:, 1], mode="lines", line={"color": SENDS, "width": 3}, name="z = 0", hoverinfo="skip"
    )
    if next_point is not None:
        figure.add_scatter(
            x=points[[next_point], 0], y=points[[next_point], 1], mode="markers", name="comes next",
            marker={"size": 38, "color": "rgba(0,0,0,0)", "line": {"width": 3, "color": ADDS}}, hoverinfo="skip",
        )  # fmt: skip
    _add_targets(figure, points, targets, answers)
    if all(bounds[0] <= value <= bounds[1] for value in here):
        figure.add_scatter(
            x=[here[0]], y=[here[1]], mode="markers", name="inputs now",
            marker={"size": 16, "symbol": "x", "color": RECEIVES},
            hovertemplate="inputs now: (%{x}, %{y})<extra></extra>",
        )  # fmt: skip
    return figure


def _add_targets(figure: go.Figure, points: np.ndarray, targets: np.ndarray, answers: np.ndarray) -> None:
    """Draw the points with their targets, and whether the neuron gives them."""
    correct = targets == answers
    figure.add_scatter(
        x=points[:, 0],
        y=points[:, 1],
        mode="markers+text",
        name="should fire (1) or not (0)",
        text=[f"<b>{target}</b> {'✓' if good else '✗'}" for target, good in zip(targets, correct, strict=True)],
        textposition="top right",
        textfont={"size": 17, "color": [CORRECT_COLOUR if good else WRONG_COLOUR for good in correct]},
        marker={
            "size": 18,
            "symbol": ["circle" if target else "circle-open" for target in targets],
            "color": [CORRECT_COLOUR if good else WRONG_COLOUR for good in correct],
            "line": {"width": 3},
        },
        customdata=np.stack([targets, answers], axis=1),
        hovertemplate="(%{x}, %{y})<br>should give %{customdata[0]}, gives %{customdata[1]}<extra></extra>",
    )
