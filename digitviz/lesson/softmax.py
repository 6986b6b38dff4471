"""Softmax as textbooks write it, how it goes wrong, and how wrong its probabilities are."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from digitviz.networks.forward import softmax
from digitviz.networks.losses import LOSSES

LARGEST_EXPONENT = math.log(np.finfo(np.float64).max)
"""The largest number whose exponential a float64 holds, about 709.78."""
SMALLEST_EXPONENT = math.log(np.finfo(np.float64).smallest_subnormal) - math.log(2)
"""Below it, at about -745.1, an exponential is rounded to zero."""


@dataclass(frozen=True, eq=False)
class SoftmaxSteps:
    """One row of logits on its way through softmax, by the plain formula and by the safe one; each shape (classes,).

    Parameters
    ----------
    logits : ndarray
    powers : ndarray
        Their exponentials; inf where they overflow.
    plain : ndarray
        The powers divided by their sum; nan where that divides inf by inf.
    shifted_powers : ndarray
        The exponentials once the largest logit is subtracted from all: none is above 1.
    safe : ndarray
        The softmax as networks compute it.
    """

    logits: np.ndarray
    powers: np.ndarray
    plain: np.ndarray
    shifted_powers: np.ndarray
    safe: np.ndarray


def softmax_steps(logits: np.ndarray, shift: float = 0.0) -> SoftmaxSteps:
    """Compute the softmax of one row both ways.

    Parameters
    ----------
    logits : ndarray, shape (classes,)
    shift : float
        Added to all of them first; it does not change what softmax should give.
    """
    row = np.asarray(logits, np.float64) + shift
    with np.errstate(over="ignore", under="ignore", invalid="ignore", divide="ignore"):
        powers = np.exp(row)
        return SoftmaxSteps(row, powers, powers / powers.sum(), np.exp(row - row.max()), softmax_or_nan(row[None])[0])


def softmax_or_nan(logits: np.ndarray) -> np.ndarray:
    """Return the softmax of each row, shape (n, classes); nan, without a warning, where a logit is infinite or nan."""
    with np.errstate(invalid="ignore"):
        return softmax(logits)


def column_softmax(logits: np.ndarray) -> np.ndarray:
    """Normalise columns, with one maximum for all rows: correct for one digit as a column, wrong for one digit per row.

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
    """How wrong one or several predictions are.

    Parameters
    ----------
    guesses : int
    squares : float
        Sum of (p - y) squared over all predictions and classes: what the notebook's code computes.
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
    """Measure predictions against the labels.

    Parameters
    ----------
    logits : ndarray, shape (n, 10)
    labels : ndarray of int, shape (n,)
        The correct digits.
    """
    one_hot = np.eye(logits.shape[1])[labels]
    with np.errstate(invalid="ignore"):  # a network that diverged has losses of nan
        probabilities = softmax(logits)
        squares, cross_entropy = (
            LOSSES[name].value(logits, probabilities, one_hot) for name in ("squared_error", "cross_entropy")
        )
    return Wrongness(len(logits), squares, cross_entropy)


def move_probability(logits: np.ndarray, digit: int, probability: float) -> np.ndarray:
    """Give one digit a probability; the others shrink or grow in proportion, so that all still sum to 1.

    It works on the logarithms, in which even 1e-300 is an ordinary number and nothing is ever divided by 0.

    Parameters
    ----------
    logits : ndarray, shape (10,)
    digit : int
    probability : float
        Between 0 and 1, both excluded.

    Returns
    -------
    ndarray, shape (10,)
        Logits whose softmax is the new distribution: the logarithms of its probabilities.

    Raises
    ------
    ValueError
        If `probability` is not strictly between 0 and 1: softmax never gives such a number.
    """
    if not 0 < probability < 1:
        raise ValueError(f"probability: {probability:g} is not between 0 and 1")
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
        The correct digit.
    """
    one_hot = np.eye(len(logits))[[label]]
    probabilities = softmax(logits[np.newaxis])
    squares, cross_entropy = (
        float(LOSSES[name].at_logits.function(probabilities, one_hot)[0, label])
        for name in ("squared_error", "cross_entropy")
    )
    return squares / 2, cross_entropy


def losses_along(logits: np.ndarray, label: int, probabilities: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Compute both losses as the correct digit's probability changes and the others keep their proportions.

    Parameters
    ----------
    logits : ndarray, shape (10,)
    label : int
        The correct digit.
    probabilities : ndarray, shape (points,)
        Of the correct digit, between 0 and 1.

    Returns
    -------
    costs, cross_entropies : ndarray, shape (points,)
        1/2 |y - p|^2 and minus log p of that one prediction.
    """
    moved = [
        wrongness(move_probability(logits, label, p)[np.newaxis], np.array([label])) for p in probabilities.tolist()
    ]
    return np.array([guess.cost for guess in moved]), np.array([guess.cross_entropy for guess in moved])
