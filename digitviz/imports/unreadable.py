"""A file that cannot be used, and why, in words."""

from __future__ import annotations

from collections.abc import Callable

from digitviz.language import Lazy
from digitviz.ranges import in_short


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
