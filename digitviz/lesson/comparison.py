"""Comparison of full batch, mini-batch and one sample: three runs with the same initial weights that take turns."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import numpy as np

from digitviz.datasets import DigitDataset
from digitviz.lesson.batch import BatchKind
from digitviz.networks.activations import ACTIVATIONS
from digitviz.networks.forward import forward, softmax
from digitviz.networks.losses import LOSSES
from digitviz.networks.network import INPUT_SCALES
from digitviz.networks.parameters import Parameters
from digitviz.training.engines import ENGINES, choose_engine
from digitviz.training.hyperparameters import Hyperparameters
from digitviz.training.setup import targets

LOSS = "cross_entropy"
FROM_BASE = ("hidden", "activation", "bias", "initialization", "initial_scale", "seed", "train_fraction")
"""Settings that the caller chooses. All others are fixed."""
MINI_BATCH = 100
LENGTHS = {BatchKind.FULL: 300, BatchKind.MINI: 3_000, BatchKind.ONE: 20_000}
"""Steps of each kind. Each takes about a second for the notebook's network on one core."""
MEASUREMENTS = 80
"""Number of measurements of the training loss, at growing intervals. Their time does not count."""


@dataclass(frozen=True, eq=False)
class Course:
    """Progress of one of the runs.

    Parameters
    ----------
    name : BatchKind
    batch_size, step, total_steps : int
    steps, samples : ndarray of int, shape (measurements,)
        Steps taken and digits seen at each measurement.
    seconds : ndarray, shape (measurements,)
        Time spent on those steps, without the measurements.
    losses : ndarray, shape (measurements,)
        Mean cross-entropy per digit, over all training digits.
    diverged : bool
        True if the run diverged. It takes no more steps.
    """

    name: BatchKind
    batch_size: int
    step: int
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


class _Descent:
    """One of the runs. It takes steps and measures time and loss."""

    def __init__(
        self, name: BatchKind, settings: Hyperparameters, initial: Parameters, train: DigitDataset, total: int
    ) -> None:
        self.name, self.settings, self.total = name, settings, total
        self._x = train.pixels * INPUT_SCALES[settings.input_scale].factor
        self._one_hot = targets(train.labels, settings)
        self._engine = ENGINES[settings.engine](settings, initial)
        self._measure_at = set(np.geomspace(1, total, MEASUREMENTS).round().astype(int).tolist())
        self._random, self._dealt = np.random.default_rng(settings.seed), np.zeros(0, int)
        self.step, self.seconds, self.diverged = 0, 0.0, False
        self.measured: list[tuple[int, int, float, float]] = []
        self._measure()

    @property
    def done(self) -> float:
        """Fraction of the steps taken, 0 to 1; 1 if the run diverged."""
        return 1.0 if self.diverged else self.step / self.total

    def advance(self) -> None:
        begin = time.perf_counter()
        rows = self._next_rows()
        with np.errstate(over="ignore", invalid="ignore"):  # `diverged` reports an overflow
            losses = self._engine.advance(self._x[rows], self._one_hot[rows], 1)
        self.seconds += time.perf_counter() - begin
        self.step += 1
        if not np.isfinite(losses).all():
            self.diverged = True
        elif self.step in self._measure_at:
            self._measure()

    def _next_rows(self) -> np.ndarray:
        """Return the next training digits. Each epoch shuffles them again."""
        size = self.settings.batch_size
        if len(self._dealt) < size:
            self._dealt = np.concatenate([self._dealt, self._random.permutation(len(self._x))])
        rows, self._dealt = self._dealt[:size], self._dealt[size:]
        return rows

    def _measure(self) -> None:
        with np.errstate(over="ignore", invalid="ignore"):
            logits = forward(self._engine.parameters, ACTIVATIONS[self.settings.activation], self._x)[0][-1]
            loss = LOSSES[LOSS].value(logits, softmax(logits), self._one_hot) / len(self._x)
        if not np.isfinite(loss):
            self.diverged = True
            return
        self.measured.append((self.step, self.step * self.settings.batch_size, self.seconds, loss))

    def course(self) -> Course:
        steps, samples, seconds, losses = (np.array(column) for column in zip(*self.measured, strict=True))
        return Course(
            self.name, self.settings.batch_size, self.step, self.total, steps, samples, seconds, losses, self.diverged
        )


@dataclass(frozen=True, eq=False)
class ComparisonSnapshot:
    """All three runs at one point. `step` is their total number of steps."""

    step: int
    courses: tuple[Course, ...]


class Comparison:
    """Trains one network three times, with full batch, mini-batch and one sample, in turn.

    All three have the same initial weights, see the training digits in the same order, and follow the mean gradient of
    their batch, so one learning rate suits all. A `Job` advances the comparison like a run.

    Parameters
    ----------
    dataset : DigitDataset
    base : Hyperparameters
        Source of the network, its initial weights and the fraction of training digits.
    learning_rate : float
        Factor of the mean gradient of a batch.
    lengths : mapping of BatchKind to int, optional
        Number of steps for each kind.

    Attributes
    ----------
    serial : str
        Unique identifier.
    engine : str
    step : int
        Total number of steps. A run that diverged counts as finished.
    total_steps : int
    diverged : bool
        Always False: if one run diverges, the others continue.
    initial_parameters : Parameters
    snapshot : ComparisonSnapshot
        The latest state. Other threads may read it.
    """

    diverged = False

    def __init__(
        self,
        dataset: DigitDataset,
        base: Hyperparameters,
        learning_rate: float,
        lengths: Mapping[BatchKind, int] | None = None,
    ) -> None:
        self.serial = uuid4().hex
        chosen: dict[str, Any] = {name: getattr(base, name) for name in FROM_BASE}
        chosen |= {"input_scale": "unit", "loss": LOSS, "gradient": "exact"}
        settings = Hyperparameters(**chosen, batches=1, steps_per_batch=1)
        self.engine, _ = choose_engine(settings)
        self.learning_rate = learning_rate
        train, _ = dataset.split(base.train_fraction)
        self.initial_parameters = settings.initial_parameters()
        sizes = {BatchKind.FULL: len(train), BatchKind.MINI: min(MINI_BATCH, len(train)), BatchKind.ONE: 1}
        self._descents: list[_Descent] = []
        for name, total in (lengths or LENGTHS).items():
            size = sizes[name]
            how = dataclasses.replace(settings, batch_size=size, learning_rate=learning_rate / size, engine=self.engine)
            self._descents.append(_Descent(BatchKind(name), how, self.initial_parameters, train, total))
        self.total_steps = sum(descent.total for descent in self._descents)
        self._publish()

    @property
    def step(self) -> int:
        """Total number of steps. A run that diverged counts as finished."""
        return sum(descent.total if descent.diverged else descent.step for descent in self._descents)

    def advance(self, steps: int) -> int:
        """Take up to `steps` steps, each in the run that is furthest from its end. Return the number of steps taken."""
        before = self.step
        for _ in range(steps):
            behind = min(self._descents, key=lambda descent: descent.done)
            if behind.done >= 1:
                break
            behind.advance()
        self._publish()
        return self.step - before

    def _publish(self) -> None:
        self.snapshot = ComparisonSnapshot(self.step, tuple(descent.course() for descent in self._descents))
