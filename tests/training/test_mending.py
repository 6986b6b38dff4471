"""What is lost of a run is computed again beside it, and takes its place without a jump."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from digitviz.training.job import Job
from digitviz.training.mending import Mending
from digitviz.training.pieces import restore, state_of
from digitviz.training.pool import Pool
from digitviz.training.trajectories import Trajectories
from tests.training.keeping import Kept, pieces_of, same
from tests.training.test_pieces import kept_run
from tests.training.test_trajectory import SMALL
from tests.waiting import wait_until

LONG = dataclasses.replace(SMALL, batches=600)


@pytest.fixture(autouse=True)
def _small_pieces():
    with pieces_of(2):
        yield


def lost(digits, settings, step: int) -> Job:
    """The job of a run of which only the state is left."""
    run = kept_run(digits, settings, step, Kept())
    find = Trajectories(keeper=Kept()).find
    return Job(restore(run.recipe, run.dataset, run.hyperparameters, step, state_of(run), find))


@pytest.mark.parametrize("step", [57, 40, 60])
def test_a_run_that_stands_has_no_gap_after_a_while_and_stands_where_it_stood(digits, pool, step):
    job = lost(digits, SMALL, step)
    before, mending = job.run.snapshot, Mending(job, pool)
    assert (mending.lost, mending.computed) == (step // 20 * 2, 0)
    wait_until(mending.go_on)
    assert mending.computed == mending.lost
    assert (job.run.step, job.run.history.known_from, job.run.snapshot.is_exact) == (step, 0, True)
    after = job.run.snapshot.network.parameters.to_vector()
    np.testing.assert_array_equal(after, before.network.parameters.to_vector())
    assert same(job.run, kept_run(digits, SMALL, step, Kept()))


def test_a_run_that_moves_goes_on_while_it_is_mended_and_after(digits, pool):
    job = lost(digits, LONG, 57)
    job.speed = 200.0
    job.run_to(LONG.total_steps)
    pool.submit(job)
    mending = Mending(job, pool)
    wait_until(mending.go_on)
    step = job.run.step
    assert 57 <= step < LONG.total_steps
    wait_until(lambda: job.run.step > step)
    job.pause()
    assert pool.wait(job, 30)
    assert job.run.history.known_from == 0
    assert np.isfinite(job.run.history.losses.ravel()[: job.run.step]).all()
    assert same(job.run, kept_run(digits, LONG, job.run.step, Kept()))


def test_what_cannot_be_mended_is_left_as_it_is(digits, pool):
    job = lost(digits, SMALL, 57)
    mending = Mending(job, pool)
    mending.work.error = "no"
    assert mending.is_futile
    assert not mending.go_on()
    assert job.run.history.known_from == 4


def test_what_is_in_the_background_lets_others_go_first_but_is_not_forgotten(digits, monkeypatch):
    pool, settings = Pool(workers=1), dataclasses.replace(SMALL, batches=150)
    behind, ahead = (Job(kept_run(digits, dataclasses.replace(settings, seed=seed), 0, Kept())) for seed in (1, 2))
    behind.in_background = True
    advance, of_behind = ahead.run.advance, list[int]()
    monkeypatch.setattr(ahead.run, "advance", lambda steps: (advance(steps), of_behind.append(behind.run.step))[0])
    for job in (behind, ahead):
        job.run_to(settings.total_steps)
        pool.submit(job)
    assert pool.wait(ahead, 60)
    assert ahead.run.finished
    assert of_behind[-1] < settings.total_steps / 2
    wait_until(lambda: behind.run.finished)
