"""Importing exported files on Train and Draw."""

from __future__ import annotations

import dataclasses
import json

import numpy as np
import pytest
from safetensors.numpy import save
from streamlit.testing.v1 import AppTest

from digitviz import Hyperparameters, Network, Parameters, load_digits, load_pretrained, train
from digitviz.dashboard.components.pad import pack
from digitviz.dashboard.session import current_run, saved_drawings
from digitviz.dashboard.session.training_data import TrainingData
from digitviz.drawing import read, to_digit
from digitviz.exports import weights_npz
from digitviz.language import speaking
from tests.fuzz.hostile import MARKUP
from tests.fuzz.imports import INK, arrays_of, drawings_npz, npz
from tests.fuzz.pages import check_message
from tests.pages.reading import live_on, open_page, words_on
from tests.pages.test_draw import answer_on
from tests.waiting import wait_until

CHOSEN = Hyperparameters(
    hidden=(10,), activation="tanh", input_scale="unit", batches=5, steps_per_batch=20, learning_rate=0.01,
    gradient="exact", loss="cross_entropy", optimizer="adam", initialization="he", bias=True,
    engine="numpy",
)  # fmt: skip

SEVEN, ONE = np.where(INK > 0, np.uint8(255), np.uint8(0))  # as sent by the pad


@pytest.fixture(scope="module")
def trained():
    return train(load_digits(), CHOSEN)


@pytest.fixture(scope="module")
def file(trained) -> bytes:
    return weights_npz(trained)


@pytest.fixture
def page():
    page = open_page("train")
    yield page
    page.session_state["job"].pause()


def bring(page: AppTest, data: bytes, name: str = "digitviz-weights.npz", key: str = "bring_back") -> None:
    page.file_uploader(key).set_value((name, data, "application/octet-stream")).run()
    assert not page.exception


def press(page: AppTest, key: str) -> None:
    page.button(key).click().run()
    assert not page.exception


def run_of(page: AppTest):
    return page.session_state["job"].run


def vector(page: AppTest) -> np.ndarray:
    return run_of(page).parameters.to_vector()


def said(page: AppTest) -> list[str]:
    return [element.value for element in page.main.success]


def test_weights_are_a_new_training_that_has_not_been_started(page, trained, file):
    bring(page, file)
    run = run_of(page)
    assert run.step == 0
    np.testing.assert_array_equal(vector(page), trained.parameters.to_vector())
    assert run.hyperparameters == CHOSEN
    assert live_on(page)["headline"]["accuracy"] == f"{trained.test_accuracy:.1%}"
    assert "Trained weights from `digitviz-weights.npz`. **Train** continues from them" in words_on(page)
    assert said(page) == ["The weights from `digitviz-weights.npz` are loaded."]
    assert page.query_params["hidden"] == "10"


def test_a_file_is_taken_once(page, file):
    bring(page, file)
    job = page.session_state["job"]
    page.run()
    assert page.session_state["job"] is job
    press(page, "new_weights")
    page.run()
    assert run_of(page).recipe.start is None


def test_training_goes_on_from_them_and_reset_goes_back(page, trained, file):
    bring(page, file)
    press(page, "train")
    wait_until(lambda: run_of(page).finished)
    page.run()
    assert (vector(page) != trained.parameters.to_vector()).any()
    press(page, "reset")
    assert run_of(page).step == 0
    np.testing.assert_array_equal(vector(page), trained.parameters.to_vector())


def test_new_weights_are_drawn_and_reset_goes_back_to_those(page, file):
    bring(page, file)
    press(page, "new_weights")
    drawn = dataclasses.replace(CHOSEN, seed=1).initial_parameters().to_vector()
    np.testing.assert_array_equal(vector(page), drawn)
    press(page, "reset")
    np.testing.assert_array_equal(vector(page), drawn)
    assert "digitviz-weights.npz" not in words_on(page).replace(*said(page), "")


def test_a_setting_that_keeps_the_layers_keeps_the_weights(page, trained, file):
    bring(page, file)
    page.select_slider("hp_learning_rate").set_value(0.1).run()
    assert run_of(page).hyperparameters.learning_rate == 0.1
    np.testing.assert_array_equal(vector(page), trained.parameters.to_vector())


