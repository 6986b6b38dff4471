from __future__ import annotations

import dataclasses
import json
import pickle

import numpy as np
import pytest

from digitviz import Hyperparameters
from digitviz.training.hyperparameters import Choice, Interval, InvalidHyperparameters


def test_the_defaults_are_the_notebooks():
    settings = Hyperparameters()
    assert settings.layer_sizes == (64, 50, 10)
    assert (settings.batch_size, settings.batches, settings.steps_per_batch) == (100, 200, 500)
    assert (settings.learning_rate, settings.optimizer, settings.gradient) == (1e-6, "gradient_descent", "notebook")
    assert (settings.loss, settings.activation, settings.bias) == ("squared_error", "relu", False)
    assert settings.total_steps == 100_000


def test_the_scale_multiplies_every_initial_weight_and_is_left_out_at_1():
    usual, scaled = Hyperparameters(hidden=(9, 5)), Hyperparameters(hidden=(9, 5), initial_scale=12.5)
    for one, other in zip(usual.initial_parameters().arrays, scaled.initial_parameters().arrays, strict=True):
        np.testing.assert_allclose(12.5 * one, other, rtol=1e-15)
    assert "initial_scale" not in usual.to_dict()
    assert scaled.to_dict()["initial_scale"] == 12.5


def test_every_field_has_a_range_and_a_meaning():
    names = [field.name for field in dataclasses.fields(Hyperparameters)]
    assert list(Hyperparameters.RANGES) == names
    assert all(len(str(Hyperparameters.MEANINGS[name])) > 20 for name in names)


def test_a_round_trip_through_json_changes_nothing():
    settings = Hyperparameters(hidden=(30, 20), optimizer="adam", bias=True, learning_rate=0.003, seed=7)
    assert Hyperparameters.from_dict(json.loads(json.dumps(settings.to_dict()))) == settings


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("hidden", (50,) * 5),
        ("hidden", (0,)),
        ("hidden", (513,)),
        ("hidden", "fifty"),
        ("batch_size", 0),
        ("batch_size", 100.5),
        ("batch_size", True),
        ("batches", 10_001),
        ("steps_per_batch", "many"),
        ("learning_rate", 0.0),
        ("learning_rate", float("nan")),
        ("learning_rate", float("inf")),
        ("weight_decay", -0.1),
        ("weight_decay", 100.1),
        ("initial_scale", 0.0),
        ("initial_scale", 101.0),
        ("train_fraction", 1.0),
        ("seed", -1),
        ("bias", 1),
        ("activation", "swish"),
        ("engine", "abacus"),
        ("gradient", None),
    ],
)
def test_a_value_out_of_range_is_refused_with_field_value_and_range(field, value):
    with pytest.raises(ValueError, match=field) as refusal:
        Hyperparameters(**{field: value})
    assert repr(value) in str(refusal.value)
    assert str(Hyperparameters.RANGES[field]) in str(refusal.value)


def test_the_ends_of_every_range_are_accepted():
    for name, allowed in Hyperparameters.RANGES.items():
        if isinstance(allowed, Interval):
            for end in (allowed.low, allowed.high):
                value = int(end) if allowed.integer else end
                assert getattr(Hyperparameters(**{"batches": 1, "steps_per_batch": 1, name: value}), name) == value
        elif isinstance(allowed, Choice):
            for option in allowed.options:
                assert getattr(Hyperparameters(**{name: option}), name) == option


def test_a_training_too_long_is_refused():
    assert Hyperparameters(batches=2_000, steps_per_batch=1_000).total_steps == 2_000_000
    with pytest.raises(ValueError, match="2,001,000 steps is more than 2,000,000"):
        Hyperparameters(batches=2_001, steps_per_batch=1_000)


def test_an_unknown_name_is_refused():
    with pytest.raises(ValueError, match="learning_speed"):
        Hyperparameters.from_dict({"learning_speed": 1})


