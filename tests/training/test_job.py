"""A run advanced by workers: its steps per turn, and its measured speed."""

from __future__ import annotations

import pytest

from digitviz import Hyperparameters, TrainingRun
from digitviz.training import pool as pool_module
from digitviz.training.pool import RATE_SECONDS, Job

SMALL = Hyperparameters(batches=5, steps_per_batch=20)


class Clock:
    """Replaces `time` in a job. It only advances when a test changes `now`."""

    def __init__(self) -> None:
        self.now = 100.0

    def monotonic(self) -> float:
        return self.now

    thread_time = monotonic


@pytest.fixture
def clock(monkeypatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(pool_module, "time", clock)
    return clock


@pytest.fixture
def job(digits, clock) -> Job:
    job = Job(TrainingRun(digits, SMALL))
    job.run_to(100)
    return job


def test_a_job_that_was_cancelled_takes_no_more_of_the_steps_that_were_asked_for(job):
    job.take_steps(3)
    job.cancelled = True
    job.take_steps(3)
    assert job.run.step == 3
    job.run_to(100)
    job.take_steps(3)
    assert job.run.step == 6


def test_a_job_that_was_paused_takes_no_more_steps_and_goes_on_from_there(job):
    job.take_steps(3)
    job.pause()
    job.take_steps(3)
    assert job.run.step == 3
    job.run_to(5)
    job.take_steps(3)
    assert job.run.step == 5


def test_steps_per_second_are_those_of_the_last_seconds(job, clock):
    assert job.steps_per_second() == 0
    for steps in (10, 10, 10):
        job.take_steps(steps)
        clock.now += 0.5
    assert job.steps_per_second() == 20
    clock.now += 2 * RATE_SECONDS
    job.take_steps(5)
    clock.now += 1.0
    job.take_steps(7)
    assert job.steps_per_second() == 7


def test_turns_too_short_for_the_clock_have_no_rate(job):
    for _ in range(3):
        job.take_steps(1)
    assert job.steps_per_second() == 0


def test_at_a_set_speed_as_many_steps_are_due_as_time_has_passed(job, clock):
    job.speed = 10.0
    assert job.steps_due(clock.now) == 1
    assert job.steps_due(clock.now + 0.5) == 6
    assert job.take_steps(100) == pytest.approx(0.1)
    assert job.run.step == 1
    clock.now += 0.5
    job.take_steps(100)
    assert job.run.step == 6
    assert job.steps_due(clock.now + 1_000) == 94


def test_without_a_speed_all_steps_up_to_the_goal_are_due(job, clock):
    assert job.steps_due(clock.now) == 100
    assert job.take_steps(30) == 0
    assert job.steps_due(clock.now) == 70
    job.pause()
    assert job.steps_due(clock.now) == 0


def test_a_goal_beyond_the_end_is_the_end(job):
    job.run_to(1_000)
    job.take_steps(1_000)
    assert job.run.step == 100
    assert job.is_leaving


def test_a_run_that_turns_out_to_be_shorter_ends_the_job(job, monkeypatch):
    total = property(lambda run: 60 if run.step >= 50 else 100)
    monkeypatch.setattr(type(job.run), "total_steps", total, raising=False)
    job.take_steps(50)
    assert (job.goal, job.steps_due(0.0), job.wants_steps) == (60, 10, True)
    job.take_steps(1_000)
    assert job.run.step == 60
    assert job.is_leaving


def test_a_job_that_is_forgotten_gives_its_memory_back_and_wants_nothing_more(job):
    job.take_steps(50)
    before = job.run.nbytes
    job.forget()
    assert job.forgotten
    assert job.run.nbytes < before
    assert (job.run.step, job.judged, job.wants_steps) == (0, None, False)


@pytest.mark.parametrize("cancelled", [False, True])
def test_a_job_that_stands_is_judged_where_it_stands_unless_nobody_waits_for_it(job, cancelled):
    job.take_steps(13)
    job.cancelled = cancelled
    while not job.settle(1):
        pass
    assert job.judged is job.run.snapshot
    assert not job.awaits_judgement
