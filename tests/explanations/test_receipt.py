"""Every number on a receipt equals the result of slow loops. The last ones are the network's output."""

from __future__ import annotations

import math

import numpy as np
import pytest

from digitviz import Hyperparameters, Network
from digitviz.explanations.receipt import LayerReceipt, Receipt, receipt
from digitviz.networks.activations import ACTIVATIONS

LAYERS = [(), (7,), (7, 5), (6, 5, 4, 3)]


def network_of(hidden: tuple[int, ...], **settings: object) -> Network:
    hyperparameters = Hyperparameters(hidden=hidden, initialization="he", seed=3, **settings)
    parameters = hyperparameters.initial_parameters()
    for number, bias in enumerate(parameters.biases or []):
        bias += np.linspace(-1, 1 + number, len(bias))
    return Network(parameters, hyperparameters.activation, hyperparameters.input_scale)


def check_slowly(told: Receipt, network: Network) -> None:
    """Add up every neuron one product at a time."""
    below = [float(ink) / (16 if network.input_scale == "unit" else 1) for ink in told.pixels]
    bend = ACTIVATIONS[network.activation].function
    for number, (layer, weights) in enumerate(zip(told.layers, network.parameters.weights, strict=True)):
        assert layer.inputs.tolist() == pytest.approx(below, rel=1e-10, abs=1e-12)
        above = []
        for neuron in range(weights.shape[1]):
            total = 0.0 if network.parameters.biases is None else float(network.parameters.biases[number][neuron])
            assert layer.biases[neuron] == total
            for place, value in enumerate(below):
                product = value * float(weights[place, neuron])
                assert layer.contributions[place, neuron] == pytest.approx(product, rel=1e-10, abs=1e-12)
                total += product
            assert layer.sums[neuron] == pytest.approx(total, rel=1e-10, abs=1e-12)
            is_output = number == len(told.layers) - 1
            above.append(total if is_output else float(bend(np.array([total]))[0]))
        assert layer.activations.tolist() == pytest.approx(above, rel=1e-10, abs=1e-12)
        below = above
    powers = [math.exp(logit - max(below)) for logit in below]
    assert told.probabilities.tolist() == pytest.approx([power / sum(powers) for power in powers], rel=1e-10)


@pytest.mark.parametrize("hidden", LAYERS)
@pytest.mark.parametrize("settings", [{}, {"bias": True, "activation": "tanh", "input_scale": "unit"}])
def test_every_number_is_what_slow_loops_find(digits, hidden, settings):
    network = network_of(hidden, **settings)
    for image in digits.images[:2]:
        check_slowly(receipt(network, image), network)


@pytest.mark.parametrize("hidden", LAYERS)
def test_it_ends_in_what_the_network_says(digits, hidden):
    network = network_of(hidden, bias=True)
    for row in digits.pixels[:20]:
        told = receipt(network, row)
        np.testing.assert_allclose(told.logits, network.logits(row[None])[0], rtol=1e-10)
        np.testing.assert_allclose(told.probabilities, network.predict_proba(row[None])[0], rtol=1e-10)
        first, second = np.sort(told.logits)[::-1][:2]
        assert told.label == network.predict(row[None])[0]
        assert told.logits[told.against] == second
        assert told.lead == pytest.approx(first - second, rel=1e-10)


@pytest.mark.parametrize("hidden", LAYERS)
def test_votes_and_biases_add_up_to_the_lead(digits, hidden):
    told = receipt(network_of(hidden, bias=True), digits.pixels[5])
    biases = told.layers[-1].biases
    assert told.votes.shape == ((hidden or (64,))[-1], 10)
    np.testing.assert_allclose(told.votes.sum(axis=0) + biases, told.logits, rtol=1e-10)
    assert told.leads.sum() + biases[told.label] - biases[told.against] == pytest.approx(told.lead, rel=1e-10)


def test_a_receipt_may_be_had_against_any_other_digit(digits):
    network = network_of((7,))
    label = receipt(network, digits.pixels[0]).label
    other = (label + 3) % 10
    told = receipt(network, digits.images[0], other)
    assert (told.label, told.against) == (label, other)
    assert told.lead == pytest.approx(told.logits[label] - told.logits[other])
    for wrong in (label, -1, 10):
        with pytest.raises(ValueError, match="against"):
            receipt(network, digits.pixels[0], wrong)


def test_of_equal_logits_the_first_is_the_answer_as_it_is_the_networks(digits):
    network = network_of(())
    network.parameters.weights[0][:] = 0
    told = receipt(network, digits.pixels[0])
    assert (told.label, told.against) == (network.predict(digits.pixels[:1])[0], 1) == (0, 1)


def test_single_precision_is_read_exactly(digits):
    network = network_of((7,), precision="float32", engine="numpy")
    told = receipt(network, digits.pixels[0])
    assert told.layers[0].weights.dtype == told.logits.dtype == np.float64
    np.testing.assert_allclose(told.logits, network.logits(digits.pixels[:1])[0], rtol=1e-4)


def test_the_decisive_neuron_adds_most_to_the_lead_and_below_to_the_neuron_above(digits):
    network = network_of((7, 5), activation="tanh")
    for row in digits.pixels[:10]:
        told = receipt(network, row)
        last = told.decisive()
        assert told.leads[last] == max(told.leads)
        assert told.decisive(1) == last
        added = told.layers[1].contributions[:, last]
        most = added.max() if told.layers[1].activations[last] >= 0 else added.min()
        assert added[told.decisive(0, last)] == most


def test_there_must_be_a_layer_to_be_decisive(digits):
    for hidden, layer in (((), None), ((7,), 1), ((7,), -1)):
        with pytest.raises(ValueError, match="no hidden layer"):
            receipt(network_of(hidden), digits.pixels[0]).decisive(layer)
    for above in (None, 5, -1):
        with pytest.raises(ValueError, match="not a neuron of layer 2"):
            receipt(network_of((7, 5)), digits.pixels[0]).decisive(0, above)


def test_a_network_that_diverged_has_no_receipt(digits):
    network = network_of((7,))
    network.parameters.weights[0][:] = 1e308
    with pytest.raises(ValueError, match="overflowed"):
        receipt(network, digits.pixels[0])


def test_contributions_of_a_layer_are_inputs_times_weights():
    layer = LayerReceipt(np.array([2.0, -1]), np.array([[1.0, 3], [5, 7]]), *[np.zeros(2)] * 3)
    assert layer.contributions.tolist() == [[2, 6], [-5, -7]]
