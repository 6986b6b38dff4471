"""Map events from a browser are untrusted."""

from __future__ import annotations

import math

import numpy as np
import pytest

from digitviz.dashboard.maps import large


@pytest.fixture
def state(monkeypatch):
    state = {"map_large": {}}
    monkeypatch.setattr(large.st, "session_state", state)
    return state


@pytest.mark.parametrize("numbers", [{"0": 17, "1": 4}, [17, 4], [17.0]])
def test_the_clicked_point_is_picked(state, numbers):
    state["map_large"]["click"] = {"customdata": numbers}
    large.take_click("digits", 100)
    assert large.picked("digits", 100) == 17
    assert large.picked("labels", 10) is None
    large.clear("picked")
    assert large.picked("digits", 100) is None


@pytest.mark.parametrize(
    "click",
    [None, "x", {}, {"customdata": 3}, *({"customdata": [bad]} for bad in ("3", -1, 100, math.nan, True, None, []))],
)
def test_a_click_on_nothing_picks_nothing(state, click):
    state["map_large"]["click"] = click
    large.take_click("digits", 100)
    assert large.picked("digits", 100) is None


@pytest.mark.parametrize(
    ("guess", "taken"), [(8, (3, 8)), *((bad, None) for bad in ("8", -1, 10, math.nan, True, None))]
)
def test_a_guess_is_a_digit_and_only_of_the_point_that_is_asked(state, guess, taken):
    state["map_large"]["click"] = {"customdata": [3], "guess": guess}
    large.take_click("digits", 100, asked=3)
    assert state.get("map_guess") == taken
    assert ("map_picked" in state) == (taken is None)
    state.pop("map_guess", None)
    large.take_click("digits", 100)
    assert "map_guess" not in state


@pytest.mark.parametrize(("point", "taken"), [(5, (3, 8)), (100, None), ("5", None)])
def test_a_click_on_a_point_is_a_guess_of_its_label_while_one_is_asked(state, point, taken):
    labels = np.full(100, 1)
    labels[5] = 8
    state["map_large"]["click"] = {"customdata": [point]}
    large.take_click("digits", 100, asked=3, labels=labels)
    assert (state.get("map_guess"), "map_picked" in state) == (taken, False)


def test_points_in_the_lasso_are_selected_once_and_in_order(state):
    state["map_large"]["select"] = {"points": [9, 2, 9, 400, -1, "5", None]}
    large.take_selection("digits", 100)
    assert large.selected("digits", 100).tolist() == [2, 9]
    assert large.selected("digits", 5).tolist() == [2]
    assert large.selected("w1_rows", 64).tolist() == []
    large.clear("selected")
    assert large.selected("digits", 100).tolist() == []


@pytest.mark.parametrize("event", [None, 3, {}, {"points": "123"}, {"points": list(range(200))}])
def test_what_is_no_selection_changes_nothing(state, event):
    state["map_selected"] = ("digits", (1,))
    state["map_large"]["select"] = event
    large.take_selection("digits", 100)
    assert large.selected("digits", 100).tolist() == [1]
