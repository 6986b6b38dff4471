"""From logits to probabilities, as pictures."""

from __future__ import annotations

from typing import Any

import numpy as np

from digitviz.figures.colours import DIGIT_COLOURS, MUTED_COLOUR, TEST_COLOUR, TRAIN_COLOUR, WRONG_COLOUR
from digitviz.figures.picture import Picture, Plain, plain_figure
from digitviz.figures.sentence import says, short
from digitviz.language import gettext as _
from digitviz.lesson.softmax import LARGEST_EXPONENT, SMALLEST_EXPONENT

LARGEST_DRAWN = 1e300
"""Axes end here: what is added to their ends must still be a number."""


@Picture
def logits_and_probabilities(logits: np.ndarray, probabilities: np.ndarray, label: int) -> Plain:
    """Draw the ten logits of one digit and the probabilities that softmax makes of them, as bars from one zero.

    Parameters
    ----------
    logits, probabilities : ndarray, shape (10,)
    label : int
        The correct digit, whose place is shaded.
    """
    digits = np.arange(len(logits))
    below, above = _reach_of(logits)
    figure = plain_figure(
        xaxis={
            "title": {"text": _("digit (the label is {label})").format(label=label)}, "dtick": 1, "showgrid": False,
            "fixedrange": True,
        },
        yaxis={
            "title": {"text": _("logit z")}, "color": TRAIN_COLOUR, "range": [-1.1 * below, 1.1 * above],
            "zeroline": True, "zerolinewidth": 2, "zerolinecolor": MUTED_COLOUR,
        },
        yaxis2={
            "title": {"text": _("probability p")}, "color": TEST_COLOUR, "overlaying": "y", "side": "right",
            "range": [-1.1 * below / above, 1.1], "showgrid": False, "zeroline": False,
            "tickvals": [0, 0.5, 1],
        },
        barmode="group",
        bargap=0.25,
    )  # fmt: skip
    for name, values, colour, axis in (
        (_("logit z"), logits, TRAIN_COLOUR, "y"),
        (_("probability p"), probabilities, TEST_COLOUR, "y2"),
    ):
        hover = _("digit {digit}<br>{name} {value}").format(digit="%{x}", name=name, value="%{y:.4g}")
        figure["data"].append(
            {
                "type": "bar",
                "x": digits,
                "y": values,
                "name": name,
                "yaxis": axis,
                "offsetgroup": axis,
                "marker": {"color": colour},
                "hovertemplate": f"{hover}<extra></extra>",
            }
        )
    shade = {"fillcolor": MUTED_COLOUR, "opacity": 0.18, "line": {"width": 0}, "layer": "below"}
    figure["layout"]["shapes"] = [_band(label - 0.5, label + 0.5, shade)]
    largest = int(np.nan_to_num(probabilities).argmax())
    sentence = _(
        "Logits and probabilities of the ten digits: {digit} has the largest, {probability}; the label is {label}"
    )
    return says(figure, sentence.format(digit=largest, probability=f"{probabilities[largest]:.1%}", label=label))


def _band(start: float, end: float, shade: dict[str, Any]) -> dict[str, Any]:
    """Return a band from the bottom to the top of the picture."""
    return {"type": "rect", "xref": "x", "yref": "y domain", "x0": start, "x1": end, "y0": 0, "y1": 1, **shade}


def _reach_of(values: np.ndarray) -> tuple[float, float]:
    """Return how far an axis goes below and above zero: at least a third of it lies above, where probabilities are."""
    finite = np.clip(values[np.isfinite(values)].astype(np.float64), -LARGEST_DRAWN, LARGEST_DRAWN)
    below, above = float(max(0, -finite.min(initial=0))), float(finite.max(initial=0))
    above = max(above, 0.6 * below) or 1.0
    return below, above


@Picture
def powers_of_e(logits: np.ndarray, farthest: float) -> Plain:
    """Draw ten logits as exponents on a line, before and after the largest is subtracted, and where exp overflows.

    Parameters
    ----------
    logits : ndarray, shape (10,)
    farthest : float
        The line goes at least this far to the right.
    """
    row = np.asarray(logits, np.float64)
    with np.errstate(invalid="ignore"):
        lines = {"z": row, _("z − max"): row - row.max()}
    low, high = 1.35 * SMALLEST_EXPONENT, max(1.2 * LARGEST_EXPONENT, farthest)
    figure = plain_figure(
        xaxis={"title": {"text": _("exponent")}, "range": [low, high], "fixedrange": True, "zeroline": False},
        yaxis={"type": "category", "range": [1.6, -0.6], "fixedrange": True, "showgrid": False},
        showlegend=False,
        margin={"l": 10, "r": 10, "t": 30, "b": 10},
        annotations=[],
        shapes=[],
    )
    zones = (
        (low, SMALLEST_EXPONENT, MUTED_COLOUR, _("exp gives 0")),
        (SMALLEST_EXPONENT, LARGEST_EXPONENT, None, _("exp gives a number")),
        (LARGEST_EXPONENT, high, WRONG_COLOUR, _("exp gives inf")),
    )
    for start, end, colour, words in zones:
        if colour is not None:
            shade = {"fillcolor": colour, "opacity": 0.2, "line": {"width": 0}, "layer": "below"}
            figure["layout"]["shapes"].append(_band(start, end, shade))
        figure["layout"]["annotations"].append(
            {
                "x": (start + end) / 2,
                "y": 1,
                "yref": "paper",
                "yanchor": "bottom",
                "text": words,
                "showarrow": False,
            }
        )
    for name, values in lines.items():
        hover = _("digit {digit}<br>exponent {value}").format(digit="%{text}", value="%{x:.6g}")
        figure["data"].append(
            {
                "type": "scatter",
                "x": values,
                "y": [name] * len(values),
                "mode": "markers",
                "text": [str(digit) for digit in range(len(values))],
                "marker": {"symbol": "line-ns", "size": 26, "line": {"width": 3, "color": list(DIGIT_COLOURS)}},
                "hovertemplate": f"{hover}<extra></extra>",
            }
        )
    sentence = _(
        "Ten logits as exponents, up to {largest}; exp gives inf above {most}, and 0 once they are below {least}"
    )
    numbers = {"most": f"{LARGEST_EXPONENT:.2f}", "least": f"−{-SMALLEST_EXPONENT:.2f}"}
    return says(figure, sentence.format(largest=short(row.max()), **numbers))
