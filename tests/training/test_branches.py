"""A run is a position on a trajectory: it can go back, branch, and share the trajectory with other runs."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from digitviz import Hyperparameters, TrainingRun
from digitviz.training import trajectory as trajectory_module
from digitviz.training.recipe import Change, Recipe
from digitviz.training.trajectory import Trajectory
from tests.training.test_trajectory import SMALL, bits, in_one_go


def test_a_branch_of_a_branch_shares_what_was_before_and_goes_its_own_way(digits):
    run = TrainingRun(digits, SMALL)
    run.advance(35)
    child = run.branch(learning_rate=3e-7)
    assert (child.step, child.hyperparameters.learning_rate) == (30, 3e-7)
    child.advance(25)
    grandchild = child.branch(optimizer="adam", learning_rate=1e-3)
    assert grandchild.step == 50
    assert grandchild.recipe.changes == (
        Change(3, learning_rate=3e-7), Change(5, learning_rate=1e-3, optimizer="adam"),
    )  # fmt: skip
    grandchild.advance(100)
    alone = in_one_go(grandchild.recipe, 60, digits)
    assert bits(grandchild.trajectory, 60) == bits(alone, 60)
    run.advance(100)
    ours, theirs = grandchild.history.losses, run.history.losses
    np.testing.assert_array_equal(ours[:3], theirs[:3])
    assert (ours[3, 1:] != theirs[3, 1:]).all()
    assert ours[3, 0] == theirs[3, 0]


def test_a_branch_may_have_another_goal_and_nothing_that_makes_it_another_training(digits):
    run = TrainingRun(digits, SMALL)
    run.advance(20)
    longer = run.branch(batches=9)
    assert (longer.trajectory, longer.total_steps, longer.step) == (run.trajectory, 90, 20)
    for other in ({"hidden": (20,)}, {"seed": 3}, {"batch_size": 50}):
        with pytest.raises(ValueError, match=next(iter(other))):
            run.branch(**other)
    with pytest.raises(ValueError, match="learning_rate"):
        run.branch(learning_rate=-1.0)


def test_other_settings_from_the_next_batch_on_leave_the_run_where_it_stands(digits, monkeypatch):
    run = TrainingRun(digits, SMALL)
    run.advance(37)
    computed = []
    monkeypatch.setattr(Trajectory, "_extend_in_batch", lambda *_: computed.append(1))
    child = run.branch(batch=4, learning_rate=3e-7)
    assert not computed
    monkeypatch.undo()
    assert (child.step, child.recipe.changes) == (37, (Change(4, learning_rate=3e-7),))
    child.advance(100)
    assert bits(child.trajectory, 60) == bits(in_one_go(child.recipe, 60, digits), 60)
    with pytest.raises(ValueError, match="batch: 5"):
        run.branch(batch=5, learning_rate=3e-7)


def test_a_run_may_start_from_given_weights(digits):
    trained = TrainingRun(digits, SMALL)
    trained.advance(60)
    start = trained.parameters
    run = TrainingRun(digits, SMALL, start=start)
    np.testing.assert_array_equal(run.initial_parameters.to_vector(), start.to_vector())
    assert run.recipe != trained.recipe
    run.advance(60)
    assert run.history.test_loss[-1] < trained.history.test_loss[-1]
    with pytest.raises(ValueError, match="initial weights"):
        TrainingRun(digits, dataclasses.replace(SMALL, hidden=(20,)), start=start)


def test_a_branch_whose_beginning_is_not_kept_can_be_left_to_a_worker(digits, monkeypatch):
    run = TrainingRun(digits, SMALL)
    run.advance(60)
    run.trajectory.record.states._kept = run.trajectory.record.states._kept[1::3]  # after batches 2 and 5
    with monkeypatch.context() as patch:
        patch.setattr(Trajectory, "_extend_in_batch", lambda *_: pytest.fail("it was computed here"))
        child = run.branch(4, compute=False, learning_rate=3e-7)
    assert (child.step, child.recipe.changes[0].batch) == (20, 4)
    child.advance(40)
    assert bits(child.trajectory, 60) == bits(in_one_go(child.recipe, 60, digits), 60)


def test_a_branch_before_the_first_batch_is_another_training(digits):
    run = TrainingRun(digits, SMALL)
    run.advance(7)
    child = run.branch(learning_rate=3e-7)
    assert (child.step, child.recipe.changes, child.hyperparameters.learning_rate) == (0, (), 3e-7)
    assert child.recipe == TrainingRun(digits, dataclasses.replace(SMALL, learning_rate=3e-7)).recipe


@pytest.mark.parametrize("engine", ["numpy", "compiled", "torch"])
@pytest.mark.parametrize("optimizer", ["gradient_descent", "momentum", "adam"])
@pytest.mark.sampled(3)
def test_a_run_can_be_looked_at_as_it_was_after_any_batch(digits, engine, optimizer):
    settings = dataclasses.replace(SMALL, engine=engine, optimizer=optimizer)
    run, seen = TrainingRun(digits, settings), {}
    for batch in range(1, 7):
        run.advance(10)
        seen[batch] = run.parameters.to_vector()
    for batch in (6, 2, 4):
        then = run.at(batch)
        assert (then.step, then.batch, run.step) == (10 * batch, batch, 60)
        np.testing.assert_array_equal(then.parameters.to_vector(), seen[batch])
        assert then.test_accuracy == run.history.test_accuracy[batch - 1]
        assert np.isnan(then.history.losses[batch:]).all()
    assert not run.at(0).history.kept_batches.size
    with pytest.raises(ValueError, match="batch: 7"):
        run.at(7)


def test_a_run_that_follows_shows_nothing_beyond_its_own_step(digits):
    ahead = TrainingRun(digits, SMALL)
    ahead.advance(60)
    behind = TrainingRun(digits, SMALL, lambda *_: ahead.trajectory)
    behind.advance(25)
    alone = TrainingRun(digits, SMALL)
    alone.advance(25)
    for name in ("losses", "train_accuracy", "test_accuracy", "train_loss", "test_loss", "rows", "kept_batches"):
        np.testing.assert_array_equal(getattr(behind.history, name), getattr(alone.history, name), name)
    assert (behind.state, behind.fault, behind.snapshot.step) == (alone.state, alone.fault, 25)
    assert not behind.snapshot.is_exact
    assert behind.snapshot.weights_step == 20
    assert behind.settle(3) is False
    assert behind.settle() is True
    np.testing.assert_array_equal(behind.snapshot.network.parameters.to_vector(), alone.parameters.to_vector())


def test_a_shorter_run_is_finished_although_the_next_batch_diverges_for_others(digits):
    settings = Hyperparameters(batches=3, steps_per_batch=1, batch_size=1, engine="numpy", seed=2)
    trajectory = in_one_go(Recipe.of(digits, settings), 2, digits)
    trajectory.record.tip = dataclasses.replace(trajectory.record.tip, divergence=trajectory_module.Divergence(3, "w1"))
    shorter = TrainingRun(digits, dataclasses.replace(settings, batches=2), lambda *_: trajectory)
    longer = TrainingRun(digits, settings, lambda *_: trajectory)
    assert (shorter.advance(5), longer.advance(5)) == (2, 2)
    assert (shorter.state, longer.state) == ("finished", "diverged")
