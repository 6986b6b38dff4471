from __future__ import annotations

import numpy as np
import pytest

from digitviz import DigitDataset, Hyperparameters, train
from digitviz.lesson.batch import (
    expected_never_seen,
    mean_digits,
    never_seen,
    pixel_use,
    some_rows,
)


def test_the_first_look_is_the_first_digits_and_others_are_others(digits):
    np.testing.assert_array_equal(some_rows(digits, None, 25, 0), np.arange(25))
    threes = some_rows(digits, 3, 25, 1)
    assert len(set(threes)) == 25
    assert (digits.labels[threes] == 3).all()
    assert set(threes) != set(some_rows(digits, 3, 25, 2))
    assert len(some_rows(digits[:12], 3, 25, 1)) == (digits.labels[:12] == 3).sum()


def test_means_are_those_of_each_label(digits):
    for label, mean in enumerate(mean_digits(digits)):
        np.testing.assert_allclose(mean, digits.images[digits.labels == label].mean(axis=0))
    only = DigitDataset(digits.pixels[:1], digits.labels[:1])
    assert np.isnan(mean_digits(only)).all(axis=(1, 2)).sum() == 9


def test_pixel_use_is_a_share_of_digits(digits):
    use = pixel_use(digits)
    assert use[3, 4] == np.mean([image[3, 4] > 0 for image in digits.images])


def test_never_seen_are_the_digits_in_no_batch_of_the_training(digits):
    settings = Hyperparameters(batches=8, steps_per_batch=1)
    run = train(digits, settings)
    for batch, missed in enumerate(never_seen(settings, len(run.train)), start=1):
        assert missed == len(run.train) - len(np.unique(run.history.rows[:batch]))


def test_the_expectation_agrees_with_many_draws_and_shuffling_misses_none():
    counts = [never_seen(Hyperparameters(batches=20, seed=seed), 1617)[-1] for seed in range(50)]
    assert np.mean(counts) == pytest.approx(expected_never_seen(20 * 100, 1617), rel=0.02)
    shuffled = never_seen(Hyperparameters(batches=17, sampling="shuffled_epochs"), 1617)
    assert shuffled[15] == 1617 - 1600
    assert shuffled[16] == 0
