"""Batches of training digits, the kinds of batch, and statistics of a data set."""

from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from digitviz.datasets import DigitDataset
from digitviz.language import lazy_gettext as _
from digitviz.networks.network import INPUT_SCALES
from digitviz.networks.parameters import Parameters
from digitviz.training.hyperparameters import Hyperparameters
from digitviz.training.run import TrainingRun
from digitviz.training.setup import batch_rows, targets

MAX_PRODUCTS = 10_000_000
"""Maximum number of weights times number of digits. At this size, backpropagation and its check take 0.2 s."""


@dataclass(frozen=True, eq=False)
class Batch:
    """A batch of training digits.

    Parameters
    ----------
    number : int
        Batch index, from 0.
    pixels : ndarray, shape (batch, 64)
        Ink, 0 to 16.
    x : ndarray of float64, shape (batch, 64)
        Inputs of the network: the scaled pixels.
    one_hot : ndarray of float64, shape (batch, 10)
        Targets of the network, see `digitviz.training.setup.targets`.
    labels : ndarray of int, shape (batch,)
    """

    number: int
    pixels: np.ndarray
    x: np.ndarray
    one_hot: np.ndarray
    labels: np.ndarray

    def __len__(self) -> int:
        return len(self.labels)


def digits_in_reach(parameters: Parameters) -> int:
    """Return the maximum number of digits for which the lesson explains the gradients of a network of this size."""
    return max(1, MAX_PRODUCTS // parameters.size)


def batch_of(run: TrainingRun, number: int, limit: int | None = None, rows: np.ndarray | None = None) -> Batch:
    """Draw a batch of a run, even if the run has not reached it.

    Parameters
    ----------
    run : TrainingRun
    number : int
        Batch index, from 0. Larger numbers give the last batch.
    limit : int, optional
        Maximum number of digits. The batch keeps the first ones.
    rows : ndarray of int, optional
        Training digits to use instead of the batch's.
    """
    number = min(number, run.hyperparameters.batches - 1)
    rows = batch_rows(run.hyperparameters, len(run.train), number)[:limit] if rows is None else rows
    pixels, labels = run.train.pixels[rows], run.train.labels[rows]
    x = pixels * INPUT_SCALES[run.hyperparameters.input_scale].factor
    return Batch(number, pixels, x, targets(labels, run.hyperparameters).astype(float, copy=False), labels)


class BatchKind(StrEnum):
    """A kind of batch."""

    FULL = "full batch"
    MINI = "mini-batch"
    ONE = "one sample"

    @property
    def words(self) -> str:
        """Name on pages."""
        return str(_TITLES[self])


_TITLES = {BatchKind.FULL: _("full batch"), BatchKind.MINI: _("mini-batch"), BatchKind.ONE: _("single sample")}


def some_rows(dataset: DigitDataset, label: int | None, count: int, draw: int) -> np.ndarray:
    """Choose digits of a data set.

    Parameters
    ----------
    dataset : DigitDataset
    label : int or None
        Label of the digits, or None for any.
    count : int
    draw : int
        0 for the first ones. Any other number is the seed of a shuffle.

    Returns
    -------
    ndarray of int, shape (at most count,)
        Rows of `dataset`.
    """
    rows = np.arange(len(dataset)) if label is None else np.flatnonzero(dataset.labels == label)
    return rows[:count] if draw == 0 else np.random.default_rng(draw).permutation(rows)[:count]


def mean_digits(dataset: DigitDataset) -> np.ndarray:
    """Average the images of each digit, shape (10, 8, 8). nan for a digit that does not occur."""
    counts = np.bincount(dataset.labels, minlength=10)
    sums = dataset.one_hot.T @ dataset.pixels
    return np.where(counts > 0, sums.T / np.maximum(counts, 1), np.nan).T.reshape(10, 8, 8)


def clearness(dataset: DigitDataset) -> np.ndarray:
    """Return how typical of its label each digit is, at most 1, shape (digits,).

    This is the cosine between the digit and the mean of its label, both minus the mean of all digits. So ink that all
    labels share does not count, nor does the amount of ink.
    """
    mean = dataset.pixels.mean(axis=0)
    own, kind = dataset.pixels - mean, mean_digits(dataset).reshape(10, -1)[dataset.labels] - mean
    lengths = np.linalg.norm(own, axis=1) * np.linalg.norm(kind, axis=1)
    return np.asarray((own * kind).sum(axis=1) / np.maximum(lengths, 1e-9))


def pixel_use(dataset: DigitDataset) -> np.ndarray:
    """Return the fraction of digits that have ink in each pixel, shape (8, 8)."""
    return (dataset.images > 0).mean(axis=0)


def never_seen(hyperparameters: Hyperparameters, digits: int) -> np.ndarray:
    """Count the digits that no batch has contained so far, after each batch of a run.

    Parameters
    ----------
    hyperparameters : Hyperparameters
        Source of batches, batch size, sampling and seed.
    digits : int
        Number of training digits.

    Returns
    -------
    ndarray of int, shape (batches,)
    """
    seen = np.zeros(digits, bool)
    counts = np.empty(hyperparameters.batches, int)
    for batch in range(hyperparameters.batches):
        seen[batch_rows(hyperparameters, digits, batch)] = True
        counts[batch] = digits - seen.sum()
    return counts


def expected_never_seen(draws: int, digits: int) -> float:
    """Return the expected number of digits that `draws` draws with replacement miss: n (1 - 1/n)^draws."""
    return float(digits * (1 - 1 / digits) ** draws)
