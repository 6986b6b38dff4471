"""Detection of ink, and enlargement of pictures."""

from __future__ import annotations

import numpy as np
import pytest

from digitviz.drawing.canvas import find_ink, interpolation_matrix


def test_between_its_samples_a_parabola_is_met_exactly():
    """The a = -0.5 of the cubic convolution ensures this (R. Keys, 1981)."""
    places = (np.arange(40) + 0.5) / 4 - 0.5
    inner = (places >= 1) & (places <= 8)
    enlarged = interpolation_matrix(10, 40) @ (np.arange(10.0) ** 2 - 3 * np.arange(10.0))
    np.testing.assert_allclose(enlarged[inner], (places**2 - 3 * places)[inner], atol=1e-5)


def test_beyond_its_ends_a_row_of_samples_goes_on_as_it_ended(random):
    row = random.random(6)
    longer = interpolation_matrix(10, 40) @ np.pad(row, 2, mode="edge")
    np.testing.assert_allclose(interpolation_matrix(6, 24) @ row, longer[8:-8], atol=1e-6)


@pytest.mark.parametrize("side", [1, 20, 49, 50, 99, 100, 101, 280, 560, 4096])
def test_ink_is_found_at_a_size_for_work_in_the_proportions_of_the_canvas(side):
    canvas = np.zeros((side, max(1, side // 2)), np.uint8)
    canvas[side // 4 : side // 2 + 1, : side // 4 + 1] = 255
    ink, _photograph = find_ink(canvas)
    scale = len(ink) / side
    assert ink.shape[1] == round(scale * canvas.shape[1])
    assert scale == (int(scale) if side < 280 else 280 / side)
    assert 100 <= max(ink.shape) <= 280


@pytest.mark.parametrize("paper", [0, 128, 255])
def test_faint_ink_is_ink_and_the_grain_of_paper_is_none(random, paper):
    away = -1 if paper > 128 else 1
    drawn = np.full((280, 280), paper, np.uint8)
    drawn[100:180, 130:150] = paper + away * 40
    assert find_ink(drawn)[0].sum() == 80 * 20
    grain = np.full((280, 280), paper) + away * (random.integers(0, 6, (280, 280)) * (random.random((280, 280)) > 0.9))
    assert not find_ink(grain.astype(np.uint8))[0].any()
