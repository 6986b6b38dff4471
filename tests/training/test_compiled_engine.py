"""The compiled engine takes the same steps as the NumPy engine."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from digitviz import DigitDataset, Hyperparameters, TrainingRun, train
from digitviz.training.engines import ENGINES

RANGES = Hyperparameters.RANGES
AGREEMENT = {"float64": 1e-11, "float32": 1e-4}


def assert_same_steps(digits, precision, **settings):
    numpy, compiled = (
        train(digits, Hyperparameters(engine=engine, precision=precision, **settings))
        for engine in ("numpy", "compiled")
    )
    rtol = AGREEMENT[precision]
    np.testing.assert_array_equal(numpy.history.rows, compiled.history.rows)
    np.testing.assert_allclose(compiled.history.losses, numpy.history.losses, rtol=rtol)
    for ours, theirs in zip(compiled.parameters.arrays, numpy.parameters.arrays, strict=True):
        assert ours.dtype == theirs.dtype == precision
        np.testing.assert_allclose(ours, theirs, rtol=10 * rtol, atol=10 * rtol * abs(theirs).max())
    assert compiled.history.losses[-1, -1] != compiled.history.losses[0, 0]


def assert_same_first_batches(digits, in_float64, batches):
    """The first batches of the notebook's run are those of NumPy's engine, also in float32."""
    in_float32, numpy = (
        train(digits, Hyperparameters(engine=engine, precision=precision, batches=batches))
        for engine, precision in (("compiled", "float32"), ("numpy", "float64"))
    )
    for precision, compiled in (("float64", in_float64), ("float32", in_float32)):
        np.testing.assert_allclose(compiled.history.losses[:batches], numpy.history.losses, rtol=AGREEMENT[precision])
        assert compiled.history.test_accuracy[batches - 1] == numpy.test_accuracy > 0.9
        assert compiled.test_accuracy == compiled.history.test_accuracy[-1] > 0.9


@pytest.mark.thorough
def test_the_first_tenth_of_the_notebooks_run_is_numpys(digits):
    """`tests.benchmarks.claims` compares the first half."""
    assert_same_first_batches(digits, train(digits, Hyperparameters(engine="compiled", batches=20)), 20)


LEARNING = {
    "initialization": "xavier", "input_scale": "unit", "learning_rate": 2e-4, "sampling": "shuffled_epochs",
    "batches": 3, "steps_per_batch": 25,
}  # fmt: skip


@pytest.mark.parametrize("precision", RANGES["precision"].options)
@pytest.mark.parametrize("bias", [False, True])
@pytest.mark.parametrize("hidden", [(), (20,), (20, 15), (20, 15, 12, 11)])
@pytest.mark.parametrize("activation", RANGES["activation"].options)
@pytest.mark.sampled(8)
def test_every_architecture(digits, activation, hidden, bias, precision):
    assert_same_steps(digits, precision, activation=activation, hidden=hidden, bias=bias, **LEARNING)


@pytest.mark.parametrize("precision", RANGES["precision"].options)
@pytest.mark.parametrize("weight_decay", [0.0, 0.02])
@pytest.mark.parametrize("optimizer", RANGES["optimizer"].options)
@pytest.mark.parametrize("gradient", RANGES["gradient"].options)
@pytest.mark.parametrize("loss", RANGES["loss"].options)
@pytest.mark.sampled(6)
def test_every_way_down(digits, loss, gradient, optimizer, weight_decay, precision):
    settings = {"loss": loss, "gradient": gradient, "optimizer": optimizer, "weight_decay": weight_decay}
    assert_same_steps(digits, precision, bias=True, **settings, **LEARNING)


@pytest.mark.parametrize(
    ("batch_size", "steps_per_batch"), [(1, 40), (7, 1), (100, 5), (100, 50), (127, 80), (500, 20)]
)
def test_every_size_of_batch_whether_weights_or_sums_are_moved(digits, batch_size, steps_per_batch):
    sizes = {"batch_size": batch_size, "steps_per_batch": steps_per_batch}
    assert_same_steps(digits, "float64", bias=True, **{**LEARNING, **sizes})


def basis_of(x, bias=False):
    from digitviz.training.engines.kernels import find_basis

    order, rest = np.zeros(len(x), np.intp), np.zeros((len(x) + 1) ** 2 // 4, x.dtype)
    basis = find_basis(np.ascontiguousarray(x), bias, order, rest)
    return order, rest[: basis * (len(x) - basis)].reshape(basis, len(x) - basis)


@pytest.mark.parametrize("precision", RANGES["precision"].options)
@pytest.mark.parametrize("bias", [False, True])
@pytest.mark.parametrize("batch_size", [3, 65, 100, 127])
def test_all_digits_of_a_batch_are_combinations_of_its_basis(digits, random, batch_size, bias, precision):
    rows = random.integers(0, len(digits), batch_size)
    rows[-1] = rows[0]  # a duplicate row
    x = digits.pixels[rows].astype(precision)
    order, rest = basis_of(x, bias)
    entering = np.hstack([x, np.ones((batch_size, int(bias)))])[order].astype(np.float64)
    np.testing.assert_array_equal(np.sort(order), np.arange(batch_size))
    assert len(rest) == np.linalg.matrix_rank(entering) < batch_size
    combined = rest.T.astype(np.float64) @ entering[: len(rest)]
    rounding = {"float64": 1e-12, "float32": 1e-5}[precision]
    np.testing.assert_allclose(combined, entering[len(rest) :], atol=rounding * 16 * 64)
    assert abs(rest).max() < 100  # rounding errors do not grow


def test_a_batch_of_blank_digits_or_of_numbers_that_are_none_has_no_basis(digits):
    for number in (0.0, np.nan, np.inf):
        order, rest = basis_of(np.full((70, 64), number))
        assert rest.shape == (0, 70)
        np.testing.assert_array_equal(order, np.arange(70))


def test_blank_digits_leave_the_first_weights_as_they_are(random):
    from digitviz import Parameters

    start = [random.standard_normal(shape) / 8 for shape in ((64, 20), (20, 10))]
    settings = {"learning_rate": 1e-3, "hidden": (20,), "batch_size": 70}
    x, one_hot = np.zeros((70, 64)), np.eye(10)[random.integers(0, 10, 70)]
    numpy, compiled = (
        ENGINES[name](Hyperparameters(engine=name, **settings), Parameters([weight.copy() for weight in start]))
        for name in ("numpy", "compiled")
    )
    np.testing.assert_allclose(compiled.advance(x, one_hot, 9), numpy.advance(x, one_hot, 9), rtol=1e-11)
    np.testing.assert_array_equal(compiled.parameters.weights[0], start[0])


def random_batch(random, digits=30, inputs=784):
    return random.random((digits, inputs)), np.eye(10)[random.integers(0, 10, digits)]


def engine_on_large_inputs(random, name, **settings):
    from digitviz import Parameters

    weights = [random.standard_normal(shape) / 40 for shape in ((784, 40), (40, 10))]
    return ENGINES[name](Hyperparameters(engine=name, learning_rate=1e-3, **settings), Parameters(weights))


def test_pictures_of_any_size(random):
    batches = [random_batch(random, digits) for digits in (30, 30, 20)]
    start = np.random.default_rng(1), np.random.default_rng(1)
    numpy, compiled = (
        engine_on_large_inputs(random, name) for random, name in zip(start, ("numpy", "compiled"), strict=True)
    )
    for x, one_hot in batches:
        np.testing.assert_allclose(compiled.advance(x, one_hot, 50), numpy.advance(x, one_hot, 50), rtol=1e-11)


MOVING = {
    "pre-activations": {},
    "those of a deep network": {
        "hidden": (20, 15),
        "bias": True,
        "activation": "tanh",
        "learning_rate": 1e-7,
    },
    "weights": {"weight_decay": 0.01},
    "momentum": {"optimizer": "momentum"},
    "adam": {"optimizer": "adam", "learning_rate": 1e-3},
    "float32": {"precision": "float32"},
}


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("settings", MOVING.values(), ids=MOVING)
@pytest.mark.sampled(4)
def test_however_steps_are_divided_the_course_is_the_same_bit_for_bit(digits, engine, settings):
    hyperparameters = Hyperparameters(engine=engine, batches=3, steps_per_batch=30, **settings)
    parts, whole = TrainingRun(digits, hyperparameters), TrainingRun(digits, hyperparameters)
    for steps in (7, 13, 1, 1, 20, 3, 45):  # within batches and across their ends
        parts.advance(steps)
    whole.advance(90)
    assert parts.finished
    assert whole.finished
    np.testing.assert_array_equal(parts.history.losses, whole.history.losses)
    for ours, theirs in zip(parts.parameters.arrays, whole.parameters.arrays, strict=True):
        np.testing.assert_array_equal(ours, theirs)


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("settings", MOVING.values(), ids=MOVING)
def test_looking_at_the_parameters_inside_a_batch_changes_nothing(digits, engine, settings):
    hyperparameters = Hyperparameters(engine=engine, steps_per_batch=30, **settings)
    batches = [(digits.pixels[rows], digits.one_hot[rows]) for rows in (slice(0, 100), slice(100, 200))]
    batches = [tuple(array.astype(hyperparameters.dtype) for array in batch) for batch in batches]
    watched, alone = (ENGINES[engine](hyperparameters, hyperparameters.initial_parameters()) for _ in range(2))
    for batch in batches:
        losses = [watched.advance(*batch, 1) for _ in range(30) if watched.parameters.arrays]
        np.testing.assert_array_equal(np.concatenate(losses), alone.advance(*batch, 30))
    for ours, theirs in zip(watched.parameters.arrays, alone.parameters.arrays, strict=True):
        np.testing.assert_array_equal(ours, theirs)


@pytest.mark.parametrize("precision", RANGES["precision"].options)
@pytest.mark.parametrize("moving", ["pre-activations", "weights"])
def test_a_divergence_is_found_and_the_last_good_parameters_stay(digits, moving, precision):
    settings = Hyperparameters(
        engine="compiled", precision=precision, activation="identity", learning_rate=1.0, batches=2, bias=True,
        weight_decay=0.5 if moving == "weights" else 0.0,
    )  # fmt: skip
    run = TrainingRun(digits, settings)
    run.advance(1000)
    assert run.state == "diverged"
    assert run.step + 1 == run.fault.step or run.step == run.fault.step
    assert all(np.isfinite(array).all() for array in run.parameters.arrays)
    recorded = run.history.losses[np.isfinite(run.history.losses)]
    assert recorded.size == run.step
    assert run.advance(10) == 0


@pytest.mark.parametrize("precision", RANGES["precision"].options)
@pytest.mark.parametrize(
    ("settings", "dead"),
    [
        ({"initialization": "zeros"}, 1.0),
        ({"learning_rate": 1e-2}, 1.0),
        ({"learning_rate": 1e-2, "weight_decay": 1e-3}, 1.0),
    ],
    ids=["zeros", "too fast", "too fast, with weight decay"],
)
def test_a_network_that_no_longer_moves_is_reported_as_numpy_reports_it(digits, settings, dead, precision):
    stuck = []
    for engine in ("numpy", "compiled"):
        run = TrainingRun(digits, Hyperparameters(engine=engine, precision=precision, **settings))
        run.advance(50)
        stuck.append(run)
    assert [run.state for run in stuck] == ["stuck", "stuck"]
    assert stuck[0].fault == stuck[1].fault
    assert stuck[1].fault.dead_neurons == dead


def test_precision_is_that_of_weights_and_batches_in_every_engine(digits):
    small = DigitDataset(digits.pixels[:300], digits.labels[:300])
    for engine, precision in itertools.product(ENGINES, RANGES["precision"].options):
        run = TrainingRun(small, Hyperparameters(engine=engine, precision=precision))
        run.advance(5)
        assert {array.dtype for array in run.parameters.arrays} == {np.dtype(precision)}
        assert run.network.logits(small.pixels).dtype == precision


@pytest.mark.parametrize("precision", RANGES["precision"].options)
@pytest.mark.parametrize("loss", RANGES["loss"].options)
@pytest.mark.parametrize("hidden", [(), (20,), (20, 15)])
def test_digits_are_judged_as_numpy_does(digits, hidden, loss, precision):
    settings = Hyperparameters(hidden=hidden, bias=True, loss=loss, precision=precision, **LEARNING)
    x = (digits.pixels / 16).astype(settings.dtype)
    parameters = settings.initial_parameters()
    numpy, compiled = (
        ENGINES[name](settings, parameters).measure(x, digits.one_hot.astype(x.dtype)) for name in ("numpy", "compiled")
    )
    assert numpy[0] == pytest.approx(compiled[0], rel=AGREEMENT[precision])
    assert numpy[1] == compiled[1]
    assert 0 < compiled[1] < len(digits)


def test_a_batch_is_measured_with_its_steps_as_other_digits_are(random):
    batch, other = random_batch(random), random_batch(random)
    engine = engine_on_large_inputs(random, "compiled")

    def measured_alone():
        return engine.measure(*(array.copy() for array in batch))  # the engine does not know these arrays

    for _ in range(2):
        engine.advance(*batch, 20)
        assert engine.measure(*batch) == measured_alone()
    trained, before = engine.state(), engine.measure(*batch)
    engine.advance(*other, 20)
    assert engine.measure(*batch) == measured_alone() != before
    engine.restore(trained)
    assert engine.measure(*batch) == before
    assert engine.measure(*other) == engine.measure(*(array.copy() for array in other))


def test_what_is_no_number_is_judged_as_numpy_does(digits):
    settings = Hyperparameters(hidden=(), bias=True, **LEARNING)
    parameters = settings.initial_parameters()
    parameters.biases[0][7] = np.nan  # numpy's argmax treats it as the largest
    numpy, compiled = (
        ENGINES[name](settings, parameters).measure(digits.pixels, digits.one_hot) for name in ("numpy", "compiled")
    )
    assert np.isnan(numpy[0])
    assert np.isnan(compiled[0])
    assert numpy[1] == compiled[1] == np.sum(digits.labels == 7)


@pytest.mark.parametrize("spoil", [lambda labels: labels.astype(np.uint8), lambda labels: labels[::2], None])
def test_any_layout_of_the_digits_is_taken(digits, spoil):
    pixels, labels = digits.pixels.copy(), digits.labels
    if spoil is None:
        labels = labels.copy()
        pixels.flags.writeable = labels.flags.writeable = False
    else:
        labels = spoil(labels)
        pixels = pixels[:: len(pixels) // len(labels)][: len(labels)]
    settings = Hyperparameters(batches=1, steps_per_batch=2, engine="compiled")
    run = train(DigitDataset(pixels, labels), settings)
    assert run.finished
    assert run.history.test_accuracy[0] == run.network.accuracy(run.test.pixels, run.test.labels)


def test_nothing_is_written_beyond_the_combinations_of_the_basis(digits):
    from digitviz.training.engines.kernels import find_basis

    x = np.ascontiguousarray(digits.pixels[np.arange(30) % 10])  # ten digits, three times each
    rest = np.full(31**2 // 4, -7.0)
    basis = find_basis(x, False, np.zeros(30, np.intp), rest)
    assert basis == 10
    assert np.isin(rest[:200].round(9), (0.0, 1.0)).all()
    assert (rest[200:] == -7.0).all()


@pytest.mark.parametrize(("moved", "bias", "searched"), [(64, False, False), (65, False, True), (65, True, False)])
def test_a_batch_is_searched_for_a_basis_if_it_has_more_digits_than_the_network_has_inputs(moved, bias, searched):
    from digitviz.training.engines.compiled_engine import Batch

    x, one_hot = np.zeros((moved, 64)), np.zeros((moved, 10))
    batch = Batch(x, one_hot, np.array([64, 20, 10]), bias, moved, np.dtype("float64"))
    assert (batch.combinations.size > 0) == searched
