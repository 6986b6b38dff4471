"""Each stage from ink to 8 x 8, on small handmade bitmaps."""

from __future__ import annotations

import os
import subprocess
import sys

import numpy as np

from digitviz.drawing.normalise import dilate, erode, ink_per_block, normalise


def picture(*rows: str) -> np.ndarray:
    return np.array([[character == "#" for character in row] for row in rows])


def test_dilating_adds_the_four_neighbours():
    dot = picture(".....", ".....", "..#..", ".....", ".....")
    cross = picture(".....", "..#..", ".###.", "..#..", ".....")
    np.testing.assert_array_equal(dilate(dot[None])[0], cross)


def test_eroding_keeps_what_has_four_inked_neighbours_and_the_edge_counts_as_ink():
    bar = picture("###..", "###..", "###..")
    np.testing.assert_array_equal(erode(bar[None])[0], picture("##...", "##...", "##..."))


def test_blocks_count_their_ink():
    bitmap = np.zeros((1, 32, 32), dtype=bool)
    bitmap[0, :4, :4] = True
    bitmap[0, 31, 28:31] = True
    digits = ink_per_block(bitmap)
    assert digits[0, 0, 0] == 16
    assert digits[0, 7, 7] == 3
    assert digits.sum() == 19


def test_a_digit_fills_the_height_and_at_most_twenty_columns():
    ring = np.zeros((1, 100, 100), dtype=bool)
    ring[0, 30:70, 10:90] = True
    ring[0, 38:62, 18:82] = False
    bitmap = normalise(ring).bitmaps[0]
    assert bitmap.any(axis=1).all()
    np.testing.assert_array_equal(np.flatnonzero(bitmap.any(axis=0)), np.arange(6, 26))


def test_a_slanted_bar_becomes_upright():
    slanted = np.zeros((1, 64, 96), dtype=bool)
    for row in range(64):
        slanted[0, row, 70 - row // 2 : 78 - row // 2] = True
    result = normalise(slanted)
    assert abs(result.slants[0] - 0.5) < 0.02
    middle = np.arange(32) @ result.bitmaps[0].T / result.bitmaps[0].sum(axis=1)
    assert np.ptp(middle) <= 1


def test_thin_strokes_are_thickened_and_thick_ones_thinned():
    ring = np.zeros((2, 128, 96), dtype=bool)
    for k, pen in enumerate((3, 34)):
        ring[k, 4:124, 4:92] = True
        ring[k, 4 + pen : 124 - pen, 4 + pen : 92 - pen] = False
    result = normalise(ring)
    assert result.thickened[0] > 0 > result.thickened[1]


def test_a_stack_is_treated_as_each_drawing_alone(random):
    ink = random.random((5, 40, 30)) > 0.8
    ink[2] = False
    together = normalise(ink)
    for k in range(5):
        alone = normalise(ink[k : k + 1])
        np.testing.assert_array_equal(alone.digits[0], together.digits[k])
        assert alone.slants[0] == together.slants[k]
    assert not together.bitmaps[2].any()


def test_digits_of_the_data_set_come_back_nearly_as_they_were(digits):
    """Enlarged and read again, the data set's own digits keep their form, because its stages are the same."""
    from digitviz.drawing.practice import smooth_fields

    again = normalise(smooth_fields(digits.images[:200] / 16) > 0.5, shear=False).digits
    correlation = [np.corrcoef(a.ravel(), b.ravel())[0, 1] for a, b in zip(again, digits.images, strict=False)]
    assert np.median(correlation) > 0.9


HASH_OF_BITMAPS = """
import hashlib
import numpy as np
from digitviz import load_digits
from digitviz.drawing.normalise import normalise
from digitviz.drawing.picture import canvas_from_digit

bitmaps = [normalise(canvas_from_digit(image)[None] > 0).bitmaps for image in load_digits().images[:200]]
print(hashlib.sha256(np.concatenate(bitmaps).tobytes()).hexdigest())
"""


def test_processors_that_sum_in_another_order_give_the_same_bitmaps():
    """On other processors OpenBLAS sums in another order. Float sums then changed pixels of these digits."""
    hashes = {
        subprocess.run(
            [sys.executable, "-c", HASH_OF_BITMAPS],
            env={**os.environ, "OPENBLAS_CORETYPE": kernel},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for kernel in ("Haswell", "Sandybridge")
    }
    assert len(hashes) == 1
