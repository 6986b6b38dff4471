"""How wrong a prediction is, and which weights of a linear neuron are to blame."""

from __future__ import annotations

import numpy as np
import plotly.graph_objects as go

from digitviz.figures.theme import CORRECT_COLOUR, DIGIT_COLORS, MUTED_COLOUR, TEST_COLOUR, TRAIN_COLOUR, new_figure
from digitviz.lesson.blame import Blame

CLICKABLE_HEIGHTS = 51
"""Probabilities of 0, 0.02, ... that a click can set."""


def guess_and_target(probabilities: np.ndarray, label: int) -> go.Figure:
    """Draw predicted probabilities as ten bars and the target as an outline: 1 at the correct digit, else 0.

    An invisible background catches the pointer at any height, so that a click gives a digit and a probability.

    Parameters
    ----------
    probabilities : ndarray, shape (10,)
    label : int
    """
    digits = list(range(len(probabilities)))
    figure = new_figure(
        xaxis={"title": {"text": "digit"}, "tickmode": "array", "tickvals": digits, "fixedrange": True},
        yaxis={"title": {"text": "probability"}, "range": [0, 1.05], "fixedrange": True},
        barmode="overlay",
        dragmode=False,
    )
    heights = np.linspace(0, 1, CLICKABLE_HEIGHTS)
    figure.add_heatmap(
        x=digits,
        y=heights,
        z=np.zeros((len(heights), len(digits)), np.uint8),
        customdata=np.tile(probabilities, (len(heights), 1)).astype(np.float32),
        opacity=0,
        showscale=False,
        hovertemplate=f"digit %{{x}}<br>prediction %{{customdata:.4g}}<br>target {label} is 1, all others 0"
        "<extra>click to set it to %{y:.2f}</extra>",
    )
    figure.add_bar(
        x=digits,
        y=probabilities,
        name="prediction a",
        marker={"color": list(DIGIT_COLORS)},
        showlegend=False,
        hoverinfo="skip",
    )
    figure.add_bar(
        x=[label],
        y=[1.0],
        name=f"target y: 1 at {label}, else 0",
        marker={"color": "rgba(0,0,0,0)", "line": {"color": MUTED_COLOUR, "width": 2}},
        hoverinfo="skip",
    )
    return figure


def losses_against_probability(
    probabilities: np.ndarray,
    costs: np.ndarray,
    cross_entropies: np.ndarray,
    now: tuple[float, float, float],
    label: int,
) -> go.Figure:
    """Draw both losses of one prediction against the correct digit's probability, and mark the prediction.

    Parameters
    ----------
    probabilities, costs, cross_entropies : ndarray, shape (points,)
    now : (float, float, float)
        The prediction: probability of the correct digit, its cost, its cross-entropy.
    label : int
        The correct digit.
    """
    top = max(5.0, now[2] * 1.1)
    figure = new_figure(
        xaxis={"title": {"text": f"probability of the correct digit, {label}"}, "range": [-0.02, 1.02]},
        yaxis={"title": {"text": "loss of this prediction"}, "range": [-0.03 * top, top]},
    )
    for name, values, value, colour, symbol in (
        ("squared error, halved", costs, now[1], TRAIN_COLOUR, "circle"),
        ("cross-entropy", cross_entropies, now[2], TEST_COLOUR, "diamond"),
    ):
        figure.add_scatter(
            x=probabilities,
            y=values,
            mode="lines",
            name=name,
            line={"color": colour, "width": 2.5},
            hovertemplate=f"probability %{{x:.3f}}<br>{name} %{{y:.4g}}<extra></extra>",
        )
        figure.add_scatter(
            x=[now[0]],
            y=[value],
            mode="markers",
            showlegend=False,
            marker={"color": colour, "size": 14, "symbol": symbol},
            hovertemplate=f"this prediction: probability %{{x:.4g}}<br>{name} %{{y:.4g}}<extra></extra>",
        )
    return figure


def error_parabola(blame: Blame) -> go.Figure:
    """Draw E = (t - o)^2 / 2 against the output, and the tangent, of slope -(t - o), at the current output."""
    reach = max(1.0, 1.4 * abs(blame.error))
    outputs = np.linspace(blame.target - reach, blame.target + reach, 121)
    tangent = np.array([blame.output - reach / 3, blame.output + reach / 3])
    figure = new_figure(
        xaxis={"title": {"text": "output o"}, "range": [outputs[0], outputs[-1]]},
        yaxis={"title": {"text": "E"}, "range": [-0.12 * reach**2, 0.55 * reach**2]},
    )
    figure.add_scatter(
        x=outputs,
        y=(blame.target - outputs) ** 2 / 2,
        mode="lines",
        name="E = (t − o)² / 2",
        line={"color": TRAIN_COLOUR, "width": 2.5},
        hovertemplate="output %{x:.4g}<br>E %{y:.4g}<extra></extra>",
    )
    figure.add_scatter(
        x=tangent,
        y=blame.squared_error + blame.derivative * (tangent - blame.output),
        mode="lines",
        name=f"tangent, dE/do = {blame.derivative:.4g}",
        line={"color": TEST_COLOUR, "width": 2.5, "dash": "dash"},
        hoverinfo="skip",
    )
    figure.add_scatter(
        x=[blame.output],
        y=[blame.squared_error],
        mode="markers",
        showlegend=False,
        marker={"color": TEST_COLOUR, "size": 13},
        hovertemplate="current output %{x:.4g}<br>E %{y:.4g}<extra></extra>",
    )
    return figure.add_vline(
        x=blame.target, line={"color": MUTED_COLOUR, "dash": "dot"}, annotation_text="target", annotation_yshift=-4
    )


def blame_shares(blame: Blame, steps: np.ndarray) -> go.Figure:
    """Draw how each weight changes: by its share of the error in proportion, and by a step of gradient descent.

    Parameters
    ----------
    blame : Blame
    steps : ndarray, shape (n,)
        - learning rate x gradient.
    """
    names = [f"w{i + 1} = {weight:.4g}" for i, weight in enumerate(blame.weights)]
    figure = new_figure(
        xaxis={"type": "category", "fixedrange": True},
        yaxis={"title": {"text": "change of the weight"}, "fixedrange": True},
        barmode="group",
    )
    for name, values, colour in (
        ("share in proportion to the weight", blame.shares, TRAIN_COLOUR),
        ("step of gradient descent", steps, CORRECT_COLOUR),
    ):
        if values is not None:
            figure.add_bar(
                x=names,
                y=values,
                name=name,
                marker={"color": colour},
                text=[f"{value:.3f}" for value in values],
                hovertemplate=f"%{{x}}<br>{name} %{{y:.5g}}<extra></extra>",
            )
    return figure
