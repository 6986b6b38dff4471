"""What a figure says of itself, so that a slider through a training can write another moment over it in the browser.

The other half is `digitviz/dashboard/components/follow.js`.
"""

from __future__ import annotations

import numpy as np

from digitviz.figures.colours import CORRECT_COLOUR, WRONG_COLOUR
from digitviz.figures.digits import MOST_LIKELY
from digitviz.figures.picture import Plain
from digitviz.language import gettext as _

LABEL_WIDTH = 58
"""Pixels beside the bars, for the label's name."""


def follows(figure: Plain, kind: str, **needed: object) -> Plain:
    """Let a figure follow the slider; return it.

    Parameters
    ----------
    figure : Plain
    kind : str
        What it shows: "curves", "losses", "weights", "neurons", "guesses", "confusion" or "probabilities".
    **needed
        What else the browser must know to draw it.
    """
    figure["layout"].setdefault("meta", {})["follows"] = {"kind": kind, **needed} if needed else kind
    return figure


def weights(figure: Plain, layer: int, rows: np.ndarray, columns: np.ndarray) -> Plain:
    """Let the second and third matrix of a layer, of which these rows and columns are drawn, follow the slider."""
    title = _("{name} {moment}").format(name=f"w{layer + 1}", moment="{moment}")
    return follows(figure, "weights", layer=layer, rows=rows.tolist(), columns=columns.tolist(), title=title)


def guesses(figure: Plain, count: int) -> Plain:
    """Let what is written below the first digits of the test set follow the slider."""
    return follows(
        figure, "guesses", count=count, most=MOST_LIKELY, correct=_("{guess} ✓"), wrong=_("{guess} ✗ is {label}"),
        colours=[CORRECT_COLOUR, WRONG_COLOUR], sure=_("Label {label}, read as"), likely=_("{digit}: {probability}"),
    )  # fmt: skip


def probabilities(figure: Plain, pixels: np.ndarray, label: int) -> Plain:
    """Let the bars of `probability_bars` follow the slider, for a digit of 64 pixels, and name its label."""
    layout = figure["layout"]
    named = [
        _("label {digit}").format(digit=f"<b>{digit}</b>") if digit == label else str(digit) for digit in range(10)
    ]
    layout["yaxis"] |= {"ticktext": named, "title": {"text": ""}}
    layout["margin"] |= {"l": LABEL_WIDTH}
    return follows(
        figure, "probabilities", pixels=np.ravel(pixels).astype(float).tolist(),
        says=_("Probabilities of the ten digits; {digit} has the largest, {probability}"),
    )  # fmt: skip
