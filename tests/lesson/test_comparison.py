from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from digitviz import Hyperparameters, train
from digitviz.lesson.comparison import Comparison, first_to_halve

LENGTHS = {"full batch": 4, "mini-batch": 30, "one sample": 60}


@pytest.fixture
def comparison(digits):
    return Comparison(digits, Hyperparameters(seed=3), 0.1, LENGTHS)


def test_all_start_from_the_same_loss_and_learn(comparison):
    comparison.advance(comparison.total_steps)
    courses = comparison.snapshot.courses
    assert len({course.losses[0] for course in courses}) == 1
    assert all(course.losses[-1] < course.losses[0] for course in courses)
    assert [course.samples[-1] for course in courses] == [4 * 1617, 30 * 100, 60]
    assert all((np.diff(course.seconds) > 0).all() for course in courses)


def test_they_advance_in_turn(comparison):
    for _ in range(47):
        comparison.advance(1)
    shares = [course.step / course.total_steps for course in comparison.snapshot.courses]
    assert max(shares) - min(shares) <= 0.25  # one step of the shortest course
    assert comparison.step == comparison.snapshot.step == 47


def test_the_full_batch_takes_the_steps_of_the_training(comparison, digits):
    comparison.advance(comparison.total_steps)
    settings = Hyperparameters(
        seed=3, input_scale="unit", loss="cross_entropy", gradient="exact", batch_size=1617, batches=1,
        sampling="shuffled_epochs", steps_per_batch=4, learning_rate=0.1 / 1617, engine="numpy",
    )  # fmt: skip
    run = train(digits, settings)
    full = comparison.snapshot.courses[0]
    np.testing.assert_allclose(full.losses[:4], run.history.losses[0] / 1617, rtol=1e-10)


def test_one_that_blows_up_stands_still_and_the_others_go_on(digits):
    wild = Comparison(digits, Hyperparameters(activation="identity", hidden=(50, 50, 50)), 50.0, LENGTHS)
    wild.advance(wild.total_steps)
    assert wild.step == wild.total_steps
    assert any(course.diverged for course in wild.snapshot.courses)
    for course in wild.snapshot.courses:
        assert course.diverged or course.step == course.total_steps
        assert np.isfinite(course.losses).all()


def test_smoothness_counts_the_measurements_that_rose(comparison):
    comparison.advance(comparison.total_steps)
    course = dataclasses.replace(comparison.snapshot.courses[0], losses=np.array([3.0, 2.0, 2.5, 1.0, 1.5]))
    assert course.rises == 0.5
    assert comparison.snapshot.courses[0].steps_per_second > 0


def test_who_is_first_depends_on_the_clock(comparison):
    full, mini, one = comparison.snapshot.courses
    course = {"losses": np.array([2.0, 0.9]), "seconds": np.array([0.0, 1.0])}
    full = dataclasses.replace(full, **course, steps=np.array([0, 3]), samples=np.array([0, 4851]))
    one = dataclasses.replace(one, **course, steps=np.array([0, 50]), samples=np.array([0, 50]))
    assert first_to_halve([full, mini, one], "steps") == "full batch"
    assert first_to_halve([full, mini, one], "samples") == "one sample"
    assert first_to_halve([mini], "seconds") is None
