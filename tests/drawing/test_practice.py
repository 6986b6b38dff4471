from __future__ import annotations

import numpy as np
import pytest

from digitviz import DigitDataset, Hyperparameters, train
from digitviz.drawing import practice
from digitviz.drawing.practice import PracticeDataset, together


def test_only_the_training_part_is_enlarged(digits):
    extra = DigitDataset(np.full((3, 64), 7.0), np.array([1, 2, 3]))
    digits = digits[:300]
    plain_train, plain_test = digits.split()
    enlarged = PracticeDataset(digits.pixels, digits.labels, copies=2, extra=extra)
    train_part, test_part = enlarged.split()
    np.testing.assert_array_equal(test_part.pixels, plain_test.pixels)
    assert len(train_part) == 3 * (len(plain_train) + 3)
    np.testing.assert_array_equal(train_part.pixels[:3], extra.pixels)
    assert enlarged.split()[0] is train_part


def test_a_training_learns_from_the_enlarged_part(digits):
    enlarged = PracticeDataset(digits.pixels[:300], digits.labels[:300], copies=1)
    run = train(enlarged, Hyperparameters(batches=2, steps_per_batch=2))
    assert len(run.train) == 2 * 270
    assert run.history.rows.max() >= 270


def test_data_sets_are_put_one_behind_the_other(digits):
    both = together(digits[:10], digits[20:25])
    np.testing.assert_array_equal(both.labels, np.concatenate([digits.labels[:10], digits.labels[20:25]]))


def test_an_id_holds_what_is_practised_on_and_no_copies_are_made_to_learn_it(digits, monkeypatch):
    def fail(*_: object) -> DigitDataset:
        raise AssertionError("copies were created")

    monkeypatch.setattr(practice, "distorted_copies", fail)
    extra = digits[:3]
    enlarged = [(1,), (2,), (1, extra), (0, extra), (1, digits[:4]), (1, None, 1)]
    ids = [PracticeDataset(digits.pixels, digits.labels, *rest).id for rest in enlarged]
    assert len({digits.id, digits[:9].id, PracticeDataset.of(digits[:9], 1).id, *ids}) == 3 + len(ids)
    assert ids == [PracticeDataset.of(digits, *rest).id for rest in enlarged]
    assert PracticeDataset.of(digits, 1, digits[np.arange(3)]).id == ids[2]
    assert PracticeDataset.of(digits).id == PracticeDataset.of(digits, seed=7).id == digits.id
    monkeypatch.setattr(practice, "VERSION", 3)
    assert PracticeDataset.of(digits, 1).id != ids[0]
    assert PracticeDataset.of(digits, 0, extra).id == ids[3]


def test_an_id_of_the_two_parts_holds_where_they_are_split(digits, monkeypatch):
    monkeypatch.setattr(practice, "distorted_copies", None)
    ids = [PracticeDataset.of(digits, copies).split_id(fraction) for copies in (0, 1) for fraction in (0.5, 0.9)]
    assert len({*ids, digits.id}) == 5


def test_another_seed_makes_other_copies(digits):
    first, other = (PracticeDataset.of(digits[:20], 1, seed=seed).split()[0].pixels for seed in (0, 1))
    np.testing.assert_array_equal(first[:18], other[:18])
    assert (first[18:] != other[18:]).any()


@pytest.mark.parametrize("copies", [0, 2])
def test_without_the_further_digits_all_others_and_their_copies_are_left(copies, digits):
    base, extra = digits[:40], digits[50:57]
    with_extra = PracticeDataset.of(base, copies, extra)
    left = with_extra.without_extra(0.9)
    plain = PracticeDataset.of(base, copies)
    np.testing.assert_array_equal(left.labels, plain.split(0.9)[0].labels)
    np.testing.assert_array_equal(left.pixels[:36], base.pixels[:36])
    assert not (left.pixels[:, None] == extra.pixels).all(axis=2).any()
    np.testing.assert_array_equal(plain.without_extra(0.9).pixels, plain.split(0.9)[0].pixels)
