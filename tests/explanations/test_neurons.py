from __future__ import annotations

import numpy as np
import pytest

from digitviz import Parameters
from digitviz.explanations.neurons import like_their_digits, sorted_neurons, votes


@pytest.fixture
def parameters():
    w1 = np.zeros((64, 3))
    w1[0] = [1, 3, 2]
    w2 = np.zeros((3, 10))
    w2[[0, 1, 2], [7, 7, 4]] = 1
    return Parameters([w1, w2])


def test_neurons_are_sorted_by_number_strength_and_vote(parameters):
    assert votes(parameters).tolist() == [7, 7, 4]
    assert sorted_neurons(parameters, "number").tolist() == [0, 1, 2]
    assert sorted_neurons(parameters, "strength").tolist() == [1, 2, 0]
    assert sorted_neurons(parameters, "vote").tolist() == [2, 1, 0]
    with pytest.raises(ValueError, match="size"):
        sorted_neurons(parameters, "size")


def test_the_neuron_that_its_digit_excites_most_comes_first_and_one_for_each_digit(parameters):
    means = np.zeros((10, 8, 8))
    means[7, 0, 0] = means[4, 0, 0] = 16
    assert like_their_digits(parameters, means).tolist() == [1, 2, 0]  # 0 votes for the same digit as 1
    means[:, 0, 0] = 16  # of every digit: what pixel 0 weighs tells none of them
    assert like_their_digits(parameters, means).tolist() == [0, 2, 1]
    alone = Parameters([-np.eye(64)[:, :10]])
    assert sorted(like_their_digits(alone, means).tolist()) == list(range(10))


def test_a_vote_goes_through_all_later_layers(random):
    w1, w2, w3 = random.normal(size=(64, 5)), random.normal(size=(5, 6)), random.normal(size=(6, 10))
    assert votes(Parameters([w1, w2, w3])).tolist() == (w2 @ w3).argmax(axis=1).tolist()


def test_a_network_without_hidden_layers_has_neurons_but_no_votes(random):
    parameters = Parameters([random.normal(size=(64, 10))])
    assert votes(parameters) is None
    assert sorted_neurons(parameters, "vote").tolist() == sorted_neurons(parameters, "strength").tolist()
