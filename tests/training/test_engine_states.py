"""A saved state contains everything that the next steps depend on, besides the settings and the batch."""

from __future__ import annotations

import dataclasses
import functools
import io
import itertools
from concurrent.futures import Executor, ProcessPoolExecutor
from multiprocessing import get_context

import numpy as np
import pytest

from digitviz import Hyperparameters, load_digits
from digitviz.training.engines import ENGINES, Engine
from digitviz.training.engines.state import EngineState

STEPS = 30
"""Steps per batch."""
WAYS = {
    "descent": {},
    "a deep network": {"hidden": (20, 15), "bias": True, "activation": "tanh", "learning_rate": 1e-7},
    "no hidden layer": {"hidden": (), "bias": True, "learning_rate": 1e-7},
    "weight decay": {"weight_decay": 0.01},
    "momentum": {"optimizer": "momentum"},
    "adam": {"optimizer": "adam", "bias": True, "learning_rate": 1e-3},
    "adam in float32": {"optimizer": "adam", "precision": "float32", "learning_rate": 1e-3},
    "descent in float32": {"precision": "float32"},
}
every_engine = pytest.mark.parametrize("engine", ENGINES)
ELSEWHERE = ["numpy", "compiled", pytest.param("torch", marks=pytest.mark.thorough)]  # takes seconds to load there
every_way = pytest.mark.parametrize("way", WAYS)
TAKEN = 2 * STEPS


def settings_of(engine: str, way: str, **others) -> Hyperparameters:
    return Hyperparameters(engine=engine, steps_per_batch=STEPS, **{**WAYS[way], **others})


def made(settings: Hyperparameters) -> Engine:
    return ENGINES[settings.engine](settings, settings.initial_parameters())


@functools.cache
def batch_of(number: int, dtype: np.dtype) -> tuple[np.ndarray, np.ndarray]:
    digits = load_digits()[100 * number : 100 * number + 100]
    return digits.pixels.astype(dtype), digits.one_hot.astype(dtype)


def take(engine: Engine, start: int, steps: int) -> np.ndarray:
    """Take steps from `start` on, and return the losses."""
    dtype, losses = engine.parameters.weights[0].dtype, [np.empty(0)]
    while steps:
        batch, offset = divmod(start, STEPS)
        part = min(steps, STEPS - offset)
        losses.append(engine.advance(*batch_of(batch, dtype), part))
        start, steps = start + part, steps - part
    return np.concatenate(losses)


def moved(settings: Hyperparameters, steps: int) -> Engine:
    engine = made(settings)
    take(engine, 0, steps)
    return engine


def written(arrays: EngineState) -> bytes:
    np.savez(file := io.BytesIO(), **arrays)
    return file.getvalue()


def read(file: bytes) -> EngineState:
    return dict(np.load(io.BytesIO(file), allow_pickle=False))


def gone_on(settings: Hyperparameters, file: bytes, start: int, steps: int) -> bytes:
    """Restore a saved state in a new engine. Return its first parameters, further losses and final state."""
    engine = made(settings)
    engine.restore(read(file))
    begin = {"begins_at": engine.parameters.to_vector()}
    return written(begin | {"losses": take(engine, start, steps)} | engine.state())


@pytest.fixture(scope="module")
def elsewhere():
    """Another process."""
    with ProcessPoolExecutor(1, get_context("spawn")) as executor:
        yield executor


def gone_on_in(executor: Executor, *arguments) -> EngineState:
    return read(executor.submit(gone_on, *arguments).result())


def assert_same(ours: EngineState, theirs: EngineState) -> None:
    assert ours.keys() == theirs.keys()
    for name, array in ours.items():
        assert array.dtype == theirs[name].dtype, name
        np.testing.assert_array_equal(array, theirs[name], err_msg=name, strict=True)


@pytest.mark.parametrize("engine", ELSEWHERE)
@every_way
@pytest.mark.sampled(6)
def test_another_process_goes_on_bit_for_bit(elsewhere, engine, way):
    settings = settings_of(engine, way)
    here = moved(settings, TAKEN)
    file, begins_at = written(here.state()), here.parameters.to_vector()
    there = gone_on_in(elsewhere, settings, file, TAKEN, 2 * STEPS + 5)
    np.testing.assert_array_equal(there.pop("begins_at"), begins_at)
    np.testing.assert_array_equal(there.pop("losses"), take(here, TAKEN, 2 * STEPS + 5))
    assert_same(there, here.state())


