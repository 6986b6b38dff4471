"""From any picture to ink: which pixels the pen has touched."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

LARGEST_SIDE = 4096
"""Pixels along a side that are accepted; a photo is to be made smaller before."""

WORKING_SIDES = (100, 600)
"""Longest side a picture is worked on at: smaller ones are enlarged, so that grey edges become smooth outlines;
larger ones are reduced, which costs no accuracy and keeps the reading quick."""

INK_LEVEL = 0.4
"""Share of the strongest ink from which a pixel counts as ink in a clean drawing."""

FAINTEST_INK = 0.08
"""Contrast, as a share of the full range, below which there is no ink at all."""

CLEAN_BORDER = 0.06
"""Difference from the background, as a share of the full range, above which a border pixel is no background."""

UNCLEAN_SHARE = 0.25
"""Share of border pixels that must differ from the background for a picture to be taken for a photograph."""

PHOTO_CELLS = 12
"""Cells along a side of a photo; the paper's brightness is measured in each, because light falls unevenly."""

PHOTO_PAPER_PERCENTILE = 75
"""Percentile of a cell's brightness taken for the paper: above the ink, below glints."""

PHOTO_SPECK = 0.05
"""Share of the largest connected piece of ink below which a piece is taken for dirt on the paper."""


@dataclass(frozen=True, eq=False)
class Ink:
    """Where there is ink.

    Parameters
    ----------
    mask : ndarray of bool, shape (height, width)
        True where there is ink, at the size that is worked on.
    scale : float
        Pixels of `mask` for one pixel of the canvas.
    photograph : bool
        Whether the picture was taken for a photograph: uneven background, measured place by place.
    """

    mask: np.ndarray
    scale: float
    photograph: bool


