"""Names that people gave, in a picture: Plotly takes its texts for a kind of HTML."""

from __future__ import annotations

from html import escape

MOST_SHOWN = 40
"""Characters of a name in a legend or beside a point."""


def as_text(name: str) -> str:
    """Write a name so that Plotly shows it as it is, whatever is in it."""
    return escape(name, quote=False)


def in_brief(name: str, most: int = MOST_SHOWN) -> str:
    """Write the beginning of a name so that Plotly shows it as it is; an ellipsis ends one that is cut."""
    return as_text(name if len(name) <= most else f"{name[: most - 1]}…")
