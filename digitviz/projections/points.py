"""Validation and scaling of the points to map."""

import numpy as np
from numpy.typing import ArrayLike

from digitviz.table import as_numbers

LARGEST_VALUE = 1e100
"""Maximum absolute value. Fourth powers of larger values overflow."""
MIN_POINTS = 3
MAX_POINTS = 20_000
MAX_FEATURES = 1024


class PointsError(ValueError):
    """Points that cannot be mapped.

    Parameters
    ----------
    code : str
        "not_finite" or "same", so that pages can show a translated message.
    message : str
        English message that locates the error.
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
        Name of the argument, for error messages.

    Raises
    ------
    ValueError
        If they are not numbers.
    PointsError
        If a number is not finite or exceeds `LARGEST_VALUE`; the message says which.
    """
    array = as_numbers(values, name)
    usable = np.abs(array) <= LARGEST_VALUE
    if not usable.all():
        place = tuple(np.argwhere(~usable)[0].tolist())
        where = ", ".join(f"{axis} {index}" for axis, index in zip(("row", "column", "layer"), place, strict=False))
        raise PointsError(
            "not_finite",
            f"{name}: {where or 'the value'} is {array[place]:g}, not a finite number below {LARGEST_VALUE:g}: "
            "remove or replace such values",
        )
    return array


def check_points(x: ArrayLike, fewest: int = MIN_POINTS, most: int = MAX_POINTS) -> np.ndarray:
    """Check points and return them as an array.

    Parameters
    ----------
    x : array_like, shape (n, features)
    fewest, most : int
        Inclusive bounds on the number of points.

    Returns
    -------
    ndarray of float64, shape (n, features)

    Raises
    ------
    ValueError
        If the points cannot be mapped; the message says why and what to do.
    """
    x = as_numbers(x, "x")
    if x.ndim != 2 or x.shape[1] < 1:
        raise ValueError(f"x: shape {x.shape} is not (points, features)")
    if not fewest <= len(x) <= most:
        raise ValueError(f"x: {len(x)} points; a map needs {fewest} to {most}")
    if x.shape[1] > MAX_FEATURES:
        raise ValueError(f"x: {x.shape[1]} features; at most {MAX_FEATURES} are possible, so reduce them by PCA first")
    usable_numbers(x, "x")
    if not np.any(x != x[0]):
        raise PointsError("same", f"x: all {len(x):,} points are the same; choose other data")
    return x


def scaled(x: np.ndarray) -> tuple[np.ndarray, np.ndarray, float]:
    """Centre points and scale them to a width of about 1, so that squares do not overflow or underflow.

    Parameters
    ----------
    x : ndarray of float64, shape (n, features)

    Returns
    -------
    points : ndarray of float64, shape (n, features)
        (x - centre) / scale.
    centre : ndarray of float64, shape (features,)
    scale : float
        A power of two, so that dividing by it is exact.
    """
    centre = x.mean(axis=0)
    centred = x - centre
    scale = float(2.0 ** np.ceil(np.log2(np.abs(centred).max())))
    return centred / scale, centre, scale
