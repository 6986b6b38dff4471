"""Networks that differ only in their initial weights."""

from __future__ import annotations

import numpy as np
import pytest

from digitviz.explanations.matching import match_neurons, permute_neurons
from digitviz.explanations.starts import likeness, train_from


@pytest.fixture(scope="module")
def networks(digits):
    return [train_from(seed, digits.split()[0]) for seed in (0, 1)]


def test_both_learn_to_read_equally_well_with_other_neurons(digits, networks):
    test = digits.split()[1]
    accuracies = [network.accuracy(test.pixels, test.labels) for network in networks]
    assert min(accuracies) > 0.9
    assert abs(np.subtract(*accuracies)) < 0.05
    order = match_neurons(*networks)[0]
    assert abs(likeness(*networks)) < 0.2
    assert 0.3 < likeness(*networks, order) < 0.7  # related, not the same


def test_a_seed_gives_the_same_network_again(digits, networks):
    again = train_from(1, digits.split()[0])
    for one, other in zip(networks[1].parameters.arrays, again.parameters.arrays, strict=True):
        np.testing.assert_array_equal(one, other)


def test_the_same_neurons_in_another_order_are_recognized(networks):
    order = np.random.default_rng(0).permutation(12)
    shuffled = permute_neurons(networks[0], [order])
    assert likeness(networks[0], shuffled) < 0.9
    assert likeness(networks[0], shuffled, match_neurons(networks[0], shuffled)[0]) == pytest.approx(1)
