"""One table per concept: every entry is complete, and code for specific entries covers all of them."""

from __future__ import annotations

import re

import numpy as np
import pytest

from digitviz import Hyperparameters
from digitviz.networks.activations import ACTIVATIONS, Activation
from digitviz.networks.backpropagation import GRADIENTS
from digitviz.networks.initializations import INITIALIZATIONS
from digitviz.networks.losses import LOSSES
from digitviz.networks.network import INPUT_SCALES
from digitviz.training.engines import torch_engine
from digitviz.training.optimizers import OPTIMIZERS, PENALTIES

TABLES = {
    "activation": ACTIVATIONS, "initialization": INITIALIZATIONS, "input_scale": INPUT_SCALES,
    "optimizer": OPTIMIZERS, "gradient": GRADIENTS, "loss": LOSSES,
}  # fmt: skip
ENTRIES = [(field, name) for field, table in TABLES.items() for name in table]
TOLD = {"title", "meaning", "formula", "derivative_formula", "colour"}


def texts_of(entry) -> dict[str, str]:
    return {name: str(getattr(entry, name)) for name in TOLD if hasattr(entry, name)}


@pytest.mark.parametrize("field", TABLES)
def test_the_settings_offer_what_their_table_holds_under_its_titles(field):
    allowed, table = Hyperparameters.RANGES[field], TABLES[field]
    assert allowed.options == tuple(table)
    assert [allowed.title(name) for name in table] == [str(entry.title) for entry in table.values()]
    assert len(set(allowed.titles)) == len(table)


@pytest.mark.parametrize(("field", "name"), ENTRIES)
def test_every_entry_has_its_words_and_formulas(field, name):
    entry = TABLES[field][name]
    texts = texts_of(entry)
    assert entry.name == name
    assert "title" in texts
    assert all(text.strip() for text in texts.values())
    for text in texts.values():
        assert text.count("{") == text.count("}")
    if field == "optimizer":
        assert texts.keys() == {"title", "meaning", "formula"}


def test_every_activation_has_a_colour_of_its_own():
    colours = [activation.colour for activation in ACTIVATIONS.values()]
    assert len(set(colours)) == len(colours)
    assert all(re.fullmatch("#[0-9a-f]{6}", colour) for colour in colours)


@pytest.mark.parametrize("name", ["ACTIVATIONS", "LOSSES", "GRADIENTS", "OPTIMIZERS"])
def test_the_kernel_has_a_code_for_every_entry(name):
    from digitviz.training.engines import kernels

    table = {"ACTIVATIONS": ACTIVATIONS, "LOSSES": LOSSES, "GRADIENTS": GRADIENTS, "OPTIMIZERS": OPTIMIZERS}[name]
    codes = getattr(kernels, name)
    assert codes.keys() == table.keys()
    assert len(set(codes.values())) == len(codes)


@pytest.mark.parametrize("name", PENALTIES)
def test_a_penalty_is_a_setting_of_0_or_more_and_a_number_of_the_kernel(name):
    from digitviz.training.engines import kernels

    assert Hyperparameters.RANGES[name].low == 0
    assert name in kernels.Constants._fields
    assert getattr(kernels.constants_of(Hyperparameters(**{name: 0.25})), name) == 0.25
    assert Hyperparameters(**{name: 0.25}).penalties == {name: 0.25}
    assert not Hyperparameters(**{name: 0.25}).is_plain_descent


@pytest.mark.parametrize("activation", ACTIVATIONS.values(), ids=ACTIVATIONS)
def test_an_activation_is_complete_in_every_language(activation):
    assert all([activation.value, activation.slope, activation.torch, activation.javascript])
    assert activation.onnx is not Activation.onnx
    assert (activation.slope_from_the_right is None) == (activation.torch_from_the_right is None)
    z = np.linspace(-1_000, 1_000, 2_000)
    assert (activation.derivative(z, activation.function(z)) == 0).any() == bool(activation.flat)


@pytest.mark.parametrize("gradient", GRADIENTS)
@pytest.mark.parametrize("name", ACTIVATIONS)
def test_torch_computes_what_the_numpy_code_computes(name, gradient):
    import torch

    z = np.concatenate([np.linspace(-8, 8, 65), np.linspace(-1e-3, 1e-3, 3)])
    tensor = torch.tensor(z, requires_grad=True)
    result = torch_engine.activation_function(ACTIVATIONS[name], gradient)(tensor)
    result.sum().backward()
    value = ACTIVATIONS[name].function(z)
    np.testing.assert_allclose(result.detach().numpy(), value, rtol=1e-12, atol=1e-12)
    derivative = GRADIENTS[gradient].derivative(ACTIVATIONS[name])
    np.testing.assert_allclose(tensor.grad.numpy(), derivative(z, value), rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("precision", Hyperparameters.RANGES["precision"].options)
@pytest.mark.parametrize("name", ACTIVATIONS)
def test_an_activation_keeps_shape_and_precision(name, precision):
    activation, z = ACTIVATIONS[name], np.linspace(-3, 3, 12, dtype=precision).reshape(3, 4)
    derivatives = [
        derivative(z, activation.function(z))
        for derivative in (activation.derivative, activation.derivative_from_the_right)
        if derivative
    ]
    for array in (activation.function(z), *derivatives):
        assert (array.shape, array.dtype) == (z.shape, z.dtype)


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_an_optimizer_remembers_as_many_numbers_of_each_weight_as_it_says(name):
    arrays = [np.ones((3, 4), np.float32), np.ones(5, np.float32)]
    optimizer = OPTIMIZERS[name](0.1, arrays)
    kept = [array for array in optimizer.state if array.shape in {(3, 4), (5,)}]
    assert len(kept) == OPTIMIZERS[name].moments * len(arrays)
    assert all(array.dtype == np.float32 for array in kept)


@pytest.mark.parametrize("name", INITIALIZATIONS)
def test_initial_weights_have_the_spread_of_their_entry(name):
    weights = Hyperparameters(hidden=(80, 60), initialization=name).initial_parameters().weights
    for weight in weights:
        spread = INITIALIZATIONS[name].spread(*weight.shape, 80)
        assert weight.std() == pytest.approx(spread, rel=0.1)
