"""How wrong a guess is, and the slope of that at the logits."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Loss:
    """A loss of logits against one-hot labels, added up over a batch.

    Parameters
    ----------
    name : str
    formula : str
        In LaTeX, with p for the probabilities and y for the one-hot labels.
    value : callable
        From logits, probabilities and one-hot labels, each (n, 10), to the sum over the batch.
    gradient_at_logits : callable
        From probabilities and one-hot labels to the exact derivative of `value`, shape (n, 10).
    """

    name: str
    formula: str
    value: Callable[[np.ndarray, np.ndarray, np.ndarray], float]
    gradient_at_logits: Callable[[np.ndarray, np.ndarray], np.ndarray]


def _squared_error(logits: np.ndarray, probabilities: np.ndarray, one_hot: np.ndarray) -> float:
    difference = probabilities - one_hot
    return float(np.vdot(difference, difference))


def _squared_error_gradient(probabilities: np.ndarray, one_hot: np.ndarray) -> np.ndarray:
    slope = 2.0 * (probabilities - one_hot)  # at the probabilities; softmax ties them together
    return probabilities * (slope - (slope * probabilities).sum(axis=1, keepdims=True))


def _cross_entropy(logits: np.ndarray, probabilities: np.ndarray, one_hot: np.ndarray) -> float:
    shifted = logits - logits.max(axis=1, keepdims=True)  # the logarithm of softmax, without a logarithm of 0
    log_probabilities = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    return -float(np.vdot(log_probabilities, one_hot))


LOSSES = {
    loss.name: loss
    for loss in (
        Loss("squared_error", r"\sum (p - y)^2", _squared_error, _squared_error_gradient),
        Loss("cross_entropy", r"-\sum y \log p", _cross_entropy, lambda p, y: p - y),
    )
}


def notebook_gradient_at_logits(probabilities: np.ndarray, one_hot: np.ndarray) -> np.ndarray:
    """Return what the notebook takes for the slope: 2 (p - y), shape (n, 10).

    It treats the probabilities as if they were the logits. The result is the exact gradient of twice the
    cross-entropy, not of the squared error that the notebook records.
    """
    return 2.0 * (probabilities - one_hot)
