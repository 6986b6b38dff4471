from __future__ import annotations

import dataclasses
import gc
import itertools
from types import SimpleNamespace

import pytest

from digitviz import Hyperparameters, TrainingRun
from digitviz.training.pool import Job
from digitviz.training.recipe import Recipe
from digitviz.training.trajectories import Full, Trajectories

SETTINGS = Hyperparameters(batches=10, steps_per_batch=100)


@pytest.fixture
def new_job(digits):
    """Create jobs on separate trajectories, each with a different seed."""
    seeds = itertools.count()

    def new_job(trajectories: Trajectories) -> Job:
        settings = dataclasses.replace(SETTINGS, seed=next(seeds))
        return Job(TrainingRun(digits, settings, trajectories.find))

    return new_job


@pytest.fixture
def trajectories(digits):
    """Trajectories with space for three and a half runs."""
    return Trajectories(int(3.5 * TrainingRun(digits, SETTINGS).nbytes), free_for_all=1.0)


def test_the_oldest_run_of_a_closed_session_makes_way(trajectories, new_job):
    jobs = [new_job(trajectories) for _ in range(3)]
    for job in jobs:
        trajectories.put(job)
    for job in jobs[:2]:
        trajectories.mark(job, closed=True)
    newest = new_job(trajectories)
    trajectories.put(newest)
    assert [job.forgotten for job in [*jobs, newest]] == [True, False, False, False]
    assert trajectories.nbytes <= trajectories.max_bytes


def test_nobody_makes_way_for_a_run_that_is_refused_all_the_same(trajectories, new_job, digits):
    job = new_job(trajectories)
    trajectories.put(job)
    trajectories.mark(job, closed=True)
    large = Job(TrainingRun(digits, Hyperparameters(batches=10, steps_per_batch=100_000), trajectories.find))
    with pytest.raises(Full):
        trajectories.put(large)
    assert not job.forgotten


def test_a_run_counts_with_its_engine_and_not_its_history_alone(digits):
    largest = Hyperparameters(hidden=(512,) * 4, optimizer="adam", batch_size=2000, batches=1, steps_per_batch=1)
    trajectories = Trajectories()
    job = Job(TrainingRun(digits, dataclasses.replace(largest, engine="compiled"), trajectories.find))
    assert job.run.trajectory.record.curves.nbytes_of(1) < 10_000_000
    trajectories.put(job)
    assert trajectories.nbytes > 130_000_000


class Run(SimpleNamespace):
    """The part of a run that `Trajectories` uses."""

    step = 0


NUMBERS = itertools.count()


NOTEBOOK, LARGEST = 4_400_000, 170_000_000


def sized(nbytes: int) -> Job:
    trajectory = SimpleNamespace(nbytes=nbytes, serial=f"{next(NUMBERS)}")
    return Job(Run(nbytes=nbytes, trajectory=trajectory))


def test_forty_sessions_with_the_largest_training_stay_within_the_bound():
    trajectories, taken = Trajectories(), []
    for _ in range(40):
        first, wanted = sized(NOTEBOOK), sized(LARGEST)
        trajectories.put(first, always=True)
        trajectories.mark(first, closed=True)
        try:
            trajectories.put(wanted)
            taken.append(wanted)
        except Full:
            trajectories.mark(first, closed=False)
            taken.append(first)
    assert trajectories.nbytes <= trajectories.max_bytes
    newcomer = sized(NOTEBOOK)
    trajectories.put(newcomer)
    assert not any(job.forgotten for job in [*taken, newcomer])


def test_a_few_sessions_cannot_take_everybodys_room():
    trajectories, greedy = Trajectories(1_000), [sized(240) for _ in range(6)]
    for job in greedy[:2]:
        trajectories.put(job)
    for job in greedy[2:]:
        with pytest.raises(Full):
            trajectories.put(job)
    class_of_nine = [sized(50) for _ in range(9)]  # a fair share: one of twenty
    for job in class_of_nine:
        trajectories.put(job)
    with pytest.raises(Full):
        trajectories.put(sized(51))