def test_other_layers_leave_the_weights_and_say_so(page, trained, file):
    bring(page, file)
    page.select_slider("hp_hidden_1").set_value(20).run()
    assert run_of(page).recipe.start is None
    told = "because the weights in `digitviz-weights.npz` only fit these settings: layers 64-10-10, Bias on."
    assert told in words_on(page)
    page.select_slider("hp_hidden_1").set_value(10).run()
    np.testing.assert_array_equal(vector(page), trained.parameters.to_vector())
    page.select_slider("hp_hidden_1").set_value(20).run()
    press(page, "step")  # discards the imported weights
    wait_until(lambda: run_of(page).step == 1)
    press(page, "reset")
    page.select_slider("hp_hidden_1").set_value(10).run()
    assert run_of(page).recipe.start is None
    assert "those of" not in words_on(page)


def test_what_a_file_does_not_say_is_asked(page, digits):
    page.session_state["more_settings"] = True
    page.run()
    page.selectbox("hp_activation").set_value("sigmoid").run()
    arrays = arrays_of((7,), bias=False)
    bring(page, npz(**arrays), "notebook.npz")
    assert run_of(page).recipe.start is None
    assert page.selectbox("bring_back_activation").value == "sigmoid"
    page.selectbox("bring_back_activation").set_value("gelu").run()
    page.selectbox("bring_back_input_scale").set_value("unit").run()
    press(page, "bring_back_use")
    settings = run_of(page).hyperparameters
    assert (settings.hidden, settings.activation, settings.input_scale) == ((7,), "gelu", "unit")
    network = Network(Parameters([arrays["w1"], arrays["w2"]]), "gelu", "unit")
    test = run_of(page).test
    assert live_on(page)["headline"]["accuracy"] == f"{network.accuracy(test.pixels, test.labels):.1%}"
    assert said(page) == ["The weights from `notebook.npz` are loaded."]
    assert "Choose its activation" not in words_on(page)


def test_settings_that_are_not_allowed_leave_those_of_the_controls(page):
    arrays = arrays_of()
    metadata = {"activation": "relu", "input_scale": "raw", "hyperparameters": '{"seed": -1}'}
    page.select_slider("hp_batch_size").set_value(20).run()
    bring(page, save(arrays, metadata))
    assert run_of(page).hyperparameters == Hyperparameters(hidden=(7,), bias=True, batch_size=20)
    assert "Its settings are not allowed here" in said(page)[0]


def test_a_file_with_some_settings_also_sets_the_training_data_and_says_that_it_has_no_others(page):
    bring(page, b'{"batches": 50, "split": 3, "wrong_labels": 0.5}', "a.json")
    run, chosen = run_of(page), TrainingData(split=3, wrong_labels=0.5)
    assert (run.hyperparameters, page.session_state["job_training_data"]) == (Hyperparameters(batches=50), chosen)
    assert "and the notebook's where it has none" in said(page)[0]


def test_settings_set_the_controls(page):
    bring(page, json.dumps(CHOSEN.to_dict()).encode(), "a.json")
    assert run_of(page).hyperparameters == CHOSEN
    assert page.select_slider("hp_learning_rate").value == 0.01
    assert said(page) == ["The settings are now those from `a.json`. Press **Train** to use them."]


def test_a_name_is_shown_as_code(page, file):
    for name in [*(name for name in MARKUP if name != "\ud800"), "a" * 9_999]:
        bring(page, file, name)
        for words in [*said(page), *(element.value for element in page.main.info)]:
            check_message(words.replace("**", "").replace("%", ""))


@pytest.mark.parametrize("data", [b"", b"hello", b"\x80\x04", save({"w1": np.ones((3, 3))}), b'{"seed": "`[a](b)"}'])
@pytest.mark.parametrize(("on", "key"), [("train", "bring_back"), ("draw", "bring_drawings")])
@pytest.mark.sampled(2)
def test_what_cannot_be_used_changes_nothing_and_is_said_at_the_widget(on, key, data):
    page = open_page(on)
    bring(page, drawings_npz(), "d.npz", key)
    job, kept = page.session_state["job"], list(page.session_state["saved_drawings"])
    bring(page, data, "x", key)
    [error] = page.main.error
    check_message(error.value)
    assert page.session_state["job"] is job
    assert not page.main.success
    assert page.session_state["saved_drawings"] == kept
    assert run_of(page).hyperparameters == Hyperparameters()
    page.file_uploader(key).set_value(None).run()
    assert not page.main.error


