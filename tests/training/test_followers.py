"""Several jobs share one trajectory: it is computed once, each job has its own speed, and pauses are exact."""

from __future__ import annotations

import time
from types import SimpleNamespace

import numpy as np
import pytest

from digitviz import Hyperparameters, TrainingRun
from digitviz.training import history, pool as pool_module
from digitviz.training.pool import FOLLOWER_SECONDS, Computation, Job, Pool
from digitviz.training.trajectories import Trajectories
from tests.waiting import wait_until

SETTINGS = Hyperparameters(batches=10, steps_per_batch=100, engine="numpy")


@pytest.fixture
def follow(digits, pool):
    """Submit jobs on one trajectory."""
    trajectories = Trajectories()

    def follow(goal: int = SETTINGS.total_steps, speed: float | None = None, settings=SETTINGS) -> Job:
        job = Job(TrainingRun(digits, settings, trajectories.find), speed)
        job.run_to(goal)
        pool.submit(job)
        return job

    return follow


@pytest.fixture
def computed(monkeypatch) -> list[int]:
    """Numbers of steps computed, one per call."""
    from digitviz.training.trajectory import Trajectory

    steps, extend = list[int](), Trajectory.extend

    def counting(trajectory: Trajectory, goal: int) -> int:
        steps.append(extend(trajectory, goal))
        return steps[-1]

    monkeypatch.setattr(Trajectory, "extend", counting)
    return steps


def test_twenty_who_follow_at_different_speeds_compute_it_once_and_one_may_leave(follow, pool, digits, computed):
    quick = [follow() for _ in range(5)]
    slow = [follow(speed=900.0 * (number + 1)) for number in range(14)]
    leaving = follow(speed=5.0)
    pool.cancel(leaving)
    assert pool.wait(leaving)
    assert leaving.run.step < 100
    for job in [*quick, *slow]:
        assert pool.wait(job, 60)
    assert sum(computed) == SETTINGS.total_steps
    alone = TrainingRun(digits, SETTINGS)
    alone.advance(SETTINGS.total_steps)
    for job in [*quick, *slow]:
        assert job.error is None
        assert job.run.snapshot.is_exact
        assert job.judged is job.run.snapshot
        np.testing.assert_array_equal(job.run.history.losses, alone.history.losses)
        np.testing.assert_array_equal(job.run.parameters.to_vector(), alone.parameters.to_vector())


def test_who_comes_later_jumps_to_the_end_of_what_is_known(follow, pool, computed):
    assert pool.wait(follow(), 60)
    computed.clear()
    late = follow()
    assert pool.wait(late, 60)
    assert late.run.finished
    assert sum(computed) == 0


def test_who_comes_later_at_a_speed_sees_it_at_that_speed_and_pauses_on_an_exact_step(follow, pool, digits):
    assert pool.wait(follow(), 60)
    late = follow(speed=400.0)
    wait_until(lambda: late.run.step > 130)
    progress = pool.progress(late)
    assert progress.is_known
    assert pool.counts()["computing"] == 0
    assert progress.steps_per_second < 1000
    late.pause()
    assert pool.wait(late)
    assert 130 < late.run.step < SETTINGS.total_steps
    alone = TrainingRun(digits, SETTINGS)
    alone.advance(late.run.step)
    np.testing.assert_array_equal(late.run.snapshot.network.parameters.to_vector(), alone.parameters.to_vector())
    assert late.run.snapshot.test_accuracy == alone.test_accuracy
    assert late.judged is late.run.snapshot


def test_steps_are_not_said_to_be_known_while_another_job_computes_further_ones(follow, pool):
    ahead = follow(speed=100.0)
    wait_until(lambda: ahead.run.step > 20)
    late = follow(speed=5.0)
    assert not pool.progress(late).is_known
    ahead.pause()
    assert pool.wait(ahead)
    wait_until(lambda: pool.progress(late).is_known)  # from its next turn on
    late.pause()
    assert pool.wait(late)


def test_steps_are_not_said_to_be_known_in_the_middle_of_the_turn_that_computes_them(follow, monkeypatch):
    from digitviz.training.trajectory import Trajectory

    pool, said, extend = Pool(1), list[bool](), Trajectory.extend

    def extended(trajectory: Trajectory, goal: int) -> int:
        steps = extend(trajectory, goal)
        said.extend(pool.progress(job).is_known for job in jobs)
        return steps

    monkeypatch.setattr(Trajectory, "extend", extended)
    jobs = [follow(goal=0) for _ in range(2)]
    for job in jobs:
        job.run_to(SETTINGS.total_steps)
        pool.submit(job)
    for job in jobs:
        assert pool.wait(job, 60)
    assert said
    assert not any(said)


def test_single_steps_on_what_is_known_are_exact_each(follow, pool, digits):
    assert pool.wait(follow(), 60)
    late, alone = follow(goal=0), TrainingRun(digits, SETTINGS)
    for step in (1, 2, 3, 200, 201):
        late.run_to(step)
        pool.submit(late)
        assert pool.wait(late)
        alone.advance(step - alone.step)
        assert late.run.step == step
        np.testing.assert_array_equal(late.run.snapshot.network.parameters.to_vector(), alone.parameters.to_vector())


