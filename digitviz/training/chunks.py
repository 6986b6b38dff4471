"""Chunks: some batches of a record as bytes, so that a server that restarts need not train again.

A chunk is a safetensors file with a checksum. It holds losses, curves and checkpoints of its batches and, if that is
small, the exact engine state at its end. Where a chunk begins follows from the recipe alone. A missing or damaged chunk
ends what is known of a recipe; training the recipe computes it again.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from digitviz.networks.parameters import Parameters
from digitviz.packing import pack, unpack
from digitviz.training.engines.state import STEP, EngineState, EngineStateForm
from digitviz.training.faults import Stuck
from digitviz.training.recipe import Recipe
from digitviz.training.record import BATCH_CURVES, Record, StuckInterval
from digitviz.training.setup import Setup

FORMAT = "digitviz chunk 1"
"""Names what is written and how; raise the number when that changes."""
CHUNK_BYTES = 256_000
"""Largest size of a chunk's losses, unless one batch alone is larger."""
MAX_BATCHES = 25
MAX_STATE_BYTES = 500_000
"""Larger engine states are saved only with the run that stands there."""
CURVE, STATE = "curve.", "state."
NOTES = {"recipe", "first", "step", "known_since", "checkpoints", "stuck"}

log = logging.getLogger(__name__)


class ChunkCache(Protocol):
    """Keeps chunks as bytes, by the id of the recipe (see `source`) and the chunk's number, from 1.

    It may lose any of them at any time. It raises nothing, whatever happens to it.
    """

    def load(self, id: str, first: int = 1) -> list[bytes]:
        """Return the chunks from number `first` up to the first missing one; quick."""

    def keep(self, id: str, number: int, data: bytes) -> None:
        """Keep a chunk, unless there is one with that number; returns at once."""

    def drop(self, id: str, number: int) -> None:
        """Drop a damaged chunk and all after it; returns at once."""


