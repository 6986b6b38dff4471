"""Several runs in one picture: test accuracy above, loss below, against the steps they have taken."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from digitviz.figures.colours import PAIRS
from digitviz.figures.names import in_brief
from digitviz.figures.picture import Picture, Plain, plain_figure
from digitviz.figures.run_tree import CHANCE, TICKS
from digitviz.figures.sentence import says
from digitviz.figures.thinning import denser_at_the_start
from digitviz.language import gettext as _

LOOKS = tuple(zip(
    (PAIRS[name][0] for name in ("blue", "orange", "green", "purple", "red", "amber")),
    ("solid", "dash", "dot", "dashdot", "longdash", "longdashdot"),
    strict=True,
))  # fmt: skip
"""Colour and dashes of the runs: as many as are compared at most."""
MOST_POINTS = 400
"""Of a curve."""
_NOTHING = np.full((2, 1), np.nan)
"""What is drawn of a run of which nothing is known: its name in the legend."""
FAR_APART = 10
"""Where one run takes so many times the steps of another, the axis counts them by factors."""


@dataclass(frozen=True, eq=False)
class ComparedRun:
    """What is drawn of a run.

    Parameters
    ----------
    name : str
        As it is to be shown; from outside, perhaps.
    steps : ndarray, shape (n,)
        Steps taken, rising, at least 1.
    accuracy, loss : ndarray, shape (n,)
        Of the test digits after so many: a fraction, and the mean per digit. nan where it is not known.
    """

    name: str
    steps: np.ndarray
    accuracy: np.ndarray
    loss: np.ndarray


@Picture
def compared_curves(runs: Sequence[ComparedRun], same_loss: bool = True) -> Plain:
    """Draw the test accuracy of up to six runs, on an axis that begins where chance is, and their loss.

    Parameters
    ----------
    runs : sequence of ComparedRun
    same_loss : bool
        Whether all of them have the same loss; different ones have no common axis, and are not drawn.
    """
    known = np.concatenate([[CHANCE], *(run.accuracy[np.isfinite(run.accuracy)] for run in runs)])
    axes: dict[str, Any] = {"yaxis": {
        "title": {"text": _("test accuracy")}, "domain": [0.53 if same_loss else 0, 1], "tickformat": ".0%",
        "range": [known.min() - 0.02, 1.02], "tickvals": TICKS,
    }}  # fmt: skip
    if same_loss:
        axes["yaxis2"] = {
            "title": {"text": _("loss per<br>digit")}, "domain": [0, 0.46], "rangemode": "tozero", "nticks": 6,
        }  # fmt: skip
    ends = [run.steps[-1] for run in runs if len(run.steps)]
    far_apart = bool(ends) and max(ends) >= FAR_APART * min(ends)
    return says(
        plain_figure(
            *(
                trace
                for number, run in enumerate(runs)
                for trace in _traces(run, number)
                if same_loss or trace["yaxis"] == "y"
            ),
            xaxis={
                "title": {"text": _("steps")},
                "anchor": "y2" if same_loss else "y",
                "type": "log" if far_apart else "linear",
            },
            **axes,
            legend={"font": {"size": 13}},
        ),
        _in_words(runs, same_loss),
    )


def _traces(run: ComparedRun, number: int) -> Iterator[dict[str, Any]]:
    colour, dash = LOOKS[number % len(LOOKS)]
    name, after = in_brief(run.name), _("after {step} steps").format(step="%{x:,}")
    for axis, values, form in (("y", run.accuracy, ".1%"), ("y2", run.loss, ".3r")):
        known = np.flatnonzero(np.isfinite(values))
        shown = known[denser_at_the_start(len(known), MOST_POINTS)]
        x, y = (run.steps[shown], values[shown].astype(np.float32)) if len(shown) else _NOTHING
        yield {
            "type": "scatter", "x": x, "y": y, "yaxis": axis,
            "mode": "lines" if len(shown) > 1 else "markers", "line": {"color": colour, "width": 2.5, "dash": dash},
            "marker": {"color": colour, "size": 10}, "name": name, "legendgroup": str(number),
            "showlegend": axis == "y",
            "hovertemplate": f"%{{fullData.name}}<br>{after}<br>%{{y:{form}}}<extra></extra>",
        }  # fmt: skip


def _in_words(runs: Sequence[ComparedRun], same_loss: bool) -> str:
    """Say where each run ends."""
    ends = []
    for run in runs:
        known = run.accuracy[np.isfinite(run.accuracy)]
        accuracy = f"{known[-1]:.1%}" if len(known) else _("no accuracy yet")
        ends.append(_("{name}: {accuracy}").format(name=run.name, accuracy=accuracy))
    words = _("Test accuracy and loss against steps; {ends}") if same_loss else _("Test accuracy against steps; {ends}")
    return words.format(ends=", ".join(ends))
