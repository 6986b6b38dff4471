from __future__ import annotations

import numpy as np
import pytest

from digitviz.explanations.ablation import (
    ablate,
    ablation_accuracies,
    accuracies,
    accuracy_and_loss,
    prune,
    set_weight,
)
from digitviz.networks.activations import ACTIVATIONS
from digitviz.networks.losses import LOSSES
from digitviz.networks.network import Network
from digitviz.networks.parameters import Parameters
from digitviz.values import Unwanted
from tests.explanations.made import made_network


def slow_logits(network, x, silent=None) -> np.ndarray:
    """Read one digit neuron by neuron. `silent` is the layer and number of a silenced neuron."""
    values, activation = list(x), ACTIVATIONS[network.activation].function
    last = len(network.parameters.weights) - 1
    for layer, weight in enumerate(network.parameters.weights):
        sums = [sum(v * w for v, w in zip(values, column, strict=True)) for column in weight.T]
        if network.parameters.biases is not None:
            sums = [z + b for z, b in zip(sums, network.parameters.biases[layer], strict=True)]
        values = sums if layer == last else [float(activation(np.array([z]))[0]) for z in sums]
        if silent is not None and silent[0] == layer:
            values[silent[1]] = 0.0
    return np.array(values)


@pytest.mark.parametrize("hidden", [(7,), (6, 5), (4, 3, 5, 6)])
@pytest.mark.parametrize("activation", ["relu", "sigmoid"])
def test_a_neuron_that_is_taken_away_says_nothing(digits, hidden, activation):
    network = made_network(hidden, activation)
    for layer, neurons in enumerate(hidden):
        for neuron in range(neurons):
            cut = ablate(network, layer, [neuron])
            expected = slow_logits(network, digits.pixels[7], (layer, neuron))
            np.testing.assert_allclose(cut.logits(digits.pixels[7:8])[0], expected, rtol=1e-10)


@pytest.mark.parametrize("hidden", [(7,), (6, 5), (4, 3, 5, 6)])
def test_the_accuracy_without_each_neuron_is_that_of_the_network_without_it(digits, hidden):
    network, some = made_network(hidden), digits[:300]
    for layer, neurons in enumerate(hidden):
        expected = [ablate(network, layer, [k]).accuracy(some.pixels, some.labels) for k in range(neurons)]
        np.testing.assert_allclose(ablation_accuracies(network, layer, some), expected)


def test_several_neurons_can_be_taken_away_and_the_network_itself_stays(digits):
    network = made_network((7,))
    before = network.logits(digits.pixels)
    all_gone = ablate(network, 0, range(7))
    np.testing.assert_allclose(all_gone.logits(digits.pixels), np.tile(network.parameters.biases[-1], (1797, 1)))
    np.testing.assert_array_equal(ablate(network, 0, []).logits(digits.pixels), before)
    np.testing.assert_array_equal(network.logits(digits.pixels), before)


@pytest.mark.parametrize(
    ("hidden", "layer", "neurons"), [((), 0, [0]), ((5,), 1, [0]), ((5,), -1, [0]), ((5,), 0, [5])]
)
def test_what_is_not_there_cannot_be_taken_away(digits, hidden, layer, neurons):
    with pytest.raises(ValueError, match=r"hidden layers|numbered from 0"):
        ablate(made_network(hidden), layer, neurons)


@pytest.mark.parametrize("fraction", [0, 0.123, 0.5, 0.999, 1])
def test_the_smallest_weights_go(fraction):
    network = made_network((6, 5))
    flat = sorted(abs(w) for weight in network.parameters.weights for w in weight.ravel())
    gone = round(fraction * len(flat))
    cut = prune(network, fraction)
    for before, after in zip(network.parameters.weights, cut.parameters.weights, strict=True):
        kept = np.abs(before) >= (flat[gone] if gone < len(flat) else np.inf)
        np.testing.assert_array_equal(after, np.where(kept, before, 0))
    assert sum(np.count_nonzero(weight) for weight in cut.parameters.weights) == len(flat) - gone
    np.testing.assert_array_equal(cut.parameters.biases[0], network.parameters.biases[0])


