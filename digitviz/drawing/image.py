"""A drawing in the form of MNIST digits, for networks that take 28 x 28 pixels."""

from __future__ import annotations

import numpy as np

from digitviz.drawing.canvas import find_ink

BOX_SHARE = 20 / 28
"""Side of the box that the ink fills, as a fraction of the picture's: 20 of 28 pixels in MNIST."""


def to_image(canvas: np.ndarray, size: int = 28) -> np.ndarray:
    """Turn a picture of a digit into the form of MNIST digits.

    Parameters
    ----------
    canvas : array_like
        As `to_digit` takes it.
    size : int
        Pixels along a side of the result.

    Returns
    -------
    ndarray of uint8, shape (size, size)
        Bright ink (255) on black: proportions kept, the longer side 20 of 28 pixels, the centre of mass in the
        middle. All zeros for an empty canvas.

    Raises
    ------
    ValueError
        If the array is not a picture.

    References
    ----------
    Y. LeCun, C. Cortes, C. Burges, The MNIST database of handwritten digits.
    """
    ink = find_ink(canvas).mask
    rows, columns = np.flatnonzero(ink.any(axis=1)), np.flatnonzero(ink.any(axis=0))
    if not len(rows):
        return np.zeros((size, size), dtype=np.uint8)
    longer = max(rows[-1] - rows[0], columns[-1] - columns[0]) + 1
    pixel = longer / (BOX_SHARE * size)  # canvas pixels along one pixel of the result
    mass = ink.astype(np.float32)
    total = mass.sum()
    down = _overlap(mass.sum(axis=1) @ (np.arange(ink.shape[0]) + 0.5) / total, pixel, size, ink.shape[0])
    across = _overlap(mass.sum(axis=0) @ (np.arange(ink.shape[1]) + 0.5) / total, pixel, size, ink.shape[1])
    return np.rint(255 * (down @ mass @ across.T)).astype(np.uint8)


def _overlap(centre: float, pixel: float, size: int, count: int) -> np.ndarray:
    """Return the fraction of each of `size` pixels around `centre` that each of `count` canvas rows covers."""
    edges = centre + (np.arange(size + 1) - size / 2) * pixel
    rows = np.arange(count)
    covered = np.minimum(edges[1:, None], rows + 1) - np.maximum(edges[:-1, None], rows)
    return (np.maximum(covered, 0.0) / pixel).astype(np.float32)
