"""Tables of numbers: read from what callers pass, and written as CSV."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence

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


def csv_of(header: Sequence[str], rows: Iterable[Sequence[object]]) -> bytes:
    r"""Write a table as comma-separated values.

    Parameters
    ----------
    header : sequence of str
        The names of the columns.
    rows : iterable of sequence
        Each as long as the header. A Python float is written with all its digits, so that it reads back unchanged.

    Returns
    -------
    bytes
        UTF-8, each line ended by "\r\n" as RFC 4180 has it.
    """
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(header)
    writer.writerows(rows)
    return text.getvalue().encode()
