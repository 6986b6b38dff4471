"""The current batch of a training, as it enters the network."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from digitviz.networks.network import INPUT_SCALES
from digitviz.networks.parameters import Parameters
from digitviz.training.run import TrainingRun
from digitviz.training.setup import batch_rows

A_DIGIT = "digit of the batch"
"""What a row of a matrix stands for, wherever a batch goes through a network."""
MOST_PRODUCTS = 10_000_000
"""Weights times digits: with this many, backpropagation and its check take a fifth of a second."""


@dataclass(frozen=True, eq=False)
class Batch:
    """Some digits of the training part.

    Parameters
    ----------
    number : int
        From 0.
    pixels : ndarray, shape (batch, 64)
        Ink, 0 to 16.
    x : ndarray of float64, shape (batch, 64)
        The network's inputs: the pixels, scaled.
    one_hot : ndarray, shape (batch, 10)
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
    """Return for how many digits at most the gradients of such a network are taken apart at once."""
    return max(1, MOST_PRODUCTS // parameters.size)


def batch_of(run: TrainingRun, number: int, most: int | None = None) -> Batch:
    """Draw a batch of a training, whether or not the training has reached it.

    Parameters
    ----------
    run : TrainingRun
    number : int
        From 0; beyond the last it is the last.
    most : int, optional
        Take only this many of its digits, the first ones.
    """
    number = min(number, run.hyperparameters.batches - 1)
    rows = batch_rows(run.hyperparameters, len(run.train), number)[:most]
    pixels = run.train.pixels[rows]
    x = pixels * INPUT_SCALES[run.hyperparameters.input_scale].factor
    return Batch(number, pixels, x, run.train.one_hot[rows], run.train.labels[rows])
