"""The pretrained network reads different handwriting, and reports when its answer is unreliable."""

from __future__ import annotations

import numpy as np
import pytest

from digitviz import Network, Parameters, load_digits
from digitviz.drawing import rasterise, read, to_digit
from digitviz.drawing.prediction import FARTHEST, NEAREST, nearest_digits, percent
from digitviz.pretrained.__main__ import reader_training
from digitviz.pretrained.measure import calibration_error, not_sure_share


@pytest.fixture(scope="module")
def training():
    return reader_training()


def test_the_reader_reads_at_least_eighteen_of_twenty_digits_from_their_strokes(items, reader):
    read_right = [
        read(to_digit(rasterise(item["strokes"], 280, item["brush"])), reader).label == int(item["label"])
        for item in items
    ]
    assert sum(read_right) >= 18


def test_a_reading_tells_the_nearest_training_digits(three, reader, training):
    prediction = read(to_digit(three), reader, training, neighbours=4)
    assert prediction.label == 3
    assert prediction.unlike_training_data is None
    assert prediction.confidence == prediction.probabilities[3] == prediction.probabilities.max()
    difference = training.pixels - to_digit(three).row
    distances = np.linalg.norm(difference, axis=1)
    np.testing.assert_allclose(prediction.distances, np.sort(distances)[:4])
    np.testing.assert_allclose(prediction.distances, distances[prediction.neighbours])


def test_an_empty_canvas_has_no_label(reader, training):
    prediction = read(to_digit(np.zeros((280, 280))), reader, training)
    assert prediction.label is None
    assert prediction.confidence == 0
    assert prediction.words == prediction.unlike_training_data
    assert len(prediction.neighbours) == 0


def test_a_network_answers_to_an_empty_page_and_that_is_called_nonsense():
    weights = [np.full((64, 5), 0.1), np.zeros((5, 10))]
    empty = to_digit(np.zeros((280, 280)))
    alike = read(empty, Network(Parameters(weights)))
    assert "it is 10% sure of every digit" in alike.words
    np.testing.assert_array_equal(alike.probabilities, np.full(10, 0.1))
    biases = [np.zeros(5), np.eye(10)[3] * 9]
    leaning = read(empty, Network(Parameters(weights, biases)))
    assert "would read an empty page as 3 (>99%). That is nonsense" in leaning.words
    assert (leaning.label, leaning.probabilities.argmax()) == (None, 3)


def test_how_far_to_trust_an_answer_is_said_by_one_rule(three, reader):
    sure = read(to_digit(three), reader)
    assert sure.words == f"{percent(sure.confidence)} sure"
    dot = read(to_digit(rasterise([[(140, 140)]])), reader)
    assert dot.words.startswith(f"The network gives it {percent(dot.confidence)}, but do not trust that. This is only")
    assert percent(0.9949) == "99%"
    assert percent(0.995) == percent(1.0) == ">99%"


def test_a_dot_has_a_label_and_a_reason_not_to_believe_it(reader):
    prediction = read(to_digit(rasterise([[(140, 140)]])), reader)
    assert prediction.label in range(10)
    assert "dot" in prediction.unlike_training_data


def test_a_network_that_hesitates_says_between_which(three):
    outgoing = np.full((50, 10), 0.01)
    outgoing[:, 0] = 0.0101
    untrained = Network(Parameters([np.full((64, 50), 0.01), outgoing]))
    assert read(to_digit(three), untrained).unlike_training_data == "The network hesitates: 0 (10%) or 1 (10%)."


def test_a_network_that_prefers_no_digit_does_not_hesitate_between_two(three):
    stuck = Network(Parameters([np.full((64, 50), -0.01), np.full((50, 10), 0.01)], None), "relu")
    assert read(to_digit(three), stuck).unlike_training_data.startswith("It is equally sure of all ten digits")


def test_a_network_that_has_overflowed_reads_nothing(three):
    broken = Network(Parameters([np.full((64, 50), np.inf), np.zeros((50, 10))]))
    prediction = read(to_digit(three), broken)
    assert prediction.label is None
    assert "overflowed" in prediction.unlike_training_data
    np.testing.assert_allclose(prediction.probabilities, np.full(10, 0.1))  # no digit is preferred


