"""Arrays and texts from a safetensors file."""

from __future__ import annotations

import json

import numpy as np

from digitviz.imports.limits import MOST_ARRAYS, MOST_OF_HEADER
from digitviz.imports.npy import DAMAGED
from digitviz.imports.unreadable import Unreadable
from digitviz.language import lazy_gettext as _

LENGTH = 8
"""Bytes at the beginning that say how long the header is."""
KINDS = {"F64": "<f8", "F32": "<f4"}
"""The types of numbers that are read, by numpy's names."""


def looks_like_one(data: bytes) -> bool:
    """Whether the first bytes are those of a safetensors file; it may be damaged, and need not be complete."""
    return data[LENGTH : LENGTH + 1] == b"{" and int.from_bytes(data[:LENGTH], "little") < 2**32


class Tensors:
    """A safetensors file.

    Parameters
    ----------
    data : bytes
        Untrusted, and not too large; see `check_size`.

    Raises
    ------
    Unreadable
        If it is no such file, is damaged, or holds too much.
    """

    def __init__(self, data: bytes) -> None:
        from safetensors import deserialize

        length = int.from_bytes(data[:LENGTH], "little")
        if length > min(MOST_OF_HEADER, len(data) - LENGTH):
            raise Unreadable(DAMAGED)
        try:
            self._tensors = dict(deserialize(data))
            said = json.loads(data[LENGTH : LENGTH + length]).get("__metadata__") or {}
        except Exception:  # its parser has many names for what it finds damaged
            raise Unreadable(DAMAGED) from None
        if len(self._tensors) > MOST_ARRAYS:
            raise Unreadable(_("The file holds more than {most} arrays."), most=MOST_ARRAYS)
        self._texts = {name: text for name, text in said.items() if isinstance(text, str)}

    @property
    def names(self) -> list[str]:
        """What the arrays are called; untrusted."""
        return list(self._tensors)

    def array(self, name: str) -> np.ndarray:
        """Return an array of floating-point numbers, read-only.

        Raises
        ------
        Unreadable
            If it holds others.
        """
        tensor = self._tensors[name]
        if tensor["dtype"] not in KINDS:
            raise Unreadable(_("{name} holds numbers of type {type}: save them as float32 or float64."), name=name,
                             type=tensor["dtype"])  # fmt: skip
        return np.frombuffer(tensor["data"], KINDS[tensor["dtype"]]).reshape(tensor["shape"])

    def text(self, name: str) -> str | None:
        """Return a text of the metadata; None if there is none of this name."""
        return self._texts.get(name)
