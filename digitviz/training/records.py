"""What a trajectory records as it grows: one thread writes, any number read without a lock.

Nothing that was recorded is changed. What grows is replaced as a whole, so that a reader has the old one or the new,
and either is right up to the step that the reader read before.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

import numpy as np

from digitviz.networks.parameters import Parameters
from digitviz.training.engines.checkpoint import Checkpoint
from digitviz.training.faults import Divergence, Stuck, gradient_is_zero, steps_at_the_last_loss, stuck
from digitviz.training.hyperparameters import Hyperparameters
from digitviz.training.segment import Segment

T = TypeVar("T")


@dataclass(frozen=True, eq=False)
class Tip:
    """The last moment that is known; replaced as a whole.

    Parameters
    ----------
    step : int
        Steps that are recorded.
    parameters : Parameters
        After them; the last finite ones where the training diverged.
    divergence : Divergence or None
        What ended it: then no further step can be taken.
    """

    step: int
    parameters: Parameters
    divergence: Divergence | None = None


class Curves:
    """Loss of every step, and accuracies and mean losses of every batch; nan where nothing is recorded yet.

    Parameters
    ----------
    steps_per_batch : int

    Attributes
    ----------
    losses : ndarray of float64, shape (at least the batches begun, steps_per_batch)
    of_batches : ndarray of float64, shape (4, at least the batches finished)
        Accuracy on the training part and on the test part, then mean loss of either.
    """

    def __init__(self, steps_per_batch: int) -> None:
        self.losses = np.full((0, steps_per_batch), np.nan)
        self.of_batches = np.full((4, 0), np.nan)

    @property
    def nbytes(self) -> int:
        """Memory it uses, in bytes."""
        return self.losses.nbytes + self.of_batches.nbytes

    def reserve(self, batches: int) -> None:
        """Make room for so many batches."""
        if batches > len(self.losses):
            self._replace(batches)

    def room_for(self, batch: int) -> None:
        """Make room for a batch, numbered from 0; by doubling, so that a step costs the same however long the run."""
        if batch >= len(self.losses):
            self._replace(max(batch + 1, 2 * len(self.losses)))

    def begin_with(self, other: Curves, step: int) -> None:
        """Take over the first steps of another, and the batches that they finish."""
        batches = step // self.losses.shape[1]
        self.reserve(-(-step // self.losses.shape[1]))
        self.losses.ravel()[:step] = other.losses.ravel()[:step]
        self.of_batches[:, :batches] = other.of_batches[:, :batches]

    def _replace(self, batches: int) -> None:
        losses, of_batches = np.full((batches, self.losses.shape[1]), np.nan), np.full((4, batches), np.nan)
        losses[: len(self.losses)], of_batches[:, : len(self.losses)] = self.losses, self.of_batches
        self.losses, self.of_batches = losses, of_batches


class Thinned(Generic[T]):
    """Values at the ends of batches: the latest, and at most so many others, evenly spaced.

    When there are too many, the distance between them is doubled, and from then on those between are not kept.

    Parameters
    ----------
    most : int
        Values kept besides the latest; 0 keeps the latest alone.
    nbytes_each : int
        Size of a value, in bytes.

    Attributes
    ----------
    most : int
    """

    def __init__(self, most: int, nbytes_each: int) -> None:
        self.most, self._nbytes_each, self._every = most, nbytes_each, 1
        self._kept: tuple[tuple[int, T], ...] = ()

    def add(self, batches: int, value: T) -> None:
        """Keep the value after so many batches, more than any before."""
        kept = self._kept
        if kept and kept[-1][0] - _last(kept[:-1]) < self._every:  # it was the latest, and lies between
            kept = kept[:-1]
        while len(kept) + 1 > self.most > 0 and batches - _last(kept) >= self._every:
            self._every *= 2
            kept = _apart(kept, self._every)
        self._kept = (*(kept if self.most else ()), (batches, value))

    def begin_with(self, other: Thinned[T], batches: int) -> None:
        """Take over what another keeps of its first batches."""
        self._every, self._kept = other._every, tuple(item for item in other._kept if item[0] <= batches)

    @property
    def batches(self) -> np.ndarray:
        """After how many batches there is a value, shape (kept,), in ascending order."""
        return np.array([batches for batches, _ in self._kept], int)

    def after(self, batches: int) -> T | None:
        """Return the value after exactly so many batches, if it is kept."""
        found = self.last(batches)
        return found[1] if found is not None and found[0] == batches else None

    def last(self, batches: int) -> tuple[int, T] | None:
        """Return the last value that is kept of the first so many batches, and after how many it is."""
        kept = self._kept
        place = bisect_right(kept, batches, key=lambda item: item[0])
        return kept[place - 1] if place else None

    @property
    def nbytes(self) -> int:
        """Memory of all values, in bytes."""
        return len(self._kept) * self._nbytes_each

    def nbytes_of(self, batches: int) -> int:
        """Return how much memory they will use after so many batches, at most."""
        return min(batches, self.most + 1) * self._nbytes_each


def _apart(kept: tuple[tuple[int, T], ...], every: int) -> tuple[tuple[int, T], ...]:
    """Return those of the values that are at least so many batches apart, from the start on."""
    chosen = list[tuple[int, T]]()
    for item in kept:
        if item[0] - _last(chosen) >= every:
            chosen.append(item)
    return tuple(chosen)


def _last(kept: Sequence[tuple[int, T]]) -> int:
    return kept[-1][0] if kept else 0


@dataclass(frozen=True)
class Spell:
    """Steps between which the same fault holds, `first` and `last` included."""

    first: int
    last: int
    fault: Stuck


class Spells:
    """For which steps a training was stuck."""

    def __init__(self) -> None:
        self._spells: tuple[Spell, ...] = ()

    def record(self, first: int, last: int, fault: Stuck) -> None:
        """Record a fault that held after each of these many steps; `last` is the latest step that is known."""
        before = self._spells
        if before and before[-1].fault == fault and before[-1].last >= first - 1:
            first, before = before[-1].first, before[:-1]
        self._spells = (*before, Spell(first, last, fault))

    def look(
        self,
        settings: Hyperparameters,
        losses: np.ndarray,
        next_loss: float,
        parameters: Parameters,
        x: np.ndarray,
        one_hot: np.ndarray,
        step: int,
    ) -> None:
        """Record whether nothing moves any more after `step` steps; how they were divided makes no difference.

        Parameters
        ----------
        settings : Hyperparameters
            Those that hold for the batch.
        losses : ndarray, shape (steps taken on the batch,)
        next_loss : float
            That the next step would record.
        parameters : Parameters
            After the last step.
        x, one_hot : ndarray, shapes (batch_size, 64) and (batch_size, 10)
        step : int
        """
        if gradient_is_zero(settings, losses[-1], next_loss, parameters, x, one_hot):
            first, begun = step - steps_at_the_last_loss(losses) + 1, step - len(losses)
            earlier = self.at(begun)
            since = earlier.step if earlier is not None and first == begun + 1 else first
            self.record(first, step, stuck(since, parameters, settings.activation, x))

    def begin_with(self, other: Spells, step: int) -> None:
        """Take over what another says of the first steps."""
        self._spells = other.between(0, step)

    def between(self, before: int, step: int) -> tuple[Spell, ...]:
        """Return what it says of the steps after `before` and up to `step`."""
        cut = [Spell(max(each.first, before + 1), min(each.last, step), each.fault) for each in self._spells]
        return tuple(spell for spell in cut if spell.first <= spell.last)

    def at(self, step: int) -> Stuck | None:
        """Return the fault after so many steps, if there is one."""
        spells = self._spells
        place = bisect_right(spells, step, key=lambda spell: spell.first)
        return spells[place - 1].fault if place and step <= spells[place - 1].last else None


class Records:
    """All that is recorded of a training.

    Parameters
    ----------
    steps_per_batch : int
    stops : Thinned of ndarray of float32, shape (size,)
        Weights and biases for display.
    checkpoints : Thinned of dict
        Exact ones.

    Attributes
    ----------
    curves : Curves
    spells : Spells
    segments : tuple of Segment
    """

    def __init__(self, steps_per_batch: int, stops: Thinned[np.ndarray], checkpoints: Thinned[Checkpoint]) -> None:
        self.curves, self.stops, self.checkpoints = Curves(steps_per_batch), stops, checkpoints
        self.spells = Spells()
        self.segments: tuple[Segment, ...] = ()

    def begin_with(self, other: Records, step: int) -> None:
        """Take over the first steps of another; what is kept of the ends of batches is shared."""
        batches = step // self.curves.losses.shape[1]
        self.curves.begin_with(other.curves, step)
        self.stops.begin_with(other.stops, batches)
        self.checkpoints.begin_with(other.checkpoints, batches)
        self.spells.begin_with(other.spells, step)
        self.segments = tuple(segment for segment in other.segments if segment.step < step)

    def begin_segment(self, segment: Segment) -> None:
        """Note what computes the steps from here on, if it is not what computed those before."""
        before = tuple(each for each in self.segments if each.step < segment.step)  # no step was taken in another
        self.segments = before if before and before[-1].is_like(segment) else (*before, segment)

    def recorded_bytes(self, batches: int | None = None) -> int:
        """Return the memory that is used now, or will be when so many batches are recorded, in bytes."""
        if batches is None:
            return self.curves.nbytes + self.stops.nbytes + self.checkpoints.nbytes
        rows, length = self.curves.losses.shape
        of_curves = 8 * max(batches, rows) * (length + 4)
        return of_curves + self.stops.nbytes_of(batches) + self.checkpoints.nbytes_of(batches)
