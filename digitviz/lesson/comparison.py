"""Comparison of full batch, mini-batch and one sample: a race of three training runs with the same initial weights."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from digitviz.datasets import DigitDataset
from digitviz.lesson.batch import BatchKind
from digitviz.training.hyperparameters import Hyperparameters
from digitviz.training.outcome import Outcome
from digitviz.training.setup import Setup
from digitviz.training.sweep import Sweep, Training
from digitviz.training.trajectory import computing

LOSS = "cross_entropy"
FROM_BASE = ("hidden", "activation", "bias", "initialization", "initial_scale", "seed", "train_fraction")
"""Settings that the caller chooses. All others are fixed."""
MINI_BATCH = 100
LENGTHS = {BatchKind.FULL: 300, BatchKind.MINI: 3_000, BatchKind.ONE: 10_000}
"""Steps of each kind. Each takes less than a second for the notebook's network on one core."""
MEASUREMENTS = 80
"""Number of measurements of a training run, at growing intervals."""


def measured_at(batches: int) -> np.ndarray:
    """Return the numbers of finished batches at which to measure a run: often at first, when it learns most."""
    return np.unique(np.geomspace(1, batches, MEASUREMENTS).round().astype(int))


def planned(
    dataset: DigitDataset, base: Hyperparameters, learning_rate: float, lengths: Mapping[BatchKind, int] | None = None
) -> Sweep:
    """Return three training runs of one network, with full batch, mini-batch and one sample.

    All three have the same initial weights, see the training digits in the same order, and follow the mean gradient of
    their batch, so one learning rate suits all.

    Parameters
    ----------
    dataset : DigitDataset
    base : Hyperparameters
        Source of the network, its initial weights and the fraction of training digits.
    learning_rate : float
        Factor of the mean gradient of a batch.
    lengths : mapping of BatchKind to int, optional
        Number of steps for each kind.
    """
    chosen: dict[str, Any] = {name: getattr(base, name) for name in FROM_BASE}
    chosen |= {"input_scale": "unit", "loss": LOSS, "gradient": "exact", "sampling": "shuffled_epochs"}
    digits = len(dataset.split(base.train_fraction)[0])
    sizes = {BatchKind.FULL: digits, BatchKind.MINI: min(MINI_BATCH, digits), BatchKind.ONE: 1}
    values = [(sizes[kind], learning_rate / sizes[kind], steps) for kind, steps in (lengths or LENGTHS).items()]
    settings = Hyperparameters(**chosen, steps_per_batch=1)
    return Sweep.of({("batch_size", "learning_rate", "batches"): values}, 1, dataset, settings)


@dataclass(frozen=True, eq=False)
class Course:
    """Progress of one of the training runs.

    Parameters
    ----------
    name : BatchKind
    batch_size, total_steps : int
    steps, samples : ndarray of int, shape (measurements,)
        Steps taken and digits seen at each measurement, the first one before training.
    seconds : ndarray, shape (measurements,)
        Time spent on those steps, without the measurements.
    losses : ndarray, shape (measurements,)
        Mean cross-entropy per digit, over all training digits.
    diverged : bool
        True if the training run diverged. It takes no more steps.
    """

    name: BatchKind
    batch_size: int
    total_steps: int
    steps: np.ndarray
    samples: np.ndarray
    seconds: np.ndarray
    losses: np.ndarray
    diverged: bool

    @property
    def rises(self) -> float:
        """Fraction of measurements with a higher loss than the one before, 0 to 1; 0 is a smooth descent."""
        return float(np.mean(np.diff(self.losses) > 0)) if len(self.losses) > 1 else 0.0

    @property
    def steps_per_second(self) -> float:
        """Speed of the run; 0 before the first step."""
        return float(self.steps[-1] / self.seconds[-1]) if self.seconds[-1] else 0.0


COSTS = ("steps", "samples", "seconds")


def first_to_halve(courses: Sequence[Course], cost: str) -> BatchKind | None:
    """Return the run that first halved its initial loss. None if none has.

    Parameters
    ----------
    courses : sequence of Course
    cost : {"steps", "samples", "seconds"}
        Quantity to compare. The run that needed the least of it is first.
    """
    arrivals = [
        (getattr(course, cost)[below[0]], course.name)
        for course in courses
        if len(below := np.flatnonzero(course.losses <= course.losses[0] / 2))
    ]
    return min(arrivals)[1] if arrivals else None


def initial_loss(sweep: Sweep, dataset: DigitDataset) -> float:
    """Return the mean loss of all training digits before training."""
    setup = Setup(sweep.trainings[0].recipe, dataset)
    with computing():
        return setup.engine_at(0, None).measure(*setup.whole(setup.train))[0] / len(setup.train)


def courses_of(sweep: Sweep, outcomes: Sequence[Outcome | None], initial: float) -> tuple[Course, ...]:
    """Return the progress of each training run.

    Parameters
    ----------
    sweep : Sweep
        Output of `planned`.
    outcomes : sequence of (Outcome or None)
        Up to the current moment.
    initial : float
        The loss before training.
    """
    return tuple(_course(*each, initial) for each in zip(BatchKind, sweep.trainings, outcomes, strict=True))


def _course(name: BatchKind, training: Training, outcome: Outcome | None, initial: float) -> Course:
    size = training.recipe.hyperparameters.batch_size
    steps, seconds, losses = np.zeros(0, int), np.zeros(0), np.zeros(0)
    if outcome is not None:
        known = np.isfinite(outcome.clock)
        steps, seconds, losses = outcome.moments[known], outcome.clock[known], outcome.curves["train_loss"][known]
    steps, seconds, losses = (np.append(*each) for each in ((0, steps), (0.0, seconds), (initial, losses)))
    diverged = outcome is not None and outcome.diverged_at is not None
    return Course(name, size, training.batches, steps, steps * size, seconds, losses, diverged)