def test_a_drawing_far_from_all_training_digits_is_told(three, reader):
    zeros = load_digits()[np.flatnonzero(load_digits().labels == 0)]
    assert "far from every digit" in read(to_digit(three), reader, zeros).unlike_training_data


@pytest.mark.thorough
def test_how_many_drawings_are_far_from_all_digits_is_as_it_says(drawn, not_digits):
    train = load_digits().split()[0]
    shares = [
        np.mean([nearest_digits(drawing.row, train, NEAREST)[1].mean() > FARTHEST for drawing in drawings])
        for drawings in (drawn.drawings, not_digits[0])
    ]
    assert shares == [pytest.approx(0.015, abs=0.003), pytest.approx(0.20, abs=0.005)]


@pytest.mark.parametrize("neighbours", [0, 101])
def test_neighbours_are_bounded(three, reader, neighbours):
    with pytest.raises(ValueError, match="neighbours"):
        read(to_digit(three), reader, neighbours=neighbours)


def test_letters_and_scribbles_are_told_from_digits(drawn, not_digits, reader, training):
    drawings, kinds = not_digits
    letters = [d for d, kind in zip(drawings, kinds, strict=True) if kind == "letter"]
    scribbles = [d for d, kind in zip(drawings, kinds, strict=True) if kind != "letter"]
    assert not_sure_share(letters, reader, training) >= 0.75
    assert not_sure_share(scribbles, reader, training) >= 0.6
    assert not_sure_share(drawn.drawings, reader, training) <= 0.12


def zero(rng: np.random.Generator) -> np.ndarray:
    """Return a smooth, slightly wobbly 0, as with a mouse, on a canvas of 280 x 280."""
    height = rng.uniform(0.4, 0.95) * 250
    angle = rng.uniform(0, 2 * np.pi) + rng.choice([-1, 1]) * np.linspace(0, 2 * np.pi * rng.uniform(0.97, 1.03), 60)
    reach = 1 + 0.03 * np.sin(2 * angle + rng.uniform(0, 7)) + 0.02 * np.sin(3 * angle + rng.uniform(0, 7))
    around = np.column_stack([rng.uniform(0.6, 1) * np.cos(angle), np.sin(angle)])
    return rasterise([140 + height / 2 * reach[:, np.newaxis] * around], 280, 20)


def test_smooth_zeros_are_no_scribbles(reader):
    rng = np.random.default_rng(0)
    drawings = [to_digit(zero(rng)) for _ in range(40)]
    alike = [read(drawing, reader).likeness < 0.5 for drawing in drawings]
    assert np.mean(alike) > 0.5  # for the likeness detector alone, most of them are
    assert not_sure_share(drawings, reader, load_digits().split()[0]) <= 0.1


def test_digits_of_the_data_set_look_like_digits(digits, reader, training):
    from digitviz.drawing.prediction import likeness_detector

    assert np.mean(likeness_detector().predict_proba(digits.pixels)[:, 0] < 0.5) < 0.03


def test_confidence_matches_accuracy(drawn, reader):
    assert calibration_error(reader.predict_proba(drawn.pixels), drawn.labels) < 0.05


def test_calibration_error_of_known_cases():
    labels = np.zeros(100, dtype=int)
    sure = np.tile([1.0, 0.0], (100, 1))
    assert calibration_error(sure, labels) == 0
    assert calibration_error(sure, 1 - labels) == pytest.approx(1)
    hesitating = np.tile([0.75, 0.25], (100, 1))
    assert calibration_error(hesitating, np.arange(100) // 75, bins=1) == 0


@pytest.mark.parametrize("neighbours", [1, 100])
def test_one_neighbour_or_a_hundred_can_be_asked_for(three, reader, training, neighbours):
    assert len(read(to_digit(three), reader, training, neighbours=neighbours).neighbours) == neighbours
