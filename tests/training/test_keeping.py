"""What is computed is kept for all who ask for it later, whoever and wherever they are."""

from __future__ import annotations

import dataclasses
import threading

import numpy as np
import pytest

from digitviz import Hyperparameters, TrainingRun
from digitviz.training import trajectory as trajectory_module
from digitviz.training.engines import ENGINE_VERSIONS
from digitviz.training.fingerprint import fingerprint
from digitviz.training.piece_checks import read_piece
from digitviz.training.pieces import restore, state_of
from digitviz.training.pool import Job
from digitviz.training.trajectories import Trajectories
from digitviz.training.verification import Verification
from tests.training.keeping import Kept, everything, pieces_of, same
from tests.training.test_pieces import kept_run, restored
from tests.training.test_trajectory import SMALL, bits, in_one_go
from tests.training.test_verification import verified

ELSEWHERE = dataclasses.replace(fingerprint(), processor="another")


@pytest.fixture(autouse=True)
def _small_pieces():
    with pieces_of(2):
        yield


@pytest.fixture
def keeper():
    return Kept()


@pytest.fixture
def parent(digits, keeper):
    return kept_run(digits, SMALL, 60, keeper)


def test_a_branch_is_kept_with_all_that_it_shares(parent, keeper):
    branch = parent.branch(5, learning_rate=3e-7)
    assert keeper.numbers(branch.recipe.id) == []
    branch.advance(10)
    branch.trajectory.give_back()
    assert keeper.numbers(branch.recipe.id) == [1, 2, 3]
    for number in (1, 2, 3):
        theirs, mine = (
            read_piece(keeper.pieces[run.recipe.id, number], run.trajectory.form, number) for run in (parent, branch)
        )
        assert (theirs.link == mine.link) is (theirs.source == mine.source) is (number < 3)
    for key in [key for key in keeper.pieces if key[0] == parent.recipe.id]:
        del keeper.pieces[key]
    again = restored(branch, None, keeper)
    assert same(again, branch)
    assert everything(again.trajectory) == everything(branch.trajectory)


