"""Which numbers a map can be drawn of."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from digitviz.arrays import as_numbers

LARGEST_VALUE = 1e100
"""Beyond, squares of squares overflow."""


def usable_numbers(values: ArrayLike, name: str) -> np.ndarray:
    """Return real, finite numbers as an array of float64 of the same shape.

    Parameters
    ----------
    values : array_like
    name : str
        What the caller calls them, for the message.

    Raises
    ------
    ValueError
        If they are no numbers, or one of them is not finite or above `LARGEST_VALUE`; the message says which.
    """
    array = as_numbers(values, name)
    usable = np.abs(array) <= LARGEST_VALUE
    if not usable.all():
        place = tuple(np.argwhere(~usable)[0].tolist())
        where = ", ".join(f"{axis} {index}" for axis, index in zip(("row", "column", "layer"), place, strict=False))
        raise ValueError(
            f"{name}: {where or 'the value'} is {array[place]:g}, not a finite number below {LARGEST_VALUE:g}: "
            "leave out or fill such values"
        )
    return array
