from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from digitviz import Hyperparameters, train
from digitviz.lesson.comparison import courses_of, first_to_halve, planned
from tests.lesson.comparing import compared

LENGTHS = {"full batch": 4, "mini-batch": 30, "one sample": 60}


@pytest.fixture
def courses(digits):
    return compared(digits, LENGTHS, base=Hyperparameters(seed=3))


def test_all_start_from_the_same_loss_and_learn(courses):
    assert len({course.losses[0] for course in courses}) == 1
    assert all(course.losses[-1] < course.losses[0] for course in courses)
    assert [course.samples[-1] for course in courses] == [4 * 1617, 30 * 100, 60]
    assert all((np.diff(course.seconds) > 0).all() for course in courses)


def test_before_the_first_measurement_only_the_start_is_known(digits):
    race = planned(digits, Hyperparameters(), 0.1, LENGTHS)
    weights = [each.recipe.initial_parameters().to_vector().tolist() for each in race.trainings]
    assert weights == [weights[0]] * 3
    for course in courses_of(race, [None] * 3, 2.3):
        assert (course.losses.tolist(), course.steps.tolist(), course.steps_per_second) == ([2.3], [0], 0)


def test_the_full_batch_takes_the_steps_of_the_training(courses, digits):
    settings = Hyperparameters(
        seed=3, input_scale="unit", loss="cross_entropy", gradient="exact", batch_size=1617, batches=1,
        sampling="shuffled_epochs", steps_per_batch=4, learning_rate=0.1 / 1617, engine="numpy",
    )  # fmt: skip
    run = train(digits, settings)
    np.testing.assert_allclose(courses[0].losses[:4], run.history.losses[0] / 1617, rtol=1e-10)


def test_one_that_blows_up_stands_still_and_the_others_go_on(digits):
    base = Hyperparameters(activation="identity", hidden=(50, 50, 50))
    wild = compared(digits, LENGTHS, 50.0, base)
    assert any(course.diverged for course in wild)
    for course in wild:
        assert course.diverged or course.steps[-1] == course.total_steps
        assert np.isfinite(course.losses).all()


def test_smoothness_counts_the_measurements_that_rose(courses):
    course = dataclasses.replace(courses[0], losses=np.array([3.0, 2.0, 2.5, 1.0, 1.5]))
    assert course.rises == 0.5
    assert courses[0].steps_per_second > 0


def test_who_is_first_depends_on_the_clock(courses):
    full, mini, one = courses
    course = {"losses": np.array([2.0, 0.9]), "seconds": np.array([0.0, 1.0])}
    mini = dataclasses.replace(mini, losses=mini.losses[:1])
    full = dataclasses.replace(full, **course, steps=np.array([0, 3]), samples=np.array([0, 4851]))
    one = dataclasses.replace(one, **course, steps=np.array([0, 50]), samples=np.array([0, 50]))
    assert first_to_halve([full, mini, one], "steps") == "full batch"
    assert first_to_halve([full, mini, one], "samples") == "one sample"
    assert first_to_halve([mini], "seconds") is None
