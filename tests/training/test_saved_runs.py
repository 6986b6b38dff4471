"""A saved run continues from its step with exactly the same numbers."""

from __future__ import annotations

import dataclasses
import threading

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from digitviz import Hyperparameters, TrainingRun
from digitviz.training.chunks import Chunk, batches_per_chunk
from digitviz.training.pool import Job
from digitviz.training.recipe import Recipe
from digitviz.training.run import restore, saved_state
from digitviz.training.trajectories import Trajectories
from tests.examples import examples
from tests.training.keeping import Kept, chunks_of, everything, same
from tests.training.test_slicing import DIGITS
from tests.training.test_trajectory import SMALL, bits, in_one_go, recipes


def run_of(recipe: Recipe, batches: int, find) -> TrainingRun:
    ends_with = dataclasses.replace(recipe.settings_at(100), batches=batches)
    return TrainingRun(DIGITS, ends_with, find, recipe=recipe)


def kept_run(digits, settings: Hyperparameters, step: int, keeper: Kept) -> TrainingRun:
    run = TrainingRun(digits, settings, Trajectories(cache=keeper).find)
    run.advance(step)
    return run


def restored(run: TrainingRun, state: bytes | None, keeper: Kept, step: int | None = None) -> TrainingRun:
    find = Trajectories(cache=keeper).find
    return restore(run.recipe, run.dataset, run.hyperparameters, run.step if step is None else step, state, find)


@settings(max_examples=examples(25), deadline=None, derandomize=True)
@given(recipes(), st.lists(st.integers(1, 9), min_size=1, max_size=6), st.data())
def test_a_training_that_was_kept_goes_on_to_the_same_end(recipe, slices, data):
    batches, small = data.draw(st.sampled_from([1, 2, 3])), data.draw(st.sampled_from([0, 500_000]))
    length, keeper = recipe.hyperparameters.steps_per_batch, Kept()
    whole, goal = in_one_go(recipe, 8 * length), 8 * length
    with chunks_of(batches, small):
        run = run_of(recipe, 8, Trajectories(cache=keeper).find)
        for steps in slices:
            run.advance(steps)
            if data.draw(st.booleans()):
                run.trajectory.release()
        with_state = data.draw(st.booleans())
        again = restored(run, saved_state(run) if with_state else None, keeper)
        assert again.step <= run.step
        if with_state and not run.diverged:
            assert again.step == run.step // length * length
            assert again.snapshot.is_exact
            if again.step == run.step:
                np.testing.assert_array_equal(again.parameters.to_vector(), run.parameters.to_vector())
                assert again.fault == run.fault
        if small and not with_state and not run.diverged:
            assert again.step == run.step // (batches * length) * batches * length
        assert bits(again.trajectory, again.step) == bits(whole, again.step)
        again.advance(goal)
    assert everything(again.trajectory) == everything(whole)


@pytest.mark.parametrize(("steps", "batches"), [(1, 25), (500, 25), (2_000, 16), (100_000, 1)])
def test_where_pieces_begin_follows_from_the_steps_on_a_batch(steps, batches):
    settings = Hyperparameters(batches=1, steps_per_batch=steps)
    assert batches_per_chunk(settings.steps_per_batch) == batches


@pytest.mark.parametrize("engine", ["numpy", "compiled", "torch"])
@pytest.mark.parametrize("precision", ["float64", "float32"])
@pytest.mark.parametrize("optimizer", ["gradient_descent", "adam"])
@pytest.mark.sampled(4)
def test_every_engine_goes_on_from_the_middle_of_a_batch(digits, engine, precision, optimizer):
    rate = {"learning_rate": 1e-3} if optimizer == "adam" else {}
    settings = dataclasses.replace(
        SMALL, engine=engine, precision=precision, optimizer=optimizer, steps_per_batch=60, **rate
    )
    keeper = Kept()
    with chunks_of(2):
        run = kept_run(digits, settings, 277, keeper)
        again = restored(run, saved_state(run), keeper)
        assert again.step == 240  # the batch begins again
        again.advance(37)
        assert same(again, run)
        assert keeper.numbers(run.recipe.id) == [1, 2]
        run.advance(1_000)
        again.advance(1_000)
    assert same(again, run)
    assert keeper.numbers(run.recipe.id) == [1, 2, 3]


def test_a_finished_training_is_found_without_computing_a_step(digits, monkeypatch):
    keeper = Kept()
    with chunks_of(3):
        run = kept_run(digits, SMALL, 60, keeper)
        monkeypatch.setattr("digitviz.training.trajectory.Trajectory._extend_in_batch", None)
        again = kept_run(digits, SMALL, 60, keeper)
    assert same(again, run)
    assert again.trajectory.record.known_since == pytest.approx(run.trajectory.record.known_since, abs=60)


