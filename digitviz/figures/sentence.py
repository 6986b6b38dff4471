"""Texts of figures: one-sentence descriptions for screen readers, and names that people typed."""

from __future__ import annotations

import re
from html import escape

import numpy as np

from digitviz.figures.picture import Plain
from digitviz.language import gettext as _

_MARKUP = re.compile(r"</?[a-z][^<>]*>")
DIGITS = 3
"""Significant digits of a number in a sentence."""
LARGEST, SMALLEST = 1e15, 1e-9
"""Numbers beyond these are written with a power of ten."""
MAX_NAME = 40
"""Characters of a name in a legend or next to a point."""


def says(figure: Plain, sentence: str, **values: object) -> Plain:
    """Describe a figure in one sentence, kept in `layout.meta["says"]`, and return the figure.

    Parameters
    ----------
    figure : Plain
    sentence : str
        Description with the main number. Plotly's markup is removed.
    **values
        Values for the fields of the sentence.
    """
    said = _MARKUP.sub("", sentence.format(**values) if values else sentence)
    figure["layout"]["meta"] = {**figure["layout"].get("meta", {}), "says": said}
    return figure


def short(number: float) -> str:
    """Write a number with three significant digits as a person would: 0.000001 rather than 1e-06, 1,800, −0.5."""
    number = float(number)
    if not np.isfinite(number):
        return {"nan": _("not a number"), "inf": "∞", "-inf": "−∞"}[str(number)]
    size = abs(number)
    if size and not SMALLEST <= size < LARGEST:
        written = f"{size:.{DIGITS}g}"
    else:
        rounded = float(f"{size:.{DIGITS}g}")
        decimals = 0 if rounded == 0 else max(0, DIGITS - 1 - int(np.floor(np.log10(rounded))))
        written = f"{rounded:,.{decimals}f}"
        written = written.rstrip("0").rstrip(".") if decimals else written
    return f"−{written}" if number < 0 else written


def as_text(name: str) -> str:
    """Escape a name so that Plotly, which reads its texts as a kind of HTML, shows it unchanged."""
    return escape(name, quote=False)


def in_brief(name: str, limit: int = MAX_NAME) -> str:
    """Escape the beginning of a name for Plotly; an ellipsis marks a name that is cut."""
    return as_text(name if len(name) <= limit else f"{name[: limit - 1]}…")
