from __future__ import annotations

import numpy as np
import pytest

from digitviz.figures import loss_lesson
from digitviz.lesson.blame import INPUTS, WEIGHTS, blame


def test_the_guess_stands_as_bars_and_the_target_as_an_outline():
    probabilities = np.linspace(0, 0.2, 10)
    figure = loss_lesson.guess_and_target(probabilities, 7)
    ground, bars, outline = figure.data
    np.testing.assert_array_equal(bars.y, probabilities)
    assert (outline.x, outline.y) == ((7,), (1.0,))
    assert {bars.hoverinfo, outline.hoverinfo} == {"skip"}  # the ground alone is clicked, at any height
    assert (ground.y[0], ground.y[-1]) == (0, 1)
    np.testing.assert_allclose(ground.customdata[30], probabilities, rtol=1e-6)


def test_both_losses_are_marked_where_the_guess_is():
    figure = loss_lesson.losses_against_probability(
        np.array([0.1, 0.9]), np.array([0.4, 0.1]), np.array([2.3, 0.1]), (0.001, 0.5, 6.9), 2
    )
    assert [trace.y[0] for trace in figure.data if trace.mode == "markers"] == [0.5, 6.9]
    assert figure.layout.yaxis.range[1] > 6.9


def test_the_tangent_has_the_slope_of_the_parabola():
    found = blame(INPUTS, WEIGHTS, 1.0)
    curve, tangent, point = error_traces = loss_lesson.error_parabola(found).data
    assert len(error_traces) == 3
    assert np.diff(tangent.y)[0] / np.diff(tangent.x)[0] == pytest.approx(found.derivative)
    np.testing.assert_allclose(curve.y, (1 - curve.x) ** 2 / 2)
    assert (point.x[0], point.y[0]) == (found.output, found.squared_error)


def test_shares_and_steps_stand_side_by_side_and_shares_may_be_missing():
    found, steps = blame(INPUTS, WEIGHTS, 1.0), np.array([0.1, 0.2, 0.3, 0.4])
    shares, descent = loss_lesson.blame_shares(found, steps).data
    np.testing.assert_array_equal(shares.y, found.shares)
    np.testing.assert_array_equal(descent.y, steps)
    assert len(loss_lesson.blame_shares(blame(INPUTS, np.zeros(4), 1.0), steps).data) == 1
