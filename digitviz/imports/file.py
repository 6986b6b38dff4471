"""Reader for any imported file: detects from its content whether it holds weights, drawings or settings."""

from __future__ import annotations

import json

from digitviz.imports.arrays import BEGINNINGS, PICKLED, Archive, Tensors, looks_like_safetensors
from digitviz.imports.drawings import ARRAYS, Drawings, drawings_in
from digitviz.imports.settings import Settings, read_settings
from digitviz.imports.unreadable import Unreadable, check_size
from digitviz.imports.weights import Weights, weights_in
from digitviz.language import lazy_gettext as _

_PICKLES = tuple(bytes((0x80, version)) for version in range(2, 6))
"""First bytes of a pickle, for each protocol version."""


def read_file(data: bytes) -> Weights | Drawings | Settings:
    """Read a file that the dashboard can import, whatever its name.

    Parameters
    ----------
    data : bytes
        Weights as safetensors or npz, drawings as npz, or settings as JSON; untrusted.

    Raises
    ------
    Unreadable
        If it is none of these, or damaged.
    """
    check_size(data)
    if data.startswith(BEGINNINGS):
        archive = Archive(data)
        return drawings_in(archive) if set(ARRAYS) <= set(archive.names) else weights_in(archive)
    if looks_like_safetensors(data):
        return weights_in(Tensors(data))
    if data.startswith(_PICKLES):
        raise Unreadable(PICKLED)
    if data[:100].decode(json.detect_encoding(data), "replace").lstrip().startswith(("{", "[")):
        return read_settings(data)
    raise Unreadable(_("This is not a file of weights (safetensors or npz), drawings (npz) or settings (JSON)."))
