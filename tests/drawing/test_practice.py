from __future__ import annotations

import numpy as np

from digitviz import DigitDataset, Hyperparameters, train
from digitviz.drawing.practice import PracticeDataset, together


def test_only_the_training_part_is_enlarged(digits):
    extra = DigitDataset(np.full((3, 64), 7.0), np.array([1, 2, 3]))
    plain_train, plain_test = digits.split()
    practice = PracticeDataset(digits.pixels, digits.labels, copies=2, extra=extra)
    train_part, test_part = practice.split()
    np.testing.assert_array_equal(test_part.pixels, plain_test.pixels)
    assert len(train_part) == 3 * (len(plain_train) + 3)
    np.testing.assert_array_equal(train_part.pixels[:3], extra.pixels)
    assert practice.split()[0] is train_part


def test_a_training_learns_from_the_enlarged_part(digits):
    practice = PracticeDataset(digits.pixels, digits.labels, copies=1)
    run = train(practice, Hyperparameters(batches=2, steps_per_batch=2))
    assert len(run.train) == 2 * 1617
    assert run.history.rows.max() >= 1617


def test_data_sets_are_put_one_behind_the_other(digits):
    both = together(digits[:10], digits[20:25])
    np.testing.assert_array_equal(both.labels, np.concatenate([digits.labels[:10], digits.labels[20:25]]))


def test_what_is_practised_on_is_in_the_id(digits):
    extra = digits[:3]
    practices = [PracticeDataset(digits.pixels, digits.labels, *enlarged) for enlarged in ((1,), (2,), (1, extra))]
    assert len({digits.id, *(practice.id for practice in practices)}) == 4
    assert PracticeDataset(digits.pixels, digits.labels).id == digits.id
    assert PracticeDataset(digits.pixels, digits.labels, 1, digits[:3]).id == practices[2].id
