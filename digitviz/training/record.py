"""What is recorded of a training: curves, checkpoints, engine states, and when nothing moved any more.

One thread writes, any number read without a lock. Nothing recorded ever changes. What grows is replaced as a whole, so
a reader sees the old or the new one, and either is right up to the step that the reader read before.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, NamedTuple, TypeVar

import numpy as np

from digitviz.networks.parameters import Parameters
from digitviz.training.engines.state import EngineState
from digitviz.training.faults import Divergence, Stuck, gradient_is_zero, steps_at_the_last_loss, stuck
from digitviz.training.hyperparameters import Hyperparameters
from digitviz.training.setup import Batch

T = TypeVar("T")


class Measured(NamedTuple):
    """A part of the data set as the network classifies it at the end of a batch.

    Parameters
    ----------
    loss : float
        Summed over the digits.
    correct, digits : int
    """

    loss: float
    correct: int
    digits: int


@dataclass(frozen=True, eq=False)
class EndOfBatch:
    """What a curve with one value per batch may be computed from.

    Parameters
    ----------
    settings : Hyperparameters
        Those of the batch.
    parameters : Parameters
        After its last step.
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
"""Every curve with one value per batch. A new entry is recorded, saved and restored; older runs have nan there."""


@dataclass(frozen=True, eq=False)
class Tip:
    """The last step that is known; replaced as a whole.

    Parameters
    ----------
    step : int
    parameters : Parameters
        After that step; the last finite ones if the training diverged.
    divergence : Divergence or None
        What ended the training: no further step can be taken.
    """

    step: int
    parameters: Parameters
    divergence: Divergence | None = None


