"""Reader for any imported file: detects from its content whether it holds weights, drawings or settings."""

import json
from dataclasses import dataclass

import numpy as np

from digitviz.imports.arrays import BEGINNINGS, PICKLED, Archive, Tensors, looks_like_safetensors
from digitviz.imports.settings import Settings, read_settings
from digitviz.imports.unreadable import Unreadable, check_size, require
from digitviz.imports.weights import Weights, weights_in
from digitviz.language import lazy_gettext as _

SIDE = 280
"""Side of a drawing in pixels, as on the pad."""
DRAWINGS = {"images", "labels"}
"""Names of the arrays of drawings."""
_PICKLES = tuple(bytes((0x80, version)) for version in range(2, 6))
"""First bytes of a pickle, for each protocol version."""


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


def read_file(data: bytes) -> Weights | Drawings | Settings:
    """Read a file that the dashboard can import, whatever its name.

    Parameters
    ----------
    data : bytes
        Untrusted. Weights as safetensors or npz (see `weights_in`), settings as JSON, or drawings: an npz archive of
        `images` (uint8, shape (n, 280, 280), nonzero for ink) and `labels`, whose digits and answers are always
        recomputed.

    Raises
    ------
    Unreadable
        If it is none of these, or damaged.
    """
    check_size(data)
    if data.startswith(BEGINNINGS):
        archive = Archive(data)
        return _drawings(archive) if set(archive.names) >= DRAWINGS else weights_in(archive)
    if looks_like_safetensors(data):
        return weights_in(Tensors(data))
    if data.startswith(_PICKLES):
        raise Unreadable(PICKLED)
    if data[:100].decode(json.detect_encoding(data), "replace").lstrip().startswith(("{", "[")):
        return read_settings(data)
    raise Unreadable(_("This is not a file of weights (safetensors or npz), drawings (npz) or settings (JSON)."))


def _drawings(file: Archive) -> Drawings:
    labels, images = file.array("labels"), file.array("images")
    sentence = _("Drawings must be pictures of {side} × {side} pixels, one byte each.")
    require(images.dtype == np.uint8 and images.shape[1:] == (SIDE, SIDE), sentence, side=SIDE)
    require(len(images) > 0, _("This file contains no drawings."))
    labelled = labels.dtype.kind in "iu" and labels.shape == images.shape[:1]
    require(labelled, _("Each drawing must have one label, a whole number."))
    require(bool(((labels >= 0) & (labels <= 9)).all()), _("Labels must be digits, 0 to 9."))
    return Drawings(images != 0, labels.astype(np.int64))
