from __future__ import annotations

import numpy as np
import pytest

from digitviz.drawing.prediction import likeness_detector
from digitviz.explanations.robustness import TEN_LETTERS, letters, noise, shifted, turned


def test_there_are_ten_letters_of_which_none_looks_like_a_digit():
    pixels = letters()
    assert pixels.shape == (len(TEN_LETTERS), 64) == (10, 64)
    assert pixels.min() >= 0
    assert pixels.max() <= 16
    assert (likeness_detector().predict_proba(pixels)[:, 0] < 0.5).sum() >= 9
    assert len({row.tobytes() for row in pixels}) == 10


def test_the_notebooks_network_is_less_sure_of_what_is_no_digit_and_its_logits_are_smaller(notebook_run):
    network, test = notebook_run.network, notebook_run.test.pixels
    usual, of_test = network.predict_proba(test).max(axis=1).mean(), network.logits(test).max(axis=1).mean()
    for pixels in (noise(1000), letters()):
        assert network.predict_proba(pixels).max(axis=1).mean() < usual - 0.2
        assert network.logits(pixels).max(axis=1).mean() < of_test - 3


def test_noise_is_of_every_amount_of_ink_and_the_seeds():
    pixels = noise(500, seed=1)
    assert set(np.unique(pixels)) == set(range(17))
    np.testing.assert_array_equal(pixels, noise(500, seed=1))
    assert (pixels != noise(500, seed=2)).any()


@pytest.mark.parametrize(("down", "right"), [(0, 0), (1, 0), (-1, 2), (3, -8), (8, 0), (-7, -7)])
def test_a_digit_is_moved_pixel_by_pixel(digits, down, right):
    found = shifted(digits.pixels[:5], down, right).reshape(-1, 8, 8)
    for k in range(5):
        for row in range(8):
            for column in range(8):
                inside = 0 <= row - down < 8 and 0 <= column - right < 8
                expected = digits.images[k, row - down, column - right] if inside else 0
                assert found[k, row, column] == expected


def test_a_digit_is_turned_clockwise(digits):
    np.testing.assert_allclose(turned(digits.pixels[:9], 0), digits.pixels[:9])
    for quarters in (1, 2, 3):
        expected = np.rot90(digits.images[:9], -quarters, axes=(1, 2)).reshape(-1, 64)
        np.testing.assert_allclose(turned(digits.pixels[:9], 90 * quarters), expected, atol=1e-9)
    some = turned(digits.pixels, 33)
    assert some.min() >= 0
    assert some.max() <= 16
