"""The options of a method, with their ranges and defaults."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from digitviz.language import Lazy, lazy_gettext
from digitviz.ranges import in_short

QUALITIES = {"quick": lazy_gettext("Quick"), "best": lazy_gettext("Best")}
"""The qualities of a map, each with its title."""
LARGE = 5000
"""Points from which quick maps take fewer iterations, to stay within five seconds at 20,000."""


@dataclass(frozen=True)
class Option:
    """One option of a method: a number or a word.

    Parameters
    ----------
    name : str
    title : Lazy
        On the screen.
    description : Lazy
        One sentence.
    quick, best : int, float or str
        The default for each quality.
    low, high : int or float
        The range, both ends included; not used for words.
    choices : mapping of str to Lazy
        The words to choose from, each with its title; empty for numbers.
    large : int or float, optional
        The quick default for more than `LARGE` points, where it differs.
    """

    name: str
    title: Lazy
    description: Lazy
    quick: int | float | str
    best: int | float | str
    low: float = 0
    high: float = 0
    choices: Mapping[str, Lazy] = field(default_factory=dict, hash=False)
    large: int | float | None = None

    @property
    def integer(self) -> bool:
        """Whether only whole numbers are allowed."""
        return isinstance(self.quick, int)

    def default(self, quality: str, points: int) -> int | float | str:
        """Return the value for callers that give none."""
        if quality == "best":
            return self.best
        return self.large if self.large is not None and points > LARGE else self.quick

    def check(self, value: Any) -> int | float | str:
        """Return `value` as the number or word it stands for.

        Raises
        ------
        ValueError
            If it is of another kind or out of range.
        """
        if self.choices:
            if not isinstance(value, str) or value not in self.choices:
                raise ValueError(f"{self.name}: {in_short(value)} is not one of {', '.join(self.choices)}")
            return str(value)
        try:
            number = float(value)
        except (TypeError, ValueError, OverflowError):
            raise ValueError(f"{self.name}: {in_short(value)} is not a number") from None
        if not self.low <= number <= self.high:
            raise ValueError(f"{self.name}: {in_short(value)} is not between {self.low:g} and {self.high:g}")
        if self.integer and number != int(number):
            raise ValueError(f"{self.name}: {in_short(value)} is not a whole number")
        return int(number) if self.integer else number
