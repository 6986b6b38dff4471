"""What is read of a file at most, so that no file takes more memory than a page can spare."""

from __future__ import annotations

from digitviz.imports.unreadable import Unreadable
from digitviz.language import lazy_gettext as _

MEGABYTE = 1_000_000
MOST_BYTES = 20 * MEGABYTE
"""Of a file; the largest network's weights, before and now, take 13 MB."""
MOST_UNPACKED = 64 * MEGABYTE
"""Of all that a zip archive says it holds."""
MOST_ARRAYS = 100
"""Arrays in a file; ours have 10 weights and biases at most, twice, and a few more."""
MOST_OF_HEADER = MEGABYTE
"""Bytes of what a file says of itself; ours say some 3 kB."""


def check_size(data: bytes) -> None:
    """Refuse a file that is empty or too large."""
    if not data:
        raise Unreadable(_("The file is empty."))
    if len(data) > MOST_BYTES:
        raise Unreadable(_("The file is larger than {most} MB."), most=MOST_BYTES // MEGABYTE)
