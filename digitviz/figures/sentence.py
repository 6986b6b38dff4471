"""What a picture shows, in one sentence: its name for whoever does not see it."""

from __future__ import annotations

import re
from typing import TypeVar

import numpy as np
import plotly.graph_objects as go

from digitviz.figures.picture import Plain
from digitviz.language import gettext as _

_MARKUP = re.compile(r"</?[a-z][^<>]*>")
Drawn = TypeVar("Drawn", go.Figure, Plain)
DIGITS = 3
"""Significant digits of a number in a sentence."""
LARGEST, SMALLEST = 1e15, 1e-9
"""Beyond these a number is written with a power of ten."""


def says(figure: Drawn, sentence: str) -> Drawn:
    """Return the figure with its sentence in `layout.meta["says"]`, which goes wherever the figure goes.

    Parameters
    ----------
    figure : Figure, or the same as plain data
    sentence : str
        What is seen, with the main number. Plotly's markup is taken out of it.
    """
    sentence = _MARKUP.sub("", sentence)
    if isinstance(figure, go.Figure):
        figure.layout.meta = {**(figure.layout.meta or {}), "says": sentence}
    else:
        figure["layout"]["meta"] = {**figure["layout"].get("meta", {}), "says": sentence}
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
