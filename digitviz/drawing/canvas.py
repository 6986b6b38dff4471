"""Detection of ink in a picture: which pixels the pen has touched."""

from functools import lru_cache

import numpy as np

LARGEST_SIDE = 4096
"""Maximum side of an accepted picture, in pixels."""

WORKING_SIDE = 280
"""Longest side to which a larger picture is reduced, in pixels: the size of the pad. This costs no accuracy and keeps
classification fast."""

SMALLEST_SIDE = 100
"""Longest side to which a smaller picture is enlarged, in pixels, so that grey edges become smooth outlines."""

INK_LEVEL = 0.4
"""Fraction of the strongest ink above which a pixel counts as ink in a clean drawing."""

FAINTEST_INK = 0.08
"""Contrast, as a fraction of the full range, below which a picture contains no ink."""

CLEAN_BORDER = 0.06
"""Difference from the background, as a fraction of the full range, above which a border pixel is not background."""

UNCLEAN_SHARE = 0.25
"""Minimum fraction of border pixels that differ from the background in a photograph."""

PHOTO_STROKE = 1 / 5
"""Fraction of the longer side of a photo that is wider than any stroke: within it, some paper is bare."""

PHOTO_SPECK = 0.05
"""Size, as a fraction of the largest piece of ink, below which a piece counts as dirt on the paper."""


