"""All engines take the same steps: handwritten NumPy, machine code, and torch with autograd."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import example, given, settings, strategies as st

from digitviz import Hyperparameters, TrainingRun, load_digits, train
from digitviz.networks.activations import LEAK
from digitviz.training.engines import ENGINES
from digitviz.training.hyperparameters import Choice
from digitviz.training.optimizers import ADAM_BETAS, ADAM_EPSILON, MOMENTUM, OPTIMIZERS, PENALTIES
from tests.examples import examples


def both_engines(digits, **settings):
    return [train(digits, Hyperparameters(engine=engine, **settings)) for engine in ("numpy", "torch")]


def assert_same_course(runs, rtol):
    ours, theirs = runs
    np.testing.assert_array_equal(ours.history.rows, theirs.history.rows)
    for a, b in zip(ours.initial_parameters.arrays, theirs.initial_parameters.arrays, strict=True):
        np.testing.assert_array_equal(a, b)
    np.testing.assert_allclose(ours.history.losses, theirs.history.losses, rtol=rtol)


def test_the_first_steps_of_the_notebooks_run_are_the_same_in_both_engines(digits):
    """`tests.benchmarks.claims` takes ten thousand, and `test_compiled_engine.py` compares the third engine."""
    runs = both_engines(digits, batches=3)
    assert_same_course(runs, rtol=1e-10)
    assert runs[0].test_accuracy == runs[1].test_accuracy > 0.5


@pytest.mark.parametrize("optimizer", Hyperparameters.RANGES["optimizer"].options)
@pytest.mark.parametrize("gradient", Hyperparameters.RANGES["gradient"].options)
@pytest.mark.sampled(3)
def test_hundreds_of_steps_of_every_optimizer_agree(digits, optimizer, gradient):
    rate = 1e-3 if optimizer == "adam" else 1e-6
    runs = both_engines(
        digits,
        optimizer=optimizer,
        gradient=gradient,
        learning_rate=rate,
        batches=10,
        steps_per_batch=40,
        weight_decay=0.01,
    )
    assert_same_course(runs, rtol=1e-10)


@pytest.mark.parametrize("loss", Hyperparameters.RANGES["loss"].options)
@pytest.mark.parametrize("activation", Hyperparameters.RANGES["activation"].options)
@pytest.mark.parametrize("hidden", [(), (20,), (20, 15, 12, 11)])
@pytest.mark.sampled(6)
def test_every_architecture_takes_the_same_steps(digits, hidden, activation, loss):
    runs = both_engines(
        digits, hidden=hidden, activation=activation, loss=loss, bias=True, initialization="xavier", input_scale="unit",
        gradient="exact", learning_rate=1e-3, batches=3, steps_per_batch=15, sampling="shuffled_epochs",
    )  # fmt: skip
    assert_same_course(runs, rtol=1e-10)
    assert runs[0].history.losses[-1, -1] < runs[0].history.losses[-1, 0]


def steps_of(engine, hyperparameters, parameters, steps=20):
    """Return the losses before each step, and the final parameters as one vector."""
    data = load_digits()[: hyperparameters.batch_size]
    scale = 16 if hyperparameters.input_scale == "unit" else 1
    moved = ENGINES[engine](hyperparameters, parameters)
    with np.errstate(over="ignore", invalid="ignore"):  # some settings overflow
        losses = moved.advance(data.pixels / scale, data.one_hot, steps)
        return losses, moved.parameters.to_vector()


def choices(*names):
    return {name: st.sampled_from(Hyperparameters.RANGES[name].options) for name in names}


ANY_SETTINGS = st.builds(
    Hyperparameters,
    hidden=st.lists(st.integers(1, 4) | st.integers(1, 20), max_size=4).map(tuple),
    bias=st.booleans(),
    batch_size=st.integers(1, 130),
    learning_rate=st.floats(-8, -2).map(lambda exponent: 10.0**exponent),
    initial_scale=st.just(1.0) | st.floats(0.1, 3.0),
    seed=st.integers(0, 2**32 - 1),
    **{name: st.just(0.0) | st.floats(0.0, 1.0) for name in PENALTIES},
    **choices("activation", "initialization", "input_scale", "optimizer", "gradient", "loss"),
)
DEAD_LAYER = Hyperparameters(
    hidden=(1, 3, 20), bias=True, input_scale="unit", learning_rate=7.7e-5, loss="cross_entropy", gradient="exact",
    seed=2**32 - 1,
)  # fmt: skip


@settings(max_examples=examples(20), deadline=None, derandomize=True)
@example(DEAD_LAYER)
@example(Hyperparameters(hidden=(), batch_size=6, learning_rate=0.01, initialization="zeros", optimizer="adam"))
@given(ANY_SETTINGS)
def test_every_engine_takes_the_same_steps_whatever_the_settings(hyperparameters):
    """Rounding errors grow if steps are too long. A run from slightly different weights shows how much."""
    start = hyperparameters.initial_parameters()
    losses, vector = steps_of("numpy", hyperparameters, start)
    signs, numbers = np.random.default_rng(0).choice([-1.0, 1.0], start.size), start.to_vector()
    # From zeros, the first steps are pure rounding if the labels are balanced. Adam divides rounding errors by each
    # other.
    zeros = 1e-16 if hyperparameters.optimizer == "adam" or hyperparameters.initialization == "zeros" else 0.0
    nudge = np.where(numbers == 0, zeros, 1e-14 * numbers) * signs
    nudged = steps_of("numpy", hyperparameters, start.from_vector(numbers + nudge))
    finite = np.isfinite(losses) & np.isfinite(nudged[0])
    rounding = 1e-7 if hyperparameters.optimizer == "adam" else 1e-10  # Adam divides by small gradients
    settled = np.isfinite(vector).all() and np.isfinite(nudged[1]).all()
    for engine in ("compiled", "torch"):
        found = steps_of(engine, hyperparameters, start)
        allowed = rounding * (1 + abs(losses)) + 1e3 * abs(nudged[0] - losses)
        assert (abs(found[0] - losses) <= allowed)[finite].all(), engine
        if settled:
            allowed = rounding * (1 + abs(vector).max()) + 1e3 * abs(nudged[1] - vector).max()
            assert abs(found[1] - vector).max() <= allowed, engine


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
@pytest.mark.parametrize("name", PENALTIES)
def test_every_engine_adds_a_penalty_to_the_gradient(name, optimizer):
    settings = {
        "hidden": (20,),
        "bias": True,
        "optimizer": optimizer,
        "learning_rate": 1e-4,
        "initialization": "xavier",
    }
    penalized, start = Hyperparameters(**settings, **{name: 0.5}), Hyperparameters(**settings).initial_parameters()
    _losses, without = steps_of("numpy", Hyperparameters(**settings), start)
    ends = [steps_of(engine, penalized, start)[1] for engine in ENGINES]
    for end in ends:
        np.testing.assert_allclose(end, ends[0], rtol=0, atol=1e-9)
    assert abs(ends[0] - without).max() > 1e-5


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("precision", Hyperparameters.RANGES["precision"].options)
@pytest.mark.parametrize("hidden", [(2,), (2, 2)])
@pytest.mark.parametrize(
    ("activation", "gradient", "at_zero"),
    [("relu", "exact", 0), ("relu", "notebook", 1), ("leaky_relu", "exact", LEAK), ("leaky_relu", "notebook", 1)],
)
def test_the_derivative_at_a_kink_is_torchs_and_for_the_notebooks_gradient_the_notebooks(
    engine, precision, hidden, activation, gradient, at_zero
):
    """All inputs and pre-activations are 0. The first bias shows the gradient passed through the kinks."""
    hyperparameters = Hyperparameters(
        hidden=hidden, bias=True, activation=activation, gradient=gradient, loss="cross_entropy", learning_rate=1.0,
        initialization="xavier", precision=precision,
    )  # fmt: skip
    start = hyperparameters.initial_parameters()
    x, one_hot = np.zeros((1, 64), precision), np.eye(10, dtype=precision)[[3]]
    moved = ENGINES[engine](hyperparameters, start)
    moved.advance(x, one_hot, 1)
    handed_back = (2 if gradient == "notebook" else 1) * (0.1 - one_hot)
    for weight in reversed(start.weights[1:]):
        handed_back = handed_back @ weight.T * at_zero
    np.testing.assert_allclose(moved.parameters.biases[0], -handed_back[0], rtol=1e-5)


@pytest.mark.parametrize("optimizer", Hyperparameters.RANGES["optimizer"].options)
def test_optimizers_take_torchs_steps(random, optimizer):
    import torch

    ours = random.standard_normal((5, 4))
    theirs = torch.tensor(ours, requires_grad=True)
    by_hand = OPTIMIZERS[optimizer](0.01, [ours])
    by_torch = {
        "gradient_descent": lambda: torch.optim.SGD([theirs], lr=0.01),
        "momentum": lambda: torch.optim.SGD([theirs], lr=0.01, momentum=MOMENTUM),
        "adam": lambda: torch.optim.Adam([theirs], lr=0.01, betas=ADAM_BETAS, eps=ADAM_EPSILON),
    }[optimizer]()
    for _ in range(50):
        gradient = random.standard_normal(ours.shape)
        theirs.grad = torch.tensor(gradient)
        by_torch.step()
        by_hand.update([ours], [gradient])
    np.testing.assert_allclose(ours, theirs.detach().numpy(), rtol=1e-10)


def test_the_exact_gradient_takes_another_way(digits):
    """The notebook's torch figure uses the exact gradient of the squared error, its NumPy figure does not.

    `tests.benchmarks.claims` checks that it leads to the same accuracy.
    """
    ways = [train(digits, Hyperparameters(gradient=gradient, batches=10)) for gradient in ("exact", "notebook")]
    exact, notebook = (run.history for run in ways)
    assert exact.losses[0, 0] == notebook.losses[0, 0]
    assert exact.losses[-1, -1] > 2 * notebook.losses[-1, -1]
    assert exact.test_accuracy[-1] > exact.test_accuracy[0] + 0.05


def test_engines_are_those_the_hyperparameters_allow():
    allowed = Hyperparameters.RANGES["engine"]
    assert isinstance(allowed, Choice)
    assert set(allowed.options) == {"auto", *ENGINES}


def test_the_steps_are_the_notebooks_own(digits):
    """The notebook's loop, copied with its own names, gives the same losses up to rounding."""
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
