"""Settings as readable text."""

from __future__ import annotations

from dataclasses import replace

import pytest

from digitviz import Hyperparameters
from digitviz.training.hyperparameters import differences, value_in_words
from digitviz.training.presets import own_settings


@pytest.mark.parametrize(
    ("name", "value", "written"),
    [("learning_rate", 1e-6, "0.000001"), ("bias", True, "on"), ("bias", False, "off"), ("hidden", [30, 20], "30-20"),
     ("hidden", [], "none"), ("batches", 10_000, "10,000"), ("sampling", "shuffled_epochs", "shuffled epochs")],
)  # fmt: skip
def test_a_value_is_written_as_a_person_would(name, value, written):
    assert value_in_words(name, value) == written


def test_what_differs_is_said_in_the_order_of_the_controls():
    chosen = Hyperparameters(learning_rate=0.01, hidden=(30,))
    assert differences(Hyperparameters(), chosen) == ["Hidden neurons 50 → 30", "Learning rate 0.000001 → 0.01"]
    assert own_settings(chosen) == ["Hidden neurons 30", "Learning rate 0.01"]
    assert own_settings(Hyperparameters()) == []


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({}, []),
        ({"learning_rate": 0.001}, ["Learning rate 0.000001 → 0.001"]),
        ({"hidden": (64, 32)}, ["Hidden neurons 20 → 64-32"]),
        ({"hidden": ()}, ["Hidden neurons 20 → none"]),
        ({"bias": True}, ["Bias off → on"]),
        ({"activation": "tanh"}, ["Activation ReLU → tanh"]),
        ({"batches": 1_000, "optimizer": "adam"}, ["Batches 200 → 1,000", "Optimizer gradient descent → Adam"]),
    ],
)
def test_what_was_changed_is_told_as_the_controls_call_it(changes, told):
    usual = Hyperparameters(hidden=(20,))
    assert differences(usual, replace(usual, **changes)) == told