def find_ink(canvas: np.ndarray) -> tuple[np.ndarray, bool]:
    """Separate ink from background, whichever is brighter.

    Parameters
    ----------
    canvas : array_like, shape (height, width), (height, width, 3) or (height, width, 4)
        Grey, RGB or RGBA; integers (or floats above 1) from 0 to 255, or floats from 0 to 1. Ink may be bright or dark:
        the median of the border is the background. On a transparent background, opaque pixels are ink.

    Returns
    -------
    ink : ndarray of bool, shape (height, width)
        True for ink, at the working size.
    photograph : bool
        True if the picture looks like a photograph, with an uneven background.

    Raises
    ------
    ValueError
        If the array has the wrong shape, is not numeric, has a side of 0 or above 4096, or has values out of range.
    """
    planes = _planes(canvas)
    strength = _contrast(planes)
    photograph = bool(np.mean(_border(strength) > CLEAN_BORDER) >= UNCLEAN_SHARE)
    picture = sum(planes[1:3], planes[0]) / min(3, len(planes)) if photograph else strength
    enlarged = max(1, -(-SMALLEST_SIDE // max(picture.shape)))
    if enlarged > 1:
        rows, columns = (interpolation_matrix(side, side * enlarged) for side in picture.shape)
        picture = rows @ picture @ columns.T
    return (_ink_on_paper(picture) if photograph else _above(picture, INK_LEVEL)), photograph


def _above(strength: np.ndarray, share: float) -> np.ndarray:
    """Return a mask of ink above a fraction of the strongest; all False if even the strongest is too faint."""
    strongest = float(strength.max())
    return strength > (share * strongest if strongest >= FAINTEST_INK else np.inf)


def _planes(canvas: np.ndarray) -> np.ndarray:
    """Return the canvas as float32 from 0 to 1, shape (1, 3 or 4, height, width), reduced if it is large."""
    try:
        array = np.asarray(canvas)
    except ValueError:
        raise ValueError("canvas: rows of different lengths are not a picture") from None
    if array.dtype.kind not in "buif":
        raise ValueError(f"canvas: values of type {array.dtype} are not numbers")
    if array.ndim == 2:
        array = array[:, :, None]
    if array.ndim != 3 or array.shape[2] not in (1, 3, 4):
        raise ValueError(f"canvas: shape {np.shape(canvas)} is not (h, w), (h, w, 3) or (h, w, 4)")
    if not (min(array.shape[:2]) >= 1 and max(array.shape[:2]) <= LARGEST_SIDE):
        raise ValueError(f"canvas: sides of {array.shape[1]} x {array.shape[0]} are not between 1 and {LARGEST_SIDE}")
    full = 255.0
    if array.dtype != np.uint8:
        low, high = float(array.min()), float(array.max())
        if not (low >= 0 and high <= 255):  # NaN fails both
            raise ValueError("canvas: values must lie between 0 and 255, without NaN")
        full = 255.0 if high > 1 or array.dtype.kind in "ui" else 1.0
    scale = min(1.0, WORKING_SIDE / max(array.shape[:2]))
    planes = [plane.astype(np.float32) for plane in np.moveaxis(array, 2, 0)]
    if scale < 1:
        from PIL import Image

        size = max(1, round(scale * array.shape[1])), max(1, round(scale * array.shape[0]))
        planes = [np.asarray(Image.fromarray(plane).resize(size, Image.Resampling.BOX)) for plane in planes]
    return np.stack(planes) * np.float32(1 / full)


def _contrast(planes: np.ndarray) -> np.ndarray:
    """Return the contrast of each pixel with the background, 0 to 1, shape (height, width).

    The background is the median of the border. In colour pictures, the channel with the most contrast counts.
    """
    if len(planes) == 4:
        alpha = planes[3]
        if np.median(_border(alpha)) < 0.5:
            return alpha
        if alpha.min() < 1:  # transparent holes in an opaque picture show the background
            background = np.array([np.median(_border(plane)) for plane in planes[:3]], np.float32)[:, None, None]
            planes = background + alpha * (planes[:3] - background)
    strength = np.abs(planes[0] - np.median(_border(planes[0])))
    for other in planes[1:3]:
        np.maximum(strength, np.abs(other - np.median(_border(other))), out=strength)
    return strength


def _border(picture: np.ndarray) -> np.ndarray:
    """Return the outermost pixels, concatenated, shape (pixels, ...)."""
    return np.concatenate([picture[0], picture[-1], picture[1:-1, 0], picture[1:-1, -1]])


@lru_cache(maxsize=32)
def interpolation_matrix(count: int, size: int) -> np.ndarray:
    """Return the matrix that interpolates `count` samples at `size` pixels, shape (size, count); read-only.

    Each row holds the four weights of cubic convolution with a = -0.5, edges repeated (R. Keys, Cubic Convolution
    Interpolation for Digital Image Processing, IEEE TASSP 29, 1981).
    """
    position = (np.arange(size) + 0.5) * count / size - 0.5
    base = np.floor(position).astype(int)
    matrix = np.zeros((size, count), dtype=np.float32)
    for offset in (-1, 0, 1, 2):
        t = np.abs(position - (base + offset))
        weight = np.where(t < 1, (1.5 * t - 2.5) * t * t + 1, ((-0.5 * t + 2.5) * t - 4) * t + 2)
        matrix[np.arange(size), np.clip(base + offset, 0, count - 1)] += weight
    matrix.flags.writeable = False
    return matrix


def _ink_on_paper(brightness: np.ndarray) -> np.ndarray:
    """Find ink in a photograph: compare pixels with the paper around them, drop dirt and pieces that touch the edge."""
    from scipy import ndimage  # takes a tenth of a second to import; only photographs need it

    coarse = ndimage.uniform_filter(brightness[::4, ::4], 3, mode="nearest")
    wide = max(3, round(PHOTO_STROKE * max(coarse.shape)))
    few = coarse[::3, ::3]
    difference = few - ndimage.median_filter(few, max(1, wide // 3), mode="nearest")
    # Ink is the minority, so it skews the differences towards its own brightness.
    dark_ink = np.sum(difference**3) < 0
    bare = ndimage.grey_closing if dark_ink else ndimage.grey_opening
    paper = ndimage.uniform_filter(bare(coarse, wide, mode="nearest"), wide, mode="nearest")
    down, across = map(interpolation_matrix, paper.shape, brightness.shape)
    paper = down @ paper @ across.T
    strength = (paper - brightness) / np.maximum(paper, 0.05) if dark_ink else brightness - paper
    strength = ndimage.uniform_filter(np.clip(strength, 0.0, 1.0), 3, mode="nearest")  # closes gaps made by noise
    mask = strength > max(_otsu_threshold(strength[::2, ::2]), FAINTEST_INK)

    pieces, count = ndimage.label(mask, structure=np.ones((3, 3)))
    if count == 0:
        return mask
    piece = pieces[mask]
    sizes = np.bincount(piece, minlength=count + 1)
    inside = sizes.copy()
    inside[_border(pieces)] = 0  # the table's edge, a shadow, a thumb
    if inside.any():
        sizes = inside
    mask[mask] = (sizes >= max(1.0, PHOTO_SPECK * sizes.max()))[piece]
    return mask


def _otsu_threshold(values: np.ndarray) -> float:
    """Return the best threshold between two classes of values from 0 to 1 (N. Otsu, IEEE Trans. SMC 9, 1979)."""
    counts = np.bincount((values * 255).astype(np.uint8).ravel(), minlength=256)
    centres = (np.arange(256) + 0.5) / 255
    below = np.cumsum(counts)[:-1]
    moment = np.cumsum(counts * centres)
    above = values.size - below
    possible = (below > 0) & (above > 0)
    if not possible.any():
        return 1.0
    below, above, moments = below[possible], above[possible], moment[:-1][possible]
    between = (moment[-1] * below / values.size - moments) ** 2 / (below * (above / values.size))
    return float((np.flatnonzero(possible)[between.argmax()] + 1) / 255)
