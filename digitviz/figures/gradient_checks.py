"""Gradients compared: with finite differences, and the notebook's with that of its loss."""

from __future__ import annotations

import numpy as np
import plotly.graph_objects as go

from digitviz.figures.theme import TEST_COLOUR, TRAIN_COLOUR, new_figure
from digitviz.lesson.notebook_gradient import GradientsAlong

WIDE_RATIO = 1000
"""Ratio of the largest to the smallest length above which their axis is logarithmic."""


def check_errors(epsilons: np.ndarray, errors: np.ndarray, chosen: float) -> go.Figure:
    """Draw the error of a derivative by finite differences against how far the weight was moved.

    Parameters
    ----------
    epsilons, errors : ndarray, shape (n,)
        Errors are relative; those of exactly 0 have no place on the logarithmic axis.
    chosen : float
        The one of `epsilons` to mark.
    """
    figure = new_figure(
        xaxis={"title": {"text": "ε: how far the weight is moved"}, "type": "log", "exponentformat": "power"},
        yaxis={"title": {"text": "relative error"}, "type": "log", "exponentformat": "power"},
        showlegend=False,
    )
    figure.add_scatter(
        x=epsilons,
        y=np.where(errors > 0, errors, np.nan),
        mode="lines+markers",
        line={"color": TRAIN_COLOUR, "width": 2},
        marker={"size": np.where(np.isclose(epsilons, chosen, rtol=1e-6), 15, 7).tolist()},
        hovertemplate="ε %{x:.0e}<br>relative error %{y:.2g}<extra></extra>",
    )
    return figure


def angle_and_length(along: GradientsAlong) -> go.Figure:
    """Draw the angle between the notebook's gradient and that of its loss above, and the ratio of lengths below."""
    # Where the loss has become flat, the ratio to its gradient grows without bound: no linear scale shows the rest.
    lengths_there = along.lengths[along.lengths > 0]  # neither 0 nor nan
    logarithmic = len(lengths_there) > 0 and lengths_there.max() > WIDE_RATIO * lengths_there.min()
    lengths = {"type": "log", "exponentformat": "power"} if logarithmic else {"rangemode": "tozero"}
    figure = new_figure(
        xaxis={"title": {"text": "batches finished"}, "anchor": "y2"},
        yaxis={"title": {"text": "angle"}, "domain": [0.55, 1], "range": [0, 95], "ticksuffix": "°"},
        yaxis2={"title": {"text": "times as long"}, "domain": [0, 0.45], **lengths},
        showlegend=False,
    )
    for values, axis, colour, words in (
        (along.angles, "y", TRAIN_COLOUR, "%{y:.1f}"),
        (along.lengths, "y2", TEST_COLOUR, "%{y:.3g} times"),
    ):
        figure.add_scatter(
            x=along.batches,
            y=values,
            yaxis=axis,
            mode="lines+markers",
            line={"color": colour, "width": 2},
            hovertemplate=f"after %{{x}} batches<br>{words}<extra></extra>",
        )
    return figure
