"""Rasterization of pen strokes."""

from collections.abc import Sequence
from numbers import Integral, Real

import numpy as np
from numpy.typing import ArrayLike

from digitviz.table import as_numbers

LARGEST_CANVAS = 1024
"""Maximum side of the canvas, in pixels."""

FINER = 2
"""Subpixels along the side of a canvas pixel, so that outlines have grey edges."""


def rasterise(strokes: Sequence[ArrayLike], size: int = 280, width: float = 20.0) -> np.ndarray:
    """Draw strokes with a round pen.

    Parameters
    ----------
    strokes : sequence of array_like, each shape (points, 2) or (points, 3)
        Positions x, y of the pen in pixels from the top left, and optionally its width (pressure). A stroke of one
        point is a dot. Strokes are clipped to the canvas.
    size : int
        Side of the canvas in pixels.
    width : float
        Width of the pen in pixels for strokes without a width.

    Returns
    -------
    ndarray of uint8, shape (size, size)
        255 for ink, 0 for background, intermediate values at the outlines.

    Raises
    ------
    ValueError
        If a value is not a number or out of range.
    """
    if not isinstance(size, Integral) or not 1 <= size <= LARGEST_CANVAS:
        raise ValueError(f"size: {size!r:.40} is not a whole number from 1 to {LARGEST_CANVAS}")
    if not isinstance(width, Real) or not 0 < width <= size:
        raise ValueError(f"width: {width!r:.40} is not a number between 0 and the canvas size {size}")
    if not isinstance(strokes, (list, tuple)) and np.ndim(strokes) < 1:
        raise ValueError("strokes: not a list of strokes")
    points = [_checked(stroke, size, width) for stroke in strokes]
    drawn = [_close_together(p) for p in points if len(p)]
    if not drawn:
        return np.zeros((size, size), dtype=np.uint8)
    fine = _stamp(FINER * np.concatenate(drawn), FINER * size)
    blocks = fine.view(np.uint8).reshape(size, FINER, size, FINER)
    covered = blocks[:, 0, :, 0] + blocks[:, 0, :, 1] + blocks[:, 1, :, 0] + blocks[:, 1, :, 1]
    return np.array([0, 64, 128, 191, 255], dtype=np.uint8)[covered]


def _checked(stroke: ArrayLike, size: int, width: float) -> np.ndarray:
    """Return a stroke as floats x, y, width, shape (points, 3), clipped near the canvas."""
    try:
        points = as_numbers(stroke, "strokes")
    except ValueError:
        raise ValueError("strokes: a stroke is not a list of positions") from None
    if points.size == 0:
        return np.empty((0, 3))
    if points.ndim != 2 or points.shape[1] not in (2, 3):
        raise ValueError(f"strokes: a stroke of shape {points.shape} is not a list of x, y")
    if not np.isfinite(points).all():
        raise ValueError("strokes: a position is not a finite number")
    if points.shape[1] == 2:
        points = np.column_stack([points, np.full(len(points), width)])
    return np.clip(points, [-size, -size, 1.0], [2 * size, 2 * size, size])


def _close_together(points: np.ndarray) -> np.ndarray:
    """Insert points until the discs of the pen overlap."""
    if len(points) == 1:
        return points
    travelled = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(points[:, :2], axis=0).T))])
    spacing = max(0.5, points[:, 2].min() / 10)
    at = np.linspace(0.0, travelled[-1], 2 + int(travelled[-1] / spacing))
    at = np.union1d(at, travelled)  # corners keep their points
    return np.column_stack([np.interp(at, travelled, column) for column in points.T])


def _stamp(tips: np.ndarray, size: int) -> np.ndarray:
    """Fill a disc for each row (x, y, diameter) of `tips`; return bool, shape (size, size)."""
    x, y, radius = tips[:, 0], tips[:, 1], tips[:, 2] / 2
    reach = int(np.ceil(radius.max()))
    rows = np.floor(y)[:, None] + np.arange(-reach, reach + 1)
    inside = radius[:, None] ** 2 - (rows + 0.5 - y[:, None]) ** 2
    half = np.sqrt(np.maximum(inside, 0.0))
    # In each row a disc is one span of columns: add 1 at its start and subtract 1 at its end.
    first = np.clip(np.ceil(x[:, None] - half - 0.5), 0, size).astype(np.int64)
    end = np.clip(np.floor(x[:, None] + half - 0.5) + 1, 0, size).astype(np.int64)
    drawn = (inside > 0) & (rows >= 0) & (rows < size) & (end > first)
    offset = rows[drawn].astype(np.int64) * (size + 1)
    cells = size * (size + 1)
    steps = np.bincount(offset + first[drawn], minlength=cells) - np.bincount(offset + end[drawn], minlength=cells)
    return steps.reshape(size, size + 1)[:, :size].cumsum(axis=1) > 0
