"""The plane of two inputs, and the line that one neuron draws in it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from digitviz.figures.colours import ADDS, CORRECT_COLOUR, INVISIBLE, RECEIVES, SENDS, WRONG_COLOUR, see_through
from digitviz.figures.picture import Picture, Plain, plain_figure
from digitviz.figures.sentence import says
from digitviz.language import gettext as _


@Picture
def decision_plane(
    region: np.ndarray,
    line: np.ndarray,
    points: np.ndarray,
    targets: np.ndarray,
    answers: np.ndarray,
    here: Sequence[float],
    bounds: tuple[float, float],
    next_point: int | None = None,
) -> Plain:
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
    axis = {"range": list(bounds), "dtick": 1, "constrain": "domain"}
    figure = plain_figure(
        xaxis={**axis, "title": {"text": _("input {letter}").format(letter="x<sub>1</sub>")}},
        yaxis={**axis, "title": {"text": _("input {letter}").format(letter="x<sub>2</sub>")}, "scaleanchor": "x"},
        legend={"y": 1.03, "font": {"size": 12}},
    )
    figure["data"] += _border(region, line)
    if next_point is not None:
        figure["data"].append(
            {
                "type": "scatter", "x": points[[next_point], 0], "y": points[[next_point], 1], "mode": "markers",
                "name": _("comes next"),
                "marker": {"size": 38, "color": INVISIBLE, "line": {"width": 3, "color": ADDS}},
                "hoverinfo": "skip",
            }
        )  # fmt: skip
    _add_targets(figure, points, targets, answers)
    if all(bounds[0] <= value <= bounds[1] for value in here):
        figure["data"].append(
            {
                "type": "scatter", "x": [here[0]], "y": [here[1]], "mode": "markers", "name": _("inputs now"),
                "marker": {"size": 16, "symbol": "x", "color": RECEIVES},
                "hovertemplate": _("inputs now: {point}").format(point="(%{x}, %{y})") + "<extra></extra>",
            }
        )  # fmt: skip
    sentence = _("The plane of two inputs: the neuron is right about {correct} of {count} points")
    return says(figure, sentence.format(correct=int((targets == answers).sum()), count=len(points)))


def _border(region: np.ndarray, line: np.ndarray) -> list[dict[str, Any]]:
    """Return where the neuron fires, and the line where that begins."""
    fires = {
        "type": "scatter", "x": region[:, 0], "y": region[:, 1], "fill": "toself", "mode": "none",
        "fillcolor": see_through(SENDS, 0.18), "name": _("fires: z > 0"), "hoverinfo": "skip",
    }  # fmt: skip
    begins = {
        "type": "scatter", "x": line[:, 0], "y": line[:, 1], "mode": "lines", "line": {"color": SENDS, "width": 3},
        "name": "z = 0", "hoverinfo": "skip",
    }  # fmt: skip
    return [fires, begins]


def _add_targets(figure: Plain, points: np.ndarray, targets: np.ndarray, answers: np.ndarray) -> None:
    """Draw the points with their targets, and whether the neuron gives them."""
    correct = targets == answers
    figure["data"].append(
        {
            "type": "scatter",
            "x": points[:, 0],
            "y": points[:, 1],
            "mode": "markers+text",
            "name": _("should fire (1) or not (0)"),
            "text": [f"<b>{target}</b> {'✓' if good else '✗'}" for target, good in zip(targets, correct, strict=True)],
            "textposition": "top right",
            "textfont": {"size": 17, "color": [CORRECT_COLOUR if good else WRONG_COLOUR for good in correct]},
            "marker": {
                "size": 18,
                "symbol": ["circle" if target else "circle-open" for target in targets],
                "color": [CORRECT_COLOUR if good else WRONG_COLOUR for good in correct],
                "line": {"width": 3},
            },
            "customdata": np.stack([targets, answers], axis=1),
            "hovertemplate": "(%{x}, %{y})<br>"
            + _("should give {target}, gives {answer}").format(target="%{customdata[0]}", answer="%{customdata[1]}")
            + "<extra></extra>",
        }
    )
