"""A run is a pure function of its recipe: every way to reach a step gives the same result."""

from __future__ import annotations

import dataclasses
import threading

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from digitviz import DigitDataset, Hyperparameters
from digitviz.training import trajectory as trajectory_module
from digitviz.training.recipe import Recipe
from digitviz.training.record import Thinned
from digitviz.training.setup import parameter_bytes
from digitviz.training.trajectory import Trajectory, exact
from tests.examples import examples
from tests.training.test_slicing import DIGITS, hyperparameters

SMALL = Hyperparameters(batches=6, steps_per_batch=10)


@st.composite
def recipes(draw) -> Recipe:
    """Small recipes of every kind, most of them with changes during the run."""
    base = draw(hyperparameters())
    options = {
        "learning_rate": st.sampled_from([1e-5, 1e-3, 1.0]),
        "weight_decay": st.sampled_from([0.0, 0.1]),
        "optimizer": st.sampled_from(["gradient_descent", "momentum", "adam"]),
        "loss": st.sampled_from(["squared_error", "cross_entropy"]),
        "gradient": st.sampled_from(["notebook", "exact"]),
    }
    recipe = Recipe.of(DIGITS, base)
    for batch in draw(st.lists(st.integers(1, 4), max_size=2, unique=True).map(sorted)):
        names = draw(st.lists(st.sampled_from(sorted(options)), min_size=1, max_size=3, unique=True))
        recipe = recipe.changed(batch, **{name: draw(options[name]) for name in names})
    return recipe


def bits(trajectory: Trajectory, step: int) -> tuple[bytes, ...]:
    """Return all data of the first steps as bytes."""
    batches = step // trajectory.recipe.hyperparameters.steps_per_batch
    losses = trajectory.record.curves.losses.ravel()[:step]
    weights = [array.tobytes() for array in exact(trajectory, step).arrays]
    curves = [values[:batches].tobytes() for values in trajectory.record.curves.of_batches.values()]
    return losses.tobytes(), b"".join(curves), *weights


def in_one_go(recipe: Recipe, steps: int, dataset: DigitDataset = DIGITS) -> Trajectory:
    trajectory = Trajectory(recipe, dataset)
    trajectory.extend(steps)
    return trajectory


@settings(max_examples=examples(20), deadline=None, derandomize=True)
@given(recipes(), st.lists(st.integers(1, 9), min_size=1, max_size=6), st.data())
def test_a_step_is_the_same_in_one_go_in_pieces_from_a_checkpoint_and_as_a_branch(recipe, pieces, data):
    length = recipe.hyperparameters.steps_per_batch
    goal = 5 * length
    whole = in_one_go(recipe, goal)
    step = data.draw(st.integers(0, whole.step))

    divided = Trajectory(recipe, DIGITS)
    for piece in pieces:
        divided.extend(min(goal, divided.step + piece))
        if data.draw(st.booleans()):
            divided.release()  # restores the engine from a saved state, often within a batch
    divided.extend(goal)
    assert divided.record.tip.divergence == whole.record.tip.divergence
    assert divided.step == whole.step
    assert bits(divided, step) == bits(whole, step)
    assert [divided.record.fault_at(place) for place in range(whole.step + 1)] == [
        in_one_go(recipe, place).record.fault_at(place) if place < whole.step else whole.record.fault_at(place)
        for place in range(whole.step + 1)
    ]

    if recipe.changes:
        parent = in_one_go(recipe.up_to(recipe.changes[-1].batch), data.draw(st.integers(0, goal)))
        child = Trajectory(recipe, DIGITS, parent)
        child.extend(goal)
        assert child.step == whole.step
        assert bits(child, step) == bits(whole, step)


def test_two_threads_extend_and_two_read_and_nobody_sees_what_is_not_there(digits):
    recipe = Recipe.of(digits, Hyperparameters(batches=16, steps_per_batch=25, engine="numpy"))
    whole, trajectory = in_one_go(recipe, 400, digits), Trajectory(recipe, digits)
    over, wrong = threading.Event(), list[str]()

    def extend(step: int) -> None:
        while trajectory.step < 400:
            trajectory.extend(min(400, trajectory.step + step))

    def read() -> None:
        while not over.is_set():
            step = trajectory.step
            if (
                trajectory.record.curves.losses.ravel()[:step].tobytes()
                != whole.record.curves.losses.ravel()[:step].tobytes()
            ):
                wrong.append(f"losses at {step}")
            batches = step // 25
            if not all(np.isfinite(each[:batches]).all() for each in trajectory.record.curves.of_batches.values()):
                wrong.append(f"accuracies at {step}")
            if batches and trajectory.record.checkpoints.last(batches)[0] > batches:
                wrong.append(f"checkpoints at {step}")

    readers = [threading.Thread(target=read) for _ in range(2)]
    writers = [threading.Thread(target=extend, args=(step,)) for step in (7, 40)]
    for thread in [*readers, *writers]:
        thread.start()
    for thread in writers:
        thread.join()
    over.set()
    for thread in readers:
        thread.join()
    assert not wrong
    assert trajectory.step == 400  # two requests for the same step take it once
    assert bits(trajectory, 400) == bits(whole, 400)


