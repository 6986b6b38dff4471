from __future__ import annotations

import numpy as np
import pytest

from digitviz import shocked
from digitviz.drawing.practice import PracticeDataset
from digitviz.training.perturbations import PERTURBATIONS

TRAIN = 1617


@pytest.fixture
def parts(digits):
    return digits.split(0.9)


@pytest.mark.parametrize("fraction", [0.9, 0.5, 0.1])
@pytest.mark.parametrize("name", PERTURBATIONS)
def test_a_shock_keeps_the_split_and_repeats_itself(digits, name, fraction):
    before, after = digits.split(fraction), shocked(digits, name, fraction, seed=3).split(fraction)
    assert [len(part) for part in after] == [len(part) for part in before]
    assert shocked(digits, name, fraction, seed=3).id == shocked(digits, name, fraction, seed=3).id
    assert shocked(digits, name, fraction, seed=3).id != digits.id


@pytest.mark.parametrize("name", ["shuffled_pixels", "random_labels", "noise"])
def test_another_seed_gives_another_shock(digits, name):
    assert shocked(digits, name, seed=1).id != shocked(digits, name, seed=2).id


def test_pixels_are_shuffled_in_the_same_way_in_every_digit(digits, parts):
    for before, after in zip(parts, shocked(digits, "shuffled_pixels").split(0.9), strict=True):
        assert not np.array_equal(after.pixels, before.pixels)
        np.testing.assert_array_equal(np.sort(after.pixels, axis=1), np.sort(before.pixels, axis=1))
        np.testing.assert_array_equal(after.labels, before.labels)
    whole = shocked(digits, "shuffled_pixels")
    columns = {column.tobytes() for column in digits.pixels.T}
    assert {column.tobytes() for column in whole.pixels.T} == columns


def test_only_the_labels_to_learn_from_are_random(digits, parts):
    train, test = shocked(digits, "random_labels").split(0.9)
    np.testing.assert_array_equal(train.pixels, parts[0].pixels)
    assert np.mean(train.labels == parts[0].labels) == pytest.approx(0.1, abs=0.04)
    assert test.id == parts[1].id


def test_half_the_training_digits_are_there_twice(digits, parts):
    train, test = shocked(digits, "half").split(0.9)
    for row in range(TRAIN):
        np.testing.assert_array_equal(train.pixels[row], parts[0].pixels[row % (TRAIN // 2)])
    assert test.id == parts[1].id


def test_noise_stays_within_what_ink_can_be_and_leaves_the_test_digits_clean(digits, parts):
    train, test = shocked(digits, "noise").split(0.9)
    assert train.pixels.min() == 0
    assert train.pixels.max() == 16
    inner = (parts[0].pixels > 6) & (parts[0].pixels < 10)
    assert np.std((train.pixels - parts[0].pixels)[inner]) == pytest.approx(4, rel=0.1)
    unchanged = train.pixels == parts[0].pixels
    assert unchanged[parts[0].pixels == 0].mean() == pytest.approx(0.5, abs=0.02)
    assert unchanged.mean() == pytest.approx(0.29, abs=0.01)
    assert np.abs(train.pixels - parts[0].pixels).mean() == pytest.approx(2.07, abs=0.05)
    assert "about half of the empty pixels stay empty" in str(PERTURBATIONS["noise"].meaning)
    assert test.id == parts[1].id


def test_test_digits_move_by_one_pixel(digits, parts):
    train, test = shocked(digits, "shifted_test").split(0.9)
    assert train.id == parts[0].id
    for before, after in zip(parts[1].images, test.images, strict=True):
        assert not after[:, 0].any()
        np.testing.assert_array_equal(after[:, 1:], before[:, :-1])


def test_distorted_copies_are_left_out(digits):
    assert shocked(PracticeDataset.of(digits, copies=2), "half").id == shocked(digits, "half").id


def test_there_is_no_other_shock(digits):
    with pytest.raises(ValueError, match="'flood' is not one of shuffled_pixels"):
        shocked(digits, "flood")
    with pytest.raises(ValueError, match="leaves one part empty"):
        shocked(digits, "half", train_fraction=0.0)
