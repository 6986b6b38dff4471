from __future__ import annotations

import numpy as np
import pytest

from digitviz.lesson.neuron import (
    GATES,
    POINTS,
    WITH_STEP,
    answers,
    decision_line,
    fire,
    firing_region,
    perceptron_step,
)


def test_the_page_opens_on_minus_one_half_and_the_step_does_not_fire():
    firing = fire([1.0, 0.5], [0.25, -1.5], 0.0, WITH_STEP["step"])
    assert firing.z == 1 * 0.25 + 0.5 * (-1.5) == -0.5
    assert (firing.output, firing.derivative) == (0, 0)
    assert fire([1.0], [0.25], 0.0, WITH_STEP["step"]).output == 1
    assert np.isnan(fire([0.0], [0.0], 0.0, WITH_STEP["step"]).derivative)


@pytest.mark.parametrize("name", WITH_STEP)
@pytest.mark.parametrize("z", [-2.0, -0.5, 0.3, 1.7])
def test_slopes_are_those_of_the_curves(name, z):
    activation = WITH_STEP[name]
    low, high = (fire([1.0], [z + side], 0.0, activation).output for side in (-1e-5, 1e-5))
    assert fire([1.0], [z], 0.0, activation).derivative == pytest.approx((high - low) / 2e-5, abs=1e-8)


@pytest.mark.parametrize("name", WITH_STEP)
@pytest.mark.parametrize("numbers", [((10.0,), (1e308,)), ((10.0, 10.0), (1e308, -1e308)), ((), ())])
def test_too_large_numbers_and_no_inputs_are_answered_without_a_warning(name, numbers):
    fire(*numbers, 0.0, WITH_STEP[name])


def test_the_region_is_where_the_neuron_fires_and_the_line_where_its_sum_is_zero(random):
    for _ in range(50):
        weights, bias = random.normal(size=2), float(random.normal())
        region = firing_region(weights, bias, -1, 1)
        assert (region @ weights + bias > -1e-9).all()
        line = decision_line(weights, bias, -1, 1)
        np.testing.assert_allclose(line @ weights + bias, 0, atol=1e-9)
        x, y = region.T
        area = abs(np.dot(x, np.roll(y, 1)) - np.dot(y, np.roll(x, 1))) / 2
        grid = np.stack(np.meshgrid(*[np.linspace(-1, 1, 201)] * 2), -1)
        assert area / 4 == pytest.approx((grid @ weights + bias > 0).mean(), abs=0.02)


def test_a_neuron_without_weights_has_no_line():
    assert len(decision_line([0.0, 0.0], 1.0, -1, 1)) == 0
    assert len(firing_region([0.0, 0.0], 1.0, -1, 1)) == 4
    assert len(firing_region([0.0, 0.0], 0.0, -1, 1)) == 0
    assert decision_line([3.0, -3.0], 0.0, -1, 1).tolist() == [[-1, -1], [1, 1]]


@pytest.mark.parametrize(("gate", "learnable"), [("AND", True), ("OR", True), ("XOR", False)])
def test_the_rule_learns_what_a_line_separates(gate, learnable):
    weights, bias = np.array([0.25, -1.5]), 0.0
    for _ in range(25):
        for point, target in zip(POINTS, GATES[gate], strict=True):
            weights, bias = perceptron_step(weights, bias, point, int(target))
    assert (answers(weights, bias) == GATES[gate]).all() == learnable


def test_a_right_answer_moves_nothing():
    weights, bias = perceptron_step([1.0, 1.0], -1.5, POINTS[3], 1)
    assert (weights.tolist(), bias) == ([1.0, 1.0], -1.5)
    weights, bias = perceptron_step([1.0, 1.0], -1.5, POINTS[3], 0)
    assert (weights.tolist(), bias) == ([0.5, 0.5], -2.0)
