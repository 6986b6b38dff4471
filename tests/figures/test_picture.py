"""The content of a figure's arguments, by which a page sees that a figure has not changed."""

from __future__ import annotations

import numpy as np
import pytest

from digitviz import Hyperparameters, figures
from digitviz.figures import loss_lesson
from digitviz.figures.gradients import factor
from digitviz.figures.picture import to_json
from digitviz.lesson.chain_rule import Factor, Side


def shown(scale: float = 1.0, sides: tuple[Side, Side] = (Side.DIGIT, Side.NEURON)) -> Factor:
    return Factor("x", "x", "", "the input", scale * np.ones((3, 4)), *sides)


def test_equal_arguments_have_equal_content_and_draw_the_same_figure():
    (one, build), (other, _again) = factor.of(shown(), (0, 1)), factor.of(shown(), (0, 1))
    assert one == other
    assert to_json(build()) == to_json(factor.plain(shown(), (0, 1)))


@pytest.mark.parametrize(
    "other",
    [
        factor.of(shown(2.0), (0, 1)),
        factor.of(shown(), (1, 0)),
        factor.of(shown()),
        factor.of(shown(sides=(Side.PIXEL, Side.NEURON)), (0, 1)),
        factor.of(shown(), picked=(0, 1)),
    ],
)
def test_other_arguments_have_other_content(other):
    assert factor.of(shown(), (0, 1))[0] != other[0]


def test_two_figures_of_the_same_arguments_have_different_content():
    ten = np.full(10, 0.1), 3
    assert loss_lesson.loss_terms.of(*ten)[0] != loss_lesson.guess_and_target.of(*ten)[0]


def test_the_content_of_arrays_has_their_shape_and_type_and_knows_what_is_no_number():
    x = np.array([np.nan, 0.0, 1.0, 2.0])
    assert figures.digits.pixel_use.of(x)[0] == figures.digits.pixel_use.of(x.copy())[0]
    for other in (x.reshape(2, 2), x.astype(np.float32), np.append(x[:3], 3.0)):
        assert figures.digits.pixel_use.of(x)[0] != figures.digits.pixel_use.of(other)[0]
    assert (
        figures.changes.pruned_curve.of(x, x, (0.5, float("nan")))[0]
        == figures.changes.pruned_curve.of(x, x, (0.5, float("nan")))[0]
    )


def test_the_content_of_a_network_is_that_of_its_weights():
    first, second = (Hyperparameters(seed=seed).initial_parameters() for seed in (0, 1))
    assert figures.neuron_images.of(first)[0] == figures.neuron_images.of(first.copy())[0]
    assert figures.neuron_images.of(first)[0] != figures.neuron_images.of(second)[0]
