"""The record of a training."""

from __future__ import annotations

import math
from uuid import uuid4

import numpy as np

from digitviz.networks.parameters import Parameters
from digitviz.training.hyperparameters import Hyperparameters

PARAMETERS_KEPT_BYTES = 8_000_000


class History:
    """Record of a training, in arrays allocated when it starts; nan where nothing is recorded yet.

    Parameters
    ----------
    hyperparameters : Hyperparameters
    initial_parameters : Parameters
        Gives the shapes.

    Attributes
    ----------
    serial : str
        Tells this record from every other, even of the same settings; no two are alike.
    losses : ndarray of float64, shape (batches, steps_per_batch)
        Loss before each step, summed over the batch.
    train_accuracy, test_accuracy : ndarray of float64, shape (batches,)
        Fraction classified correctly at the end of each batch, 0 to 1.
    train_loss, test_loss : ndarray of float64, shape (batches,)
        Mean loss per digit at the end of each batch.
    rows : ndarray of uint32, shape (batches, batch_size)
        Which digits of the training part were in each batch.
    kept_batches : ndarray of int, shape (kept,)
        The batches after which the parameters are kept: all, or every k-th and the last when that would
        take more than 8 MB.
    """

    def __init__(self, hyperparameters: Hyperparameters, initial_parameters: Parameters) -> None:
        self.serial = uuid4().hex
        batches = hyperparameters.batches
        self._shapes = initial_parameters
        self.losses = np.full((batches, hyperparameters.steps_per_batch), np.nan)
        self.train_accuracy, self.test_accuracy, self.train_loss, self.test_loss = np.full((4, batches), np.nan)
        self.rows = np.zeros((batches, hyperparameters.batch_size), np.uint32)
        most = max(2, PARAMETERS_KEPT_BYTES // (4 * initial_parameters.size))
        every = 1 if batches <= most else math.ceil(batches / (most - 1))
        self.kept_batches = np.unique([*range(every - 1, batches, every), batches - 1])
        self._vectors = np.full((len(self.kept_batches), initial_parameters.size), np.nan, np.float32)

    @property
    def nbytes(self) -> int:
        """Memory it uses, in bytes."""
        accuracies = 4 * self.test_accuracy.nbytes
        return self.losses.nbytes + accuracies + self.rows.nbytes + self._vectors.nbytes

    def keep_parameters(self, batch: int, parameters: Parameters) -> None:
        """Keep the parameters after a batch, if it is one of `kept_batches`."""
        place = int(np.searchsorted(self.kept_batches, batch))
        if self.kept_batches[place] == batch:
            self._vectors[place] = parameters.to_vector()

    def parameters_after(self, batch: int) -> Parameters:
        """Return the parameters after a batch, as float32.

        Raises
        ------
        ValueError
            If they were not kept, or the batch has not been trained on yet.
        """
        place = int(np.searchsorted(self.kept_batches, batch))
        if place == len(self.kept_batches) or self.kept_batches[place] != batch:
            raise ValueError(f"batch {batch}: its parameters were not kept; see kept_batches")
        if np.isnan(self._vectors[place, 0]):
            raise ValueError(f"batch {batch}: the training has not got that far")
        return self._shapes.from_vector(self._vectors[place])
