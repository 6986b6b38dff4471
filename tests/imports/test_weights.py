"""Imported weights equal the exported ones to the last bit, or come from other programs."""

from __future__ import annotations

import io
import json

import numpy as np
import pytest
from safetensors.numpy import save

from digitviz import Hyperparameters, TrainingRun
from digitviz.exports import weights_npz
from digitviz.imports import Unreadable, read_file
from digitviz.networks.network import Network
from tests.fuzz.imports import SAID, arrays_of, npz

LAYERS = [(), (7,), (5, 4, 3, 2)]


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("sizes", LAYERS)
@pytest.mark.parametrize("pack", [save, lambda arrays: npz(**arrays)], ids=["safetensors", "npz"])
def test_weights_come_back_to_the_last_bit(pack, sizes, bias, dtype):
    arrays = arrays_of(sizes, bias, dtype)
    found = read_file(pack(arrays))
    assert {name: array.tobytes() for name, array in found.parameters.named_arrays} == {
        name: array.tobytes() for name, array in arrays.items()
    }
    assert found.hidden == sizes
    assert (found.activation, found.input_scale, found.settings, found.has_settings) == (None, None, None, False)
    settings = found.hyperparameters(Hyperparameters(seed=4), "gelu", "unit")
    assert settings == Hyperparameters(
        hidden=sizes, bias=bias, precision=dtype, activation="gelu", input_scale="unit", seed=4
    )


def test_what_is_downloaded_holds_its_settings(digits):
    chosen = Hyperparameters(hidden=(30, 20), activation="tanh", input_scale="unit", batches=2, steps_per_batch=5)
    run = TrainingRun(digits, chosen)
    run.advance(10)
    found = read_file(weights_npz(run))
    np.testing.assert_array_equal(found.parameters.to_vector(), run.parameters.to_vector())
    assert found.settings == run.hyperparameters
    assert (found.activation, found.input_scale) == ("tanh", "unit")


@pytest.mark.parametrize("pack", [save, lambda arrays, said: npz(**arrays, **said)], ids=["safetensors", "npz"])
def test_metadata_say_how_the_network_was_used(pack):
    found = read_file(pack(arrays_of(), SAID))
    assert (found.activation, found.input_scale) == ("tanh", "unit")
    assert found.settings.hidden == (7,)


@pytest.mark.parametrize("said", ["{", "[1]", json.dumps({"seed": -1}), json.dumps({"a": 1}), "[" * 90_000])
def test_settings_that_are_not_allowed_do_not_keep_weights_out(said):
    found = read_file(save(arrays_of(), SAID | {"hyperparameters": said}))
    assert found.settings is None
    assert found.has_settings
    assert found.activation == "tanh"


def test_settings_of_other_layers_give_way_to_the_weights():
    found = read_file(save(arrays_of((3,)), SAID))
    assert found.hyperparameters(Hyperparameters(), "tanh", "unit").hidden == (3,)


@pytest.mark.parametrize("text", ["swish", "", "relu "])
def test_an_activation_that_there_is_not_is_asked_for(text):
    said = {"activation": text, "input_scale": "percent"}
    found = read_file(save(arrays_of(), said))
    assert (found.activation, found.input_scale) == (None, None)


def test_a_state_dict_of_torch_gives_the_same_logits(digits):
    import torch  # all processes import this file, and few need torch, which takes five seconds
    from safetensors.torch import save as save_torch

    torch.manual_seed(0)
    sizes = [(64, 12), (12, 12), (12, 10)]
    layers = [layer for size in sizes for layer in (torch.nn.Linear(*size), torch.nn.ReLU())]
    net = torch.nn.Sequential(*layers[:-1]).double()
    found = read_file(save_torch(net.state_dict()))
    expected = net(torch.tensor(digits.pixels)).detach().numpy()
    np.testing.assert_allclose(Network(found.parameters).logits(digits.pixels), expected)


