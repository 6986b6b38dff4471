"""Saved drawings from npz: their ink and their labels. Digits and answers are never taken from a file."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from digitviz.imports.arrays import BEGINNINGS, Archive
from digitviz.imports.unreadable import Unreadable, check_size
from digitviz.language import lazy_gettext as _

SIDE = 280
"""Of a drawing, in pixels: that of the pad."""
ARRAYS = ("images", "labels")


@dataclass(frozen=True, eq=False)
class Drawings:
    """What people drew.

    Parameters
    ----------
    inks : ndarray of bool, shape (n, 280, 280)
    labels : ndarray of int64, shape (n,)
        What each shows, 0 to 9.
    """

    inks: np.ndarray
    labels: np.ndarray


def read_drawings(data: bytes) -> Drawings:
    """Read drawings.

    Parameters
    ----------
    data : bytes
        An npz archive of `images`, uint8 of shape (n, 280, 280), not 0 where there is ink, and `labels`; untrusted.

    Raises
    ------
    Unreadable
        If it is anything else.
    """
    check_size(data)
    if not data.startswith(BEGINNINGS):
        raise Unreadable(_("These are no drawings: they come as an npz file."))
    return drawings_in(Archive(data))


def drawings_in(file: Archive) -> Drawings:
    """Read the drawings of an opened archive, as `read_drawings` does."""
    for name in ARRAYS:
        if name not in file.names:
            raise Unreadable(_("The file holds no drawings: {name} is missing."), name=name)
    labels, images = file.array("labels"), file.array("images")
    if images.dtype != np.uint8 or images.shape[1:] != (SIDE, SIDE):
        raise Unreadable(_("Drawings must be pictures of {side} × {side} pixels, one byte each."), side=SIDE)
    if labels.dtype.kind not in "iu" or labels.shape != images.shape[:1]:
        raise Unreadable(_("Each drawing must have one label, a whole number."))
    if ((labels < 0) | (labels > 9)).any():
        raise Unreadable(_("Labels must be digits, 0 to 9."))
    return Drawings(images != 0, labels.astype(np.int64))
