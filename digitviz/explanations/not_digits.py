"""Pictures that are no digits, or digits that are not where they ought to be: what does a network say of them?"""

from __future__ import annotations

import numpy as np

from digitviz.datasets import PIXEL_MAX
from digitviz.drawing import rasterise, to_digit
from digitviz.pretrained.not_digits import LETTERS

TEN_LETTERS = ("A", "E", "F", "H", "K", "M", "R", "T", "W", "X")


def letters() -> np.ndarray:
    """Return ten letters as a pen would draw them on the pad, in the form of digits, shape (10, 64).

    They are those of `TEN_LETTERS`, in that order; ink of 0 to 16.
    """
    return np.stack([_drawn(LETTERS[name]) for name in TEN_LETTERS])


def noise(count: int, seed: int = 0) -> np.ndarray:
    """Return pictures in which every pixel has a random amount of ink, 0 to 16, shape (count, 64)."""
    return np.random.default_rng(seed).integers(0, int(PIXEL_MAX), (count, 64), endpoint=True).astype(float)


def shifted(digits: np.ndarray, down: int, right: int) -> np.ndarray:
    """Move digits by whole pixels; what leaves the picture is lost, and what comes in is empty.

    Parameters
    ----------
    digits : ndarray, shape (n, 64)
    down, right : int
        Pixels, -8 to 8; negative moves up or to the left.

    Returns
    -------
    ndarray, shape (n, 64)
    """
    images = np.asarray(digits, float).reshape(-1, 8, 8)
    moved = np.zeros_like(images)
    rows, columns = (np.arange(max(0, by), min(8, 8 + by)) for by in (down, right))
    moved[:, rows[:, None], columns] = images[:, (rows - down)[:, None], columns - right]
    return moved.reshape(-1, 64)


def turned(digits: np.ndarray, degrees: float) -> np.ndarray:
    """Turn digits around the middle of the picture, with what lies between two pixels shared out among them.

    Parameters
    ----------
    digits : ndarray, shape (n, 64)
        Ink, 0 to 16.
    degrees : float
        Clockwise.

    Returns
    -------
    ndarray, shape (n, 64)
        Ink, 0 to 16.
    """
    from scipy.ndimage import rotate

    images = np.asarray(digits, float).reshape(-1, 8, 8)
    around = rotate(images, -degrees, axes=(2, 1), reshape=False, order=1)
    return np.clip(around, 0.0, PIXEL_MAX).reshape(-1, 64)


def _drawn(glyph: str) -> np.ndarray:
    strokes = [np.array([point.split(",") for point in stroke.split()], float) for stroke in glyph.split(" / ")]
    corner = np.min([stroke.min(axis=0) for stroke in strokes], axis=0)
    size = np.max([stroke.max(axis=0) for stroke in strokes], axis=0) - corner
    scale = 180 / size.max()
    canvas = rasterise([(stroke - corner) * scale + (280 - size * scale) / 2 for stroke in strokes])
    return to_digit(canvas).digit.reshape(64).astype(float)
