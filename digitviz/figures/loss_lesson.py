"""How wrong a prediction is, and which weights of a linear neuron are to blame."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import plotly.graph_objects as go

from digitviz.figures.colours import CORRECT_COLOUR, DIGIT_COLOURS, INVISIBLE, MUTED_COLOUR, TEST_COLOUR, TRAIN_COLOUR
from digitviz.figures.sentence import says, short
from digitviz.figures.theme import new_figure
from digitviz.language import gettext as _
from digitviz.lesson.blame import Blame

CLICKABLE_HEIGHTS = 51
"""Probabilities of 0, 0.02, ... that a click can set."""
SMALLEST_WRITTEN = 0.0005
"""A bar for less has no number: it would be 0.000."""
SHARE_COLOUR, STEP_COLOUR = TRAIN_COLOUR, CORRECT_COLOUR
"""Of the two ways to blame weights: in proportion to them, and by the gradient."""


def _minus(number: str) -> str:
    return number.replace("-", "−")


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
        xaxis={"title": {"text": _("digit")}, "tickmode": "array", "tickvals": digits, "fixedrange": True},
        yaxis={"title": {"text": _("probability")}, "range": [0, 1.05], "fixedrange": True},
        barmode="overlay",
        dragmode=False,
    )
    heights = np.linspace(0, 1, CLICKABLE_HEIGHTS)
    hover = _("digit {digit}<br>prediction {probability}<br>target: 1 at {label}, 0 at all others").format(
        digit="%{x}", probability="%{customdata:.4g}", label=label
    )
    click = _("select to set it to {height}").format(height="%{y:.2f}")
    figure.add_heatmap(
        x=digits,
        y=heights,
        z=np.zeros((len(heights), len(digits)), np.uint8),
        customdata=np.tile(probabilities, (len(heights), 1)).astype(np.float32),
        opacity=0,
        showscale=False,
        hovertemplate=f"{hover}<extra>{click}</extra>",
    )
    figure.add_bar(
        x=digits,
        y=probabilities,
        name=_("prediction p"),
        marker={"color": list(DIGIT_COLOURS)},
        showlegend=False,
        hoverinfo="skip",
    )
    figure.add_bar(
        x=[label],
        y=[1.0],
        name=_("target y: 1 at {label}, else 0").format(label=label),
        marker={"color": INVISIBLE, "line": {"color": MUTED_COLOUR, "width": 2}},
        hoverinfo="skip",
    )
    sentence = _("Predicted probabilities of the ten digits: {probability} for the correct one, {label}")
    return says(figure, sentence.format(probability=f"{probabilities[label]:.1%}", label=label))


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
        xaxis={
            "title": {"text": _("probability of the correct digit, {label}").format(label=label)},
            "range": [-0.02, 1.02],
        },
        yaxis={"title": {"text": _("loss of this prediction")}, "range": [-0.03 * top, top]},
    )
    for name, values, value, colour, symbol in (
        (_("squared error, halved"), costs, now[1], TRAIN_COLOUR, "circle"),
        (_("cross-entropy"), cross_entropies, now[2], TEST_COLOUR, "diamond"),
    ):
        along = _("probability {probability}<br>{loss} {value}").format(
            probability="%{x:.3f}", loss=name, value="%{y:.4g}"
        )
        here = _("this prediction: probability {probability}<br>{loss} {value}").format(
            probability="%{x:.4g}", loss=name, value="%{y:.4g}"
        )
        figure.add_scatter(
            x=probabilities,
            y=values,
            mode="lines",
            name=name,
            line={"color": colour, "width": 2.5},
            hovertemplate=f"{along}<extra></extra>",
        )
        figure.add_scatter(
            x=[now[0]],
            y=[value],
            mode="markers",
            showlegend=False,
            marker={"color": colour, "size": 14, "symbol": symbol},
            hovertemplate=f"{here}<extra></extra>",
        )
    sentence = _(
        "Two losses against the probability of the correct digit, {label}: at {probability} the squared error, halved, "
        "is {cost} and the cross-entropy {cross_entropy}"
    )
    numbers = {"probability": f"{now[0]:.1%}", "cost": short(now[1]), "cross_entropy": short(now[2])}
    return says(figure, sentence.format(label=label, **numbers))


def loss_terms(probabilities: np.ndarray, label: int) -> go.Figure:
    """Draw what each digit adds to the two losses of one prediction, as bars: squared error above, cross-entropy below.

    Parameters
    ----------
    probabilities : ndarray, shape (10,)
    label : int
        The correct digit.
    """
    digits = np.arange(len(probabilities))
    target = digits == label
    with np.errstate(divide="ignore", invalid="ignore"):
        squares, logarithms = (probabilities - target) ** 2 / 2, np.where(target, -np.log(probabilities), 0.0)
    axis = {"rangemode": "tozero", "fixedrange": True, "nticks": 4}
    figure = new_figure(
        xaxis={
            "title": {"text": _("digit (the label is {label})").format(label=label)}, "dtick": 1, "showgrid": False,
            "fixedrange": True, "anchor": "y2",
        },
        yaxis={**axis, "domain": [0.56, 1.0], "title": {"text": _("adds to C")}, "color": TRAIN_COLOUR},
        yaxis2={**axis, "domain": [0.0, 0.44], "title": {"text": _("adds to L")}, "color": TEST_COLOUR},
        bargap=0.3,
    )  # fmt: skip
    for name, values, colour, side in (
        (_("squared error C"), squares, TRAIN_COLOUR, "y"),
        (_("cross-entropy L"), logarithms, TEST_COLOUR, "y2"),
    ):
        hover = _("digit {digit}<br>adds {value} to the {loss}").format(digit="%{x}", value="%{y:.4g}", loss=name)
        figure.add_bar(
            x=digits, y=values, name=name, yaxis=side, marker={"color": colour},
            hovertemplate=f"{hover}<extra></extra>",
            text=[f"{value:.3f}" if value >= SMALLEST_WRITTEN else "" for value in values], textposition="outside",
            textfont={"size": 12}, cliponaxis=False, textangle=0, constraintext="none",
        )  # fmt: skip
    sentence = _(
        "What each of the ten digits contributes to the squared error, {cost} in total, and to the cross-entropy, "
        "{cross_entropy}; the label is {label}"
    )
    numbers = {"cost": short(squares.sum()), "cross_entropy": short(logarithms.sum())}
    return says(figure, sentence.format(label=label, **numbers))


def error_parabola(blame: Blame, landings: Mapping[str, tuple[float, str]] | None = None) -> go.Figure:
    """Draw E = (t - o)^2 / 2 against the output, and the tangent, of slope -(t - o), at the current output.

    Parameters
    ----------
    blame : Blame
    landings : mapping of str to (float, str), optional
        Outputs after the weights have changed, by the names of the ways to change them, and their colours.
    """
    landings = landings or {}
    farthest = max(abs(blame.error), *(abs(output - blame.target) for output, _colour in landings.values()), 0.0)
    reach = 1.4 * farthest or 1.0
    if not landings:
        reach = max(1.0, reach)  # some land close together and are seen from near
    outputs = np.linspace(blame.target - reach, blame.target + reach, 121)
    tangent = np.array([blame.output - reach / 3, blame.output + reach / 3])
    figure = new_figure(
        xaxis={"title": {"text": _("output o")}, "range": [outputs[0], outputs[-1]]},
        yaxis={"title": {"text": "E"}, "range": [-0.12 * reach**2, 0.55 * reach**2]},
    )
    figure.add_scatter(
        x=outputs,
        y=(blame.target - outputs) ** 2 / 2,
        mode="lines",
        name="E = (t − o)² / 2",
        line={"color": TRAIN_COLOUR, "width": 2.5},
        hovertemplate=_("output {output}<br>E {error}").format(output="%{x:.4g}", error="%{y:.4g}") + "<extra></extra>",
    )
    figure.add_scatter(
        x=tangent,
        y=blame.squared_error + blame.derivative * (tangent - blame.output),
        mode="lines",
        name=_("tangent, dE/do = {derivative}").format(derivative=_minus(f"{blame.derivative:.4g}")),
        line={"color": TEST_COLOUR, "width": 2.5, "dash": "dash"},
        hoverinfo="skip",
    )
    figure.add_scatter(
        x=[blame.output],
        y=[blame.squared_error],
        mode="markers",
        showlegend=False,
        marker={"color": TEST_COLOUR, "size": 13},
        hovertemplate=_("current output {output}<br>E {error}").format(output="%{x:.4g}", error="%{y:.4g}")
        + "<extra></extra>",
    )
    _add_landings(figure, blame, landings)
    figure.add_vline(
        x=blame.target, line={"color": MUTED_COLOUR, "dash": "dot"}, annotation_text=_("target"), annotation_yshift=-4
    )
    sentence = _("The error E against the output o: {error} at the output {output}, 0 at the target {target}")
    numbers = {"error": short(blame.squared_error), "output": short(blame.output), "target": short(blame.target)}
    return says(figure, sentence.format(**numbers))


def _add_landings(figure: go.Figure, blame: Blame, landings: Mapping[str, tuple[float, str]]) -> None:
    for name, (output, colour) in landings.items():
        hover = _("{way}<br>output {output}<br>E {error}").format(way=name, output="%{x:.4g}", error="%{y:.4g}")
        figure.add_scatter(
            x=[output], y=[(blame.target - output) ** 2 / 2], mode="markers", name=name,
            marker={"color": colour, "size": 14, "symbol": "diamond"}, hovertemplate=f"{hover}<extra></extra>",
        )  # fmt: skip


def blame_shares(blame: Blame, steps: np.ndarray) -> go.Figure:
    """Draw how each weight changes: by its share of the error in proportion, and by a step of gradient descent.

    Parameters
    ----------
    blame : Blame
    steps : ndarray, shape (n,)
        - learning rate x gradient.
    """
    names = [_minus(f"w{i + 1} = {weight:.4g}") for i, weight in enumerate(blame.weights)]
    figure = new_figure(
        xaxis={"type": "category", "fixedrange": True},
        yaxis={"title": {"text": _("change of the weight")}, "fixedrange": True},
        barmode="group",
    )
    for name, values, colour in (
        (_("share in proportion to the weight"), blame.shares, SHARE_COLOUR),
        (_("step of gradient descent"), steps, STEP_COLOUR),
    ):
        if values is not None:
            figure.add_bar(
                x=names,
                y=values,
                name=name,
                marker={"color": colour},
                text=[_minus(f"{value:.3f}") for value in values],
                hovertemplate=f"%{{x}}<br>{name} %{{y:.5g}}<extra></extra>",
            )
    sentence = _(
        "How {count} weights change in proportion to their share of the error, and by gradient descent: {steps}"
    )
    return says(figure, sentence.format(count=len(names), steps=", ".join(map(short, steps))))
