"""The progress of training: losses and accuracies."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np

from digitviz.figures.colours import FIRST_TO_LAST, MUTED_COLOUR, TEST_COLOUR, TRAIN_COLOUR
from digitviz.figures.following import follows
from digitviz.figures.picture import Picture, Plain, plain_figure
from digitviz.figures.sentence import says, short
from digitviz.figures.thinning import denser_at_the_start, evenly
from digitviz.figures.way_not_taken import NO_NAME, accuracies_behind, loss_line_behind, losses_behind, on_hover
from digitviz.language import gettext as _
from digitviz.language import ngettext
from digitviz.training.history import History

MOST_CURVES = 200
MOST_POINTS = 5_000
"""Points of all loss curves together: about 55 kB on the way to a browser."""
MOST_POINTS_PER_CURVE = 120
CURVES_PER_COLOUR = len(FIRST_TO_LAST) * 3
BEGIN_HERE = {
    "showarrow": False, "x": 0.5, "y": 0.5, "xref": "paper",
    "yref": "paper", "font": {"color": MUTED_COLOUR},
}  # fmt: skip


@Picture
def loss_curves(
    losses: np.ndarray,
    logarithmic: bool = False,
    loss_name: str = "loss",
    taken: int | None = None,
    batches: int | None = None,
    parent: History | None = None,
    begins_at: float | None = None,
) -> Plain:
    """Draw one loss curve per batch against its steps, coloured from the first batch to the last.

    At most 200 curves are drawn, evenly chosen, and 5,000 points in all: each curve keeps its first and last
    step and is densest at its start.

    Parameters
    ----------
    losses : ndarray, shape (batches, steps_per_batch)
        nan where nothing is recorded yet, and in the first batches if those are lost.
    logarithmic : bool
        Scale of the loss axis.
    loss_name : str
        Title of the loss axis.
    taken : int, optional
        How many of the steps to draw; all that are recorded by default.
    batches : int, optional
        Of the whole training; as many as `losses` has by default.
    parent : History, optional
        Of the training that this one is a branch of: what it went on to is drawn behind.
    begins_at : float, optional
        Loss of the first batch before any step: drawn until a step is taken, so that the axis fits from the start.

    Returns
    -------
    Figure
        One trace per colour, its curves separated by gaps.
    """
    steps, batches = losses.shape[1], batches or len(losses)
    taken = _last_recorded(losses) if taken is None else taken
    lost = int(np.isnan(losses[: (begun := -(-taken // steps)), 0]).sum())
    shown = evenly(begun, MOST_CURVES, lost)
    points = denser_at_the_start(steps, min(MOST_POINTS_PER_CURVE, max(4, MOST_POINTS // min(batches, MOST_CURVES))))
    figure = plain_figure(
        xaxis={"title": {"text": _("step on the batch")}, "range": [0, steps]},
        yaxis={"title": {"text": loss_name}, "type": "log" if logarithmic else "linear", "rangemode": "tozero"},
        showlegend=False,
        annotations=[] if len(shown) else [{**BEGIN_HERE, "text": _("each batch will draw its curve here")}],
    )
    says(follows(figure, "losses"), _loss_in_words(losses, taken, lost))
    if steps == 1:  # a curve of one step is a single point: draw one curve over the batches instead
        return _one_step_per_batch(figure, losses[:begun, 0], lost, parent, begins_at)
    colours = _colours_from_first_to_last(CURVES_PER_COLOUR)
    colour_of = np.minimum(shown * CURVES_PER_COLOUR // batches, CURVES_PER_COLOUR - 1)
    x = np.append(points + 1, 0).astype(np.uint32 if steps > 65_535 else np.uint16)  # the last is the gap
    values = _values(losses, shown, points, taken)
    figure["data"] += [] if parent is None else losses_behind(parent, losses, points)
    for colour in np.unique(colour_of).tolist():
        mine = colour_of == colour
        figure["data"].append(_curves(x, shown[mine], values[mine], colours[colour]))
    if not len(shown) and begins_at is not None:
        figure["data"] += _growing(x[:1], 1, np.array([begins_at], np.float32), colours[0])
    elif len(shown) and taken < batches * steps:
        figure["data"] += _growing(x[:-1], begun, values[-1, :-1], colours[colour_of[-1]])
    figure["data"].append(_colour_bar(batches))
    return figure


def _values(losses: np.ndarray, shown: np.ndarray, points: np.ndarray, taken: int) -> np.ndarray:
    """Return the losses that are drawn, shape (shown, points + 1): the last column is a gap."""
    values = np.full((len(shown), len(points) + 1), np.nan, np.float32)
    values[:, :-1] = losses[np.ix_(shown, points)]
    if len(shown):
        values[-1, :-1][shown[-1] * losses.shape[1] + points >= taken] = np.nan  # a trajectory may know more
    return values


def _last_recorded(losses: np.ndarray) -> int:
    """Return how many steps are taken; the first losses may be lost, and those to come are nan too."""
    recorded = np.flatnonzero(~np.isnan(losses))
    return int(recorded[-1]) + 1 if len(recorded) else 0


def _curves(x: np.ndarray, members: np.ndarray, y: np.ndarray, colour: str) -> dict[str, Any]:
    """Return the curves of some batches as one trace; a gap is the end of each row of `y`, shape (members, points)."""
    return {
        "type": "scatter", "x": np.tile(x, len(members)), "y": y.ravel(), "mode": "lines",
        "customdata": np.repeat(members + 1, len(x)).astype(np.uint16), "line": {"color": colour, "width": 1.2},
        "hovertemplate": on_hover(_("batch {batch}<br>step {step}<br>loss {loss}"), "%{customdata:,}"),
    }  # fmt: skip


def _growing(x: np.ndarray, batch: int, y: np.ndarray, colour: str) -> list[dict[str, Any]]:
    """Return the curve of the batch that is trained on, counted from 1, and before it a dot where the curve ends.

    Without the dot nothing would be seen of a first step.
    """
    last = np.flatnonzero(np.isfinite(y))[-1:]
    dot = {"x": x[last], "y": y[last], "mode": "markers", "marker": {"color": colour, "size": 9}}
    dot |= {"hoverinfo": "skip", "cliponaxis": False}
    line = {
        "x": x, "y": y, "mode": "lines", "line": {"color": colour, "width": 3.5},
        "hovertemplate": on_hover(_("batch {batch} (now)<br>step {step}<br>loss {loss}"), f"{batch:,}"),
    }  # fmt: skip
    return [{"type": "scatter", **trace} for trace in (dot, line)]


def _loss_in_words(losses: np.ndarray, taken: int, lost: int) -> str:
    """Say from where to where the loss has come in the steps taken, after so many batches that are lost."""
    if not taken:
        return _("Loss of each batch: no batch has begun")
    batches = -(-taken // losses.shape[1]) - lost
    if not batches:
        return _("Loss of each batch: what was recorded so far is lost")
    sentence = ngettext(
        "Loss of {batches} batch, from {first} to {last}", "Loss of {batches} batches, from {first} to {last}",
        batches,
    )  # fmt: skip
    return sentence.format(
        batches=f"{batches:,}",
        first=short(losses[lost, 0]),
        last=short(losses[np.unravel_index(taken - 1, losses.shape)]),
    )


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
            "colorbar": {"title": {"text": _("batch")}, "thickness": 14, "outlinewidth": 0},
            "showscale": True,
        },
        "hoverinfo": "skip",
    }


def _one_step_per_batch(
    figure: Plain, losses: np.ndarray, lost: int, parent: History | None, begins_at: float | None
) -> Plain:
    if not len(losses) and begins_at is not None:
        losses = np.array([begins_at])
    shown = evenly(len(losses), MOST_POINTS // 2, lost)
    figure["data"] = [
        {
            "type": "scatter",
            "x": shown + 1,
            "y": losses[shown].astype(np.float32),
            "mode": "lines" if len(shown) > 1 else "markers",
            "line": {"color": TRAIN_COLOUR, "width": 1.5},
            "hovertemplate": _("batch {batch}<br>loss {loss}").format(batch="%{x:,}", loss="%{y:.3r}") + NO_NAME,
        }
    ]
    if parent is not None:
        figure["data"].insert(0, loss_line_behind(parent))
    figure["layout"]["xaxis"] = {"title": {"text": _("batch (one step each)")}, "autorange": True}
    return figure


@cache
def _colours_from_first_to_last(count: int) -> list[str]:
    """Interpolate `count` colours along `FIRST_TO_LAST`."""
    channels = np.array([[int(colour[i : i + 2], 16) for i in (1, 3, 5)] for colour in FIRST_TO_LAST])
    places = np.linspace(0, len(channels) - 1, count)
    mixed = [np.interp(places, np.arange(len(channels)), channel) for channel in channels.T]
    return [f"#{round(r):02x}{round(g):02x}{round(b):02x}" for r, g, b in zip(*mixed, strict=True)]


@Picture
def progress_curves(
    history: History,
    batches: int,
    chance: float = 0.1,
    parent: History | None = None,
    begins_at: float | None = None,
) -> Plain:
    """Draw accuracy above and mean loss per digit below, for training and test digits, against batches.

    Parameters
    ----------
    history : History
    batches : int
        How many of its batches are finished.
    chance : float
        Accuracy of guessing, drawn as a line.
    parent : History, optional
        Of the training that this one is a branch of: its test accuracy and loss are drawn behind, dotted.
    begins_at : float, optional
        Loss per digit before any step, so that its axis fits from the start.
    """
    total = len(history.test_accuracy)
    shown = evenly(batches, 400, history.known_from)
    traces = [
        {
            "type": "scatter",
            "x": shown + 1,
            "y": values[shown].astype(np.float32),
            "yaxis": axis,
            "name": name,
            "line": {"color": colour, "width": 2.5},
            "mode": "lines" if len(shown) > 1 else "markers",
            "showlegend": axis == "y",
            "legendgroup": name,
            "hovertemplate": f"{after.format(batch='%{x:,}')}<br>%{{y:{form}}}{NO_NAME}",
        }
        for name, after, colour, accuracy, loss in (
            (_("training"), _("training digits<br>after batch {batch}"), TRAIN_COLOUR,
             history.train_accuracy, history.train_loss),
            (_("test"), _("test digits<br>after batch {batch}"), TEST_COLOUR,
             history.test_accuracy, history.test_loss),
        )
        for axis, values, form in (("y", accuracy, ".1%"), ("y2", loss, ".3r"))
    ]  # fmt: skip
    figure = plain_figure(
        *traces,
        *(accuracies_behind(parent) if parent is not None else []),
        xaxis={"title": {"text": _("batches")}, "range": [0, total], "anchor": "y2"},
        yaxis={"title": {"text": _("accuracy")}, "domain": [0.55, 1], "range": [0, 1.02], "tickformat": ".0%"},
        yaxis2={"title": {"text": _("loss per<br>digit")}, "domain": [0, 0.45], "rangemode": "tozero"},
        shapes=[
            {
                "type": "line", "x0": 0, "x1": total, "y0": chance, "y1": chance,
                "line": {"color": MUTED_COLOUR, "dash": "dot"},
            }
        ],
        annotations=[
            {
                "x": total, "y": chance, "text": _("chance {share}").format(share=f"{chance:.0%}"),
                "showarrow": False, "xanchor": "right",
                "yanchor": "bottom", "font": {"color": MUTED_COLOUR},
            }
        ],
    )  # fmt: skip
    if not len(shown) and begins_at is not None:
        figure["layout"]["yaxis2"]["range"] = [0, 1.05 * begins_at]
    return says(follows(figure, "curves"), _accuracy_in_words(history, batches))


def _accuracy_in_words(history: History, batches: int) -> str:
    """Say how many digits are correct after so many batches."""
    if not batches:
        return _("Accuracy and loss after each batch: no batch is finished")
    if batches <= history.known_from:
        return _("Accuracy and loss after each batch: what was recorded so far is lost")
    sentence = ngettext(
        "After {batches} batch {test} of the test digits and {training} of the training digits are correct",
        "After {batches} batches {test} of the test digits and {training} of the training digits are correct",
        batches,
    )
    test, training = (float(curve[batches - 1]) for curve in (history.test_accuracy, history.train_accuracy))
    return sentence.format(batches=f"{batches:,}", test=f"{test:.1%}", training=f"{training:.1%}")
