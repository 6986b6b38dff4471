"""Two engines, one loop: numpy by hand and torch with autograd take the same steps."""

from __future__ import annotations

import numpy as np
import pytest

from digitviz import Hyperparameters, TrainingRun, train
from digitviz.training.hyperparameters import Choice


def both_engines(digits, **settings):
    return [train(digits, Hyperparameters(engine=engine, **settings)) for engine in ("numpy", "torch")]


def assert_same_course(runs, rtol):
    ours, theirs = runs
    np.testing.assert_array_equal(ours.history.rows, theirs.history.rows)
    for a, b in zip(ours.initial_parameters.arrays, theirs.initial_parameters.arrays, strict=True):
        np.testing.assert_array_equal(a, b)
    np.testing.assert_allclose(ours.history.losses, theirs.history.losses, rtol=rtol)


def test_a_quarter_of_the_notebooks_run_is_the_same_in_both_engines(digits):
    """The whole of it agrees, too, and takes half a minute; `test_compiled_engine.py` goes through it for the third."""
    runs = both_engines(digits, batches=50)
    assert_same_course(runs, rtol=1e-10)
    assert runs[0].test_accuracy == runs[1].test_accuracy > 0.9


@pytest.mark.parametrize("optimizer", Hyperparameters.RANGES["optimizer"].options)
@pytest.mark.parametrize("gradient", Hyperparameters.RANGES["gradient"].options)
def test_a_thousand_steps_of_every_optimizer_agree(digits, optimizer, gradient):
    rate = 1e-3 if optimizer == "adam" else 1e-6
    runs = both_engines(
        digits,
        optimizer=optimizer,
        gradient=gradient,
        learning_rate=rate,
        batches=10,
        steps_per_batch=100,
        weight_decay=0.01,
    )
    assert_same_course(runs, rtol=1e-10)


@pytest.mark.parametrize("loss", Hyperparameters.RANGES["loss"].options)
@pytest.mark.parametrize("activation", Hyperparameters.RANGES["activation"].options)
@pytest.mark.parametrize("hidden", [(), (20,), (20, 15, 12, 11)])
def test_every_architecture_takes_the_same_steps(digits, hidden, activation, loss):
    runs = both_engines(
        digits, hidden=hidden, activation=activation, loss=loss, bias=True, initialization="xavier", input_scale="unit",
        gradient="exact", learning_rate=1e-3, batches=3, steps_per_batch=30, sampling="shuffled_epochs",
    )  # fmt: skip
    assert_same_course(runs, rtol=1e-10)
    assert runs[0].history.losses[-1, -1] < runs[0].history.losses[-1, 0]


def test_the_exact_gradient_takes_another_way_to_the_same_accuracy(digits):
    """The notebook's torch figure follows the true gradient of the squared error, its numpy figure does not."""
    notebook, exact = (
        train(digits, Hyperparameters(gradient=gradient, batches=100)) for gradient in ("notebook", "exact")
    )
    assert exact.history.losses[-1, -1] > 2 * notebook.history.losses[-1, -1]
    assert abs(exact.test_accuracy - notebook.test_accuracy) < 0.06


def test_the_notebooks_accuracy_over_five_seeds(digits):
    accuracies = [train(digits, Hyperparameters(seed=seed)).test_accuracy for seed in range(5)]
    assert np.mean(accuracies) >= 0.92


def test_engines_are_those_the_hyperparameters_allow():
    from digitviz.training.engines import ENGINES

    allowed = Hyperparameters.RANGES["engine"]
    assert isinstance(allowed, Choice)
    assert set(allowed.options) == {"auto", *ENGINES}


def test_the_steps_are_the_notebooks_own(digits):
    """Its loop, copied out with its own names, gives the same losses bit for bit up to rounding."""
    settings = Hyperparameters(batches=3, steps_per_batch=50)
    run = train(digits, settings)
    w1, w2 = (weight.copy() for weight in settings.initial_parameters().weights)
    losses = np.zeros((3, 50))
    for j in range(3):
        x, y = run.train.pixels[run.history.rows[j]], run.train.one_hot[run.history.rows[j]]
        for i in range(50):
            h = x.dot(w1)
            h_relu = np.maximum(h, 0)
            y_pred = h_relu.dot(w2)
            p = np.exp(y_pred) / np.exp(y_pred).sum(axis=1, keepdims=True)
            losses[j, i] = np.square(p - y).sum()
            grad_y_pred = 2.0 * (p - y)
            grad_w2 = h_relu.T.dot(grad_y_pred)
            grad_h = grad_y_pred.dot(w2.T)
            grad_h[h < 0] = 0
            grad_w1 = x.T.dot(grad_h)
            w1 -= 1e-6 * grad_w1
            w2 -= 1e-6 * grad_w2
    np.testing.assert_allclose(run.history.losses, losses, rtol=1e-11)
    np.testing.assert_allclose(run.parameters.weights[0], w1, rtol=1e-9)


def test_a_run_says_which_engine_took_its_steps(digits):
    assert TrainingRun(digits, Hyperparameters(engine="torch")).engine == "torch"
