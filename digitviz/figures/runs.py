"""Figures of several runs: as a tree, on the track of a race, and as curves in one picture."""

import itertools
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from digitviz.figures import draw
from digitviz.figures.colours import DIGIT_COLOURS, MARK_COLOUR, MUTED_COLOUR, PAIRS, see_through
from digitviz.figures.draw import denser_at_the_start
from digitviz.figures.picture import Picture, Plain, as_text, in_brief, says
from digitviz.language import gettext as _, lazy_gettext, listed, ngettext
from digitviz.numbers import in_percent, numeral
from digitviz.training.sweep import GUESSING

TICKS = [GUESSING, 0.4, 0.7, 1.0]
"""Ticks of the accuracy axis of curves."""
HIGHEST_START = 0.8
"""Limit for the start of the axis of runs. On a shorter axis, a difference of two digits would look huge."""
FINISH_COLOUR = PAIRS["number"][0]
"""Colour of the finish line of a race, unlike that of any training."""
RUNNERS = {
    "gradient_descent": "M-28 3L-17 23L-3 3M-17 23L-15 40M-31 26L-15 37L-3 26"
    "M-22 49C-22 58 -8 58 -8 49C-8 41 -22 41 -22 49",
    "momentum": "M-78 48L-60 48M-72 29L-58 29M-78 10L-60 10M-3 28C-3 61 -52 61 -52 28C-52 -5 -3 -5 -3 28Z",
    "adam": "M-69 13C-69 19 -51 18 -51 13C-51 8 -69 7 -69 13M-80 13C-80 17 -75 17 -75 13C-75 9 -80 9 -80 13"
    "M-35 39C-35 45 -17 44 -17 39C-17 34 -35 33 -35 39M-46 39C-46 43 -41 43 -41 39C-41 35 -46 35 -46 39"
    "M-21 13C-21 19 -3 18 -3 13C-3 8 -21 7 -21 13M-32 13C-32 17 -27 17 -27 13C-27 9 -32 9 -32 13Z",
}
"""Pictures of optimizers, in pixels from the place of their fronts on a phone: a walker, a rolling ball, and for Adam
footprints after a long and a short step. A Z at the end fills them.
"""
LARGER = 1.3
"""How much larger the pictures are in a wide window."""
ROOM = 14, 112
"""Distances in pixels between the front of a runner and its accuracy, ahead of it and behind its picture."""
DOT = "M-25 14C-25 29 -3 29 -3 14C-3 -1 -25 -1 -25 14Z"
"""Picture of any other runner."""
HALF, GROUND = 0.48, 0.38
"""Half the height of a lane, and how far below its middle its runner stands. Above the runner is its name."""
MAX_NUMBERED = 4
"""Maximum number of lanes of a race with room for the accuracies above them."""
LANE = 0.16
"""Distance from the axis to the runs without an accuracy, as a fraction of its range."""
SIZE = 15
"""Size of a point in pixels, large enough for a finger."""
MAX_NAMED = 5
"""Maximum number of runs that all have their names next to their points. Above it, only the best run has."""
MAX_NAME = 24
"""Maximum length of a name next to a point."""
_COLOURS = (PAIRS[name][0] for name in ("blue", "orange", "green", "purple", "red", "amber"))
LOOKS = tuple(zip(_COLOURS, ("solid", "dash", "dot", "dashdot", "longdash", "longdashdot"), strict=True))
"""Colour and dash style of each run in a comparison. A comparison has at most this many runs."""
MAX_POINTS = 400
"""Maximum number of points in a curve."""
FAR_APART = 10
"""Ratio of the most to the fewest steps of the runs above which the axis is logarithmic."""
AGAINST = {
    "steps": lazy_gettext("steps"),
    "samples": lazy_gettext("digits seen"),
    "seconds": lazy_gettext("seconds of processor time"),
}
"""Titles of the axis of `compared_curves`."""
_NOTHING = np.full((2, 1), np.nan)
"""Empty curve of a run without data. Only its name appears, in the legend."""


@dataclass(frozen=True)
class RunNode:
    """A run in the tree.

    Parameters
    ----------
    id : str
        Id of the run, which a click on its point returns.
    name : str
        Display name, which may come from outside.
    about : str
        Description of the run's state.
    begun : float
        Start time in seconds. Older runs are further right.
    accuracy : float or None
        Accuracy on the test digits, 0 to 1. None if there is no meaningful one.
    parent : str or None
        Id of the run it branched off. An id that is not in the figure counts as none.
    is_open : bool
        True for the run that is open on the other pages.
    interval : (float, float) or None
        Confidence interval of the accuracy.
    """

    id: str
    name: str
    about: str
    begun: float
    accuracy: float | None
    parent: str | None = None
    is_open: bool = False
    interval: tuple[float, float] | None = None


