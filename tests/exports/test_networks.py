"""The exported network gives the same answers in other programs as here."""

from __future__ import annotations

import io
import json
from typing import Any

import numpy as np
import onnx
import onnxruntime
import pytest

from digitviz import Hyperparameters, TrainingRun, exports
from digitviz.exports import networks
from digitviz.networks.activations import ACTIVATIONS
from tests.exports.conftest import SMALL

NETWORKS: list[dict[str, Any]] = [
    *({"activation": name, "hidden": (9,)} for name in ACTIVATIONS),
    {"hidden": (), "input_scale": "raw"},
    {"hidden": (), "bias": True},
    {"hidden": (9, 8, 7, 6), "bias": True, "activation": "gelu"},
    {"hidden": (9,), "precision": "float32", "activation": "gelu"},
    {"hidden": (9, 5), "precision": "float32", "activation": "leaky_relu", "bias": True},
]


def trained(digits, **settings: Any) -> TrainingRun:
    run = TrainingRun(digits, Hyperparameters(**SMALL | {"optimizer": "adam"} | settings))
    run.advance(12)
    return run


@pytest.mark.parametrize("settings", NETWORKS, ids=str)
def test_torch_gives_the_same_probabilities(digits, settings, tmp_path):
    import torch  # all processes import this file, and few need torch, which takes five seconds

    run = trained(digits, **settings)
    file = tmp_path / "network.pt"
    file.write_bytes(exports.network_torch(run))
    pixels = run.test.pixels.astype(run.hyperparameters.dtype)
    given: dict[str, Any] = {"pixels": torch.from_numpy(pixels)}
    exec(exports.torch_code(run, str(file)), given)
    expected = run.network.predict_proba(pixels)
    assert given["probabilities"].numpy(force=True).dtype == expected.dtype
    tolerance = 1e-5 if run.hyperparameters.precision == "float32" else 1e-12
    np.testing.assert_allclose(given["probabilities"].numpy(force=True), expected, rtol=tolerance, atol=tolerance)


def test_the_state_holds_every_weight_and_says_where_it_is_from(digits):
    import torch

    run = trained(digits, hidden=(9, 5), bias=True)
    state = torch.load(io.BytesIO(exports.network_torch(run)), weights_only=True)
    assert list(state) == ["0.weight", "0.bias", "2.weight", "2.bias", "4.weight", "4.bias"]
    np.testing.assert_array_equal(state["2.weight"].numpy(), run.parameters.weights[1].T)
    np.testing.assert_array_equal(state["4.bias"].numpy(), run.parameters.biases[2])
    assert state._metadata["digitviz"]["step"] == "12"


@pytest.mark.parametrize("settings", NETWORKS, ids=str)
def test_onnx_gives_the_same_logits_and_probabilities(digits, settings):
    run = trained(digits, **settings)
    session = onnxruntime.InferenceSession(exports.network_onnx(run))
    pixels = run.test.pixels.astype(run.hyperparameters.dtype)
    logits, probabilities = session.run(None, {"pixels": pixels})
    assert logits.dtype == run.hyperparameters.dtype
    # The erf in GELU is computed in float32.
    coarse = run.hyperparameters.precision == "float32" or run.hyperparameters.activation == "gelu"
    tolerance = 1e-5 if coarse else 1e-12
    np.testing.assert_allclose(logits, run.network.logits(pixels), rtol=tolerance, atol=tolerance)
    np.testing.assert_allclose(probabilities, run.network.predict_proba(pixels), rtol=tolerance, atol=tolerance)


def test_the_code_for_onnx_runs(digits, tmp_path):
    run = trained(digits, hidden=(9,))
    file = exports.save(run, "onnx", tmp_path)
    given: dict[str, Any] = {"pixels": run.test.pixels}
    exec(exports.onnx_code(run, str(file)), given)
    np.testing.assert_allclose(given["probabilities"], run.network.predict_proba(run.test.pixels), rtol=1e-12)


def test_the_onnx_model_says_what_it_takes_and_where_it_is_from(digits):
    run = trained(digits, hidden=(9,))
    model = onnx.load_from_string(exports.network_onnx(run))
    assert "pixels from 0 to 16" in model.doc_string
    said = {entry.key: entry.value for entry in model.metadata_props}
    assert said["step"] == "12"
    assert Hyperparameters.from_dict(json.loads(said["hyperparameters"])) == run.hyperparameters
    stored = {array.name: onnx.numpy_helper.to_array(array) for array in model.graph.initializer}
    np.testing.assert_array_equal(stored["w2"], run.parameters.weights[1])


def test_without_the_package_it_is_said_what_to_install(run, monkeypatch):
    assert exports.what_onnx_lacks() == ""
    monkeypatch.setattr(networks.importlib.util, "find_spec", lambda name: None)
    assert "pip install onnx" in exports.what_onnx_lacks()
    with pytest.raises(ModuleNotFoundError, match="pip install onnx"):
        exports.network_onnx(run)
