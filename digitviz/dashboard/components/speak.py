"""What a screen reader is told of the page without being asked, see `speak.js`."""

from __future__ import annotations

from digitviz.dashboard.components.component import component

_component = component("speak")


def announce(key: str, words: str | None) -> None:
    """Have a screen reader say something, once for as long as it stays the same.

    Parameters
    ----------
    key : str
        Of the element, which is not seen.
    words : str or None
        Plain text; None if there is nothing to say.
    """
    _component(key=key, data={"words": words}, height=1)
