"""The worker computes a run's accuracy, so that pages need not wait for it."""

from __future__ import annotations

import threading
from types import SimpleNamespace

import pytest

from digitviz import Hyperparameters, TrainingRun
from digitviz.networks.network import Network
from digitviz.training import pool as pool_module
from digitviz.training.outcome import OutcomeRun
from digitviz.training.pool import Computation, Job
from digitviz.training.recipe import Recipe
from tests.training.test_pool import LONG, SMALL, started
from tests.waiting import wait_until


@pytest.fixture
def evaluated_in(monkeypatch) -> list[str]:
    """Names of the threads that evaluated a network, one per evaluation."""
    names: list[str] = []
    accuracy = Network.accuracy

    def noted(network, *digits):
        names.append(threading.current_thread().name)
        return accuracy(network, *digits)

    monkeypatch.setattr(Network, "accuracy", noted)
    return names


def test_a_running_training_is_judged_again_and_again_by_the_workers_alone(pool, digits, evaluated_in):
    job = started(pool, digits)
    assert job.judged is None or job.judged.step > 0
    wait_until(lambda: job.judged is not None)
    first = job.judged
    wait_until(lambda: job.judged.step > first.step)
    assert 0 <= job.judged.test_accuracy <= 1
    assert set(evaluated_in) == {"digitviz-worker"}


def stop_by_pause(pool, job):
    job.pause()
    assert pool.wait(job)


def stop_by_cancel(pool, job):
    pool.cancel(job)
    assert pool.wait(job)


@pytest.mark.parametrize("stop", [stop_by_pause, stop_by_cancel])
@pytest.mark.parametrize("speed", [None, 0.2])  # the slow one is stopped while it waits in the queue
def test_a_training_that_was_stopped_stands_judged(pool, digits, evaluated_in, stop, speed):
    job = started(pool, digits, speed=speed)
    wait_until(lambda: job.run.step > 0)
    stop(pool, job)
    assert job.judged is job.run.snapshot
    evaluated_in.clear()
    assert job.judged.test_accuracy == job.run.test_accuracy
    assert not evaluated_in


@pytest.mark.parametrize(
    ("settings", "state"),
    [(SMALL, "finished"), (Hyperparameters(activation="identity", learning_rate=0.01), "diverged")],
)
def test_a_training_that_has_ended_is_judged_as_soon_as_it_says_so(pool, digits, settings, state):
    job = started(pool, digits, settings)
    wait_until(lambda: pool.progress(job).state == state)
    assert job.judged is job.run.snapshot


@pytest.mark.parametrize(("step", "state"), [(30, "paused"), (100, "finished")])
def test_a_copy_that_stands_says_so_while_its_accuracy_is_computed(pool, digits, monkeypatch, step, state):
    run = TrainingRun(digits, SMALL)
    run.advance(step)
    known, accuracy = threading.Event(), Job._judge

    def slow(job, run):
        assert known.wait(90)
        accuracy(job, run)

    monkeypatch.setattr(Job, "_judge", slow)
    job = Job(run.copy())
    pool.submit(job)
    standing = pool.progress(job)
    assert (standing.state, standing.is_settling) == (state, True)
    known.set()
    wait_until(lambda: not pool.progress(job).is_settling)
    assert pool.progress(job).state == state
    assert job.judged is job.run.snapshot
    assert job.judged.is_exact
    if state == "paused":
        job.run_to(step + 1)
        pool.submit(job)
        wait_until(lambda: pool.progress(job).step == step + 1 and not pool.progress(job).is_running)
        assert job.judged.step == step + 1


def test_single_steps_are_judged_each(pool, digits):
    job = Job(TrainingRun(digits, LONG))
    assert job.judged is None
    for step in (1, 2, 3):
        job.run_to(step)
        pool.submit(job)
        wait_until(lambda: pool.progress(job).state == "paused")
        assert job.judged is job.run.snapshot
        assert job.judged.step == step


def test_a_training_that_gave_its_memory_back_shows_no_accuracy_of_before(pool, digits):
    job = started(pool, digits, SMALL)
    wait_until(lambda: pool.progress(job).state == "finished")
    job.forget()
    assert job.judged is None


def test_the_end_of_a_batch_is_not_evaluated_twice(pool, digits, evaluated_in):
    job = Job(TrainingRun(digits, Hyperparameters(batches=3, steps_per_batch=1)))
    job.run_to(1)
    pool.submit(job)
    wait_until(lambda: pool.progress(job).state == "paused")
    assert job.judged.test_accuracy == job.run.history.test_accuracy[0]
    assert not evaluated_in
    assert job.judged.test_accuracy == job.run.network.accuracy(job.run.test.pixels, job.run.test.labels)


def test_work_without_an_accuracy_is_none_the_worse(pool, digits):
    settings = Hyperparameters(batches=4, steps_per_batch=10, engine="numpy")
    run = OutcomeRun(Recipe(settings, digits.id, 1), 4, digits)
    job = Job(run)
    job.run_to(40)
    pool.submit(job)
    wait_until(lambda: pool.progress(job).state == "finished")
    assert job.judged is run.snapshot
    assert pool.progress(job).error is None


class Snapshot(SimpleNamespace):
    """A snapshot whose accuracy takes `seconds` on a clock."""

    @property
    def test_accuracy(self) -> float:
        self.clock.now += self.seconds
        self.clock.judging += self.seconds
        return 0.5


class TimedRun:
    """A run whose steps and evaluations take an exact time."""

    total_steps, diverged, engine = 1_000_000, False, "compiled"

    def __init__(self, clock: SimpleNamespace, step_seconds: float, judge_seconds: float) -> None:
        self.clock, self.step_seconds, self.judge_seconds, self.step = clock, step_seconds, judge_seconds, 0
        self._publish()

    def _publish(self) -> None:
        self.snapshot = Snapshot(step=self.step, clock=self.clock, seconds=self.judge_seconds)

    def advance(self, steps: int) -> int:
        self.clock.now += steps * self.step_seconds
        self.step += steps
        self._publish()
        return steps


@pytest.mark.parametrize("judge_seconds", [0.0001, 0.001, 0.015, 0.1])
@pytest.mark.parametrize("speed", [None, 100_000])  # the worker takes 50,000 steps per second
def test_accuracies_cost_a_training_a_fiftieth_of_its_time_at_most(monkeypatch, judge_seconds, speed):
    clock = SimpleNamespace(now=0.0, judging=0.0)
    time = SimpleNamespace(monotonic=lambda: clock.now, thread_time=lambda: clock.now)
    monkeypatch.setattr(pool_module, "time", time)
    job = Job(TimedRun(clock, 20e-6, judge_seconds), speed)
    job.run_to(job.run.total_steps)
    computation = Computation(job.run)
    computation.jobs.append(job)
    oldest = 0.0
    while clock.now < 15:
        judged = job.judged
        computation.work()
        if job.judged is judged:
            oldest = max(oldest, clock.now - job._judged_at)
    assert clock.judging <= 0.02 * clock.now + judge_seconds  # the first evaluation is immediate
    assert oldest <= max(0.25, 51 * judge_seconds) + pool_module.SLICE_SECONDS


def test_what_is_left_of_a_training_that_gave_its_memory_back_is_one_step(digits):
    job = Job(TrainingRun(digits, SMALL))
    job.forget()
    assert job.run.total_steps == 1
    assert len(job.run.train) == len(TrainingRun(digits, SMALL).train)
