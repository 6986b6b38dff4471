from __future__ import annotations

import os
import sys
import threading
import time
from dataclasses import replace

import numpy as np
import pytest

from digitviz import Hyperparameters, TrainingRun, train
from digitviz.shares import NICENESS
from digitviz.training.pool import Job, Pool, Progress, ProgressState
from digitviz.training.run import RunState
from tests.waiting import wait_until

LONG = Hyperparameters(batches=2_000, steps_per_batch=1_000)
SMALL = Hyperparameters(batches=5, steps_per_batch=20)


def started(pool: Pool, digits, settings=LONG, **options) -> Job:
    job = Job(TrainingRun(digits, settings), **options)
    job.run_to(settings.total_steps)
    pool.submit(job)
    return job


def test_a_job_runs_to_its_end_as_it_would_in_one_go(pool, digits):
    job = started(pool, digits, SMALL)
    wait_until(lambda: pool.progress(job).state == "finished")
    np.testing.assert_array_equal(job.run.history.losses, train(digits, SMALL).history.losses)
    wait_until(lambda: pool.counts() == {"jobs": 0, "computing": 0, "threads": 0, "workers": 2})


@pytest.mark.skipif(sys.platform != "linux", reason="only there does a thread have a priority of its own")
def test_workers_have_a_low_priority(pool, digits):
    found, job = [], Job(TrainingRun(digits, SMALL))
    job.when_done = lambda: found.append(os.getpriority(os.PRIO_PROCESS, threading.get_native_id()))
    job.run_to(SMALL.total_steps)
    pool.submit(job)
    wait_until(lambda: found)
    assert found == [NICENESS]


def test_a_state_is_also_its_word():
    over = [state for state in ProgressState if Progress(state, 1, 2, 0.0, None, 0, None).is_over]
    assert over == ["finished", "diverged", "failed"]
    assert f"{ProgressState.RUNNING} · {RunState.STUCK}" == "running · stuck"


def test_pause_stands_still_and_going_on_takes_up_from_there(pool, digits):
    job = started(pool, digits)
    wait_until(lambda: job.run.step > 50)
    assert pool.progress(job).state == "running"
    job.pause()
    wait_until(lambda: pool.counts()["threads"] == 0)
    step = job.run.step
    assert pool.progress(job).state == "paused"
    job.run_to(step + 1)
    pool.submit(job)
    wait_until(lambda: pool.counts()["threads"] == 0)
    assert job.run.step == step + 1


def test_cancelling_leaves_nothing_running_and_submitting_again_goes_on(pool, digits):
    job = started(pool, digits)
    wait_until(lambda: job.run.step > 0)
    pool.cancel(job)
    wait_until(lambda: pool.counts()["threads"] == 0)
    assert not [thread for thread in threading.enumerate() if thread.name == "digitviz-worker"]
    step = job.run.step
    pool.submit(job)
    wait_until(lambda: job.run.step > step)


def test_jobs_take_turns(pool, digits):
    jobs = [started(pool, digits) for _ in range(5)]
    wait_until(lambda: all(job.run.step > 100 for job in jobs))
    assert all(pool.progress(job).state == "running" for job in jobs)
    assert pool.counts()["threads"] == 2


def test_the_speed_is_kept(pool, digits):
    slow, quick = started(pool, digits, speed=40.0), started(pool, digits)
    wait_until(lambda: slow.run.step >= 20 and 20 < pool.progress(slow).steps_per_second < 80)
    assert quick.run.step > 5 * slow.run.step


def test_the_speed_may_change_on_the_way(pool, digits):
    job = started(pool, digits, SMALL, speed=1.0)
    wait_until(lambda: job.run.step >= 1)
    job.speed = None
    wait_until(lambda: pool.progress(job).state == "finished")


def test_a_job_that_fails_says_why_and_keeps_its_history(pool, digits, monkeypatch, caplog):
    job = Job(TrainingRun(digits, SMALL))
    job.run_to(30)
    pool.submit(job)
    wait_until(lambda: job.run.step == 30)

    def fail(*_):
        raise MemoryError("no room")

    monkeypatch.setattr(job.run.trajectory, "_extend_in_batch", fail)
    job.run_to(100)
    pool.submit(job)
    wait_until(lambda: pool.progress(job).state == "failed")
    assert pool.progress(job).error == "MemoryError: no room"
    assert np.isfinite(job.run.history.losses).sum() == 30
    assert "failed at step 30" in caplog.text