class Curves:
    """Loss of every step, and one value per batch of each curve in `BATCH_CURVES`; nan where nothing is recorded.

    Parameters
    ----------
    steps_per_batch : int

    Attributes
    ----------
    losses : ndarray of float64, shape (at least the batches begun, steps_per_batch)
    of_batches : dict of str to ndarray of float64, shape (at least the batches finished,)
        By the names in `BATCH_CURVES`.
    """

    def __init__(self, steps_per_batch: int) -> None:
        self.losses = np.full((0, steps_per_batch), np.nan)
        self.of_batches = {name: np.full(0, np.nan) for name in BATCH_CURVES}

    @property
    def nbytes(self) -> int:
        """Memory in bytes."""
        return self.losses.nbytes + sum(values.nbytes for values in self.of_batches.values())

    def nbytes_of(self, batches: int) -> int:
        """Return the memory in bytes once at least `batches` batches are recorded."""
        rows, length = self.losses.shape
        return 8 * max(batches, rows) * (length + len(self.of_batches))

    def reserve(self, batches: int, ahead: bool = False) -> None:
        """Make room for `batches` batches; `ahead` for twice as many, so a step costs the same in a long run."""
        known = len(self.losses)
        if batches > known:
            grown = max(batches, 2 * known * ahead)
            longer = np.full((grown - known, self.losses.shape[1]), np.nan)
            self.of_batches = {name: np.append(old, longer[:, 0]) for name, old in self.of_batches.items()}
            self.losses = np.concatenate([self.losses, longer])

    def begin_with(self, other: Curves, step: int) -> None:
        """Copy the first `step` steps of another, and the batches that they finish."""
        length = self.losses.shape[1]
        self.reserve(-(-step // length))
        self.losses.ravel()[:step] = other.losses.ravel()[:step]
        for name, values in self.of_batches.items():
            values[: step // length] = other.of_batches[name][: step // length]


class Thinned(Generic[T]):
    """Values at the ends of batches: the latest, and a limited number of others, evenly spaced.

    When there are too many, the distance between them doubles, and from then on those in between are dropped.

    Parameters
    ----------
    limit : int
        Values besides the latest; 0 keeps only the latest.
    nbytes_each : int
        Size of a value in bytes.
    """

    def __init__(self, limit: int, nbytes_each: int) -> None:
        self.limit, self._nbytes_each, self._every = limit, nbytes_each, 1
        self._kept: tuple[tuple[int, T], ...] = ()

    def add(self, batches: int, value: T) -> None:
        """Add the value after `batches` batches, more than any before."""
        kept = self._kept
        if kept and kept[-1][0] - _last(kept[:-1]) < self._every:  # it was the latest, and lies in between
            kept = kept[:-1]
        while len(kept) + 1 > self.limit > 0 and batches - _last(kept) >= self._every:
            self._every *= 2
            kept = _apart(kept, self._every)
        self._kept = (*(kept if self.limit else ()), (batches, value))

    def begin_with(self, other: Thinned[T], batches: int) -> None:
        """Take over what another keeps of its first `batches` batches."""
        self._every, self._kept = other._every, tuple(item for item in other._kept if item[0] <= batches)

    @property
    def batches(self) -> np.ndarray:
        """Numbers of finished batches for which there is a value, ascending."""
        return np.array([batches for batches, _ in self._kept], int)

    def after(self, batches: int) -> T | None:
        """Return the value after exactly `batches` batches, if it is kept."""
        found = self.last(batches)
        return found[1] if found is not None and found[0] == batches else None

    def last(self, batches: int) -> tuple[int, T] | None:
        """Return the last value of the first `batches` batches, with the number of batches it was added after."""
        kept = self._kept
        place = bisect_right(kept, batches, key=lambda item: item[0])
        return kept[place - 1] if place else None

    @property
    def nbytes(self) -> int:
        """Memory in bytes."""
        return len(self._kept) * self._nbytes_each

    def nbytes_of(self, batches: int) -> int:
        """Return the largest memory in bytes after `batches` batches."""
        return min(batches, self.limit + 1) * self._nbytes_each


def _apart(kept: tuple[tuple[int, T], ...], every: int) -> tuple[tuple[int, T], ...]:
    """Return the values that are at least `every` batches apart."""
    chosen = list[tuple[int, T]]()
    for item in kept:
        if item[0] - _last(chosen) >= every:
            chosen.append(item)
    return tuple(chosen)


def _last(kept: Sequence[tuple[int, T]]) -> int:
    return kept[-1][0] if kept else 0


@dataclass(frozen=True)
class StuckInterval:
    """Steps `first` to `last`, both included, after which the same fault held."""

    first: int
    last: int
    fault: Stuck


class StuckIntervals:
    """The steps after which a training was stuck."""

    def __init__(self) -> None:
        self._intervals: tuple[StuckInterval, ...] = ()

    def add(self, first: int, last: int, fault: Stuck) -> None:
        """Record a fault that held after each of these steps; `last` is the latest known step."""
        before = self._intervals
        if before and before[-1].fault == fault and before[-1].last >= first - 1:
            first, before = before[-1].first, before[:-1]
        self._intervals = (*before, StuckInterval(first, last, fault))

    def look(
        self,
        settings: Hyperparameters,
        losses: np.ndarray,
        next_loss: float,
        parameters: Parameters,
        batch: Batch,
        step: int,
        repeats: Callable[[], bool],
    ) -> None:
        """Record whether nothing moves any more after `step` steps. How the steps are divided makes no difference.

        Parameters
        ----------
        settings : Hyperparameters
            Those of the batch.
        losses : ndarray, shape (steps taken on the batch,)
        next_loss : float
            The loss that the next step would record.
        parameters : Parameters
            After the last step.
        batch : Batch
        step : int
        repeats : callable
            Returns whether the next step would record exactly the last loss; `next_loss` may be rounded differently.
        """
        if gradient_is_zero(settings, losses[-1], next_loss, parameters, batch.inputs, batch.targets):
            same, begun = steps_at_the_last_loss(losses), step - len(losses)
            if same == 1 and not repeats():  # the last step still moved
                return
            first = step - same + 1
            earlier = self.at(begun)
            since = earlier.step if earlier is not None and first == begun + 1 else first
            self.add(first, step, stuck(since, parameters, settings.activation, batch.inputs))

    def begin_with(self, other: StuckIntervals, step: int) -> None:
        """Take over what another has recorded of the first `step` steps."""
        self._intervals = other.between(0, step)

    def between(self, before: int, step: int) -> tuple[StuckInterval, ...]:
        """Return the intervals after the step `before` and up to `step`."""
        cut = [StuckInterval(max(each.first, before + 1), min(each.last, step), each.fault) for each in self._intervals]
        return tuple(each for each in cut if each.first <= each.last)

    def at(self, step: int) -> Stuck | None:
        """Return the fault after `step` steps, if there is one."""
        intervals = self._intervals
        place = bisect_right(intervals, step, key=lambda each: each.first)
        return intervals[place - 1].fault if place and step <= intervals[place - 1].last else None


class Record:
    """Everything recorded of a training.

    Parameters
    ----------
    steps_per_batch : int
    initial : Parameters
        First weights and biases.
    checkpoints : Thinned of ndarray of float32, shape (size,)
        Weights and biases for display.
    states : Thinned of dict
        Exact engine states, to continue from.

    Attributes
    ----------
    curves : Curves
    stuck : StuckIntervals
    tip : Tip
    inside : dict or None
        An engine state inside the batch of the tip, where an engine once stood.
    test_accuracies : dict of int to float
        Some test accuracies by step, also in the middle of batches.
    known_since : float
        When the last step was computed, in seconds since 1970; 0 before the first.
    known_from : int
        Number of batches at the beginning whose record is lost, usually 0.
    first_known : tuple of int and Parameters, or None
        If batches are lost: the first step whose weights are known exactly, and these weights.
    """

    def __init__(
        self, steps_per_batch: int, initial: Parameters, checkpoints: Thinned[np.ndarray], states: Thinned[EngineState]
    ) -> None:
        self.curves, self.stuck = Curves(steps_per_batch), StuckIntervals()
        self.checkpoints, self.states = checkpoints, states
        self.tip = Tip(0, initial.copy())
        self.inside: EngineState | None = None
        self.test_accuracies, self.known_since, self.known_from = dict[int, float](), 0.0, 0
        self.first_known: tuple[int, Parameters] | None = None

    @property
    def steps_per_batch(self) -> int:
        """Steps on each batch."""
        return int(self.curves.losses.shape[1])

    def begin_with(self, other: Record, step: int) -> None:
        """Take over the first `step` steps of another; checkpoints and states are shared."""
        batches = step // self.steps_per_batch
        self.curves.begin_with(other.curves, step)
        self.checkpoints.begin_with(other.checkpoints, batches)
        self.states.begin_with(other.states, batches)
        self.stuck.begin_with(other.stuck, step)
        self.known_since = other.known_since

    def state_before(self, step: int) -> tuple[int, EngineState | None]:
        """Return the last exact engine state up to a step, with its step; None for the start."""
        length, inside = self.steps_per_batch, self.inside
        batches, state = self.states.last(step // length) or (0, None)
        if inside is not None and batches * length < (stands_at := int(inside["step"])) <= step:
            return stands_at, inside
        return batches * length, state

    def fault_at(self, step: int, is_goal: bool = False) -> Divergence | Stuck | None:
        """Return what is wrong after a known step.

        Parameters
        ----------
        step : int
        is_goal : bool
            True if no further steps are wanted: a divergence on the next batch does not matter then.
        """
        tip, batches = self.tip, step // self.steps_per_batch
        if tip.divergence is not None and step == tip.step:
            known = batches > self.known_from  # otherwise the record of the batch before is lost, and it ended well
            is_missing = known and np.isnan(self.curves.of_batches["test_accuracy"][batches - 1])
            if not is_goal or not step or is_missing:
                return tip.divergence
        return self.stuck.at(step)

    @property
    def nbytes(self) -> int:
        """Memory in bytes."""
        inside = self.inside or {}  # a worker may replace it meanwhile
        of_inside = sum(array.nbytes for array in inside.values())
        return self.curves.nbytes + self.checkpoints.nbytes + self.states.nbytes + of_inside

    def nbytes_of(self, batches: int) -> int:
        """Return the memory in bytes once `batches` batches are recorded."""
        return self.curves.nbytes_of(batches) + self.checkpoints.nbytes_of(batches) + self.states.nbytes_of(batches)
