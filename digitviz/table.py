"""Conversion of arguments to arrays of numbers, and of tables to CSV."""

import csv
import io
import itertools
from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import ArrayLike


def as_numbers(values: ArrayLike, name: str) -> np.ndarray:
    """Convert real numbers to an array of float64, without a copy if possible.

    Parameters
    ----------
    values : array_like
        Any shape. Numbers too large for a float become infinite.
    name : str
        Name of the argument, for error messages.

    Raises
    ------
    ValueError
        If the values are not real numbers (text, complex numbers, dates), or rows have different lengths.
    """
    try:
        array = np.asarray(values)
        if array.dtype.kind not in "buifO":  # NumPy would drop imaginary parts and convert dates
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
        Column names.
    rows : iterable of sequence
        Rows as long as the header. Python floats are written with all digits, so that they read back unchanged.

    Returns
    -------
    bytes
        UTF-8 with "\r\n" line ends, as in RFC 4180.
    """
    text = io.StringIO()
    writer = csv.writer(text)
    for row in itertools.chain([header], rows):  # `writerows` would hold Python's lock up to the last row
        writer.writerow(row)
    return text.getvalue().encode()
