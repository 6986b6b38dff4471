"""The secret of the notebook: the gradient it follows is not that of the loss it plots.

The notebook is the classic NumPy notebook this dashboard grew from.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from digitviz.lesson.batch import batch_of
from digitviz.lesson.chain_rule import in_float64
from digitviz.networks.activations import ACTIVATIONS
from digitviz.networks.backpropagation import loss_and_gradients
from digitviz.networks.losses import LOSSES
from digitviz.networks.parameters import Parameters
from digitviz.training.run import TrainingRun

MOST_DIGITS = 100
MOST_MOMENTS = 30
MOST_WEIGHTS = 2_000_000
"""Weights times moments at most: so even the largest network takes less than a third of a second."""


@dataclass(frozen=True, eq=False)
class GradientsAlong:
    """Two gradients of the same weights on the same digits, in the course of a training.

    Parameters
    ----------
    batches : ndarray of int, shape (moments,)
        Batches finished; 0 is the start.
    angles : ndarray, shape (moments,)
        Between the notebook's gradient and that of the squared error, in degrees; nan where one is zero.
    lengths : ndarray, shape (moments,)
        Length of the notebook's gradient divided by that of the other; nan where that is zero.
    strangeness : float
        Largest difference between the notebook's gradient and that of twice the cross-entropy, relative to the
        largest entry of either.
    """

    batches: np.ndarray
    angles: np.ndarray
    lengths: np.ndarray
    strangeness: float


def gradients_along(run: TrainingRun, finished: int) -> GradientsAlong:
    """Compare the notebook's gradient with that of the squared error at moments of a training.

    Parameters
    ----------
    run : TrainingRun
    finished : int
        How many batches are finished; each moment's gradients are taken on up to 100 digits of the next batch.
    """
    kept = run.history.kept_batches[run.history.kept_batches < finished]
    most = int(np.clip(MOST_WEIGHTS // run.initial_parameters.size, 5, MOST_MOMENTS))
    if len(kept) > most:
        kept = kept[np.linspace(0, len(kept) - 1, most).round().astype(int)]
    moments = [(0, run.initial_parameters)] + [(int(batch) + 1, run.history.parameters_after(batch)) for batch in kept]
    rows = [_compare(run, number, parameters) for number, parameters in moments]
    angles, lengths, strangeness = np.array(rows).T
    return GradientsAlong(np.array([number for number, _ in moments]), angles, lengths, float(strangeness.max()))


def _compare(run: TrainingRun, number: int, parameters: Parameters) -> tuple[float, float, float]:
    batch = batch_of(run, number, most=MOST_DIGITS)
    precise = in_float64(parameters)
    activation = ACTIVATIONS[run.hyperparameters.activation]

    def gradient(loss: str, kind: str) -> np.ndarray:
        return loss_and_gradients(precise, batch.x, batch.one_hot, activation, LOSSES[loss], kind)[1].to_vector()

    with np.errstate(over="ignore", invalid="ignore"):  # huge weights
        notebook, squared = gradient("squared_error", "notebook"), gradient("squared_error", "exact")
        twice = 2 * gradient("cross_entropy", "exact")
        ours, theirs = float(np.linalg.norm(notebook)), float(np.linalg.norm(squared))
        largest = max(float(np.abs(notebook).max()), float(np.abs(twice).max()))
        strangeness = float(np.abs(notebook - twice).max()) / largest if largest else 0.0
        if not ours or not theirs:
            return np.nan, np.nan, strangeness
        cosine = np.clip(notebook / ours @ (squared / theirs), -1, 1)
        return float(np.degrees(np.arccos(cosine))), ours / theirs, strangeness
