"""Allowed values of settings, and error messages for other values."""

from __future__ import annotations

import dataclasses
import math
import reprlib
from collections.abc import Mapping
from dataclasses import dataclass
from numbers import Integral, Real
from typing import Any, Protocol

import numpy as np

from digitviz.language import Lazy, gettext as _, listed
from digitviz.numbers import plain_number

MAX_SHOWN = 60
"""Maximum number of characters of a refused value in an error message."""
LARGEST_WRITTEN_OUT = 10**30
"""Limit above which integers are abbreviated. Python itself refuses to print more than 4,300 digits."""


class Range(Protocol):
    """The allowed values of a field."""

    def read(self, value: Any) -> Any:
        """Return the value in the type of the field; raise ValueError if it is not allowed."""


@dataclass(frozen=True)
class Interval:
    """Numbers between two bounds, both included.

    Parameters
    ----------
    low, high : float
    integer : bool
        True if only whole numbers are allowed.
    logarithmic : bool
        True if sliders use a logarithmic scale.
    """

    low: float
    high: float
    integer: bool = False
    logarithmic: bool = False

    def __str__(self) -> str:
        said = _("a whole number from {low} to {high}") if self.integer else _("a number from {low} to {high}")
        return said.format(low=plain_number(self.low), high=plain_number(self.high))

    def read(self, value: Any) -> int | float:
        """Return the number; raise ValueError if it is not a number or out of range."""
        kind: Any = Integral if self.integer else Real
        if isinstance(value, bool) or not isinstance(value, kind):
            raise ValueError
        if not self.low <= value <= self.high:  # before the conversion, because huge integers do not fit into a float
            raise ValueError
        return int(value) if self.integer else float(value)


class Titled(Protocol):
    """A table entry that a control can offer."""

    @property
    def title(self) -> Lazy:
        """Title on the pages."""


class Explained(Titled, Protocol):
    """A table entry with an explanation."""

    @property
    def meaning(self) -> Lazy:
        """Phrase that continues the title."""


@dataclass(frozen=True)
class WithOptions:
    """A sentence about a setting, followed by a Markdown list of its options."""

    sentence: Lazy
    table: Mapping[str, Explained]

    def __str__(self) -> str:
        line = _("**{name}**: {value}")
        lines = (line.format(name=one.title, value=one.meaning) for one in self.table.values())
        return "\n".join([f"{self.sentence}\n", *(f"- {line}" for line in lines)])


@dataclass(frozen=True)
class Choice:
    """One of several names. "Cross-entropy" is accepted for "cross_entropy".

    Parameters
    ----------
    options : tuple of str
    titles : tuple of Lazy, optional
        Titles on the pages, in the same order; empty if the pages show the names.
    """

    options: tuple[str, ...]
    titles: tuple[Lazy, ...] = ()

    @classmethod
    def of(cls, table: Mapping[str, Titled]) -> Choice:
        """Return the choice between the keys of a table."""
        return cls(tuple(table), tuple(entry.title for entry in table.values()))

    def title(self, option: str) -> str:
        """Return the title of an option."""
        return str(self.titles[self.options.index(option)]) if self.titles else option

    def __str__(self) -> str:
        return _("one of {options}").format(options=listed(self.options))

    def read(self, value: Any) -> str:
        """Return the name as in `options`; raise ValueError if there is no such option."""
        if not isinstance(value, str):
            raise ValueError
        name = str(value).strip().lower().replace(" ", "_").replace("-", "_")
        if name not in self.options:
            raise ValueError
        return name


@dataclass(frozen=True)
class Switch:
    """True or False."""

    def __str__(self) -> str:
        return _("True or False")

    def read(self, value: Any) -> bool:
        """Return the bool; raise ValueError if it is not a bool."""
        if not isinstance(value, bool | np.bool_):
            raise ValueError
        return bool(value)


@dataclass(frozen=True)
class Layers:
    """Sizes of the hidden layers."""

    count: Interval
    neurons: Interval

    def __str__(self) -> str:
        return _("at most {most} whole numbers from {low} to {high}, one for each hidden layer").format(
            most=plain_number(self.count.high), low=plain_number(self.neurons.low), high=plain_number(self.neurons.high)
        )

    def read(self, value: Any) -> tuple[int, ...]:
        """Return the sizes. A single number is one layer. Raise ValueError if they are not allowed."""
        if isinstance(value, Integral):
            value = (value,)
        if not isinstance(value, list | tuple):
            raise ValueError
        self.count.read(len(value))
        return tuple(int(self.neurons.read(neurons)) for neurons in value)


@dataclass(frozen=True)
class Refusal:
    """A value that a field does not accept.

    Parameters
    ----------
    field : str
    value : object
        Any value; `in_short` formats it.
    allowed : Range or None
        Allowed values; None if there is no such field.
    """

    field: str
    value: Any = dataclasses.field(repr=False)
    allowed: Range | None

    def __str__(self) -> str:
        if self.allowed is None:
            return _("there is no hyperparameter {name}").format(name=in_short(self.field))
        return _("{field} must be {allowed}, not {value}").format(
            field=self.field, allowed=self.allowed, value=in_short(self.value)
        )


class _Short(reprlib.Repr):
    """`reprlib.Repr` with abbreviated huge integers."""

    def __init__(self) -> None:
        super().__init__()
        self.maxlevel = 2
        self.maxstring = self.maxother = 40

    def repr_int(self, x: int, level: int) -> str:
        if abs(x) < LARGEST_WRITTEN_OUT:
            return repr(x)
        return f"{'-' * (x < 0)}1e+{math.log10(abs(x)):.0f}"


def in_short(value: object) -> str:
    """Return the `repr` of a value, abbreviated to at most `MAX_SHOWN` characters."""
    text = _Short().repr(value)
    return text if len(text) <= MAX_SHOWN else text[: MAX_SHOWN - 3] + "..."
