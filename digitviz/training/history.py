"""The recorded history of a run, up to its current step: its curves, and its weights at checkpoints."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from digitviz.datasets import DigitDataset
from digitviz.networks.parameters import Parameters
from digitviz.training.record import apart
from digitviz.training.setup import batch_rows
from digitviz.training.trajectory import Trajectory, exact

MAX_CHECKPOINTS = 200
"""Maximum number besides the initial weights: a slider does not have more distinguishable positions."""
MAX_FINDINGS = 32
"""Maximum number of steps whose findings are kept. Runs that train together are only a few batches apart."""


@dataclass(frozen=True, eq=False)
class Checkpoints:
    """The weights of a run before its first batch and after each batch with a checkpoint.

    Parameters
    ----------
    batches : ndarray of int, shape (n,)
        Numbers of finished batches, beginning with 0.
    vectors : ndarray of float32, shape (n, size)
        All weights, then all biases; see `Parameters.from_vector`.
    test_accuracy, test_loss : ndarray, shape (n,)
        Fraction of the test digits classified correctly, and mean loss per test digit; nan before training.
    """

    batches: np.ndarray
    vectors: np.ndarray
    test_accuracy: np.ndarray
    test_loss: np.ndarray

    def to_bytes(self) -> bytes:
        """Return the vectors one after another, little-endian."""
        return self.vectors.astype("<f4").tobytes()


class History:
    """A view of a trajectory up to a step. It hides all later steps.

    Parameters
    ----------
    trajectory : Trajectory
    step : int
        Steps taken.
    batches : int
        Batches of the whole run, which is the length of all curves.

    Attributes
    ----------
    serial : str
        Identifies the trajectory, see `Trajectory.serial`.
    """

    def __init__(self, trajectory: Trajectory, step: int, batches: int) -> None:
        self._trajectory, self._record, self.step, self.batches = trajectory, trajectory.record, step, batches
        self.serial = trajectory.serial

    @property
    def train(self) -> DigitDataset:
        """The training digits."""
        return self._trajectory.setup.train

    def findings(self, step: int, is_exact: bool) -> dict[str, Any]:
        """Return what any run on the trajectory has computed about the weights at a step."""
        found = self._trajectory.findings
        if len(found) > MAX_FINDINGS:
            found.clear()
        return found.setdefault((step, is_exact), {})

    @property
    def finished_batches(self) -> int:
        """Number of finished batches."""
        return self.step // self._record.steps_per_batch

    @property
    def known_from(self) -> int:
        """Number of batches at the beginning whose record is lost, usually 0. All curves are nan there."""
        return self._record.known_from

    @property
    def recorded_losses(self) -> np.ndarray:
        """All losses of the trajectory, float64, shape (any, steps_per_batch); only the first `step` are in this view.

        They are not copied, so the cost does not depend on the length of the run.
        """
        return self._record.curves.losses[: self.batches]

    @property
    def losses(self) -> np.ndarray:
        """Loss before each step, summed over the batch, float64, shape (batches, steps_per_batch).

        nan for steps not taken yet, and for lost batches.
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
        """Return the test accuracy after a step that this view contains, or None if it is unknown."""
        batches, left = divmod(step, self._record.steps_per_batch)
        known = np.nan if left or not batches else self._record.curves.of_batches["test_accuracy"][batches - 1]
        return None if np.isnan(known) else float(known)

    @property
    def rows(self) -> np.ndarray:
        """Indices of the training digits in each batch, uint32, shape (batches begun, batch_size).

        They are drawn again with the seed, because they are not stored.
        """
        trajectory = self._trajectory
        settings = trajectory.recipe.hyperparameters
        begun = range(-(-self.step // settings.steps_per_batch))
        drawn = [batch_rows(settings, len(trajectory.setup.train), batch) for batch in begun]
        return np.array(drawn, np.uint32).reshape(len(drawn), settings.batch_size)

    @property
    def kept_batches(self) -> np.ndarray:
        """Finished batches, from 0, with a checkpoint.

        There are at most 200, and no more than fit into 8 MB. A longer trajectory drops every second checkpoint.
        """
        kept = self._record.checkpoints.batches - 1
        return kept[kept < self.finished_batches]

    def parameters_after(self, batch: int) -> Parameters:
        """Return the parameters after a batch, numbered from 0, as float32.

        Raises
        ------
        ValueError
            If there is no checkpoint, or the batch is not finished yet.
        """
        if batch >= self.finished_batches:
            raise ValueError(f"batch {batch}: the run has not finished it yet")
        vector = self._record.checkpoints.after(batch + 1)
        if vector is None:
            raise ValueError(f"batch {batch}: it has no checkpoint; see kept_batches")
        return self._trajectory.setup.initial_parameters.from_vector(vector)

    def exact_parameters(self) -> Parameters:
        """Compute the exact parameters at this step by repeating the steps since the last engine state."""
        return exact(self._trajectory, self.step)

    def checkpoint_batches(self, limit: int = MAX_CHECKPOINTS) -> list[int]:
        """Return 0 and the numbers of finished batches at the checkpoints.

        Parameters
        ----------
        limit : int
            Maximum number of checkpoints after batches, at least 1. If there are more, their spacing doubles, so a
            dropped checkpoint never returns. Always includes the last.
        """
        kept, every = (self.kept_batches + 1).tolist(), 1
        while len(chosen := [*apart(kept[:-1], every), *kept[-1:]]) > limit:
            every *= 2
        return [0, *chosen]

    def recorded_after(self, batch: int) -> Parameters | None:
        """Return the parameters after `batch` batches: the initial ones after 0. None without a checkpoint."""
        try:
            return self.parameters_after(batch - 1) if batch else self._trajectory.setup.initial_parameters
        except ValueError:  # a run drops checkpoints while it trains
            return None

    def checkpoint_weights(self, limit: int = MAX_CHECKPOINTS) -> Checkpoints:
        """Return the weights at all checkpoints, at most `limit` after batches.

        Checkpoints that another thread drops meanwhile are left out.
        """
        vectors: dict[int, np.ndarray] = {}
        for batch in self.checkpoint_batches(limit):
            if (recorded := self.recorded_after(batch)) is not None:
                vectors[batch] = recorded.to_vector().astype(np.float32)
        batches = np.array([*vectors], int)
        accuracy, loss = (np.append(np.nan, curve)[batches] for curve in (self.test_accuracy, self.test_loss))
        return Checkpoints(batches, np.stack([*vectors.values()]), accuracy, loss)

    def of_batches(self, name: str) -> np.ndarray:
        """Return a curve by its name in `record.BATCH_CURVES`, one value per batch, shape (batches,)."""
        values, finished = np.full(self.batches, np.nan), self.finished_batches
        values[:finished] = self._record.curves.of_batches[name][:finished]
        return values

    def at_ends(self, batches: np.ndarray) -> np.ndarray:
        """Return all curves in `record.BATCH_CURVES` at the ends of some finished batches, counted from 0.

        Returns
        -------
        ndarray, shape (len(batches), number of curves)
        """
        return np.array([values[batches] for values in self._record.curves.of_batches.values()]).T
