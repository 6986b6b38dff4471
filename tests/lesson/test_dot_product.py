from __future__ import annotations

import numpy as np
import pytest

from digitviz import Hyperparameters, Network, TrainingRun, train
from digitviz.lesson.dot_product import count_parameters, dot_product


@pytest.mark.parametrize("settings", [{}, {"bias": True, "hidden": (7, 5), "input_scale": "unit"}, {"hidden": ()}])
def test_products_and_bias_add_up_to_what_the_network_computes(digits, settings):
    run = train(digits, Hyperparameters(batches=3, steps_per_batch=5, **settings))
    network, pixels = run.network, run.test.pixels[7]
    last = len(network.parameters.weights) - 1
    np.testing.assert_array_equal(network.layers(pixels[None])[0][-1], network.logits(pixels[None]))
    for layer in range(last + 1):
        for neuron in range(network.parameters.weights[layer].shape[1]):
            dot = dot_product(network, pixels, layer, neuron)
            assert dot.products.sum() + (dot.bias or 0) == pytest.approx(dot.total, rel=1e-9, abs=1e-12)
            assert (np.diff(np.abs(dot.products[dot.order])) <= 0).all()
            assert dot.rest(4) == pytest.approx(dot.products.sum() - dot.products[dot.order[:4]].sum(), abs=1e-12)
            assert (dot.bias is None) == (not settings.get("bias"))
    assert dot_product(network, pixels, last, 3).total == pytest.approx(network.logits(pixels[None])[0, 3])


def test_weights_beyond_all_bounds_give_infinity_without_a_warning(digits):
    parameters = TrainingRun(digits).parameters
    parameters.weights[0][:] = 1e308
    assert np.isinf(dot_product(Network(parameters), digits.pixels[0], 0, 0).total)


def test_the_parameters_are_counted():
    hyperparameters = Hyperparameters(hidden=(50, 20), bias=True)
    parameters = hyperparameters.initial_parameters()
    assert count_parameters(hyperparameters.layer_sizes, bias=True) == parameters.size
    assert count_parameters((64, 50, 10), bias=False) == Hyperparameters().initial_parameters().size
