"""Distorted copies of digits, as if others had written them, and data sets that train on them."""

from dataclasses import dataclass, field
from typing import Self

import numpy as np

from digitviz.datasets import PIXEL_MAX, DigitDataset, hash_of
from digitviz.drawing.canvas import interpolation_matrix
from digitviz.drawing.normalise import ink_per_block, normalise, thicken
from digitviz.values import cached_property

VERSION = 2
"""Part of the id of copies. Raise it whenever the same digits and seed would give different copies."""

WINDOW = 64
"""Side of the picture in which a distorted copy is drawn, in pixels."""

HEIGHT = 42
"""Height of the undistorted digit in the window, in pixels."""

CHUNK = 256
"""Copies per call. More would not fit into the processor's cache, fewer would need more calls."""

FIELD = 96
"""Side of the smooth picture from which copies are sampled, in pixels."""


@dataclass(frozen=True)
class Distortion:
    """Range of random distortions, sampled uniformly. The defaults did best on drawings by other people.

    Parameters
    ----------
    rotation : float
        Maximum rotation in either direction, in degrees.
    shear : (float, float)
        Slant in columns per row.
    log_width : (float, float)
        Logarithm of the horizontal scale factor.
    elastic : float
        Standard deviation of the shift of each of 4 x 4 control points, as a fraction of the height.
    level : (float, float)
        Threshold between paper and ink, as a fraction of full ink.
    thicken : (int, int)
        Number of times the strokes are dilated; eroded if negative.
    """

    rotation: float = 15.0
    shear: tuple[float, float] = (-0.2, 0.4)
    log_width: tuple[float, float] = (-0.5, 0.5)
    elastic: float = 0.03
    level: tuple[float, float] = (0.38, 0.55)
    thicken: tuple[int, int] = (-1, 1)


HANDS = Distortion()
"""Distortion that `distorted_copies` uses."""


def distorted_copies(dataset: DigitDataset, copies: int = 10, seed: int = 0) -> DigitDataset:
    """Add distorted copies of every digit, as if others had written it.

    Each copy is enlarged, randomly rotated, sheared, stretched and warped, then reduced to 8 x 8 like a drawing on the
    pad.

    Parameters
    ----------
    dataset : DigitDataset
    copies : int
        Copies of each digit, 0 to 50.
    seed : int

    Returns
    -------
    DigitDataset
        The originals first, then the copies: `pixels` of shape (n (1 + copies), 64).

    Raises
    ------
    ValueError
        If `copies` is out of range.
    """
    if not 0 <= copies <= 50:
        raise ValueError(f"copies: {copies} is not between 0 and 50")
    rng = np.random.default_rng(seed)
    fields = smooth_fields(dataset.images / PIXEL_MAX)
    made = [distort(fields, rng, HANDS) for _ in range(copies)]
    pixels = [ink_per_block(bitmaps).reshape(-1, 64) for bitmaps in made]
    return DigitDataset(np.concatenate([dataset.pixels, *pixels]), np.tile(dataset.labels, copies + 1))


def smooth_fields(pictures: np.ndarray) -> np.ndarray:
    """Enlarge pictures smoothly: values from 0 to 1, shape (n, side, side), to float32, shape (n, 96, 96)."""
    matrix = interpolation_matrix(pictures.shape[1], FIELD)
    return matrix @ pictures.astype(np.float32) @ matrix.T


def distort(fields: np.ndarray, rng: np.random.Generator, amount: Distortion, height: float = 1.0) -> np.ndarray:
    """Draw one distorted copy of each picture and normalize it like the data set.

    Parameters
    ----------
    fields : ndarray of float32, shape (n, 96, 96)
        Smooth pictures, ink 0 to 1.
    rng : numpy.random.Generator
    amount : Distortion
    height : float
        Height of the digit as a fraction of the picture.

    Returns
    -------
    ndarray of bool, shape (n, 32, 32)
    """
    starts = range(0, len(fields), CHUNK)
    return np.concatenate([_distort(fields[k : k + CHUNK], rng, amount, height) for k in starts])


def _distort(fields: np.ndarray, rng: np.random.Generator, amount: Distortion, height: float) -> np.ndarray:
    ink = _warped(fields, rng, amount, height) > rng.uniform(*amount.level, (len(fields), 1, 1))
    times = rng.integers(amount.thicken[0], amount.thicken[1] + 1, len(fields))
    thicken(ink, times)
    return normalise(ink).bitmaps


