from __future__ import annotations

import re

import numpy as np
import pytest

from digitviz import Network, figures, load_pretrained, read, to_digit
from digitviz.drawing import rasterise
from digitviz.explanations.receipt import receipt
from digitviz.explanations.robustness import Occlusion
from digitviz.figures.colours import LABEL_BOX_COLOUR, LABEL_COLOUR, NEGATIVE_COLOUR, POSITIVE_COLOUR


@pytest.fixture(scope="module")
def drawing():
    return to_digit(rasterise([[(90, 60), (190, 60), (120, 220)]]))


@pytest.fixture(scope="module")
def reader() -> Network:
    return load_pretrained()


def test_stages_show_ink_cut_out_and_bitmap(drawing):
    figure = figures.stages(drawing)
    assert [note.text for note in figure.layout.annotations] == ["ink", "cropped", "32 × 32"]
    np.testing.assert_array_equal(np.asarray(figure.data[2].z), drawing.bitmap)
    assert max(np.asarray(figure.data[0].z).shape) <= 64
    figures.stages(to_digit(np.zeros((280, 280))))  # an empty canvas also has stages


def test_bars_show_the_ten_probabilities_and_point_out_the_answer(drawing, reader):
    prediction = read(drawing, reader)
    bar = figures.probability_bars(prediction.probabilities, prediction.label).data[0]
    np.testing.assert_allclose(bar.x, prediction.probabilities, rtol=1e-6)
    assert (bar.selectedpoints, prediction.label) == ((7,), 7)


def test_the_decisive_neurons_are_marked(drawing, reader):
    activations = reader.hidden(drawing.row)[-1][0]
    importance = receipt(reader, drawing.digit).leads
    split = receipt(reader, drawing.digit)
    assert importance.sum() == pytest.approx(split.lead)
    figure = figures.hidden_cells(activations, importance)
    cells = np.asarray(figure.data[0].z)
    marked = {int(10 * (shape.y0 + 0.5) + shape.x0 + 0.5) for shape in figure.layout.shapes}
    assert marked == set(np.argsort(-np.abs(importance))[:5].tolist())
    np.testing.assert_allclose(cells.ravel(), activations, rtol=1e-5)


def test_pixel_arguments_add_up_to_the_lead(drawing, reader):
    split = receipt(reader, drawing.digit)
    pixels = np.asarray(figures.pixel_arguments(split).data[0].z)
    assert pixels.sum() == pytest.approx(split.lead, rel=1e-4)


def test_nearest_digits_carry_label_and_distance(digits):
    figure = figures.nearest_digits(digits.images[:3], digits.labels[:3], np.array([10.2, 20.0, 30.0]))
    assert [note.text for note in figure.layout.annotations] == ["<b>0</b><br>10", "<b>1</b><br>20", "<b>2</b><br>30"]


def test_the_map_has_every_digit_its_label_and_the_star(digits):
    coordinates = np.stack([digits.labels, -digits.labels], axis=1).astype(float)
    figure = figures.map_with_star(coordinates, digits.labels, np.array([1.0, 2.0]), (0.15, 0.14))
    points, written, star = figure.data
    assert len(points.x) == len(digits)
    written = list(zip(written.text, written.x, written.y, strict=True))
    assert written == [(f"<b>{digit}</b>", digit, -digit) for digit in range(10)]
    assert (star.x[0], star.y[0]) == (1.0, 2.0)
    assert "15%" in figure.layout.xaxis.title.text


def test_a_map_whose_axes_mean_nothing_hides_them_and_holds_a_star_far_outside(digits, random):
    coordinates = random.normal(size=(len(digits), 2))
    layout = figures.map_with_star(coordinates, digits.labels, np.array([50.0, 0.0])).layout
    assert not layout.xaxis.visible
    assert not layout.yaxis.visible
    assert layout.xaxis.range[1] > 50


def test_a_digit_with_its_numbers(digits):
    np.testing.assert_allclose(np.asarray(figures.digit_with_numbers(digits.images[0]).data[0].z), digits.images[0])


def test_pixels_that_flip_the_answer_are_framed_and_say_the_other():
    labels, probabilities = np.full((8, 8), 9), np.full((8, 8), 0.6)
    labels[2, 5], probabilities[2, 5] = 4, 0.3
    probabilities[6, 1] = 0.8
    ink = np.arange(64) / 4
    found = Occlusion(9, 0.7, probabilities, labels)
    asked = figures.needed_pixels(found, ink)
    assert asked.layout.shapes == ()
    assert [note.text for note in asked.layout.annotations if "→" in note.text] == []
    assert asked.data[0].customdata is None
    figure = figures.needed_pixels(found, ink, (2, 5))
    discs = {(disc.x0 + disc.x1, disc.y0 + disc.y1): disc for disc in figure.layout.shapes if disc.type == "circle"}
    edge, frame, most = (shape for shape in figure.layout.shapes if shape.type == "rect")
    note, legend = figure.layout.annotations
    assert re.sub("<.*?>", "", legend.text) == "⬤ the 9 needs it   ⬤ speaks against the 9"
    assert {(shape.x0, shape.x1, shape.y0, shape.y1) for shape in (edge, frame, most)} == {(5.5, 6.5, 2.5, 3.5)}
    assert (edge.line.color, frame.line.color) == (LABEL_COLOUR, LABEL_BOX_COLOUR)
    assert edge.line.width > frame.line.width
    assert (note.text, note.xanchor, note.yanchor) == ("<b>→4</b>", "right", "top")
    assert 6 < note.x < 6.5  # in the corner of the frame
    assert 2.5 < note.y < 3
    assert len(discs) == 64
    largest, usual, against = (discs[2 * x, 2 * y] for x, y in ((6, 3), (1, 1), (2, 7)))
    assert (largest.fillcolor, usual.fillcolor, against.fillcolor) == (
        POSITIVE_COLOUR,
        POSITIVE_COLOUR,
        NEGATIVE_COLOUR,
    )
    areas = [(disc.x1 - disc.x0) ** 2 for disc in (largest, usual, against)]
    np.testing.assert_allclose(areas, 0.92**2 * np.array([0.4, 0.1, 0.1]) / 0.4)  # changes of the probability
    [cells] = figure.data
    np.testing.assert_allclose(np.ravel(cells.z), ink)
    at_school = figures.needed_pixels(found, ink, (2, 5), only_flips=True).layout
    assert [disc for disc in at_school.shapes if disc.type == "circle"] == []
    assert at_school.annotations[-1].text == ""
    assert np.asarray(cells.customdata)[2, 5].tolist() == pytest.approx([4, 0.3])
    assert figure.layout.meta["says"] == (
        "It says 9 (70.0%). Covering one pixel changes the answer at 1 of 64 pixels. With row 3, column 6 covered, it "
        "says 4, and the probability of 9 is 30.0%."
    )


def test_what_hardly_changes_the_answer_stays_small():
    labels, probabilities = np.full((8, 8), 9), np.full((8, 8), 0.699)
    disc = figures.needed_pixels(Occlusion(9, 0.7, probabilities, labels), np.zeros(64), (1, 2)).layout.shapes[0]
    assert 0.1 < disc.x1 - disc.x0 < 0.15
    nothing = figures.needed_pixels(Occlusion(9, 0.7, np.full((8, 8), 0.7), labels), np.ones(64), (1, 2))
    [frame] = nothing.layout.shapes
    assert (frame.type, frame.x0, frame.y0) == ("rect", 2.5, 1.5)
