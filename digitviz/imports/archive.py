"""Arrays from an npz archive, which is a zip of npy files: nothing is unpacked before its size is known to be small."""

from __future__ import annotations

import io
import struct
import zipfile

import numpy as np

from digitviz.imports import npy
from digitviz.imports.limits import MEGABYTE, MOST_ARRAYS, MOST_OF_HEADER, MOST_UNPACKED
from digitviz.imports.npy import DAMAGED
from digitviz.imports.unreadable import Unreadable
from digitviz.language import lazy_gettext as _

BEGINNINGS = (b"PK\x03\x04", b"PK\x05\x06")
"""Of a zip archive, with and without anything in it."""
END = struct.Struct("<4s4H2LH")
"""The record that ends an archive: among other things, how many bytes its list of members has."""
LARGE_END = (b"PK\x06\x07", 20)
"""The record before it by which an archive says that it needs larger numbers than ours do, and its bytes."""
MOST_OF_LIST = 32_000
"""Bytes of the list of members; that of ours takes 2 kB. Python reads all of it at once."""
PACKED = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
"""Ways to pack that need little memory to unpack."""
ENCRYPTED = 1
PICKLE = b"/data.pkl"
"""In the name of a member of every file that `torch.save` writes."""
PICKLED = _(
    "This file is a pickle, as torch.save writes it. Opening one can run any program, so it is not opened here: save "
    "the weights as safetensors or npz."
)
TOO_MANY = _("The file holds more than {most} arrays.")
TOO_MUCH = _("The file would take more than {most} MB when it is unpacked.")


class Archive:
    """An npz archive, of which each array is unpacked when it is asked for.

    Parameters
    ----------
    data : bytes
        Untrusted, and not too large; see `check_size`.

    Raises
    ------
    Unreadable
        If it is no such archive, is damaged, or holds too much.
    """

    def __init__(self, data: bytes) -> None:
        self._archive = _opened(data)
        members = self._archive.infolist()
        if len(members) > MOST_ARRAYS:
            raise Unreadable(TOO_MANY, most=MOST_ARRAYS)
        if sum(member.file_size for member in members) > MOST_UNPACKED:
            raise Unreadable(TOO_MUCH, most=MOST_UNPACKED // MEGABYTE)
        self._members: dict[str, zipfile.ZipInfo] = {}
        for member in members:
            name = member.filename.removesuffix(".npy")
            if name in self._members:
                raise Unreadable(_("The file holds {name} twice."), name=name)
            if name != member.filename:
                self._members[name] = member

    @property
    def names(self) -> list[str]:
        """What the arrays are called; untrusted."""
        return list(self._members)

    def array(self, name: str) -> np.ndarray:
        """Return an array of numbers as it was written, read-only.

        Raises
        ------
        Unreadable
            If it is damaged or holds anything else.
        """
        return npy.numbers(name, self._unpacked(name))

    def text(self, name: str) -> str | None:
        """Return a text; None if there is none of this name, or it is anything else."""
        member = self._members.get(name)
        if member is None or member.file_size > MOST_OF_HEADER:
            return None
        try:
            return npy.text(self._unpacked(name))
        except Unreadable:
            return None

    def _unpacked(self, name: str) -> bytes:
        """Return the bytes of a member, which are as many as it says."""
        member = self._members[name]
        if member.compress_type not in PACKED or member.flag_bits & ENCRYPTED:
            raise Unreadable(_("{name} is packed in a way that is not read here: use numpy.savez."), name=name)
        try:
            with self._archive.open(member) as file:
                content = file.read(member.file_size)
                if len(content) == member.file_size and not file.read(1):  # at the end the checksum is compared
                    return content
        except Exception:  # zipfile and zlib fail each in its own way on damaged bytes
            pass
        raise Unreadable(DAMAGED)


def _opened(data: bytes) -> zipfile.ZipFile:
    """Read the list of members, once it is known to be short."""
    if PICKLE in data:
        raise Unreadable(PICKLED)
    if len(data) < END.size:
        raise Unreadable(DAMAGED)
    signature, *_counts, size, _offset, comment = END.unpack(data[-END.size :])
    if signature != BEGINNINGS[1] or comment:
        raise Unreadable(DAMAGED)
    beginning, length = LARGE_END
    if size > MOST_OF_LIST or data[: -END.size][-length:].startswith(beginning):
        raise Unreadable(TOO_MANY, most=MOST_ARRAYS)
    try:
        return zipfile.ZipFile(io.BytesIO(data))
    except Exception:  # zipfile fails in many ways on damaged bytes
        raise Unreadable(DAMAGED) from None
