"""A run with lost chunks still continues. The gap is filled if recomputing gives the same result."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from digitviz import Hyperparameters, TrainingRun
from digitviz.figures import loss_curves, progress_curves
from digitviz.training.gap import GapFill
from digitviz.training.pool import Job, Pool
from digitviz.training.run import restore, saved_state
from digitviz.training.trajectories import Trajectories
from tests.training.keeping import Kept, chunks_of, everything, same
from tests.training.test_saved_runs import kept_run, restored
from tests.training.test_trajectory import SMALL, bits, in_one_go
from tests.waiting import wait_until


@pytest.fixture(autouse=True)
def _small_chunks():
    with chunks_of(2):
        yield


@pytest.fixture
def run(digits):
    return kept_run(digits, SMALL, 50, Kept())


@pytest.fixture
def trajectories():
    """Trajectories with an empty cache."""
    return Trajectories(cache=Kept())


@pytest.fixture
def lost(run, trajectories):
    """The same run, restored from its state only."""
    return restore(run.recipe, run.dataset, run.hyperparameters, run.step, saved_state(run), trajectories.find)


def test_a_run_goes_on_when_all_pieces_are_lost(run, lost):
    assert (lost.step, lost.snapshot.is_exact, lost.state) == (50, True, run.state)
    assert (lost.history.known_from, run.history.known_from) == (4, 0)
    np.testing.assert_array_equal(lost.parameters.to_vector(), run.parameters.to_vector())
    for each in (lost, run):
        each.advance(10)
    np.testing.assert_array_equal(lost.parameters.to_vector(), run.parameters.to_vector())
    for curve in ("losses", "train_accuracy", "test_accuracy", "train_loss", "test_loss"):
        mine, theirs = (getattr(each.history, curve) for each in (lost, run))
        assert np.isnan(mine[:4]).all()
        np.testing.assert_array_equal(mine[4:], theirs[4:])
    assert lost.history.kept_batches.tolist() == [4, 5]
    assert (lost.state, lost.trajectory.record.stuck.between(40, 60)) == (
        run.state,
        run.trajectory.record.stuck.between(40, 60),
    )


def test_a_run_that_stands_where_a_piece_ends_has_no_curves_left_and_goes_on(digits):
    run = kept_run(digits, SMALL, 40, Kept())
    lost = restored(run, saved_state(run), Kept())
    assert (lost.step, lost.history.known_from, lost.history.test_accuracy_after(40)) == (40, 4, None)
    assert lost.test_accuracy == run.test_accuracy
    assert not lost.history.kept_batches.size
    for each in (lost, run):
        each.advance(20)
    np.testing.assert_array_equal(lost.parameters.to_vector(), run.parameters.to_vector())
    assert lost.state == run.state == "finished"


def test_what_was_kept_of_a_run_whose_pieces_are_lost_is_enough_again(run, lost, trajectories):
    again = restore(run.recipe, run.dataset, run.hyperparameters, lost.step, saved_state(lost), trajectories.find)
    assert same(again, lost)
    assert again.history.known_from == 4


def test_nobody_else_is_given_a_training_with_a_gap(digits, run, lost, trajectories):
    fresh = TrainingRun(digits, SMALL, trajectories.find)
    assert (fresh.trajectory.step, fresh.trajectory.record.known_from) == (0, 0)
    assert fresh.history.serial == run.history.serial != lost.history.serial
    branch = lost.branch(5, compute=False, learning_rate=1e-5)
    assert (branch.step, branch.trajectory.record.known_from) == (0, 0)
    assert lost.at(2).trajectory is fresh.trajectory
    assert lost.at(5).trajectory is lost.trajectory
    lost.reset()
    assert (lost.step, lost.trajectory) == (0, fresh.trajectory)


def test_it_counts_for_itself_in_memory(digits, lost, trajectories):
    fresh = TrainingRun(digits, SMALL, trajectories.find)
    jobs = [Job(lost), Job(fresh)]
    for job in jobs:
        trajectories.put(job)
    assert trajectories.nbytes == lost.nbytes + fresh.nbytes
    trajectories.max_bytes = fresh.nbytes
    trajectories.mark(jobs[0], closed=True)
    trajectories.put(jobs[1])
    assert [job.forgotten for job in jobs] == [True, False]


def test_a_lost_piece_between_leaves_a_gap_and_what_is_there_goes_on_from_it(digits):
    keeper = Kept()
    run = kept_run(digits, SMALL, 50, keeper)
    state = saved_state(run)
    del keeper.chunks[run.recipe.id, 2]
    again = restored(run, state, keeper)
    assert (again.step, again.history.known_from) == (50, 4)


def test_a_run_whose_batch_before_is_lost_is_finished_although_the_next_batch_diverges(digits):
    settings = Hyperparameters(batches=2, steps_per_batch=1, batch_size=1, engine="numpy", seed=2)
    run = kept_run(digits, settings, 2, Kept())
    lost = restored(run, saved_state(run), Kept())
    from digitviz.training.faults import Divergence

    trajectory = lost.trajectory
    trajectory.record.tip = dataclasses.replace(trajectory.record.tip, divergence=Divergence(3, "w1"))
    assert lost.history.known_from == 2
    assert trajectory.record.fault_at(2, is_goal=True) is None
    assert trajectory.record.fault_at(2) is not None


def test_pictures_begin_where_the_curves_begin(lost):
    lost.advance(7)
    figure = loss_curves(lost.history.recorded_losses, taken=lost.step)
    drawn = [np.array(trace.customdata) for trace in figure.data if trace.customdata is not None]
    assert set(np.concatenate(drawn).tolist()) == {5, 6}
    assert loss_curves(lost.history.losses).layout.meta["says"] == figure.layout.meta["says"]
    assert "2 so far" in figure.layout.meta["says"]
    assert "not a number" not in figure.layout.meta["says"]
    course = progress_curves(lost.history, lost.batch)
    assert course.data[0].x.tolist() == [5]
    assert "After batch 5," in course.layout.meta["says"]


def test_a_long_gap_takes_no_room_in_pictures(digits):
    settings = Hyperparameters(batches=2_000, steps_per_batch=2)
    losses = np.full((2_000, 2), np.nan)
    losses[1_900:] = 5.0
    figure = loss_curves(losses, taken=4_000, batches=settings.batches)
    assert len({int(each) for trace in figure.data if trace.customdata is not None for each in trace.customdata}) == 100
    single = loss_curves(losses[:, :1], taken=2_000, batches=settings.batches)
    assert single.data[0].x[0] == 1_901


def test_a_picture_says_so_when_no_curve_is_known(digits):
    run = kept_run(digits, SMALL, 43, Kept())
    history = restored(run, saved_state(run), Kept()).history
    assert "lost" in progress_curves(history, 4).layout.meta["says"]
    standing = kept_run(digits, SMALL, 40, Kept())
    history = restored(standing, saved_state(standing), Kept()).history
    figure = loss_curves(history.recorded_losses, taken=40)
    assert "lost" in figure.layout.meta["says"]


def test_a_branch_beside_what_it_has_left_begins_where_they_part_although_one_has_a_gap(run, lost):
    branch = run.branch(5, learning_rate=1e-7)
    branch.advance(7)
    both = loss_curves(branch.history.recorded_losses, taken=branch.step, parent=lost.history)
    assert not [trace for trace in both.data if trace.opacity == 0.5]
    run.advance(10)
    lost.advance(10)
    for taken in (57, 60):
        branch.advance(taken - branch.step)
        figure = loss_curves(branch.history.recorded_losses, taken=taken, parent=lost.history)
        (behind,) = [trace for trace in figure.data if trace.opacity == 0.5]
        assert set(behind.customdata.tolist()) == {6}
    assert bits(run.trajectory, 60) == bits(in_one_go(run.recipe, 60, run.dataset), 60)
    assert everything(run.trajectory)[0] == 60


LONG = dataclasses.replace(SMALL, batches=600)


def job_with_a_gap(digits, settings, step: int) -> Job:
    """Return the job of a run restored from its state only."""
    run = kept_run(digits, settings, step, Kept())
    find = Trajectories(cache=Kept()).find
    return Job(restore(run.recipe, run.dataset, run.hyperparameters, step, saved_state(run), find))


@pytest.mark.parametrize("step", [57, 40, 60])
def test_a_run_that_stands_has_no_gap_after_a_while_and_stands_where_it_stood(digits, pool, step):
    job = job_with_a_gap(digits, SMALL, step)
    before, fill = job.run.snapshot, GapFill(job, pool)
    assert (fill.lost, fill.computed) == (step // 20 * 2, 0)
    wait_until(fill.go_on)
    assert fill.computed == fill.lost
    assert (job.run.step, job.run.history.known_from, job.run.snapshot.is_exact) == (before.step, 0, True)
    after = job.run.snapshot.network.parameters.to_vector()
    np.testing.assert_array_equal(after, before.network.parameters.to_vector())
    assert same(job.run, kept_run(digits, SMALL, before.step, Kept()))


def test_a_run_that_moves_goes_on_while_it_is_mended_and_after(digits, pool):
    job = job_with_a_gap(digits, LONG, 57)
    job.speed = 40.0  # minutes to its end
    job.run_to(LONG.total_steps)
    pool.submit(job)
    fill = GapFill(job, pool)
    wait_until(fill.go_on)
    step = job.run.step
    assert 50 <= step < LONG.total_steps
    wait_until(lambda: job.run.step > step)
    job.pause()
    assert pool.wait(job, 30)
    assert job.run.history.known_from == 0
    assert np.isfinite(job.run.history.losses.ravel()[: job.run.step]).all()
    assert same(job.run, kept_run(digits, LONG, job.run.step, Kept()))


def test_what_cannot_be_mended_is_left_as_it_is(digits, pool):
    job = job_with_a_gap(digits, SMALL, 57)
    fill = GapFill(job, pool)
    fill.work.error = "no"
    assert fill.is_futile
    assert not fill.go_on()
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
