"""Runs as a tree: each one a point at its accuracy, with a line to those that branched off it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from digitviz.figures.colours import FIRST_TO_LAST, MARK_COLOUR, MUTED_COLOUR
from digitviz.figures.names import as_text, in_brief
from digitviz.figures.picture import Picture, Plain, plain_figure
from digitviz.figures.sentence import says
from digitviz.language import gettext as _
from digitviz.language import ngettext

CHANCE = 0.1
"""The accuracy of random guesses, where the axis begins: on a shorter one a difference of two digits looks huge."""
TICKS = [CHANCE, 0.4, 0.7, 1.0]
"""Of an axis of accuracies."""
LANE = 0.16
"""How far below the axis the runs without an accuracy lie, as a share of what it shows."""
SIZE = 15
"""Of a point, in pixels: large enough for a finger."""
PHONES_MOST = 24
"""Characters of the best run's name beside its point: what fits on a phone."""


@dataclass(frozen=True)
class RunNode:
    """A run in the tree.

    Parameters
    ----------
    id : str
        Sent back when it is clicked.
    name : str
        As it is to be shown; from outside, perhaps.
    about : str
        How it stands, in words.
    begun : float
        When, in seconds: older ones stand further left.
    accuracy : float or None
        On the test digits, 0 to 1; None if there is none that means anything.
    parent : str or None
        Id of the run that it branched off; one that is not shown counts as none.
    is_open : bool
        Whether it is the one that the other pages show.
    interval : (float, float) or None
        Between which accuracies chance leaves it.
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
    """Put runs in a row: oldest first, but each directly behind what it branched off, with all its own branches.

    Returns
    -------
    (list of RunNode, list of (int, int))
        The row, and the places in it that a line joins, parent and branch.
    """
    import networkx  # importing it takes a fifth of a second, which only the diagrams should cost

    tree, root = networkx.DiGraph(), object()
    tree.add_node(root)
    by_age = sorted(runs, key=lambda run: (run.begun, run.id))
    for run in by_age:  # a parent is there before its branches: whatever the data say, no circle can close
        tree.add_edge(run.parent if run.parent in tree else root, run.id)
    known = {run.id: run for run in by_age}
    order = [id for id in networkx.dfs_preorder_nodes(tree, root) if id is not root]
    place = {id: number for number, id in enumerate(order)}
    joined = [(place[one], place[other]) for one, other in tree.edges if one is not root]
    return [known[id] for id in order], joined


@Picture
def run_tree(runs: Sequence[RunNode]) -> Plain:
    """Draw runs in a row, each at its accuracy with its interval, from chance on; lines lead to its branches.

    Each point's `customdata` is the id of its run. The best one is named.

    Parameters
    ----------
    runs : sequence of RunNode
    """
    row, joined = in_families(runs)
    known = [run.accuracy for run in row if run.accuracy is not None]
    low, high = min([CHANCE, *known]), 1.0
    span = high - low
    ground = low - LANE * span
    y = [ground if run.accuracy is None else run.accuracy for run in row]
    without = len(row) - len(known)
    figure = plain_figure(
        _lines(joined, y),
        *_points(row, y, (low, high)),
        xaxis={
            "title": {"text": _("your runs, oldest first; a line leads to a branch")}, "showgrid": False,
            "showticklabels": False, "zeroline": False, "range": [-0.7, max(len(row), 3) - 0.3],
        },
        yaxis={
            "title": {"text": _("test accuracy")}, "tickformat": ".0%", "tickvals": TICKS,
            "zeroline": False, "range": [(ground if without else low) - 0.1 * span, high + 0.16 * span],
        },
        showlegend=False,
        hovermode="closest",
        annotations=[*_notes(row, y, ground if without and known else None)],
        meta={"words_only": True},
    )  # fmt: skip
    return says(figure, _in_words(row))


def _lines(joined: Sequence[tuple[int, int]], y: Sequence[float]) -> dict[str, Any]:
    ends = np.array(joined, int).reshape(-1, 2)
    gaps = np.full(len(ends), np.nan)
    heights = np.array([*y, np.nan])
    return {
        "type": "scatter", "mode": "lines", "hoverinfo": "skip", "line": {"color": MUTED_COLOUR, "width": 1.5},
        "x": np.column_stack([ends, gaps]).ravel(), "y": np.column_stack([heights[ends], gaps]).ravel(),
    }  # fmt: skip


def _points(row: Sequence[RunNode], y: Sequence[float], ends: tuple[float, float]) -> Iterator[dict[str, Any]]:
    """Yield the points of the runs that have an accuracy, and of those that have none."""
    low, high = ends
    scale = [[place / (len(FIRST_TO_LAST) - 1), colour] for place, colour in enumerate(FIRST_TO_LAST)]
    for known in (True, False):
        places = [place for place, run in enumerate(row) if (run.accuracy is not None) is known]
        heights = np.array([y[place] for place in places])
        rings = [3 if row[place].is_open else 0 for place in places]
        colours = (
            {"color": heights, "cmin": low, "cmax": high, "colorscale": scale}
            if known
            else {"color": [MARK_COLOUR if ring else MUTED_COLOUR for ring in rings]}
        )
        yield {
            "type": "scatter",
            "x": np.array(places, np.int32),
            "y": heights,
            "mode": "markers",
            "customdata": [row[place].id for place in places],
            "text": [_words(row[place]) for place in places],
            "hovertemplate": "%{text}<extra></extra>",
            **({"error_y": _bars([row[place] for place in places])} if known else {}),
            "marker": {
                "size": SIZE, "symbol": "circle" if known else "circle-open", "opacity": 1, **colours,
                "line": {"width": rings, "color": MARK_COLOUR} if known else {"width": 2},
            },
        }  # fmt: skip


def _bars(runs: Sequence[RunNode]) -> dict[str, Any]:
    """Return how far the interval of each run reaches above and below its accuracy."""
    ends = np.array([(run.accuracy,) * 2 if run.interval is None else run.interval for run in runs], float)
    below, above = np.abs(ends.reshape(-1, 2).T - np.array([run.accuracy for run in runs], float))
    return {
        "type": "data", "symmetric": False, "array": above, "arrayminus": below, "color": MUTED_COLOUR,
        "thickness": 1.5, "width": SIZE * 2 // 3,  # so that it stands out where the point covers it
    }  # fmt: skip


def _words(run: RunNode) -> str:
    return f"{as_text(run.name)}<br>{as_text(run.about)}"


def _notes(row: Sequence[RunNode], y: Sequence[float], ground: float | None) -> Iterator[dict[str, Any]]:
    """Yield what stands in the picture: the best run's name, and what lies on the ground."""
    grey = {"showarrow": False, "font": {"color": MUTED_COLOUR, "size": 13}}
    if not row:
        yield {**grey, "text": _("each of your runs will be a point here"), "x": 0.5, "y": 0.5,
               "xref": "paper", "yref": "paper"}  # fmt: skip
    if ground is not None:
        yield {**grey, "text": _("no accuracy yet, or diverged"), "x": 0, "xref": "paper", "xanchor": "left",
               "y": ground, "yshift": -14}  # fmt: skip
    best = best_of(row)
    if best is not None:
        place = row.index(best)
        text = _("{name}: {accuracy}").format(name=in_brief(best.name, PHONES_MOST), accuracy=f"{best.accuracy:.1%}")
        yield {
            "text": text, "x": place, "y": y[place], "showarrow": False, "yshift": 20,
            "xanchor": "left" if place < len(row) / 3 else "right" if place > len(row) * 2 / 3 else "center",
            "font": {"size": 14},
        }  # fmt: skip


def best_of(runs: Sequence[RunNode]) -> RunNode | None:
    """Return the run with the highest accuracy, of equal ones the oldest; None if none has any."""
    known = [run for run in runs if run.accuracy is not None]
    return max(known, key=lambda run: (run.accuracy, -run.begun), default=None)


def _in_words(row: Sequence[RunNode]) -> str:
    best = best_of(row)
    count = ngettext("{count} run", "{count} runs", len(row)).format(count=f"{len(row):,}")
    if not row:
        return _("There are no runs yet")
    if best is None:
        return _("{runs}, none with an accuracy yet").format(runs=count)
    sentence = _("{runs}; the best, {name}, reads {accuracy} of the test digits correctly")
    return sentence.format(runs=count, name=best.name, accuracy=f"{best.accuracy:.1%}")
