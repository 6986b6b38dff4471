from __future__ import annotations

import math

import pytest
import streamlit as st

from digitviz.dashboard.components.plot import clicked


@pytest.mark.parametrize(
    "sent",
    [
        None, "x", 3, [], {}, {"x": 1, "y": 2}, {"x": "1", "y": 2, "curveNumber": 0},
        {"x": None, "y": 2, "curveNumber": 0}, {"x": 1, "y": math.nan, "curveNumber": 0},
        {"x": 1, "y": 2, "curveNumber": math.inf}, {"x": 10**400, "y": 2, "curveNumber": 0},
        {"x": [1], "y": 2, "curveNumber": 0},
    ],
)  # fmt: skip
def test_what_no_picture_can_send_is_no_click(monkeypatch, sent):
    monkeypatch.setattr(st, "session_state", {"picture": {"click": sent}})
    assert clicked("picture") is None


@pytest.mark.parametrize("state", [{}, {"picture": None}, {"picture": [1]}, {"picture": {}}])
def test_a_picture_that_is_gone_was_not_clicked(monkeypatch, state):
    monkeypatch.setattr(st, "session_state", state)
    assert clicked("picture") is None


def test_a_click_comes_with_all_that_the_picture_says_of_it(monkeypatch):
    sent = {"x": 1.5, "y": 2, "curveNumber": 3.0, "customdata": [4, 5]}
    monkeypatch.setattr(st, "session_state", {"picture": {"click": sent}})
    assert clicked("picture") == sent
