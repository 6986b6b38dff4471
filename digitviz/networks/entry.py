"""What the entries of a table have in common."""

from __future__ import annotations

from dataclasses import dataclass

from digitviz.language import Lazy


@dataclass(frozen=True)
class Entry:
    """One way to do a thing, which a setting can name.

    Parameters
    ----------
    name : str
        What settings and addresses call it.
    title : Lazy
        What a page calls it.
    meaning : Lazy
        A phrase that continues its title.
    """

    name: str
    title: Lazy
    meaning: Lazy
