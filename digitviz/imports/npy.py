"""One npy file. Its header is matched, not evaluated, and its shape compared with the bytes that are there.

`numpy.load` would make room for whatever shape a file names, and give the header to Python's parser.
"""

from __future__ import annotations

import math
import re
from typing import NamedTuple

import numpy as np

from digitviz.imports.unreadable import Unreadable
from digitviz.language import lazy_gettext as _

DAMAGED = _("The file is damaged, or only a part of it has arrived.")
MOST_OF_HEADER = 10_000
"""Bytes; that of an array of numbers takes 118."""

_BEGINNING = b"\x93NUMPY"
_SIZES = {b"\x01": 2, b"\x02": 4, b"\x03": 4}
"""By version: bytes that say how long the header is."""
_HEADER = re.compile(
    rb"\{\s*+'descr':\s*+'([<>=|]?)([A-Za-z])(\d{1,9})?',\s*+'fortran_order':\s*+(True|False),"
    rb"\s*+'shape':\s*+\(((?:\d{1,12}\s*+,\s*+){0,8}(?:\d{1,12})?)\s*+\)\s*+,?\s*+\}\s*+"
)
"""Spaces are never given back, so the time grows with the length alone."""
_NUMBERS = "fiub"
"""Kinds of arrays whose bytes are numbers."""


class _Parts(NamedTuple):
    order: str
    kind: str
    size: int
    is_fortran: bool
    shape: tuple[int, ...]
    content: bytes


def numbers(name: str, file: bytes) -> np.ndarray:
    """Return an array of numbers as it was written, read-only.

    Parameters
    ----------
    name : str
        What the array is called in an error.
    file : bytes
        Untrusted.

    Raises
    ------
    Unreadable
        If it is damaged or holds anything else.
    """
    parts = _parts(file)
    if parts.kind not in _NUMBERS:
        raise Unreadable(_("{name} is no array of numbers."), name=name)
    if len(parts.content) != math.prod(parts.shape) * parts.size:
        raise Unreadable(DAMAGED)
    try:
        flat = np.frombuffer(parts.content, f"{parts.order}{parts.kind}{parts.size}")
        return flat.reshape(parts.shape, order="F" if parts.is_fortran else "C")
    except (TypeError, ValueError):  # no number has so many bytes, or there are none
        raise Unreadable(DAMAGED) from None


def text(file: bytes) -> str | None:
    """Return the text of an array of one text; None if it holds anything else."""
    try:
        parts = _parts(file)
        if parts.kind != "U" or parts.shape != () or len(parts.content) != 4 * parts.size:
            return None
        return parts.content.decode("utf-32-be" if parts.order == ">" else "utf-32-le").rstrip("\0")
    except ValueError:  # damaged, or no text in Unicode
        return None


def _parts(file: bytes) -> _Parts:
    length = _SIZES.get(file[6:7]) if file.startswith(_BEGINNING) else None
    if length is None:
        raise Unreadable(DAMAGED)
    end = 8 + length + int.from_bytes(file[8 : 8 + length], "little")
    found = _HEADER.fullmatch(file[8 + length : end]) if end <= MOST_OF_HEADER else None
    if found is None:
        raise Unreadable(DAMAGED)
    order, kind, size, fortran, sides = (part.decode() for part in found.groups(b"0"))
    shape = tuple(int(side) for side in sides.split(",") if side.strip())
    return _Parts(order, kind, int(size), fortran == "True", shape, file[end:])