def test_layer_10_of_torch_comes_after_layer_9():
    layers = {"9.weight": np.ones((7, 64)), "10.weight": np.ones((10, 7))}
    assert read_file(save(layers)).hidden == (7,)


def test_what_a_notebook_writes_is_read():
    """Capitals, biases as rows, Fortran order, foreign byte order, mixed precision."""
    w1, w2 = np.arange(640.0).reshape(64, 10), np.eye(10)
    found = read_file(npz(W1=np.asfortranarray(w1), W2=w2.astype(">f8"), B1=np.ones((1, 10), "<f4"), B2=np.ones(10)))
    np.testing.assert_array_equal(found.parameters.weights[0], w1)
    np.testing.assert_array_equal(found.parameters.weights[1], w2)
    assert [bias.shape for bias in found.parameters.biases] == [(10,), (10,)]
    assert {array.dtype for array in found.parameters.arrays} == {np.dtype("float64")}


def changed(**other: np.ndarray | None) -> dict[str, np.ndarray]:
    arrays = arrays_of() | other
    return {name: array for name, array in arrays.items() if array is not None}


def spoilt(name: str, value: float) -> dict[str, np.ndarray]:
    arrays = arrays_of()
    arrays[name].flat[3] = value
    return arrays


@pytest.mark.parametrize(
    ("arrays", "words"),
    [
        (
            {"x": np.ones(3), "y": np.ones(3)},
            "must contain weights w1, w2, …, and a bias b1, b2, … for each or none; it contains 'x, y'",
        ),
        (changed(w1=None), "must contain weights w1"),
        (changed(w2=None), "it contains 'b1, b2, w1'"),
        (changed(b1=None), "it contains 'b2, w1, w2'"),
        (changed(w4=np.ones((10, 10))), "it contains 'b1, b2, w1, w2, w4'"),
        (arrays_of((7,) * 5), "5 hidden layers; at most 4"),
        (arrays_of((513,)), "'w1' leads to 513 neurons, but a layer must have 1 to 512"),
        (changed(w1=np.ones((64, 7), np.int64)), "'w1' contains numbers of type"),
        (changed(w1=np.ones((64, 7), np.float16)), "'w1' contains numbers of type"),
        (changed(w1=np.ones((28 * 28, 7))), "'w1' takes 784 inputs, but should take 64"),
        (changed(w2=np.ones((8, 10))), "'w2' takes 8 inputs, but should take 7"),
        (changed(w2=np.ones((7, 11))), "'w2' gives 11 outputs, but there are 10"),
        (changed(w2=np.ones(70)), "'w2' is not a matrix: it has 1 axes"),
        (changed(b1=np.ones(6)), "'b1' must be a row of 7"),
        (changed(b1=np.ones((7, 1))), "'b1' must be a row of 7"),
        (changed(w1=np.ones((64, 0)), b1=np.ones(0), w2=np.ones((0, 10))), "'w1' leads to 0 neurons"),
        (spoilt("w2", np.nan), "'w2' contains numbers that are not finite"),
        (spoilt("b1", -np.inf), "'b1' contains numbers that are not finite"),
        (changed(W1=np.ones((64, 7))), "'w1' twice"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
@pytest.mark.parametrize("pack", [save, lambda arrays: npz(**arrays)], ids=["safetensors", "npz"])
def test_what_is_no_network_here_is_refused_in_a_sentence(pack, arrays, words):
    with pytest.raises(Unreadable) as refused:
        read_file(pack(arrays))
    assert words in str(refused.value)


def test_a_pickle_is_not_opened():
    import torch

    class Trap:
        def __reduce__(self):
            return (pytest.fail, ("it was opened",))

    file = io.BytesIO()
    torch.save({"w1": Trap()}, file)
    with pytest.raises(Unreadable, match="is a pickle"):
        read_file(file.getvalue())
    with pytest.raises(Unreadable, match="'w1' is not an array of numbers"):
        read_file(npz(w1=np.array([[Trap()]], object)))
