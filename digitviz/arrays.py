"""Turning what callers pass into arrays of floats."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike


def as_numbers(values: ArrayLike, name: str) -> np.ndarray:
    """Return real numbers as an array of float64, the same one if it is one already.

    Parameters
    ----------
    values : array_like
        Of any shape; numbers too large for a float become infinite.
    name : str
        The argument's name, for the message.

    Returns
    -------
    ndarray of float64

    Raises
    ------
    ValueError
        If they are anything but real numbers: text, complex numbers, dates, or rows of different lengths.
    """
    try:
        array = np.asarray(values)
        if array.dtype.kind not in "buifO":  # numpy would drop an imaginary part with a warning, and count dates
            raise TypeError
        with np.errstate(over="ignore"):
            return array.astype(np.float64, copy=False)
    except (TypeError, ValueError, OverflowError):
        raise ValueError(f"{name}: not a table of numbers") from None
