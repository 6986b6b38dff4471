from __future__ import annotations

import numpy as np
import pytest

from digitviz.figures import loss_lesson
from digitviz.lesson.neuron import INPUTS, WEIGHTS, blame


def test_the_guess_stands_as_bars_and_the_target_as_an_outline():
    probabilities = np.linspace(0, 0.2, 10)
    figure = loss_lesson.guess_and_target(probabilities, 7)
    ground, bars, outline = figure.data
    np.testing.assert_array_equal(bars.y, probabilities)
    assert (outline.x, outline.base, outline.y) == ((7,), (probabilities[7],), (1 - probabilities[7],))
    assert {bars.hoverinfo, outline.hoverinfo} == {"skip"}  # only the background is clickable, at any height
    assert (ground.y[0], ground.y[-1]) == (0, 1)
    assert (bars.text[0], bars.text[9], figure.layout.yaxis.tickvals) == ("", "20%", (0, 0.5, 1))
    assert [figure.layout.xaxis.ticktext[digit] for digit in (6, 7, 8)] == ["6", "<b>7</b><br>correct", "8"]
    assert bars.marker.color[7] == outline.marker.pattern.fgcolor  # its missing part
    assert len(set(bars.marker.color)) == 2  # and all others are wrong
    at_school = loss_lesson.guess_and_target(probabilities, 7, is_plain=True).layout
    assert [note.text for note in at_school.annotations] == ["<b>↕ 16%</b>", "missing<br>84%"]
    np.testing.assert_allclose(ground.customdata[30], probabilities, rtol=1e-6)
    handle, missing = figure.layout.annotations
    assert len(loss_lesson.guess_and_target(probabilities, 7, moves=False).layout.annotations) == 2
    assert (figure.layout.meta["drag"], handle.x, handle.y) == (7, 7, probabilities[7])
    assert missing.text == f"missing<br>{1 - probabilities[7]:.1%}"
    assert missing.bgcolor  # in a narrow window, the outline of the bar does not cross it
    _handle, beside = figure.layout.meta["narrow_layout"]["annotations"]
    assert (beside["xanchor"], beside["xshift"]) == ("right", -16)  # beside its bar, which is narrower
    on_a_phone = [
        loss_lesson.guess_and_target(shares, label).layout.meta["narrow_layout"]["annotations"][0]
        for shares, label in ((probabilities, 0), (probabilities, 9), (np.eye(10)[0], 1))
    ]
    assert on_a_phone[0]["y"] > probabilities[2] + 0.1  # above the next bars, which it would hide
    assert ["xanchor" in note for note in on_a_phone] == [False, True, False]  # the last one is not cut
    assert on_a_phone[2]["y"] == 0  # beside a long bar
    assert 13 <= figure.layout.meta["phone_words"] < (358 - loss_lesson.MARGIN) / 10 / 1.9  # "10%" fits above its bar


def test_both_losses_are_marked_where_the_guess_is():
    figure = loss_lesson.losses_against_probability(np.zeros(10), (0.001, 0.5, 6.9), 2)
    assert [trace.y[0] for trace in figure.data if trace.mode == "markers"] == [0.5, 6.9]
    assert figure.layout.yaxis.range[1] > 6.9


def test_the_tangent_has_the_slope_of_the_parabola():
    found = blame(INPUTS, WEIGHTS, 1.0)
    curve, tangent, point = error_traces = loss_lesson.error_parabola(found).data
    assert len(error_traces) == 3
    assert np.diff(tangent.y)[0] / np.diff(tangent.x)[0] == pytest.approx(found.derivative)
    np.testing.assert_allclose(curve.y, (1 - curve.x) ** 2 / 2)
    assert (point.x[0], point.y[0]) == (found.output, found.squared_error)
    assert tangent.name == "tangent"  # its letters are in the formulas, which a school folds


def test_the_outputs_after_both_changes_lie_on_the_parabola_and_in_the_picture():
    found = blame(INPUTS, WEIGHTS, 1.0)
    figure = loss_lesson.error_parabola(found, {"one": (0.98, "#123456"), "other": (1.2, "#654321")})
    one, other = figure.data[3:]
    assert (one.name, one.marker.color) == ("one", "#123456")
    assert (one.x[0], one.y[0]) == (0.98, pytest.approx(0.02**2 / 2))
    assert (other.x[0], other.y[0]) == (1.2, pytest.approx(0.2**2 / 2))
    low, high = figure.layout.xaxis.range
    assert low < found.output < 1.2 < high < 1.5


def test_each_digit_adds_its_part_to_both_losses():
    probabilities = np.array([0.5, 0.3, 0.2, *[0.0] * 7])
    squares, logarithms = loss_lesson.loss_terms(probabilities, 1).data
    assert sum(squares.y) == pytest.approx((0.5**2 + 0.7**2 + 0.2**2) / 2)
    np.testing.assert_allclose(logarithms.y, [0, -np.log(0.3), *[0] * 8])
    assert squares.text[:4] == ("0.125", "0.245", "0.020", "")
    assert len(loss_lesson.loss_terms(np.full(10, np.nan), 1).data) == 2


def test_shares_and_steps_stand_side_by_side_and_shares_may_be_missing():
    found, steps = blame(INPUTS, WEIGHTS, 1.0), np.array([0.1, 0.2, 0.3, 0.4])
    shares, descent = loss_lesson.blame_shares(found, steps).data
    np.testing.assert_array_equal(shares.y, found.shares)
    np.testing.assert_array_equal(descent.y, steps)
    assert shares.textangle == descent.textangle == 0  # upright, even where bars are narrow
    assert len(loss_lesson.blame_shares(blame(INPUTS, np.zeros(4), 1.0), steps).data) == 1