def _warped(fields: np.ndarray, rng: np.random.Generator, amount: Distortion, height: float) -> np.ndarray:
    """Sample each field after a random rotation, shear, stretch and warp, shape (n, 64, 64)."""
    n = len(fields)
    angle = np.radians(rng.uniform(-amount.rotation, amount.rotation, n))
    shear = rng.uniform(*amount.shear, n)
    width = np.exp(rng.uniform(*amount.log_width, n))
    cos, sin = np.cos(angle), np.sin(angle)
    # Source of each pixel of the copy: undo rotation, shear (x + shear y) and stretch. y points down.
    scale = FIELD * height / HEIGHT
    centred = (np.arange(WINDOW, dtype=np.float32) + 0.5 - WINDOW / 2) * np.float32(scale)
    yx, yy = -sin, cos
    xx, xy = (cos + shear * yx) / width, (sin + shear * yy) / width
    shifts = rng.normal(0.0, amount.elastic * FIELD * height, (2, n, 4, 4)).astype(np.float32)
    spread = interpolation_matrix(4, WINDOW)
    shifts = spread @ shifts @ spread.T
    shifts += FIELD / 2
    for place, (along_row, along_column) in zip(shifts, ((xx, xy), (yx, yy)), strict=True):
        place += (along_row.astype(np.float32)[:, None] * centred)[:, None, :]
        place += (along_column.astype(np.float32)[:, None] * centred)[:, :, None]
    x, y = shifts
    outside = (x < 0) | (x >= FIELD) | (y < 0) | (y >= FIELD)
    np.clip(x, 0, FIELD - 1, out=x)
    np.clip(y, 0, FIELD - 1, out=y)
    index = y.astype(np.int32) * FIELD + x.astype(np.int32)
    index += (np.arange(n, dtype=np.int32) * FIELD * FIELD)[:, None, None]
    warped = fields.ravel()[index]
    warped[outside] = 0.0
    return warped


def together(*datasets: DigitDataset) -> DigitDataset:
    """Concatenate data sets."""
    parts = [(dataset.pixels, dataset.labels) for dataset in datasets]
    return DigitDataset(*map(np.concatenate, zip(*parts, strict=True)))


@dataclass(frozen=True, eq=False)
class PracticeDataset(DigitDataset):
    """A data set that enlarges its training part when it is split. The test part is unchanged.

    Parameters
    ----------
    pixels, labels : ndarray
        Same as in `DigitDataset`.
    copies : int
        Distorted copies of each training digit, 0 to 50.
    extra : DigitDataset, optional
        Additional training digits, with the same number of copies each.
    seed : int
        Seed of the copies.
    """

    copies: int = 0
    extra: DigitDataset | None = None
    seed: int = 0
    _parts: dict[float, tuple[DigitDataset, DigitDataset]] = field(default_factory=dict, repr=False)

    @classmethod
    def of(cls, base: DigitDataset, copies: int = 0, extra: DigitDataset | None = None, seed: int = 0) -> Self:
        """Enlarge a data set, using its id."""
        enlarged = cls(base.pixels, base.labels, copies, extra, seed)
        vars(enlarged).update(_base=base, wrong_labels=base.wrong_labels)
        return enlarged

    @cached_property
    def _base(self) -> DigitDataset:
        return DigitDataset(self.pixels, self.labels)

    def split(self, train_fraction: float = 0.9) -> tuple[DigitDataset, DigitDataset]:
        """Split like `DigitDataset`, then enlarge the training part. The result is cached."""
        if train_fraction not in self._parts:
            train, test = self.originals(train_fraction), self._base.split(train_fraction)[1]
            enlarged = distorted_copies(train, self.copies, self.seed) if self.copies else train
            self._parts[train_fraction] = (enlarged, test)
        return self._parts[train_fraction]

    def originals(self, train_fraction: float = 0.9) -> DigitDataset:
        """Return the training part with the additional digits, without copies."""
        train, _ = self._base.split(train_fraction)
        return train if self.extra is None else together(self.extra, train)

    def without_extra(self, train_fraction: float = 0.9) -> DigitDataset:
        """Return the training part without the additional digits and their copies."""
        train = self.split(train_fraction)[0]
        further = 0 if self.extra is None else len(self.extra)
        return train[np.arange(len(train)) % (len(train) // (self.copies + 1)) >= further]

    @cached_property
    def id(self) -> str:
        """Id of the data set, its additional digits and its copies. Does not make the copies."""
        if not self.copies and self.extra is None:
            return self._base.id
        drawn = (VERSION, self.copies, self.seed) if self.copies else ()
        return hash_of("enlarged", self._base.id, None if self.extra is None else self.extra.id, *drawn)

    def split_id(self, train_fraction: float = 0.9) -> str:
        """Return the id of both parts. Does not make them."""
        return hash_of("split", self.id, float(train_fraction))

    @property
    def nbytes(self) -> int:
        """Memory of the enlarged parts, in bytes."""
        return sum(train.pixels.nbytes + train.labels.nbytes for train, _ in self._parts.values())
