"""Distorted copies of digits as bytes, and back. Nothing that is read is trusted."""

from __future__ import annotations

import numpy as np

from digitviz.datasets import PIXEL_MAX
from digitviz.drawing import distortion
from digitviz.drawing.practice import PracticeDataset
from digitviz.packing import pack, unpack

COPIES = "copies"
"""The kind under which they are kept."""
COPIES_FORMAT = f"digitviz copies 1, drawn by {distortion.VERSION}"
"""Names what is written and in which form; another form needs another number, and so do copies drawn otherwise."""


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
