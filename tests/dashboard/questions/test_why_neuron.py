"""The neuron whose receipt is shown while a visitor moves between layers."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import streamlit as st

from digitviz.dashboard.components import receipt as component
from digitviz.dashboard.questions.why import AGAINST, Opened, opened_neuron as opened, take_compared, take_opened
from digitviz.explanations.receipt import Receipt, receipt
from tests.explanations.test_receipt import network_of

SHOWN = "this network and digit"


@pytest.fixture
def sends(monkeypatch) -> Callable[..., None]:
    """Simulate browser events on the shown receipt."""
    monkeypatch.setattr(st, "session_state", {})

    def send(told: Receipt, **what: object) -> None:
        monkeypatch.setattr(component, "sent", lambda _key, name: what.get(name))
        take_opened(told, opened(told, SHOWN), SHOWN)
        take_compared(told, SHOWN)

    return send


def test_at_first_the_way_leads_from_the_pixels_along_what_the_answer_owes_most_to(digits, sends):
    told = receipt(network_of((9, 8, 7)), digits.pixels[0])
    top = told.decisive()
    middle = told.decisive(1, top)
    assert opened(told, SHOWN) == Opened(0, (told.decisive(0, middle), middle, top))


def test_another_neuron_keeps_those_above_it_and_leads_on_below(digits, sends):
    told = receipt(network_of((9, 8, 7)), digits.pixels[0])
    first = opened(told, SHOWN)
    other = (first.path[1] + 1) % 8
    sends(told, open={"layer": 1, "neuron": other})
    now = opened(told, SHOWN)
    assert (now.layer, now.neuron) == (1, other)
    assert now.path == (told.decisive(0, other), other, first.path[2])
    sends(told, open={"layer": 0, "neuron": 4})
    assert opened(told, SHOWN) == Opened(0, (4, other, first.path[2]))
    sends(told, open={"layer": 2, "neuron": first.path[2]})  # back up: the choices below remain
    assert opened(told, SHOWN) == Opened(2, (4, other, first.path[2]))


def test_without_hidden_layers_any_digit_can_be_opened(digits, sends):
    told = receipt(network_of(()), digits.pixels[0])
    assert opened(told, SHOWN) == Opened(0, (told.label,))
    sends(told, open={"layer": 0, "neuron": 6})
    assert opened(told, SHOWN).neuron == 6


def test_another_digit_or_network_begins_anew(digits, sends):
    told = receipt(network_of((9,)), digits.pixels[0])
    sends(told, open={"layer": 0, "neuron": 3}, compare=(told.label + 1) % 10)
    assert opened(told, SHOWN).neuron == 3
    assert AGAINST.of(SHOWN) == (told.label + 1) % 10
    assert opened(told, "another").neuron == told.decisive()
    assert AGAINST.of("another") is None


def test_what_makes_no_sense_changes_nothing(digits, sends):
    told = receipt(network_of((9,)), digits.pixels[0])
    for what in ({"layer": 0, "neuron": 9}, {"layer": 1, "neuron": 0}, "0", None):
        sends(told, open=what, compare=told.label)
        assert opened(told, SHOWN) == Opened(0, (told.decisive(),))
        assert AGAINST.of(SHOWN) is None
