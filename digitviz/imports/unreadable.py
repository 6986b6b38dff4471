"""The error for files that cannot be read, and limits on their size."""

from collections.abc import Callable

from digitviz.language import Lazy, lazy_gettext as _
from digitviz.ranges import in_short

MEGABYTE = 1_000_000
MAX_BYTES = 20 * MEGABYTE
"""Maximum size of a file. The initial and current weights of the largest network take 13 MB."""
MAX_UNPACKED = 64 * MEGABYTE
"""Maximum total size that a zip archive claims for its members, in bytes."""
MAX_ARRAYS = 100
"""Maximum number of arrays in a file. Ours contain at most 10 weights and biases, twice, and a few more."""
MAX_HEADER = MEGABYTE
"""Maximum header of a safetensors file, or text in an archive, in bytes. Ours take about 3 kB."""


class Unreadable(ValueError):
    """A file that cannot be used. The message is translated when it is read.

    Parameters
    ----------
    sentence : Lazy
        Says what is wrong and, if that is not obvious, what to do. Has named placeholders.
    **given
        Values of the placeholders. A `str` comes from the file and is untrusted; other types are our own.
    """

    def __init__(self, sentence: Lazy, **given: object) -> None:
        super().__init__(sentence, given)
        self.sentence, self.given = sentence, given

    def told(self, quote: Callable[[str], str]) -> str:
        """Return the sentence.

        Parameters
        ----------
        quote : callable
            Escapes untrusted text.
        """
        values = {name: quote(value) if isinstance(value, str) else str(value) for name, value in self.given.items()}
        return str(self.sentence).format(**values)

    def __str__(self) -> str:
        return self.told(in_short)


def require(condition: bool, sentence: Lazy, **given: object) -> None:
    """Raise Unreadable unless a condition holds."""
    if not condition:
        raise Unreadable(sentence, **given)


def check_size(data: bytes) -> None:
    """Raise Unreadable if a file is empty or too large."""
    require(len(data) > 0, _("The file is empty."))
    require(len(data) <= MAX_BYTES, _("The file is larger than {most} MB."), most=MAX_BYTES // MEGABYTE)