@pytest.mark.parametrize("fraction", [0, 0.1, 0.35, 0.5, 0.9, 1])
def test_of_equal_weights_the_first_go(fraction):
    network = made_network((6, 5))
    for weight in network.parameters.weights:
        weight[:] = np.sign(weight) * np.round(np.abs(weight) / np.abs(weight).max() * 3)
    flat = np.concatenate([weight.ravel() for weight in network.parameters.weights])
    flat[np.argsort(np.abs(flat), kind="stable")[: round(fraction * len(flat))]] = 0
    cut = np.concatenate([weight.ravel() for weight in prune(network, fraction).parameters.weights])
    np.testing.assert_array_equal(cut, flat)


def test_the_accuracies_of_pruning_are_those_of_the_networks(digits):
    network, some = made_network((6,)), digits[:200]
    fractions = [0, 0.3, 1]
    expected = [prune(network, f).accuracy(some.pixels, some.labels) for f in fractions]
    np.testing.assert_array_equal(accuracies(lambda fraction: prune(network, fraction), fractions, some), expected)


@pytest.mark.parametrize("fraction", [-0.1, 1.1, np.nan])
def test_a_fraction_is_between_0_and_1(fraction):
    with pytest.raises(ValueError, match="fraction"):
        prune(made_network(), fraction)


def test_one_weight_can_be_set():
    network = made_network((6,))
    changed = set_weight(network, 1, 2, 3, -4.5)
    difference = [a != b for a, b in zip(network.parameters.weights, changed.parameters.weights, strict=True)]
    assert [each.sum() for each in difference] == [0, 1]
    assert changed.parameters.weights[1][2, 3] == -4.5


def test_accuracies_while_neurons_fall_silent_are_those_of_networks_without_them(digits):
    network, some, order = made_network((7, 5)), digits[:200], np.array([3, 0, 6, 1, 2, 4, 5])
    heard = []
    found = accuracies(
        lambda count: ablate(network, 0, order[:count]), [0, 1, 4, 7], some, lambda done, of: heard.append((done, of))
    )
    for count, accuracy in zip([0, 1, 4, 7], found, strict=True):
        cut = network.parameters.weights[1].copy()
        for neuron in order[:count]:
            cut[neuron] = 0.0
        weights = [network.parameters.weights[0], cut, network.parameters.weights[2]]
        slow = Network(Parameters(weights, network.parameters.biases), network.activation)
        assert accuracy == slow.accuracy(some.pixels, some.labels)
    assert heard == [(0, 4), (1, 4), (2, 4), (3, 4)]


def test_what_measures_tells_how_far_it_is_and_can_be_stopped(digits):
    network, some, heard = made_network((5,)), digits[:50], []
    ablation_accuracies(network, 0, some, lambda done, of: heard.append((done, of)))
    assert heard == [(k, 5) for k in range(5)]

    def stop(done, of):
        raise Unwanted

    for measure in (
        lambda: ablation_accuracies(network, 0, some, stop),
        lambda: accuracies(lambda fraction: prune(network, fraction), [0.0], some, stop),
    ):
        with pytest.raises(Unwanted):
            measure()


@pytest.mark.parametrize("loss", LOSSES)
def test_accuracy_and_loss_are_those_of_digit_after_digit(digits, loss):
    network, some = made_network((6,)), digits[:30]
    expected = 0.0
    for x, label in zip(some.pixels, some.labels, strict=True):
        p, y = network.predict_proba(x[None])[0], np.eye(10)[label]
        expected += ((p - y) ** 2).sum() if loss == "squared_error" else -np.log(p[label])
    accuracy, found = accuracy_and_loss(network, some, loss)
    assert accuracy == network.accuracy(some.pixels, some.labels)
    assert found == pytest.approx(expected / 30, rel=1e-12)


def test_networks_that_diverged_have_accuracies_too(digits):
    huge = made_network((4,))
    huge = Network(Parameters([weight * 1e200 for weight in huge.parameters.weights], None), "relu")
    assert np.isfinite(ablation_accuracies(huge, 0, digits[:20])).all()
    assert not np.isfinite(accuracy_and_loss(huge, digits[:20], "cross_entropy")[1])


@pytest.mark.parametrize(("hidden", "layer"), [((6,), 0), ((7, 5), 0), ((7, 5), 1)])
def test_without_a_whole_layer_every_digit_gets_the_same_answer(digits, hidden, layer):
    cut = ablate(made_network(hidden), layer, range(hidden[layer]))
    assert len(np.unique(cut.logits(digits.pixels[:50]), axis=0)) == 1