@pytest.mark.parametrize("step", [57, 60])
def test_a_branch_of_which_only_the_state_is_kept_shares_the_pieces_of_what_it_left(digits, keeper, step):
    parent = kept_run(digits, SMALL, step, keeper)
    branch = parent.branch(6, learning_rate=3e-7, batches=9)
    state = state_of(branch)
    assert keeper.numbers(branch.recipe.id) == []
    again = restored(branch, state, keeper)
    assert (again.history.known_from, again.step) == (0, step)
    assert same(again, branch)
    assert keeper.numbers(branch.recipe.id) == list(range(1, step // 20 + 1))
    for each in (again, branch):
        each.advance(30)
    assert same(again, branch)


def test_a_branch_takes_what_is_in_memory_if_that_is_more_than_what_is_kept(digits, keeper):
    trajectories = Trajectories(keeper=keeper)
    parent = TrainingRun(digits, SMALL, trajectories.find)
    parent.advance(60)
    recipe = parent.recipe.changed(5, learning_rate=3e-7)
    assert trajectories.find(recipe, digits).step == 50
    assert Trajectories(keeper=keeper).find(recipe, digits).step == 40


def test_many_pieces_that_a_branch_shares_are_kept_a_few_at_a_time(digits, keeper):
    settings = Hyperparameters(hidden=(2,), batches=40, steps_per_batch=2, engine="numpy")
    parent = kept_run(digits, settings, 60, keeper)
    branch = parent.branch(30, learning_rate=3e-7)
    branch.advance(1)
    assert len(keeper.numbers(branch.recipe.id)) == 4
    branch.trajectory.give_back()
    assert len(keeper.numbers(branch.recipe.id)) == 15


def test_what_goes_on_on_another_machine_is_a_segment_of_its_own(digits, keeper, monkeypatch):
    run = kept_run(digits, dataclasses.replace(SMALL, batches=8), 45, keeper)
    monkeypatch.setattr(trajectory_module, "fingerprint", lambda: ELSEWHERE)
    again = restored(run, state_of(run), keeper)
    again.advance(24)
    third = restored(again, state_of(again), keeper)
    monkeypatch.undo()
    third.advance(100)
    here = fingerprint()
    expected = [(0, here), (45, ELSEWHERE), (69, here)]
    assert [(each.step, each.fingerprint) for each in third.trajectory.segments] == expected
    assert [(each.step, each.fingerprint) for each in restored(third, None, keeper).trajectory.segments] == expected
    assert everything(third.trajectory) == everything(in_one_go(run.recipe, 80, digits))


def test_an_older_recipe_is_gone_on_with_by_the_engine_of_today(digits, keeper, monkeypatch):
    settings = dataclasses.replace(SMALL, engine="numpy")
    run = kept_run(digits, settings, 45, keeper)
    assert run.recipe.engine_version == ENGINE_VERSIONS["numpy"] == 1
    state = state_of(run)
    monkeypatch.setitem(ENGINE_VERSIONS, "numpy", 2)
    again = restored(run, state, keeper)
    assert same(again, run)
    again.advance(100)
    assert [(each.step, each.engine_version) for each in again.trajectory.segments] == [(0, 1), (45, 2)]
    assert again.recipe.engine_version == 1
    first, second = verified(again.trajectory).snapshot.verdicts
    assert [(each.is_here, each.is_sound) for each in (first, second)] == [(False, True), (True, True)]
    assert TrainingRun(digits, settings).recipe.engine_version == 2


def test_steps_from_here_are_judged_only_from_a_checkpoint_of_here(digits, keeper, monkeypatch):
    """What another machine has rounded otherwise is no fault of the steps that go on from it."""
    monkeypatch.setattr(trajectory_module, "fingerprint", lambda: ELSEWHERE)
    run = kept_run(digits, dataclasses.replace(SMALL, batches=9), 45, keeper)
    state = state_of(run)
    monkeypatch.undo()
    again = restored(run, state, keeper)
    again.advance(100)
    trajectory = again.trajectory
    trajectory.curves.losses[4, 7] *= 1 + 1e-6  # here, but on the batch that was begun elsewhere
    elsewhere, here = verified(trajectory).snapshot.verdicts
    assert (elsewhere.is_here, elsewhere.is_sound) == (False, True)
    assert (here.is_here, here.same_bits, here.last) == (True, True, 90)
    trajectory.curves.losses[3, 7] *= 1 + 1e-6  # elsewhere, on the second batch after a checkpoint
    assert all(verdict.is_sound for verdict in verified(trajectory).snapshot.verdicts)
    trajectory.curves.losses[2, 7] *= 1 + 1e-6
    assert [verdict.departs_at for verdict in verified(trajectory).snapshot.verdicts] == [28, None]
    trajectory.curves.losses[5, 7] *= 1 + 1e-15
    assert [verdict.departs_at for verdict in verified(trajectory).snapshot.verdicts] == [28, 58]


def test_what_is_found_again_can_be_verified(parent, keeper):
    again = restored(parent, None, keeper)
    assert again.trajectory.checkpoints.batches.tolist() == [2, 4, 6]
    (verdict,) = verified(again.trajectory, 7).snapshot.verdicts
    assert (verdict.same_bits, verdict.is_sound, verdict.last) == (True, True, 60)
    assert Verification(again.trajectory).step == 0


class Slow(Kept):
    """Has an answer only when it is told to."""

    def __init__(self) -> None:
        super().__init__()
        self.asked, self.go_on = threading.Event(), threading.Event()

    def load(self, id: str) -> list[bytes]:
        self.asked.set()
        assert self.go_on.wait(60)
        return super().load(id)


def test_nobody_waits_while_pieces_are_read_for_another(digits):
    keeper, found = Slow(), []
    trajectories = Trajectories(keeper=keeper)
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
    trajectories = Trajectories(keeper=keeper)
    jobs = [Job(TrainingRun(digits, settings, trajectories.find), speed) for speed in (3_000.0, 1_500.0)]
    for job in jobs:
        job.run_to(1_000)
        pool.submit(job)
    states = list[tuple[TrainingRun, int, bytes]]()
    while not jobs[0].run.finished or len(states) < 4:
        states += [(job.run, job.run.step, state_of(job.run)) for job in jobs]
    for job in jobs:
        assert pool.wait(job, 60)
        assert job.error is None
    whole = in_one_go(jobs[0].run.recipe, 1_000, digits)
    for run, asked_at, state in states[:: max(1, len(states) // 8)]:
        empty = Trajectories(keeper=Kept())
        again = restore(run.recipe, digits, settings, 1_000, state, empty.find)
        assert asked_at - again.step <= 100
        lost = 50 * again.history.known_from
        assert bits(again.trajectory, again.step)[2:] == bits(whole, again.step)[2:]
        np.testing.assert_array_equal(
            again.trajectory.curves.losses.ravel()[lost : again.step], whole.curves.losses.ravel()[lost : again.step]
        )
    assert everything(kept_run(digits, settings, 1_000, keeper).trajectory) == everything(whole)


def test_a_run_is_at_its_step_with_its_state_alone_after_an_error_in_the_batch(digits, keeper, monkeypatch):
    run = kept_run(digits, dataclasses.replace(SMALL, engine="numpy"), 57, Kept())
    again = restored(run, state_of(run), keeper)
    with monkeypatch.context() as patch:
        patch.setattr(again.trajectory.spells, "look", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            again.advance(1)
    assert again.step == 57
    for each in (again, run):
        each.advance(3)
    np.testing.assert_array_equal(again.parameters.to_vector(), run.parameters.to_vector())


@pytest.mark.parametrize(("known", "spoilt"), [(45, False), (45, True), (57, False), (60, False)])
@pytest.mark.parametrize("batches", [2, 6])
def test_a_state_goes_on_from_what_others_have_computed_meanwhile(digits, monkeypatch, known, spoilt, batches):
    monkeypatch.setattr("digitviz.training.piece.MOST_BATCHES", batches)
    run = kept_run(digits, SMALL, 57, Kept())
    state = state_of(run)
    if spoilt:
        piece = read_piece(state, run.trajectory.form)
        state = dataclasses.replace(piece, losses=piece.losses * (1 + 1e-15)).to_bytes()
    trajectories = Trajectories(keeper=Kept())
    other = TrainingRun(digits, SMALL, trajectories.find)
    other.advance(known)
    again = restore(run.recipe, digits, SMALL, 57, state, trajectories.find)
    assert again.trajectory is other.trajectory
    assert (again.step, again.snapshot.is_exact) == (45 if spoilt else 57, True)
    if not spoilt:
        assert same(again, run)
    other.advance(60)
    assert everything(other.trajectory) == everything(in_one_go(run.recipe, 60, digits))
    numbers = again.trajectory.writer.keeper.numbers(run.recipe.id)
    assert numbers == list(range(1, 6 // batches + 1))


def test_a_state_of_another_training_that_others_have_taken_further_is_no_exact_moment(digits):
    run = kept_run(digits, SMALL, 57, Kept())
    piece = read_piece(state_of(run), run.trajectory.form)
    spoilt = dataclasses.replace(piece, losses=piece.losses * (1 + 1e-15)).to_bytes()
    trajectories = Trajectories(keeper=Kept())
    TrainingRun(digits, SMALL, trajectories.find).advance(60)
    again = restore(run.recipe, digits, SMALL, 57, spoilt, trajectories.find)
    assert (again.step, again.snapshot.is_exact) == (57, False)


def test_pieces_of_another_machine_are_not_followed_by_a_state_from_here(digits, keeper):
    run = kept_run(digits, SMALL, 57, keeper)
    state = dataclasses.replace(read_piece(state_of(run), run.trajectory.form), after="1" * 64)
    again = restored(run, state.to_bytes(), keeper)
    assert (again.step, again.history.known_from) == (40, 0)
    assert bits(again.trajectory, 40) == bits(run.trajectory, 40)


@pytest.fixture
def _few_stops(monkeypatch):
    monkeypatch.setattr("digitviz.training.known.STOPS", 2)
    monkeypatch.setattr("digitviz.training.piece.MOST_BATCHES", 6)


@pytest.mark.usefixtures("_few_stops")
@pytest.mark.parametrize("step", [50, 57, 60])
def test_the_latest_weights_for_display_are_there_although_they_lie_between_those_that_stay(digits, keeper, step):
    run = kept_run(digits, dataclasses.replace(SMALL, batches=9), step, keeper)
    again = restored(run, state_of(run), keeper)
    assert run.trajectory.stops.batches[-1] == step // 10
    assert not run.trajectory.form.is_stop(step // 10)
    assert everything(again.trajectory) == everything(run.trajectory)


@pytest.mark.usefixtures("_few_stops")
def test_the_piece_in_which_a_branch_leaves_or_a_run_goes_on_has_all_that_is_shown_of_it(digits, keeper):
    run = kept_run(digits, SMALL, 50, keeper)
    for each in (run.branch(5, learning_rate=3e-7), restored(run, state_of(run), keeper)):
        each.advance(10)
        piece = read_piece(keeper.pieces[each.recipe.id, 1], each.trajectory.form, 1)
        assert list(piece.stops) == [1, 2, 4]
