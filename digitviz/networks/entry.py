"""Tables of named choices for the settings."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol, TypeVar

from digitviz.language import Lazy


@dataclass(frozen=True)
class Entry:
    """One choice for a setting.

    Parameters
    ----------
    name : str
        Name in settings and links.
    title : Lazy
        Name on pages.
    meaning : Lazy
        A phrase that continues its title.
    """

    name: str
    title: Lazy
    meaning: Lazy


class Named(Protocol):
    """An entry with a name."""

    @property
    def name(self) -> str:
        """Name in settings and links."""


N = TypeVar("N", bound=Named)


def by_name(*entries: N) -> dict[str, N]:
    """Return a table of entries by name, in the given order."""
    return {entry.name: entry for entry in entries}
