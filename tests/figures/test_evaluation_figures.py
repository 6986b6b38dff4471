"""Pictures of a network's errors, and of the time at which it learnt each digit."""

from __future__ import annotations

import numpy as np
import pytest

from digitviz import figures
from digitviz.explanations.evaluation import calibration, confusion_matrix
from digitviz.figures.evaluation import MAX_MARKS, place_of
from digitviz.figures.picture import to_json


@pytest.fixture
def matrix(random) -> np.ndarray:
    labels = random.integers(0, 10, 200)
    return confusion_matrix(labels, np.where(random.random(200) < 0.8, labels, random.integers(0, 10, 200)))


def test_each_cell_has_its_count_and_an_empty_one_has_none(matrix):
    figure = figures.confusion_matrix(matrix)
    assert figure.layout.meta["phone_layout"]["xaxis"]["side"] == "top"
    assert figure.layout.meta["phone_layout"]["xaxis"]["title"]["text"] == figure.layout.xaxis.title.text
    diagonal, others = figure.data
    shown = np.where(np.isnan(diagonal.z), others.z, diagonal.z)
    assert np.array_equal(np.isnan(shown), matrix == 0)
    assert np.array_equal(np.nan_to_num(shown), matrix)
    shares = matrix / matrix.sum(axis=1, keepdims=True)
    np.testing.assert_allclose(others.customdata, shares, rtol=1e-6)
    assert all(list(axis) == [*range(10)] for part in (diagonal, others) for axis in (part.x, part.y))  # for the table


def test_in_percent_each_true_digit_sums_to_one(matrix):
    diagonal, others = figures.confusion_matrix(matrix, percent=True).data
    total = np.nansum(np.asarray(diagonal.z), axis=1) + np.nansum(np.asarray(others.z), axis=1)
    np.testing.assert_allclose(total, 1, rtol=1e-6)
    assert np.array_equal(others.customdata, matrix)


def test_the_scales_of_correct_and_wrong_are_the_same_whatever_is_learnt(matrix):
    layouts = [figures.confusion_matrix(each).layout for each in (matrix, np.diag(matrix.sum(axis=1)))]
    for layout in layouts:
        assert layout.coloraxis.cmin == -layout.coloraxis.cmax
        assert layout.coloraxis2.cmin == 0
        assert layout.coloraxis.reversescale
        assert layout.meta["scales"] == {"coloraxis": "signed", "coloraxis2": "mistakes"}
    assert layouts[0].coloraxis2.cmax == layouts[1].coloraxis2.cmax


def test_the_cell_of_the_most_frequent_mistake_is_framed(matrix):
    matrix[3, 5] = matrix[5, 3] = 40
    matrix[5, 3] -= 1
    layout = figures.confusion_matrix(matrix).layout
    assert [(frame.x0, frame.x1, frame.y0, frame.y1) for frame in layout.shapes] == [(4.5, 5.5, 2.5, 3.5)]
    assert not figures.confusion_matrix(np.diag(matrix.sum(axis=1))).layout.shapes
    for cell in ((4, 9), (3, 5)):  # also one that has a frame already
        frames = figures.confusion_matrix(matrix, chosen=cell).layout.shapes
        at = {(frame.y0 + 0.5, frame.x0 + 0.5): frame.line.color for frame in frames}
        assert len(at) == len(frames) == len({(3, 5), cell})
        assert at[cell] not in {colour for place, colour in at.items() if place != cell}


def test_the_words_of_the_framed_cell_are_in_empty_cells_unless_there_are_none():
    matrix = np.diag(np.full(10, 20))
    matrix[4, 9], matrix[4, 6] = 2, 1
    right, note = figures.confusion_matrix(matrix).layout.annotations
    assert (right.text, right.x, right.y) == ("<b>right</b>", 0.5, 0)
    assert note.text == "<b>a 4, read as 9</b>"
    assert not matrix[int(note.ay), int(note.ax - 1.5) : int(note.ax + 2.5)].any()
    assert max(abs(note.x - 9), abs(note.y - 4)) == 0.5  # the arrow ends at the frame
    _right, note = figures.confusion_matrix(matrix, chosen=(4, 6)).layout.annotations
    assert note.text == "<b>a 4, read as 6</b>"
    words_of = ([], {"doubtful": True}), (["right"], {"chosen": (4, 4)})
    for words, given in words_of:
        shown = figures.confusion_matrix(matrix, **given).layout.annotations
        assert [each.text for each in shown] == [f"<b>{word}</b>" for word in words]
    assert not figures.confusion_matrix(matrix + 1).layout.annotations


