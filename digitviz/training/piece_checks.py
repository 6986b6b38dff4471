"""Reading a piece from bytes that may be anything."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from digitviz.packing import Arrays, unpack
from digitviz.training.engines.checkpoint import STEP, Checkpoint, CheckpointForm
from digitviz.training.faults import Stuck
from digitviz.training.fingerprint import Fingerprint
from digitviz.training.piece import CHECKPOINT, FORMAT, NO_LINK, Piece, PieceForm, Stops
from digitviz.training.records import Spell
from digitviz.training.segment import Segment

NAMES = {"source", "first", "step", "after", "known_since", "stops", "spells", "segments"}
LATEST_VERSION = 10**6
"""Of an engine, that is believed."""


def read_piece(data: bytes, form: PieceForm, number: int | None = None) -> Piece:
    """Read what `Piece.to_bytes` gave, whoever wrote it.

    Parameters
    ----------
    data : bytes
    form : PieceForm
        That of the training that it should be of.
    number : int, optional
        Which of its pieces it should be, from 1. None is the one that a run stands in: its end may be anywhere in it,
        and has an exact checkpoint.

    Raises
    ------
    ValueError
        If anything in it is missing, unknown, of another shape or type, out of range, or not of this training.
    """
    notes, arrays = unpack(FORMAT, data)
    _need(isinstance(notes, dict) and set(notes) == NAMES, "its notes have other names")
    step = _whole(notes["step"], 0, 2**60)
    first = _whole(notes["first"], 0, step)
    start, finished = first * form.length, step // form.length
    _need(first % form.batches == 0 and start <= step <= start + form.batches * form.length, "it lies elsewhere")
    _need(number is None or (first, step) == _place(form, number), f"it is not piece {number}")
    _need(notes["source"] == form.source(step), "it is of another training")
    checkpoint = _checkpoint(arrays, form, step)
    _need(number is not None or step == 0 or checkpoint is not None, "it has no exact checkpoint")
    _need(isinstance(notes["after"], str) and len(notes["after"]) == len(NO_LINK), "it hangs on nothing")
    return Piece(
        notes["source"], first, step, notes["after"], _moment(notes["known_since"]),
        losses=_losses(arrays, (step - start,)), of_batches=_of_batches(arrays, (4, finished - first)),
        stops=_stops(notes["stops"], arrays, form, first, finished), spells=_spells(notes["spells"], start, step),
        segments=_segments(notes["segments"], start, step), checkpoint=checkpoint,
    )  # fmt: skip


def _place(form: PieceForm, number: int) -> tuple[int, int]:
    return (number - 1) * form.batches, number * form.batches * form.length


def _need(holds: bool, otherwise: str) -> None:
    if not holds:
        raise ValueError(f"not a piece of this training: {otherwise}")


def _whole(value: Any, low: int, high: int) -> int:
    _need(type(value) is int and low <= value <= high, f"{value!r} is not between {low} and {high}")
    return int(value)


def _moment(value: Any) -> float:
    _need(type(value) is float and math.isfinite(value) and value >= 0, f"{value!r} is not a time")
    return float(value)


def _array(arrays: Arrays, name: str, shape: tuple[int, ...], dtype: str) -> np.ndarray:
    array = arrays.get(name)
    fits = array is not None and array.shape == shape and array.dtype == dtype
    _need(fits, f"{name} is not {shape} of {dtype}")
    assert array is not None
    return array


def _losses(arrays: Arrays, shape: tuple[int, ...]) -> np.ndarray:
    losses = _array(arrays, "losses", shape, "float64")
    _need(bool(np.isfinite(losses).all()), "a loss is not finite")
    return losses


def _of_batches(arrays: Arrays, shape: tuple[int, ...]) -> np.ndarray:
    """Return accuracies and mean losses: of digits that are not in a batch a loss may be too large for a number."""
    of_batches = _array(arrays, "of_batches", shape, "float64")
    _need(bool(((of_batches[:2] >= 0) & (of_batches[:2] <= 1)).all()), "an accuracy is not between 0 and 1")
    return of_batches


def _checkpoint(arrays: Arrays, form: PieceForm, step: int) -> Checkpoint | None:
    _need(
        all(name in {"losses", "of_batches", "stops"} or name.startswith(CHECKPOINT) for name in arrays),
        "an array has another name",
    )
    given = {name.removeprefix(CHECKPOINT): each.copy() for name, each in arrays.items() if name.startswith(CHECKPOINT)}
    if not given:
        return None
    settings = form.recipe.settings_at(max(0, step - 1) // form.length)
    checkpoint = CheckpointForm(settings, form.parameters).check(given)
    finite = all(np.isfinite(checkpoint[name]).all() for name, _ in form.parameters.named_arrays)
    _need(finite and int(checkpoint[STEP]) == step, "its checkpoint is of another step, or not finite")
    return checkpoint


def _stops(batches: Any, arrays: Arrays, form: PieceForm, first: int, finished: int) -> Stops:
    """Return weights for display; in float32 they may be infinite where the run's own are not."""
    _need(isinstance(batches, list) and len(batches) <= form.batches, "its stops are no list")
    _need(("stops" in arrays) == bool(batches), "its stops are not those that it names")
    numbers = [_whole(each, first + 1, finished) for each in batches]
    _need(numbers == sorted(set(numbers)), "its stops do not rise")
    _need(all(form.is_stop(each) or each == finished for each in numbers), "it has other stops")
    if not numbers:
        return {}
    vectors = _array(arrays, "stops", (len(numbers), form.parameters.size), "float32")
    _need(not np.isnan(vectors).any(), "a stop is not a number")
    return {each: vector.copy() for each, vector in zip(numbers, vectors, strict=True)}


def _spells(values: Any, start: int, step: int) -> tuple[Spell, ...]:
    _need(isinstance(values, list), "its spells are no list")
    spells, before = list[Spell](), start
    for value in values:
        _need(isinstance(value, list) and len(value) == 5, "a spell has other parts")
        first, last = _whole(value[0], before + 1, step), _whole(value[1], value[0], step)
        since, dead, zero = _whole(value[2], 1, last), value[3], value[4]
        _need(type(dead) is float and 0 <= dead <= 1 and type(zero) is bool, "a spell has another fault")
        spells.append(Spell(first, last, Stuck(since, dead, zero)))
        before = last
    return tuple(spells)


def _segments(values: Any, start: int, step: int) -> tuple[Segment, ...]:
    _need(isinstance(values, list) and (bool(values) or step == start), "its segments are no list")
    segments = list[Segment]()
    for value in values:
        _need(isinstance(value, list) and len(value) == 3, "a segment has other parts")
        begins = _whole(value[0], segments[-1].step + 1 if segments else start, step if segments else start)
        segments.append(Segment(begins, Fingerprint.from_dict(value[2]), _whole(value[1], 1, LATEST_VERSION)))
    return tuple(segments)
