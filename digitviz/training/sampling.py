"""Choosing the digits of each batch."""

from __future__ import annotations

import numpy as np

from digitviz.training.hyperparameters import Hyperparameters


def batch_rows(hyperparameters: Hyperparameters, digits: int, batch: int) -> np.ndarray:
    """Draw the rows of one batch; they depend only on the seed and the number of the batch.

    Parameters
    ----------
    hyperparameters : Hyperparameters
        Gives `sampling`, `batch_size` and `seed`.
    digits : int
        How many digits there are to draw from.
    batch : int
        Number of the batch, from 0.

    Returns
    -------
    ndarray of uint32, shape (batch_size,)
    """
    size, seed = hyperparameters.batch_size, hyperparameters.seed
    if hyperparameters.sampling == "with_replacement":
        return np.random.default_rng([seed, 1, batch]).integers(0, digits, size, dtype=np.uint32)
    # All digits in a new order each epoch, dealt out in batches; a batch may reach into the next epoch.
    first, last = batch * size // digits, ((batch + 1) * size - 1) // digits
    epochs = [np.random.default_rng([seed, 2, epoch]).permutation(digits) for epoch in range(first, last + 1)]
    start = batch * size - first * digits
    return np.concatenate(epochs)[start : start + size].astype(np.uint32)
