"""The data sets of handwritten digits: scikit-learn's and MNIST's."""

from __future__ import annotations

import hashlib
import importlib.util
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from digitviz.ranges import in_short
from digitviz.values import cached_property

PIXEL_MAX = 16.0
"""Maximum pixel value: the number of inked cells in a 4 x 4 block."""


@dataclass(frozen=True, eq=False)
class DigitDataset:
    """Handwritten digits as rows of pixels, with their labels.

    Parameters
    ----------
    pixels : ndarray of float64, shape (n, 64)
        Ink per pixel, 0 to 16, row by row from the top left.
    labels : ndarray of int64, shape (n,)
        Digits that the rows show, 0 to 9.

    Raises
    ------
    ValueError
        If the shapes do not match or a value is out of range.
    """

    pixels: np.ndarray
    labels: np.ndarray
    wrong_labels = 0.0  # fraction of the training digits, see `mislabelled`

    def __post_init__(self) -> None:
        if self.pixels.ndim != 2 or self.pixels.shape[1] != 64:
            raise ValueError(f"pixels: shape {self.pixels.shape} is not (n, 64)")
        if self.labels.shape != (len(self.pixels),):
            raise ValueError(f"labels: shape {self.labels.shape} is not ({len(self.pixels)},)")
        if len(self.pixels) and not (self.pixels.min() >= 0 and self.pixels.max() <= PIXEL_MAX):
            raise ValueError(f"pixels: values must lie between 0 and {PIXEL_MAX:g}")
        if len(self.labels) and not (self.labels.min() >= 0 and self.labels.max() <= 9):
            raise ValueError("labels: values must lie between 0 and 9")

    def __len__(self) -> int:
        return len(self.labels)

    @property
    def images(self) -> np.ndarray:
        """The pixels as images, shape (n, 8, 8)."""
        return self.pixels.reshape(-1, 8, 8)

    @cached_property
    def id(self) -> str:
        """SHA-256 of content and shape, 64 characters, so that equal data sets have the same id.

        Computed on first use: 1 ms for 1,800 digits. A part of a data set has a different id.
        """
        digest = hashlib.sha256(repr(self.pixels.shape).encode())
        digest.update(np.ascontiguousarray(self.pixels, "<f8").data)
        digest.update(np.ascontiguousarray(self.labels, "<i8").data)
        return digest.hexdigest()

    @cached_property
    def one_hot(self) -> np.ndarray:
        """One-hot labels, shape (n, 10)."""
        return np.eye(10)[self.labels]

    def split(self, train_fraction: float = 0.9) -> tuple[DigitDataset, DigitDataset]:
        """Split into training part (the first rows) and test part (the rest).

        Parameters
        ----------
        train_fraction : float
            Fraction of the rows to train on, rounded down: 0.9 of 1797 is 1617, which leaves 180.

        Returns
        -------
        (DigitDataset, DigitDataset)
            The training part and the test part.

        Raises
        ------
        ValueError
            If either part would be empty.
        """
        count = int(len(self) * train_fraction) if 0 < train_fraction < 1 else 0
        if not 0 < count < len(self):
            raise ValueError(f"train_fraction: {in_short(train_fraction)} of {len(self)} digits leaves one part empty")
        return self[:count], self[count:]

    def shuffled(self, seed: int = 0) -> DigitDataset:
        """Shuffle the rows with a seed, so that `split` splits at random.

        Without shuffling, `split` holds out the end of the data set. Scikit-learn's digits are grouped by writer, so
        mostly different people wrote the last tenth.
        """
        return self[np.random.default_rng(seed).permutation(len(self))]

    def mislabelled(self, share: float, seed: int = 0) -> Mislabelled:
        """Give some training digits a wrong label, chosen at random when the data set is split.

        Parameters
        ----------
        share : float
            Fraction of the training digits, 0 to 1.
        seed : int
            Seed of the choice of digits and of their labels.

        Raises
        ------
        ValueError
            If the fraction is not between 0 and 1.
        """
        if not 0 <= share <= 1:
            raise ValueError(f"share: {in_short(share)} is not between 0 and 1")
        return Mislabelled(self.pixels, self.labels, self, seed, float(share))

    def __getitem__(self, rows: slice | np.ndarray) -> DigitDataset:
        return DigitDataset(self.pixels[rows], self.labels[rows])


