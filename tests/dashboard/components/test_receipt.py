"""Receipt data sent to the browser, and the events that the browser may send back."""

from __future__ import annotations

import json

import numpy as np
import pytest

from digitviz.dashboard.components import receipt as component
from digitviz.explanations.receipt import receipt
from tests.explanations.test_receipt import network_of


def frame_of(digits, hidden, layer=0, path=None, **settings):
    told = receipt(network_of(hidden, **settings), digits.pixels[3])
    path = path or [told.label if not hidden else 1] * max(1, len(hidden))
    return told, json.loads(json.dumps(component.frame(told, layer, path), allow_nan=False))


@pytest.mark.parametrize("hidden", [(), (9,), (9, 8), (6, 5, 4, 3)])
@pytest.mark.parametrize("bias", [False, True])
def test_the_browser_s_numbers_add_up_to_the_network_s(digits, hidden, bias):
    for layer in range(max(1, len(hidden))):
        told, data = frame_of(digits, hidden, layer, bias=bias)
        for neuron in data["neurons"]:
            total = np.dot(data["inputs"], neuron["weights"]) + (neuron["bias"] or 0)
            assert total == pytest.approx(neuron["sum"], rel=1e-10, abs=1e-12)
            for onward in neuron["onward"]:
                assert onward["vote"] == pytest.approx(neuron["activation"] * onward["weight"], rel=1e-10)
        assert data["opened"] in [neuron["number"] for neuron in data["neurons"]]
        for side, digit in enumerate((told.label, told.against)):
            votes = [row["activation"] * row["weights"][side] for row in data["rows"]]
            rest = (data["others"] or {"votes": [0, 0]})["votes"][side] + (data["biases"] or [0, 0])[side]
            if hidden:
                assert sum(votes) + rest == pytest.approx(data["logits"][digit], rel=1e-10)


def test_the_rows_are_the_neurons_that_matter_most_and_all_are_at_hand(digits):
    told, data = frame_of(digits, (30,))
    rows = [row["number"] for row in data["rows"]]
    assert rows == np.argsort(-np.abs(told.leads))[: component.MAX_ROWS].tolist()
    assert {neuron["number"] for neuron in data["neurons"]} == {1, *rows}
    assert data["others"]["count"] == 30 - len(rows)


def test_of_a_lower_layer_the_next_neuron_is_named(digits):
    told, data = frame_of(digits, (9, 8), 0, [4, 6])
    (neuron,) = data["neurons"]
    assert neuron["number"] == 4
    assert neuron["onward"] == [
        {"to": 6, "weight": told.layers[1].weights[4, 6], "vote": told.layers[1].contributions[4, 6]}
    ]


def test_without_hidden_layers_every_digit_can_be_opened(digits):
    told, data = frame_of(digits, ())
    assert [neuron["number"] for neuron in data["neurons"]] == list(range(10))
    assert data["opened"] == told.label
    assert data["rows"] == data["path"] == []


@pytest.mark.parametrize(("scale", "full"), [("raw", 16), ("unit", 1)])
def test_ink_is_shown_on_its_own_scale(digits, scale, full):
    assert frame_of(digits, (9,), input_scale=scale)[1]["full"] == pytest.approx(full)


def test_an_empty_digit_has_a_receipt_too(digits):
    told = receipt(network_of((9,), bias=True), np.zeros(64))
    assert component.frame(told, 0, [0])["full"] == 16


@pytest.mark.parametrize(
    ("sent", "expected"),
    [({"layer": 0, "neuron": 8}, (0, 8)), ({"layer": 1, "neuron": 7}, (1, 7)), ({"layer": 0, "neuron": 9}, None),
     ({"layer": 2, "neuron": 0}, None), ({"layer": -1, "neuron": 0}, None), ({"layer": True, "neuron": 0}, None),
     ({"layer": 0, "neuron": "1"}, None), ({"layer": 0, "neuron": 10**400}, None), ({"layer": 0}, None),
     ([0, 1], None), (None, None)],
)  # fmt: skip
def test_only_a_neuron_that_is_there_is_opened(digits, monkeypatch, sent, expected):
    monkeypatch.setattr(component, "sent", lambda _key, _name: sent)
    assert component.opened("receipt", receipt(network_of((9, 8)), digits.pixels[0])) == expected


@pytest.mark.parametrize(
    ("sent", "expected"), [(3, 3), (0, 0), (10, None), (-1, None), (3.0, None), (False, None), ("3", None), ({}, None)]
)
def test_only_a_digit_is_compared_with(monkeypatch, sent, expected):
    monkeypatch.setattr(component, "sent", lambda _key, _name: sent)
    assert component.compared("receipt") == expected
