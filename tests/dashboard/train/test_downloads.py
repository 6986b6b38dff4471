from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
import streamlit as st
from safetensors.numpy import load

from digitviz import Hyperparameters, TrainingRun
from digitviz.dashboard.session import current_run
from digitviz.dashboard.train import downloads
from digitviz.exports import FORMATS
from tests.pages.reading import open_page

ORDER = ["Weights", "Losses and accuracies", "Network for other programs", "The training as code"]


@pytest.fixture
def run(digits) -> TrainingRun:
    run = TrainingRun(digits, Hyperparameters(batches=3, steps_per_batch=4, engine="numpy"))
    run.advance(6)
    return run


@pytest.fixture
def offered(monkeypatch) -> dict[str, dict[str, Any]]:
    """What each button of the last run of a page offers, by key: its file is made as if it was pressed."""
    offered: dict[str, dict[str, Any]] = {}
    show = st.download_button

    def noted(label: str, data: Any, file_name: str, *rest: Any, **settings: Any) -> Any:
        offered[settings["key"]] = {"label": label, "make": data, "name": file_name, **settings}
        return show(label, data, file_name, *rest, **settings)

    monkeypatch.setattr(st, "download_button", noted)
    return offered


def choose(page, kind: str, form: str) -> None:
    page.session_state[f"format_{kind}"] = form
    page.run()
    assert not page.exception


def test_there_is_one_button_for_each_kind_of_file_and_a_choice_of_formats(run, offered):
    page = open_page("train", run)
    assert [group.label for group in page.get("button_group") if group.label in ORDER] == ORDER
    labels = [each["label"] for each in offered.values()]
    assert labels == [
        "Weights (safetensors)", "History (CSV)", "Network (PyTorch)", "Notebook (Jupyter)", "Settings (JSON)",
    ]  # fmt: skip


def test_a_standing_run_is_taken_home_as_it_stands_and_the_name_says_the_step(run, offered):
    open_page("train", run)
    expected = run.parameters.weights[0].copy()
    run.advance(3)
    weights = offered["download_weights"]
    assert weights["name"] == "digitviz-weights-step-6.safetensors"
    np.testing.assert_array_equal(load(weights["make"]())["w1"], expected)
    assert Hyperparameters.from_dict(json.loads(offered["download_settings"]["make"]())) == run.hyperparameters


def test_a_moving_run_is_taken_home_as_it_is_when_the_button_is_pressed(run, offered, monkeypatch):
    monkeypatch.setattr(current_run.Progress, "is_running", True)
    open_page("train", run)
    run.advance(3)
    weights = offered["download_weights"]
    assert weights["name"] == "digitviz-weights.safetensors"
    np.testing.assert_array_equal(load(weights["make"]())["w1"], run.parameters.weights[0])


def test_every_format_can_be_chosen_and_made(run, offered):
    page = open_page("train", run)
    kinds = {name: kind.key for kind in downloads.KINDS for name in kind.formats}
    assert set(kinds) == set(FORMATS)
    for name, kind in kinds.items():
        if kind != "settings":
            choose(page, kind, name)
        button = offered[f"download_{kind}"]
        assert button["name"] == FORMATS[name].name(run)
        assert not button["disabled"]
        assert len(button["make"]()) > 100


def test_it_is_shown_how_the_chosen_files_are_opened(run):
    page = open_page("train", run)
    page.session_state["opening"] = True
    choose(page, "history", "parquet")
    shown = "\n".join(code.value for code in page.code)
    assert 'pd.read_parquet("digitviz-history-step-6.parquet")' in shown
    assert "nn.Linear(64, 50, bias=False)" in shown


def test_without_the_package_onnx_its_button_is_disabled_and_it_is_said_what_to_install(run, offered, monkeypatch):
    monkeypatch.setattr(downloads, "what_onnx_lacks", lambda: "install it")
    page = open_page("train", run)
    assert "install it" not in [caption.value for caption in page.caption]
    choose(page, "network", "onnx")
    assert offered["download_network"]["disabled"]
    assert "install it" in [caption.value for caption in page.caption]


def test_code_speaks_the_language_of_the_page_in_the_thread_that_makes_it(run):
    assert "手写数字" in downloads.made(FORMATS["notebook"], run, "zh").decode()
    assert "handwritten digits" in downloads.made(FORMATS["notebook"], run, "en").decode()
