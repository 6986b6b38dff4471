"""Every picture of a digit becomes 8 x 8; other input gives an explanation."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from digitviz.drawing import rasterise, to_digit, to_image
from digitviz.drawing.canvas import find_ink
from tests.examples import examples

POINT = st.tuples(st.integers(-100, 400), st.integers(-100, 400))
STROKES = st.lists(st.lists(POINT, min_size=1, max_size=6), max_size=4)


def test_stages_of_a_drawing_fit_together(three):
    drawing = to_digit(three)
    top, left, bottom, right = drawing.box
    np.testing.assert_array_equal(drawing.crop, drawing.ink[top:bottom, left:right])
    assert drawing.crop.sum() == drawing.ink.sum()
    assert drawing.bitmap.shape == (32, 32)
    assert drawing.digit.sum() == drawing.bitmap.sum()
    assert drawing.scale[0] == 32 / (bottom - top)
    assert drawing.problem is None


@pytest.mark.parametrize(("down", "across"), [(60, 0), (-50, 80), (0, -80)])
def test_place_changes_nothing(three, down, across):
    np.testing.assert_array_equal(to_digit(np.roll(three, (down, across), (0, 1))).digit, to_digit(three).digit)


@pytest.mark.parametrize("factor", [0.5, 0.75, 1.6])
def test_size_changes_next_to_nothing(items, factor):
    for item in items[::4]:
        strokes = [np.array(stroke) for stroke in item["strokes"]]
        size = round(280 * max(factor, 1))
        usual = to_digit(rasterise(strokes, size, item["brush"])).digit
        scaled = to_digit(rasterise([factor * s for s in strokes], size, factor * item["brush"])).digit
        assert np.abs(usual - scaled).mean() < 0.6


def test_dark_ink_on_bright_paper_is_the_same_drawing(three):
    np.testing.assert_array_equal(to_digit(255 - three).digit, to_digit(three).digit)


def test_every_form_of_a_canvas_gives_the_same_digit(three):
    expected = to_digit(three).digit
    opaque = np.dstack([three, three, three, np.full_like(three, 255)])
    transparent = np.zeros((280, 280, 4), dtype=np.uint8)
    transparent[:, :, 3] = three
    blue_on_white = np.dstack([255 - three, 255 - three, np.full_like(three, 255)])
    for canvas in (three / 255, three.astype(np.int64), opaque, opaque[:, :, :3], transparent, blue_on_white):
        np.testing.assert_array_equal(to_digit(canvas).digit, expected)


def test_a_picture_of_another_size_is_worked_on_at_a_fitting_one(three):
    small = three.reshape(40, 7, 40, 7).mean(axis=(1, 3))
    large = np.kron(three, np.ones((5, 5), dtype=np.uint8))
    assert find_ink(small)[0].shape == (120, 120)
    assert find_ink(large)[0].shape == (280, 280)
    for canvas in (small, large):
        assert np.abs(to_digit(canvas).digit - to_digit(three).digit).mean() < 0.7


@pytest.mark.parametrize("factor", [1, 2, 5])
def test_a_photograph_of_ink_on_unevenly_lit_paper_is_read(three, random, factor):
    side = 280 * factor
    down, across = np.mgrid[0:side, 0:side] / side
    light = 0.9 - 0.35 * down - 0.25 * across
    ink = np.kron(three, np.ones((factor, factor))) / 255
    photo = 255 * np.clip(light * (1 - 0.6 * ink) + random.normal(0, 0.01, ink.shape), 0, 1)
    photo[: 10 * factor] = 10  # the table
    drawing = to_digit(photo.astype(np.uint8))
    assert drawing.photograph
    assert np.abs(drawing.digit - to_digit(three).digit).mean() < 0.7


@pytest.mark.parametrize(
    ("canvas", "words"),
    [
        (np.zeros((280, 280)), "Nothing is drawn"),
        (np.full((280, 280), 255, dtype=np.uint8), "Nothing is drawn"),
        (np.zeros((280, 280, 4), dtype=np.uint8), "Nothing is drawn"),
        (rasterise([[(140, 140)]], 280, 20), "only a dot"),
        (rasterise([[(60, 140), (220, 140)]], 280, 20), "wider than it is tall"),
        (rasterise([[(100, y), (180, y)] for y in range(90, 200, 8)], 280, 16), "filled with ink"),
        (rasterise([[(130, 140), (158, 142)]], 280, 16), "too small"),
    ],
)
def test_what_can_be_no_digit_is_said_in_words(canvas, words):
    assert words in to_digit(canvas).problem


def test_an_empty_canvas_is_all_zeros():
    drawing = to_digit(np.zeros((100, 100)))
    assert drawing.is_empty
    assert not drawing.digit.any()
    assert drawing.crop.size == 0
    assert drawing.box == (0, 0, 0, 0)


def test_an_upright_stroke_is_no_block():
    assert to_digit(rasterise([[(140, 60), (140, 220)]], 280, 20)).problem is None


@pytest.mark.parametrize(
    ("canvas", "words"),
    [
        (np.zeros(5), "shape"),
        (np.zeros((5, 5, 2)), "shape"),
        (np.zeros((5, 5, 3, 2)), "shape"),
        (np.zeros((0, 5)), "sides"),
        (np.zeros((4097, 2)), "sides"),
        (np.full((5, 5), np.nan), "NaN"),
        (np.full((5, 5), -1.0), "between 0 and 255"),
        (np.full((5, 5), 256), "between 0 and 255"),
        (np.array([["a"]]), "not numbers"),
    ],
)
@pytest.mark.parametrize("use", [to_digit, to_image])
def test_what_is_no_picture_is_refused(use, canvas, words):
    with pytest.raises(ValueError, match=words):
        use(canvas)


@settings(max_examples=examples(20), deadline=None)
@given(STROKES, st.integers(1, 60))
def test_any_strokes_become_a_digit_within_range(strokes, width):
    drawing = to_digit(rasterise(strokes, 280, width))
    assert drawing.digit.shape == (8, 8)
    assert drawing.digit.min() >= 0
    assert drawing.digit.max() <= 16
    assert drawing.is_empty == (not drawing.ink.any())
    assert (drawing.problem is not None) or drawing.digit.any()


@settings(max_examples=examples(20), deadline=None)
@given(st.integers(1, 60), st.integers(1, 60), st.sampled_from([(), (3,), (4,)]), st.integers(0, 2**32 - 1))
def test_any_picture_becomes_a_digit_within_range(height, width, channels, seed):
    canvas = np.random.default_rng(seed).integers(0, 256, (height, width, *channels), dtype=np.uint8)
    drawing = to_digit(canvas)
    assert drawing.digit.min() >= 0
    assert drawing.digit.max() <= 16


def test_28_by_28_keeps_proportions_and_centres_the_mass(three):
    image = to_image(np.roll(three, 40, axis=1))
    assert image.shape == (28, 28)
    assert image.dtype == np.uint8
    rows, columns = np.flatnonzero(image.max(axis=1) > 100), np.flatnonzero(image.max(axis=0) > 100)
    assert 19 <= rows[-1] - rows[0] + 1 <= 21
    assert columns[-1] - columns[0] + 1 < 15
    centre = (np.indices(image.shape) * image).sum(axis=(1, 2)) / image.sum()
    np.testing.assert_allclose(centre, 13.5, atol=0.3)
    assert not to_image(np.zeros((50, 50))).any()


@pytest.mark.parametrize(("height", "width"), [(200, 40), (40, 200), (10, 10), (140, 7)])
def test_the_longer_side_takes_20_of_28_pixels_exactly(height, width):
    canvas = np.zeros((280, 280), np.uint8)
    canvas[30 : 30 + height, 50 : 50 + width] = 255
    image = to_image(canvas)
    along = image.max(axis=1 if height >= width else 0)
    assert along.tolist() == [0] * 4 + [along.max()] * 20 + [0] * 4
