"""Distorted copies are digits of other hands."""

from __future__ import annotations

import numpy as np
import pytest

from digitviz.drawing import distorted_copies
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
