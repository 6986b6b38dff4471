from __future__ import annotations

import numpy as np
import pytest

from digitviz import figures
from digitviz.figures.digits import BELOW, BESIDE


def test_every_digit_of_the_grid_has_its_picture_its_label_and_its_place(digits):
    figure = figures.digit_grid(digits.images[:25], digits.labels[:25], picked=[7, 9])
    sheet = np.asarray(figure.data[0].z)
    for place, note in enumerate(figure.layout.annotations[:25]):
        assert str(digits.labels[place]) in note.text
        top, left = place // 5 * (9 + BELOW), place % 5 * (9 + BESIDE)
        np.testing.assert_array_equal(sheet[top : top + 8, left : left + 8], digits.images[place])
        assert figures.digits.place_in_grid(left + 7, top + 7) == place == figures.digits.place_in_grid(left, top)
    middles = [((frame.x0 + frame.x1) / 2, (frame.y0 + frame.y1) / 2) for frame in figure.layout.shapes[:2]]
    assert [figures.digits.place_in_grid(*middle) for middle in middles] == [7, 9]


def test_a_grid_has_two_frames_at_most_and_then_a_bar_for_every_digit(digits):
    three = digits.images[:3], digits.labels[:3]
    shapes = [len(figures.digit_grid(*three, picked=[0, 1][:count]).layout.shapes) for count in range(3)]
    assert shapes == [0, 1, 2 + 3]
    with pytest.raises(ValueError, match="picked: must be"):
        figures.digit_grid(*three, picked=(0, 1, 2))


def test_numbers_are_the_pixels(digits):
    figure = figures.digit_numbers(digits.images[3], framed=[17, 4])
    np.testing.assert_array_equal(figure.data[0].z, digits.images[3])
    frame, pale, other, _pale = figure.layout.shapes
    assert frame.line.width == other.line.width > pale.line.width  # seen on paper and on ink
    assert ((frame.x0 + frame.x1) / 2, (frame.y0 + frame.y1) / 2) == (2, 3)  # column and row, from 1
    one, two = digits.pixels[3, [17, 4]]
    said = f"Framed: row 3, column 2: {one:g}; row 1, column 5: {two:g}"
    assert figure.layout.meta["says"].endswith(said)
    half = figures.digits.ink_and_numbers(digits.images[3], 4)
    np.testing.assert_array_equal(half.data[0].z, digits.images[3])  # the same ink behind the numbers
    paper = np.repeat([[np.nan] * 4 + [0.0] * 4], 8, axis=0)  # the same paper behind all numbers
    np.testing.assert_array_equal(half.data[2].z, paper)
    assert len(set(half.data[1].textfont.color)) == 2  # pale for 0
    shares = np.linspace(0, 1, 64).reshape(8, 8)
    np.testing.assert_array_equal(figures.digits.pixel_use(shares).data[0].z, shares.astype(np.float32))


def test_where_two_digits_differ_the_first_is_red_and_the_second_blue(digits):
    figure = figures.digits.digit_difference(digits.images[1], digits.images[7], framed=[9])
    np.testing.assert_array_equal(figure.data[0].z, digits.images[1] - digits.images[7])
    assert (figure.layout.coloraxis.cmin, figure.layout.coloraxis.cmax) == (-16, 16)
    frame, _pale = figure.layout.shapes
    assert ((frame.x0 + frame.x1) / 2, (frame.y0 + frame.y1) / 2) == (2, 2)


def test_a_batch_is_x_beside_y_with_one_row_framed_in_both(digits):
    part = digits[:100]
    figure = figures.batch_matrices(part.pixels, part.one_hot, 42)
    x, y = figure.data
    np.testing.assert_array_equal(np.asarray(x.z), part.pixels)
    np.testing.assert_array_equal(np.asarray(y.z).argmax(axis=1), part.labels)
    assert [(frame.xref, frame.y0, frame.y1) for frame in figure.layout.shapes] == [
        ("x", 42.5, 43.5),
        ("x2", 42.5, 43.5),
    ]
    assert [note.text for note in figure.layout.annotations] == ["x (100 × 64)", "y (100 × 10)"]


def test_the_curves_of_unseen_digits_are_marked_where_they_reach():
    replaced, shuffled = np.arange(150)[::-1], np.zeros(150, int)
    figure = figures.digits.never_seen_curves(replaced, shuffled, (100, 200))
    np.testing.assert_array_equal(figure.data[0].y, replaced)
    assert [note.text for note in figure.layout.annotations] == ["after 100: 50"]
