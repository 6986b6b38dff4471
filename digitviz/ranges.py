"""What a setting accepts, and the message for a value that it refuses."""

from __future__ import annotations

import dataclasses
import math
import reprlib
from collections.abc import Mapping
from dataclasses import dataclass
from numbers import Integral, Real
from typing import Any, Protocol

import numpy as np

from digitviz.language import Lazy
from digitviz.language import gettext as _
from digitviz.numbers import plain_number

MAX_SHOWN = 60
"""Characters of a refused value that an error message shows."""
LARGEST_WRITTEN_OUT = 10**30
"""Python refuses to write out integers of more than 4,300 digits; nobody reads even a hundred."""


class Range(Protocol):
    """What a field accepts: `read` returns the value in its own type or raises ValueError."""

    def read(self, value: Any) -> Any:
        """Return the value in its own type; raise ValueError if it is not accepted."""


@dataclass(frozen=True)
class Interval:
    """Numbers between two bounds, both included.

    Parameters
    ----------
    low, high : float
    integer : bool
        Whole numbers only.
    logarithmic : bool
        A slider over it has a logarithmic scale.
    """

    low: float
    high: float
    integer: bool = False
    logarithmic: bool = False

    def __str__(self) -> str:
        said = _("a whole number from {low} to {high}") if self.integer else _("a number from {low} to {high}")
        return said.format(low=plain_number(self.low), high=plain_number(self.high))

    def read(self, value: Any) -> int | float:
        """Return the number; raise ValueError if it is not one or lies outside."""
        kind: Any = Integral if self.integer else Real
        if isinstance(value, bool) or not isinstance(value, kind):
            raise ValueError
        if not self.low <= value <= self.high:  # before any conversion: a huge integer fits no float
            raise ValueError
        return int(value) if self.integer else float(value)


class Titled(Protocol):
    """An entry of a table that a control can offer."""

    @property
    def title(self) -> Lazy:
        """What a page calls it."""


class Explained(Titled, Protocol):
    """An entry of a table that says what it is."""

    @property
    def meaning(self) -> Lazy:
        """A phrase that continues its title."""


@dataclass(frozen=True)
class WithOptions:
    """A sentence on a setting, and in Markdown a list of what it can be set to.

    Parameters
    ----------
    sentence : Lazy
    table : mapping of str to Explained
    """

    sentence: Lazy
    table: Mapping[str, Explained]

    def __str__(self) -> str:
        return "\n".join([f"{self.sentence}\n", *(f"- **{one.title}**: {one.meaning}" for one in self.table.values())])


@dataclass(frozen=True)
class Choice:
    """One of a few names; "Cross-entropy" is accepted for "cross_entropy".

    Parameters
    ----------
    options : tuple of str
    titles : tuple of Lazy, optional
        What a page calls them, in the same order; empty if a page uses the names themselves.
    """

    options: tuple[str, ...]
    titles: tuple[Lazy, ...] = ()

    @classmethod
    def of(cls, table: Mapping[str, Titled]) -> Choice:
        """Return the choice between the entries of a table, by their names in it."""
        return cls(tuple(table), tuple(entry.title for entry in table.values()))

    def title(self, option: str) -> str:
        """Return what a page calls an option."""
        return str(self.titles[self.options.index(option)]) if self.titles else option

    def __str__(self) -> str:
        return _("one of {options}").format(options=", ".join(self.options))

    def read(self, value: Any) -> str:
        """Return the name as it is listed; raise ValueError if it is not in the list."""
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
        """Return the bool; raise ValueError if it is not one."""
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
        """Return the sizes; a single number is one layer. Raise ValueError if they are not allowed."""
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
        As it was given, whatever it is; `in_short` writes it.
    allowed : Range or None
        What the field accepts; None if there is no such field.
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
    """Python's own short form, but without writing out every digit of a huge integer."""

    def __init__(self) -> None:
        super().__init__()
        self.maxlevel = 2
        self.maxstring = self.maxother = 40

    def repr_int(self, x: int, level: int) -> str:
        if abs(x) < LARGEST_WRITTEN_OUT:
            return repr(x)
        return f"{'-' * (x < 0)}1e+{math.log10(abs(x)):.0f}"


def in_short(value: object) -> str:
    """Write any value in one line of at most `MAX_SHOWN` characters: as `repr` does if that is short."""
    text = _Short().repr(value)
    return text if len(text) <= MAX_SHOWN else text[: MAX_SHOWN - 3] + "..."