def batches_per_chunk(steps_per_batch: int) -> int:
    """Return the number of batches in each chunk of a run."""
    return min(max(CHUNK_BYTES // (8 * steps_per_batch), 1), MAX_BATCHES)


def source(recipe: Recipe, step: int) -> str:
    """Return the id of what the first `step` steps follow from: a branch shares it with the run that it left."""
    batch, changes = -(-step // recipe.hyperparameters.steps_per_batch), recipe.changes
    return recipe.id if not changes or changes[-1].batch < batch else recipe.up_to(batch).id


@dataclass(frozen=True, eq=False)
class Chunk:
    """The record of some batches; the last need not be finished.

    Parameters
    ----------
    recipe_id : str
        See `source`.
    first : int
        Batches before it.
    step : int
        Steps taken in total at its end.
    known_since : float
        When its last step was computed, in seconds since 1970.
    losses : ndarray of float64, shape (steps,)
    of_batches : dict of str to ndarray of float64, shape (finished batches,)
        By the names in `BATCH_CURVES`.
    checkpoints : dict of int to ndarray of float32, shape (size,)
        By the number of finished batches.
    stuck : tuple of StuckInterval
    state : dict or None
        The exact engine state at its end.
    """

    recipe_id: str
    first: int
    step: int
    known_since: float
    losses: np.ndarray
    of_batches: dict[str, np.ndarray]
    checkpoints: dict[int, np.ndarray]
    stuck: tuple[StuckInterval, ...]
    state: EngineState | None

    @classmethod
    def of(cls, record: Record, recipe: Recipe, first: int, step: int, state: EngineState | None) -> Chunk:
        """Return the record from after `first` batches up to a step, with the engine state at its end."""
        start, finished = first * record.steps_per_batch, step // record.steps_per_batch
        kept = record.checkpoints.batches
        found = {int(each): record.checkpoints.after(int(each)) for each in kept[(kept > first) & (kept <= finished)]}
        losses = record.curves.losses.ravel()[start:step].copy()
        of_batches = {name: values[first:finished].copy() for name, values in record.curves.of_batches.items()}
        checkpoints = {each: vector for each, vector in found.items() if vector is not None}
        stuck, known_since = record.stuck.between(start, step), record.known_since
        return cls(source(recipe, step), first, step, known_since, losses, of_batches, checkpoints, stuck, state)

    def to_bytes(self) -> bytes:
        """Return what `read` reads."""
        stuck = [(each, each.fault) for each in self.stuck]
        notes: dict[str, Any] = {"recipe": self.recipe_id, "first": self.first, "step": self.step}
        notes |= {"known_since": self.known_since, "checkpoints": list(self.checkpoints)}
        notes["stuck"] = [
            [each.first, each.last, fault.step, fault.dead_neurons, fault.all_weights_zero] for each, fault in stuck
        ]
        arrays = {"losses": self.losses} | {CURVE + name: values for name, values in self.of_batches.items()}
        if self.checkpoints:
            arrays["checkpoints"] = np.stack(list(self.checkpoints.values()))
        return pack(FORMAT, notes, arrays | {STATE + name: array for name, array in (self.state or {}).items()})

    @classmethod
    def read(cls, data: bytes, setup: Setup, number: int | None = None) -> Chunk:
        """Read what `to_bytes` gave, or whatever became of it.

        Parameters
        ----------
        data : bytes
        setup : Setup
            Of the recipe it should belong to.
        number : int, optional
            Its number, from 1. None for the saved state of a run, which may end anywhere and has an engine state.

        Raises
        ------
        ValueError
            If it is damaged, or belongs to another recipe or place.
        """
        notes, arrays = unpack(FORMAT, data)
        length, size = setup.recipe.hyperparameters.steps_per_batch, setup.initial_parameters.size
        batches = batches_per_chunk(length)
        _need(isinstance(notes, dict) and set(notes) == NOTES, "its notes have other names")
        first, step = _whole(notes["first"], 0), _whole(notes["step"], 0)
        start, finished = first * length, step // length
        _need(first % batches == 0 and start <= step <= start + batches * length, "it does not fit its place")
        _need(number is None or (first, step) == _place(number, batches, length), f"it is not chunk {number}")
        _need(notes["recipe"] == source(setup.recipe, step), "it belongs to another recipe")
        given = {name.removeprefix(STATE): array.copy() for name, array in arrays.items() if name.startswith(STATE)}
        _need(bool(given) or number is not None or step == 0, "it has no engine state")
        losses = _array(arrays, "losses", (step - start,), "float64")
        _need(bool(np.isfinite(losses).all()), "a loss is not finite")
        nothing = np.full(finished - first, np.nan)  # a curve that was not recorded yet when this was saved
        ends = [_whole(each, first + 1) for each in notes["checkpoints"]]
        _need(ends == sorted(set(ends)) and (not ends or ends[-1] <= finished), "its checkpoints do not fit")
        vectors = _array(arrays, "checkpoints", (len(ends), size), "float32") if ends else ()
        of_batches = {
            name: _array(arrays, CURVE + name, nothing.shape, "float64") if CURVE + name in arrays else nothing
            for name in BATCH_CURVES
        }
        checkpoints = {each: vector.copy() for each, vector in zip(ends, vectors, strict=True)}
        stuck, state = tuple(_stuck(each) for each in notes["stuck"]), _state(given, setup, step) if given else None
        known_since = float(notes["known_since"])
        return cls(notes["recipe"], first, step, known_since, losses, of_batches, checkpoints, stuck, state)

    def agrees_with(self, record: Record) -> bool:
        """Return whether it begins within a record and repeats what is known there to the last bit."""
        start, known = self.first * record.steps_per_batch, record.tip.step
        if not record.known_from <= self.first or start > known:
            return False
        recorded = record.curves.losses.ravel()[start : min(known, self.step)]
        return recorded.tobytes() == self.losses[: len(recorded)].tobytes()

    def write_into(self, record: Record, setup: Setup, since: int) -> None:
        """Add what it holds beyond the step `since`, at which the record ends."""
        length = record.steps_per_batch
        finished, known = self.step // length, since // length
        record.curves.reserve(-(-self.step // length))
        record.curves.losses.ravel()[since : self.step] = self.losses[since - self.first * length :]
        for name, values in self.of_batches.items():
            record.curves.of_batches[name][known:finished] = values[known - self.first :]
        for each in self.stuck:
            if each.last > since:
                record.stuck.add(each.first, each.last, each.fault)
        for batches, vector in self.checkpoints.items():
            if batches > known:
                record.checkpoints.add(batches, vector)
        if self.state is not None and self.step == finished * length:
            record.states.add(finished, self.state)
            if finished not in self.checkpoints and finished > known:
                with np.errstate(over="ignore"):
                    vector = parameters_of(self.state, setup).to_vector().astype(np.float32)
                record.checkpoints.add(finished, vector)
        record.known_since = max(record.known_since, self.known_since)


def parameters_of(state: EngineState, setup: Setup) -> Parameters:
    """Return the weights and biases of an engine state, in arrays of their own."""
    names = [name for name, _ in setup.initial_parameters.named_arrays]
    return setup.initial_parameters.from_arrays([state[name].copy() for name in names])


def saved_chunks(cache: ChunkCache, setup: Setup) -> Iterator[Chunk]:
    """Yield the chunks saved of a recipe, from the first up to the first missing or damaged one, which is dropped.

    Batches before a branch's last change are those of the run that it left.
    """
    recipe, length = setup.recipe, setup.recipe.hyperparameters.steps_per_batch
    shared = recipe.changes[-1].batch // batches_per_chunk(length) if recipe.changes else 0
    if shared:
        left = Setup(recipe.up_to(recipe.changes[-1].batch), setup.dataset)
        number = 0
        for number, chunk in enumerate(saved_chunks(cache, left), start=1):
            if number > shared:
                break
            yield chunk
        if number < shared:
            return
    for number, data in enumerate(cache.load(recipe.id, shared + 1), start=shared + 1):
        try:
            chunk = Chunk.read(data, setup, number)
        except ValueError as error:
            log.warning("chunk %d of a run is damaged and will be computed again: %s", number, error)
            cache.drop(recipe.id, number)
            return
        yield chunk


def _place(number: int, batches: int, length: int) -> tuple[int, int]:
    return (number - 1) * batches, number * batches * length


def _need(holds: bool, otherwise: str) -> None:
    if not holds:
        raise ValueError(f"not a chunk of this run: {otherwise}")


def _whole(value: Any, low: int) -> int:
    _need(type(value) is int and value >= low, f"{value!r} is not a number from {low} on")
    return int(value)


def _array(arrays: dict[str, np.ndarray], name: str, shape: tuple[int, ...], dtype: str) -> np.ndarray:
    array = arrays.get(name)
    if array is None or array.shape != shape or array.dtype != dtype:
        raise ValueError(f"not a chunk of this run: {name} is not {shape} of {dtype}")
    return array


def _stuck(value: Any) -> StuckInterval:
    first, last, since, dead, zero = value
    return StuckInterval(_whole(first, 1), _whole(last, first), Stuck(_whole(since, 1), float(dead), bool(zero)))


def _state(given: EngineState, setup: Setup, step: int) -> EngineState:
    settings = setup.recipe.settings_at(max(0, step - 1) // setup.recipe.hyperparameters.steps_per_batch)
    state = EngineStateForm(settings, setup.initial_parameters).check(given)
    finite = all(np.isfinite(state[name]).all() for name, _ in setup.initial_parameters.named_arrays)
    _need(finite and int(state[STEP]) == step, "its engine state is of another step")
    return state
