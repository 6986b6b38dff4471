"""The progress of training: losses and accuracies."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np

from digitviz.figures.picture import Picture, Plain, plain_figure
from digitviz.figures.theme import FIRST_TO_LAST, MUTED_COLOUR, TEST_COLOUR, TRAIN_COLOUR
from digitviz.figures.thinning import denser_at_the_start, evenly
from digitviz.training.history import History

MOST_CURVES = 200
MOST_POINTS = 5_000
"""Points of all loss curves together: about 55 kB on the way to a browser."""
MOST_POINTS_PER_CURVE = 120
CURVES_PER_COLOUR = len(FIRST_TO_LAST) * 3
BEGIN_HERE = {
    "text": "each batch will draw its curve here", "showarrow": False, "x": 0.5, "y": 0.5, "xref": "paper",
    "yref": "paper", "font": {"color": MUTED_COLOUR},
}  # fmt: skip


@Picture
def loss_curves(losses: np.ndarray, logarithmic: bool = False, loss_name: str = "loss") -> Plain:
    """Draw one loss curve per batch against its steps, coloured from the first batch to the last.

    At most 200 curves are drawn, evenly chosen, and 5,000 points in all: each curve keeps its first and last
    step and is densest at its start.

    Parameters
    ----------
    losses : ndarray, shape (batches, steps_per_batch)
        nan where nothing is recorded yet.
    logarithmic : bool
        Scale of the loss axis.
    loss_name : str
        Title of the loss axis.

    Returns
    -------
    Figure
        One trace per colour, its curves separated by gaps.
    """
    batches, steps = losses.shape
    begun = int(np.isfinite(losses[:, 0]).sum())
    shown = evenly(begun, MOST_CURVES)
    points = denser_at_the_start(steps, min(MOST_POINTS_PER_CURVE, max(4, MOST_POINTS // min(batches, MOST_CURVES))))
    figure = plain_figure(
        xaxis={"title": {"text": "step on the batch"}, "range": [0, steps]},
        yaxis={"title": {"text": loss_name}, "type": "log" if logarithmic else "linear", "rangemode": "tozero"},
        showlegend=False,
        annotations=[] if begun else [BEGIN_HERE],
    )
    if steps == 1:  # a curve of one step is a single point: draw one curve over the batches instead
        return _one_step_per_batch(figure, losses[:begun, 0])
    colours = _colours_from_first_to_last(CURVES_PER_COLOUR)
    colour_of = np.minimum(shown * CURVES_PER_COLOUR // batches, CURVES_PER_COLOUR - 1)
    x = np.append(points + 1, 0).astype(np.uint32 if steps > 65_535 else np.uint16)  # the last is the gap
    traces = figure["data"]
    for colour in np.unique(colour_of).tolist():
        members = shown[colour_of == colour]
        y = np.full((len(members), len(points) + 1), np.nan, np.float32)
        y[:, :-1] = losses[np.ix_(members, points)]
        traces.append(
            {
                "type": "scatter", "x": np.tile(x, len(members)), "y": y.ravel(), "mode": "lines",
                "customdata": np.repeat(members + 1, len(points) + 1).astype(np.uint16),
                "line": {"color": colours[colour], "width": 1.2},
                "hovertemplate": "batch %{customdata}<br>step %{x:,}<br>loss %{y:.4g}<extra></extra>",
            }
        )  # fmt: skip
    if begun and begun < batches:  # the curve that is growing
        now = begun - 1
        traces.append(
            {
                "type": "scatter", "x": x[:-1], "y": losses[now, points].astype(np.float32), "mode": "lines",
                "line": {"color": colours[colour_of[-1]], "width": 3.5},
                "hovertemplate": f"batch {now + 1:,} (now)<br>step %{{x:,}}<br>loss %{{y:.4g}}<extra></extra>",
            }
        )  # fmt: skip
    traces.append(_colour_bar(batches))
    return figure


def _colour_bar(batches: int) -> dict[str, Any]:
    """Return a trace of which only the colour bar is visible."""
    return {
        "type": "scatter",
        "x": [None],
        "y": [None],
        "mode": "markers",
        "marker": {
            "color": [1],
            "cmin": 1,
            "cmax": max(batches, 2),
            "colorscale": [[i / (len(FIRST_TO_LAST) - 1), colour] for i, colour in enumerate(FIRST_TO_LAST)],
            "colorbar": {"title": {"text": "batch"}, "thickness": 14, "outlinewidth": 0},
            "showscale": True,
        },
        "hoverinfo": "skip",
    }


def _one_step_per_batch(figure: Plain, losses: np.ndarray) -> Plain:
    shown = evenly(len(losses), MOST_POINTS // 2)
    figure["data"] = [
        {
            "type": "scatter",
            "x": shown + 1,
            "y": losses[shown].astype(np.float32),
            "mode": "lines",
            "line": {"color": TRAIN_COLOUR, "width": 1.5},
            "hovertemplate": "batch %{x:,}<br>loss %{y:.4g}<extra></extra>",
        }
    ]
    figure["layout"]["xaxis"] = {"title": {"text": "batch (one step each)"}, "autorange": True}
    return figure


@cache
def _colours_from_first_to_last(count: int) -> list[str]:
    """Interpolate `count` colours along `FIRST_TO_LAST`."""
    channels = np.array([[int(colour[i : i + 2], 16) for i in (1, 3, 5)] for colour in FIRST_TO_LAST])
    places = np.linspace(0, len(channels) - 1, count)
    mixed = [np.interp(places, np.arange(len(channels)), channel) for channel in channels.T]
    return [f"#{round(r):02x}{round(g):02x}{round(b):02x}" for r, g, b in zip(*mixed, strict=True)]


@Picture
def progress_curves(history: History, batches: int, chance: float = 0.1) -> Plain:
    """Draw accuracy above and mean loss per digit below, for training and test digits, against batches.

    Parameters
    ----------
    history : History
    batches : int
        How many of its batches are finished.
    chance : float
        Accuracy of guessing, drawn as a line.
    """
    total = len(history.test_accuracy)
    shown = evenly(batches, 400)
    traces = [
        {
            "type": "scatter",
            "x": shown + 1,
            "y": values[shown].astype(np.float32),
            "yaxis": axis,
            "name": name,
            "line": {"color": colour, "width": 2.5},
            "mode": "lines" if batches > 1 else "markers",
            "showlegend": axis == "y",
            "legendgroup": name,
            "hovertemplate": f"{name} digits<br>after batch %{{x:,}}<br>%{{y:{form}}}<extra></extra>",
        }
        for name, colour, accuracy, loss in (
            ("training", TRAIN_COLOUR, history.train_accuracy, history.train_loss),
            ("test", TEST_COLOUR, history.test_accuracy, history.test_loss),
        )
        for axis, values, form in (("y", accuracy, ".1%"), ("y2", loss, ".4f"))
    ]
    return plain_figure(
        *traces,
        xaxis={"title": {"text": "batches"}, "range": [0, total], "anchor": "y2"},
        yaxis={"title": {"text": "accuracy"}, "domain": [0.55, 1], "range": [0, 1.02], "tickformat": ".0%"},
        yaxis2={"title": {"text": "loss per digit"}, "domain": [0, 0.45], "rangemode": "tozero"},
        shapes=[
            {
                "type": "line", "x0": 0, "x1": total, "y0": chance, "y1": chance,
                "line": {"color": MUTED_COLOUR, "dash": "dot"},
            }
        ],
        annotations=[
            {
                "x": total, "y": chance, "text": f"chance {chance:.0%}", "showarrow": False, "xanchor": "right",
                "yanchor": "bottom", "font": {"color": MUTED_COLOUR},
            }
        ],
    )  # fmt: skip
