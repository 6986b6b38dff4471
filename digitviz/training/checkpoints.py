"""The checkpoints of a run: its weights at the start and after batches, for computations in a browser."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from digitviz.training.run import TrainingRun

MAX_CHECKPOINTS = 200
"""Maximum number besides the initial weights: a slider does not have more distinguishable positions."""


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


def checkpoint_batches(run: TrainingRun, limit: int = MAX_CHECKPOINTS) -> list[int]:
    """Return 0 and the numbers of finished batches at the checkpoints of a run.

    Parameters
    ----------
    run : TrainingRun
    limit : int
        Maximum number of checkpoints after batches. If there are more, an evenly spaced selection that includes the
        last.
    """
    kept = run.history.kept_batches
    kept = kept[kept < run.snapshot.batch] + 1
    if len(kept) > limit:
        kept = kept[np.unique(np.linspace(0, len(kept) - 1, limit).round().astype(int))]
    return [0, *kept.tolist()]


def checkpoint_vector(run: TrainingRun, batch: int) -> np.ndarray:
    """Return all weights and biases of a run after `batch` batches, float32, shape (size,).

    Raises
    ------
    ValueError
        If there is no checkpoint.
    """
    parameters = run.initial_parameters if batch == 0 else run.history.parameters_after(batch - 1)
    return parameters.to_vector().astype(np.float32)


def checkpoint_weights(run: TrainingRun, limit: int = MAX_CHECKPOINTS) -> Checkpoints:
    """Return the weights of a run at all its checkpoints, at most `limit` after batches.

    Checkpoints that another thread drops meanwhile are left out.
    """
    vectors: dict[int, np.ndarray] = {}
    for batch in checkpoint_batches(run, limit):
        try:
            vectors[batch] = checkpoint_vector(run, batch)
        except ValueError:  # another thread has just dropped it
            continue
    batches = np.array([*vectors], int)
    recorded = [np.append(np.nan, curve) for curve in (run.history.test_accuracy, run.history.test_loss)]
    accuracy, loss = (curve[batches] for curve in recorded)
    return Checkpoints(batches, np.stack([*vectors.values()]), accuracy, loss)
