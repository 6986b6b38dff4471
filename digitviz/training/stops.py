"""The weights of a training at all moments that are kept of it, for programs elsewhere to compute with."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from digitviz.training.run import TrainingRun

MOST_STOPS = 200
"""Besides the first weights: as many moments as a slider has places that can be told apart."""


@dataclass(frozen=True, eq=False)
class Stops:
    """A training at the ends of batches: before the first, and after each whose weights are kept.

    Parameters
    ----------
    batches : ndarray of int, shape (n,)
        Batches finished; 0 first.
    vectors : ndarray of float32, shape (n, size)
        All weights, then all biases; see `Parameters.from_vector`.
    test_accuracy, test_loss : ndarray, shape (n,)
        Fraction of the test digits that are classified correctly, and mean loss per test digit; nan before training,
        where nothing is recorded.
    """

    batches: np.ndarray
    vectors: np.ndarray
    test_accuracy: np.ndarray
    test_loss: np.ndarray

    def to_bytes(self) -> bytes:
        """Return the vectors one after another, little-endian."""
        return self.vectors.astype("<f4").tobytes()


def stop_batches(run: TrainingRun, most: int = MOST_STOPS) -> list[int]:
    """List the moments of a run that can be looked at: 0, and every finished batch whose weights are kept.

    Parameters
    ----------
    run : TrainingRun
    most : int
        Of those after batches; of more of them so many are chosen, evenly, the last included.
    """
    kept = run.history.kept_batches
    kept = kept[kept < run.snapshot.batch] + 1
    if len(kept) > most:
        kept = kept[np.unique(np.linspace(0, len(kept) - 1, most).round().astype(int))]
    return [0, *kept.tolist()]


def stop_vector(run: TrainingRun, batch: int) -> np.ndarray:
    """Return all weights and biases of a run after so many batches, float32, shape (size,).

    Raises
    ------
    ValueError
        If they are not kept.
    """
    parameters = run.initial_parameters if batch == 0 else run.history.parameters_after(batch - 1)
    return parameters.to_vector().astype(np.float32)


def stop_weights(run: TrainingRun, most: int = MOST_STOPS) -> Stops:
    """Return the weights of a run at all its stops.

    Another thread may take the run, or one that shares its steps, further meanwhile: then fewer of them may be kept.

    Parameters
    ----------
    run : TrainingRun
    most : int
        As of `stop_batches`.
    """
    vectors: dict[int, np.ndarray] = {}
    for batch in stop_batches(run, most):
        try:
            vectors[batch] = stop_vector(run, batch)
        except ValueError:  # it was dropped a moment ago
            continue
    batches = np.array([*vectors], int)
    recorded = [np.append(np.nan, curve) for curve in (run.history.test_accuracy, run.history.test_loss)]
    accuracy, loss = (curve[batches] for curve in recorded)
    return Stops(batches, np.stack([*vectors.values()]), accuracy, loss)