def test_a_run_behind_the_others_is_kept_exactly_where_it_stands(digits):
    keeper = Kept()
    with chunks_of(2):
        trajectories = Trajectories(cache=keeper)
        ahead = TrainingRun(digits, SMALL, trajectories.find)
        ahead.advance(60)
        behind = TrainingRun(digits, SMALL, trajectories.find)
        behind.advance(33)
        again = restored(behind, saved_state(behind), keeper)
        assert again.trajectory.step == 60  # includes the steps of other runs
        for each in (behind, again):
            each.settle()
        assert same(again, behind)


def test_the_engine_state_of_a_large_network_is_saved_with_the_run_alone(digits):
    settings = Hyperparameters(
        hidden=(300,), optimizer="adam", learning_rate=1e-3, batch_size=5, batches=90, steps_per_batch=1
    )
    keeper = Kept()
    run = kept_run(digits, settings, 80, keeper)
    assert keeper.numbers(run.recipe.id) == [1, 2, 3]
    assert restored(run, None, keeper).step == 0  # its chunks have no engine state, so nothing could continue
    again = restored(run, saved_state(run), keeper)
    assert (again.step, again.history.known_from) == (80, 0)
    assert same(again, run)


def test_a_divergence_is_not_kept_and_comes_again(digits):
    settings = Hyperparameters(
        batches=10, steps_per_batch=50, learning_rate=1e-2, activation="identity", engine="numpy"
    )
    keeper = Kept()
    run = kept_run(digits, settings, 500, keeper)
    assert run.diverged
    again = restored(run, saved_state(run), keeper)
    assert again.step <= run.step
    assert not again.diverged
    again.advance(500)
    assert same(again, run)


def test_a_keeper_in_trouble_stops_no_training(digits, monkeypatch, caplog):
    keeper = Kept()
    monkeypatch.setattr(keeper, "keep", lambda *_: (_ for _ in ()).throw(OSError("no space left")))
    with chunks_of(2):
        run = kept_run(digits, SMALL, 60, keeper)
    assert run.finished
    assert "could not be saved" in caplog.text


def test_what_does_not_belong_together_is_refused(digits):
    run = TrainingRun(digits, SMALL)
    other = dataclasses.replace(SMALL, learning_rate=1e-5)
    with pytest.raises(ValueError, match="hyperparameters"):
        restore(run.recipe, digits, other, 0, None)
    with pytest.raises(ValueError, match="dataset"):
        restore(run.recipe, DIGITS, SMALL, 0, None)
    with pytest.raises(ValueError, match="step"):
        restore(run.recipe, digits, SMALL, 61, None)


@pytest.fixture
def _small_chunks():
    with chunks_of(2):
        yield


@pytest.fixture
def keeper(_small_chunks):
    return Kept()


@pytest.fixture
def parent(digits, keeper):
    return kept_run(digits, SMALL, 60, keeper)


