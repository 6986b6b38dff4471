from __future__ import annotations

import numpy as np
import pytest
import streamlit as st

from digitviz.dashboard.session import opened_neuron
from digitviz.dashboard.session.opened_neuron import take_click
from digitviz.networks.parameters import Parameters


@pytest.fixture
def state(monkeypatch):
    state: dict = {"visit_opened": False}
    monkeypatch.setattr(st, "session_state", state)
    return state


def opened(state: dict, monkeypatch: pytest.MonkeyPatch, count: int) -> list[int]:
    """Return the neurons shown for a network with `count` neurons in its first layer."""
    shown: list[int] = []
    monkeypatch.setattr(
        st, "dialog", lambda *_, **__: lambda _view: lambda _parameters, neuron, *_: shown.append(neuron)
    )
    parameters = Parameters([np.zeros((64, count)), np.zeros((count, 10))], None)
    opened_neuron.show(parameters, "before training", 0)
    return shown


def test_a_click_on_a_picture_opens_its_neuron_until_the_page_is_left(state, monkeypatch):
    state["pictures"] = {"click": {"x": 9 * 3 + 2, "y": 12 + 9, "curveNumber": 0}}
    take_click("pictures", np.arange(50)[::-1], 10)
    assert opened(state, monkeypatch, 50) == [49 - 13]
    assert opened(state, monkeypatch, 20) == []  # a different network may have fewer neurons
    state["visit_opened"] = True
    assert opened(state, monkeypatch, 50) == []
    state["visit_opened"] = False
    assert opened(state, monkeypatch, 50) == []


@pytest.mark.parametrize(
    "click", [None, {"x": -1e9, "y": 0, "curveNumber": 0}, {"x": 1e15, "y": 1e15, "curveNumber": 0}, {"x": "1"}]
)
def test_a_click_that_hits_none_opens_none(state, monkeypatch, click):
    state["pictures"] = {"click": click}
    take_click("pictures", np.arange(50), 10)
    assert opened(state, monkeypatch, 50) == []
