"""The work of a page run, counted: elements sent to the browser, calls of our functions, and figures drawn."""

from __future__ import annotations

import json
import sys
import threading
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any

import plotly.graph_objects as go
import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from digitviz import Hyperparameters, TrainingRun, figures
from tests.pages.reading import open_page
from tests.pages.test_projections import finish

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def run(digits) -> TrainingRun:
    run = TrainingRun(digits, Hyperparameters(batches=3, steps_per_batch=4, engine="numpy"))
    run.advance(12)
    return run


@pytest.fixture
def empty_server(tmp_path, monkeypatch):
    monkeypatch.setenv("DIGITVIZ_HOME", str(tmp_path))
    st.cache_resource.clear()
    yield
    st.cache_resource.clear()


def calls_of(act: Callable[[], object]) -> Counter[str]:
    """Return the calls of the project's functions in a page run, by file and name."""
    counted = Counter[str]()

    def profile(frame: FrameType, event: str, _argument: Any) -> None:
        path = frame.f_code.co_filename
        if event == "call" and path.startswith(str(ROOT / "digitviz")):
            counted[f"{path.removeprefix(str(ROOT))} {frame.f_code.co_qualname}"] += 1

    threading.setprofile(profile)
    try:
        act()
    finally:
        threading.setprofile(None)
        sys.setprofile(None)
    return counted


def nodes_of(page: AppTest) -> int:
    """Return the number of elements and containers on a page. Each is a message to the browser."""

    def count(node: Any) -> int:
        return 1 + sum(map(count, getattr(node, "children", {}).values()))

    return count(page._tree)


@pytest.mark.parametrize(
    ("name", "nodes", "calls"), [("train", 70, 1_700), ("projections", 76, 800), ("weights", 33, 485)]
)
def test_a_rerun_sends_few_elements_and_calls_few_functions(empty_server, run, name, nodes, calls):
    page = open_page(name, run)
    if name == "projections":
        finish(page)
    page.run()
    counted = calls_of(page.run)
    assert not page.exception
    assert nodes_of(page) <= nodes
    assert counted.total() <= calls, "\n".join(f"{count:5} {where}" for where, count in counted.most_common(40))


@pytest.mark.parametrize("name", ["train", "weights", "projections", "why", "break", "loss", "map"])
def test_no_figure_goes_through_plotlys_validation(empty_server, run, monkeypatch, name):
    made: list[str] = []
    build = go.Figure.__init__

    def counted(figure: go.Figure, *arguments: Any, **options: Any) -> None:
        made.append(name)
        build(figure, *arguments, **options)

    monkeypatch.setattr(go.Figure, "__init__", counted)
    page = open_page(name, run)
    if name == "projections":
        finish(page)
    assert not made


def test_the_second_visitor_of_the_gallery_gets_the_figures_of_the_first(empty_server, run, monkeypatch):
    first = open_page("projections", run)
    finish(first)
    drawn: list[str] = []
    plain = figures.digit_map.plain

    def counted(*arguments: Any, **options: Any) -> Any:
        drawn.append("map")
        return plain(*arguments, **options)

    monkeypatch.setattr(figures.digit_map, "plain", counted)
    second = open_page("projections", run)
    assert drawn == []
    pictures = [f"map_{number}" for number in range(1, 9)]
    shown = [[json.loads(page.session_state["frames"][key][1]) for key in pictures] for page in (first, second)]
    assert shown[0] == shown[1]
    second.toggle("gallery_dark").set_value(True).run()
    assert len(drawn) == 8  # another background is another figure


def test_another_network_has_its_own_figures(empty_server, run, digits):
    first = open_page("projections", run)
    finish(first)
    other = TrainingRun(digits, Hyperparameters(batches=3, steps_per_batch=4, engine="numpy", seed=1))
    other.advance(12)
    second = open_page("projections", other)
    finish(second)
    frames = [[page.session_state["frames"][f"map_{number}"][1] for number in (1, 2)] for page in (first, second)]
    assert frames[0][0] == frames[1][0]  # the pixels are the same
    assert frames[0][1] != frames[1][1]  # the hidden layer is not
