"""Softmax as in textbooks, its numerical failures, and measures of wrong predictions."""

import math
from dataclasses import dataclass

import numpy as np

from digitviz.networks.forward import softmax
from digitviz.networks.losses import LOSSES

LARGEST_EXPONENT = math.log(np.finfo(np.float64).max)
"""The largest number with an exponential that fits in a float64, about 709.78."""
SMALLEST_EXPONENT = math.log(np.finfo(np.float64).smallest_subnormal) - math.log(2)
"""About -745.1. Exponentials of smaller numbers round to zero."""


@dataclass(frozen=True, eq=False)
class SoftmaxSteps:
    """The steps of softmax for one row of logits, with the textbook formula and the safe one. Shapes are (classes,).

    Parameters
    ----------
    logits : ndarray
    powers : ndarray
        Exponentials of the logits; inf if they overflow.
    plain : ndarray
        Powers divided by their sum; nan for inf divided by inf.
    shifted_powers : ndarray
        Exponentials after the largest logit is subtracted, so at most 1.
    safe : ndarray
        Softmax as networks compute it.
    """

    logits: np.ndarray
    powers: np.ndarray
    plain: np.ndarray
    shifted_powers: np.ndarray
    safe: np.ndarray


def softmax_steps(logits: np.ndarray, shift: float = 0.0) -> SoftmaxSteps:
    """Compute the softmax of one row with both formulas.

    Parameters
    ----------
    logits : ndarray, shape (classes,)
    shift : float
        Added to all logits. It does not change the correct result.
    """
    row = np.asarray(logits, np.float64) + shift
    with np.errstate(over="ignore", under="ignore", invalid="ignore", divide="ignore"):
        powers = np.exp(row)
        return SoftmaxSteps(row, powers, powers / powers.sum(), np.exp(row - row.max()), softmax_or_nan(row[None])[0])


def softmax_or_nan(logits: np.ndarray) -> np.ndarray:
    """Return the softmax of each row, shape (n, classes). nan, without a warning, if a logit is infinite or nan."""
    with np.errstate(invalid="ignore"):
        return softmax(logits)


def column_softmax(logits: np.ndarray) -> np.ndarray:
    """Softmax of the columns, with one maximum for all: right for one digit per column, wrong for one digit per row.

    Parameters
    ----------
    logits : ndarray, shape (n, classes)

    Returns
    -------
    ndarray, shape (n, classes)
        Each column sums to 1; the rows do not.
    """
    with np.errstate(under="ignore", invalid="ignore"):
        powers = np.exp(np.asarray(logits, np.float64) - np.max(logits))
        return powers / powers.sum(axis=0)


@dataclass(frozen=True)
class Wrongness:
    """Cost of one or several predictions.

    Parameters
    ----------
    guesses : int
    squares : float
        Sum of (p - y) squared over all predictions and classes, as in the notebook's code.
    cross_entropy : float
        Sum of minus the logarithm of the correct digits' probabilities.
    """

    guesses: int
    squares: float
    cross_entropy: float

    @property
    def cost(self) -> float:
        """C = 1/2n sum |y - p|^2, the quadratic cost of M. Nielsen, Neural Networks and Deep Learning, 2015, ch. 1."""
        return self.squares / (2 * self.guesses)


def wrongness(logits: np.ndarray, labels: np.ndarray) -> Wrongness:
    """Measure the cost of predictions.

    Parameters
    ----------
    logits : ndarray, shape (n, 10)
    labels : ndarray of int, shape (n,)
    """
    one_hot = np.eye(logits.shape[1])[labels]
    with np.errstate(invalid="ignore"):  # losses of a diverged network are nan
        probabilities = softmax(logits)
        squares, cross_entropy = (
            LOSSES[name].value(logits, probabilities, one_hot) for name in ("squared_error", "cross_entropy")
        )
    return Wrongness(len(logits), squares, cross_entropy)


def move_probability(logits: np.ndarray, digit: int, probability: float) -> np.ndarray:
    """Set the probability of one digit. The others shrink or grow in proportion, so all still sum to 1.

    The computation uses logarithms: even 1e-300 is an ordinary number there, and no division by 0 can occur.

    Parameters
    ----------
    logits : ndarray, shape (10,)
    digit : int
    probability : float
        Between 0 and 1, exclusive.

    Returns
    -------
    ndarray, shape (10,)
        Logits with the new distribution as their softmax: the logarithms of its probabilities.
    """
    others = np.delete(logits, digit)
    with np.errstate(invalid="ignore"):
        others = others - others.max()
        others -= np.log(np.exp(others).sum())
    return np.insert(others + np.log1p(-probability), digit, np.log(probability))


def derivatives_at_the_logit(logits: np.ndarray, label: int) -> tuple[float, float]:
    """Return the derivatives of the cost and of the cross-entropy with respect to the correct digit's logit.

    Parameters
    ----------
    logits : ndarray, shape (10,)
    label : int
    """
    one_hot = np.eye(len(logits))[[label]]
    probabilities = softmax(logits[np.newaxis])
    squares, cross_entropy = (
        float(LOSSES[name].at_logits.function(probabilities, one_hot)[0, label])
        for name in ("squared_error", "cross_entropy")
    )
    return squares / 2, cross_entropy


def losses_along(logits: np.ndarray, label: int, probabilities: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Compute both losses for a range of the correct digit's probability. The others keep their proportions.

    Parameters
    ----------
    logits : ndarray, shape (10,)
    label : int
    probabilities : ndarray, shape (points,)
        Probabilities of the correct digit, between 0 and 1.

    Returns
    -------
    costs, cross_entropies : ndarray, shape (points,)
        1/2 |y - p|^2 and -log p of the prediction.
    """
    others = softmax_or_nan(np.delete(logits, label)[np.newaxis])[0]
    return (1 - probabilities) ** 2 * (1 + (others**2).sum()) / 2, -np.log(probabilities)