@dataclass(frozen=True, eq=False)
class Mislabelled(DigitDataset):
    """A data set that gives some training digits a wrong label when it is split. The test part is unchanged.

    Parameters
    ----------
    pixels : ndarray
        Same as in `DigitDataset`.
    labels : ndarray
        The true labels.
    base : DigitDataset
        The data set with true labels.
    seed : int
        Seed of the choice of digits and of their labels.
    wrong_labels : float
        Fraction of the training digits with a wrong label, 0 to 1; their number is rounded.
    """

    base: DigitDataset
    seed: int
    wrong_labels: float

    def split(self, train_fraction: float = 0.9) -> tuple[DigitDataset, DigitDataset]:
        """Split like the data set with true labels, then change labels of the training part."""
        train, test = self.base.split(train_fraction)
        rng, labels = np.random.default_rng([self.seed, 4]), train.labels.copy()
        chosen = rng.permutation(len(train))[: round(self.wrong_labels * len(train))]
        labels[chosen] = (labels[chosen] + rng.integers(1, 10, len(chosen))) % 10
        return DigitDataset(train.pixels, labels), test

    @cached_property
    def id(self) -> str:
        """Id, computed from the data set with true labels, the fraction of wrong labels and the seed."""
        return hash_of("mislabelled 1", self.base.id, self.wrong_labels, self.seed)


def hash_of(*said: object) -> str:
    """Return the SHA-256 of the values that determine a data set."""
    return hashlib.sha256(repr(said).encode()).hexdigest()


def load_digits() -> DigitDataset:
    """Load scikit-learn's 1797 handwritten digits, 8 x 8 pixels from 0 to 16.

    This reads the file that scikit-learn ships without importing scikit-learn, which would take 100 times as long and
    delay the first page.

    Returns
    -------
    DigitDataset
        `pixels` (1797, 64), `images` (1797, 8, 8), `labels` (1797,).

    References
    ----------
    E. Alpaydin, C. Kaynak, Optical Recognition of Handwritten Digits, UCI, 1998 (the test part).
    """
    package = importlib.util.find_spec("sklearn")
    if package is None or package.origin is None:
        raise ModuleNotFoundError("these digits come with scikit-learn: pip install scikit-learn")
    table = np.loadtxt(Path(package.origin).parent / "datasets" / "data" / "digits.csv.gz", delimiter=",")
    return DigitDataset(np.ascontiguousarray(table[:, :64]), table[:, 64].astype(np.int64))


@dataclass(frozen=True, eq=False)
class Handwriting(DigitDataset):
    """MNIST digits in two forms, 8 x 8 and 28 x 28; see `load_handwriting`.

    Parameters
    ----------
    pixels, labels : ndarray
        Same as in `DigitDataset`.
    images28 : ndarray of uint8, shape (n, 28, 28)
        The same digits as MNIST ships them: bright ink (255) on black.
    """

    images28: np.ndarray


def load_handwriting() -> Handwriting:
    """Load 6,000 MNIST digits, converted to 8 x 8 pixels like a drawing on the pad.

    The order is random, so every part contains all kinds of handwriting. The pretrained network
    was trained on the first 5,000 and tested on the last 1,000.

    Returns
    -------
    Handwriting
        `pixels` (6000, 64), `labels` (6000,), `images28` (6000, 28, 28).

    References
    ----------
    Y. LeCun, C. Cortes, C. Burges, The MNIST database of handwritten digits; CC BY-SA 3.0. See `data/README.md`.
    """
    with np.load(Path(__file__).parent / "data" / "handwriting.npz", allow_pickle=False) as file:
        pixels, labels, images28 = file["pixels"], file["labels"], file["images28"]
    return Handwriting(pixels.astype(np.float64), labels.astype(np.int64), images28)
