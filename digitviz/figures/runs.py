"""Figures of several runs: as curves in one picture, and as small sketches."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from digitviz.figures import draw
from digitviz.figures.colours import DIGIT_COLOURS, MUTED_COLOUR, PAIRS
from digitviz.figures.draw import denser_at_the_start
from digitviz.figures.picture import Picture, Plain, as_text, in_brief, says
from digitviz.language import gettext as _
from digitviz.language import lazy_gettext
from digitviz.numbers import in_percent, short

CHANCE = 0.1
"""Accuracy of random guesses, the start of the axis of curves."""
TICKS = [CHANCE, 0.4, 0.7, 1.0]
"""Ticks of the accuracy axis of curves."""
HIGHEST_START = 0.8
"""Limit for the start of the axis of runs. On a shorter axis, a difference of two digits would look huge."""
FINISH_COLOUR = PAIRS["number"][0]
"""Colour of the finish line of a race, unlike that of any training."""
_COLOURS = (PAIRS[name][0] for name in ("blue", "orange", "green", "purple", "red", "amber"))
LOOKS = tuple(zip(_COLOURS, ("solid", "dash", "dot", "dashdot", "longdash", "longdashdot"), strict=True))
"""Colour and dash style of each run in a comparison. A comparison has at most this many runs."""
MAX_POINTS = 400
"""Maximum number of points in a curve."""
FAR_APART = 10
"""Ratio of the most to the fewest steps of the runs above which the axis is logarithmic."""
AGAINST = {"steps": lazy_gettext("steps"), "seconds": lazy_gettext("seconds of processor time")}
"""Titles of the axis of `compared_curves`."""
_NOTHING = np.full((2, 1), np.nan)
"""Empty curve of a run without data. Only its name appears, in the legend."""


def lowest_accuracy(lows: Sequence[float]) -> float:
    """Return the start of an axis that holds the lower ends of all intervals: a multiple of 0.1, at most 0.8."""
    return float(np.floor(10 * min([HIGHEST_START, *lows]) + 1e-9) / 10)


@dataclass(frozen=True, eq=False)
class ComparedRun:
    """The curves of a run in a comparison.

    Parameters
    ----------
    name : str
        Display name, which may come from outside.
    steps : ndarray, shape (n,)
        Number of steps taken, ascending, at least 1. Or seconds of processor time.
    accuracy, loss : ndarray, shape (n,)
        Accuracy and mean loss per digit on the test digits after these steps. nan if unknown.
    """

    name: str
    steps: np.ndarray
    accuracy: np.ndarray
    loss: np.ndarray


@Picture
def start_of_race(names: Sequence[str], words: Sequence[str], goal: float) -> Plain:
    """Draw a lane for each training before a race, from chance level to a finish line at an accuracy.

    Parameters
    ----------
    names, words : sequence of str
        Name of each training, and its description. There may be fewer descriptions.
    goal : float
    """
    lanes = np.arange(len(names), dtype=float)
    ends = np.array([[(CHANCE, lane), (goal, lane)] for lane in lanes])
    above, below = ({"xanchor": "left", "xshift": 14, "yanchor": each} for each in ("bottom", "top"))
    notes = [draw.note(CHANCE, at, f"<b>{in_brief(name)}</b>", 19, yshift=8, **above) for at, name in enumerate(names)]
    notes += [draw.note(CHANCE, at, each, 19, yshift=-8, **below) for at, each in enumerate(words)]
    figure = draw.figure(
        draw.scatter(**draw.xy(draw.segments(ends)), mode="lines", line=draw.stroke(MUTED_COLOUR, 2, "dot")),
        draw.scatter(
            np.full(len(names), CHANCE), lanes, "markers", "%{text}", text=[as_text(name) for name in names],
            marker=draw.dot(22, [LOOKS[number % len(LOOKS)][0] for number in range(len(names))]),
        ),
        xaxis=draw.percent_axis(_("test accuracy"), tickvals=TICKS, range=[0.06, 1.02], **draw.NO_LINES),
        yaxis={"visible": False, "range": [len(names) - 0.6, -0.9]},
        showlegend=False,
        shapes=[draw.rule(goal, goal, 0, 1, (FINISH_COLOUR, 5), yref="paper")],
        annotations=[*notes, _finish(goal, x=goal, y=1, yref="paper", yanchor="bottom")],
    )  # fmt: skip
    sentence = _("{names} at the start, where a network guesses. The finish is at {accuracy}.")
    return says(figure, sentence, names=", ".join(names), accuracy=in_percent(goal, 0))


def _finish(goal: float, **place: Any) -> draw.Part:
    """Return the name of a finish line."""
    words = _("finish: {accuracy}").format(accuracy=in_percent(goal, 0))
    return draw.note(text=words, size=19, colour=FINISH_COLOUR, **place)


@Picture
def compared_curves(
    runs: Sequence[ComparedRun], same_loss: bool = True, against: str = "steps", goal: float | None = None
) -> Plain:
    """Draw the test accuracy of up to six runs, on an axis that begins at chance level, and their loss.

    Parameters
    ----------
    runs : sequence of ComparedRun
    same_loss : bool
        True if all runs have the same loss. Different losses cannot share an axis, so they are not drawn.
    against : {"steps", "seconds"}
        Quantity on the horizontal axis.
    goal : float, optional
        Accuracy of a finish line.
    """
    known = np.concatenate([[CHANCE], *(run.accuracy[np.isfinite(run.accuracy)] for run in runs)])
    ends = [run.steps[-1] for run in runs if len(run.steps)]
    far_apart = bool(ends) and max(ends) >= FAR_APART * min(ends)
    below = {"yaxis2": draw.axis(_("loss per<br>digit"), domain=[0, 0.46], rangemode="tozero", nticks=6)}
    figure = draw.figure(
        *(trace for number, run in enumerate(runs) for trace in _curves(run, number, same_loss, against)),
        xaxis=draw.axis(
            str(AGAINST[against]), anchor="y2" if same_loss else "y", type="log" if far_apart else "linear"
        ),
        yaxis=draw.percent_axis(
            _("test accuracy"), domain=[0.53 if same_loss else 0, 1], range=[known.min() - 0.02, 1.02], tickvals=TICKS
        ),
        **(below if same_loss else {}),
        legend={"font": draw.font(13)},
        shapes=[] if goal is None else [draw.rule(0, 1, goal, goal, (FINISH_COLOUR, 2), xref="paper")],
        annotations=[] if goal is None else [_finish(goal, x=1, y=goal, xref="paper", xanchor="right", yanchor="top")],
    )
    words = (
        _("Test accuracy and loss against {costs}; {ends}") if same_loss else _("Test accuracy against {costs}; {ends}")
    )
    return says(figure, words, costs=AGAINST[against], ends=", ".join(map(_end_in_words, runs)))


def _curves(run: ComparedRun, number: int, with_loss: bool, against: str) -> Iterator[draw.Part]:
    colour, dash = LOOKS[number % len(LOOKS)]
    said = _("after {step} steps") if against == "steps" else _("after {step} s")
    after = said.format(step="%{x:,}" if against == "steps" else "%{x:.3~g}")
    look = {"name": in_brief(run.name), "legendgroup": str(number), "marker": draw.dot(10, colour)}
    curves = (("y", run.accuracy, ".1%"), ("y2", run.loss, ".3r"))
    for side, values, form in curves if with_loss else curves[:1]:
        known = np.flatnonzero(np.isfinite(values))
        shown = known[denser_at_the_start(len(known), MAX_POINTS)]
        x, y = (run.steps[shown], values[shown].astype(np.float32)) if len(shown) else _NOTHING
        hover, mode = f"%{{fullData.name}}<br>{after}<br>%{{y:{form}}}", "lines" if len(shown) > 1 else "markers"
        line = draw.stroke(colour, 2.5, dash)
        yield draw.scatter(x, y, mode, hover, yaxis=side, line=line, showlegend=side == "y", **look)


def _end_in_words(run: ComparedRun) -> str:
    known = run.accuracy[np.isfinite(run.accuracy)]
    accuracy = in_percent(known[-1]) if len(known) else _("no accuracy yet")
    return _("{name}: {accuracy}").format(name=run.name, accuracy=accuracy)


WIDTH, HEIGHT = 120, 40
"""Size of a sketch in pixels."""
SKETCH_MARGIN = 3
SKETCH_COLOUR = DIGIT_COLOURS[0]
"""An image cannot know the theme of the page. This colour stands out in both."""


def run_sketch(losses: Sequence[float]) -> str:
    """Draw a loss curve as SVG, small enough that many fit on a page.

    The axis is logarithmic: a loss falls fastest at first, so its later part would look flat on a linear one.

    Parameters
    ----------
    losses : sequence of float
        Losses from the first step to the last. Numbers that are not finite are left out.
    """
    shown = _finite(losses)
    content = ""
    if len(shown):
        height = np.log(np.maximum(shown, np.finfo(float).tiny))
        left, right = SKETCH_MARGIN, WIDTH - SKETCH_MARGIN
        x = np.linspace(left, right, len(shown)) if len(shown) > 1 else np.array([WIDTH / 2])
        y = SKETCH_MARGIN + (height.max() - height) / (np.ptp(height) or 1.0) * (HEIGHT - 2 * SKETCH_MARGIN)
        points = " ".join(f"{across:.1f},{down:.1f}" for across, down in zip(x.tolist(), y.tolist(), strict=True))
        look = f'fill="none" stroke="{SKETCH_COLOUR}" stroke-width="1.5" stroke-linejoin="round"'
        end = f'<circle cx="{x[-1]:.1f}" cy="{y[-1]:.1f}" r="2.5" fill="{SKETCH_COLOUR}"/>'
        content = f'<polyline {look} points="{points}"/>{end}'
    box = f'viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" height="{HEIGHT}"'
    return f'<svg xmlns="http://www.w3.org/2000/svg" {box}>{content}</svg>'


def sketch_in_words(losses: Sequence[float]) -> str:
    """Describe the curve of `run_sketch`."""
    shown = _finite(losses)
    if not len(shown):
        return _("No loss yet")
    return _("Loss from {first} to {last}").format(first=short(shown[0]), last=short(shown[-1]))


def _finite(losses: Sequence[float]) -> np.ndarray:
    shown = np.asarray(losses, float)
    return shown[np.isfinite(shown)]
