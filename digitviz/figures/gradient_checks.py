"""How right a gradient is: against differences, and the notebook's against that of its loss."""

from __future__ import annotations

import numpy as np
import plotly.graph_objects as go

from digitviz.figures.theme import TEST_COLOR, TRAIN_COLOR, new_figure
from digitviz.lesson.notebook_gradient import GradientsAlong

WIDE_RATIO = 1000
"""Between the largest and smallest length from which on their axis is logarithmic."""


def check_errors(epsilons: np.ndarray, errors: np.ndarray, chosen: float) -> go.Figure:
    """Draw how far a gradient by differences is from the one by hand, against how far the weight was turned.

    Parameters
    ----------
    epsilons, errors : ndarray, shape (n,)
        Errors are relative; those of exactly 0 are left out of the logarithmic picture.
    chosen : float
        One of `epsilons`, to mark.
    """
    figure = new_figure(
        xaxis={"title": {"text": "ε: how far the weight is turned"}, "type": "log", "exponentformat": "power"},
        yaxis={"title": {"text": "relative error"}, "type": "log", "exponentformat": "power"},
        showlegend=False,
    )
    figure.add_scatter(
        x=epsilons,
        y=np.where(errors > 0, errors, np.nan),
        mode="lines+markers",
        line={"color": TRAIN_COLOR, "width": 2},
        marker={"size": np.where(np.isclose(epsilons, chosen, rtol=1e-6), 15, 7).tolist()},
        hovertemplate="ε %{x:.0e}<br>relative error %{y:.2g}<extra></extra>",
    )
    return figure


def angle_and_length(along: GradientsAlong) -> go.Figure:
    """Draw the angle between the notebook's gradient and that of its loss above, and the ratio of lengths below."""
    # Beside the gradient of a loss that has become flat any other is endlessly long: no straight scale shows the rest.
    lengths_there = along.lengths[along.lengths > 0]  # neither 0 nor nan
    logarithmic = len(lengths_there) > 0 and lengths_there.max() > WIDE_RATIO * lengths_there.min()
    lengths = {"type": "log", "exponentformat": "power"} if logarithmic else {"rangemode": "tozero"}
    figure = new_figure(
        xaxis={"title": {"text": "batches finished"}, "anchor": "y2"},
        yaxis={"title": {"text": "angle"}, "domain": [0.55, 1], "range": [0, 95], "ticksuffix": "°"},
        yaxis2={"title": {"text": "times as long"}, "domain": [0, 0.45], **lengths},
        showlegend=False,
    )
    for values, axis, color, words in (
        (along.angles, "y", TRAIN_COLOR, "%{y:.1f}"),
        (along.lengths, "y2", TEST_COLOR, "%{y:.3g} times"),
    ):
        figure.add_scatter(
            x=along.batches,
            y=values,
            yaxis=axis,
            mode="lines+markers",
            line={"color": color, "width": 2},
            hovertemplate=f"after %{{x}} batches<br>{words}<extra></extra>",
        )
    return figure
