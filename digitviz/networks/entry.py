"""Tables of named choices for the settings."""

from dataclasses import dataclass
from typing import TypeVar

from digitviz.language import Lazy


@dataclass(frozen=True)
class Named:
    """An entry of a table.

    Parameters
    ----------
    name : str
        Name in settings and links.
    title : Lazy
        Name on pages.
    """

    name: str
    title: Lazy


@dataclass(frozen=True)
class Entry(Named):
    """One choice for a setting.

    Parameters
    ----------
    name, title
        See `Named`.
    meaning : Lazy
        A phrase that continues its title.
    """

    meaning: Lazy


N = TypeVar("N", bound=Named)


def by_name(*entries: N) -> dict[str, N]:
    """Return a table of entries by name, in the given order."""
    return {entry.name: entry for entry in entries}
