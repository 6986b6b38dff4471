"""The frames of a digit's walk: what has been added, bent and measured after each step, in a plane."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from digitviz.explanations.vector_walk import VectorWalk
from digitviz.figures.maps import plain_places
from digitviz.figures.sentence import short
from digitviz.figures.thinning import denser_at_the_start
from digitviz.language import gettext as _

MOST_STOPS = 65
"""Sums along the way that are drawn at most: all of a walk from pixels."""
REACH = {"below": 0.5, "labels": 0.9}
"""How far the longest vectors of a group reach, of the reach of the walk and the hidden states."""
SIDE = 8
NOTHING: dict[str, list[None]] = {"x": [None], "y": [None]}
MOVING = ("path", "bend", "foot", "ink", "mark", "bars")
"""Traces that differ from frame to frame."""


@dataclass(frozen=True, eq=False)
class DrawnWalk:
    """A walk in the plane: all that is drawn, in the units of the walk.

    Parameters
    ----------
    stops : ndarray of int
        After how many steps a sum is drawn.
    sums, bent, feet, below, labels, states : ndarray, shape (n, 2)
    factors : dict of str to float
        How much longer the vectors of "below" and "labels" are drawn than they are.
    """

    stops: np.ndarray
    sums: np.ndarray
    bent: np.ndarray
    feet: np.ndarray
    below: np.ndarray
    labels: np.ndarray
    states: np.ndarray
    factors: dict[str, float]

    @property
    def everything(self) -> np.ndarray:
        """All points that are in view."""
        return np.concatenate([self.sums, self.bent, self.feet, self.below, self.labels, self.states, np.zeros((1, 2))])


def in_the_plane(walk: VectorWalk, plane: np.ndarray, below: np.ndarray, states: np.ndarray) -> DrawnWalk:
    """Return what is drawn of a walk, with vectors of other scales made as long as what is seen beside them."""
    stops = denser_at_the_start(len(walk.sums), MOST_STOPS)
    lengths = np.maximum((walk.labels**2).sum(axis=1, keepdims=True), np.finfo(float).tiny)
    feet = (walk.labels @ walk.bent)[:, None] / lengths * walk.labels
    sums, bent, feet, states = (part @ plane.T for part in (walk.sums[stops], walk.bent[None], feet, states))
    reach = _longest(np.concatenate([sums, bent, states])) or 1.0
    groups = {"below": below @ plane.T, "labels": walk.labels @ plane.T}
    factors = {name: _round(REACH[name] * reach / (_longest(part) or 1.0)) for name, part in groups.items()}
    scaled = {name: part * factors[name] for name, part in groups.items()}
    return DrawnWalk(stops, sums, bent, feet, scaled["below"], scaled["labels"], states, factors)


def _longest(points: np.ndarray) -> float:
    return float(np.linalg.norm(points, axis=1).max(initial=0.0))


def _round(number: float) -> float:
    """Round to the two digits that the legend tells."""
    return float(f"{number:.2g}")


def frames_of(walk: VectorWalk, drawn: DrawnWalk, digit: np.ndarray | None) -> list[tuple[str, dict[str, Any]]]:
    """Return the words of each frame, and what its moving traces are set to; `digit` is None if neurons are added."""
    frames = []
    for place, k in enumerate(drawn.stops.tolist()):
        parts: dict[str, Any] = {"path": plain_places(drawn.sums[: place + 1]), "bend": NOTHING, "foot": NOTHING}
        parts |= _ink_so_far(walk, digit, k)
        words = _step_in_words(walk, digit, k) if k else _("nothing added yet")
        frames.append((words, parts | {"bars": _bars_so_far(walk, 0)}))
    bend = plain_places(np.concatenate([drawn.sums[-1:], drawn.bent]))
    arrived = {**frames[-1][1], "mark": NOTHING, "bend": bend}
    frames.append((_("the activation bends the sum"), arrived))
    winner = int(walk.logits.argmax())
    for label, logit in [*enumerate(walk.logits.tolist()), (winner, walk.logits[winner])]:
        done = len(frames) - len(drawn.stops)
        words = _("times label vector {digit}: {logit}") if done <= 10 else _("the largest is that of {digit}: {logit}")
        foot = plain_places(np.concatenate([drawn.bent, drawn.feet[[label]]]))
        parts = {**arrived, "foot": foot, "bars": _bars_so_far(walk, min(done, 10), label)}
        frames.append((words.format(digit=label, logit=short(logit)), parts))
    return frames


def _step_in_words(walk: VectorWalk, digit: np.ndarray | None, step: int) -> str:
    """Say which step it is, counted from 1, what is added, and how much of it."""
    what = int(walk.order[step - 1])
    words = _("{step} of {count}: {what}, ink {amount}")
    if digit is None:
        words = _("{step} of {count}: {what}, activation {amount}")
    amount = walk.amounts[step - 1] if digit is None else float(digit[what])
    return words.format(step=step, count=len(walk.order), what=name_of(what, digit is not None), amount=short(amount))


def name_of(number: int, is_pixel: bool) -> str:
    """Return what people call a pixel, or a neuron of the layer below; both are counted from 0 here."""
    if not is_pixel:
        return _("neuron {number}").format(number=number + 1)
    return _("row {row}, column {column}").format(row=number // SIDE + 1, column=number % SIDE + 1)


def _ink_so_far(walk: VectorWalk, digit: np.ndarray | None, count: int) -> dict[str, Any]:
    """Return the digit with the pixels that have been added, and a mark on the last."""
    if digit is None:
        return {"ink": {"type": "heatmap"}, "mark": NOTHING}
    ink: list[float | None] = [None] * digit.size
    for pixel in walk.order[:count].tolist():
        ink[pixel] = float(digit[pixel])
    rows = [ink[row : row + SIDE] for row in range(0, digit.size, SIDE)]
    last = [int(walk.order[count - 1])] if count else []
    mark = {"x": [pixel % SIDE for pixel in last], "y": [pixel // SIDE for pixel in last]} if last else NOTHING
    return {"ink": {"type": "heatmap", "z": rows}, "mark": mark}


def _bars_so_far(walk: VectorWalk, count: int, told: int = -1) -> dict[str, Any]:
    """Return the first bars, the rest without height, with the number of one of them."""
    heights = [float(f"{logit:.6g}") for logit in walk.logits[:count]] + [None] * (10 - count)
    return {
        "type": "bar",
        "y": heights,
        "text": [short(walk.logits[digit]) if digit == told else "" for digit in range(10)],
    }
