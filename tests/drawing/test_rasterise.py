"""Rasterizing of strokes."""

from __future__ import annotations

import numpy as np
import pytest

from digitviz.drawing import rasterise


def test_a_dot_is_a_disc():
    canvas = rasterise([[(50, 40)]], 100, 20)
    assert abs((canvas / 255).sum() - np.pi * 100) < 8
    assert canvas[40, 59] == 255
    assert canvas[40, 61] == 0


@pytest.mark.parametrize(("x", "y"), [(50, 40), (50.2, 40.4), (30.7, 61.9)])
def test_a_dot_is_the_same_seen_in_a_mirror_and_upside_down(x, y):
    canvas = rasterise([[(x, y)]], 100, 20)
    np.testing.assert_array_equal(rasterise([[(100 - x, y)]], 100, 20), canvas[:, ::-1])
    np.testing.assert_array_equal(rasterise([[(x, 100 - y)]], 100, 20), canvas[::-1])


def test_a_line_is_as_wide_as_the_pen_and_has_round_ends():
    canvas = rasterise([[(20, 50), (80, 50)]], 100, 10) > 127
    assert canvas[:, 50].sum() == 10
    assert np.flatnonzero(canvas.any(axis=0))[[0, -1]].tolist() == [15, 84]


def test_a_third_column_is_the_width_at_that_point():
    canvas = rasterise([[(20, 50, 4), (80, 50, 20)]], 100, 99) > 127
    assert canvas[:, 20].sum() < 8
    assert canvas[:, 78].sum() > 15


def test_ink_outside_the_canvas_is_not_drawn():
    assert not rasterise([[(-500, -500), (-400, -400)], [(1e12, 5)]], 100, 10).any()
    assert rasterise([[(-50, 50), (150, 50)]], 100, 10)[50].all()


def test_nothing_draws_nothing():
    assert not rasterise([]).any()
    assert rasterise([[]]).shape == (280, 280)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (([[(1, np.nan)]],), "finite"),
        (([[(1, 2, 3, 4)]],), "not a list of x, y"),
        (([["a", "b"]],), "not a list of positions"),
        (([[(1, 2), (3,)]],), "not a list of positions"),
        (([], 0), "size"),
        (([], 5000), "size"),
        (([], 280, 0), "width"),
        (([], 280, float("nan")), "width"),
        (([], 280, float("inf")), "width"),
        (([], 280, -3), "width"),
        (([], 280, "wide"), "width"),
        (([], 280, 1j), "width"),
        (([], 280.5), "size"),
        (([], "280"), "size"),
        ((None,), "not a list"),
        ((7,), "not a list"),
        (([[(1 + 2j, 3)]],), "not a list of positions"),
        (([[(10**400, 3)]],), "not a list of positions"),
    ],
)
def test_what_is_no_drawing_is_refused(arguments, words):
    with pytest.raises(ValueError, match=words):
        rasterise(*arguments)


def test_the_edge_of_a_stroke_is_graded_by_the_quarters_of_a_pixel_that_are_covered():
    assert np.unique(rasterise([[(50, 50), (200, 170)]])).tolist() == [0, 64, 128, 191, 255]
