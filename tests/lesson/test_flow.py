"""The sums on the way of a digit: they are the network's own, and their shown terms and the rest add up."""

from __future__ import annotations

import numpy as np
import pytest

from digitviz import Hyperparameters, TrainingRun
from digitviz.lesson.batch import batch_of
from digitviz.lesson.chain_rule import chain_rule
from digitviz.lesson.dot_product import MAX_PIXELS, MAX_TERMS, backward_sums, closest_call, forward_sums

SHORT = {"batches": 2, "steps_per_batch": 20, "learning_rate": 1e-4, "precision": "float64"}
NETWORKS = [((), False), ((50,), False), ((3,), True), ((30, 20), True), ((9, 8, 7, 6), False)]


@pytest.fixture(params=NETWORKS, ids=str)
def run(request, digits) -> TrainingRun:
    hidden, bias = request.param
    run = TrainingRun(digits, Hyperparameters(hidden=hidden, bias=bias, activation="tanh", **SHORT))
    run.advance(40)
    return run


def check(terms, count: int, at_most: int) -> None:
    assert len(terms.sources) == min(count, at_most)
    assert terms.others == count - len(terms.sources)
    assert (np.diff(terms.sources) > 0).all()
    assert terms.products.sum() + terms.rest == pytest.approx(terms.total, rel=1e-9, abs=1e-12)


def test_forward_sums_are_those_of_the_network_and_lead_to_its_answer(run):
    digit = run.test.pixels[3]
    pre_activations, entering = run.network.layers(digit[None])
    sums = forward_sums(run.network, digit)
    assert len(sums) == len(run.parameters.weights)
    assert sums[-1].target == run.network.predict(digit[None])[0]
    for layer, terms in enumerate(sums):
        assert terms.total == pytest.approx(pre_activations[layer][0, terms.target])
        check(terms, entering[layer].shape[1], MAX_TERMS if layer else MAX_PIXELS)
        weights = run.parameters.weights[layer][:, terms.target]
        np.testing.assert_array_equal(terms.weights, weights[terms.sources])
        if layer:  # the followed neuron below contributes most
            products = entering[layer][0] * weights
            assert abs(products[sums[layer - 1].target]) == np.abs(products).max()


def test_the_closest_call_is_the_wrong_answer_that_was_nearly_right(run):
    pixels, labels = run.test.pixels[:40], run.test.labels[:40]
    sure, is_right = run.network.predict_proba(pixels)[np.arange(40), labels], run.network.predict(pixels) == labels
    assert not is_right.all()
    assert sure[closest_call(run.network, pixels, labels)] == sure[~is_right].max()
    pixels, labels, sure = pixels[is_right], labels[is_right], sure[is_right]  # none is misread
    assert sure[closest_call(run.network, pixels, labels)] == sure.min()


def test_backward_sums_are_the_factors_of_the_chain_rule(run):
    settings, batch = run.hyperparameters, batch_of(run, 0, rows=np.array([5]))
    parameters = run.parameters.in_float64()
    rule = chain_rule(parameters, batch, settings.activation, settings.loss, settings.gradient)
    *back, to_weights = backward_sums(rule)
    assert len(back) == len(settings.hidden)
    for place, terms in enumerate(back):
        layer = len(back) - 1 - place
        above = rule.deltas[layer + 1][0]
        check(terms, len(above), MAX_TERMS if place else 10)
        assert terms.total == pytest.approx(rule.handed_back[layer][0, terms.target])
        own = rule.deltas[layer][0]
        assert abs(own[terms.target]) == (np.abs(own) if place else own).max() > 0  # first, the one that is too loud
    gradient = rule.gradients[0][:, to_weights.target]
    np.testing.assert_allclose(to_weights.products, gradient[to_weights.sources], rtol=1e-9, atol=1e-12)
    assert np.abs(to_weights.products).max() == pytest.approx(np.abs(gradient).max())
