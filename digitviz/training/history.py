"""The record of a training, up to a position on it."""

from __future__ import annotations

import numpy as np

from digitviz.networks.parameters import Parameters
from digitviz.training.sampling import batch_rows
from digitviz.training.segment import Segment, overlapping
from digitviz.training.trajectory import Trajectory

ACCURACIES = 100
"""Test accuracies in the middle of batches that are kept of a trajectory."""


class History:
    """A view of a trajectory that ends at a position: what is known beyond it is not shown.

    Parameters
    ----------
    trajectory : Trajectory
    step : int
        The position: steps taken.
    batches : int
        Of the whole training, which is the length of all curves.

    Attributes
    ----------
    serial : str
        Tells the trajectory from every other; that of the same recipe is the same.
    """

    def __init__(self, trajectory: Trajectory, step: int, batches: int) -> None:
        self._trajectory, self.step, self.batches = trajectory, step, batches
        self.serial = trajectory.serial

    @property
    def finished_batches(self) -> int:
        """Batches finished at the position."""
        return self.step // self._trajectory.recipe.hyperparameters.steps_per_batch

    @property
    def known_from(self) -> int:
        """Batches whose losses and accuracies are lost, at the beginning: all curves are nan there. Usually 0."""
        return self._trajectory.known_from

    @property
    def segments(self) -> tuple[Segment, ...]:
        """Who computed the steps up to the position, and with which version of the engine; in their order."""
        return overlapping(self._trajectory.segments, 0, self.step)

    @property
    def recorded_losses(self) -> np.ndarray:
        """All that the trajectory knows, float64, shape (any, steps_per_batch): only the first `step` are this view's.

        Nothing is copied, so it costs the same however long the training is.
        """
        return self._trajectory.curves.losses[: self.batches]

    @property
    def losses(self) -> np.ndarray:
        """Loss before each step, summed over the batch, float64, shape (batches, steps_per_batch).

        nan beyond the position, and where they are lost.
        """
        recorded = self.recorded_losses
        losses = np.full((self.batches, recorded.shape[1]), np.nan)
        losses.ravel()[: self.step] = recorded.ravel()[: self.step]
        return losses

    @property
    def train_accuracy(self) -> np.ndarray:
        """Fraction of the training part classified correctly at the end of each batch, 0 to 1, shape (batches,)."""
        return self._of_batches(0)

    @property
    def test_accuracy(self) -> np.ndarray:
        """Fraction of the test part classified correctly at the end of each batch, 0 to 1, shape (batches,)."""
        return self._of_batches(1)

    @property
    def train_loss(self) -> np.ndarray:
        """Mean loss per digit of the training part at the end of each batch, shape (batches,)."""
        return self._of_batches(2)

    @property
    def test_loss(self) -> np.ndarray:
        """Mean loss per digit of the test part at the end of each batch, shape (batches,)."""
        return self._of_batches(3)

    def test_accuracy_after(self, step: int) -> float | None:
        """Return the test accuracy after a step up to the position, if it is known."""
        batches, left = divmod(step, self._trajectory.recipe.hyperparameters.steps_per_batch)
        recorded = np.nan if left or not batches else float(self._trajectory.curves.of_batches[1, batches - 1])
        return self._trajectory.judged.get(step) if np.isnan(recorded) else recorded

    def keep_test_accuracy(self, step: int, accuracy: float) -> None:
        """Keep a test accuracy that was computed, for all who stand at this step."""
        judged = self._trajectory.judged
        judged[step] = accuracy
        while len(judged) > ACCURACIES:
            judged.pop(next(iter(judged.copy())), None)

    @property
    def rows(self) -> np.ndarray:
        """Which digits of the training part were in each batch, uint32, shape (batches begun, batch_size).

        They are not stored: they follow from the seed.
        """
        trajectory = self._trajectory
        settings = trajectory.recipe.hyperparameters
        begun = range(-(-self.step // settings.steps_per_batch))
        drawn = [batch_rows(settings, len(trajectory.train), batch) for batch in begun]
        return np.array(drawn, np.uint32).reshape(len(drawn), settings.batch_size)

    @property
    def kept_batches(self) -> np.ndarray:
        """The batches, from 0, after which the parameters are kept, and the position has reached.

        At most 200, and no more than fit into 8 MB; every second one is dropped when a trajectory has more.
        """
        kept = self._trajectory.stops.batches - 1
        return kept[kept < self.finished_batches]

    def parameters_after(self, batch: int) -> Parameters:
        """Return the parameters after a batch, numbered from 0, as float32.

        Raises
        ------
        ValueError
            If they were not kept, or the batch has not been trained on yet.
        """
        if batch >= self.finished_batches:
            raise ValueError(f"batch {batch}: the training has not got that far")
        vector = self._trajectory.stops.after(batch + 1)
        if vector is None:
            raise ValueError(f"batch {batch}: its parameters were not kept; see kept_batches")
        return self._trajectory.initial_parameters.from_vector(vector)

    def _of_batches(self, row: int) -> np.ndarray:
        values, finished = np.full(self.batches, np.nan), self.finished_batches
        values[:finished] = self._trajectory.curves.of_batches[row, :finished]
        return values
