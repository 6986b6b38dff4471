"""The training that a branch has left, drawn behind the branch in grey."""

from __future__ import annotations

from typing import Any

import numpy as np

from digitviz.figures.colours import MUTED_COLOUR
from digitviz.figures.thinning import evenly
from digitviz.language import gettext as _
from digitviz.training.history import History

MOST_CURVES = 40
"""Loss curves of batches."""
MOST_POINTS = 1_000
"""Of a curve over the batches."""
NO_NAME = "<extra></extra>"
"""On hover Plotly would add the trace's name."""


def on_hover(sentence: str, batch: str) -> str:
    """Return what is said of a point of a loss curve; plotly.js fills in its numbers."""
    return sentence.format(batch=batch, step="%{x:,}", loss="%{y:.3r}") + NO_NAME


def losses_behind(parent: History, losses: np.ndarray, points: np.ndarray) -> list[dict[str, Any]]:
    """Return the parent's loss curves from the batch on at which the branch has left it, at most one trace.

    Parameters
    ----------
    parent : History
    losses : ndarray, shape (batches, steps_per_batch)
        Of the branch.
    points : ndarray of int
        Which steps of a batch are drawn, from 0.
    """
    theirs, finished = parent.recorded_losses, parent.finished_batches
    common = min(finished, len(losses))
    recorded = np.flatnonzero(~np.isnan(losses[:common, 0]))
    first = max(parent.known_from, int(recorded[0]) if len(recorded) else 0)  # either may have lost its beginning
    parted = np.flatnonzero(theirs[first:common, -1] != losses[first:common, -1])
    left_at = first + int(parted[0]) if len(parted) else max(first, common)
    shown = evenly(finished, MOST_CURVES, left_at)
    if not len(shown):
        return []
    y = np.full((len(shown), len(points) + 1), np.nan, np.float32)
    y[:, :-1] = theirs[np.ix_(shown, points)]
    return [
        {
            "type": "scatter", "x": np.tile(np.append(points + 1, 0), len(shown)), "y": y.ravel(), "mode": "lines",
            "customdata": np.repeat(shown + 1, len(points) + 1).astype(np.uint16), "opacity": 0.5,
            "line": {"color": MUTED_COLOUR, "width": 1},
            "hovertemplate": on_hover(
                _("without the change<br>batch {batch}<br>step {step}<br>loss {loss}"), "%{customdata:,}"
            ),
        }
    ]  # fmt: skip


def loss_line_behind(parent: History) -> dict[str, Any]:
    """Return the parent's losses as one curve, where each batch has one step."""
    shown = evenly(parent.finished_batches, MOST_POINTS, parent.known_from)
    return {
        "type": "scatter", "x": shown + 1, "y": parent.recorded_losses[shown, 0].astype(np.float32), "mode": "lines",
        "opacity": 0.5, "line": {"color": MUTED_COLOUR, "width": 1.5},
        "hovertemplate": on_hover(_("without the change<br>batch {batch}<br>loss {loss}"), "%{x:,}"),
    }  # fmt: skip


def accuracies_behind(parent: History) -> list[dict[str, Any]]:
    """Return the parent's accuracy and loss on the test digits, dotted."""
    shown, name = evenly(parent.finished_batches, 400, parent.known_from), _("unchanged")
    hover = _("test digits, without the change<br>after batch {batch}").format(batch="%{x:,}")
    return [
        {
            "type": "scatter", "x": shown + 1, "y": values[shown].astype(np.float32), "yaxis": axis, "name": name,
            "line": {"color": MUTED_COLOUR, "width": 2, "dash": "dot"}, "mode": "lines", "showlegend": axis == "y",
            "legendgroup": name,
            "hovertemplate": f"{hover}<br>%{{y:{form}}}{NO_NAME}",
        }
        for axis, values, form in (("y", parent.test_accuracy, ".1%"), ("y2", parent.test_loss, ".3r"))
    ]  # fmt: skip
