"""The record of a training, up to a position on it."""

from __future__ import annotations

import numpy as np

from digitviz.networks.parameters import Parameters
from digitviz.training.setup import batch_rows
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
        self._trajectory, self._record, self.step, self.batches = trajectory, trajectory.record, step, batches
        self.serial = trajectory.serial

    @property
    def finished_batches(self) -> int:
        """Batches finished at the position."""
        return self.step // self._record.steps_per_batch

    @property
    def known_from(self) -> int:
        """Batches whose losses and accuracies are lost, at the beginning: all curves are nan there. Usually 0."""
        return self._record.known_from

    @property
    def recorded_losses(self) -> np.ndarray:
        """All that the trajectory knows, float64, shape (any, steps_per_batch): only the first `step` are this view's.

        Nothing is copied, so it costs the same however long the training is.
        """
        return self._record.curves.losses[: self.batches]

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
        return self.of_batches("train_accuracy")

    @property
    def test_accuracy(self) -> np.ndarray:
        """Fraction of the test part classified correctly at the end of each batch, 0 to 1, shape (batches,)."""
        return self.of_batches("test_accuracy")

    @property
    def train_loss(self) -> np.ndarray:
        """Mean loss per digit of the training part at the end of each batch, shape (batches,)."""
        return self.of_batches("train_loss")

    @property
    def test_loss(self) -> np.ndarray:
        """Mean loss per digit of the test part at the end of each batch, shape (batches,)."""
        return self.of_batches("test_loss")

    def test_accuracy_after(self, step: int) -> float | None:
        """Return the test accuracy after a step up to the position, if it is known."""
        batches, left = divmod(step, self._record.steps_per_batch)
        if (
            batches
            and not left
            and not np.isnan(recorded := self._record.curves.of_batches["test_accuracy"][batches - 1])
        ):
            return float(recorded)
        return self._record.test_accuracies.get(step)

    def keep_test_accuracy(self, step: int, accuracy: float) -> None:
        """Keep a test accuracy that was computed, for all who stand at this step."""
        known = self._record.test_accuracies
        known[step] = accuracy
        while len(known) > ACCURACIES:
            known.pop(next(iter(known.copy())), None)

    @property
    def rows(self) -> np.ndarray:
        """Which digits of the training part were in each batch, uint32, shape (batches begun, batch_size).

        They are not stored: they follow from the seed.
        """
        trajectory = self._trajectory
        settings = trajectory.recipe.hyperparameters
        begun = range(-(-self.step // settings.steps_per_batch))
        drawn = [batch_rows(settings, len(trajectory.setup.train), batch) for batch in begun]
        return np.array(drawn, np.uint32).reshape(len(drawn), settings.batch_size)

    @property
    def kept_batches(self) -> np.ndarray:
        """The batches, from 0, after which the parameters are kept, and the position has reached.

        At most 200, and no more than fit into 8 MB; every second one is dropped when a trajectory has more.
        """
        kept = self._record.checkpoints.batches - 1
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
        vector = self._record.checkpoints.after(batch + 1)
        if vector is None:
            raise ValueError(f"batch {batch}: its parameters were not kept; see kept_batches")
        return self._trajectory.setup.initial_parameters.from_vector(vector)

    def of_batches(self, name: str) -> np.ndarray:
        """Return a curve by its name in `record.BATCH_CURVES`, one value per batch, shape (batches,)."""
        values, finished = np.full(self.batches, np.nan), self.finished_batches
        values[:finished] = self._record.curves.of_batches[name][:finished]
        return values