def test_a_step_that_is_broken_off_leaves_the_trajectory_at_the_step_that_it_says(digits, monkeypatch):
    recipe = Recipe.of(digits, dataclasses.replace(SMALL, engine="numpy", optimizer="adam"))
    trajectory = Trajectory(recipe, digits)
    trajectory.extend(13)
    with monkeypatch.context() as patch:
        patch.setattr(trajectory.record.stuck, "look", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            trajectory.extend(20)
    assert trajectory.step == 13
    trajectory.extend(60)
    assert bits(trajectory, 60) == bits(in_one_go(recipe, 60, digits), 60)


def test_every_step_is_taken_with_one_thread_wherever_it_is_asked_for(digits, monkeypatch):
    from threadpoolctl import ThreadpoolController

    blas = ThreadpoolController().select(user_api="blas")
    seen = set[int]()
    trajectory = Trajectory(Recipe.of(digits, dataclasses.replace(SMALL, engine="numpy")), digits)
    draw = trajectory.setup.batch

    def batch(number: int):
        seen.update(part["num_threads"] for part in blas.info())
        return draw(number)

    monkeypatch.setattr(trajectory.setup, "batch", batch)
    with blas.limit(limits=2):
        trajectory.extend(20)
        exact(trajectory, 15)
        assert {part["num_threads"] for part in blas.info()} == {2}
    assert seen == {1}


def test_a_trajectory_is_of_its_own_data_set(digits):
    with pytest.raises(ValueError, match="dataset"):
        Trajectory(Recipe.of(digits, SMALL), DIGITS)


def test_what_is_kept_is_thinned_by_doubling_and_the_latest_is_always_there():
    kept = Thinned[str](4, 10)
    seen = {}
    for batches in range(1, 21):
        kept.add(batches, f"after {batches}")
        seen[batches] = kept.batches.tolist()
    assert seen[4] == [1, 2, 3, 4]
    assert seen[5] == [2, 4, 5]
    assert seen[8] == [2, 4, 6, 8]
    assert seen[9] == [2, 4, 6, 8, 9]
    assert seen[10] == [4, 8, 10]
    assert seen[20] == [8, 16, 20]
    assert kept.after(16) == "after 16"
    assert (kept.after(15), kept.last(15), kept.last(7)) == (None, (8, "after 8"), None)
    assert kept.nbytes_of(20) >= 30
    latest = Thinned[str](0, 10)
    for batches in (1, 2, 3):
        latest.add(batches, "")
    assert latest.batches.tolist() == [3]


def test_a_long_training_keeps_its_memory_bounded(digits):
    settings = Hyperparameters(hidden=(200,), batch_size=1, batches=600, steps_per_batch=1, optimizer="adam")
    some = digits[:200]
    trajectory = in_one_go(Recipe.of(some, settings), 600, some)
    checkpoints, states, each = trajectory.record.checkpoints, trajectory.record.states, trajectory.setup.state_bytes
    size = trajectory.setup.initial_parameters.size
    assert 4 * size * len(checkpoints.batches) <= trajectory_module.CHECKPOINTS_BYTES + 4 * size
    assert 8_000_000 < each * len(states.batches) <= trajectory_module.STATES_BYTES + 400_000
    assert checkpoints.batches[-1] == states.batches[-1] == 600


def test_an_engine_that_was_given_back_inside_a_batch_goes_on_from_the_very_step(digits):
    trajectory = Trajectory(Recipe.of(digits, SMALL), digits)
    trajectory.extend(17)
    assert trajectory.record.state_before(17)[0] == 10
    trajectory.release()
    branch = Trajectory(trajectory.recipe.changed(2, learning_rate=1e-7), digits, trajectory)
    assert branch.step == 17
    for each in (trajectory, branch):
        each.extend(20)
    assert bits(trajectory, 20) == bits(branch, 20) == bits(in_one_go(trajectory.recipe, 20, digits), 20)


@pytest.mark.parametrize("engine", ["numpy", "compiled"])
def test_the_memory_that_is_foretold_is_that_of_the_last_step(digits, engine):
    settings = Hyperparameters(hidden=(100,), batch_size=10, batches=3, steps_per_batch=2, engine=engine)
    trajectory = Trajectory(Recipe.of(digits, settings), digits)
    foretold = trajectory.expected_bytes(3)
    trajectory.extend(6)
    assert abs(trajectory.nbytes - foretold) < parameter_bytes(settings) / 2
