"""What a recipe yields: computed once, extended on demand, read by anybody."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from digitviz.datasets import DigitDataset
from digitviz.networks.parameters import Parameters
from digitviz.training.engines import ENGINE_VERSIONS, Engine
from digitviz.training.faults import Divergence, first_not_finite
from digitviz.training.fingerprint import fingerprint
from digitviz.training.hyperparameters import Hyperparameters
from digitviz.training.keeper import Keeper
from digitviz.training.known import Known
from digitviz.training.memory import parameter_bytes
from digitviz.training.piece import Piece
from digitviz.training.recipe import Recipe
from digitviz.training.records import Checkpoint, Tip
from digitviz.training.segment import Segment
from digitviz.training.setup import Batch
from digitviz.training.threads import one_thread


@dataclass(eq=False)
class _Working:
    """What is needed only while steps are taken: it takes memory, and torch takes seconds to import."""

    engine: Engine
    settings: Hyperparameters
    inputs: tuple[np.ndarray, np.ndarray]
    batch: Batch | None = None


class Trajectory(Known):
    """A training as far as it is known. `extend` is its one writer; all else may be read at any time, without a lock.

    A reader takes `step` first: everything up to it is recorded and never changes.

    Parameters
    ----------
    recipe : Recipe
    dataset : DigitDataset
        That of the recipe.
    parent : Trajectory, optional
        One whose recipe is the same up to the last change of this one: what it knows up to there is taken over.
    keeper : Keeper, optional
        Is given each piece as soon as it is complete.

    Raises
    ------
    ValueError
        If the data set is not that of the recipe.
    """

    def __init__(
        self, recipe: Recipe, dataset: DigitDataset, parent: Trajectory | None = None, keeper: Keeper | None = None
    ) -> None:
        super().__init__(recipe, dataset, keeper)
        self._working: _Working | None = None
        if parent is not None and self.can_begin_with(parent):
            self._begin_with(parent, recipe.changes[-1].batch)

    def extend(self, goal: int) -> int:
        """Compute the steps up to `goal` that are not known yet; others wait for whoever is doing so.

        However they are divided among calls, the result is the same, bit for bit. It ends early at a divergence, and
        returns how many were computed.
        """
        if goal <= self.step:
            return 0
        with self._writing:
            start, length = self.step, self.recipe.hyperparameters.steps_per_batch
            if start < goal and not self.is_over:
                self.begin_segment(Segment(start, fingerprint(), ENGINE_VERSIONS[self.recipe.engine]))
            try:
                with one_thread(), np.errstate(over="ignore", invalid="ignore"):  # a divergence is told, not warned of
                    while self.step < goal and not self.is_over:
                        self._extend_in_batch(min(goal - self.step, length - self.step % length))
            except BaseException:
                self._working = None  # it may be ahead of what is recorded
                raise
            self._working, self.known_since = None if self.is_over else self._working, time.time()
            if self.writer is not None:
                self.writer.catch_up(self)
            return self.step - start

    def give_back(self) -> None:
        """Free what only taking steps needs; a later step begins from where this one stopped."""
        with self._writing:
            if self._working is not None:
                self._left_off, self._working = self._stands_at(), None
            if self.writer is not None:
                self.writer.catch_up(self, None)

    def checkpoint_at_tip(self) -> tuple[int, Checkpoint | None]:
        """Return the exact checkpoint of the last step that is known, and its step; that before it after a divergence.

        It waits until whoever takes steps has ended a slice.
        """
        with self._writing, one_thread():
            step, inside = self.step, self._stands_at()
        return self.checkpoint_before(step) if inside is None else (int(inside["step"]), inside)

    @property
    def nbytes(self) -> int:
        """Memory it uses, in bytes; that of the data set is not counted."""
        working = self.working_bytes if self._working is not None else 0
        left_off = self._left_off or {}  # a worker may take it up meanwhile
        kept = self.recorded_bytes() + sum(array.nbytes for array in left_off.values())
        kept += 0 if self.writer is None else self.writer.nbytes
        return kept + working + 3 * parameter_bytes(self.recipe.hyperparameters)

    def expected_bytes(self, batches: int) -> int:
        """Return the memory it uses now, or will when it has been extended to so many batches, in bytes."""
        length = self.recipe.hyperparameters.steps_per_batch
        if self.is_over or self.step >= batches * length:
            return self.nbytes
        return self.recorded_bytes(batches) + self.working_bytes + 3 * parameter_bytes(self.recipe.hyperparameters)

    def take_up(self, pieces: Sequence[Piece], after_a_gap: bool = False) -> None:
        """Record what pieces hold beyond what is known, as far as they go on from it to the last bit.

        Parameters
        ----------
        pieces : sequence of Piece
            In their order. Those after the last one that has an exact checkpoint are left out.
        after_a_gap : bool
            Nothing is known yet, and what comes before the first of them is lost.
        """
        with self._writing:
            if self._record_pieces(pieces, after_a_gap):
                self._working = None

    def can_begin_with(self, parent: Trajectory) -> bool:
        """Whether this one is a branch of another, of which all is known that comes before."""
        change = self.recipe.changes[-1].batch if self.recipe.changes else 0
        return bool(change) and not parent.known_from and parent.recipe.up_to(change) == self.recipe.up_to(change)

    def _begin_with(self, parent: Trajectory, change: int) -> None:
        """Take over what the parent knows up to a batch: to the very step where it stands, if that is before."""
        length = self.recipe.hyperparameters.steps_per_batch
        with parent._writing:
            if parent.step <= change * length and not parent.is_over:
                step, tip, self._left_off = parent.step, parent.tip, parent._stands_at()
            else:
                batches, checkpoint = parent.checkpoints.last(change) or (0, None)
                step = batches * length
                tip = Tip(step, self.engine_at(batches, checkpoint).parameters.copy())
            stops = {} if parent.writer is None else dict(parent.writer.stops)
        self.begin_with(parent, step)
        if self.writer is not None:
            self.writer.begin_with(stops, step, parent.known_since)
        self._tip, self.known_since = tip, parent.known_since

    def _stands_at(self) -> Checkpoint | None:
        """Return where the engine stands inside a batch; at the end of a batch there is a checkpoint already."""
        if self.step % self.recipe.hyperparameters.steps_per_batch == 0:
            return None
        return self._left_off if self._working is None else self._working.engine.checkpoint()

    def _extend_in_batch(self, steps: int) -> None:
        length = self.recipe.hyperparameters.steps_per_batch
        batch, offset = divmod(self.step, length)
        working = self._at_work(batch)
        if offset == 0 or working.batch is None:
            self.curves.room_for(batch)
            working.batch = self.draw(batch)
        (x, one_hot, labels), engine = working.batch, working.engine
        before = engine.checkpoint()
        losses = engine.advance(x, one_hot, steps)
        parameters = engine.parameters.copy()

        # The loss that the next step would record is checked now, so that what is published is always finite.
        # In the run's precision, since not every engine sums its loss in it.
        next_loss = engine.measure(x, labels)[0]
        good = np.isfinite(np.append(losses, next_loss).astype(working.settings.dtype))
        taken = steps if good.all() else int(good.argmin())
        self.curves.losses[batch, offset : offset + taken] = losses[:taken]
        if not good.all():
            self._diverge(working, before, taken)
            return
        step = self.step + steps
        self.spells.look(
            working.settings, self.curves.losses[batch, : offset + steps], next_loss, parameters, x, one_hot, step
        )
        if offset + steps == length:
            self._record_end_of_batch(working, batch, parameters)
        self._tip = Tip(step, parameters)
        if offset + steps == length and self.writer is not None:
            self.writer.batch_is_recorded(self, batch + 1)

    def _at_work(self, batch: int) -> _Working:
        """Return an engine that stands at the tip, with the settings of this batch."""
        working, settings = self._working, self.recipe.settings_at(batch)
        if working is None:
            stands_at, checkpoint = self.checkpoint_before(self.step)
            inputs = self.inputs(self.train.pixels), self.inputs(self.test.pixels)
            working = _Working(self.engine_at(batch, checkpoint), settings, inputs)
            if stands_at < self.step:  # in the middle of a batch
                working.batch = self.draw(batch)
                working.engine.advance(*working.batch[:2], self.step - stands_at)
        elif working.settings != settings:
            engine = self.engine_at(batch, working.engine.checkpoint())
            working = _Working(engine, settings, working.inputs)
        self._working = working
        return working

    def _diverge(self, working: _Working, before: Checkpoint, taken: int) -> None:
        """Record a divergence `taken` steps after `before`; keep the last parameters that gave a finite loss."""
        assert working.batch is not None
        (x, one_hot, _labels), engine = working.batch, working.engine
        engine.restore(before)
        engine.advance(x, one_hot, max(taken - 1, 0))
        last_good = engine.parameters.copy()
        if taken > 0:
            engine.advance(x, one_hot, 1)
        step = self.step + taken
        self._tip = Tip(step, last_good, Divergence(step + 1, first_not_finite(engine.parameters)))

    def _record_end_of_batch(self, working: _Working, batch: int, parameters: Parameters) -> None:
        for place, (part, inputs) in enumerate(zip((self.train, self.test), working.inputs, strict=True)):
            loss, correct = working.engine.measure(inputs, part.labels)
            self.curves.of_batches[[place, 2 + place], batch] = correct / len(part), loss / len(part)
        vector = parameters.to_vector().astype(np.float32)
        self.stops.add(batch + 1, vector)
        if self.writer is not None:
            self.writer.note(batch + 1, vector)
        self.checkpoints.add(batch + 1, working.engine.checkpoint())
        self._left_off = None
