"""Distorted copies resemble digits written by other people."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from digitviz.drawing import distorted_copies, practice
from digitviz.drawing.practice import HANDS, Distortion, distort, smooth_fields
from digitviz.drawing.prediction import likeness_detector


def test_originals_come_first_and_every_copy_keeps_its_label(digits):
    some = digits[:100]
    more = distorted_copies(some, copies=3, seed=1)
    assert len(more) == 400
    np.testing.assert_array_equal(more.pixels[:100], some.pixels)
    np.testing.assert_array_equal(more.labels.reshape(4, 100), np.tile(some.labels, (4, 1)))


def test_copies_differ_from_originals_and_from_each_other_and_still_look_like_digits(digits):
    more = distorted_copies(digits[:200], copies=2, seed=0).pixels.reshape(3, 200, 64)
    for a, b in ((0, 1), (0, 2), (1, 2)):
        assert np.linalg.norm(more[a] - more[b], axis=1).min() > 4
    likeness = likeness_detector().predict_proba(more[1:].reshape(-1, 64))[:, 0]
    assert np.mean(likeness > 0.5) > 0.9


def test_the_same_seed_makes_the_same_copies(digits):
    first, again, other = (distorted_copies(digits[:50], 1, seed).pixels for seed in (3, 3, 4))
    np.testing.assert_array_equal(first, again)
    assert (first != other).any()


@pytest.mark.parametrize("copies", [-1, 51])
def test_too_many_copies_are_refused(digits, copies):
    with pytest.raises(ValueError, match="copies"):
        distorted_copies(digits[:5], copies)


GOLDEN = """
00ag900005g8df300ac02ga007300b9006200d800c703g7005ebga00008g8000
0009g300000cga00003fg70000cgg300000gg000000gg300000cg600000bc800
0007d000004gg300008cg3000009b000001d400000de000005ggga100075ba30
002bc90000aggc0005cgg800001ggd100019gg3000009g6000a8gc0000dcb200
0000d300000af100003f800001fg5f3006ggdg3005ceg9000008g5000004d000
"""
"""Version 2: the first copy of each of the first five digits, with seed 0. Ink 0 to 16 in base 17."""


def test_the_generator_draws_what_its_version_promises(digits):
    """If this fails, raise the version, then record the new output: data sets are identified by the version."""
    assert practice.VERSION == 2
    promised = [[int(pixel, 17) for pixel in line] for line in GOLDEN.split()]
    drawn = distorted_copies(digits[:5], copies=1, seed=0).pixels[5:]
    assert np.count_nonzero(drawn != promised) <= 3  # different processors may round differently


STILL = Distortion(rotation=0, shear=(0, 0), log_width=(0, 0), elastic=0, level=(0.45, 0.45), thicken=(0, 0))
"""Distortion without any randomness."""


def drawn(fields: np.ndarray, seed: int, amount: Distortion) -> np.ndarray:
    return distort(fields, np.random.default_rng(seed), amount)


def test_a_hand_that_differs_in_nothing_leaves_nothing_to_chance_and_each_range_leaves_something(digits):
    fields = smooth_fields(digits.images[:20] / 16)
    same = drawn(fields, 1, STILL)
    np.testing.assert_array_equal(drawn(fields, 2, STILL), same)
    for range_ in dataclasses.fields(Distortion):
        other = dataclasses.replace(STILL, **{range_.name: getattr(HANDS, range_.name)})
        assert (drawn(fields, 2, other) != same).any(), range_.name


def test_thicker_strokes_have_more_ink_and_a_stroke_too_thin_to_be_thinned_stays(digits):
    fields = smooth_fields(digits.images[:20] / 16)
    thinner, usual, thicker = (
        drawn(fields, 1, dataclasses.replace(STILL, thicken=(times, times))).sum(axis=(1, 2)) for times in (-1, 0, 1)
    )
    assert thinner.min() > 0
    assert thinner.sum() < usual.sum() < thicker.sum()
