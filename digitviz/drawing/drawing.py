"""Conversion of a drawing to an 8 x 8 digit, or to the 28 x 28 pixels of MNIST."""

from dataclasses import dataclass

import numpy as np

from digitviz.drawing.canvas import WORKING_SIDE, find_ink
from digitviz.drawing.normalise import normalise
from digitviz.language import gettext as _, lazy_gettext

SMALLEST_HEIGHT = 30 / 280
"""Height of the ink, as a fraction of the canvas, below which it counts as a dot or a dash."""

WIDEST_SHAPE = 2.5
"""Ratio of width to height above which ink is not a digit (400 hand-drawn digits: at most 1.5)."""

FULLEST_BOX = 0.7
"""Maximum fraction of the bounding box that ink fills, unless it is slim (400 hand-drawn digits: at most 0.6)."""

SLIM = 0.5
"""Ratio of width to height up to which a filled box may be a 1."""

BOX_SHARE = 20 / 28
"""Longer side of the ink as a fraction of the picture in the MNIST format: 20 of 28 pixels."""

PROBLEMS = {
    "dot": lazy_gettext("This is only a dot: draw a larger digit."),
    "wide": lazy_gettext("This is much wider than it is tall. No digit looks like that."),
    "small": lazy_gettext("This is too small to tell: draw a larger digit."),
    "filled": lazy_gettext("This is filled with ink: no strokes can be made out."),
}
"""Sentences about shapes that cannot be digits, in the order in which they are checked."""


@dataclass(frozen=True, eq=False)
class Drawing:
    """A drawing, stage by stage.

    Parameters
    ----------
    ink : ndarray of bool, shape (height, width)
        True for ink.
    box : (int, int, int, int)
        Bounding box in `ink`: top, left, bottom, right; the last two are exclusive.
    crop : ndarray of bool, shape (bottom - top, right - left)
        The ink in its box; shape (0, 0) for an empty canvas.
    bitmap : ndarray of bool, shape (32, 32)
        Upright, 32 pixels high, at most 20 wide, with strokes of uniform weight.
    digit : ndarray of float64, shape (8, 8)
        Ink of each 4 x 4 block of `bitmap`, 0 to 16, as in the data set. Zeros for an empty canvas.
    slant : float
        Slant that was removed, in columns per row; positive if the drawing leant to the right.
    scale : (float, float)
        Bitmap pixels per pixel of `ink`, vertically and horizontally.
    thickened : int
        Number of times the strokes were dilated (positive) or eroded (negative), -2 to 2.
    photograph : bool
        True if the canvas looks like a photograph of ink on paper.
    problem : str or None
        Reason why this cannot be a digit, as a sentence; None if it can.
    """

    ink: np.ndarray
    box: tuple[int, int, int, int]
    crop: np.ndarray
    bitmap: np.ndarray
    digit: np.ndarray
    slant: float
    scale: tuple[float, float]
    thickened: int
    photograph: bool
    problem: str | None

    @property
    def is_empty(self) -> bool:
        """True if there is no ink."""
        return self.crop.size == 0

    @property
    def row(self) -> np.ndarray:
        """`digit` as input of a network, shape (1, 64)."""
        return self.digit.reshape(1, 64)


def to_digit(canvas: np.ndarray) -> Drawing:
    """Convert a picture of a digit to the 8 x 8 format of the data set.

    Parameters
    ----------
    canvas : array_like, shape (height, width), (height, width, 3) or (height, width, 4)
        Any size up to 4096, bright or dark ink, also a photograph of ink on paper; see `find_ink`.

    Returns
    -------
    Drawing
        For an empty canvas, a dot or a filled block, `problem` says so.

    Raises
    ------
    ValueError
        If the array is not a picture.
    """
    ink, photograph = find_ink(canvas)
    top, left, bottom, right = _bounding_box(ink)
    crop = ink[top:bottom, left:right]
    result = normalise(crop[None] if crop.size else ink[None])
    width = int(result.widths[0])
    return Drawing(
        ink=ink,
        box=(top, left, bottom, right),
        crop=crop,
        bitmap=result.bitmaps[0],
        digit=result.digits[0],
        slant=float(result.slants[0]),
        scale=(32 / (bottom - top), width / float(result.upright_widths[0])) if crop.size else (0.0, 0.0),
        thickened=int(result.thickened[0]),
        photograph=photograph,
        problem=_problem(crop, max(ink.shape)),
    )


def empty_drawing() -> Drawing:
    """Return the drawing of an empty canvas."""
    return to_digit(np.zeros((WORKING_SIDE, WORKING_SIDE), np.uint8))


def _bounding_box(ink: np.ndarray) -> tuple[int, int, int, int]:
    """Return top, left, bottom, right of the ink, the last two exclusive; zeros if there is no ink."""
    rows, columns = np.flatnonzero(ink.any(axis=1)), np.flatnonzero(ink.any(axis=0))
    if not len(rows):
        return 0, 0, 0, 0
    return int(rows[0]), int(columns[0]), int(rows[-1]) + 1, int(columns[-1]) + 1


def _problem(crop: np.ndarray, side: int) -> str | None:
    """Return why a shape cannot be a digit, or None. `side` is the longest side of the canvas in pixels."""
    if crop.size == 0:
        return _("Nothing is drawn yet.")
    height, width = crop.shape
    for name, holds in (
        ("dot", max(height, width) < SMALLEST_HEIGHT * side),
        ("wide", width > WIDEST_SHAPE * height),
        ("small", height < SMALLEST_HEIGHT * side),
        ("filled", width > SLIM * height and crop.mean() > FULLEST_BOX),
    ):
        if holds:
            return str(PROBLEMS[name])
    return None


def to_image(canvas: np.ndarray, size: int = 28) -> np.ndarray:
    """Convert a picture of a digit to the format of MNIST.

    Parameters
    ----------
    canvas : array_like
        Same as in `to_digit`.
    size : int
        Pixels along a side of the result.

    Returns
    -------
    ndarray of uint8, shape (size, size)
        Bright ink (255) on black, with unchanged proportions: the longer side fills 20 of 28 pixels, and the centre of
        mass is in the middle. All zeros for an empty canvas.

    Raises
    ------
    ValueError
        If the array is not a picture.

    References
    ----------
    Y. LeCun, C. Cortes, C. Burges, The MNIST database of handwritten digits.
    """
    ink, _photograph = find_ink(canvas)
    top, left, bottom, right = _bounding_box(ink)
    if bottom == 0:
        return np.zeros((size, size), dtype=np.uint8)
    longer = max(bottom - top, right - left)
    pixel = longer / (BOX_SHARE * size)  # side of a pixel of the result, in canvas pixels
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
