"""Metadata that lets the browser update figures when the training slider moves, or while a digit is drawn.

`digitviz/dashboard/components/follow.js` contains the code in the browser.
"""

import numpy as np

from digitviz.figures import draw
from digitviz.figures.colours import TEST_COLOUR, TRAIN_COLOUR, on_ink
from digitviz.figures.picture import Plain
from digitviz.figures.reading import CELLS_IN_A_ROW, MARKED, SAYS
from digitviz.language import gettext as _

LABEL_WIDTH = 70
"""Width in pixels for the label's name, next to the bars."""


def follows(figure: Plain, kind: str, **needed: object) -> Plain:
    """Make a figure follow the slider, and return the figure.

    Parameters
    ----------
    figure : Plain
    kind : str
        Content of the figure: "curves", "losses", "weights", "neurons", "confusion", "probabilities",
        "stages", "digit_with_numbers" or "hidden_cells".
    **needed
        Further values that the browser needs for the update.
    """
    figure["layout"].setdefault("meta", {})["follows"] = {"kind": kind, **needed}
    return figure


def weights(figure: Plain, layer: int, rows: np.ndarray, columns: np.ndarray, says: str) -> Plain:
    """Make the second and third matrix of a layer follow the slider. They show these rows and columns.

    `says` is a sentence on the figure with a field for the largest change.
    """
    title = _("{name} {moment}").format(name=f"w{layer + 1}", moment="{moment}")
    return follows(figure, "weights", layer=layer, rows=rows.tolist(), columns=columns.tolist(), title=title, says=says)


def probabilities(figure: Plain, pixels: np.ndarray, label: int) -> Plain:
    """Make the bars of `probability_bars` follow the slider, for a digit of 64 pixels, and highlight its label.

    A wrong answer has the colour of mistakes.
    """
    layout, named = figure["layout"], [str(digit) for digit in range(10)]
    named[label] = _("label {digit}").format(digit=f"<b>{label}</b>")
    layout["yaxis"] |= {"ticktext": named}
    (bar,), colours = figure["data"], [TRAIN_COLOUR, TEST_COLOUR]
    bar["selected"]["marker"]["color"] = colours[bar["selectedpoints"] != [label]]
    layout["margin"] |= {"l": LABEL_WIDTH}
    del layout["meta"]["phone_layout"]  # its margin is narrower
    told = {"label": label, "colours": colours, "says": str(SAYS["probability_bars"])}
    return follows(figure, "probabilities", pixels=np.ravel(pixels).astype(float).tolist(), **told)


def pen(figure: Plain, name: str) -> Plain:
    """Make a picture of `digitviz.figures.reading` follow the pen. `name` is its function."""
    needed: dict[str, dict[str, object]] = {
        "digit_with_numbers": {"colours": [on_ink(ink) for ink in range(17)]},
        "hidden_cells": {
            "columns": CELLS_IN_A_ROW,
            "marked": MARKED,
            "box": draw.box_around(0, 0, 0.5, (TEST_COLOUR, 3)),
        },
    }
    kind = "probabilities" if name == "probability_bars" else name
    return follows(figure, kind, rests=True, says=str(SAYS[name]), **needed.get(name, {}))
