"""The refusal of a file, in words, and the limits of what is read."""

from __future__ import annotations

from collections.abc import Callable

from digitviz.language import Lazy
from digitviz.language import lazy_gettext as _
from digitviz.ranges import in_short

MEGABYTE = 1_000_000
MAX_BYTES = 20 * MEGABYTE
"""Limit of a file; the largest network's weights, before and now, take 13 MB."""
MAX_UNPACKED = 64 * MEGABYTE
"""Limit of what a zip archive claims to contain, in bytes."""
MAX_ARRAYS = 100
"""Limit of the arrays in a file; ours contain at most 10 weights and biases, twice, and a few more."""
MAX_HEADER = MEGABYTE
"""Limit of the header of a safetensors file and of a text in an archive, in bytes; ours take some 3 kB."""


class Unreadable(ValueError):
    """A file that cannot be used; its sentence is written when it is read, in the language that is then spoken.

    Parameters
    ----------
    sentence : Lazy
        Says what is wrong, and what to do where that is not plain; with a named place for each value.
    **given
        Values by name. A `str` is from the file, and so from outside; everything else is the dashboard's own.
    """

    def __init__(self, sentence: Lazy, **given: object) -> None:
        super().__init__(sentence, given)
        self.sentence, self.given = sentence, given

    def told(self, quote: Callable[[str], str]) -> str:
        """Write the sentence.

        Parameters
        ----------
        quote : callable
            Writes a text from outside so that it can do no harm where the sentence is shown.
        """
        values = {name: quote(value) if isinstance(value, str) else str(value) for name, value in self.given.items()}
        return str(self.sentence).format(**values)

    def __str__(self) -> str:
        return self.told(in_short)


def require(condition: bool, sentence: Lazy, **given: object) -> None:
    """Raise Unreadable with a sentence unless a condition holds."""
    if not condition:
        raise Unreadable(sentence, **given)


def check_size(data: bytes) -> None:
    """Raise Unreadable if a file is empty or too large."""
    require(len(data) > 0, _("The file is empty."))
    require(len(data) <= MAX_BYTES, _("The file is larger than {most} MB."), most=MAX_BYTES // MEGABYTE)
