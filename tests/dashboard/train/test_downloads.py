from __future__ import annotations

import json
from functools import partial

import numpy as np
import pytest
from safetensors.numpy import load

from digitviz import Hyperparameters, TrainingRun
from digitviz.dashboard.session import current_run
from digitviz.dashboard.session.downloads import CannotBeMade, Offer
from digitviz.dashboard.session.lease import held_by
from digitviz.dashboard.session.training_data import TrainingData
from digitviz.dashboard.train import files
from digitviz.exports import FORMATS
from tests.pages.reading import downloads_on, open_downloads, take_home

ORDER = ["Weights", "Curves", "Network", "Training code"]


@pytest.fixture
def run(digits) -> TrainingRun:
    run = TrainingRun(digits, Hyperparameters(batches=3, steps_per_batch=4, engine="numpy"))
    run.advance(6)
    return run


def choose(page, kind: str, form: str) -> None:
    page.session_state[f"format_{kind}"] = form
    page.run()
    assert not page.exception


def test_there_is_one_button_for_each_kind_of_file_and_a_choice_of_formats(run):
    page = open_downloads("train", run)
    assert [group.label for group in page.get("button_group") if group.label in ORDER] == ORDER
    assert {key: button["label"] for key, button in downloads_on(page).items()} == {
        "download_weights": "Weights (safetensors)",
        "download_history": "Curves (CSV)",
        "download_network": "Network (PyTorch)",
        "download_code": "Training code (Jupyter)",
        "download_settings": "Settings (JSON)",
    }


@pytest.mark.parametrize("moves", [False, True])
def test_a_run_is_taken_home_as_it_is_when_the_button_is_pressed_and_the_name_says_the_step(run, monkeypatch, moves):
    if moves:  # otherwise the page shows it as running while its accuracy is computed
        monkeypatch.setattr(current_run.Progress, "is_running", True)
    page = open_downloads("train", run)
    first = take_home(page, "download_weights")
    assert first.name == "digitviz-weights-step-6.safetensors"
    np.testing.assert_array_equal(load(first.content)["w1"], run.parameters.weights[0])
    run.advance(3)
    weights = take_home(page, "download_weights")
    assert weights.name == "digitviz-weights-step-9.safetensors"
    np.testing.assert_array_equal(load(weights.content)["w1"], run.parameters.weights[0])
    settings = take_home(page, "download_settings")
    assert Hyperparameters.from_dict(json.loads(settings.content)) == run.hyperparameters


def test_the_settings_name_the_training_data_as_an_address_does(run):
    page = open_downloads("train", run)
    page.session_state["job_training_data"] = TrainingData("both", split=3, wrong_labels=0.5)
    settings = json.loads(take_home(page.run(), "download_settings").content)
    assert settings == run.hyperparameters.to_dict() | {"digits": "both", "split": 3, "wrong_labels": 0.5}
    token = downloads_on(page)["download_settings"]["address"].split("/")[1]
    held_by(token, current_run.ATTACHED).learn_from = TrainingData(split=4)  # a new run, whose page is on its way
    assert json.loads(take_home(page, "download_settings").content)["split"] == 4


def test_every_format_can_be_chosen_and_made(run):
    page = open_downloads("train", run)
    kinds = {name: key for key, (_title, names) in files.KINDS.items() for name in names}
    assert set(kinds) == set(FORMATS)
    for name, kind in kinds.items():
        if kind != "settings":
            choose(page, kind, name)
        file = take_home(page, f"download_{kind}")
        assert (file.name, file.mime) == (FORMATS[name].name(run), FORMATS[name].mime)
        assert file.safe_name == file.name
        assert len(file.content) > 100


def test_it_is_shown_how_the_chosen_files_are_opened(run):
    page = open_downloads("train", run)
    page.session_state["opening"] = True
    choose(page, "history", "parquet")
    shown = "\n".join(code.value for code in page.code)
    assert 'pd.read_parquet("digitviz-history-step-6.parquet")' in shown
    assert "nn.Linear(64, 50, bias=False)" in shown


def test_without_the_package_onnx_its_button_is_disabled_and_it_is_said_what_to_install(run, monkeypatch):
    page = open_downloads("train", run)
    choose(page, "network", "onnx")
    monkeypatch.setattr(files, "what_onnx_lacks", lambda: "install it")
    with pytest.raises(CannotBeMade, match="install it"):
        take_home(page, "download_network")
    page = open_downloads("train", run)
    assert "install it" not in [caption.value for caption in page.caption]
    choose(page, "network", "onnx")
    assert downloads_on(page)["download_network"]["address"] is None
    assert "install it" in [caption.value for caption in page.caption]


def test_of_a_training_that_had_to_make_room_there_is_no_file(run):
    page = open_downloads("train", run)
    page.session_state["job"].forget()
    with pytest.raises(CannotBeMade, match="make room for others"):
        take_home(page, "download_weights")


@pytest.mark.parametrize(("spoken", "words"), [("zh", "手写数字"), ("en", "handwritten digits")])
def test_code_speaks_the_language_of_the_page_in_the_thread_that_makes_it(run, spoken, words):
    token = downloads_on(open_downloads("train", run))["download_code"]["address"].split("/")[1]
    file = Offer(partial(files.made, token, "notebook", None), spoken).file()
    assert words in file.content.decode()
