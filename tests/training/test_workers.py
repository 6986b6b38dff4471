"""Workers survive any changes to pages and runs."""

from __future__ import annotations

import itertools
import sys
import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

import pytest

from digitviz import Hyperparameters, TrainingRun
from digitviz.training.pool import Job
from tests.training.test_pool import SMALL
from tests.waiting import wait_until

FOREVER = 1_000_000_000


@dataclass(frozen=True)
class Moment:
    step: int


class Stub:
    """A run that takes no time and one step per call, and calls `then` after each."""

    total_steps, diverged = FOREVER, False

    def __init__(self, engine: str = "numpy", then: Callable[[], None] = lambda: None) -> None:
        self.engine, self.then, self.step = engine, then, 0
        self.snapshot = Moment(0)

    def advance(self, steps: int) -> int:
        self.step += 1
        self.snapshot = Moment(self.step)
        self.then()
        return 1


@pytest.fixture
def impatient_threads():
    """Make threads switch as often as possible."""
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(interval)


def submitted(pool, run, goal=FOREVER) -> Job:
    job = Job(run)
    job.run_to(goal)
    pool.submit(job)
    return job


@pytest.mark.parametrize("wanted", [300, pytest.param(2_000, marks=pytest.mark.thorough)])
def test_speed_and_goal_may_change_at_any_moment(pool, impatient_threads, wanted):
    """`wanted` is the minimum number of slices per job, and of changes."""
    jobs = [submitted(pool, Stub(engine)) for engine in ("compiled", "numpy")]

    def change(job):
        for turn in itertools.count():
            job.speed = None if turn % 2 else 1e9
            job.run_to(FOREVER)
            if turn >= wanted and (job.run.step >= wanted or not pool.counts()["threads"]):
                break

    threads = [threading.Thread(target=change, args=(job,)) for job in [*jobs, *jobs]]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    for job in jobs:
        assert job.run.step >= wanted
        assert pool.progress(job).state == "running"
        assert job.error is None
        job.pause()
        assert pool.wait(job)


def test_a_change_while_a_slice_is_written_down_waits_for_it(pool):
    job = Job(Stub())

    class Interrupted(deque):
        """Speed marks of a job. Another thread sets the speed whenever a mark is added."""

        def append(self, mark: tuple[float, int]) -> None:
            super().append(mark)
            change = threading.Thread(target=lambda: setattr(job, "speed", 1e6 + mark[1]))
            change.start()
            change.join(0.05)

    job._marks = Interrupted()
    job.run_to(5)
    pool.submit(job)
    wait_until(lambda: pool.progress(job).step == 5, seconds=10)
    assert pool.wait(job)
    assert job.error is None


def fail(error):
    raise error


@pytest.mark.parametrize("engine", ["numpy", "compiled"])
@pytest.mark.parametrize("error", [MemoryError("no room"), SystemExit("enough"), KeyboardInterrupt(), GeneratorExit()])
def test_whatever_ends_a_slice_is_the_jobs_error_and_the_others_go_on(pool, engine, error, caplog):
    failing = submitted(pool, Stub(engine, then=lambda: fail(error)))
    wait_until(lambda: pool.progress(failing).state == "failed", seconds=10)
    assert pool.progress(failing).error == f"{type(error).__name__}: {error}"
    assert pool.wait(failing)
    other = submitted(pool, Stub(engine), goal=100)
    wait_until(lambda: pool.progress(other).step == 100, seconds=10)


@pytest.mark.parametrize("bookkeeping", ["_note_progress", "_judge"])
def test_an_error_beside_the_steps_is_the_jobs_too(pool, monkeypatch, caplog, bookkeeping):
    failing = Job(Stub())
    monkeypatch.setattr(failing, bookkeeping, lambda *_: fail(IndexError("deque index out of range")))
    failing.run_to(10)
    pool.submit(failing)
    wait_until(lambda: pool.progress(failing).state == "failed", seconds=10)
    assert pool.wait(failing)
    other = submitted(pool, Stub(), goal=100)
    wait_until(lambda: pool.progress(other).step == 100, seconds=10)


def test_a_failed_training_stands_judged(pool, digits, monkeypatch, caplog):
    run = TrainingRun(digits, SMALL)
    advance = run.advance
    monkeypatch.setattr(run, "advance", lambda steps: advance(steps) if run.step < 5 else fail(ValueError("no")))
    job = submitted(pool, run, goal=50)
    wait_until(lambda: pool.progress(job).state == "failed")
    assert pool.wait(job)
    assert job.judged is run.snapshot


def test_a_job_that_is_forgotten_in_the_middle_of_a_slice_keeps_nobody_waiting(pool, digits, monkeypatch):
    run = TrainingRun(digits, Hyperparameters(engine="numpy", batches=1, steps_per_batch=100))
    job, begun, released, advance = Job(run), threading.Event(), threading.Event(), run.advance

    def advance_slowly(steps: int) -> int:
        begun.set()
        assert released.wait(60)
        return advance(steps)

    monkeypatch.setattr(run, "advance", advance_slowly)
    job.run_to(100)
    pool.submit(job)
    assert begun.wait(60)
    job.forget()
    released.set()
    assert pool.wait(job)
    assert (job.judged, job.run.step, job.error) == (None, 0, None)
    other = submitted(pool, Stub("numpy"), goal=100)
    wait_until(lambda: pool.progress(other).step == 100, seconds=10)


def test_a_worker_that_cannot_be_started_is_tried_again(pool, monkeypatch):
    def no_thread(thread):
        raise RuntimeError("can't start new thread")

    job = Job(Stub())
    job.run_to(100)
    with monkeypatch.context() as patch:
        patch.setattr(threading.Thread, "start", no_thread)
        with pytest.raises(RuntimeError):
            pool.submit(job)
    assert pool.counts()["threads"] == 0
    pool.submit(job)
    wait_until(lambda: pool.progress(job).step == 100, seconds=10)
