"""Conversions between picture files, canvases and digits."""

from __future__ import annotations

import io
import warnings
from typing import TYPE_CHECKING

import numpy as np

from digitviz.datasets import PIXEL_MAX
from digitviz.drawing.canvas import LARGEST_SIDE, interpolation_matrix
from digitviz.language import gettext as _
from digitviz.numbers import numeral

if TYPE_CHECKING:
    from PIL import Image

ENOUGH_SIDE = 1200
"""Longest side to which a larger picture is reduced, in pixels. This preserves every stroke of a digit."""
MAX_BYTES = 20_000_000
LARGEST_JPEG = 8192
"""Maximum side of a JPEG whose parts can be decoded one by one, in pixels. Phones take photos of up to 8160 x 6120."""
FORMATS = ("PNG", "JPEG", "WEBP", "BMP", "GIF")
CANVAS = 280
"""Side of the canvas of the pad, in pixels."""
INK_HEIGHT = 200
"""Longer side of ink that is put on the canvas, in pixels."""
MARGIN = 12
"""Empty pixels around a digit on a canvas."""


def read_picture(file: bytes) -> np.ndarray:
    """Read a picture file as grey or RGBA values.

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
        If the file is not such a picture, empty, too large or damaged; the message says what to do.
    """
    from PIL import Image, UnidentifiedImageError

    if not file:
        raise ValueError(_("The file is empty: choose a picture."))
    if len(file) > MAX_BYTES:
        too_large = _("The file is larger than {most} MB: choose a smaller picture.")
        raise ValueError(too_large.format(most=MAX_BYTES // 1_000_000))
    most = LARGEST_SIDE
    try:
        with warnings.catch_warnings():  # Pillow's warnings are of no use to visitors
            warnings.simplefilter("ignore")
            picture = Image.open(io.BytesIO(file), formats=FORMATS)
            if picture.format == "JPEG" and "progressive" not in picture.info:
                most = LARGEST_JPEG
            if max(picture.size) <= most:
                return _pixels(picture)
    except UnidentifiedImageError:
        raise ValueError(_("This is not a picture: choose a PNG, JPEG, WebP or BMP file.")) from None
    except Image.DecompressionBombError:
        said = _("The picture has far too many pixels; at most {most} per side can be read. Make it smaller.")
        raise ValueError(said.format(most=numeral(most))) from None
    except Exception:  # each decoder raises its own errors, and their messages do not help visitors
        said = _("The picture is damaged: open it in another program, save it as PNG and try again.")
        raise ValueError(said) from None
    said = _(
        "The picture has {width} × {height} pixels; at most {most} per side can be read. Make it smaller, or cut "
        "the digit out."
    )
    raise ValueError(said.format(width=numeral(picture.width), height=numeral(picture.height), most=numeral(most)))


def _pixels(picture: Image.Image) -> np.ndarray:
    """Return an upright picture, at most `ENOUGH_SIDE` per side, as grey values, or RGBA if it has transparency."""
    from PIL import ImageOps

    picture = _in_eight_bits(picture)
    transparent = picture.mode in {"RGBA", "LA", "PA"} or "transparency" in picture.info
    mode = "RGBA" if transparent else "L"
    if picture.mode in {"1", "P", "PA"}:  # in these modes Pillow skips pixels, which loses thin strokes
        picture = picture.convert(mode)
    picture.thumbnail((ENOUGH_SIDE, ENOUGH_SIDE))  # a large JPEG is decoded at a fraction of its size
    return np.asarray(ImageOps.exif_transpose(picture).convert(mode))


def _in_eight_bits(picture: Image.Image) -> Image.Image:
    """Convert 16-bit grey values to 8 bits, because Pillow would clip them. Return other pictures unchanged."""
    from PIL import Image

    if not picture.mode.startswith(("I", "F")):
        return picture
    values = np.asarray(picture).astype(np.float64)
    full = 255.0 if picture.mode == "F" else 65_535.0
    grey = Image.fromarray(np.rint(np.clip(np.nan_to_num(values) / full, 0, 1) * 255).astype(np.uint8))
    if "transparency" in picture.info:
        grey.putalpha(Image.fromarray(np.where(values == picture.info["transparency"], 0, 255).astype(np.uint8)))
    return grey


def canvas_from_ink(crop: np.ndarray) -> np.ndarray:
    """Draw cropped ink in the middle of a canvas.

    Parameters
    ----------
    crop : ndarray of bool, shape (h, w)

    Returns
    -------
    ndarray of uint8, shape (280, 280)
        255 for ink, 0 elsewhere.
    """
    from PIL import Image

    canvas = Image.new("L", (CANVAS, CANVAS))
    if crop.size:
        height, width = (max(1, round(side * INK_HEIGHT / max(crop.shape))) for side in crop.shape)
        ink = Image.fromarray(255 * crop.astype(np.uint8)).resize((width, height), Image.Resampling.NEAREST)
        canvas.paste(ink, ((CANVAS - width) // 2, (CANVAS - height) // 2))
    return np.array(canvas)


def canvas_from_digit(digit: np.ndarray) -> np.ndarray:
    """Enlarge a digit of the data set with smooth edges, so that it can be edited and classified again.

    Parameters
    ----------
    digit : ndarray, shape (8, 8)
        Ink from 0 to 16.

    Returns
    -------
    ndarray of uint8, shape (280, 280)
        255 if the smoothed ink exceeds half of the maximum, else 0.
    """
    matrix = interpolation_matrix(8, CANVAS - 2 * MARGIN)
    large = matrix @ (np.asarray(digit, np.float32) / PIXEL_MAX) @ matrix.T
    return np.pad(np.where(large > 0.5, 255, 0).astype(np.uint8), MARGIN)


def shrink(canvas: np.ndarray) -> np.ndarray:
    """Average the whole canvas down to 8 x 8, as demo apps do, without regard to the position and size of the digit.

    Parameters
    ----------
    canvas : ndarray of uint8, shape (280, 280)

    Returns
    -------
    ndarray of float64, shape (8, 8)
        Ink from 0 to 16.
    """
    side = canvas.shape[0] // 8
    blocks = canvas[: 8 * side, : 8 * side].reshape(8, side, 8, side)
    return blocks.mean(axis=(1, 3)) / 255.0 * PIXEL_MAX
