from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from digitviz import Hyperparameters, TrainingRun, train
from digitviz.lesson.batch import batch_of
from digitviz.lesson.chain_rule import chain_rule, gradients_along, one_step
from digitviz.networks.activations import ACTIVATIONS
from digitviz.networks.backpropagation import loss_and_gradients
from digitviz.networks.losses import LOSSES

SMALL = Hyperparameters(batches=4, steps_per_batch=10)


@pytest.mark.parametrize("hidden", [(), (50,), (20, 15)])
@pytest.mark.parametrize("gradient", ["notebook", "exact"])
def test_the_factors_multiply_to_the_gradient_that_trains(digits, hidden, gradient):
    run = TrainingRun(digits, dataclasses.replace(SMALL, hidden=hidden, activation="tanh"))
    batch, parameters = batch_of(run, 0), run.parameters
    rule = chain_rule(parameters, batch, "tanh", "squared_error", gradient)
    _, expected = loss_and_gradients(
        parameters, batch.x, batch.one_hot, ACTIVATIONS["tanh"], LOSSES["squared_error"], gradient
    )
    for ours, theirs in zip(rule.gradients, expected.weights, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-12)
    for equation in rule.equations()[1:]:  # the right side determines the left side
        result, *parts = equation
        first, second, *factor = (part.factor.values.T if part.transposed else part.factor.values for part in parts)
        np.testing.assert_allclose(first @ second * (factor[0] if factor else 1.0), result.factor.values, rtol=1e-12)
    assert rule.equations()[-1][0].factor.letter == r"\nabla w_1"


@pytest.mark.parametrize("activation", ["relu", "leaky_relu"])
@pytest.mark.parametrize("gradient", ["notebook", "exact"])
def test_at_a_kink_the_lesson_takes_the_derivative_that_trains(digits, gradient, activation):
    settings = dataclasses.replace(SMALL, hidden=(3, 20), bias=True, initialization="he", activation=activation)
    run = TrainingRun(digits, settings)
    batch, parameters = batch_of(run, 0), run.parameters
    parameters.weights[0][:] = 0  # the first layer outputs zero, so all pre-activations are 0
    _, trained = loss_and_gradients(
        parameters, batch.x, batch.one_hot, ACTIVATIONS[activation], LOSSES["squared_error"], gradient
    )
    taught = chain_rule(parameters, batch, activation, "squared_error", gradient)
    assert trained.weights[0].any() == (gradient == "notebook" or activation == "leaky_relu")
    for ours, theirs in zip(taught.gradients, trained.weights, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-12)


def test_the_derivative_of_relu_at_zero_is_zero_in_letters_and_numbers():
    assert "z > 0" in ACTIVATIONS["relu"].derivative_formula
    assert ACTIVATIONS["relu"].value_and_derivative(np.zeros(1))[1] == 0


@pytest.mark.parametrize(
    ("gradient", "loss", "start"),
    [
        ("notebook", "squared_error", lambda p, y: 2 * (p - y)),
        ("exact", "cross_entropy", lambda p, y: p - y),
        ("exact", "squared_error", lambda p, y: 2 * p * ((p - y) - (p * (p - y)).sum(axis=1, keepdims=True))),
    ],
)
def test_the_way_back_starts_as_its_formula_says(digits, gradient, loss, start):
    run = TrainingRun(digits, SMALL)
    delta, p, y = chain_rule(run.parameters, batch_of(run, 0), "relu", loss, gradient).equations()[0]
    np.testing.assert_allclose(start(p.factor.values, y.factor.values), delta.factor.values, atol=1e-15)


def test_the_notebooks_factors_have_its_shapes_and_a_weights_terms_add_up(digits):
    run = TrainingRun(digits, SMALL)
    rule = chain_rule(run.parameters, batch_of(run, 0), "relu", "squared_error", "notebook")
    shapes = {factor.letter: factor.values.shape for factor in rule.factors()}
    assert shapes[r"\delta_2"] == (100, 10)
    assert shapes[r"\nabla w_2"] == (50, 10)
    assert shapes[r"\delta_1"] == (100, 50)
    assert shapes["x"] == (100, 64)
    assert shapes[r"\nabla w_1"] == (64, 50)
    entering, deltas = rule.terms(0, 20, 7)
    assert entering @ deltas == pytest.approx(rule.gradients[0][20, 7])


def test_one_step_is_the_step_that_the_training_takes(digits):
    run = TrainingRun(digits, dataclasses.replace(SMALL, engine="numpy"))
    how = (batch_of(run, 0), "relu", "squared_error", "notebook", SMALL.learning_rate)
    step = one_step(run.initial_parameters, *how)
    run.advance(2)
    assert step.loss_before == pytest.approx(run.history.losses[0, 0])
    assert step.loss_after == pytest.approx(run.history.losses[0, 1])
    for before, change, after in zip(step.before.arrays, step.change.arrays, step.after.arrays, strict=True):
        np.testing.assert_allclose(before + change, after, rtol=1e-12)


def test_the_notebooks_gradient_is_that_of_twice_the_cross_entropy_along_the_run(digits):
    run = train(digits, SMALL)
    along = gradients_along(run, run.batch)
    np.testing.assert_array_equal(along.batches, [0, 1, 2, 3, 4])
    assert along.strangeness < 1e-12
    assert (along.angles > 1).all()
    assert (along.angles < 90).all()
    assert (along.lengths > 2).all()


def test_angle_and_length_at_the_start_are_those_of_the_two_gradients(digits):
    run = TrainingRun(digits, SMALL)
    batch = batch_of(run, 0)
    notebook, exact = (
        loss_and_gradients(
            run.initial_parameters, batch.x, batch.one_hot, ACTIVATIONS["relu"], LOSSES["squared_error"], kind
        )[1].to_vector()
        for kind in ("notebook", "exact")
    )
    along = gradients_along(run, 0)
    lengths = np.linalg.norm(notebook), np.linalg.norm(exact)
    assert along.lengths[0] == pytest.approx(lengths[0] / lengths[1])
    assert np.cos(np.radians(along.angles[0])) == pytest.approx(notebook @ exact / (lengths[0] * lengths[1]))


def test_gradients_that_are_zero_have_no_angle_and_long_runs_are_thinned(digits):
    stuck = TrainingRun(digits, Hyperparameters(initialization="zeros"))
    assert np.isnan(gradients_along(stuck, 0).angles).all()
    long = train(digits, Hyperparameters(batches=80, steps_per_batch=1))
    along = gradients_along(long, long.batch)
    assert len(along.batches) <= 31
    assert along.batches[-1] == 80
