from __future__ import annotations

import dataclasses
import math
import re

import numpy as np
import pytest

from digitviz import DigitDataset, train
from digitviz.training.presets import PRESETS


def test_the_digits_are_those_of_scikit_learn(digits):
    from sklearn.datasets import load_digits

    theirs = load_digits()
    np.testing.assert_array_equal(digits.pixels, theirs.data)
    np.testing.assert_array_equal(digits.images, theirs.images)
    np.testing.assert_array_equal(digits.labels, theirs.target)
    assert digits.pixels.dtype == np.float64


def test_the_first_1617_train_and_the_last_180_test(digits):
    train, test = digits.split()
    assert (len(train), len(test)) == (1617, 180)
    np.testing.assert_array_equal(np.concatenate([train.pixels, test.pixels]), digits.pixels)
    np.testing.assert_array_equal(np.concatenate([train.labels, test.labels]), digits.labels)


def test_shuffled_digits_are_the_same_in_another_order_with_an_id_of_its_own(digits):
    shuffled = digits.shuffled(3)
    assert shuffled.id == digits.shuffled(3).id
    assert len({digits.id, shuffled.id, digits.shuffled(4).id}) == 3
    rows = [sorted(zip(map(bytes, each.pixels), each.labels.tolist(), strict=True)) for each in (digits, shuffled)]
    assert rows[0] == rows[1]


@pytest.mark.thorough
def test_random_splits_are_easier_than_the_end_of_the_file(digits):
    """`tests.benchmarks.claims` checks the numbers in the texts, with the notebook's network."""
    settings = dataclasses.replace(PRESETS["adam"].hyperparameters, precision="float32")
    end, *others = (train(each, settings).test_accuracy for each in (digits, digits.shuffled(0), digits.shuffled(1)))
    assert min(others) > end + 0.01


def test_one_hot_has_its_one_at_the_label(digits):
    assert digits.one_hot.shape == (1797, 10)
    np.testing.assert_array_equal(digits.one_hot.argmax(axis=1), digits.labels)
    np.testing.assert_array_equal(digits.one_hot.sum(axis=1), 1)


@pytest.mark.parametrize("fraction", [0.0, 1e-9, 1.0, -0.5, math.nan, math.inf, 10**400])
def test_a_split_that_leaves_a_part_empty_is_refused(digits, fraction):
    with pytest.raises(ValueError, match="train_fraction"):
        digits.split(fraction)


@pytest.mark.parametrize(
    ("pixels", "labels", "names"),
    [
        (np.zeros((3, 63)), np.zeros(3, int), "pixels"),
        (np.zeros((3, 64)), np.zeros(2, int), "labels"),
        (np.full((3, 64), 17.0), np.zeros(3, int), "pixels"),
        (np.full((3, 64), np.nan), np.zeros(3, int), "pixels"),
        (np.zeros((3, 64)), np.full(3, 10), "labels"),
    ],
)
def test_a_malformed_dataset_is_refused_by_name(pixels, labels, names):
    with pytest.raises(ValueError, match=names):
        DigitDataset(pixels, labels)


def test_equal_data_sets_have_one_id_wherever_they_come_from(digits):
    again = DigitDataset(np.asfortranarray(digits.pixels), digits.labels.astype(np.int32))
    assert again.id == digits.id
    assert re.fullmatch("[0-9a-f]{64}", digits.id)
    assert digits[:50].id == digits[np.arange(50)].id


def test_another_pixel_label_order_or_part_gives_another_id(digits):
    pixels, labels = digits.pixels.copy(), digits.labels.copy()
    pixels[7, 3] += 1
    labels[7] = (labels[7] + 1) % 10
    others = [
        DigitDataset(pixels, digits.labels), DigitDataset(digits.pixels, labels), digits[::-1], digits[:-1], digits[:0]
    ]  # fmt: skip
    assert len({digits.id, *(other.id for other in others)}) == 6


@pytest.mark.parametrize("share", [0.0, 0.2, 1.0])
def test_wrong_labels_are_in_the_training_part_only_and_always_wrong(digits, share):
    wrong = digits.mislabelled(share, seed=3)
    for fraction in (0.1, 0.9):
        (train, test), (true, held_out) = wrong.split(fraction), digits.split(fraction)
        np.testing.assert_array_equal(train.pixels, true.pixels)
        np.testing.assert_array_equal(test.labels, held_out.labels)
        changed = train.labels != true.labels
        assert changed.sum() == round(share * len(true))
        if share == 1:
            assert len({*(train.labels - true.labels) % 10}) == 9
    np.testing.assert_array_equal(wrong.labels, digits.labels)


def test_wrong_labels_depend_on_share_and_seed_only(digits):
    ids = {digits.id, *(digits.mislabelled(share, seed).id for share in (0.1, 0.2) for seed in (0, 1))}
    assert len(ids) == 5
    one, again = (digits.mislabelled(0.2, 1).split()[0] for _ in range(2))
    assert one.id == again.id != digits.mislabelled(0.2, 0).split()[0].id
    for share in (-0.1, 1.01, float("nan")):
        with pytest.raises(ValueError, match="share"):
            digits.mislabelled(share)
