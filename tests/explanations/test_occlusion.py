"""One pass over 64 covered digits gives the same result as 64 passes over one."""

from __future__ import annotations

import numpy as np
import pytest

from digitviz import load_pretrained, pixel_importance
from digitviz.explanations.robustness import Occlusion, occlusion
from tests.explanations.test_receipt import LAYERS, network_of


@pytest.mark.parametrize("hidden", LAYERS)
@pytest.mark.parametrize("kind", ["blank", "ink", "mean"])
def test_each_pixel_is_covered_alone(digits, hidden, kind):
    network = network_of(hidden, bias=True)
    mean = digits.pixels.mean(axis=0)
    value, expected = {"blank": (0.0, np.zeros(64)), "ink": (16, np.full(64, 16.0)), "mean": (mean, mean)}[kind]
    image = digits.images[7]
    told = occlusion(network, image, value)
    label = int(network.predict(image.reshape(1, 64))[0])
    assert told.label == label
    assert told.probability == pytest.approx(network.predict_proba(image.reshape(1, 64))[0, label], rel=1e-10)
    for row in range(8):
        for column in range(8):
            covered = image.copy()
            covered[row, column] = expected[8 * row + column]
            probabilities = network.predict_proba(covered.reshape(1, 64))[0]
            assert told.probabilities[row, column] == pytest.approx(probabilities[label], rel=1e-10)
            assert told.labels[row, column] == probabilities.argmax()
            assert told.flips[row, column] == (probabilities.argmax() != label)
            assert told.changes[row, column] == pytest.approx(probabilities[label] - told.probability, abs=1e-12)


def test_to_cover_what_has_no_ink_changes_nothing_and_the_digit_stays_as_it_is(digits):
    image = digits.images[0].copy()
    told = occlusion(load_pretrained(), image)
    assert np.abs(told.changes[image == 0]).max() < 1e-12
    np.testing.assert_array_equal(image, digits.images[0])


def test_a_pixel_that_changes_no_shown_number_does_not_matter():
    probabilities, labels = np.full((8, 8), 0.70001), np.full((8, 8), 9)
    probabilities[3, 3] = 0.7002
    told = Occlusion(9, 0.7, probabilities, labels)
    assert not told.matters.any()
    probabilities[3, 3], labels[4, 4] = 0.7006, 4
    told = Occlusion(9, 0.7, probabilities, labels)
    assert np.argwhere(told.matters).tolist() == [[3, 3], [4, 4]]


def test_the_weightiest_pixel_changes_the_probability_most_in_either_direction():
    probabilities, labels = np.full((8, 8), 0.62), np.full((8, 8), 0)
    probabilities[2, 5], probabilities[2, 2] = 0.61, 0.77
    assert Occlusion(0, 0.62, probabilities, labels).weightiest == (2, 2)
    probabilities[2, 5] = 0.4
    assert Occlusion(0, 0.62, probabilities, labels).weightiest == (2, 5)
    labels[4, 4] = 1
    assert Occlusion(0, 0.62, probabilities, labels).weightiest == (4, 4)  # the answer changes


@pytest.mark.parametrize("value", [-1, 17, np.nan, np.zeros(63), np.full((8, 8), 20.0)])
def test_no_pixel_can_be_set_to_what_is_no_ink(digits, value):
    with pytest.raises(ValueError, match="within 0 to 16"):
        occlusion(load_pretrained(), digits.images[0], value)
    with pytest.raises(ValueError, match="within 0 to 16"):
        pixel_importance(load_pretrained(), digits[:3], value)


@pytest.mark.parametrize("hidden", LAYERS)
def test_the_importance_of_a_pixel_is_the_accuracy_lost_without_it(digits, hidden):
    network, some, mean, seen = network_of(hidden, bias=True), digits[:60], digits.pixels.mean(axis=0), []
    lost = pixel_importance(network, some, mean, lambda done, total: seen.append((done, total)))
    assert seen == [(pixel, 64) for pixel in range(64)]
    right = network.predict(some.pixels) == some.labels
    for pixel in range(64):
        covered = some.pixels.copy()
        covered[:, pixel] = mean[pixel]
        now = network.predict(covered) == some.labels
        assert lost[pixel // 8, pixel % 8] == pytest.approx((right.sum() - now.sum()) / 60)


def test_pixels_in_the_middle_matter_and_a_corner_does_not(digits):
    lost = pixel_importance(load_pretrained(), digits[:500])
    assert lost[2:6, 2:6].max() > 0.02
    assert abs(lost[0, 0]) < 1e-12
