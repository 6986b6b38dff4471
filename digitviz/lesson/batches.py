"""What a network sees: digits, and the batches drawn from them."""

from __future__ import annotations

import numpy as np

from digitviz.datasets import DigitDataset
from digitviz.training.hyperparameters import Hyperparameters
from digitviz.training.setup import batch_rows


def some_rows(dataset: DigitDataset, label: int | None, count: int, draw: int) -> np.ndarray:
    """Choose digits to look at.

    Parameters
    ----------
    dataset : DigitDataset
    label : int or None
        Only digits that show this; None for any.
    count : int
    draw : int
        0 for the first ones; any other number shuffles them, each differently.

    Returns
    -------
    ndarray of int, shape (at most count,)
        Rows of `dataset`.
    """
    rows = np.arange(len(dataset)) if label is None else np.flatnonzero(dataset.labels == label)
    return rows[:count] if draw == 0 else np.random.default_rng(draw).permutation(rows)[:count]


def mean_digits(dataset: DigitDataset) -> np.ndarray:
    """Average the images of each digit, shape (10, 8, 8); nan for a digit that never occurs."""
    counts = np.bincount(dataset.labels, minlength=10)
    sums = dataset.one_hot.T @ dataset.pixels
    return np.where(counts > 0, sums.T / np.maximum(counts, 1), np.nan).T.reshape(10, 8, 8)


def pixel_use(dataset: DigitDataset) -> np.ndarray:
    """Return the fraction of digits in which each pixel has any ink, shape (8, 8)."""
    return (dataset.images > 0).mean(axis=0)


def never_seen(hyperparameters: Hyperparameters, digits: int) -> np.ndarray:
    """Count, after each batch of a training, the digits that no batch has contained so far.

    Parameters
    ----------
    hyperparameters : Hyperparameters
        Gives batches, batch size, sampling and seed.
    digits : int
        How many there are to draw from.

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
    """Return how many of `digits` are missed, on average, by `draws` draws with replacement: n (1 - 1/n)^draws."""
    return float(digits * (1 - 1 / digits) ** draws)