def test_exact_weights_in_the_middle_of_what_is_known_are_computed_once_for_all_readers(digits, monkeypatch):
    trajectories = Trajectories()
    TrainingRun(digits, SETTINGS, trajectories.find).advance(250)
    run = TrainingRun(digits, SETTINGS, trajectories.find)
    run.advance(150)
    assert not run.snapshot.is_exact
    computed, compute = list[int](), history.exact
    monkeypatch.setattr(history, "exact", lambda of, step: computed.append(step) or compute(of, step))
    assert run.test_accuracy == run.network.accuracy(run.test.pixels, run.test.labels) == run.test_accuracy
    run.advance(10)
    assert run.parameters.weights[0].any()
    assert computed == [150, 160]


def test_it_is_computed_as_far_as_the_one_who_wants_most(follow, pool):
    short, longer = follow(goal=150), follow(goal=420)
    assert pool.wait(short, 60)
    assert pool.wait(longer, 60)
    assert (short.run.step, longer.run.step, longer.run.trajectory.step) == (150, 420, 420)
    assert short.run.snapshot.is_exact


def test_others_are_counted_while_it_is_computed_for_them(follow, pool):
    settings = Hyperparameters(batches=2_000, steps_per_batch=1_000, engine="numpy")
    jobs = [follow(settings.total_steps, None, settings) for _ in range(3)]
    wait_until(lambda: all(job.run.step > 0 for job in jobs))
    assert [pool.progress(job).others for job in jobs] == [2, 2, 2]
    # Between the steps of a slice and the followers' move, nothing is being computed.
    wait_until(lambda: pool.counts() == {"jobs": 3, "computing": 1, "threads": 1, "workers": 2})
    jobs[0].pause()
    assert pool.wait(jobs[0])
    assert pool.progress(jobs[1]).others == 1
    for job in jobs[1:]:
        pool.cancel(job)


def test_the_engine_is_given_back_when_nobody_wants_more_and_taken_up_inside_a_batch(follow, pool, digits):
    job = follow(goal=100)
    assert pool.wait(job, 60)
    assert job.run.trajectory._stepper is None
    job.run_to(130)
    pool.submit(job)
    assert pool.wait(job, 60)
    job.run_to(170)
    pool.submit(job)
    assert pool.wait(job, 60)
    alone = TrainingRun(digits, SETTINGS)
    alone.advance(170)
    np.testing.assert_array_equal(job.run.parameters.to_vector(), alone.parameters.to_vector())


def test_what_one_follower_does_to_its_job_in_a_turn_does_not_hold_up_the_others(follow, pool, monkeypatch, caplog):
    first, second = follow(speed=1.0), follow(speed=50.0)

    def fail(steps: int) -> int:
        raise MemoryError("no room")

    monkeypatch.setattr(second.run, "advance", fail)
    wait_until(lambda: second.error is not None)
    assert pool.wait(second)
    assert first.error is None
    first.speed = None
    assert pool.wait(first, 60)
    assert first.run.finished


def test_a_turn_on_what_is_known_moves_all_and_computes_nothing(digits, monkeypatch):
    trajectories = Trajectories()
    run = TrainingRun(digits, SETTINGS, trajectories.find)
    run.advance(SETTINGS.total_steps)
    monkeypatch.setattr(run.trajectory.setup, "engine_at", lambda *_: pytest.fail("it was computed"))
    computation = Computation(run.trajectory)
    for _ in range(30):
        job = Job(TrainingRun(digits, SETTINGS, trajectories.find), speed=0.01)
        job.run_to(SETTINGS.total_steps)
        computation.jobs.append(job)
    computation.work()
    assert [job.run.step for job in computation.jobs] == [1] * 30
    assert [job.error for job in computation.jobs] == [None] * 30
    assert not computation.computes


def test_a_pool_ends_with_its_last_follower(follow, pool):
    jobs = [follow() for _ in range(3)]
    for job in jobs:
        assert pool.wait(job, 60)
    wait_until(lambda: pool.counts()["threads"] == 0)
    assert isinstance(pool, Pool)


def test_the_more_jobs_move_together_the_longer_each_rests(digits, monkeypatch):
    clock = [100.0]
    monkeypatch.setattr(pool_module, "time", SimpleNamespace(monotonic=lambda: clock[0], thread_time=time.thread_time))
    trajectories = Trajectories()
    first = TrainingRun(digits, SETTINGS, trajectories.find)
    first.advance(SETTINGS.total_steps)
    jobs = [Job(TrainingRun(digits, SETTINGS, trajectories.find), 100.0) for _ in range(40)]
    computation = Computation(first.trajectory)
    for job in jobs:
        job.run_to(SETTINGS.total_steps)
    computation.jobs, rest = jobs, 40 * FOLLOWER_SECONDS

    def moved(seconds: float) -> int:
        before, clock[0] = [job.run.step for job in jobs], clock[0] + seconds
        computation.work()
        return sum(job.run.step > step for job, step in zip(jobs, before, strict=True))

    assert moved(0.0) == 40
    assert moved(rest / 2) == 1  # the one furthest ahead
    assert moved(rest) == 40
    jobs[7].speed = 200.0
    assert jobs[7].due == 0.0, "a new speed counts at once"
