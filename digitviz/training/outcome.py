"""Outcomes: the results of a training run in at most 4 kB, for comparisons of many training runs.

A trajectory records every step and can be viewed and branched at any point. An outcome only contains accuracies and
losses at some moments, but the same steps, bit for bit, take a fraction of the time.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from digitviz.datasets import DigitDataset
from digitviz.packing import pack, unpack
from digitviz.training.recipe import Recipe
from digitviz.training.record import at_end_of_batch
from digitviz.training.setup import Batch, Setup, batch_rows
from digitviz.training.trajectory import Stepper, computing

FORMAT = "digitviz outcome 2"
"""Format of the bytes. Raise the number if it changes."""
MAX_MOMENTS = 40
"""Maximum number of moments at which the network is measured."""
CURVES = ("train_accuracy", "test_accuracy", "train_loss", "test_loss")
"""Names of the curves, as in `BATCH_CURVES`."""
CLOCK = "clock"
MEASURED_SECONDS = 0.03
"""Processor time for measuring how long a training run takes."""
NOTES = ("recipe", "batches", "diverged_at", "seconds")


def moments_of(batches: int) -> np.ndarray:
    """Return the numbers of finished batches at which a training run is measured, evenly spaced up to the last."""
    return np.unique(-(-np.arange(1, MAX_MOMENTS + 1) * batches // MAX_MOMENTS))


@dataclass(frozen=True, eq=False)
class Outcome:
    """The results of a training run.

    Parameters
    ----------
    recipe_id : str
    batches : int
        Length of the training run.
    curves : dict of str to ndarray, shape (moments,)
        The curves in `CURVES` at each moment: accuracies from 0 to 1, and mean losses per digit. nan from a divergence
        on.
    clock : ndarray, shape (moments,)
        Processor time up to each moment in seconds, without measurements and without loading the engine. Like the
        curves, nan from a divergence on.
    diverged_at : int or None
        The first step whose loss could not be computed, from 1; None if the training run reached its end.
    seconds : float
        Processor time of steps and measurements.
    """

    recipe_id: str
    batches: int
    curves: dict[str, np.ndarray]
    clock: np.ndarray
    diverged_at: int | None
    seconds: float

    @property
    def moments(self) -> np.ndarray:
        """Numbers of finished batches, shape (moments,)."""
        return moments_of(self.batches)

    @property
    def test_accuracy(self) -> float:
        """Fraction of the test digits that the final network classifies correctly; nan after a divergence."""
        return float(self.curves["test_accuracy"][-1])

    def first_at(self, accuracy: float) -> int | None:
        """Return the index of the first moment with at least this test accuracy, or None if there is none."""
        reached = np.flatnonzero(self.curves["test_accuracy"] >= accuracy)
        return int(reached[0]) if len(reached) else None

    def to_bytes(self) -> bytes:
        """Return about 2 kB with a checksum, for `read`."""
        values = self.recipe_id, self.batches, self.diverged_at, self.seconds
        return pack(FORMAT, dict(zip(NOTES, values, strict=True)), self.curves | {CLOCK: self.clock})

    @classmethod
    def read(cls, data: bytes, recipe_id: str, batches: int) -> Outcome:
        """Read the output of `to_bytes`, which may be damaged: a checksum shows that.

        Parameters
        ----------
        data : bytes
        recipe_id : str
            Id of the expected recipe.
        batches : int
            Expected length.

        Raises
        ------
        ValueError
            If the bytes are damaged, or do not belong to this recipe and length.
        """
        notes, curves = unpack(FORMAT, data)
        if (notes["recipe"], notes["batches"]) != (recipe_id, batches):
            raise ValueError("the outcome of a different training")
        clock = curves.pop(CLOCK)
        return cls(recipe_id, batches, curves, clock, notes["diverged_at"], notes["seconds"])


class OutcomeRun:
    """A training that keeps only its outcome. Only one thread may advance it.

    A `pool.Job` can train it like a `TrainingRun`. Calls of the compiled engine do not hold Python's lock.

    Parameters
    ----------
    recipe : Recipe
        A recipe without changes during the run.
    batches : int
        Length of the training run.
    dataset : DigitDataset
        The data set of the recipe.

    Attributes
    ----------
    when_measured : callable or None
        Called with the index of each moment, in the thread that advances it.
    recipe : Recipe
    step, total_steps : int
        Number of steps taken, and in total.
    diverged_at : int or None
        Same as in `Outcome`.

    Raises
    ------
    ValueError
        If the recipe has changes, or this is not its data set.
    """

    def __init__(self, recipe: Recipe, batches: int, dataset: DigitDataset) -> None:
        if recipe.changes:
            raise ValueError("recipe: an outcome has the same settings from start to end")
        self.recipe, self._batches = recipe, batches
        self.step, self.total_steps = 0, batches * recipe.hyperparameters.steps_per_batch
        self.diverged_at: int | None = None
        self._setup = Setup(recipe, dataset)
        self.when_measured: Callable[[int], None] | None = None
        self._moments = moments_of(batches)
        self._seconds, self._began, self._measuring = 0.0, 0.0, 0.0
        self._curves = {name: np.full(len(self._moments), np.nan) for name in (*CURVES, CLOCK)}
        self._begun: tuple[Stepper, tuple[Batch, Batch]] | None = None  # late, because torch takes seconds to import

    @property
    def engine(self) -> str:
        """Name of the engine."""
        return self.recipe.engine

    @property
    def diverged(self) -> bool:
        """True if the training run diverged, so it cannot continue."""
        return self.diverged_at is not None

    @property
    def is_over(self) -> bool:
        """True if the outcome is known."""
        return self.diverged or self.step == self.total_steps

    @property
    def snapshot(self) -> OutcomeRun:
        """The run itself, because a `Job` reads the current step from `snapshot`."""
        return self

    @property
    def outcome(self) -> Outcome:
        """The outcome; raises ValueError before the end."""
        if not self.is_over:
            raise ValueError(f"the training is at step {self.step} of {self.total_steps}")
        return self.so_far

    @property
    def so_far(self) -> Outcome:
        """The outcome up to the current moment, with nan for later ones. Any thread may read it."""
        curves = {name: curve.copy() for name, curve in self._curves.items()}
        found = curves, curves.pop(CLOCK), self.diverged_at, self._seconds
        return Outcome(self.recipe.id, self._batches, *found)

    def up_to_a_moment(self, steps: int) -> int:
        """Return the number of steps to the last moment within the next `steps` steps; 0 if there is none."""
        length = self.recipe.hyperparameters.steps_per_batch
        passed = int(np.searchsorted(self._moments, (self.step + steps) // length, side="right"))
        return max(0, int(self._moments[passed - 1]) * length - self.step) if passed else 0

    def advance(self, steps: int) -> int:
        """Take up to `steps` steps, fewer at the end or a divergence; return the number of steps taken.

        The result does not depend on how the steps are divided among calls, to the last bit.
        """
        begun, goal = self.step, min(self.step + steps, self.total_steps)
        with computing():
            if self._begun is None and not self.is_over:
                self._begun = self._begin()
            self._began = time.thread_time()
            while self.step < goal and self._begun is not None and not self.diverged:
                self._advance(goal - self.step, *self._begun)
            self._seconds += time.thread_time() - self._began
        if self.is_over:
            self._begun = None
        return self.step - begun

    def _begin(self) -> tuple[Stepper, tuple[Batch, Batch]]:
        """Return a stepper at the start, and the two parts of the data set.

        Before that, a separate engine takes a step of each kind, so that loading and compiling do not count as training
        time.
        """
        train, test = self._setup.whole(self._setup.train), self._setup.whole(self._setup.test)
        engine = self._setup.engine_at(0, None)
        engine.advance(*self._setup.batch(0), 1)
        engine.advance_batches(*train, batch_rows(self.recipe.hyperparameters, len(train.inputs), 0)[np.newaxis], 1)
        engine.measure(*test)
        return Stepper(self._setup, 0, None), (train, test)

    def _advance(self, steps: int, stepper: Stepper, parts: tuple[Batch, Batch]) -> None:
        """Take steps on whole batches up to the next moment, or some steps on one batch."""
        length = self.recipe.hyperparameters.steps_per_batch
        number, offset = divmod(self.step, length)
        moment = int(np.searchsorted(self._moments, number, side="right"))
        if offset or steps < length:
            batch, losses = stepper.batch(), stepper.advance(steps)
            if stepper.step % length == 0:
                losses = np.append(losses, stepper.engine.measure(*batch)[0])
        else:
            batches = min(steps // length, int(self._moments[moment]) - number)
            losses = stepper.advance_batches(batches, parts[0])
        bad = ~np.isfinite(losses.astype(self.recipe.hyperparameters.dtype))
        if bad.any():
            row, column = divmod(int(bad.argmax()), losses.shape[-1])
            self.step += row * length + column
            self.diverged_at = self.step + 1
            return
        self.step = stepper.step
        if self.step == self._moments[moment] * length:
            self._measure(stepper, parts, moment)

    def _measure(self, stepper: Stepper, parts: tuple[Batch, Batch], moment: int) -> None:
        """Record the curves at a moment."""
        began = time.thread_time()
        found = at_end_of_batch(stepper.engine, self._setup.batch(int(self._moments[moment]) - 1), parts)
        self._curves[CLOCK][moment] = self._seconds + began - self._began - self._measuring
        for name in CURVES:
            self._curves[name][moment] = found[name]
        self._measuring += time.thread_time() - began
        if self.when_measured is not None:
            self.when_measured(moment)


def measured_seconds(recipe: Recipe, batches: int, dataset: DigitDataset) -> float:
    """Measure the first steps of a training run; return the processor time that the whole would take, in seconds."""
    run, steps = OutcomeRun(recipe, batches, dataset), 1
    while run.so_far.seconds < MEASURED_SECONDS and not run.is_over:
        steps = 2 * run.advance(steps)
    return run.so_far.seconds / max(run.step, 1) * (run.step if run.diverged else run.total_steps)


def compute(recipe: Recipe, batches: int, dataset: DigitDataset) -> Outcome:
    """Return the outcome of a training run, computed in this thread."""
    run = OutcomeRun(recipe, batches, dataset)
    run.advance(run.total_steps)
    return run.outcome
