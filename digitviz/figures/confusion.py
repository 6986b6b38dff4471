"""Which digit is taken for which."""

from __future__ import annotations

from typing import Any

import numpy as np

from digitviz.figures.colours import MUTED_COLOUR, see_through
from digitviz.figures.picture import Picture, Plain, plain_figure
from digitviz.figures.sentence import says
from digitviz.figures.theme import colour_axis
from digitviz.language import gettext as _

DARKEST_MISTAKE = 0.25
"""Of a digit's number: where so many are mistaken for the same, the cell is as dark as it gets."""


@Picture
def confusion_matrix(matrix: np.ndarray, percent: bool = False) -> Plain:
    """Draw a confusion matrix: correct answers in blue on the diagonal, mistakes in red, nothing where there are none.

    Both traces are matrices of 10 x 10 in which nan leaves a cell empty: first the diagonal, then all else. The scales
    depend on how many there are of each digit alone, so that they stay while a network learns.

    Parameters
    ----------
    matrix : ndarray of int, shape (10, 10)
        Counts, from `digitviz.confusion_matrix`: one row per true digit.
    percent : bool
        Write the percent of each true digit rather than counts.
    """
    support = matrix.sum(axis=1, keepdims=True)
    shares = np.divide(matrix, support, out=np.zeros(matrix.shape), where=support > 0)
    values, notes, most = (shares, matrix, 1.0) if percent else (matrix, shares, float(max(support.max(), 1)))
    diagonal = np.eye(len(matrix), dtype=bool)
    traces = [
        _cells(_("correct"), values, notes, percent, diagonal & (matrix > 0), "coloraxis"),
        _cells(_("misclassified"), values, notes, percent, ~diagonal & (matrix > 0), "coloraxis2"),
    ]
    lines = {"dtick": 1, "tick0": -0.5, "showgrid": True, "gridcolor": see_through(MUTED_COLOUR, 0.45)}
    axis = {
        "dtick": 1, "range": [-0.5, 9.5], "showgrid": False, "zeroline": False, "fixedrange": True,
        "constrain": "domain", "minor": lines,
    }  # fmt: skip
    figure = plain_figure(
        *traces,
        xaxis={**axis, "title": {"text": _("read as")}},
        yaxis={**axis, "title": {"text": _("true digit")}, "range": [9.5, -0.5], "scaleanchor": "x"},
        coloraxis=colour_axis("signed", cmin=-most, cmax=most, reversescale=True, showscale=False),
        coloraxis2=colour_axis(
            "signed", cmin=-most * DARKEST_MISTAKE, cmax=most * DARKEST_MISTAKE, showscale=False
        ),
        margin={"l": 10, "r": 10, "t": 10, "b": 10},
        meta={"scales": {"coloraxis": "signed", "coloraxis2": "signed"}},
        dragmode=False,
    )  # fmt: skip
    sentence = _("Confusion matrix of {count} digits: {correct} on the diagonal are correct, {wrong} are misclassified")
    correct, count = int(np.trace(matrix)), int(matrix.sum())
    numbers = {"count": f"{count:,}", "correct": f"{correct:,}", "wrong": f"{count - correct:,}"}
    return says(figure, sentence.format(**numbers))


def _cells(
    name: str, values: np.ndarray, notes: np.ndarray, percent: bool, shown: np.ndarray, axis: str
) -> dict[str, Any]:
    """Return some cells of the matrix; the others are left empty."""
    count, share = ("%{customdata}", "%{z:.1%}") if percent else ("%{z}", "%{customdata:.1%}")
    hover = _("label {label}, read as {answer}<br>digits: {count}<br>share of this label: {share}")
    return {
        "type": "heatmap",
        "name": name,
        "z": np.where(shown, values, np.nan).astype(np.float32),
        "customdata": notes,
        "coloraxis": axis,
        "xgap": 1,
        "ygap": 1,
        "texttemplate": "%{z:.0%}" if percent else "%{z}",
        "hovertemplate": hover.format(label="%{y}", answer="%{x}", count=count, share=share) + "<extra></extra>",
    }