def in_families(runs: Sequence[RunNode]) -> tuple[list[RunNode], list[tuple[int, int]]]:
    """Order runs from oldest to newest, except that the branches of a run directly follow it.

    Returns
    -------
    (list of RunNode, list of (int, int))
        The ordered runs, and the indices (parent, branch) of runs to connect with a line.
    """
    import networkx  # takes 0.2 s to import, which only the diagrams need

    tree, root = networkx.DiGraph(), object()
    tree.add_node(root)
    by_age = sorted(runs, key=lambda run: (run.begun, run.id))
    for run in by_age:  # only earlier runs can be parents, so no data can cause a cycle
        tree.add_edge(run.parent if run.parent in tree else root, run.id)
    known = {run.id: run for run in by_age}
    order = [id for id in networkx.dfs_preorder_nodes(tree, root) if id is not root]
    place = {id: number for number, id in enumerate(order)}
    joined = [(place[one], place[other]) for one, other in tree.edges if one is not root]
    return [known[id] for id in order], joined


@Picture
def run_tree(runs: Sequence[RunNode]) -> Plain:
    """Draw runs in a row, newest first, each at its accuracy with its interval, on an axis that holds all intervals.

    Lines lead to branches.

    `customdata` of each point is the id of its run. A few runs all have their names next to them, otherwise and on a
    phone only the best.
    """
    row, joined = in_families(runs)
    lows = [run.interval[0] if run.interval else run.accuracy for run in row if run.accuracy is not None]
    low, high = lowest_accuracy(lows), 1.0
    span, is_mixed = high - low, 0 < len(lows) < len(row)
    ground = low - LANE * span
    y = [ground if run.accuracy is None else run.accuracy for run in row]
    heights = [(ground if len(lows) < len(row) else low) - 0.1 * span, high + 0.16 * span]
    ends = np.array(joined, int).reshape(-1, 2)
    lines = draw.segments(np.stack([ends, np.array([*y, np.nan])[ends]], axis=-1))
    best = best_of(row)
    named = row if len(row) <= MAX_NAMED else [best]
    notes, on_a_phone = ([*_notes(row, y, ground if is_mixed else None, each)] for each in (named, [best]))
    title = _("runs, newest first; lines lead to branches")
    figure = draw.figure(
        draw.scatter(**draw.xy(lines), mode="lines", line=(MUTED_COLOUR, 1.5)),
        *_points(row, y),
        xaxis=draw.axis(title, showticklabels=False, range=[max(len(row), 3) - 0.6, -0.8], **draw.NO_LINES),
        yaxis=draw.percent_axis(_("test accuracy"), tickvals=np.linspace(low, high, 3), zeroline=False, range=heights),
        annotations=notes,
        meta={"words_only": True, "phone_layout": {"annotations": on_a_phone}},
    )
    count = ngettext("{count} run", "{count} runs", len(row)).format(count=numeral(len(row)))
    if best is None:
        return says(figure, _("{runs}, none with an accuracy yet"), runs=count)
    sentence = _("{runs}; the best, {name}, classifies {accuracy} of the test digits correctly")
    return says(figure, sentence, runs=count, name=best.name, accuracy=in_percent(best.accuracy))


def lowest_accuracy(lows: Sequence[float]) -> float:
    """Return the start of an axis that holds the lower ends of all intervals: a multiple of 0.1, at most 0.8."""
    return float(np.floor(10 * min([HIGHEST_START, *lows]) + 1e-9) / 10)


def _points(row: Sequence[RunNode], y: Sequence[float]) -> Iterator[draw.Part]:
    """Yield the points of the runs with an accuracy, then the points of those without, the newest first."""
    for known in (True, False):
        places = [at for at in reversed(range(len(row))) if (row[at].accuracy is not None) is known]  # the keys' order
        runs, heights = [row[place] for place in places], np.array([y[place] for place in places])
        rings = [3 if run.is_open else 0 for run in runs]
        if known:
            marker = draw.dot(SIZE, DIGIT_COLOURS[0], "circle", opacity=1, line=(MARK_COLOUR, rings))
        else:
            colours = [MARK_COLOUR if ring else MUTED_COLOUR for ring in rings]
            marker = draw.dot(SIZE, colours, "circle-open", opacity=1, line={"width": 2})
        text = [f"{as_text(run.name)}<br>{as_text(run.about)}" for run in runs]
        look = {"customdata": [run.id for run in runs]} | ({"error_y": _intervals(runs)} if known else {})
        yield draw.scatter(np.array(places, np.int32), heights, "markers", "%{text}", text=text, marker=marker, **look)


