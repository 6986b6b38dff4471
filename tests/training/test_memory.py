"""Memory estimates of runs, compared with measurements."""

from __future__ import annotations

import gc
import tracemalloc
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from digitviz import Hyperparameters, TrainingRun
from digitviz.training.pool import Job

FRAMES = 40
"Number of traceback frames recorded, enough to reach this file from every allocation."
WIDE = (512, 512, 512, 512)
SETTINGS = {
    "notebook, numpy": Hyperparameters(engine="numpy", batches=40, steps_per_batch=2),
    "notebook, compiled": Hyperparameters(engine="compiled", batches=40, steps_per_batch=30),
    "notebook, torch": Hyperparameters(engine="torch", bias=True, batches=3, steps_per_batch=2),
    "Adam, torch": Hyperparameters(
        engine="torch", hidden=WIDE, optimizer="adam", batch_size=200, batches=2, steps_per_batch=2
    ),
    "large, compiled": Hyperparameters(
        engine="compiled", hidden=WIDE, optimizer="adam", batch_size=800, batches=3, steps_per_batch=2
    ),
    "wide, numpy": Hyperparameters(
        engine="numpy", hidden=WIDE, optimizer="adam", batch_size=200, batches=3, steps_per_batch=2
    ),
    "scaled and converted": Hyperparameters(
        engine="numpy",
        hidden=(20,),
        optimizer="momentum",
        precision="float32",
        input_scale="unit",
        bias=True,
        batches=2,
        steps_per_batch=2,
    ),
    "Gram matrix": Hyperparameters(
        engine="compiled", hidden=(512,), batch_size=120, precision="float32", batches=6, steps_per_batch=50
    ),
    "no Gram matrix": Hyperparameters(
        engine="compiled", hidden=(512,), batch_size=150, precision="float32", batches=6, steps_per_batch=20
    ),
    "many batches": Hyperparameters(engine="compiled", hidden=(), batch_size=127, batches=100, steps_per_batch=1),
}


def grown_by(make: Callable[[], object]) -> int:
    """Return the bytes that `make` allocated and that are still in use, as reported by numpy and Python.

    Allocations by other threads, such as the one that compiles an engine, do not count: a traceback must include this
    function.
    """
    gc.collect()
    gc.freeze()  # exclude existing objects from collection
    tracemalloc.start(FRAMES)
    try:
        with ThreadPoolExecutor(1) as others:  # its stack is shallower, so recording it takes half the time
            made = others.submit(make).result()
        gc.collect()
        sizes = tracemalloc.take_snapshot().statistics("traceback")
        del made
        return sum(each.size for each in sizes if any(frame.filename == __file__ for frame in each.traceback))
    finally:
        tracemalloc.stop()


def moved(digits, settings: Hyperparameters, steps: int) -> tuple[TrainingRun, object]:
    """Return a run after some steps, with an earlier snapshot, as a job keeps one."""
    run = TrainingRun(digits, settings)
    run.advance(1)
    snapshot = run.snapshot
    run.advance(steps - 1)
    return run, snapshot


@pytest.mark.parametrize("name", SETTINGS)
@pytest.mark.sampled(3)
def test_a_training_takes_the_memory_that_it_says_before_it_begins(digits, name):
    settings = SETTINGS[name]
    digits = digits if name == "scaled and converted" else digits[:300]  # only this case copies the digits
    moved(digits, settings, 2)  # exclude objects that are loaded once
    said = TrainingRun(digits, settings).nbytes
    measured = grown_by(lambda: moved(digits, settings, settings.total_steps - 1))
    assert 0.9 * measured <= said <= 1.1 * measured + 50_000


@pytest.mark.parametrize("engine", ["numpy", "compiled"])
@pytest.mark.parametrize("rate", [1e-6, 100.0])
def test_a_training_that_has_ended_keeps_only_what_it_shows(digits, engine, rate):
    settings = Hyperparameters(
        engine=engine, activation="identity", hidden=(100, 100), optimizer="adam" if rate < 1 else "gradient_descent",
        batch_size=500, batches=1, steps_per_batch=8, learning_rate=rate,
    )  # fmt: skip
    run = TrainingRun(digits, settings)
    before = run.nbytes
    measured = grown_by(lambda: moved(digits, settings, 8))
    run.advance(8)
    assert run.state == ("finished" if rate < 1 else "diverged")
    assert measured <= 1.1 * run.nbytes + 50_000 < before


def test_the_digits_are_converted_when_a_training_begins_not_before(digits):
    settings = Hyperparameters(precision="float32", input_scale="unit", batches=1, steps_per_batch=5, engine="numpy")
    assert grown_by(lambda: TrainingRun(digits, settings)) < digits.pixels.nbytes / 4


def test_a_training_that_has_ended_can_be_begun_again(digits):
    run = TrainingRun(digits, Hyperparameters(batches=2, steps_per_batch=5, engine="numpy"))
    run.advance(10)
    losses = run.history.losses.copy()
    assert run.advance(1) == 0
    run.reset()
    run.advance(10)
    assert (run.history.losses == losses).all()


def test_who_follows_a_training_that_is_known_takes_next_to_nothing(digits):
    known = TrainingRun(digits, Hyperparameters(batches=20, steps_per_batch=20))
    known.advance(400)

    def follow() -> Job:
        job = Job(TrainingRun(digits, known.hyperparameters, lambda *_: known.trajectory))
        job.run.advance(250)
        job.run.settle()
        return job

    follow()
    assert grown_by(follow) < 100_000
