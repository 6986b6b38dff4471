from __future__ import annotations

import dataclasses
import gc
from types import SimpleNamespace

import pytest

from digitviz import Hyperparameters, TrainingRun
from digitviz.dashboard.session.quota import Full, Quota
from digitviz.training.pool import Job

SETTINGS = Hyperparameters(batches=10, steps_per_batch=100)


@pytest.fixture
def new_job(digits):
    return lambda: Job(TrainingRun(digits, SETTINGS))


@pytest.fixture
def quota(new_job):
    """Room for three runs and a little."""
    return Quota(int(3.5 * new_job().run.nbytes), free_for_all=1.0)


def test_the_oldest_run_of_a_closed_session_makes_way(quota, new_job):
    jobs = [new_job() for _ in range(3)]
    for job in jobs:
        quota.put(job)
    for job in jobs[:2]:
        quota.mark(job, closed=True)
    newest = new_job()
    quota.put(newest)
    assert [job.forgotten for job in [*jobs, newest]] == [True, False, False, False]
    assert quota.nbytes <= quota.most_bytes
    assert jobs[0].run.history.nbytes < 0.2 * jobs[1].run.history.nbytes


def test_nobody_makes_way_for_a_run_that_is_refused_all_the_same(quota, new_job, digits):
    job = new_job()
    quota.put(job)
    quota.mark(job, closed=True)
    with pytest.raises(Full):
        quota.put(Job(TrainingRun(digits, Hyperparameters(batches=10, steps_per_batch=100_000))))
    assert not job.forgotten


def test_a_run_counts_with_its_engine_and_not_its_history_alone(digits):
    largest = Hyperparameters(hidden=(512,) * 4, optimizer="adam", batch_size=2000, batches=1, steps_per_batch=1)
    job = Job(TrainingRun(digits, dataclasses.replace(largest, engine="compiled")))
    assert job.run.history.nbytes < 10_000_000
    quota = Quota()
    quota.put(job)
    assert quota.nbytes > 130_000_000


class Run(SimpleNamespace):
    """As much of a training as the quota asks for."""

    step = 0


NOTEBOOK, LARGEST = 4_400_000, 170_000_000


def sized(nbytes: int) -> Job:
    return Job(Run(nbytes=nbytes))


def test_forty_sessions_with_the_largest_training_stay_within_the_bound():
    quota, taken = Quota(), []
    for _ in range(40):
        first, wanted = sized(NOTEBOOK), sized(LARGEST)
        quota.put(first, always=True)
        quota.mark(first, closed=True)
        try:
            quota.put(wanted)
            taken.append(wanted)
        except Full:
            quota.mark(first, closed=False)
            taken.append(first)
    assert quota.nbytes <= quota.most_bytes
    newcomer = sized(NOTEBOOK)
    quota.put(newcomer)
    assert not any(job.forgotten for job in [*taken, newcomer])


def test_a_few_sessions_cannot_take_everybodys_room():
    quota, greedy = Quota(1_000), [sized(240) for _ in range(6)]
    for job in greedy[:2]:
        quota.put(job)
    for job in greedy[2:]:
        with pytest.raises(Full):
            quota.put(job)
    class_of_nine = [sized(50) for _ in range(9)]  # a fair share: that of one among twenty
    for job in class_of_nine:
        quota.put(job)
    with pytest.raises(Full):
        quota.put(sized(51))


def test_the_share_shrinks_when_more_than_twenty_sessions_are_open():
    quota = Quota(1_000)
    jobs = [sized(20) for _ in range(39)]
    for job in jobs:
        quota.put(job)
    with pytest.raises(Full):
        quota.put(sized(26))
    quota.put(sized(25))


def test_a_session_that_is_closed_leaves_its_share_to_others():
    quota, jobs = Quota(1_000), [sized(240) for _ in range(3)]
    for job in jobs[:2]:
        quota.put(job)
    quota.mark(jobs[0], closed=True)
    quota.put(jobs[2])
    assert quota.nbytes == 720


def test_open_sessions_keep_theirs_and_the_newcomer_is_refused(quota, new_job):
    jobs = [new_job() for _ in range(3)]
    for job in jobs:
        quota.put(job)
    with pytest.raises(Full):
        quota.put(new_job())
    assert not any(job.forgotten for job in jobs)


def test_a_sessions_first_run_is_always_taken_in(quota, new_job):
    jobs = [new_job() for _ in range(4)]
    for job in jobs:
        quota.put(job, always=True)
    assert not any(job.forgotten for job in jobs)


def test_a_session_that_comes_back_is_open_again(quota, new_job):
    jobs = [new_job() for _ in range(3)]
    for job in jobs:
        quota.put(job)
    quota.mark(jobs[0], closed=True)
    quota.mark(jobs[0], closed=False)
    with pytest.raises(Full):
        quota.put(new_job())


def test_runs_that_nobody_holds_do_not_count(quota, new_job):
    quota.put(new_job())
    gc.collect()
    assert quota.nbytes == 0
