from __future__ import annotations

import numpy as np
import pytest

from digitviz import Hyperparameters, TrainingRun
from digitviz.explanations import robustness
from digitviz.explanations.robustness import (
    adversarial,
    flip_pixel,
    pixel_gradient,
    random_signs,
    smallest_flip,
)
from digitviz.networks.activations import ACTIVATIONS
from digitviz.networks.forward import softmax
from tests.explanations.made import made_network


@pytest.fixture(scope="module")
def trained(digits) -> TrainingRun:
    """A partly trained network that misclassifies some digits."""
    run = TrainingRun(digits, Hyperparameters(batches=3, steps_per_batch=100, hidden=(20,)))
    run.advance(300)
    return run


SHAPES = [(), (7,), (6, 5, 4, 3)]


def cross_entropy(network, x, labels) -> np.ndarray:
    return -np.log(softmax(network.logits(x))[np.arange(len(x)), labels])


@pytest.mark.parametrize("hidden", SHAPES)
@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize("input_scale", ["raw", "unit"])
def test_the_gradient_is_that_of_finite_differences(digits, hidden, activation, input_scale):
    network = made_network(hidden, activation, input_scale)
    x, labels, step = digits.pixels[:3] + 0.1, digits.labels[:3], 1e-5
    slow = np.empty((3, 64))
    for pixel in range(64):
        change = np.zeros(64)
        change[pixel] = step
        slow[:, pixel] = (cross_entropy(network, x + change, labels) - cross_entropy(network, x - change, labels)) / (
            2 * step
        )
    np.testing.assert_allclose(pixel_gradient(network, x, labels), slow, rtol=1e-5, atol=1e-7)


@pytest.mark.parametrize("hidden", SHAPES)
def test_each_pixel_is_tried_without_ink_and_full(digits, hidden, monkeypatch):
    monkeypatch.setattr(robustness, "MAX_NUMBERS", 200_000)  # about ten digits at a time
    network = made_network(hidden)
    found = flip_pixel(network, digits.pixels[:200])
    np.testing.assert_array_equal(found.answers, network.predict(digits.pixels[:200]))
    for index in (0, 9, 10, 199):
        for full, value in enumerate((0, 16)):
            for pixel in range(64):
                changed = digits.pixels[index].copy()
                changed[pixel] = value
                assert found.changed[index, full, pixel // 8, pixel % 8] == network.predict(changed[None])[0]
    assert found.exist.tolist() == [bool(each.any()) for each in found.flips]
    assert flip_pixel(network, digits.pixels[5]).changed.tolist() == found.changed[5:6].tolist()


def test_a_step_changes_every_pixel_by_its_size_within_the_ink(digits):
    network, x, labels = made_network((9,)), digits.pixels[:50], digits.labels[:50]
    signs = np.sign(pixel_gradient(network, x, labels))
    np.testing.assert_array_equal(adversarial(network, x, labels, 1.5), np.clip(x + 1.5 * signs, 0, 16))
    np.testing.assert_array_equal(adversarial(network, x, labels, 0.0), x)
    assert (
        cross_entropy(network, adversarial(network, x, labels, 0.01), labels).sum()
        > cross_entropy(network, x, labels).sum()
    )
    inside = (x > 2) & (x < 14)
    assert set(np.abs(random_signs(x, 2.0) - x)[inside]) == {2.0}
    assert (random_signs(x, 2.0, 1) != random_signs(x, 2.0, 2)).any()


def test_a_step_leaves_some_pixels_as_they_are_because_ink_has_bounds(digits, trained):
    test = trained.test
    changed = (adversarial(trained.network, test.pixels, test.labels, 1.0) != test.pixels).sum(axis=1)
    assert 40 < changed.mean() < 56
    assert changed.max() < 64


@pytest.mark.parametrize("size", [-1.0, np.nan, np.inf])
def test_a_step_is_a_number_from_0(digits, size):
    with pytest.raises(ValueError, match="size"):
        adversarial(made_network(()), digits.pixels[:1], digits.labels[:1], size)


def test_the_smallest_step_is_the_first_of_all_that_flips(digits, trained):
    network, found = trained.network, []
    for x, label in zip(trained.test.pixels[:20], trained.test.labels[:20], strict=True):
        smallest = smallest_flip(network, x, label)
        sizes = [k * 0.01 for k in range(401)]
        answers = [network.predict(adversarial(network, x[None], [label], size))[0] for size in sizes]
        expected = next((size for size, answer in zip(sizes, answers, strict=True) if answer != label), None)
        assert smallest == (None if expected is None else pytest.approx(expected))
        found.append(smallest)
    assert any(found)
    misread = np.flatnonzero(network.predict(trained.test.pixels) != trained.test.labels)
    assert smallest_flip(network, trained.test.pixels[misread[0]], trained.test.labels[misread[0]]) == 0
    read = np.flatnonzero(network.predict(trained.test.pixels) == trained.test.labels)
    assert smallest_flip(network, trained.test.pixels[read[0]], trained.test.labels[read[0]], limit=0.0) is None


def test_a_digit_that_no_step_along_the_signs_flips_may_be_flipped_in_another_direction(digits):
    settings = Hyperparameters(batches=6, steps_per_batch=100, learning_rate=1e-5)
    run, size = TrainingRun(digits, settings), 4.0
    run.advance(run.total_steps)
    network, test = run.network, run.test
    resists = next(k for k in range(len(test)) if smallest_flip(network, test.pixels[k], test.labels[k], size) is None)
    start, label = test.pixels[resists], test.labels[resists : resists + 1]
    pixels = start[None]
    for _round in range(150):  # projected gradient descent
        pixels = np.clip(adversarial(network, pixels, label, 0.1), start - size, start + size)
    assert np.abs(pixels - start).max() <= size
    assert network.predict(pixels)[0] != label[0]
