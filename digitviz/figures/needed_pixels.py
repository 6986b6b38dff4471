"""Which pixels an answer needs."""

from __future__ import annotations

import numpy as np

from digitviz.explanations.robustness import Occlusion
from digitviz.figures.colours import MARK_COLOUR
from digitviz.figures.picture import Picture, Plain, plain_figure
from digitviz.figures.reading import COUNTED
from digitviz.figures.sentence import says
from digitviz.figures.theme import signed_axis
from digitviz.language import gettext as _
from digitviz.language import ngettext


@Picture
def needed_pixels(occlusion: Occlusion) -> Plain:
    """Draw how the probability of the answer changes when each pixel is covered; frame those that flip it.

    Parameters
    ----------
    occlusion : Occlusion
    """
    points = 100 * occlusion.changes
    frames, notes = [], []
    for row, column in np.argwhere(occlusion.flips).tolist():
        frames.append(
            {
                "type": "rect", "x0": column + 0.5, "x1": column + 1.5, "y0": row + 0.5, "y1": row + 1.5,
                "line": {"color": MARK_COLOUR, "width": 3},
            }
        )  # fmt: skip
        answer = int(occlusion.labels[row, column])
        notes.append({"x": column + 1, "y": row + 1, "text": f"<b>{answer}</b>", "showarrow": False})
    hover = _("row {row}, column {column}<br>covered, it says {answer}<br>{label} has {probability}").format(
        row="%{y}", column="%{x}", answer="%{customdata[0]}", label=occlusion.label, probability="%{customdata[1]:.2%}"
    )
    cells = {
        "type": "heatmap", "z": points.astype(np.float32), "coloraxis": "coloraxis", "xgap": 1, "ygap": 1,
        "x": COUNTED, "y": COUNTED, "hovertemplate": f"{hover}<extra></extra>",
        "customdata": np.stack([occlusion.labels, occlusion.probabilities], -1).astype(np.float32),
    }  # fmt: skip
    bar = {
        "title": {"text": _("change in percentage points"), "side": "top"}, "orientation": "h", "y": -0.05,
        "yanchor": "top",
    }  # fmt: skip
    figure = plain_figure(
        cells,
        coloraxis=signed_axis(points, colorbar=bar),
        meta={"scales": {"coloraxis": "signed"}},
        xaxis={"visible": False, "fixedrange": True},
        yaxis={"visible": False, "fixedrange": True, "autorange": "reversed", "scaleanchor": "x"},
        margin={"l": 0, "r": 0, "t": 8, "b": 0},
        shapes=frames,
        annotations=notes,
    )
    count = len(frames)
    sentence = ngettext(
        "What covering each pixel does to the probability of {label}, {probability}; {count} pixel flips the answer",
        "What covering each pixel does to the probability of {label}, {probability}; {count} pixels flip the answer",
        count,
    )
    return says(figure, sentence.format(label=occlusion.label, probability=f"{occlusion.probability:.1%}", count=count))
