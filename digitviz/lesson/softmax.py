"""Softmax as textbooks write it, and how it goes wrong."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from digitviz.networks.forward import softmax

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
