"""Tables: what a setting can name, by its name."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol, TypeVar

from digitviz.language import Lazy


@dataclass(frozen=True)
class Entry:
    """One way to do a thing.

    Parameters
    ----------
    name : str
        Name in settings and addresses.
    title : Lazy
        Name on pages.
    meaning : Lazy
        A phrase that continues its title.
    """

    name: str
    title: Lazy
    meaning: Lazy


class Named(Protocol):
    """An entry of any table."""

    @property
    def name(self) -> str:
        """Name in settings and addresses."""


N = TypeVar("N", bound=Named)


def by_name(*entries: N) -> dict[str, N]:
    """Return a table of entries, in their order."""
    return {entry.name: entry for entry in entries}
