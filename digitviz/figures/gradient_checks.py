"""Gradients compared: with finite differences, and the notebook's with that of its loss."""

from __future__ import annotations

import numpy as np
import plotly.graph_objects as go

from digitviz.figures.colours import TEST_COLOUR, TRAIN_COLOUR
from digitviz.figures.sentence import says, short
from digitviz.figures.theme import new_figure
from digitviz.language import gettext as _
from digitviz.language import ngettext
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
        xaxis={"title": {"text": _("ε: how far the weight is moved")}, "type": "log", "exponentformat": "power"},
        yaxis={"title": {"text": _("relative error")}, "type": "log", "exponentformat": "power"},
        showlegend=False,
    )
    figure.add_scatter(
        x=epsilons,
        y=np.where(errors > 0, errors, np.nan),
        mode="lines+markers",
        line={"color": TRAIN_COLOUR, "width": 2},
        marker={"size": np.where(np.isclose(epsilons, chosen, rtol=1e-6), 15, 7).tolist()},
        hovertemplate="ε %{x}<br>" + _("relative error {error}").format(error="%{y:.2~g}") + "<extra></extra>",
    )
    best = int(np.nan_to_num(errors, nan=np.inf).argmin())
    sentence = _("Relative error of a derivative by finite differences, smallest at ε = {epsilon}: {error}")
    return says(figure, sentence.format(epsilon=short(epsilons[best]), error=short(errors[best])))


def angle_and_length(along: GradientsAlong) -> go.Figure:
    """Draw the angle between the notebook's gradient and that of its loss above, and the ratio of lengths below."""
    # Where the loss has become flat, the ratio to its gradient grows without bound: no linear scale shows the rest.
    lengths_there = along.lengths[along.lengths > 0]  # neither 0 nor nan
    logarithmic = len(lengths_there) > 0 and lengths_there.max() > WIDE_RATIO * lengths_there.min()
    lengths = {"type": "log", "exponentformat": "power"} if logarithmic else {"rangemode": "tozero"}
    ticks = {"tickvals": along.batches.tolist()} if len(along.batches) == 1 else {}
    figure = new_figure(
        xaxis={"title": {"text": _("batches finished")}, "anchor": "y2", **ticks},
        yaxis={"title": {"text": _("angle")}, "domain": [0.55, 1], "range": [0, 95], "ticksuffix": "°"},
        yaxis2={"title": {"text": _("times as long")}, "domain": [0, 0.45], **lengths},
        showlegend=False,
    )
    for values, axis, colour, words in (
        (along.angles, "y", TRAIN_COLOUR, "%{y:.1f}°"),
        (along.lengths, "y2", TEST_COLOUR, _("{ratio} times as long").format(ratio="%{y:.3~g}")),
    ):
        figure.add_scatter(
            x=along.batches,
            y=values,
            yaxis=axis,
            mode="lines+markers",
            line={"color": colour, "width": 2},
            hovertemplate=_("after {batches} batches").format(batches="%{x}") + f"<br>{words}<extra></extra>",
        )
    batches, angle, times = (part[-1] if len(part) else np.nan for part in (along.batches, along.angles, along.lengths))
    sentence = ngettext(
        "After {batches} batch the notebook's gradient is {angle}° off and {times} times as long",
        "After {batches} batches the notebook's gradient is {angle}° off and {times} times as long",
        batches,
    )
    return says(figure, sentence.format(batches=f"{batches:,}", angle=short(angle), times=short(times)))
