"""Data sets with an enlarged training part."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from digitviz.datasets import DigitDataset
from digitviz.drawing.distortion import distorted_copies


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
    """

    copies: int = 0
    extra: DigitDataset | None = None
    _parts: dict[float, tuple[DigitDataset, DigitDataset]] = field(default_factory=dict, repr=False)

    def split(self, train_fraction: float = 0.9) -> tuple[DigitDataset, DigitDataset]:
        """Split as `DigitDataset` does, then enlarge the training part; the result is kept."""
        if train_fraction not in self._parts:
            train, test = DigitDataset(self.pixels, self.labels).split(train_fraction)
            if self.extra is not None:
                train = together(self.extra, train)
            self._parts[train_fraction] = (distorted_copies(train, self.copies) if self.copies else train, test)
        return self._parts[train_fraction]

    @cached_property
    def id(self) -> str:
        """As for `DigitDataset`, but what it is enlarged by counts too."""
        content = self._hash_of_content()
        if not self.copies and self.extra is None:
            return content
        extra = "" if self.extra is None else self.extra.id
        return hashlib.sha256(f"{content} {self.copies} {extra}".encode()).hexdigest()

    @property
    def nbytes(self) -> int:
        """Memory of the parts that were enlarged, in bytes."""
        return sum(train.pixels.nbytes + train.labels.nbytes for train, _ in self._parts.values())
