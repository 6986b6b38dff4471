"""Reader for saved drawings in npz files: ink and labels only. Digits and answers are always recomputed."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from digitviz.imports.arrays import BEGINNINGS, Archive
from digitviz.imports.unreadable import check_size, require
from digitviz.language import lazy_gettext as _

SIDE = 280
"""Side of a drawing in pixels, the same as of the pad."""
ARRAYS = ("images", "labels")


@dataclass(frozen=True, eq=False)
class Drawings:
    """Imported drawings.

    Parameters
    ----------
    inks : ndarray of bool, shape (n, 280, 280)
    labels : ndarray of int64, shape (n,)
        Digits that the drawings show, 0 to 9.
    """

    inks: np.ndarray
    labels: np.ndarray


def read_drawings(data: bytes) -> Drawings:
    """Read drawings.

    Parameters
    ----------
    data : bytes
        An npz archive of `images` (uint8, shape (n, 280, 280), nonzero for ink) and `labels`; untrusted.

    Raises
    ------
    Unreadable
        If the file does not contain valid drawings.
    """
    check_size(data)
    require(data.startswith(BEGINNINGS), _("This is not a file of drawings. Drawings come as an npz file."))
    return drawings_in(Archive(data))


def drawings_in(file: Archive) -> Drawings:
    """Read drawings from an open archive, as `read_drawings` does."""
    for name in ARRAYS:
        require(name in file.names, _("The file contains no drawings: {name} is missing."), name=name)
    labels, images = file.array("labels"), file.array("images")
    sentence = _("Drawings must be pictures of {side} × {side} pixels, one byte each.")
    require(images.dtype == np.uint8 and images.shape[1:] == (SIDE, SIDE), sentence, side=SIDE)
    labelled = labels.dtype.kind in "iu" and labels.shape == images.shape[:1]
    require(labelled, _("Each drawing must have one label, a whole number."))
    require(bool(((labels >= 0) & (labels <= 9)).all()), _("Labels must be digits, 0 to 9."))
    return Drawings(images != 0, labels.astype(np.int64))