def test_a_paused_job_is_running_until_its_slice_is_published(pool, digits, monkeypatch):
    run = TrainingRun(digits, Hyperparameters(batches=4, steps_per_batch=10))
    job, begun, released, advance = Job(run), threading.Event(), threading.Event(), run.advance

    def advance_slowly(steps: int) -> int:
        taken = advance(steps)
        begun.set()
        assert released.wait(60)
        return taken

    monkeypatch.setattr(run, "advance", advance_slowly)
    job.run_to(1)
    pool.submit(job)
    assert begun.wait(60)
    assert not job.wants_steps
    assert pool.progress(job).state == "running"
    released.set()
    assert pool.wait(job)
    assert pool.progress(job).state == "paused"
    assert pool.progress(job).step == 1


def test_each_waiting_job_is_told_how_many_are_ahead_of_it(digits, monkeypatch):
    pool, released = Pool(workers=1), threading.Event()
    jobs = [Job(TrainingRun(digits, replace(SMALL, seed=seed))) for seed in range(4)]
    advance = jobs[0].run.advance
    monkeypatch.setattr(jobs[0].run, "advance", lambda steps: released.wait(60) and advance(steps))
    for job in jobs:
        job.run_to(1)
        pool.submit(job)
        wait_until(lambda job=job: job is not jobs[0] or not pool._waiting())  # a worker has taken the first
    assert [pool.progress(job).place for job in jobs] == [0, 0, 1, 2]
    released.set()
    assert all(pool.wait(job) for job in jobs)
    assert [pool.progress(job).place for job in jobs] == [0, 0, 0, 0]


def test_a_diverged_job_leaves_the_pool(pool, digits):
    job = started(pool, digits, Hyperparameters(activation="identity", learning_rate=0.01))
    wait_until(lambda: pool.progress(job).state == "diverged")
    wait_until(lambda: pool.counts()["threads"] == 0)


def test_a_pool_has_as_many_workers_as_it_is_told():
    assert [Pool(workers).workers for workers in (1, 5)] == [1, 5]


def test_a_slow_training_takes_one_step_at_once_and_the_next_when_it_is_due(digits):
    job = Job(TrainingRun(digits, SMALL), speed=0.01)
    job.run_to(10)
    assert job.steps_per_second() == 0
    for _ in range(3):
        assert 0 < job.take_steps(10) <= 0.5
    assert job.run.step == 1


class Counted:
    """A run that takes no time and records its owner's turns."""

    total_steps, diverged, engine = 10**9, False, "numpy"

    def __init__(self, owner: str, turns: list[str]) -> None:
        self.owner, self.turns, self.step = owner, turns, 0

    @property
    def snapshot(self) -> Counted:
        return self

    def advance(self, steps: int) -> int:
        self.turns.append(self.owner)
        end = time.thread_time() + 0.002  # the same for every turn
        while time.thread_time() < end:
            pass
        self.step += 1
        return 1


def test_an_owner_without_a_job_leaves_nothing_behind(pool, digits):
    job = started(pool, digits, SMALL)
    assert pool.wait(job)
    assert not pool._worked_on


def test_owners_share_the_workers_however_many_jobs_they_have():
    pool, turns = Pool(1), list[str]()
    jobs = [Job(Counted(owner, turns)) for owner in ["many"] * 20 + ["one"]]
    for job in jobs:
        job.owner = job.run.owner
        job.run_to(job.run.total_steps)
        pool.submit(job)
    wait_until(lambda: turns.count("one") >= 40)
    last = turns[turns.index("one") :]
    for job in jobs:
        pool.cancel(job)
    assert 0.4 < last.count("one") / len(last) < 0.6
    assert all(pool.wait(job) for job in jobs)


def test_while_others_have_jobs_nobody_has_all_workers():
    pool, turns = Pool(2), list[str]()
    jobs = [Job(Counted(owner, turns)) for owner in ["many"] * 3 + ["one"]]
    for job, owner in zip(jobs, ["many"] * 3 + ["one"], strict=True):
        job.owner, job.run.engine = owner, "compiled"
    with pool._changed:  # prevents workers from starting
        for job in jobs[:3]:
            pool._add(job)
        for expected in (True, True):
            assert (pool._jobs[jobs[0]] in pool._free()) is expected
            pool._worked_on["many"] += 1
        pool._add(jobs[3])
        assert pool._jobs[jobs[0]] not in pool._free()
        assert pool._jobs[jobs[3]] in pool._free()
