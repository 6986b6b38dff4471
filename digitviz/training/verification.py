"""Computing a trajectory again, from each of its checkpoints, to see whether the same comes out."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

import numpy as np

from digitviz.training.engines import ENGINE_VERSIONS, Engine
from digitviz.training.fingerprint import fingerprint
from digitviz.training.segment import Segment, overlapping
from digitviz.training.threads import one_thread
from digitviz.training.trajectory import Trajectory

CLOSE = {"float64": 1e-9, "float32": 1e-3}
"""Largest difference of two losses, relative to the larger, by which another kind of machine may depart."""


@dataclass(frozen=True)
class Verdict:
    """What came out when a segment was computed again.

    Parameters
    ----------
    segment : Segment
    last : int
        The last step that was computed again.
    same_bits : bool
        Whether every loss and every checkpoint is the same to the last bit.
    largest : float
        Largest difference of a loss, relative to the larger of both.
    departs_at : int or None
        The first step, from 1, whose loss is not the same: to the last bit on the same kind of machine, within `CLOSE`
        on another.
    is_here : bool
        Whether the segment was computed by the same kind of machine and versions.
    """

    segment: Segment
    last: int
    same_bits: bool
    largest: float
    departs_at: int | None
    is_here: bool

    @property
    def is_sound(self) -> bool:
        """Whether it came out as it should: the same bits here, close to them elsewhere."""
        return self.departs_at is None and (self.same_bits or not self.is_here)


@dataclass(frozen=True, eq=False)
class VerificationSnapshot:
    """How far it is: `step` counts the steps that were computed again."""

    step: int
    verdicts: tuple[Verdict, ...]


class Verification:
    """Computes a trajectory again, each part from the checkpoint before it. It is `Work` for a `Job` of the pool.

    What was computed here, from a checkpoint of here, must be the same to the last bit. What another kind of machine or
    another version of the engine has computed can only be close, and only on the batch after a checkpoint: what is
    rounded otherwise grows from there. The rest cannot be judged.

    Parameters
    ----------
    trajectory : Trajectory
        What it knows now is computed again; what it learns meanwhile is not.

    Attributes
    ----------
    recipe : Recipe
        What the trajectory follows from.
    engine, precision : str
    step, total_steps : int
    diverged : bool
        Always false.
    """

    diverged = False

    def __init__(self, trajectory: Trajectory) -> None:
        self._trajectory = trajectory
        self.recipe = trajectory.recipe
        self.engine, self.precision = self.recipe.engine, self.recipe.hyperparameters.precision
        self._checked = 0  # the step of the last checkpoint that it went on from
        self.step, self.total_steps = _first_step(trajectory), trajectory.step
        self._running: Engine | None = None
        self._batch: tuple[np.ndarray, np.ndarray] | None = None
        self._verdicts: dict[int, Verdict] = {}
        self.snapshot = VerificationSnapshot(0, ())

    def advance(self, steps: int) -> int:
        """Compute up to `steps` steps again; return how many."""
        start, goal = self.step, min(self.total_steps, self.step + steps)
        length = self._trajectory.recipe.hyperparameters.steps_per_batch
        with one_thread(), np.errstate(over="ignore", invalid="ignore"):
            while self.step < goal:
                end_of_batch = self.step - self.step % length + length
                begun = [each.step for each in self._trajectory.segments if each.step > self.step]
                self._advance_in_batch(min(goal, end_of_batch, *begun) - self.step, length)
        self.snapshot = VerificationSnapshot(self.step, tuple(self._verdicts.values()))
        return self.step - start

    def _advance_in_batch(self, steps: int, length: int) -> None:
        batch, offset = divmod(self.step, length)
        engine = self._engine_at(batch) if offset == 0 else self._running
        if offset == 0 or self._batch is None or engine is None:
            x, one_hot, _labels = self._trajectory.draw(batch)
            self._batch = x, one_hot
            engine = self._running = engine or self._trajectory.engine_at(batch, None)
        losses = engine.advance(*self._batch, steps)
        self._judge(losses, self._trajectory.curves.losses[batch, offset : offset + steps])
        self.step += steps

    def _engine_at(self, batch: int) -> Engine:
        """Return the engine for a batch: from its checkpoint, after that was compared, else the one that is running."""
        trajectory, running = self._trajectory, self._running
        checkpoint = trajectory.checkpoints.after(batch)
        if checkpoint is not None and running is not None and self._is_exact(self.step):
            again = running.checkpoint()
            if any(again[name].tobytes() != array.tobytes() for name, array in checkpoint.items()):
                self._note(self.step, same_bits=False, largest=0.0, departs_at=None)
        settings = trajectory.recipe.settings_at(batch)
        if checkpoint is None and running is not None and running.hyperparameters == settings:
            return running
        if checkpoint is None and running is not None:
            checkpoint = running.checkpoint()
        elif checkpoint is not None:
            self._checked = self.step
        self._running = trajectory.engine_at(batch, checkpoint)
        return self._running

    def _judge(self, again: np.ndarray, recorded: np.ndarray) -> None:
        is_exact, last = self._is_exact(self.step + len(again)), self.step + len(again)
        after_a_checkpoint = self.step - self._checked < self._trajectory.form.length
        if not is_exact and (self._is_here(self._segment_of(self.step)) or not after_a_checkpoint):
            return
        size = np.maximum(np.maximum(np.abs(again), np.abs(recorded)), np.finfo(float).tiny)
        apart = np.abs(again - recorded) / size
        beyond = np.flatnonzero(~(apart <= (0.0 if is_exact else CLOSE[self.precision])))
        departs_at = self.step + int(beyond[0]) + 1 if beyond.size else None
        self._note(last, not (again != recorded).any(), float(apart.max()), departs_at)

    def _note(self, last: int, same_bits: bool, largest: float, departs_at: int | None) -> None:
        segment = self._segment_of(self.step)
        before = self._verdicts.get(segment.step, Verdict(segment, last, True, 0.0, None, self._is_here(segment)))
        self._verdicts[segment.step] = dataclasses.replace(
            before, last=last, same_bits=before.same_bits and same_bits, largest=max(before.largest, largest),
            departs_at=departs_at if before.departs_at is None else before.departs_at,
        )  # fmt: skip

    def _is_exact(self, step: int) -> bool:
        """Whether everything since the last checkpoint was computed here, up to a step."""
        return all(self._is_here(each) for each in overlapping(self._trajectory.segments, self._checked, step))

    def _is_here(self, segment: Segment) -> bool:
        return (segment.fingerprint, segment.engine_version) == (fingerprint(), ENGINE_VERSIONS[self.engine])

    def _segment_of(self, step: int) -> Segment:
        return next(segment for segment in reversed(self._trajectory.segments) if segment.step <= step)


def _first_step(trajectory: Trajectory) -> int:
    """Return where computing again begins: at the first checkpoint, if the steps from the start on are lost."""
    if not trajectory.known_from:
        return 0
    kept = trajectory.checkpoints.batches
    return int(kept[0]) * trajectory.form.length if len(kept) else trajectory.step
