from __future__ import annotations

import numpy as np
import pytest

from digitviz.explanations.neurons import most_exciting
from digitviz.explanations.receipt import receipt
from digitviz.values import Unwanted
from tests.explanations.test_receipt import LAYERS, network_of


@pytest.mark.parametrize("hidden", LAYERS)
def test_the_most_exciting_digits_are_those_a_search_one_by_one_finds(digits, hidden):
    network, some = network_of(hidden, bias=True), digits[:60]
    for layer in range(len(hidden) + 1):
        excited = [float(receipt(network, row).layers[layer].activations[1]) for row in some.pixels]
        rows, activations = most_exciting(network, layer, 1, some, 5)
        assert rows.tolist() == sorted(range(60), key=lambda row: (-excited[row], row))[:5]
        assert activations.tolist() == pytest.approx([excited[row] for row in rows], rel=1e-10)


def test_it_is_told_how_many_digits_are_read_and_can_be_stopped(digits):
    heard = []
    most_exciting(network_of((4,)), 0, 1, digits, 5, lambda done, of: heard.append((done, of)))
    assert heard == [(0, 1797), (1000, 1797)]

    def stop(_done, _of):
        raise Unwanted

    with pytest.raises(Unwanted):
        most_exciting(network_of((4,)), 0, 1, digits, 5, stop)


def test_of_few_digits_all_come(digits):
    rows, activations = most_exciting(network_of((4,)), 0, 0, digits[:3], 10)
    assert sorted(rows) == [0, 1, 2]
    assert activations.tolist() == sorted(activations, reverse=True)


def test_of_equally_exciting_ones_the_first_come_first(digits):
    network = network_of((4,))
    network.parameters.weights[0][:] = 0
    np.testing.assert_array_equal(most_exciting(network, 0, 2, digits, 4)[0], [0, 1, 2, 3])


@pytest.mark.parametrize(
    ("layer", "neuron", "k", "problem"),
    [(2, 0, 5, "no layer 3"), (-1, 0, 5, "no layer"), (0, 4, 5, "no neuron 5"), (0, -1, 5, "no neuron"),
     (0, 0, 0, "k: 0")],
)  # fmt: skip
def test_there_must_be_such_a_neuron(digits, layer, neuron, k, problem):
    with pytest.raises(ValueError, match=problem):
        most_exciting(network_of((4,)), layer, neuron, digits, k)
