"""Is a network as often right as it is sure?"""

from __future__ import annotations

import numpy as np

from digitviz.explanations.evaluation import Calibration
from digitviz.figures.colours import MUTED_COLOUR, TEST_COLOUR, TRAIN_COLOUR
from digitviz.figures.picture import Picture, Plain, plain_figure
from digitviz.figures.sentence import says
from digitviz.language import gettext as _

ROOM = 0.04
"""Free beyond the outermost points, as a fraction of the axes."""


@Picture
def reliability(found: Calibration) -> Plain:
    """Draw how often answers are correct against how sure the network is of them: on the diagonal if it knows itself.

    Parameters
    ----------
    found : Calibration
        From `digitviz.explanations.evaluation.calibration`; one point per bin.
    """
    lowest = float(min([1.0, *found.confidence, *found.accuracy]))
    lowest = min(0.9, lowest) - ROOM
    gaps = [
        {
            "type": "line", "x0": sure, "x1": sure, "y0": sure, "y1": right, "layer": "below",
            "line": {"color": TEST_COLOUR, "width": 3},
        }
        for sure, right in zip(found.confidence.tolist(), found.accuracy.tolist(), strict=True)
    ]  # fmt: skip
    hover = [_("how sure: {confidence}"), _("how often correct: {accuracy}"), _("digits: {count}")]
    numbers = {"confidence": "%{x:.1%}", "accuracy": "%{y:.1%}", "count": "%{customdata}"}
    reach = {"range": [lowest, 1 + ROOM], "tickformat": ".0%", "nticks": 7, "zeroline": False}
    figure = plain_figure(
        {
            "type": "scatter", "x": np.array([lowest, 1.0]), "y": np.array([lowest, 1.0]), "mode": "lines",
            "line": {"color": MUTED_COLOUR, "width": 2, "dash": "dot"}, "hoverinfo": "skip",
        },
        {
            "type": "scatter", "x": found.confidence, "y": found.accuracy, "customdata": found.count,
            "mode": "markers", "marker": {"color": TRAIN_COLOUR, "size": 11},
            "hovertemplate": "<br>".join(hover).format(**numbers) + "<extra></extra>",
        },
        xaxis={**reach, "title": {"text": _("how sure: mean probability of the answer")}},
        yaxis={**reach, "title": {"text": _("how often correct")}},
        shapes=gaps,
        showlegend=False,
    )  # fmt: skip
    if not len(found.count):
        return says(figure, _("No answers to compare with the labels"))
    sentence = _("How often answers are correct against how sure they are, in {count} bins; expected error {error}")
    return says(figure, sentence.format(count=len(found.count), error=f"{found.expected_error:.1%}"))
