"""Figures of several runs: as a tree, on the track of a race, and as curves in one picture."""

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from digitviz.figures import draw
from digitviz.figures.colours import DIGIT_COLOURS, MARK_COLOUR, MUTED_COLOUR, PAIRS, PAPER_COLOUR, see_through
from digitviz.figures.draw import denser_at_the_start
from digitviz.figures.picture import Picture, Plain, as_text, in_brief, says
from digitviz.language import gettext as _
from digitviz.language import lazy_gettext, listed, ngettext
from digitviz.numbers import in_percent, numeral
from digitviz.training.optimizers import OPTIMIZERS
from digitviz.training.sweep import GUESSING

TICKS = [GUESSING, 0.4, 0.7, 1.0]
"""Ticks of the accuracy axis of curves."""
HIGHEST_START = 0.8
"""Limit for the start of the axis of runs. On a shorter axis, a difference of two digits would look huge."""
FINISH_COLOUR = PAIRS["number"][0]
"""Colour of the finish line of a race, unlike that of any training."""
RUNNERS = {
    "gradient_descent": "M-10 4L0 20L10 4M0 20L0 35M-11 22L0 33L11 25M-5 42C-5 48 5 48 5 42C5 35 -5 35 -5 42",
    "momentum": "M-39 35L-20 35M-31 22L-21 22M-39 10L-20 10M22 22C22 48 -14 48 -14 22C-14 -3 22 -3 22 22Z",
    "adam": "M-34 40L8 40M1 47L10 40L1 33M-34 25L-14 25M-21 32L-12 25L-21 18M-34 10L22 10M15 17L24 10L15 3",
}
"""Pictures of optimizers on the start line, in pixels: a walker, a ball, filled because of its Z, and arrows."""
RATES, STEPS, STEEP = {"gradient_descent": 0.1, "momentum": 0.02, "adam": 0.05}, 24, 18
"""Learning rates and number of steps in the sketches of optimizers in a narrow valley, and how many times steeper the
valley is upwards than across."""
VALLEY = -0.12, 0.23, 0.17, 0.2
"""Middle of these sketches, left of their lanes and below their height, and half their width and height."""
ROOM = 48
"""Distance in pixels between the place of a runner and its accuracy, which leaves room for its picture."""
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
AGAINST = {"steps": lazy_gettext("steps"), "seconds": lazy_gettext("seconds of processor time")}
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
        Texts below the lanes, see `in_lanes`.
    goal : float
    kinds : sequence, optional
        Runners with a picture in `RUNNERS`. The others are dots.
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
    at_start, pictures = reached is None, {at: RUNNERS[kind] for at, kind in enumerate(kinds) if kind in RUNNERS}
    left, step = (-0.02, 0.2) if start == GUESSING else (start, 0.1)
    has_ways = bool(pictures) and start == GUESSING  # also in the race, whose lanes stay
    left = VALLEY[0] - VALLEY[2] - 0.02 if has_ways else left
    right = 1 + 0.02 * (1 - left)
    # The finish is named below its line. Above the picture, the tools would hide it.
    ticks = [*(each for each in np.arange(GUESSING, goal, step) if start <= each <= goal - 0.14 * (right - left)), goal]
    names_of_ticks = [*(in_percent(each, 0) for each in ticks[:-1]), f"<b>{_finish(goal)}</b>"]
    on_a_phone = [*names_of_ticks[:-1], "<b>{}<br>{}</b>".format(in_percent(goal, 0), _("finish"))]
    if has_ways:  # the lanes are not in the middle of the axis
        for labels, at in ((names_of_ticks, len(ticks) // 2), (on_a_phone, len(ticks) // 2 - 1)):
            labels[at] += f"<br><span style='font-size:1.25em'>{title}</span>"
    named_ticks = {"tickvals": ticks, "ticktext": names_of_ticks, "tickfont": draw.font(15), "zeroline": False}
    reached, lanes = reached or [GUESSING] * len(names), [*(rows or range(len(names)))]
    ends = np.array([[(start, lane), (goal, lane)] for lane in lanes])
    colours = [LOOKS[number % len(LOOKS)][0] for number in range(len(names))]
    place = {"type": "path", "xsizemode": "pixel", "ysizemode": "pixel"}
    runners = [
        place
        | {"xanchor": reached[at], "yanchor": lanes[at], "path": path, "line": draw.stroke(colours[at], 5)}
        | ({"fillcolor": colours[at]} if path.endswith("Z") else {})
        for at, path in pictures.items()
    ]
    trails = [draw.rule(start, x, y, y, (c, 8), layer="below") for x, y, c in zip(reached, lanes, colours, strict=True)]
    look: draw.Part = {"fillcolor": see_through(colours[guess or 0], 0.15), "layer": "below", "line": {"width": 0}}
    lit = [] if guess is None else [draw.box(left, goal, lanes[guess] - 0.45, lanes[guess] + 0.45, **look)]
    is_roomy = len(names) <= MAX_NUMBERED
    size = 20 if is_roomy else 16
    after_start = {"yanchor": "top", "yshift": -4, "xanchor": "left", "xshift": 28, "align": "left"}
    notes = [
        draw.note(start, lanes[at], text, size, colours[at], **after_start)
        for at, text in enumerate(below_lanes(names, below))
    ]
    near = max(left, -0.02) + 0.32 * (right - left)  # a number has no room to the left of this
    beside: draw.Part = {"yanchor": "bottom", "yshift": 6, "bgcolor": PAPER_COLOUR, "borderpad": 0}
    for at, share in enumerate(reached if is_roomy and not at_start else []):
        side = {"xanchor": "left", "xshift": ROOM} if share < near else {"xanchor": "right", "xshift": -ROOM}
        notes.append(draw.note(share, lanes[at], f"<b>{in_percent(share)}</b>", 20, colours[at], **side, **beside))
    ways = [part for at in pictures if has_ways for part in _way(str(kinds[at]), lanes[at], colours[at])]
    first, last = min(lanes) + VALLEY[1] - VALLEY[3], max(lanes) + VALLEY[1] + VALLEY[3]
    told = (last, "top", _("×: lowest point")), (first, "bottom", _("narrow valley,<br>from above"))
    for y, anchor, words in told if has_ways and at_start else ():
        look = {"xanchor": "left", "yanchor": anchor, "align": "left"}
        notes.append(draw.note(left, y, words, 13, MUTED_COLOUR, **look))
    x = draw.percent_axis("" if has_ways else title, range=[left, right], tickangle=0, **named_ticks)
    figure = draw.figure(
        draw.scatter(**draw.xy(draw.segments(ends)), mode="lines", line=draw.stroke(see_through(MUTED_COLOUR, 0.2), 8)),
        draw.scatter(
            np.array(reached, float), np.array(lanes, float), "markers", "%{text}", text=[*map(as_text, names)],
            customdata=[(0, at) for at in range(len(names))],
            marker=draw.dot([8 if at in pictures else 22 for at in range(len(names))], colours),
        ),
        xaxis=x,
        yaxis={"visible": False, "range": [len(names) - 0.4, -0.55]},
        shapes=[*runners, draw.rule(goal, goal, 0, 1, (FINISH_COLOUR, 7, "7px,7px"), yref="paper"),
                *trails, *lit, *ways],
        hoverdistance=-1, annotations=notes,
        meta={"phone_layout": {"xaxis": x | {"ticktext": on_a_phone}} if has_ways else {}, "moves": {
            "kind": "track", "start": GUESSING, "near": near, "room": ROOM, "trails": len(runners) + 1,
            "runners": [list(pictures).index(at) if at in pictures else None for at in range(len(names))],
            "shares": len(names) if is_roomy and not at_start else None,
        }},
    )  # fmt: skip
    if at_start:
        sentence = _("{names} at the start, where a network guesses. The finish is at {accuracy}.")
        return says(figure, sentence, names=listed(names), accuracy=in_percent(goal, 0))
    return says(figure, race_in_words(names, reached, goal, moment))


def _way(kind: str, lane: int, colour: str) -> list[draw.Part]:
    """Draw to the left of a lane how an optimizer walks into a narrow valley, computed step by step."""
    weights = [np.array([-0.75]), np.array([0.6 / np.sqrt(STEEP)])]
    optimizer, places = OPTIMIZERS[kind](RATES[kind], weights), [np.ravel(weights)]
    for _step in range(STEPS):
        optimizer.update(weights, [weights[0].copy(), STEEP * weights[1]])
        places.append(np.ravel(weights))
    middle, below, wide, tall = VALLEY  # the rings have equal losses, so the steep weight is drawn larger
    points = "L".join(f"{middle + wide * x:.4f} {lane + below - tall * np.sqrt(STEEP) * y:.4f}" for x, y in places)
    path: draw.Part = {"type": "path", "path": f"M{points}", "line": draw.stroke(colour, 2.5)}
    look: draw.Part = {"type": "circle", "opacity": 0.5, "layer": "below", "line": draw.stroke(MUTED_COLOUR, 1)}
    sizes = np.outer((0.3, 0.65, 1.0), (wide, tall)).tolist()
    rings = [draw.box(middle - x, middle + x, lane + below - y, lane + below + y, **look) for x, y in sizes]
    lowest = {"xsizemode": "pixel", "ysizemode": "pixel", "xanchor": middle, "yanchor": lane + below}
    lowest |= {"type": "path", "path": "M-4 -4L4 4M-4 4L4 -4", "line": draw.stroke(FINISH_COLOUR, 2)}
    return [*rings, lowest, path]


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
