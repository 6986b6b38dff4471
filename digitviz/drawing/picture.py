"""Between files, canvases and digits."""

from __future__ import annotations

import io
import warnings

import numpy as np

from digitviz.datasets import PIXEL_MAX
from digitviz.drawing.canvas import interpolation_matrix

LARGEST_SIDE = 4096
"""Pixels; a larger picture is refused before it is unpacked."""
ENOUGH_SIDE = 1200
"""Pixels; a larger picture is reduced to it, which keeps every stroke of a digit."""
MOST_BYTES = 8_000_000
FORMATS = ("PNG", "JPEG", "WEBP", "BMP", "GIF")
MARGIN = 12
"""Pixels left free around a digit that is put on a canvas."""


def read_picture(file: bytes) -> np.ndarray:
    """Read a picture file as grey values.

    Parameters
    ----------
    file : bytes
        PNG, JPEG, WebP, BMP or GIF; untrusted.

    Returns
    -------
    ndarray of uint8, shape (height, width) or (height, width, 4)
        Four channels if the picture has transparency.

    Raises
    ------
    ValueError
        In words that say what to do, if it is no such picture, empty, too large or damaged.
    """
    from PIL import Image, ImageOps, UnidentifiedImageError

    if not file:
        raise ValueError("The file is empty: choose a picture.")
    if len(file) > MOST_BYTES:
        raise ValueError(f"The file is larger than {MOST_BYTES // 1_000_000} MB: choose a smaller picture.")
    try:
        with warnings.catch_warnings():  # a picture as large as a bomb is refused below, in our own words
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            picture = Image.open(io.BytesIO(file), formats=FORMATS)
        if max(picture.size) > LARGEST_SIDE:
            width, height = picture.size
            raise ValueError(
                f"The picture has {width:,} x {height:,} pixels; at most {LARGEST_SIDE:,} a side can be read. "
                "Make it smaller, or cut the digit out."
            )
        upright = ImageOps.exif_transpose(picture)
        upright.thumbnail((ENOUGH_SIDE, ENOUGH_SIDE))
        transparent = upright.mode in {"RGBA", "LA", "PA"} or "transparency" in upright.info
        return np.asarray(upright.convert("RGBA" if transparent else "L"))
    except UnidentifiedImageError:
        raise ValueError("This is no picture: choose a PNG, JPEG or WebP file.") from None
    except (OSError, SyntaxError, EOFError, Image.DecompressionBombError):
        raise ValueError("The picture is damaged: choose another file.") from None


def canvas_from_ink(crop: np.ndarray, size: int = 280, height: int = 200) -> np.ndarray:
    """Put ink that was cut out in the middle of a canvas.

    Parameters
    ----------
    crop : ndarray of bool, shape (h, w)
    size : int
        Of the canvas.
    height : int
        The longer side of the ink on the canvas, in pixels.

    Returns
    -------
    ndarray of uint8, shape (size, size)
        255 where there is ink.
    """
    canvas = np.zeros((size, size), np.uint8)
    if crop.size == 0:
        return canvas
    factor = height / max(crop.shape)
    shape = [max(1, round(side * factor)) for side in crop.shape]
    rows, columns = (
        np.minimum(((np.arange(new) + 0.5) * old / new).astype(int), old - 1)
        for new, old in zip(shape, crop.shape, strict=True)
    )
    top, left = ((size - side) // 2 for side in shape)
    canvas[top : top + shape[0], left : left + shape[1]] = np.where(crop[np.ix_(rows, columns)], 255, 0)
    return canvas


def canvas_from_digit(digit: np.ndarray, size: int = 280) -> np.ndarray:
    """Draw a digit of the data set large, with smooth edges, so that it can be edited and read again.

    Parameters
    ----------
    digit : ndarray, shape (8, 8)
        Ink of 0 to 16.
    size : int
        Of the canvas.

    Returns
    -------
    ndarray of uint8, shape (size, size)
        255 where the smoothed ink is above half.
    """
    inner = size - 2 * MARGIN
    matrix = interpolation_matrix(8, inner)
    large = matrix @ (np.asarray(digit, np.float32) / PIXEL_MAX) @ matrix.T
    return np.pad(np.where(large > 0.5, 255, 0).astype(np.uint8), MARGIN)


def shrink(canvas: np.ndarray) -> np.ndarray:
    """Do what demo apps do: average the whole canvas down to 8 x 8, wherever the digit is and however large.

    Parameters
    ----------
    canvas : ndarray of uint8, shape (280, 280)

    Returns
    -------
    ndarray of float64, shape (8, 8)
        Ink of 0 to 16.
    """
    side = canvas.shape[0] // 8
    blocks = canvas[: 8 * side, : 8 * side].reshape(8, side, 8, side)
    return blocks.mean(axis=(1, 3)) / 255.0 * PIXEL_MAX
