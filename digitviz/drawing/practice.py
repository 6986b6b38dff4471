"""Data sets with an enlarged training part, and their distorted copies as bytes, and back."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from functools import cached_property
from typing import Self

import numpy as np

from digitviz.datasets import PIXEL_MAX, DigitDataset
from digitviz.drawing import distortion
from digitviz.drawing.distortion import distorted_copies
from digitviz.packing import pack, unpack

COPIES = "copies"
"""The kind of value under which the store keeps copies."""
COPIES_FORMAT = f"digitviz copies 1, drawn by {distortion.VERSION}"
"""Format of packed copies. Another form needs another number, and so do copies that are drawn differently."""


def together(*datasets: DigitDataset) -> DigitDataset:
    """Concatenate data sets."""
    return DigitDataset(
        np.concatenate([dataset.pixels for dataset in datasets]),
        np.concatenate([dataset.labels for dataset in datasets]),
    )


@dataclass(frozen=True, eq=False)
class PracticeDataset(DigitDataset):
    """A data set whose training part is enlarged when it is split; its test part stays as it is.

    Parameters
    ----------
    pixels, labels : ndarray
        As in `DigitDataset`.
    copies : int
        Distorted copies of each training digit, 0 to 50.
    extra : DigitDataset, optional
        Further digits to train on, with as many copies.
    seed : int
        Of the copies.
    """

    copies: int = 0
    extra: DigitDataset | None = None
    seed: int = 0
    _parts: dict[float, tuple[DigitDataset, DigitDataset]] = field(default_factory=dict, repr=False)

    @classmethod
    def of(cls, base: DigitDataset, copies: int = 0, extra: DigitDataset | None = None, seed: int = 0) -> Self:
        """Enlarge a data set, whose id is then taken from it."""
        enlarged = cls(base.pixels, base.labels, copies, extra, seed)
        vars(enlarged)["_base"] = base
        return enlarged

    @cached_property
    def _base(self) -> DigitDataset:
        return DigitDataset(self.pixels, self.labels)

    def split(self, train_fraction: float = 0.9) -> tuple[DigitDataset, DigitDataset]:
        """Split as `DigitDataset` does, then enlarge the training part; the result is kept."""
        if train_fraction not in self._parts:
            train, test = self.originals(train_fraction), self._base.split(train_fraction)[1]
            enlarged = distorted_copies(train, self.copies, self.seed) if self.copies else train
            self._parts[train_fraction] = (enlarged, test)
        return self._parts[train_fraction]

    def originals(self, train_fraction: float = 0.9) -> DigitDataset:
        """Return the training part at that fraction with the further digits, but without copies."""
        train, _ = self._base.split(train_fraction)
        return train if self.extra is None else together(self.extra, train)

    def without_extra(self, train_fraction: float = 0.9) -> DigitDataset:
        """Return the training part at that fraction without the further digits and their copies."""
        train = self.split(train_fraction)[0]
        further = 0 if self.extra is None else len(self.extra)
        return train[np.arange(len(train)) % (len(train) // (self.copies + 1)) >= further]

    def enlarge(self, train_fraction: float, copies: np.ndarray) -> None:
        """Take copies, shape (copies n, 64), that were made of the training part at that fraction before."""
        train = self.originals(train_fraction)
        labels = np.tile(train.labels, self.copies + 1)
        enlarged = DigitDataset(np.concatenate([train.pixels, copies]), labels)
        self._parts[train_fraction] = (enlarged, self._base.split(train_fraction)[1])

    @cached_property
    def id(self) -> str:
        """As for `DigitDataset`, but what it is enlarged by counts too; no copies are made to learn it."""
        if not self.copies and self.extra is None:
            return self._base.id
        drawn = (distortion.VERSION, self.copies, self.seed) if self.copies else ()
        return _hash("enlarged", self._base.id, None if self.extra is None else self.extra.id, *drawn)

    def split_id(self, train_fraction: float = 0.9) -> str:
        """Return the id of both parts at that fraction, whether or not they have been made."""
        return _hash("split", self.id, float(train_fraction))

    @property
    def nbytes(self) -> int:
        """Memory of the parts that were enlarged, in bytes."""
        return sum(train.pixels.nbytes + train.labels.nbytes for train, _ in self._parts.values())


def pack_copies(enlarged: PracticeDataset, train_fraction: float) -> bytes:
    """Return bytes of the distorted copies in a training part that has been made, without the digits themselves."""
    train, _ = enlarged.split(train_fraction)
    copies = train.pixels[len(enlarged.originals(train_fraction)) :]
    return pack(COPIES_FORMAT, {}, {"ink": copies.astype(np.uint8)})  # a pixel counts the inked cells of a block


def unpack_copies(enlarged: PracticeDataset, train_fraction: float, data: bytes) -> None:
    """Enlarge a training part by copies as `pack_copies` took them.

    Raises
    ------
    ValueError
        If they are no copies of it.
    """
    _, arrays = unpack(COPIES_FORMAT, data)
    ink = arrays.get("ink")
    shape = enlarged.copies * len(enlarged.originals(train_fraction)), 64
    if ink is None or len(arrays) > 1 or ink.dtype != np.uint8 or ink.shape != shape or ink.max() > PIXEL_MAX:
        raise ValueError(f"not the copies of these digits: {sorted(arrays)}")
    enlarged.enlarge(train_fraction, ink.astype(np.float64))


def _hash(*said: object) -> str:
    return hashlib.sha256(repr(said).encode()).hexdigest()