@pytest.mark.parametrize("step", [57, 60])
def test_a_branch_of_which_only_the_state_is_kept_shares_the_chunks_of_what_it_left(digits, keeper, step):
    parent = kept_run(digits, SMALL, step, keeper)
    branch = parent.branch(6, learning_rate=3e-7, batches=9)
    state = saved_state(branch)
    assert keeper.numbers(branch.recipe.id) == []
    again = restored(branch, state, keeper)
    assert (again.history.known_from, again.step) == (0, step // 10 * 10)
    again.advance(step % 10)
    assert same(again, branch)
    assert keeper.numbers(branch.recipe.id) == []
    for each in (again, branch):
        each.advance(30)
    assert same(again, branch)


def test_a_branch_takes_what_is_in_memory_if_that_is_more_than_what_is_kept(digits, keeper):
    trajectories = Trajectories(cache=keeper)
    parent = TrainingRun(digits, SMALL, trajectories.find)
    parent.advance(60)
    recipe = parent.recipe.changed(5, learning_rate=3e-7)
    assert trajectories.find(recipe, digits).step == 50
    assert Trajectories(cache=keeper).find(recipe, digits).step == 40


class Slow(Kept):
    """Only returns when the test allows it."""

    def __init__(self) -> None:
        super().__init__()
        self.asked, self.go_on = threading.Event(), threading.Event()

    def load(self, kind: str, id: str, first: int = 1) -> list[bytes]:
        self.asked.set()
        assert self.go_on.wait(60)
        return super().load(kind, id, first)


def test_nobody_waits_while_pieces_are_read_for_another(digits):
    keeper, found = Slow(), []
    trajectories = Trajectories(cache=keeper)
    keeper.go_on.set()
    known = TrainingRun(digits, SMALL, trajectories.find)
    keeper.go_on.clear()
    keeper.asked.clear()
    other = dataclasses.replace(SMALL, seed=1)
    threads = [
        threading.Thread(target=lambda: found.append(TrainingRun(digits, other, trajectories.find).trajectory))
        for _ in range(2)
    ]
    for thread in threads:
        thread.start()
    assert keeper.asked.wait(60)
    assert TrainingRun(digits, SMALL, trajectories.find).trajectory is known.trajectory
    assert trajectories.nbytes > 0
    keeper.go_on.set()
    for thread in threads:
        thread.join()
    assert found[0] is found[1]


@pytest.mark.parametrize("engine", ["numpy", "compiled"])
def test_a_state_may_be_asked_for_at_any_moment(digits, pool, keeper, engine):
    settings = Hyperparameters(batches=20, steps_per_batch=50, engine=engine)
    trajectories = Trajectories(cache=keeper)
    jobs = [Job(TrainingRun(digits, settings, trajectories.find), speed) for speed in (3_000.0, 1_500.0)]
    for job in jobs:
        job.run_to(1_000)
        pool.submit(job)
    states = list[tuple[TrainingRun, int, bytes]]()
    while not pool.wait(jobs[0], 0.002) or len(states) < 4:
        states += [(job.run, job.run.step, saved_state(job.run)) for job in jobs]
    for job in jobs:
        assert pool.wait(job, 60)
        assert job.error is None
    whole = in_one_go(jobs[0].run.recipe, 1_000, digits)
    for run, asked_at, state in states[:: max(1, len(states) // 8)]:
        empty = Trajectories(cache=Kept())
        again = restore(run.recipe, digits, settings, 1_000, state, empty.find)
        assert asked_at - again.step <= 150
        lost = 50 * again.history.known_from
        assert bits(again.trajectory, again.step)[2:] == bits(whole, again.step)[2:]
        np.testing.assert_array_equal(
            again.trajectory.record.curves.losses.ravel()[lost : again.step],
            whole.record.curves.losses.ravel()[lost : again.step],
        )
    assert everything(kept_run(digits, settings, 1_000, keeper).trajectory) == everything(whole)


def test_a_run_is_at_its_step_after_an_error_in_the_batch(digits, keeper, monkeypatch):
    run = kept_run(digits, dataclasses.replace(SMALL, engine="numpy"), 57, Kept())
    again = restored(run, saved_state(run), keeper)
    again.advance(7)
    with monkeypatch.context() as patch:
        patch.setattr(again.trajectory.record.stuck, "look", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            again.advance(1)
    assert again.step == 57
    for each in (again, run):
        each.advance(3)
    np.testing.assert_array_equal(again.parameters.to_vector(), run.parameters.to_vector())


@pytest.mark.parametrize(("known", "spoilt"), [(45, False), (45, True), (57, False), (60, False)])
@pytest.mark.parametrize("batches", [2, 6])
def test_a_state_goes_on_from_what_others_have_computed_meanwhile(digits, monkeypatch, known, spoilt, batches):
    monkeypatch.setattr("digitviz.training.chunks.MAX_BATCHES", batches)
    run = kept_run(digits, SMALL, 50, Kept())
    state = saved_state(run)
    if spoilt:
        piece = Chunk.read(state, run.trajectory.setup)
        state = dataclasses.replace(piece, losses=piece.losses * (1 + 1e-15)).to_bytes()
    trajectories = Trajectories(cache=Kept())
    other = TrainingRun(digits, SMALL, trajectories.find)
    other.advance(known)
    again = restore(run.recipe, digits, SMALL, 57, state, trajectories.find)
    assert again.trajectory is other.trajectory
    assert (again.step, again.snapshot.is_exact) == (max(45 if spoilt else 50, min(known, 57)), known < 60)
    if not spoilt:
        again.advance(57 - again.step)
        run.advance(7)
        again.settle()
        assert same(again, run)
    other.advance(60)
    assert everything(other.trajectory) == everything(in_one_go(run.recipe, 60, digits))
    numbers = again.trajectory.cache.numbers(run.recipe.id)
    assert numbers == list(range(1, 6 // batches + 1))


@pytest.fixture
def _few_stops(monkeypatch):
    monkeypatch.setattr("digitviz.training.trajectory.CHECKPOINTS", 2)
    monkeypatch.setattr("digitviz.training.chunks.MAX_BATCHES", 6)


@pytest.mark.usefixtures("_few_stops")
@pytest.mark.parametrize("step", [50, 57, 60])
def test_the_latest_weights_for_display_are_there_although_they_lie_between_those_that_stay(digits, keeper, step):
    run = kept_run(digits, dataclasses.replace(SMALL, batches=9), step, keeper)
    again = restored(run, saved_state(run), keeper)
    again.advance(step % 10)
    assert run.trajectory.record.checkpoints.batches[-1] == step // 10
    assert step // 10 % 4  # only every 4th is kept
    assert everything(again.trajectory) == everything(run.trajectory)
