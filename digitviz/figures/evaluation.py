"""What a network gets right and wrong: mistakes by label, and how often it is right when it is sure."""

from __future__ import annotations

import numpy as np

from digitviz.explanations.evaluation import Calibration
from digitviz.figures import draw
from digitviz.figures.colours import MUTED_COLOUR, TEST_COLOUR, TRAIN_COLOUR, see_through
from digitviz.figures.picture import Picture, Plain
from digitviz.figures.sentence import says
from digitviz.language import gettext as _

DARKEST_MISTAKE = 0.25
"""Share of a label's digits that are read as the same wrong digit for the cell to be as dark as it gets."""
ROOM = 0.04
"""Room beyond the outermost points, as a fraction of the axes."""


@Picture
def confusion_matrix(matrix: np.ndarray, percent: bool = False) -> Plain:
    """Draw a confusion matrix: correct answers in blue on the diagonal, mistakes in red, empty cells for none.

    Both traces are matrices of 10 x 10 in which nan leaves a cell empty: first the diagonal, then everything else. The
    scales depend only on the number of digits per label, so that they stay while a network learns.

    Parameters
    ----------
    matrix : ndarray of int, shape (10, 10)
        Counts, from `digitviz.confusion_matrix`: one row per label.
    percent : bool
        True to write percentages of each label instead of counts.
    """
    support = matrix.sum(axis=1, keepdims=True)
    shares = np.divide(matrix, support, out=np.zeros(matrix.shape), where=support > 0)
    values, notes, most = (shares, matrix, 1.0) if percent else (matrix, shares, float(max(support.max(), 1)))
    diagonal = np.eye(len(matrix), dtype=bool)
    lines = {"dtick": 1, "tick0": -0.5, "showgrid": True, "gridcolor": see_through(MUTED_COLOUR, 0.45)}
    each = {"dtick": 1, "showgrid": False, "zeroline": False, "fixedrange": True, "constrain": "domain", "minor": lines}
    mistakes = most * DARKEST_MISTAKE
    figure = draw.figure(
        _cells(_("correct"), values, notes, percent, diagonal & (matrix > 0), "coloraxis"),
        _cells(_("misclassified"), values, notes, percent, ~diagonal & (matrix > 0), "coloraxis2"),
        xaxis=draw.axis(_("read as"), range=[-0.5, 9.5], **each),
        yaxis=draw.axis(_("true digit"), range=[9.5, -0.5], scaleanchor="x", **each),
        coloraxis=draw.colour_axis("signed", cmin=-most, cmax=most, reversescale=True, showscale=False),
        coloraxis2=draw.colour_axis("signed", cmin=-mistakes, cmax=mistakes, showscale=False),
        margin=10,
        dragmode=False,
    )
    sentence = _("Confusion matrix of {count} digits: {correct} on the diagonal are correct, {wrong} are misclassified")
    correct, count = int(np.trace(matrix)), int(matrix.sum())
    return says(figure, sentence, count=f"{count:,}", correct=f"{correct:,}", wrong=f"{count - correct:,}")


def _cells(
    name: str, values: np.ndarray, notes: np.ndarray, percent: bool, shown: np.ndarray, coloraxis: str
) -> draw.Part:
    """Return some cells of the matrix; the others are left empty."""
    count, share = ("%{customdata}", "%{z:.1%}") if percent else ("%{z}", "%{customdata:.1%}")
    hover = _("label {label}, read as {answer}<br>digits: {count}<br>share of this label: {share}")
    hover = hover.format(label="%{y}", answer="%{x}", count=count, share=share)
    drawn = np.where(shown, values, np.nan).astype(np.float32)
    number = "%{z:.0%}" if percent else "%{z}"
    return draw.heatmap(
        drawn, hover, coloraxis=coloraxis, name=name, customdata=notes, xgap=1, ygap=1, texttemplate=number
    )


@Picture
def reliability(found: Calibration) -> Plain:
    """Draw how often answers are correct against how sure the network is; on the diagonal, both agree.

    Parameters
    ----------
    found : Calibration
        From `digitviz.explanations.evaluation.calibration`; one point per bin.
    """
    lowest = min(0.9, float(min([1.0, *found.confidence, *found.accuracy]))) - ROOM
    words = [_("how sure: {confidence}"), _("how often correct: {accuracy}"), _("digits: {count}")]
    hover = "<br>".join(words).format(confidence="%{x:.1%}", accuracy="%{y:.1%}", count="%{customdata}")
    diagonal, reach = np.array([lowest, 1.0]), {"range": [lowest, 1 + ROOM], "nticks": 7, "zeroline": False}
    marker = draw.dot(11, TRAIN_COLOUR)
    figure = draw.figure(
        draw.scatter(diagonal, diagonal, "lines", line=(MUTED_COLOUR, 2, "dot")),
        draw.scatter(found.confidence, found.accuracy, "markers", hover, customdata=found.count, marker=marker),
        xaxis=draw.percent_axis(_("how sure: mean probability of the answer"), **reach),
        yaxis=draw.percent_axis(_("how often correct"), **reach),
        shapes=[
            draw.rule(sure, sure, sure, right, (TEST_COLOUR, 3), layer="below")
            for sure, right in zip(found.confidence.tolist(), found.accuracy.tolist(), strict=True)
        ],
        showlegend=False,
    )
    if not len(found.count):
        return says(figure, _("No answers to compare with the labels"))
    sentence = _("How often answers are correct against how sure they are, in {count} bins; expected error {error}")
    return says(figure, sentence, count=len(found.count), error=f"{found.expected_error:.1%}")