def test_the_share_shrinks_when_more_than_twenty_sessions_are_open():
    trajectories = Trajectories(1_000)
    jobs = [sized(20) for _ in range(39)]
    for job in jobs:
        trajectories.put(job)
    with pytest.raises(Full):
        trajectories.put(sized(26))
    trajectories.put(sized(25))


def test_a_session_that_is_closed_leaves_its_share_to_others():
    trajectories, jobs = Trajectories(1_000), [sized(240) for _ in range(3)]
    for job in jobs[:2]:
        trajectories.put(job)
    trajectories.mark(jobs[0], closed=True)
    trajectories.put(jobs[2])
    assert trajectories.nbytes == 720


def test_open_sessions_keep_theirs_and_the_newcomer_is_refused(trajectories, new_job):
    jobs = [new_job(trajectories) for _ in range(3)]
    for job in jobs:
        trajectories.put(job)
    with pytest.raises(Full):
        trajectories.put(new_job(trajectories))
    assert not any(job.forgotten for job in jobs)


def test_a_sessions_first_run_is_always_taken_in(trajectories, new_job):
    jobs = [new_job(trajectories) for _ in range(4)]
    for job in jobs:
        trajectories.put(job, always=True)
    assert not any(job.forgotten for job in jobs)


def test_a_session_that_comes_back_is_open_again(trajectories, new_job):
    jobs = [new_job(trajectories) for _ in range(3)]
    for job in jobs:
        trajectories.put(job)
    trajectories.mark(jobs[0], closed=True)
    trajectories.mark(jobs[0], closed=False)
    with pytest.raises(Full):
        trajectories.put(new_job(trajectories))


def test_what_nobody_follows_is_kept_and_makes_way_first(monkeypatch):
    forgotten: list[Job] = []
    monkeypatch.setattr(Job, "forget", lambda job: forgotten.append(job))
    trajectories, jobs = Trajectories(1_000), [sized(300) for _ in range(3)]
    for job in jobs:
        trajectories.put(job, always=True)
    trajectories.mark(jobs[0], closed=True)
    del jobs[1], job
    gc.collect()
    assert (len(trajectories), trajectories.nbytes) == (3, 900)
    jobs.append(sized(300))
    trajectories.put(jobs[-1], always=True)
    assert (len(trajectories), forgotten) == (3, [])
    trajectories.put(sized(300), always=True)
    assert forgotten == [jobs[0]]


def test_a_recipe_that_is_asked_for_again_is_known_until_it_makes_way(trajectories, new_job):
    job = new_job(trajectories)
    trajectories.put(job)
    recipe, dataset = job.run.recipe, job.run.dataset
    job.run.advance(SETTINGS.total_steps)
    del job
    gc.collect()
    assert trajectories.find(recipe, dataset).step == SETTINGS.total_steps


def test_runs_that_are_only_looked_at_stay_within_the_bound(trajectories, digits):
    for seed in range(20):
        run = TrainingRun(digits, dataclasses.replace(SETTINGS, seed=seed), trajectories.find)
        run.advance(SETTINGS.total_steps)
    del run
    TrainingRun(digits, SETTINGS, trajectories.find)
    assert trajectories.nbytes <= trajectories.max_bytes


def test_who_asks_for_the_same_recipe_follows_the_same_trajectory_and_takes_no_room(trajectories, digits):
    jobs = [Job(TrainingRun(digits, SETTINGS, trajectories.find)) for _ in range(30)]
    for job in jobs:
        trajectories.put(job)
    assert all(job.run.trajectory is jobs[0].run.trajectory for job in jobs)
    assert len(trajectories) == 1
    assert trajectories.nbytes == jobs[0].run.nbytes
    longer = dataclasses.replace(SETTINGS, batches=20)
    trajectories.put(Job(TrainingRun(digits, longer, trajectories.find)))
    assert len(trajectories) == 1


def test_a_branch_begins_with_what_its_parent_knows_if_that_is_still_there(trajectories, digits):
    parent = TrainingRun(digits, SETTINGS, trajectories.find)
    parent.advance(250)
    recipe = Recipe.of(digits, parent.hyperparameters).changed(2, learning_rate=1e-7)
    assert trajectories.find(recipe, digits).step == 200
