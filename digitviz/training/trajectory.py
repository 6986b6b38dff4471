"""Trajectories: the known steps of a recipe, computed once and extended on demand."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np

from digitviz.datasets import DigitDataset
from digitviz.networks.parameters import Parameters
from digitviz.training.chunks import MAX_STATE_BYTES, TRAJECTORY, Chunk, batches_per_chunk, parameters_of, saved_chunks
from digitviz.training.engines import Engine
from digitviz.training.engines.state import EngineState
from digitviz.training.faults import Divergence, first_not_finite, steps_at_the_last_loss
from digitviz.training.optimizers import OPTIMIZERS
from digitviz.training.recipe import Recipe
from digitviz.training.record import Record, Thinned, Tip, at_end_of_batch
from digitviz.training.setup import Batch, Setup, batch_rows, parameter_bytes
from digitviz.training.threads import one_thread
from digitviz.values import ByteCache

CHECKPOINTS = 200
"""Maximum number of checkpoints besides the latest."""
CHECKPOINTS_BYTES = 8_000_000
"""Maximum total size of the checkpoints, except that at least two are kept."""
STATES_BYTES = 16_000_000
"""Maximum total size of the engine states besides the latest."""

log = logging.getLogger(__name__)


@contextmanager
def computing() -> Iterator[None]:
    """Take steps inside this context: with one thread, and without warnings, because a divergence is reported."""
    with one_thread(), np.errstate(over="ignore", invalid="ignore"):
        yield


class Stepper:
    """Takes the steps of a recipe with an engine, from a known step on. Use it inside `computing`.

    Parameters
    ----------
    setup : Setup
    step : int
        Step at which it begins.
    state : dict or None
        Engine state at that step; None for the initial weights.

    Attributes
    ----------
    step : int
        Number of steps from the start of the run.
    engine : Engine
        Engine with the settings of the batch of its last steps.
    """

    def __init__(self, setup: Setup, step: int, state: EngineState | None) -> None:
        self.setup, self.step = setup, step
        self._length = setup.recipe.hyperparameters.steps_per_batch
        self.engine = setup.engine_at(step // self._length, state)
        self._batch: tuple[int, Batch] | None = None

    def advance_to(self, step: int, at_most: int | None = None) -> None:
        """Take all steps up to `step`, but no more than `at_most`."""
        goal = step if at_most is None else min(step, self.step + at_most)
        while self.step < goal:
            self.advance(goal - self.step)

    def batch(self) -> Batch:
        """Return the current batch, and create a new engine if the settings change with it."""
        number = self.step // self._length
        settings = self.setup.recipe.settings_at(number)
        if settings != self.engine.hyperparameters:
            self.engine = self.setup.engine_at(number, self.engine.state())
        if self._batch is None or self._batch[0] != number:
            self._batch = number, self.setup.batch(number)
        return self._batch[1]

    def advance(self, steps: int) -> np.ndarray:
        """Take at most `steps` steps on the current batch; return the loss before each."""
        batch, taken = self.batch(), min(steps, self._length - self.step % self._length)
        losses = self.engine.advance(batch.inputs, batch.targets, taken)
        self.step += taken
        return losses

    def advance_batches(self, batches: int, train: Batch) -> np.ndarray:
        """Take all steps on each of the next batches, without changes of settings; return the losses.

        Parameters
        ----------
        batches : int
            Number of batches. The current step must be at the beginning of one.
        train : Batch
            The whole training part.

        Returns
        -------
        ndarray, shape (at most batches, steps_per_batch + 1)
            Same as in `Engine.advance_batches`.
        """
        settings, first = self.setup.recipe.hyperparameters, self.step // self._length
        rows = [batch_rows(settings, len(train.inputs), number) for number in range(first, first + batches)]
        losses = self.engine.advance_batches(*train, np.array(rows), self._length)
        self.step += len(losses) * self._length
        return losses


class Trajectory:
    """The known steps of a recipe. Any thread may read at any time; `extend`, `release` and `load` change it.

    A reader reads `step` first: the record up to that step is complete and never changes.

    Parameters
    ----------
    recipe : Recipe
    dataset : DigitDataset
        The data set of the recipe.
    parent : Trajectory, optional
        A trajectory with the same recipe up to the last change of this one. Its steps up to that change are copied.
    cache : ByteCache, optional
        Stores each chunk as soon as it is complete.

    Attributes
    ----------
    recipe : Recipe
    setup : Setup
    record : Record
    findings : dict of (int, bool) to dict
        What runs have computed about the weights, by step and by whether the weights are exact. A class shares it.

    Raises
    ------
    ValueError
        If the data set does not belong to the recipe.
    """

    def __init__(
        self, recipe: Recipe, dataset: DigitDataset, parent: Trajectory | None = None, cache: ByteCache | None = None
    ) -> None:
        self.recipe, self.cache = recipe, cache
        self.setup = setup = Setup(recipe, dataset)
        initial, each = setup.initial_parameters, 4 * setup.initial_parameters.size
        checkpoints = Thinned[np.ndarray](min(CHECKPOINTS, max(2, CHECKPOINTS_BYTES // each)), each)
        states = Thinned[EngineState](STATES_BYTES // setup.state_bytes, setup.state_bytes)
        self.record = Record(recipe.hyperparameters.steps_per_batch, initial, checkpoints, states)
        self.findings = dict[tuple[int, bool], dict[str, Any]]()
        self._stepper: Stepper | None = None  # created late: it takes memory, and torch takes seconds to import
        self._parts: tuple[Batch, Batch] | None = None
        self._writing = threading.Lock()
        if parent is not None and recipe.changes and not parent.record.known_from:
            change = recipe.changes[-1].batch
            if parent.recipe.up_to(change) == recipe.up_to(change):
                self._begin_with(parent, change)

    @classmethod
    def found(
        cls, recipe: Recipe, dataset: DigitDataset, parent: Trajectory | None = None, cache: ByteCache | None = None
    ) -> Trajectory:
        """Return a trajectory with the steps of its saved chunks or of its parent, whichever are more."""
        found = cls(recipe, dataset, parent, cache)
        if cache is not None:
            found.load(list(saved_chunks(cache, found.setup)))
        return found

    @property
    def serial(self) -> str:
        """Identifies the record: the id of the recipe, plus the first known batch if earlier batches are lost."""
        known_from = self.record.known_from
        return f"{self.recipe.id} from batch {known_from}" if known_from else self.recipe.id

    @property
    def step(self) -> int:
        """Number of known steps."""
        return self.record.tip.step

    @property
    def is_over(self) -> bool:
        """True if the run diverged, so it cannot take further steps."""
        return self.record.tip.divergence is not None

    def extend(self, goal: int) -> int:
        """Compute the unknown steps up to `goal`; return the number of steps computed.

        If another thread is computing steps, wait for it. A divergence ends the computation early. The result does not
        depend on how the steps are divided among calls, to the last bit.
        """
        if goal <= self.step:
            return 0
        with self._writing:
            start = self.step
            try:
                with computing():
                    while self.step < goal and not self.is_over:
                        self._extend_in_batch(goal - self.step)
            except BaseException:
                self._stepper = None  # after an error, it may be ahead of the record
                raise
            if self.is_over:
                self._stepper = self._parts = None
            self.record.known_since = time.time()
            return self.step - start

    def release(self) -> None:
        """At the end of a batch, free the engine's memory. The record has the engine's state."""
        with self._writing:
            if self.step % self.record.steps_per_batch == 0:
                self._stepper = self._parts = None

    def load(self, chunks: Sequence[Chunk], after_a_gap: bool = False) -> None:
        """Add the steps of chunks to the record, if the first new one agrees with it to the last bit.

        Parameters
        ----------
        chunks : sequence of Chunk
            Chunks without a gap between them. Those after the last one with an engine state are ignored, because no
            engine could continue from them.
        after_a_gap : bool
            True if the record is empty and the batches before the first chunk are lost.
        """
        with self._writing:
            if after_a_gap:
                self.record.known_from = chunks[0].first
            known = max(self.step, self.record.known_from * self.record.steps_per_batch)
            new = [chunk for chunk in chunks if chunk.step > known or after_a_gap]
            while new and new[-1].state is None:
                new.pop()
            if not new or self.is_over or not (after_a_gap or new[0].agrees_with(self.record)):
                return
            for chunk in new:
                chunk.write_into(self.record, self.setup, known)
                known = chunk.step
            state = new[-1].state
            assert state is not None
            self.record.tip = Tip(known, parameters_of(state, self.setup))
            if after_a_gap:
                self.record.first_known = known, self.record.tip.parameters
            self._stepper = None

    def stepper_before(self, step: int) -> Stepper:
        """Return a stepper at the last engine state before a known step."""
        return Stepper(self.setup, *self.record.state_before(step))

    @property
    def nbytes(self) -> int:
        """Memory in bytes, without the data set."""
        return self.expected_bytes(0)

    def expected_bytes(self, batches: int) -> int:
        """Return the memory in bytes, now or once extended to `batches` batches."""
        known = -(-self.step // self.record.steps_per_batch)
        grows = batches > known and not self.is_over
        working = self.setup.working_bytes if grows or self._stepper is not None else 0
        parameters = 3 * parameter_bytes(self.recipe.hyperparameters)
        return self.record.nbytes_of(batches if grows else known) + working + parameters

    def _begin_with(self, parent: Trajectory, change: int) -> None:
        """Copy all steps of the parent, or those up to its last engine state before the batch `change`."""
        length = self.record.steps_per_batch
        with parent._writing:
            if parent.step <= change * length and not parent.is_over:
                tip = parent.record.tip
            else:
                batches, state = parent.record.states.last(change) or (0, None)
                initial = self.setup.initial_parameters
                tip = Tip(batches * length, initial.copy() if state is None else parameters_of(state, self.setup))
        self.record.begin_with(parent.record, tip.step)
        self.record.tip = tip

    def _extend_in_batch(self, steps: int) -> None:
        stepper, record = self._begin_stepping(), self.record
        (number, offset), batch = divmod(self.step, record.steps_per_batch), stepper.batch()
        record.curves.reserve(number + 1, ahead=True)
        losses = stepper.advance(steps)
        engine, parameters = stepper.engine, stepper.engine.parameters.copy()

        # Check the loss after the last step now, so that all published numbers are finite. Use the run's precision,
        # because some engines sum the loss in a higher one.
        next_loss = engine.measure(*batch)[0]
        good = np.isfinite(np.append(losses, next_loss).astype(engine.hyperparameters.dtype))
        taken = len(losses) if good.all() else int(good.argmin())
        record.curves.losses[number, offset : offset + taken] = losses[:taken]
        if not good.all():
            self._diverge(taken)
            return
        recorded = record.curves.losses[number, : offset + taken]
        now = engine.hyperparameters, (losses[-1], next_loss), parameters, batch, stepper.step
        record.stuck.look(*now, lambda: self._still_since(stepper.step, engine, batch, recorded))
        ends_batch = stepper.step % record.steps_per_batch == 0
        if ends_batch:
            self._record_end_of_batch(stepper, batch, number, parameters)
        record.tip = Tip(stepper.step, parameters)
        if ends_batch:
            self._save_chunk_that_ends_after(number + 1)

    def _begin_stepping(self) -> Stepper:
        """Return the stepper, at the last known step."""
        if self._stepper is None:
            self._stepper = self.stepper_before(self.step)
            self._stepper.advance_to(self.step)
        return self._stepper

    def _still_since(self, step: int, engine: Engine, batch: Batch, losses: np.ndarray) -> int:
        """Return the first step on a batch that changed nothing, like all later ones up to `step`; none: `step` + 1."""
        if not OPTIMIZERS[engine.hyperparameters.optimizer].moments:
            first = step - steps_at_the_last_loss(losses) + 1
            # The loss after the last step may be rounded differently.
            return first + int(first == step and self._next_loss(step) != losses[-1])
        # Without a gradient, momentum still moves the weights for hundreds of steps.
        before, now = self.record.tip.parameters.to_vector(), engine.parameters.to_vector()
        if np.array_equal(before, now):
            return self.step + 1
        following = self.setup.engine_at((step - 1) // self.record.steps_per_batch, engine.state())
        following.advance(*batch, 1)
        if not np.array_equal(following.parameters.to_vector(), now):
            return step + 1
        first, stepper = self.step + 1, self.stepper_before(self.step)
        stepper.advance_to(self.step)
        while stepper.step < step:
            stepper.advance(1)
            before, last = stepper.engine.parameters.to_vector(), before
            if not np.array_equal(before, last):
                first = stepper.step + 1
        return first

    def _next_loss(self, step: int) -> float:
        """Return exactly the loss that another step on the same batch would record after `step` steps."""
        stepper = self.stepper_before(self.step)
        stepper.advance_to(step - 1)
        batch = stepper.batch()
        stepper.engine.advance(*batch, 1)
        return float(stepper.engine.advance(*batch, 1)[0])

    def _diverge(self, taken: int) -> None:
        """Record a divergence `taken` steps after the last known step, and the last parameters with a finite loss."""
        step = self.step + taken
        stepper = self.stepper_before(self.step)
        stepper.advance_to(max(step - 1, self.step))
        last_good = stepper.engine.parameters.copy()
        stepper.advance_to(step)
        self.record.tip = Tip(step, last_good, Divergence(step + 1, first_not_finite(stepper.engine.parameters)))

    def _record_end_of_batch(self, stepper: Stepper, batch: Batch, number: int, parameters: Parameters) -> None:
        engine, setup = stepper.engine, self.setup
        parts = self._parts = self._parts or (setup.whole(setup.train), setup.whole(setup.test))
        for name, value in at_end_of_batch(engine, batch, parts).items():
            self.record.curves.of_batches[name][number] = value
        self.record.checkpoints.add(number + 1, parameters.to_vector().astype(np.float32))
        self.record.states.add(number + 1, engine.state())

    def _save_chunk_that_ends_after(self, batches: int) -> None:
        each = batches_per_chunk(self.record.steps_per_batch)
        if self.cache is None or batches % each:
            return
        number, self.record.known_since = batches // each, time.time()
        state = self.record.states.after(batches) if self.setup.state_bytes <= MAX_STATE_BYTES else None
        chunk = Chunk.of(self.record, self.recipe, batches - each, batches * self.record.steps_per_batch, state)
        try:
            self.cache.keep(TRAJECTORY, chunk.recipe_id, number, chunk.to_bytes())
        except Exception:  # the run continues: the chunk can be computed again
            log.exception("chunk %d of a run could not be saved", number)


def exact(trajectory: Trajectory, step: int) -> Parameters:
    """Return the exact weights and biases after a known step, by repeating the steps since the last engine state.

    Raises
    ------
    ValueError
        If the step is not known.
    """
    tip = trajectory.record.tip
    if not 0 <= step <= tip.step:
        raise ValueError(f"step: {step} is not one of the {tip.step} steps that are known")
    known = {tip.step: tip.parameters, 0: trajectory.setup.initial_parameters}
    if step in known:
        return known[step]
    stepper = trajectory.stepper_before(step)
    with computing():
        stepper.advance_to(step)
    return stepper.engine.parameters.copy()
