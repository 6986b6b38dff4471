from __future__ import annotations

import numpy as np
import pytest

from digitviz import Hyperparameters, TrainingRun
from digitviz.figures import gradients
from digitviz.figures.gradients import activation_derivatives
from digitviz.lesson.batch import batch_of
from digitviz.lesson.chain_rule import GradientsAlong, Part, Side, chain_rule, one_step
from digitviz.networks.activations import ACTIVATIONS
from digitviz.numbers import short


@pytest.fixture(scope="module")
def run(digits):
    return TrainingRun(digits, Hyperparameters())


def counted_from(part: Part) -> tuple[int, int]:
    """Return the numbers of the first row and column as drawn. Outputs are the digits and count from 0."""
    sides = part.factor.rows, part.factor.columns
    down, across = reversed(sides) if part.transposed else sides
    return down.first, across.first


def test_a_factor_is_drawn_with_its_numbers_and_what_is_counted(run):
    rule = chain_rule(run.parameters, batch_of(run, 0), "relu", "squared_error", "notebook")
    shown = rule.factors()[0]
    figure = gradients.factor(shown)
    np.testing.assert_allclose(figure.data[0].z, shown.values, rtol=1e-6)
    assert figure.layout.xaxis.title.text == "digit"
    assert figure.layout.coloraxis.cmin == -figure.layout.coloraxis.cmax
    assert (figure.data[0].y[0], figure.data[0].y[-1]) == (1, 100)  # digits of the batch
    assert (figure.data[0].x[0], figure.data[0].x[-1]) == (0, 9)  # the outputs are the digits
    assert shown.rows == Side.DIGIT


def test_a_picked_number_of_a_factor_is_ringed(run):
    rule = chain_rule(run.parameters, batch_of(run, 0), "relu", "squared_error", "notebook")
    gradient = next(factor for factor in rule.factors() if factor.letter == r"\nabla w_2")
    ring = gradients.factor(gradient, (19, 2)).data[1]
    assert (ring.x[0], ring.y[0]) == (2, 20)  # output 2, the 20th neuron
    assert ring.cliponaxis is False  # the edge of the matrix does not cut it


def test_the_chain_rule_is_drawn_matrix_by_matrix_and_the_chosen_is_framed_wherever_it_stands(run):
    rule = chain_rule(run.parameters, batch_of(run, 0), "relu", "squared_error", "notebook")
    figure = gradients.chain_rule(rule.equations(), r"\delta_2")
    parts = [part for equation in rule.equations() for part in equation]
    for trace, part in zip(figure.data, parts, strict=True):
        values = part.factor.values.T if part.transposed else part.factor.values
        assert max(np.asarray(trace.z).shape) <= gradients.THUMBNAIL
        row, column = (
            int(side) - first for side, first in zip((trace.y[3], trace.x[5]), counted_from(part), strict=True)
        )
        assert trace.z[3][5] == pytest.approx(values[row, column], rel=1e-6)
    titles = [note.text for note in figure.layout.annotations]
    assert "<b>∇w<sub>1</sub></b><br>64 × 50" in titles
    assert "<b>x<sup>⊤</sup></b><br>64 × 100" in titles
    framed = [frame.xref for frame in figure.layout.shapes]
    assert framed == [f"{trace.xaxis} domain" for trace, part in zip(figure.data, parts, strict=True)
                      if part.factor.letter == r"\delta_2"]  # fmt: skip
    assert len(framed) == 3


@pytest.mark.parametrize("layer", [0, 1])
def test_one_step_shows_gradient_before_step_and_after(run, layer):
    step = one_step(run.parameters, batch_of(run, 0), "relu", "squared_error", "notebook", 1e-4)
    figure = gradients.one_step(step, layer, picked=(4, 2))
    drawn = [np.asarray(trace.z) for trace in figure.data if trace.type == "heatmap"]
    for matrix, part in zip(drawn, (step.gradient, step.before, step.change, step.after), strict=True):
        np.testing.assert_allclose(matrix, part.weights[layer], rtol=1e-6)
    assert {(trace.x[0], trace.y[0]) for trace in figure.data if trace.type == "scatter"} == {(3 - layer, 5)}
    reach = np.abs(step.change.weights[layer]).max()  # part of the title, because two long numbers would not fit below
    titles = [figure.layout[axis].colorbar.title.text for axis in ("coloraxis", "coloraxis2", "coloraxis3")]
    assert any(title.endswith(f"<br>±{short(reach)}") for title in titles)
    room = 400 - figure.layout.margin.t - figure.layout.margin.b
    assert all(-figure.layout[f"coloraxis{each}"].colorbar.y * room >= 60 for each in ("", 2, 3))  # below the axes


def test_large_matrices_are_thinned_and_keep_their_numbers(digits):
    run = TrainingRun(digits, Hyperparameters(hidden=(512, 300)))
    step = one_step(run.parameters, batch_of(run, 0), "relu", "squared_error", "notebook", 1e-4)
    shown = gradients.one_step(step, 1).data[0]
    assert max(np.asarray(shown.z).shape) <= 128
    row, column = int(shown.y[50]) - 1, int(shown.x[60]) - 1
    assert shown.z[50][60] == pytest.approx(step.gradient.weights[1][row, column], rel=1e-6)


def test_every_activation_has_a_curve_and_the_point_lies_on_the_chosen(run):
    figure = activation_derivatives("sigmoid", 0.0)
    assert {trace.legendgroup for trace in figure.data if trace.legendgroup} == set(ACTIVATIONS)
    assert [trace.y[0] for trace in figure.data[-2:]] == [0.5, 0.25]
    low, high = figure.layout.yaxis2.range
    assert all(low < min(trace.y) <= max(trace.y) < high for trace in figure.data if trace.yaxis == "y2")


def test_errors_of_zero_are_left_out_of_a_logarithmic_picture():
    trace = gradients.check_errors(np.array([1e-1, 1e-2]), np.array([0.5, 0.0]), 1e-2).data[0]
    assert trace.y[0] == 0.5
    assert np.isnan(trace.y[1])
    assert trace.marker.size[1] > trace.marker.size[0]


def test_angle_and_length_stand_over_the_batches():
    along = GradientsAlong(np.array([0, 5]), np.array([20.0, 30.0]), np.array([10.0, 12.0]), 0.0)
    angle, length = gradients.angle_and_length(along).data
    np.testing.assert_array_equal(angle.y, along.angles)
    np.testing.assert_array_equal(length.y, along.lengths)


@pytest.mark.parametrize(
    ("lengths", "kind"), [([10.0, 12.0], None), ([10.0, 1e55, np.nan], "log"), ([0.0, 9.0], None), ([], None)]
)
def test_lengths_too_far_apart_get_a_logarithmic_axis(lengths, kind):
    along = GradientsAlong(np.arange(len(lengths)), np.zeros(len(lengths)), np.array(lengths), 0.0)
    assert gradients.angle_and_length(along).layout.yaxis2.type == kind
