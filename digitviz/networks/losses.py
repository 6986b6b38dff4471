"""Losses and their gradients at the logits."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from digitviz.language import lazy_gettext as _
from digitviz.networks.entry import Entry, by_name


@dataclass(frozen=True)
class AtLogits:
    """A gradient at the logits, where backpropagation starts.

    Parameters
    ----------
    formula : str
        LaTeX, with p for the probabilities and y for the one-hot labels.
    signs : (str, str, str)
        Texts before p, between p and y, and after y in drawings of the formula.
    function : callable
        Maps probabilities and one-hot labels to the gradient. All have shape (n, 10).
    code : str
        The same function as a student would write it, for exported code.
    """

    formula: str
    signs: tuple[str, str, str]
    function: Callable[[np.ndarray, np.ndarray], np.ndarray]
    code: str


@dataclass(frozen=True)
class Loss(Entry):
    """A loss of logits against one-hot labels, summed over a batch.

    Parameters
    ----------
    name, title, meaning
        See `Entry`.
    formula : str
        LaTeX, with p for the probabilities and y for the one-hot labels.
    value : callable
        Maps logits, probabilities and one-hot labels, each (n, 10), to the sum over the batch.
    at_logits : AtLogits
        The exact gradient of `value`.
    torch : callable
        Maps torch and tensors of logits and one-hot labels to the sum over the batch and the probabilities.
    code : str
        The function `value`, with the name of the loss, as a student would write it, for exported code.
    """

    formula: str
    value: Callable[[np.ndarray, np.ndarray, np.ndarray], float]
    at_logits: AtLogits
    torch: Callable[[Any, Any, Any], tuple[Any, Any]]
    code: str


def _squared_error(logits: np.ndarray, probabilities: np.ndarray, one_hot: np.ndarray) -> float:
    difference = probabilities - one_hot
    return float(np.vdot(difference, difference))


def squared_error_gradient(probabilities: np.ndarray, one_hot: np.ndarray) -> np.ndarray:
    """Return the gradient of the squared error at the logits, shape (n, 10)."""
    at_probabilities = 2.0 * (probabilities - one_hot)  # softmax couples the classes
    return probabilities * (at_probabilities - (at_probabilities * probabilities).sum(axis=1, keepdims=True))


def _squared_error_in_torch(torch: Any, logits: Any, one_hot: Any) -> tuple[Any, Any]:
    probabilities = torch.softmax(logits, dim=1)
    return ((probabilities - one_hot) ** 2).sum(), probabilities


def _cross_entropy(logits: np.ndarray, probabilities: np.ndarray, one_hot: np.ndarray) -> float:
    shifted = logits - logits.max(axis=1, keepdims=True)  # log softmax, without a logarithm of 0
    log_probabilities = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    return -float(np.vdot(log_probabilities, one_hot))


def cross_entropy_gradient(probabilities: np.ndarray, one_hot: np.ndarray) -> np.ndarray:
    """Return the gradient of the cross-entropy at the logits, shape (n, 10)."""
    return probabilities - one_hot


def _cross_entropy_in_torch(torch: Any, logits: Any, one_hot: Any) -> tuple[Any, Any]:
    log_probabilities = torch.log_softmax(logits, dim=1)
    return -(one_hot * log_probabilities).sum(), log_probabilities.exp()


_SQUARED_ERROR_CODE = """\
def squared_error(logits, probabilities, y):
    return np.sum((probabilities - y) ** 2)"""
_SQUARED_ERROR_GRADIENT_CODE = """\
def squared_error_gradient(probabilities, y):
    at_probabilities = 2 * (probabilities - y)
    return probabilities * (at_probabilities - (at_probabilities * probabilities).sum(axis=1, keepdims=True))"""
_CROSS_ENTROPY_CODE = """\
def cross_entropy(logits, probabilities, y):
    shifted = logits - logits.max(axis=1, keepdims=True)
    log_probabilities = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    return -np.sum(y * log_probabilities)"""
_CROSS_ENTROPY_GRADIENT_CODE = """\
def cross_entropy_gradient(probabilities, y):
    return probabilities - y"""

LOSSES = by_name(
    Loss(
        "squared_error",
        _("squared error"),
        _("the sum of the squares (p − y)²"),
        r"\sum (p - y)^2",
        _squared_error,
        AtLogits(
            r"\begin{aligned} 2\,p \odot \big(&(p - y) \\ &- \textstyle\sum_j p_j\,(p_j - y_j)\big) \end{aligned}",
            ("from", "and", ""),
            squared_error_gradient,
            _SQUARED_ERROR_GRADIENT_CODE,
        ),
        _squared_error_in_torch,
        _SQUARED_ERROR_CODE,
    ),
    Loss(
        "cross_entropy",
        _("cross-entropy"),
        _("minus the logarithm of the correct digit's probability"),
        r"-\sum y \log p",
        _cross_entropy,
        AtLogits("p - y", ("=", "−", ""), cross_entropy_gradient, _CROSS_ENTROPY_GRADIENT_CODE),
        _cross_entropy_in_torch,
        _CROSS_ENTROPY_CODE,
    ),
)
