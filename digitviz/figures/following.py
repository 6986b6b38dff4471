"""How a slider through a training writes another point in training into a figure, in the browser.

The other half is `digitviz/dashboard/components/follow.js`.
"""

from __future__ import annotations

import numpy as np

from digitviz.figures.colours import CORRECT_COLOUR, WRONG_COLOUR
from digitviz.figures.digits import MAX_LIKELY
from digitviz.figures.picture import Plain
from digitviz.language import gettext as _

LABEL_WIDTH = 58
"""Pixels next to the bars, for the label's name."""


def follows(figure: Plain, kind: str, **needed: object) -> Plain:
    """Let a figure follow the slider, and return the figure.

    Parameters
    ----------
    figure : Plain
    kind : str
        Content of the figure: "curves", "losses", "weights", "neurons", "guesses", "confusion" or "probabilities".
    **needed
        Further values that the browser needs to draw it.
    """
    figure["layout"].setdefault("meta", {})["follows"] = {"kind": kind, **needed} if needed else kind
    return figure


def weights(figure: Plain, layer: int, rows: np.ndarray, columns: np.ndarray) -> Plain:
    """Let the second and third matrix of a layer, drawn with these rows and columns, follow the slider."""
    title = _("{name} {moment}").format(name=f"w{layer + 1}", moment="{moment}")
    return follows(figure, "weights", layer=layer, rows=rows.tolist(), columns=columns.tolist(), title=title)


def guesses(figure: Plain, count: int) -> Plain:
    """Let the captions of the first digits of the test set follow the slider."""
    words = {"correct": _("{guess} ✓"), "wrong": _("{guess} ✗ is {label}"), "likely": _("{digit}: {probability}")}
    words["sure"] = _("Label {label}, read as")
    return follows(figure, "guesses", count=count, most=MAX_LIKELY, colours=[CORRECT_COLOUR, WRONG_COLOUR], **words)


def probabilities(figure: Plain, pixels: np.ndarray, label: int) -> Plain:
    """Let the bars of `probability_bars` follow the slider, for a digit of 64 pixels, and name its label."""
    layout, named = figure["layout"], [str(digit) for digit in range(10)]
    named[label] = _("label {digit}").format(digit=f"<b>{label}</b>")
    layout["yaxis"] |= {"ticktext": named, "title": {"text": ""}}
    layout["margin"] |= {"l": LABEL_WIDTH}
    said = _("Probabilities of the ten digits; {digit} has the largest, {probability}")
    return follows(figure, "probabilities", pixels=np.ravel(pixels).astype(float).tolist(), says=said)
