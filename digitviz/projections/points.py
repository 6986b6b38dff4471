"""Which points can be mapped, and at which scale that is computed."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from digitviz.table import as_numbers

LARGEST_VALUE = 1e100
"""Beyond this, squares of squares overflow."""
MIN_POINTS = 3
MAX_POINTS = 20_000
MAX_FEATURES = 1024


class PointsError(ValueError):
    """Points that no map can be made of.

    Parameters
    ----------
    code : str
        "not_finite" or "same", for whoever says it in another language.
    message : str
        In English, with the place of what is wrong.
    """

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


def usable_numbers(values: ArrayLike, name: str) -> np.ndarray:
    """Return real, finite numbers as an array of float64 of the same shape.

    Parameters
    ----------
    values : array_like
    name : str
        The argument's name, for the message.

    Raises
    ------
    ValueError
        If they are not numbers.
    PointsError
        If one of them is not finite or above `LARGEST_VALUE`; the message says which.
    """
    array = as_numbers(values, name)
    usable = np.abs(array) <= LARGEST_VALUE
    if not usable.all():
        place = tuple(np.argwhere(~usable)[0].tolist())
        where = ", ".join(f"{axis} {index}" for axis, index in zip(("row", "column", "layer"), place, strict=False))
        raise PointsError(
            "not_finite",
            f"{name}: {where or 'the value'} is {array[place]:g}, not a finite number below {LARGEST_VALUE:g}: "
            "leave such values out or fill them in",
        )
    return array


def check_points(x: ArrayLike, fewest: int = MIN_POINTS, most: int = MAX_POINTS) -> np.ndarray:
    """Return points that can be mapped.

    Parameters
    ----------
    x : array_like, shape (n, features)
    fewest, most : int
        Bounds on the number of points, both included.

    Returns
    -------
    ndarray of float64, shape (n, features)

    Raises
    ------
    ValueError
        If they cannot be mapped; the message says why and what to do.
    """
    x = as_numbers(x, "x")
    if x.ndim != 2 or x.shape[1] < 1:
        raise ValueError(f"x: shape {x.shape} is not (points, features)")
    if not fewest <= len(x) <= most:
        raise ValueError(f"x: {len(x)} points; a map needs {fewest} to {most}")
    if x.shape[1] > MAX_FEATURES:
        raise ValueError(f"x: {x.shape[1]} features, at most {MAX_FEATURES}: reduce them by PCA first")
    usable_numbers(x, "x")
    if not np.any(x != x[0]):
        raise PointsError("same", f"x: all {len(x):,} points are the same: there is nothing to map, choose other data")
    return x


def scaled(x: np.ndarray) -> tuple[np.ndarray, np.ndarray, float]:
    """Centre points and scale them to a width of about 1, so that no square over- or underflows.

    Parameters
    ----------
    x : ndarray of float64, shape (n, features)

    Returns
    -------
    points : ndarray of float64, shape (n, features)
        (x - centre) / scale.
    centre : ndarray of float64, shape (features,)
    scale : float
        A power of two: dividing by it loses no precision.
    """
    centre = x.mean(axis=0)
    centred = x - centre
    scale = float(2.0 ** np.ceil(np.log2(np.abs(centred).max())))
    return centred / scale, centre, scale
