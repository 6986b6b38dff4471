from __future__ import annotations

import io
import json

import numpy as np
import pytest
from safetensors import safe_open
from safetensors.numpy import load

from digitviz import Hyperparameters, Recipe, TrainingRun, exports
from tests.exports.conftest import SMALL


def npz(packed: bytes) -> dict[str, np.ndarray]:
    return dict(np.load(io.BytesIO(packed), allow_pickle=False))


def metadata(packed: bytes, tmp_path) -> dict[str, str]:
    (tmp_path / "weights.safetensors").write_bytes(packed)
    with safe_open(tmp_path / "weights.safetensors", framework="numpy") as file:
        return file.metadata()


@pytest.mark.parametrize("precision", ["float64", "float32"])
def test_both_hold_every_weight_to_the_last_bit(digits, precision):
    run = TrainingRun(digits, Hyperparameters(**SMALL, bias=True, hidden=(12, 7), precision=precision))
    run.advance(13)
    packed = npz(exports.weights_npz(run))
    for arrays in (load(exports.weights_safetensors(run)), packed):
        for name, array in run.parameters.named_arrays:
            assert arrays[name].dtype == precision
            np.testing.assert_array_equal(arrays[name], array)
    assert set(load(exports.weights_safetensors(run))) == {"w1", "w2", "w3", "b1", "b2", "b3"}
    for name, array in run.initial_parameters.named_arrays:
        np.testing.assert_array_equal(packed[f"{name}_before"], array)


def test_both_say_what_is_needed_to_use_them_again(run, tmp_path):
    said = metadata(exports.weights_safetensors(run), tmp_path)
    assert (said["format"], said["activation"], said["input_scale"]) == ("digitviz weights 1", "relu", "unit")
    assert said["step"] == "13"
    assert Hyperparameters.from_dict(json.loads(said["hyperparameters"])) == run.hyperparameters
    assert Recipe.from_dict(json.loads(said["recipe"])) == run.recipe
    packed = npz(exports.weights_npz(run))
    assert {name: str(packed[name]) for name in said} == said
    assert packed["format"].shape == ()


def test_the_npz_holds_the_accuracies_after_each_finished_batch(run):
    packed = npz(exports.weights_npz(run))
    for name in ("train_accuracy", "test_accuracy"):
        np.testing.assert_array_equal(packed[name], getattr(run.history, name)[:2])


def test_given_first_weights_are_in_no_recipe_of_a_file(digits, run, tmp_path):
    again = TrainingRun(digits, run.hyperparameters, start=run.parameters)
    assert "recipe" not in metadata(exports.weights_safetensors(again), tmp_path)


def test_weights_are_those_of_the_step_where_the_run_stands_however_much_is_known(run, digits):
    expected = run.parameters.copy()
    other = TrainingRun(digits, run.hyperparameters, find=lambda recipe, dataset, known: run.trajectory)
    run.advance(7)
    other.advance(13)
    assert not other.snapshot.is_exact
    for name, array in load(exports.weights_safetensors(other)).items():
        np.testing.assert_array_equal(array, dict(expected.named_arrays)[name])


def test_a_moment_stays_where_it_was(run, tmp_path):
    moment, expected = exports.Moment.of(run), run.parameters.weights[0].copy()
    run.advance(5)
    packed = exports.weights_safetensors(moment)
    np.testing.assert_array_equal(load(packed)["w1"], expected)
    assert metadata(packed, tmp_path)["step"] == "13"
    assert exports.Moment.of(moment) is moment
