from __future__ import annotations

import dataclasses
import gc
from types import SimpleNamespace

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
    return Shelf(int(3.5 * new_job().run.nbytes), free_for_all=1.0)


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


def test_nobody_makes_way_for_a_run_that_is_refused_all_the_same(shelf, new_job, digits):
    job = new_job()
    shelf.put(job)
    shelf.mark(job, closed=True)
    with pytest.raises(Full):
        shelf.put(Job(TrainingRun(digits, Hyperparameters(batches=10, steps_per_batch=100_000))))
    assert not job.forgotten


def test_a_run_counts_with_its_engine_and_not_its_history_alone(digits):
    largest = Hyperparameters(hidden=(512,) * 4, optimizer="adam", batch_size=2000, batches=1, steps_per_batch=1)
    job = Job(TrainingRun(digits, dataclasses.replace(largest, engine="compiled")))
    assert job.run.history.nbytes < 10_000_000
    shelf = Shelf()
    shelf.put(job)
    assert shelf.nbytes > 130_000_000


class Run(SimpleNamespace):
    """As much of a training as the shelf asks for."""

    step = 0


NOTEBOOK, LARGEST = 4_400_000, 170_000_000


def sized(nbytes: int) -> Job:
    return Job(Run(nbytes=nbytes))


def test_forty_sessions_with_the_largest_training_stay_within_the_bound():
    shelf, taken = Shelf(), []
    for _ in range(40):
        first, wanted = sized(NOTEBOOK), sized(LARGEST)
        shelf.put(first, always=True)
        shelf.mark(first, closed=True)
        try:
            shelf.put(wanted)
            taken.append(wanted)
        except Full:
            shelf.mark(first, closed=False)
            taken.append(first)
    assert shelf.nbytes <= shelf.most_bytes
    newcomer = sized(NOTEBOOK)
    shelf.put(newcomer)
    assert not any(job.forgotten for job in [*taken, newcomer])


def test_a_few_sessions_cannot_take_everybodys_room():
    shelf, greedy = Shelf(1_000), [sized(240) for _ in range(6)]
    for job in greedy[:2]:
        shelf.put(job)
    for job in greedy[2:]:
        with pytest.raises(Full):
            shelf.put(job)
    class_of_nine = [sized(50) for _ in range(9)]  # a fair share: that of one among twenty
    for job in class_of_nine:
        shelf.put(job)
    with pytest.raises(Full):
        shelf.put(sized(51))


def test_the_share_shrinks_when_more_than_twenty_sessions_are_open():
    shelf = Shelf(1_000)
    jobs = [sized(20) for _ in range(39)]
    for job in jobs:
        shelf.put(job)
    with pytest.raises(Full):
        shelf.put(sized(26))
    shelf.put(sized(25))


def test_a_session_that_is_closed_leaves_its_share_to_others():
    shelf, jobs = Shelf(1_000), [sized(240) for _ in range(3)]
    for job in jobs[:2]:
        shelf.put(job)
    shelf.mark(jobs[0], closed=True)
    shelf.put(jobs[2])
    assert shelf.nbytes == 720


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