def test_of_many_unknown_names_a_few_are_told():
    with pytest.raises(InvalidHyperparameters) as refusal:
        Hyperparameters.from_dict({f"name_{number}" * 50: 1 for number in range(1_000)} | {None: 2, "seed": -1})
    assert len(refusal.value.refusals) == 1_002
    assert len(str(refusal.value)) < 800
    assert "seed must be" in str(refusal.value)


@pytest.mark.parametrize("values", [None, 5, "seed", ["seed"]])
def test_what_is_no_mapping_is_refused(values):
    with pytest.raises(ValueError, match="mapping"):
        Hyperparameters.from_dict(values)


def test_all_that_is_wrong_is_said_at_once_and_kept_as_data():
    with pytest.raises(InvalidHyperparameters) as refusal:
        Hyperparameters.from_dict({"seed": -1, "colour": "blue", "bias": 1, "batches": 5})
    assert [(told.field, told.value) for told in refusal.value.refusals] == [
        ("bias", 1),
        ("seed", -1),
        ("colour", "blue"),
    ]
    assert [told.allowed for told in refusal.value.refusals] == [
        Hyperparameters.RANGES["bias"], Hyperparameters.RANGES["seed"], None,
    ]  # fmt: skip
    assert str(refusal.value).startswith(
        "bias must be True or False, not 1; seed must be a whole number from 0 to 4,294,967,295, not -1; "
        "there is no hyperparameter 'colour'; the hyperparameters are hidden, "
    )


class Unspeakable:
    def __repr__(self):
        raise RuntimeError


def nested(depth: int) -> list:
    value: list = []
    for _ in range(depth):
        value = [value]
    return value


ODD_VALUES = {
    "no float": 10**400,
    "not written out": -(10**5_000),
    "long": "1" * 100_000,
    "deep": nested(100_000),
    "unspeakable": Unspeakable(),
    "layers": [10**5_000] * 9,
}


@pytest.mark.parametrize("value", ODD_VALUES.values(), ids=ODD_VALUES)
@pytest.mark.parametrize("field", Hyperparameters.RANGES)
def test_however_large_or_odd_a_value_is_its_refusal_is_short(field, value):
    with pytest.raises(InvalidHyperparameters) as refusal:
        Hyperparameters(**{field: value})
    assert len(str(refusal.value)) < 200
    assert len(repr(refusal.value)) < 500


def test_an_error_can_be_sent_to_another_process():
    with pytest.raises(InvalidHyperparameters) as refusal:
        Hyperparameters(seed=-1)
    assert str(pickle.loads(pickle.dumps(refusal.value))) == str(refusal.value)


def test_names_may_be_spelled_as_in_prose():
    assert Hyperparameters(loss="Cross-entropy", optimizer="Gradient descent").loss == "cross_entropy"


def test_numpy_numbers_are_numbers():
    assert Hyperparameters(batch_size=np.int64(20), learning_rate=np.float32(0.5)).batch_size == 20


@pytest.mark.parametrize(
    ("name", "spread"),
    [("notebook", 1 / 50), ("he", np.sqrt(2 / 64)), ("xavier", np.sqrt(2 / 114)), ("zeros", 0)],
)
def test_initial_weights_have_the_spread_of_their_recipe(name, spread):
    weight = Hyperparameters(initialization=name).initial_parameters().weights[0]
    assert weight.shape == (64, 50)
    assert weight.std() == pytest.approx(spread, rel=0.05)


def test_the_same_seed_gives_the_same_weights_and_another_seed_others():
    weights = [Hyperparameters(seed=seed).initial_parameters().weights[0] for seed in (3, 3, 4)]
    np.testing.assert_array_equal(weights[0], weights[1])
    assert (weights[0] != weights[2]).all()


def test_a_link_with_settings_at_their_limits_stays_valid():
    promised = {
        "batch_size": (1, 2000), "batches": (1, 10_000), "steps_per_batch": (1, 100_000), "learning_rate": (1e-9, 100),
        "weight_decay": (0, 100),
    }  # fmt: skip
    ranges = Hyperparameters.RANGES
    assert {name: (ranges[name].low, ranges[name].high) for name in promised} == promised
