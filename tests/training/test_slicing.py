"""A run depends only on its settings, not on the division of its steps into calls."""

from __future__ import annotations

import pytest
from hypothesis import given, settings, strategies as st

from digitviz import DigitDataset, Hyperparameters, TrainingRun, load_digits
from tests.examples import examples

DIGITS = load_digits()[:300]
RANGES = Hyperparameters.RANGES


@st.composite
def hyperparameters(draw) -> Hyperparameters:
    """Small networks that learn or overflow, most of which die or saturate during the run."""
    options = ("initialization", "input_scale", "gradient", "loss", "precision", "sampling")
    return Hyperparameters(
        hidden=tuple(draw(st.lists(st.integers(1, 3), max_size=3))),
        activation=draw(st.sampled_from(["relu", "relu", *RANGES["activation"].options])),
        bias=draw(st.booleans()),
        batch_size=draw(st.sampled_from([1, 2, 100])),
        batches=draw(st.integers(1, 3)),
        steps_per_batch=draw(st.integers(1, 6)),
        learning_rate=10.0 ** draw(st.integers(-5, 1)),
        optimizer=draw(st.sampled_from(["gradient_descent", *RANGES["optimizer"].options])),
        weight_decay=draw(st.sampled_from([0.0, 0.0, 0.1])),
        seed=draw(st.integers(0, 1000)),
        engine=draw(st.sampled_from(["numpy", "compiled"])),
        **{name: draw(st.sampled_from(RANGES[name].options)) for name in options},
    )


def course(settings: Hyperparameters, slices: list[int], digits: DigitDataset = DIGITS) -> dict[int, tuple]:
    """Return state, fault and parameters after each slice, by step. The last slice is repeated to the end."""
    run, seen = TrainingRun(digits, settings), {}
    while not (run.finished or run.diverged):
        run.advance(slices[min(len(seen), len(slices) - 1)])
        seen[run.step] = (run.state, run.fault, run.parameters.to_vector().tobytes())
    return seen


@settings(max_examples=examples(25), deadline=None, derandomize=True)
@given(hyperparameters(), st.lists(st.integers(1, 9), min_size=1, max_size=8))
def test_state_and_fault_are_the_same_however_the_steps_are_divided(settings, slices):
    stepwise, sliced = course(settings, [1]), course(settings, slices)
    assert sliced == {step: stepwise[step] for step in sliced}


@pytest.mark.parametrize("slices", [[2], [1, 1]])
def test_a_network_that_is_dead_before_its_last_step_is_stuck_in_one_slice_and_in_two(digits, slices):
    settings = Hyperparameters(
        hidden=(1, 3), batch_size=1272, batches=1, steps_per_batch=2, learning_rate=0.0015013719,
        loss="cross_entropy", engine="numpy",
    )  # fmt: skip
    state, fault, _ = course(settings, slices, digits)[2]
    assert (state, fault.step, fault.dead_neurons) == ("stuck", 2, 1.0)


@pytest.mark.parametrize("engine", ["numpy", "compiled", "torch"])
def test_a_loss_too_large_for_the_precision_of_the_run_ends_it_at_the_same_step(engine):
    settings = Hyperparameters(
        hidden=(2,), activation="identity", batches=1, steps_per_batch=6, learning_rate=1.0, gradient="exact",
        loss="cross_entropy", precision="float32", engine=engine,
    )  # fmt: skip
    stepwise = course(settings, [1])
    for slices in ([2], [6]):
        sliced = course(settings, slices)
        assert sliced == {step: stepwise[step] for step in sliced}


@pytest.mark.parametrize("more", [{}, {"optimizer": "momentum", "steps_per_batch": 400}])
def test_a_network_that_dies_is_stuck_from_the_step_after_that(digits, more):
    """With momentum, the weights go on moving for hundreds of steps after the last gradient."""
    settings = Hyperparameters(**{"learning_rate": 1e-2, "batches": 3, "steps_per_batch": 10, "engine": "numpy"} | more)
    last, half = settings.total_steps, settings.steps_per_batch // 2
    weights = [TrainingRun(digits, settings).parameters.to_vector()]
    run = TrainingRun(digits, settings)
    while run.advance(1):
        weights.append(run.parameters.to_vector())
    first_still = next(step for step in range(1, last + 1) if (weights[step] == weights[-1]).all() and step > 0)
    moved_last = max(step for step in range(1, last + 1) if (weights[step] != weights[step - 1]).any())
    assert run.fault.step == moved_last + 1 > first_still >= 1
    for slices in ([last], [half], [7, 3, 1]):
        assert course(settings, slices, digits)[last][1] == run.fault


def test_the_step_is_found_again_when_a_batch_sets_the_network_free():
    """A network that is stuck on one batch may move on the next one, and get stuck again."""
    settings = Hyperparameters(
        hidden=(2,), batch_size=1, batches=40, steps_per_batch=3, learning_rate=3e-3, engine="numpy", seed=3
    )
    every = course(settings, [1])
    states = [every[step][0] for step in sorted(every)]
    assert "stuck" in states
    freed = [step for step in range(1, len(states)) if states[step - 1] == "stuck" and states[step] == "training"]
    assert freed
    whole = course(settings, [3])
    for step, seen in whole.items():
        assert seen == every[step]
        if seen[0] == "stuck":
            assert seen[1].step <= step
            assert not any(freed_at + 1 > seen[1].step for freed_at in freed if freed_at < step)