def _intervals(runs: Sequence[RunNode]) -> draw.Part:
    """Return the extent of each run's interval above and below its accuracy."""
    ends = np.array([(run.accuracy,) * 2 if run.interval is None else run.interval for run in runs], float)
    below, above = np.abs(ends.reshape(-1, 2).T - np.array([run.accuracy for run in runs], float))
    look = {"color": MUTED_COLOUR, "thickness": 1.5, "width": SIZE * 2 // 3}  # stays visible behind the point
    return {"type": "data", "symmetric": False, "array": above, "arrayminus": below, **look}


def _notes(
    row: Sequence[RunNode], y: Sequence[float], ground: float | None, named: Sequence[RunNode | None]
) -> Iterator[draw.Part]:
    """Yield the texts in the figure: the names of some runs, and the meaning of the lowest row."""
    if ground is not None:
        words = _("diverged, or no accuracy yet")
        yield draw.note(0, ground, words, 13, MUTED_COLOUR, xref="paper", xanchor="left", yshift=-14)
    for run in named:
        if run is None or run.accuracy is None:
            continue
        place = row.index(run)
        text = f"{in_brief(run.name, MAX_NAME)}<br><b>{in_percent(run.accuracy)}</b>"
        if len(named) > 1:
            yield draw.note(place, y[place], text, 16, xanchor="left", align="left", xshift=SIZE)
        else:  # above the best run, where no interval is; the oldest runs are at the right edge
            side = "right" if place < len(row) / 3 else "left"
            top = y[place] if run.interval is None else run.interval[1]
            yield draw.note(place, top, text, 16, xanchor=side, align=side, yshift=24)


def best_of(runs: Sequence[RunNode]) -> RunNode | None:
    """Return the run with the highest accuracy, and the oldest if several are equal. None if no run has an accuracy."""
    known = [run for run in runs if run.accuracy is not None]
    return max(known, key=lambda run: (run.accuracy, -run.begun), default=None)


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
def start_of_race(
    names: Sequence[str],
    goal: float,
    kinds: Sequence[object] = (),
    reached: Sequence[float] | None = None,
    guess: int | None = None,
    moment: str = "",
    start: float = GUESSING,
    rows: Sequence[int] | None = None,
    below: Sequence[str] = (),
) -> Plain:
    """Draw a lane for each training of a race, from an accuracy to a finish line at another one.

    Parameters
    ----------
    names : sequence of str
        Texts in the lanes.
    goal : float
    kinds : sequence, optional
        Keys of their pictures in `RUNNERS`. The others are dots.
    reached : sequence of float, optional
        Accuracy of each training at the moment. Before the race, all of them are at the start.
    guess : int, optional
        Index of the highlighted lane.
    moment : str
        The moment in words, if `reached` is given. "" writes none.
    start : float
        Accuracy at which the lanes begin. Above chance level, the runners come from outside the picture.
    rows : sequence of int, optional
        The lane of each training, the uppermost first: after a race, in the order of their places.
    below : sequence of str, optional
        Description of each training, or its result, below its name.
    """
    above = _("test digits read correctly, from {start}").format(start=in_percent(start, 0))
    title = _("test digits read correctly") if start == GUESSING else above
    at_start, pictures = reached is None, [RUNNERS.get(str(kind), DOT) for kind in kinds]
    pictures += [DOT] * (len(names) - len(pictures))
    left, step = (-0.22, 0.2) if start == GUESSING else (start, 0.1)
    right = 1 + 0.02 * (1 - left)
    places = [each for each in np.arange(GUESSING, goal - 0.01, step) if each >= start - 0.01]
    # The finish is named below its line. Above the picture, the tools would hide it.
    finish = _("finish")
    ticks = [*(in_percent(each, 0) for each in places), f"<b>{in_percent(goal, 0)}<br>{finish}</b>"]
    look = {"tickvals": [*places, goal], "ticktext": ticks, "range": [left, right], "tickangle": 0}
    look |= {"tickfont": draw.font(15), **draw.NO_LINES}
    reached, lanes = reached or [GUESSING] * len(names), [*(rows or range(len(names)))]
    colours = [LOOKS[number % len(LOOKS)][0] for number in range(len(names))]
    place = {"type": "path", "xsizemode": "pixel", "ysizemode": "pixel"}
    on_a_phone, runners = ([
        place | {"xanchor": reached[at], "yanchor": lanes[at] + GROUND, "line": draw.stroke(colours[at], 6 * scale)}
        | {"path": _scaled(path, scale)} | ({"fillcolor": colours[at]} if path.endswith("Z") else {})
        for at, path in enumerate(pictures)
    ] for scale in (1, LARGER))  # fmt: skip
    trails = [
        draw.rule(start, share, lane + GROUND, lane + GROUND, (colour, 8), layer="below")
        for share, lane, colour in zip(reached, lanes, colours, strict=True)
    ]
    fills = [see_through(colour, 0.12 if at == guess else 0.08) for at, colour in enumerate(colours)]
    borders = [(colour, 4 if at == guess else 2 * at_start) for at, colour in enumerate(colours)]
    grounds = [
        draw.box(0, 1, lane - HALF, lane + HALF, line, xref="paper", layer="below", fillcolor=fill)
        for lane, line, fill in zip(lanes, borders, fills, strict=True)
    ]
    others = [draw.rule(goal, goal, 0, 1, (FINISH_COLOUR, 7, "7px,7px"), yref="paper"), *trails, *grounds]
    starts = np.array([[(start, lane), (start, lane + HALF)] for lane in lanes])
    is_roomy = len(names) <= MAX_NUMBERED
    size = 24 if is_roomy else 16
    in_lane = {"xref": "paper", "yanchor": "top", "xanchor": "left", "xshift": 6, "align": "left"}
    notes = [
        draw.note(0, lanes[at] - HALF, text, size, colours[at], **in_lane)
        for at, text in enumerate(below_lanes(names, below))
    ]
    near = max(left, -0.02) + 0.48 * (right - left)  # a number has no room to the left of this
    up: draw.Part = {"yanchor": "bottom", "yshift": 6}
    for at, share in enumerate(reached if is_roomy and not at_start else []):
        side = {"xanchor": "left", "xshift": ROOM[0]} if share < near else {"xanchor": "right", "xshift": -ROOM[1]}
        notes.append(draw.note(share, lanes[at] + GROUND, f"<b>{in_percent(share)}</b>", 20, colours[at], **side, **up))
    words = _("my winner")
    for at in lanes if at_start else []:
        tag = f"<b><span style='font-size:1.4em'>{'●' if at == guess else '○'}</span> {words}</b>"
        notes.append(draw.note((left + right) / 2 + 0.06, at + 0.19, tag, 24, colours[at]))
    figure = draw.figure(
        draw.scatter(**draw.xy(draw.segments(starts)), mode="lines", line=(MUTED_COLOUR, 3)),
        draw.scatter(
            np.array(reached, float), np.array(lanes, float), "markers", "%{text}", text=[*map(as_text, names)],
            customdata=[(0, at) for at in range(len(names))],
            marker=draw.dot(22, colours, opacity=0),  # in the middle of its lane, so that a click is in the right one
        ),
        xaxis=draw.percent_axis(title, **look),
        yaxis={"visible": False, "range": [len(names) - 0.5, -0.5]},
        shapes=[*runners, *others],
        hoverdistance=-1, annotations=notes, margin=(10, 10, 6 if at_start else 30, 10),
        meta={"asks": at_start, "phone_layout": {"shapes": [*on_a_phone, *others]}, "phone_below": 900, "moves": {
            "kind": "track", "start": GUESSING, "near": near, "room": ROOM, "trails": len(names) + 1,
            "shares": len(names) if is_roomy and not at_start else None,
        }},
    )  # fmt: skip
    if at_start:
        sentence = _("{names} at the start, where a network guesses. The finish is at {accuracy}.")
        return says(figure, sentence, names=listed(names), accuracy=in_percent(goal, 0))
    return says(figure, race_in_words(names, reached, goal, moment))


def _scaled(path: str, scale: float) -> str:
    return re.sub(r"-?\d+", lambda number: f"{scale * int(number[0]):.1f}", path)


def below_lanes(names: Sequence[str], others: Sequence[str]) -> list[str]:
    """Return the texts below the lanes of a race: each name, and in smaller letters the other text, if there is one."""
    called = "<b>{}</b><br><span style='font-size:.8em'>{}</span>"
    return [called.format(in_brief(name), other) for name, other in itertools.zip_longest(names, others, fillvalue="")]


def race_in_words(names: Sequence[str], reached: Sequence[float], goal: float, moment: str) -> str:
    """Return what `start_of_race` shows."""
    pairs = zip(names, map(in_percent, reached), strict=True)
    each = listed(_("{name}: {value}").format(name=name, value=share) for name, share in pairs)
    sentence = _("{moment}: {names}. The finish is at {accuracy}.")
    return sentence.format(moment=moment, names=each, accuracy=in_percent(goal, 0))


def add_clock(figure: Plain, words: str) -> None:
    """Write the moment of a race above its figure, on the left."""
    place = {"xref": "paper", "yref": "paper", "xanchor": "left", "yanchor": "bottom"}
    figure["layout"]["annotations"].append(draw.note(0, 1, words, 20, **place))


def add_replay(figure: Plain, labels: Sequence[str], places: Sequence[Sequence[float]], shown: int) -> None:
    """Let the browser play a race, by the places of the runners at each moment. The figure shows one of the moments."""
    film = {"labels": labels, "places": places, "start": shown, "title": _("the race")}
    figure["layout"]["meta"]["film"] = film | {"milliseconds": 150, "again": _("Watch again")}


def _finish(goal: float) -> str:
    """Return the name of a finish line."""
    return _("finish: {accuracy}").format(accuracy=in_percent(goal, 0))


@Picture
def compared_curves(
    runs: Sequence[ComparedRun], same_loss: bool = True, against: str = "steps", goal: float | None = None
) -> Plain:
    """Draw the test accuracy of up to six runs, from chance level or in a race from below the curves, and their loss.

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
    known = np.concatenate([run.accuracy[np.isfinite(run.accuracy)] for run in runs])
    low = min([GUESSING, *known]) - 0.02 if goal is None or not len(known) else lowest_accuracy(known.tolist())
    ticks = {"tickvals": TICKS} if low < GUESSING else {"tick0": 1, "dtick": 0.2}
    ends = [run.steps[-1] for run in runs if len(run.steps)]
    far_apart = bool(ends) and max(ends) >= FAR_APART * min(ends) and (goal is None or against != "steps")
    x: draw.Part = {"anchor": "y2" if same_loss else "y", "type": "log" if far_apart else "linear"}
    below = {"yaxis2": draw.axis(_("loss per<br>digit"), domain=[0, 0.46], rangemode="tozero", nticks=6)}
    at_end: draw.Part = {"xref": "paper", "xanchor": "right", "yanchor": "top"}
    figure = draw.figure(
        *(trace for number, run in enumerate(runs) for trace in _curves(run, number, same_loss, against)),
        xaxis=draw.axis(str(AGAINST[against]), **x),
        yaxis=draw.percent_axis(_("test accuracy"), domain=[0.53 if same_loss else 0, 1], range=[low, 1.02], **ticks),
        **(below if same_loss else {}),
        legend={"font": draw.font(16)},
        shapes=[] if goal is None else [draw.rule(0, 1, goal, goal, (FINISH_COLOUR, 3), xref="paper", layer="below")],
        annotations=[] if goal is None else [draw.note(1, goal, _finish(goal), 19, FINISH_COLOUR, **at_end)],
    )
    both, alone = _("Test accuracy and loss against {costs}; {ends}"), _("Test accuracy against {costs}; {ends}")
    return says(figure, both if same_loss else alone, costs=AGAINST[against], ends=listed(map(_end_in_words, runs)))


def with_places(names: Sequence[str], costs: Sequence[float | None]) -> list[str]:
    """Return the names of the runs in a race, each after its place if it has reached the goal.

    Parameters
    ----------
    names : sequence of str
    costs : sequence of float or None
        The cost of each run; equal ones share a place. None for runs that have not reached the goal.
    """
    known = [cost for cost in costs if cost is not None]
    places = [0 if cost is None else 1 + sum(each < cost for each in known) for cost in costs]
    return [f"{place}. {name}" if place else name for place, name in zip(places, names, strict=True)]


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
        line = draw.stroke(colour, 3.5, dash)
        yield draw.scatter(x, y, mode, hover, yaxis=side, line=line, showlegend=side == "y", **look)


def _end_in_words(run: ComparedRun) -> str:
    known = run.accuracy[np.isfinite(run.accuracy)]
    accuracy = in_percent(known[-1]) if len(known) else _("no accuracy yet")
    return _("{name}: {accuracy}").format(name=run.name, accuracy=accuracy)