def test_a_mistake_fills_its_cell_with_its_picture_and_several_with_their_count():
    matrix, mistakes = np.diag(np.full(10, 5)), np.full((10, 10, 8, 8), np.nan)
    matrix[3, 5], matrix[9, 4] = 2, 1
    mistakes[3, 5], mistakes[9, 4] = np.arange(64).reshape(8, 8) / 4, 16
    _diagonal, others, pictures, counts = figures.confusion_matrix(matrix, mistakes=mistakes).data
    assert not others.texttemplate
    assert [str(each) for each in counts.text if each] == ["<b>2</b>"]
    ink, (y, x) = np.asarray(pictures.z), np.nonzero(~np.isnan(pictures.z))
    places = {
        (round(pictures.y0 + pictures.dy * down), round(pictures.x0 + pictures.dx * right))
        for down, right in zip(y, x, strict=True)
    }
    assert places == {(3, 5), (9, 4)}
    assert ink[91:99, 41:49].min() == 16
    assert np.nanmin(ink) == 3  # paler pixels show the cell
    assert np.nanmax(ink[31:39, 51:59]) == 63 / 4


def test_no_digits_are_an_empty_matrix():
    nothing = np.zeros((10, 10), int)
    for percent in (False, True):
        assert to_json(figures.confusion_matrix.plain(nothing, percent))


def test_the_reliability_is_drawn_bin_by_bin_with_its_distance_to_the_diagonal(random):
    probabilities = random.dirichlet(np.full(10, 0.2), 100)
    found = calibration(probabilities, random.integers(0, 10, 100))
    figure = figures.reliability(found)
    np.testing.assert_array_equal(figure.data[1].x, found.confidence)
    np.testing.assert_array_equal(figure.data[1].y, found.accuracy)
    gaps = [abs(shape.y1 - shape.y0) for shape in figure.layout.shapes]
    assert np.average(gaps, weights=found.count) == pytest.approx(found.expected_error)
    assert to_json(figures.reliability.plain(calibration(np.full((1, 10), np.nan), np.zeros(1, int))))


def test_each_digit_has_a_mark_in_its_row_at_its_batch(random):
    since, labels = random.integers(-1, 40, 300), random.integers(0, 10, 300)
    halves, marks = figures.learnt_digits(since, labels, np.arange(10), 40).data
    assert np.array_equal(marks.customdata, np.arange(300))
    assert np.array_equal(np.rint(marks.y), labels)
    learnt = since >= 0
    assert (np.abs(np.asarray(marks.x) - place_of(np.maximum(since, 0)))[learnt] < 0.5).all()
    assert (np.asarray(marks.x)[~learnt] > place_of(np.array(40))).all()
    places = np.round(np.array([marks.x, marks.y]).T, 6)
    same = [{tuple(place) for place in places[(labels == 3) & (since == batch)]} for batch in range(-1, 40)]
    assert sum(map(len, same)) == (labels == 3).sum(), "marks in a heap must not overlap"
    np.testing.assert_allclose(halves.x, place_of(np.arange(10)))


def test_many_digits_are_thinned_and_keep_their_numbers(random):
    since, labels = random.integers(-1, 5, 9_000), random.integers(0, 10, 9_000)
    marks = figures.learnt_digits(since, labels, np.full(10, -1), 5).data[1]
    assert len(marks.x) == MAX_MARKS
    numbers = np.asarray(marks.customdata)
    assert (np.abs(np.asarray(marks.y) - labels[numbers]) < 0.5).all()


def test_a_hard_digit_says_at_how_many_stops_it_was_misclassified(digits):
    figure = figures.hardest_digits(digits.images[:5], digits.labels[:5], np.array([10, 9, 5, 2, 1]), 10, columns=2)
    assert figure.data[1].text[2] == "label 2, misclassified at 5 of 10 checkpoints"
    assert "50%" in figure.layout.annotations[2].text
    sheet = np.asarray(figure.data[0].z)
    x, y = figure.data[1].x[3], figure.data[1].y[3]
    np.testing.assert_array_equal(sheet[int(y - 3.5) : int(y + 4.5), int(x - 3.5) : int(x + 4.5)], digits.images[3])