def test_when_there_is_no_room_nothing_changes(page, file, monkeypatch):
    job = page.session_state["job"]
    monkeypatch.setattr(current_run, "new_run", lambda *_: False)
    bring(page, file)
    assert page.session_state["job"] is job
    assert "There is no room" in page.main.error[-1].value
    assert page.select_slider("hp_hidden_1").value == 50
    assert page.session_state["given_weights"] is None


def test_every_page_takes_the_network_for_the_sessions_own(page, trained, file):
    bring(page, file)
    page.switch_page("pages/start.py").run()
    assert page.button("go").label == "Continue your run"
    page.switch_page("pages/draw.py").run()
    page.session_state["pad"] = {"ink": {"put": 0, "bits": pack(SEVEN), "done": False}}
    page.run()
    assert page.session_state["who"] == "yours"
    assert "Your network, with your imported weights" in words_on(page)
    own = trained.network.predict(to_digit(SEVEN).row)[0]
    assert answer_on(page)["digit"] == str(own)
    for name, words in [
        ("weights", "These are your imported weights."),
        ("network", f"This network: {trained.test_accuracy:.1%} of the test digits right."),
        ("projections", "The hidden-layer and label maps show the network with your imported weights."),
    ]:
        page.switch_page(f"pages/{name}.py").run()
        assert not page.exception
        assert words in words_on(page)


def test_the_untrained_reader_stays_untrained(page, file):
    bring(page, file)
    page.switch_page("pages/draw.py").run()
    page.session_state["who"] = "untrained"
    page.session_state["who_chosen"] = True
    page.session_state["pad"] = {"ink": {"put": 0, "bits": pack(SEVEN), "done": False}}
    page.run()
    drawn = Network(CHOSEN.initial_parameters(), "tanh", "unit")
    assert answer_on(page)["digit"] == str(drawn.predict(to_digit(SEVEN).row)[0])


@pytest.mark.parametrize(("on", "key"), [("train", "bring_back"), ("draw", "bring_drawings")])
def test_drawings_come_in_and_are_read_anew(on, key):
    page = open_page(on)
    bring(page, drawings_npz(digits=np.ones((2, 8, 8)), answers=np.array([0, 0])), "d.npz", key)
    kept = page.session_state["saved_drawings"]
    for drawing, ink, label in zip(kept, (SEVEN, ONE), (7, 1), strict=True):
        assert drawing.ink == np.packbits(ink != 0).tobytes()
        expected = to_digit(ink)
        np.testing.assert_array_equal(drawing.digit, expected.digit.ravel())
        np.testing.assert_array_equal(drawing.probabilities, read(expected, load_pretrained()).probabilities)
        assert drawing.label == label
    assert said(page) == ["2 drawings imported."]
    page.run()
    assert len(page.session_state["saved_drawings"]) == 2
    bring(page, drawings_npz(images=np.stack([ONE, 0 * ONE]), labels=np.array([1, 3])), "e.npz", key)
    assert said(page) == ["0 drawings imported. 1 was already here. 1 has no ink."]


def test_no_more_drawings_come_in_than_there_is_room_for(monkeypatch):
    monkeypatch.setattr(saved_drawings, "MAX_DRAWINGS", 1)
    page = open_page("draw")
    bring(page, drawings_npz(), "d.npz", "bring_drawings")
    assert [drawing.label for drawing in page.session_state["saved_drawings"]] == [7]
    assert said(page) == ["1 drawing imported. 1 did not fit: there is room for 1 in total."]


def test_what_is_said_follows_the_language(page, file):
    bring(page, file)
    with speaking("zh"):
        assert str(page.session_state["bring_back_outcome"]) == "`digitviz-weights.npz` 的权重已加载。"
    assert said(page) == ["The weights from `digitviz-weights.npz` are loaded."]
