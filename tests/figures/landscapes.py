"""Samples of pictures of landscapes and straight lines, with the text they show."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import plotly.graph_objects as go

from digitviz.explanations.landscape import Landscape
from digitviz.explanations.matching import StraightLine
from digitviz.figures import loss_landscape, straight_line as line_figures


def of_landscapes() -> dict[str, tuple[Callable[[], go.Figure], str]]:
    around = Landscape(
        np.arange(3.0), np.arange(2.0), np.array([[4, 2, 1], [3, 2, 0.5]]), np.zeros((3, 2)), np.array([4, 2, 0.75]),
        np.zeros((2, 0)), np.array([0.75, 0.125]),
    )  # fmt: skip
    moments = ["before training", "after batch 1", "after batch 2"]
    path = "0.5 to 4; a path of 3 points ends at 0.75, after batch 2"
    line = StraightLine(np.array([0.0, 1.0]), np.array([0.5, 0.75]), np.array([2.0, 1.0]))
    return {
        "landscape_from_above": (lambda: loss_landscape.landscape_from_above(around, moments), path),
        "landscape_in_space": (lambda: loss_landscape.landscape_in_space(around, moments), path),
        "straight_line": (
            lambda: line_figures.straight_line({"as they are": line}), "neurons as they are: lowest accuracy 50.0%",
        ),
    }  # fmt: skip