def find_ink(canvas: np.ndarray) -> Ink:
    """Tell ink from background, whichever of the two is bright.

    Parameters
    ----------
    canvas : array_like, shape (height, width), (height, width, 3) or (height, width, 4)
        Grey, RGB or RGBA; whole numbers (or floats above 1) of 0 to 255, or floats of 0 to 1. Ink may be bright or
        dark: what most of the border shows is the background. On a transparent background, ink is what is opaque.

    Returns
    -------
    Ink

    Raises
    ------
    ValueError
        If the array is no picture: wrong shape, no numbers, a side of 0 or above 4096, values out of range.
    """
    channels, scale = _channels(canvas)
    strength = _contrast(channels)
    photograph = bool(np.mean(_border(strength) > CLEAN_BORDER) >= UNCLEAN_SHARE)
    picture = channels[:, :, :3].mean(axis=2) if photograph else strength
    enlarged = max(1, -(-WORKING_SIDES[0] // max(picture.shape)))
    if enlarged > 1:
        picture = _enlarge(picture, enlarged)
    mask = _ink_on_paper(picture) if photograph else _above(picture, INK_LEVEL)
    return Ink(mask, scale * enlarged, photograph)


def _above(strength: np.ndarray, share: float) -> np.ndarray:
    """Return where ink is stronger than a share of the strongest; nowhere if even that is too faint to be ink."""
    strongest = float(strength.max())
    return strength > (share * strongest if strongest >= FAINTEST_INK else np.inf)


def _channels(canvas: np.ndarray) -> tuple[np.ndarray, float]:
    """Return the canvas as floats of 0 to 1, shape (height, width, 1, 3 or 4), and its pixels for one before.

    A large one is reduced first, so that it takes no more memory than it came with.
    """
    array = np.asarray(canvas)
    if array.dtype.kind not in "buif":
        raise ValueError(f"canvas: values of type {array.dtype} are not numbers")
    if array.ndim == 2:
        array = array[:, :, None]
    if array.ndim != 3 or array.shape[2] not in (1, 3, 4):
        raise ValueError(f"canvas: shape {np.shape(canvas)} is not (h, w), (h, w, 3) or (h, w, 4)")
    if not (min(array.shape[:2]) >= 1 and max(array.shape[:2]) <= LARGEST_SIDE):
        raise ValueError(f"canvas: sides of {array.shape[1]} x {array.shape[0]} are not within 1 to {LARGEST_SIDE}")
    if array.dtype == np.uint8:
        return _reduce(array, 255.0)
    low, high = float(array.min()), float(array.max())
    if not (low >= 0 and high <= 255):  # NaN fails both
        raise ValueError("canvas: values must lie between 0 and 255, without NaN")
    full = 255.0 if high > 1 or array.dtype.kind in "ui" else 1.0
    return _reduce(array, full)


def _contrast(channels: np.ndarray) -> np.ndarray:
    """Return how far each pixel is from the background, 0 to 1, shape (height, width).

    The background is the median of the border. Colours differ by the channel that differs most.
    """
    if channels.shape[2] == 4:
        alpha = channels[:, :, 3]
        if np.median(_border(alpha)) < 0.5:
            return alpha.copy()
        if alpha.min() < 1:  # holes in an opaque picture show what the border shows
            background = np.median(_border(channels[:, :, :3]), axis=0)
            channels = background + alpha[:, :, None] * (channels[:, :, :3] - background)
    difference = [np.abs(c - np.median(_border(c))) for c in np.moveaxis(channels[:, :, :3], 2, 0)]
    strength = difference[0]
    for other in difference[1:]:
        np.maximum(strength, other, out=strength)
    return strength


def _border(picture: np.ndarray) -> np.ndarray:
    """Return the outermost pixels, one behind the other, shape (pixels, ...)."""
    return np.concatenate([picture[0], picture[-1], picture[1:-1, 0], picture[1:-1, -1]])


def _reduce(array: np.ndarray, full: float) -> tuple[np.ndarray, float]:
    """Divide by `full`; average blocks of pixels of what is too large, leaving out a rest at the right and the bottom.

    Returns the floats and their pixels for one pixel before.
    """
    factor = -(-max(array.shape[:2]) // WORKING_SIDES[1])
    if factor <= 1:
        return array * np.float32(1 / full), 1.0
    rows, columns = (min(factor, side) for side in array.shape[:2])
    height, width = array.shape[0] // rows, array.shape[1] // columns
    blocks = array[: height * rows, : width * columns].reshape(height, rows, width, columns, array.shape[2])
    return blocks.mean(axis=(1, 3), dtype=np.float32) * np.float32(1 / full), 1.0 / factor


def _enlarge(picture: np.ndarray, factor: int) -> np.ndarray:
    """Enlarge by a whole factor with bicubic interpolation."""
    rows, columns = (interpolation_matrix(side, side * factor) for side in picture.shape)
    return rows @ picture @ columns.T


def interpolation_matrix(count: int, size: int) -> np.ndarray:
    """Return the matrix that spreads `count` samples smoothly over `size` pixels, shape (size, count).

    Each row holds the four weights of cubic convolution with a = -0.5, edges repeated (R. Keys, Cubic Convolution
    Interpolation for Digital Image Processing, IEEE TASSP 29, 1981).
    """
    position = (np.arange(size) + 0.5) * count / size - 0.5
    base = np.floor(position).astype(int)
    matrix = np.zeros((size, count), dtype=np.float32)
    for offset in (-1, 0, 1, 2):
        t = np.abs(position - (base + offset))
        weight = np.where(t < 1, (1.5 * t - 2.5) * t * t + 1, ((-0.5 * t + 2.5) * t - 4) * t + 2)
        np.add.at(matrix, (np.arange(size), np.clip(base + offset, 0, count - 1)), weight)
    return matrix


def _ink_on_paper(brightness: np.ndarray) -> np.ndarray:
    """Find ink in a photograph: compare each pixel with the paper around it, drop dirt and what hangs at the edge."""
    from scipy import ndimage  # a tenth of a second to import: only a photograph pays for it

    paper = _paper(brightness, 50)
    # Ink is the smaller part: it pulls the differences from the middle to its own side.
    dark_ink = np.sum((brightness - paper) ** 3) < 0
    paper = _paper(brightness, PHOTO_PAPER_PERCENTILE if dark_ink else 100 - PHOTO_PAPER_PERCENTILE)
    strength = (paper - brightness) / np.maximum(paper, 0.05) if dark_ink else brightness - paper
    strength = ndimage.gaussian_filter(np.clip(strength, 0.0, 1.0), max(brightness.shape) / 400)
    mask = strength > max(_otsu_threshold(strength), FAINTEST_INK)

    pieces, count = ndimage.label(mask, structure=np.ones((3, 3)))
    if count == 0:
        return mask
    sizes = np.bincount(pieces.ravel(), minlength=count + 1)
    sizes[0] = 0
    inside = sizes.copy()
    inside[np.unique(_border(pieces))] = 0  # the table's edge, a shadow, a thumb
    if inside.any():
        sizes = inside
    return (sizes >= max(1.0, PHOTO_SPECK * sizes.max()))[pieces]


def _paper(brightness: np.ndarray, percentile: float) -> np.ndarray:
    """Estimate the brightness of the bare paper at each pixel, from a percentile in each of a grid of cells."""
    height, width = brightness.shape
    cell = max(1, max(height, width) // PHOTO_CELLS)
    rows, columns = max(1, height // cell), max(1, width // cell)
    bands = np.array_split(brightness, rows, axis=0)
    grid = np.array([[np.percentile(c, percentile) for c in np.array_split(b, columns, axis=1)] for b in bands])
    # The median of neighbouring cells bridges cells that are full of ink.
    padded = np.pad(grid, 1, mode="edge")
    windows = np.lib.stride_tricks.sliding_window_view(padded, (3, 3))
    grid = np.median(windows, axis=(2, 3)).astype(np.float32)
    return interpolation_matrix(rows, height) @ grid @ interpolation_matrix(columns, width).T


def _otsu_threshold(values: np.ndarray) -> float:
    """Return the level that parts values of 0 to 1 best in two (N. Otsu, IEEE Trans. SMC 9, 1979)."""
    counts, edges = np.histogram(values, bins=128, range=(0.0, 1.0))
    centres = (edges[:-1] + edges[1:]) / 2
    below = np.cumsum(counts)[:-1]
    moment = np.cumsum(counts * centres)
    above = values.size - below
    possible = (below > 0) & (above > 0)
    if not possible.any():
        return 1.0
    below, above, moments = below[possible], above[possible], moment[:-1][possible]
    between = (moment[-1] * below / values.size - moments) ** 2 / (below * (above / values.size))
    return float(edges[1:-1][possible][between.argmax()])
