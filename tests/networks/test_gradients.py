"""The handwritten gradients, compared with torch's autograd and finite differences."""

from __future__ import annotations

import numpy as np
import pytest

from digitviz import Hyperparameters, Network
from digitviz.networks.activations import ACTIVATIONS
from digitviz.networks.backpropagation import loss_and_gradients
from digitviz.networks.forward import softmax
from digitviz.networks.losses import LOSSES
from digitviz.training.engines import torch_engine

DEPTHS = [(), (7,), (7, 6), (7, 6, 5, 4)]


def small_problem(random, hidden, bias):
    parameters = Hyperparameters(hidden=hidden, bias=bias, initialization="he").initial_parameters()
    for array in parameters.biases or []:
        array += random.normal(size=array.shape)
    return parameters, random.random((12, 64)), np.eye(10)[random.integers(0, 10, 12)]


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize("hidden", DEPTHS)
@pytest.mark.parametrize("bias", [False, True])
def test_the_exact_gradient_is_that_of_torch(random, hidden, bias, activation, loss):
    import torch

    parameters, x, one_hot = small_problem(random, hidden, bias)
    value, gradients = loss_and_gradients(parameters, x, one_hot, ACTIVATIONS[activation], LOSSES[loss], "exact")

    tensors = [torch.tensor(array, requires_grad=True) for array in parameters.arrays]
    a, bend = torch.tensor(x), torch_engine.activation_function(ACTIVATIONS[activation], "exact")
    for layer in range(len(parameters.weights)):
        z = a @ tensors[layer]
        if bias:
            z = z + tensors[len(parameters.weights) + layer]
        a = bend(z)
    targets = torch.tensor(one_hot)
    theirs, _ = LOSSES[loss].torch(torch, z, targets)
    theirs.backward()
    assert value == pytest.approx(theirs.item(), rel=1e-12)
    for ours, tensor in zip(gradients.arrays, tensors, strict=True):
        np.testing.assert_allclose(ours, tensor.grad.numpy(), rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize(
    ("gradient", "recorded", "factor"),
    [
        ("exact", "squared_error", 1),
        ("exact", "cross_entropy", 1),
        ("notebook", "cross_entropy", 2),
    ],
)
def test_the_gradient_is_the_slope_of_its_loss_by_finite_differences(random, gradient, recorded, factor):
    """The notebook's gradient is that of twice the cross-entropy, for every recorded loss."""
    parameters, x, one_hot = small_problem(random, (7, 6), bias=True)
    arguments = (x, one_hot, ACTIVATIONS["tanh"], LOSSES[recorded])
    _, gradients = loss_and_gradients(parameters, *arguments, gradient)
    epsilon = 1e-6
    for array, derivatives in zip(parameters.arrays, gradients.arrays, strict=True):
        for place in random.integers(0, array.size, 5):
            kept = array.flat[place]
            values = []
            for move in (epsilon, -epsilon):
                array.flat[place] = kept + move
                values.append(loss_and_gradients(parameters, *arguments, "exact")[0])
            array.flat[place] = kept
            by_differences = factor * (values[0] - values[1]) / (2 * epsilon)
            assert derivatives.flat[place] == pytest.approx(by_differences, rel=1e-5, abs=1e-7)


def test_the_notebooks_gradient_is_not_that_of_the_loss_it_records(digits):
    parameters = Hyperparameters().initial_parameters()
    arguments = (digits.pixels[:100], digits.one_hot[:100], ACTIVATIONS["relu"], LOSSES["squared_error"])
    notebook, exact = (
        loss_and_gradients(parameters, *arguments, name)[1].to_vector() for name in ("notebook", "exact")
    )
    cosine = notebook @ exact / np.linalg.norm(notebook) / np.linalg.norm(exact)
    assert 0.95 < cosine < 0.999
    assert 5 < np.linalg.norm(notebook) / np.linalg.norm(exact) < 15


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_each_activation_has_the_derivative_it_says(random, name):
    activation = ACTIVATIONS[name]
    z = random.normal(scale=3, size=100)
    epsilon = 1e-6
    by_differences = (activation.function(z + epsilon) - activation.function(z - epsilon)) / (2 * epsilon)
    np.testing.assert_allclose(activation.derivative(z, activation.function(z)), by_differences, atol=1e-8)


def test_sigmoid_and_softmax_survive_huge_numbers():
    np.testing.assert_array_equal(ACTIVATIONS["sigmoid"].function(np.array([-1e308, 0, 1e308])), [0, 0.5, 1])
    np.testing.assert_array_equal(softmax(np.array([[1e308, 0.0], [-1e308, -1e308]])), [[1, 0], [0.5, 0.5]])


def test_a_network_reads_pixels_into_probabilities(digits):
    network = Network(Hyperparameters(hidden=(50, 30), bias=True).initial_parameters())
    probabilities = network.predict_proba(digits.pixels)
    assert probabilities.shape == (1797, 10)
    np.testing.assert_allclose(probabilities.sum(axis=1), 1)
    np.testing.assert_allclose(probabilities, softmax(network.logits(digits.pixels)))
    assert [h.shape for h in network.hidden(digits.pixels)] == [(1797, 50), (1797, 30)]
    right = probabilities.argmax(axis=1) == digits.labels
    assert network.accuracy(digits.pixels, digits.labels) == right.mean()


def test_unit_scale_divides_the_pixels_by_16(digits):
    parameters = Hyperparameters().initial_parameters()
    raw, unit = (Network(parameters, input_scale=scale) for scale in ("raw", "unit"))
    np.testing.assert_allclose(raw.logits(digits.pixels / 16), unit.logits(digits.pixels))


def test_parameters_survive_the_way_through_a_vector():
    parameters = Hyperparameters(hidden=(5, 4), bias=True).initial_parameters()
    again = parameters.from_vector(parameters.to_vector())
    assert [name for name, _ in again.named_arrays] == ["w1", "w2", "w3", "b1", "b2", "b3"]
    for ours, theirs in zip(parameters.arrays, again.arrays, strict=True):
        np.testing.assert_array_equal(ours, theirs)
