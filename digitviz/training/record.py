"""The record of a trajectory: curves, checkpoints, engine states, and the steps at which it was stuck.

One thread writes; any number of threads read without a lock. Recorded values never change. To extend an array or tuple,
the writer replaces it as a whole. A reader that reads the step first sees correct values up to that step, whether it
gets the old array or the new one.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Generic, NamedTuple, TypeVar

import numpy as np

from digitviz.networks.parameters import Parameters
from digitviz.training.engines import Engine
from digitviz.training.engines.state import EngineState
from digitviz.training.faults import Divergence, Stuck, gradient_is_zero, stuck
from digitviz.training.hyperparameters import Hyperparameters
from digitviz.training.setup import Batch

T = TypeVar("T")


class Measured(NamedTuple):
    """Results of the network on one part of the data set at the end of a batch.

    Parameters
    ----------
    loss : float
        Sum over the digits.
    correct, digits : int
    """

    loss: float
    correct: int
    digits: int


@dataclass(frozen=True, eq=False)
class EndOfBatch:
    """The inputs of the functions in `BATCH_CURVES`.

    Parameters
    ----------
    settings : Hyperparameters
        Settings of the steps on this batch.
    parameters : Parameters
        Weights and biases after the last step on this batch.
    batch : Batch
    train, test : Measured
    """

    settings: Hyperparameters
    parameters: Parameters
    batch: Batch
    train: Measured
    test: Measured


BATCH_CURVES: dict[str, Callable[[EndOfBatch], float]] = {
    "train_accuracy": lambda end: end.train.correct / end.train.digits,
    "test_accuracy": lambda end: end.test.correct / end.test.digits,
    "train_loss": lambda end: end.train.loss / end.train.digits,
    "test_loss": lambda end: end.test.loss / end.test.digits,
}
"""All curves with one value per batch. New entries are recorded, saved and restored; in older runs they are nan."""


def at_end_of_batch(engine: Engine, batch: Batch, parts: Iterable[Batch]) -> dict[str, float]:
    """Return the curves in `BATCH_CURVES` after the last step on a batch; `parts` are the training and test digits."""
    measured = [Measured(*engine.measure(*part), len(part.targets)) for part in parts]
    end = EndOfBatch(engine.hyperparameters, engine.parameters, batch, *measured)
    return {name: value(end) for name, value in BATCH_CURVES.items()}


@dataclass(frozen=True, eq=False)
class Tip:
    """The last known step. The writer replaces it as a whole.

    Parameters
    ----------
    step : int
    parameters : Parameters
        Weights and biases after that step; the last finite ones after a divergence.
    divergence : Divergence or None
        The divergence after which no further step is possible.
    """

    step: int
    parameters: Parameters
    divergence: Divergence | None = None


class Curves:
    """The loss of each step, and the curves in `BATCH_CURVES` with one value per batch; nan if not recorded.

    Parameters
    ----------
    steps_per_batch : int

    Attributes
    ----------
    losses : ndarray of float64, shape (at least the batches begun, steps_per_batch)
    of_batches : dict of str to ndarray of float64, shape (at least the batches finished,)
        Curves by their names in `BATCH_CURVES`.
    """

    def __init__(self, steps_per_batch: int) -> None:
        self.losses = np.full((0, steps_per_batch), np.nan)
        self.of_batches = {name: np.full(0, np.nan) for name in BATCH_CURVES}

    def nbytes_of(self, batches: int) -> int:
        """Return the memory in bytes once at least `batches` batches are recorded."""
        rows, length = self.losses.shape
        return 8 * max(batches, rows) * (length + len(self.of_batches))

    def reserve(self, batches: int, ahead: bool = False) -> None:
        """Allocate memory for `batches` batches. `ahead` doubles the arrays, so the cost per step does not grow."""
        known = len(self.losses)
        if batches > known:
            grown = max(batches, 2 * known * ahead)
            longer = np.full((grown - known, self.losses.shape[1]), np.nan)
            self.of_batches = {name: np.append(old, longer[:, 0]) for name, old in self.of_batches.items()}
            self.losses = np.concatenate([self.losses, longer])

    def begin_with(self, other: Curves, step: int) -> None:
        """Copy the first `step` steps of `other`, and the values of the batches that they finish."""
        length = self.losses.shape[1]
        self.reserve(-(-step // length))
        self.losses.ravel()[:step] = other.losses.ravel()[:step]
        for name, values in self.of_batches.items():
            values[: step // length] = other.of_batches[name][: step // length]


class Thinned(Generic[T]):
    """Values at the ends of batches: the latest, and a limited number of evenly spaced others.

    When there are too many, the spacing doubles and the values in between are dropped.

    Parameters
    ----------
    limit : int
        Maximum number of values besides the latest; 0 keeps only the latest.
    nbytes_each : int
        Size of a value in bytes.
    """

    def __init__(self, limit: int, nbytes_each: int) -> None:
        self.limit, self._nbytes_each, self._every = limit, nbytes_each, 1
        self._kept: tuple[tuple[int, T], ...] = ()

    def add(self, batches: int, value: T) -> None:
        """Add the value after `batches` batches, later than all others."""
        kept = self._kept
        if kept and kept[-1][0] - _last(kept[:-1]) < self._every:  # the previous latest, too close to the one before
            kept = kept[:-1]
        while len(kept) + 1 > self.limit > 0 and batches - _last(kept) >= self._every:
            self._every *= 2
            chosen = apart((each for each, _ in kept), self._every)
            kept = tuple(item for item in kept if item[0] in chosen)
        self._kept = (*(kept if self.limit else ()), (batches, value))

    def begin_with(self, other: Thinned[T], batches: int) -> None:
        """Copy the values of `other` up to `batches` batches."""
        self._every, self._kept = other._every, tuple(item for item in other._kept if item[0] <= batches)

    @property
    def batches(self) -> np.ndarray:
        """Numbers of finished batches that have a value, ascending."""
        return np.array([batches for batches, _ in self._kept], int)

    def after(self, batches: int) -> T | None:
        """Return the value after exactly `batches` batches, or None."""
        found = self.last(batches)
        return found[1] if found is not None and found[0] == batches else None

    def last(self, batches: int) -> tuple[int, T] | None:
        """Return the last value up to `batches` batches as (number of batches, value), or None."""
        kept = self._kept
        place = bisect_right(kept, batches, key=lambda item: item[0])
        return kept[place - 1] if place else None

    def nbytes_of(self, batches: int) -> int:
        """Return the maximum memory in bytes after `batches` batches."""
        return min(batches, self.limit + 1) * self._nbytes_each


def apart(batches: Iterable[int], every: int) -> list[int]:
    """Select numbers of finished batches that are at least `every` apart, and at least `every` after the start."""
    chosen = [0]
    for batch in batches:
        if batch - chosen[-1] >= every:
            chosen.append(batch)
    return chosen[1:]


def _last(kept: Sequence[tuple[int, T]]) -> int:
    return kept[-1][0] if kept else 0


@dataclass(frozen=True)
class StuckInterval:
    """Steps `first` to `last`, both included, that end with the same fault."""

    first: int
    last: int
    fault: Stuck


class StuckIntervals:
    """The steps after which a run was stuck."""

    def __init__(self) -> None:
        self._intervals: tuple[StuckInterval, ...] = ()

    def add(self, first: int, last: int, fault: Stuck) -> None:
        """Record a fault after each of these steps; `last` is the latest known step."""
        before = self._intervals
        if before and before[-1].fault == fault and before[-1].last >= first - 1:
            first, before = before[-1].first, before[:-1]
        self._intervals = (*before, StuckInterval(first, last, fault))

    def look(
        self,
        settings: Hyperparameters,
        losses: tuple[float, float],
        parameters: Parameters,
        batch: Batch,
        step: int,
        still_since: Callable[[], int],
    ) -> None:
        """Record a fault if the run is stuck after `step` steps, however the steps are divided among calls.

        Parameters
        ----------
        settings : Hyperparameters
            Settings of the steps on this batch.
        losses : tuple of float
            Loss before and after the last step.
        parameters : Parameters
            Weights and biases after the last step.
        batch : Batch
        step : int
        still_since : callable
            Returns the first of the steps on this batch that have changed nothing; above `step` if there is none.
        """
        if gradient_is_zero(settings, *losses, parameters, *batch) and (first := still_since()) <= step:
            earlier = self.at(first - 1)
            since = first if earlier is None else earlier.step
            self.add(first, step, stuck(since, parameters, settings.activation, batch.inputs))

    def begin_with(self, other: StuckIntervals, step: int) -> None:
        """Copy the intervals of `other` up to `step`."""
        self._intervals = other.between(0, step)

    def between(self, before: int, step: int) -> tuple[StuckInterval, ...]:
        """Return the intervals after the step `before`, up to `step`."""
        cut = [StuckInterval(max(each.first, before + 1), min(each.last, step), each.fault) for each in self._intervals]
        return tuple(each for each in cut if each.first <= each.last)

    def at(self, step: int) -> Stuck | None:
        """Return the fault after `step` steps, or None."""
        intervals = self._intervals
        place = bisect_right(intervals, step, key=lambda each: each.first)
        return intervals[place - 1].fault if place and step <= intervals[place - 1].last else None


class Record:
    """The complete record of a trajectory.

    Parameters
    ----------
    steps_per_batch : int
    initial : Parameters
        Initial weights and biases.
    checkpoints : Thinned of ndarray of float32, shape (size,)
        Weights and biases for display.
    states : Thinned of dict
        Exact engine states at the ends of batches, from which an engine can continue.

    Attributes
    ----------
    curves : Curves
    stuck : StuckIntervals
    tip : Tip
    known_since : float
        Time at which the last step was computed, in seconds since 1970; 0 before the first step.
    known_from : int
        Number of batches at the beginning whose record is lost, usually 0.
    first_known : tuple of int and Parameters, or None
        If batches are lost: the first step with known exact weights, and these weights.
    """

    def __init__(
        self, steps_per_batch: int, initial: Parameters, checkpoints: Thinned[np.ndarray], states: Thinned[EngineState]
    ) -> None:
        self.curves, self.stuck = Curves(steps_per_batch), StuckIntervals()
        self.checkpoints, self.states = checkpoints, states
        self.tip = Tip(0, initial.copy())
        self.known_since, self.known_from = 0.0, 0
        self.first_known: tuple[int, Parameters] | None = None

    @property
    def steps_per_batch(self) -> int:
        """Steps on each batch."""
        return int(self.curves.losses.shape[1])

    def begin_with(self, other: Record, step: int) -> None:
        """Copy the first `step` steps of `other`; both records share the arrays of checkpoints and states."""
        batches = step // self.steps_per_batch
        self.curves.begin_with(other.curves, step)
        self.checkpoints.begin_with(other.checkpoints, batches)
        self.states.begin_with(other.states, batches)
        self.stuck.begin_with(other.stuck, step)
        self.known_since = other.known_since

    def state_before(self, step: int) -> tuple[int, EngineState | None]:
        """Return the last exact engine state up to a step as (step, state). The state is None at the start."""
        batches, state = self.states.last(step // self.steps_per_batch) or (0, None)
        return batches * self.steps_per_batch, state

    def fault_at(self, step: int, is_goal: bool = False) -> Divergence | Stuck | None:
        """Return the fault after a known step, or None.

        Parameters
        ----------
        step : int
        is_goal : bool
            True if the run ends here, so a divergence on the next batch does not matter.
        """
        tip, batches = self.tip, step // self.steps_per_batch
        if tip.divergence is not None and step == tip.step:
            known = batches > self.known_from  # if its record is lost, the previous batch ended well
            is_missing = known and np.isnan(self.curves.of_batches["test_accuracy"][batches - 1])
            if not is_goal or not step or is_missing:
                return tip.divergence
        return self.stuck.at(step)

    def nbytes_of(self, batches: int) -> int:
        """Return the memory in bytes once `batches` batches are recorded."""
        return self.curves.nbytes_of(batches) + self.checkpoints.nbytes_of(batches) + self.states.nbytes_of(batches)
