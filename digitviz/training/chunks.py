"""Chunks: parts of a record as bytes, so that a restarted server need not train again.

A chunk is a safetensors file with a checksum. It contains the losses, curves and checkpoints of its batches and, if it
is small, the exact engine state at the end. The recipe alone determines the first batch of each chunk. The record of a
recipe ends before the first missing or damaged chunk; training the recipe computes the rest again.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from digitviz.networks.parameters import Parameters
from digitviz.packing import pack, unpack
from digitviz.training.engines.state import EngineState
from digitviz.training.faults import Stuck
from digitviz.training.recipe import Recipe
from digitviz.training.record import BATCH_CURVES, Record, StuckInterval
from digitviz.training.setup import Setup
from digitviz.values import ByteCache

TRAJECTORY = "trajectory"
"""Kind of the chunks in a cache. Their id is the id of a recipe, see `source`."""
FORMAT = "digitviz chunk 1"
"""Version of the file format; raise the number when the format changes."""
CHUNK_BYTES = 256_000
"""Maximum size of the losses in a chunk, unless one batch alone is larger."""
MAX_BATCHES = 25
MAX_STATE_BYTES = 500_000
"""Maximum size of an engine state in a chunk. Larger ones are only saved with a run, see `run.saved_state`."""
CURVE, STATE = "curve.", "state."

log = logging.getLogger(__name__)


def batches_per_chunk(steps_per_batch: int) -> int:
    """Return the number of batches in each chunk of a run."""
    return min(max(CHUNK_BYTES // (8 * steps_per_batch), 1), MAX_BATCHES)


def source(recipe: Recipe, step: int) -> str:
    """Return the id of the recipe of the first `step` steps. A branch shares it with its parent up to the change."""
    batch, changes = -(-step // recipe.hyperparameters.steps_per_batch), recipe.changes
    return recipe.id if not changes or changes[-1].batch < batch else recipe.up_to(batch).id


@dataclass(frozen=True, eq=False)
class Chunk:
    """The record of some batches; the last one may be unfinished.

    Parameters
    ----------
    recipe_id : str
        Result of `source`.
    first : int
        Number of batches before the chunk.
    step : int
        Steps of the run up to the end of the chunk.
    known_since : float
        Time at which the last step was computed, in seconds since 1970.
    losses : ndarray of float64, shape (steps,)
    of_batches : dict of str to ndarray of float64, shape (finished batches,)
        Curves by their names in `BATCH_CURVES`.
    checkpoints : dict of int to ndarray of float32, shape (size,)
        Weights and biases by the number of finished batches.
    stuck : tuple of StuckInterval
    state : dict or None
        Exact engine state at the end of the chunk.
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
        """Create a chunk from the record after `first` batches up to `step`, and the engine state at that step."""
        start, finished = first * record.steps_per_batch, step // record.steps_per_batch
        kept = record.checkpoints.batches
        found = {int(each): record.checkpoints.after(int(each)) for each in kept[(kept > first) & (kept <= finished)]}
        losses = record.curves.losses.ravel()[start:step].copy()
        of_batches = {name: values[first:finished].copy() for name, values in record.curves.of_batches.items()}
        checkpoints = {each: vector for each, vector in found.items() if vector is not None}
        stuck, known_since = record.stuck.between(start, step), record.known_since
        return cls(source(recipe, step), first, step, known_since, losses, of_batches, checkpoints, stuck, state)

    def to_bytes(self) -> bytes:
        """Return the file that `read` reads."""
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
        """Read the output of `to_bytes`, which may be damaged: a checksum shows that.

        Parameters
        ----------
        data : bytes
        setup : Setup
            Setup of the expected recipe.
        number : int, optional
            Expected number, from 1. None for the saved state of a run. States inside a batch, which earlier versions
            saved, are ignored.

        Raises
        ------
        ValueError
            If it is damaged, or belongs to a different recipe or number.
        """
        notes, arrays = unpack(FORMAT, data)
        length, first, step = setup.recipe.hyperparameters.steps_per_batch, notes["first"], notes["step"]
        batches, finished = batches_per_chunk(length), step // length
        place = (first, step) if number is None else ((number - 1) * batches, number * batches * length)
        if notes["recipe"] != source(setup.recipe, step) or (first, step) != place:
            raise ValueError(f"batches from {first} to step {step} of the recipe {notes['recipe']} are not this chunk")
        state = {name.removeprefix(STATE): array.copy() for name, array in arrays.items() if name.startswith(STATE)}
        unknown = np.full(finished - first, np.nan)  # for curves that did not exist when this was saved
        of_batches = {name: arrays.get(CURVE + name, unknown) for name in BATCH_CURVES}
        ends = notes["checkpoints"]
        checkpoints = {each: arrays["checkpoints"][row].copy() for row, each in enumerate(ends)}
        stuck = tuple(StuckInterval(since, last, Stuck(*fault)) for since, last, *fault in notes["stuck"])
        kept = state if state and step == finished * length else None
        known_since = notes["known_since"]
        return cls(notes["recipe"], first, step, known_since, arrays["losses"], of_batches, checkpoints, stuck, kept)

    def agrees_with(self, record: Record) -> bool:
        """Return whether the chunk begins within a record and has exactly the same losses where they overlap."""
        start, known = self.first * record.steps_per_batch, record.tip.step
        if not record.known_from <= self.first or start > known:
            return False
        recorded = record.curves.losses.ravel()[start : min(known, self.step)]
        return recorded.tobytes() == self.losses[: len(recorded)].tobytes()

    def write_into(self, record: Record, setup: Setup, since: int) -> None:
        """Append the part of the chunk after step `since`, the last one in the record."""
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
    """Return copies of the weights and biases in an engine state."""
    names = [name for name, _ in setup.initial_parameters.named_arrays]
    return setup.initial_parameters.from_arrays([state[name].copy() for name in names])


def saved_chunks(cache: ByteCache, setup: Setup) -> Iterator[Chunk]:
    """Yield the saved chunks of a recipe up to the first missing or damaged one. Delete a damaged one.

    A branch shares the chunks before its last change with its parent.
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
    for number, data in enumerate(cache.load(TRAJECTORY, recipe.id, shared + 1), start=shared + 1):
        try:
            chunk = Chunk.read(data, setup, number)
        except ValueError as error:
            log.warning("chunk %d of a run is damaged and must be computed again: %s", number, error)
            cache.drop(TRAJECTORY, recipe.id, number)
            return
        yield chunk
