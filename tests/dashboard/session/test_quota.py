from __future__ import annotations

import gc

import pytest

from digitviz import Hyperparameters, TrainingRun
from digitviz.dashboard.session.quota import Full, Shelf
from digitviz.training.pool import Job

SETTINGS = Hyperparameters(batches=10, steps_per_batch=100)


@pytest.fixture
def new_job(digits):
    return lambda: Job(TrainingRun(digits, SETTINGS))


@pytest.fixture
def shelf(new_job):
    """Room for three runs and a little."""
    return Shelf(int(3.5 * new_job().run.history.nbytes))


def test_the_oldest_run_of_a_closed_session_makes_way(shelf, new_job):
    jobs = [new_job() for _ in range(3)]
    for job in jobs:
        shelf.put(job)
    for job in jobs[:2]:
        shelf.mark(job, closed=True)
    newest = new_job()
    shelf.put(newest)
    assert [job.forgotten for job in [*jobs, newest]] == [True, False, False, False]
    assert shelf.nbytes <= shelf.most_bytes
    assert jobs[0].run.history.nbytes < 0.2 * jobs[1].run.history.nbytes


def test_open_sessions_keep_theirs_and_the_newcomer_is_refused(shelf, new_job):
    jobs = [new_job() for _ in range(3)]
    for job in jobs:
        shelf.put(job)
    with pytest.raises(Full):
        shelf.put(new_job())
    assert not any(job.forgotten for job in jobs)


def test_a_sessions_first_run_is_always_taken_in(shelf, new_job):
    jobs = [new_job() for _ in range(4)]
    for job in jobs:
        shelf.put(job, always=True)
    assert not any(job.forgotten for job in jobs)


def test_a_session_that_comes_back_is_open_again(shelf, new_job):
    jobs = [new_job() for _ in range(3)]
    for job in jobs:
        shelf.put(job)
    shelf.mark(jobs[0], closed=True)
    shelf.mark(jobs[0], closed=False)
    with pytest.raises(Full):
        shelf.put(new_job())


def test_runs_that_nobody_holds_do_not_count(shelf, new_job):
    shelf.put(new_job())
    gc.collect()
    assert shelf.nbytes == 0
