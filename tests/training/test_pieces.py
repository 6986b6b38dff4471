"""A training that was kept goes on where it stood, and nobody can tell from the numbers."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from digitviz import Hyperparameters, TrainingRun
from digitviz.training.piece import PieceForm
from digitviz.training.pieces import restore, state_of
from digitviz.training.recipe import Recipe
from digitviz.training.records import Thinned
from digitviz.training.trajectories import Trajectories
from tests.examples import examples
from tests.training.keeping import Kept, everything, pieces_of, same
from tests.training.test_slicing import DIGITS
from tests.training.test_trajectory import SMALL, bits, in_one_go, recipes


def run_of(recipe: Recipe, batches: int, find) -> TrainingRun:
    ends_with = dataclasses.replace(recipe.settings_at(100), batches=batches)
    return TrainingRun.following(recipe, DIGITS, ends_with, find)


def kept_run(digits, settings: Hyperparameters, step: int, keeper: Kept) -> TrainingRun:
    run = TrainingRun(digits, settings, Trajectories(keeper=keeper).find)
    run.advance(step)
    return run


def restored(run: TrainingRun, state: bytes | None, keeper: Kept, step: int | None = None) -> TrainingRun:
    find = Trajectories(keeper=keeper).find
    return restore(run.recipe, run.dataset, run.hyperparameters, run.step if step is None else step, state, find)


@settings(max_examples=examples(100), deadline=None, derandomize=True)
@given(recipes(), st.lists(st.integers(1, 9), min_size=1, max_size=6), st.data())
def test_a_training_that_was_kept_goes_on_to_the_same_end(recipe, slices, data):
    batches, small = data.draw(st.sampled_from([1, 2, 3])), data.draw(st.sampled_from([0, 500_000]))
    length, keeper = recipe.hyperparameters.steps_per_batch, Kept()
    whole, goal = in_one_go(recipe, 8 * length), 8 * length
    with pieces_of(batches, small):
        run = run_of(recipe, 8, Trajectories(keeper=keeper).find)
        for steps in slices:
            run.advance(steps)
            if data.draw(st.booleans()):
                run.trajectory.give_back()
        with_state = data.draw(st.booleans())
        again = restored(run, state_of(run) if with_state else None, keeper)
        assert again.step <= run.step
        if with_state and not run.diverged:
            assert again.step == run.step
            assert again.snapshot.is_exact
            np.testing.assert_array_equal(again.parameters.to_vector(), run.parameters.to_vector())
            assert again.fault == run.fault
        if small and not with_state and not run.diverged:
            assert again.step == run.step // (batches * length) * batches * length
        assert bits(again.trajectory, again.step) == bits(whole, again.step)
        again.advance(goal)
    assert everything(again.trajectory) == everything(whole)
    (segment,) = again.trajectory.segments
    assert segment.step == 0


@pytest.mark.parametrize("most", [1, 2, 3, 7, 200])
def test_pieces_hold_all_weights_for_display_that_a_trajectory_keeps_in_the_end(most):
    form = PieceForm(Recipe.of(DIGITS, SMALL), SMALL.initial_parameters(), most)
    for end in [*range(1, 130), 400, 401, 1_000]:
        every, those = Thinned[int](most, 1), Thinned[int](most, 1)
        for batches in range(1, end + 1):
            every.add(batches, batches)
            if form.is_stop(batches) or batches == end:
                those.add(batches, batches)
        assert those.batches.tolist() == every.batches.tolist()


@pytest.mark.parametrize(("steps", "batches"), [(1, 25), (500, 25), (2_000, 16), (100_000, 1)])
def test_where_pieces_begin_follows_from_the_steps_on_a_batch(steps, batches):
    settings = Hyperparameters(batches=1, steps_per_batch=steps)
    assert PieceForm(Recipe.of(DIGITS, settings), settings.initial_parameters(), 200).batches == batches


@pytest.mark.parametrize("engine", ["numpy", "compiled", "torch"])
@pytest.mark.parametrize("precision", ["float64", "float32"])
@pytest.mark.parametrize("optimizer", ["gradient_descent", "adam"])
def test_every_engine_goes_on_from_the_middle_of_a_batch(digits, engine, precision, optimizer):
    rate = {"learning_rate": 1e-3} if optimizer == "adam" else {}
    settings = dataclasses.replace(
        SMALL, engine=engine, precision=precision, optimizer=optimizer, steps_per_batch=60, **rate
    )
    keeper = Kept()
    with pieces_of(2):
        run = kept_run(digits, settings, 277, keeper)
        again = restored(run, state_of(run), keeper)
        assert same(again, run)
        assert keeper.numbers(run.recipe.id) == [1, 2]
        run.advance(1_000)
        again.advance(1_000)
    assert same(again, run)
    assert keeper.numbers(run.recipe.id) == [1, 2, 3]


def test_a_finished_training_is_found_without_computing_a_step(digits, monkeypatch):
    keeper = Kept()
    with pieces_of(3):
        run = kept_run(digits, SMALL, 60, keeper)
        monkeypatch.setattr("digitviz.training.trajectory.Trajectory._extend_in_batch", None)
        again = kept_run(digits, SMALL, 60, keeper)
    assert same(again, run)
    assert again.trajectory.known_since == pytest.approx(run.trajectory.known_since, abs=60)


def test_a_run_behind_the_others_is_kept_exactly_where_it_stands(digits):
    keeper = Kept()
    with pieces_of(2):
        trajectories = Trajectories(keeper=keeper)
        ahead = TrainingRun(digits, SMALL, trajectories.find)
        ahead.advance(60)
        behind = TrainingRun(digits, SMALL, trajectories.find)
        behind.advance(33)
        moving = restored(behind, state_of(behind), keeper)
        assert (moving.step, moving.snapshot.is_exact) == (33, False)  # it knows the steps, and not yet the weights
        behind.settle()
        again = restored(behind, state_of(behind), keeper)
        assert again.snapshot.is_exact
        assert same(again, behind)
        assert again.trajectory.step == 60  # what the others did is known, too


def test_a_large_network_has_fewer_checkpoints_and_its_curves_all_the_same(digits):
    settings = Hyperparameters(
        hidden=(300,), optimizer="adam", learning_rate=1e-3, batch_size=5, batches=90, steps_per_batch=1
    )
    keeper = Kept()
    run = kept_run(digits, settings, 80, keeper)
    sizes = [len(data) for data in keeper.load(run.recipe.id)]
    assert len(sizes) == 3
    assert sizes[0] > 1.1 * sizes[2] < sizes[1]  # the third has none
    assert restored(run, None, keeper).step == 50
    again = restored(run, state_of(run), keeper)
    assert (again.step, again.history.known_from) == (80, 0)
    assert same(again, run)


def test_a_divergence_is_not_kept_and_comes_again(digits):
    settings = Hyperparameters(
        batches=10, steps_per_batch=50, learning_rate=1e-2, activation="identity", engine="numpy"
    )
    keeper = Kept()
    run = kept_run(digits, settings, 500, keeper)
    assert run.diverged
    again = restored(run, state_of(run), keeper)
    assert again.step <= run.step
    assert not again.diverged
    again.advance(500)
    assert same(again, run)


def test_a_keeper_in_trouble_stops_no_training(digits, monkeypatch, caplog):
    keeper = Kept()
    monkeypatch.setattr(keeper, "keep", lambda *_: (_ for _ in ()).throw(OSError("no space left")))
    with pieces_of(2):
        run = kept_run(digits, SMALL, 60, keeper)
    assert run.finished
    assert "could not be kept" in caplog.text


def test_what_does_not_belong_together_is_refused(digits):
    run = TrainingRun(digits, SMALL)
    other = dataclasses.replace(SMALL, learning_rate=1e-5)
    with pytest.raises(ValueError, match="hyperparameters"):
        restore(run.recipe, digits, other, 0, None)
    with pytest.raises(ValueError, match="dataset"):
        restore(run.recipe, DIGITS, SMALL, 0, None)
    with pytest.raises(ValueError, match="step"):
        restore(run.recipe, digits, SMALL, 61, None)