@every_engine
@every_way
@pytest.mark.sampled(4)
def test_at_another_rate_it_goes_on_from_the_same_weights(engine, way):
    """The reference is NumPy's engine with a changed learning rate in its optimizer."""
    settings = settings_of(engine, way)
    slower = dataclasses.replace(settings, learning_rate=settings.learning_rate / 3)
    here = moved(settings, TAKEN)
    there = read(gone_on(slower, written(here.state()), TAKEN, STEPS))
    np.testing.assert_array_equal(there["begins_at"], here.parameters.to_vector())

    oracle = moved(dataclasses.replace(settings, engine="numpy"), TAKEN)
    oracle.optimizer.learning_rate /= 3
    rounding = 1e-9 if settings.precision == "float64" else 1e-3
    np.testing.assert_allclose(there["losses"], take(oracle, TAKEN, STEPS), rtol=rounding)
    for name, array in oracle.parameters.named_arrays:
        np.testing.assert_allclose(there[name], array, rtol=rounding, atol=rounding * abs(array).max())


@every_engine
@every_way
@pytest.mark.sampled(4)
def test_what_is_restored_is_what_was_kept(engine, way):
    settings = settings_of(engine, way)
    kept = moved(settings, TAKEN).state()
    anew = made(settings)
    anew.restore(kept)
    assert_same(anew.state(), kept)


@every_engine
@every_way
@pytest.mark.sampled(4)
def test_an_engine_goes_back_and_shares_no_memory_that_is_written_to(engine, way):
    settings = settings_of(engine, way)
    here = moved(settings, STEPS)
    kept = here.state()
    file, course = written(kept), take(here, STEPS, 2 * STEPS)
    assert_same(read(file), kept)
    here.restore(kept)
    np.testing.assert_array_equal(take(here, STEPS, 2 * STEPS), course)
    assert_same(read(file), kept)

    restored = read(file)
    here.restore(restored)
    for array in (*restored.values(), *(array for array in here.state().values() if array.flags.writeable)):
        array[...] = 7
    np.testing.assert_array_equal(take(here, STEPS, 2 * STEPS), course)


@every_engine
@every_way
@pytest.mark.sampled(4)
def test_of_two_restored_checkpoints_the_second_counts(engine, way):
    settings = settings_of(engine, way)
    here, later, ended = moved(settings, STEPS), moved(settings, TAKEN).state(), moved(settings, STEPS).state()
    course = take(here, STEPS, STEPS)
    here.restore(later)
    here.restore(ended)
    np.testing.assert_array_equal(take(here, STEPS, STEPS), course)


@every_engine
@every_way
def test_it_holds_the_parameters_the_moments_and_the_counts(engine, way):
    settings = settings_of(engine, way)
    parameters = {name for name, _ in made(settings).parameters.named_arrays}
    moments = {"adam": ["adam.1", "adam.2"], "momentum": ["momentum.1"]}.get(settings.optimizer, [])
    expected = {*parameters, "step", *(f"{moment}.{name}" for moment in moments for name in parameters)}
    expected |= {"adam.steps"} if settings.optimizer == "adam" else set()
    kept = moved(settings, STEPS).state()
    assert (kept.keys(), kept["step"]) == (expected, STEPS)


@every_engine
@pytest.mark.parametrize("way", ["a deep network", "adam"])
def test_a_batch_that_another_engine_ended_is_gone_on_from(engine, way):
    for other in ENGINES:
        before = moved(settings_of(other, way), STEPS)
        here = made(settings_of(engine, way))
        here.restore(before.state())
        np.testing.assert_array_equal(here.parameters.to_vector(), before.parameters.to_vector())
        np.testing.assert_allclose(take(here, STEPS, STEPS), take(before, STEPS, STEPS), rtol=1e-9)


@every_engine
def test_another_optimizer_begins_with_fresh_moments(engine):
    for before, after in itertools.permutations(("descent", "momentum", "adam"), 2):
        kept = moved(settings_of(engine, before, bias=True), STEPS).state()
        settings = settings_of(engine, after, bias=True)
        here = made(settings)
        take(here, 0, 3)  # its own moments, which it discards
        here.restore(kept)
        start = moved(settings_of(engine, before, bias=True), STEPS).parameters
        fresh = ENGINES[engine](settings, start)
        np.testing.assert_array_equal(take(here, STEPS, STEPS), take(fresh, STEPS, STEPS))
        np.testing.assert_array_equal(here.parameters.to_vector(), fresh.parameters.to_vector())


def test_a_batch_of_another_size_begins_at_the_settled_weights():
    settings = settings_of("compiled", "descent")
    before = moved(settings, STEPS)
    here, fresh = made(settings), ENGINES["compiled"](settings, before.parameters)
    here.restore(before.state())
    x, one_hot = load_digits().pixels[:90], load_digits().one_hot[:90]
    np.testing.assert_array_equal(here.advance(x, one_hot, 5), fresh.advance(x, one_hot, 5))
