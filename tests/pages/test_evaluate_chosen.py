"""Choices on Evaluate: one digit, shown next to the matrix, and the set of digits. The URL contains both."""

from __future__ import annotations

import json

import numpy as np
import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from digitviz import TrainingRun, load_handwriting
from digitviz.dashboard.components import training_slider
from digitviz.dashboard.questions.evaluate import Chosen
from digitviz.dashboard.questions.subject import Answers, answers
from digitviz.dashboard.session.moment import moment
from digitviz.figures.colours import MARK_COLOUR
from tests.pages.reading import words_on
from tests.pages.test_evaluate import expected_cells, open_page, picture, shown_matrix, trained, unpacked
from tests.store.made import kept_drawing


@pytest.fixture(autouse=True)
def _fresh():
    st.cache_resource.clear()


@pytest.fixture(scope="module")
def run(digits) -> TrainingRun:
    return trained(digits)


@pytest.fixture
def given(run) -> Answers:
    found = answers(moment(run), run.test).compute(lambda _progress: None).value
    assert isinstance(found, Answers)
    return found


def told(page: AppTest) -> dict:
    """Return the data of the chosen digit before any slider moves."""
    shown = [element.proto for element in page.get("bidi_component")]
    return json.loads(next(proto.json for proto in shown if proto.component_name == "digitviz_answer_sentence"))


def test_the_address_names_the_digit_that_is_chosen(run):
    page = open_page(run, digit="training-7")
    assert "Training digits: #7" in [header.value for header in page.header]
    assert page.query_params["digit"] == "training-7"
    assert page.segmented_control("evaluate_set").value == "training"
    said, probabilities = told(page), run.network.predict_proba(run.train.pixels[6:7])[0]
    assert (said["label"], said["answer"]) == (run.train.labels[6], probabilities.argmax())
    assert said["probability"] == pytest.approx(probabilities.max())
    assert said["network"] == "the network after batch 6"
    bars = picture(page, "evaluate_bars")
    np.testing.assert_allclose(unpacked(bars["data"][0]["x"]), probabilities, atol=1e-6)
    assert bars["layout"]["yaxis"]["ticktext"][run.train.labels[6]] == f"label <b>{run.train.labels[6]}</b>"
    assert bars["layout"]["meta"]["follows"]["pixels"] == run.train.pixels[6].tolist()


def test_a_digit_stays_beside_the_matrix_until_it_is_closed(run):
    page = open_page(run, digit="test-5")
    cell = run.test.labels[4], run.network.predict(run.test.pixels[4:5])[0]
    frames = picture(page, "confusion")["layout"]["shapes"]
    colours = {(frame["y0"] + 0.5, frame["x0"] + 0.5): frame["line"]["color"] for frame in frames}
    assert [place for place, colour in colours.items() if colour != MARK_COLOUR] == [cell]
    shown = picture(page, "evaluate_confused_test")["layout"]["annotations"]
    assert all(f"<b>{cell[1]}</b>" in note["text"] for note in shown)  # digits of this cell, not of the framed ones
    page.segmented_control("evaluate_set").set_value("training").run()
    page.toggle("evaluate_beside").set_value(True).run()
    assert "Test digits: #5" in [header.value for header in page.header]
    assert shown_matrix(page, "confusion_beside").sum() == 1000
    page.button("evaluate_close").click().run()
    assert "Test digits: #5" not in [header.value for header in page.header]
    assert "digit" not in page.query_params
    assert not page.exception


def test_a_digit_that_is_gone_is_not_shown(run, digits):
    page = open_page(run)
    page.session_state["saved_drawings"] = [kept_drawing(digit=tuple(digits.pixels[3]), label=3)]
    page.session_state["evaluate_chosen"] = Chosen("drawings", 0)
    page.run()
    assert page.query_params["digit"] == "drawings-1"
    page.session_state["saved_drawings"] = []
    page.run()
    assert "digit" not in page.query_params
    assert not page.exception


def test_from_a_digit_the_way_leads_to_all_of_its_cell(run, given):
    label, answer = np.argwhere(expected_cells(given) > 1)[0].tolist()
    rows = np.flatnonzero((given.digits.labels == label) & (given.predictions == answer))
    page = open_page(run, digit=f"test-{rows[0] + 1}")
    assert page.button("evaluate_back").label == f"All {len(rows)} in its cell"
    page.button("evaluate_back").click().run()
    assert f"{len(rows)} digits. Most confident answers first" in words_on(page)
    assert "As read by the network after batch 6." in words_on(page)
    page.session_state["asked_batch"], page.session_state["asked_batch_follows"] = 2, False
    assert "As read by" not in words_on(page.run())
    alone = np.flatnonzero(expected_cells(given)[run.test.labels, given.predictions] == 1)
    page.session_state["evaluate_chosen"] = Chosen("test", int(alone[0]))
    page.session_state["asked_batch_follows"] = True
    assert "evaluate_back" not in [button.key for button in page.run().button]


def test_the_address_names_the_set(run):
    page = open_page(run, set="handwriting")
    assert page.segmented_control("evaluate_set").value == "handwriting"
    assert shown_matrix(page).sum() == 1000
    assert page.query_params["set"] == "handwriting"
    page.segmented_control("evaluate_set").set_value("training").run()
    assert page.query_params["set"] == "training"
    page.segmented_control("evaluate_set").set_value("test").run()
    assert "set" not in page.query_params


def test_the_set_in_the_address_may_be_another_than_that_of_the_digit(run):
    page = open_page(run, set="test", digit="training-7")
    assert shown_matrix(page).sum() == 180
    assert (page.query_params["set"], page.query_params["digit"]) == ("test", "training-7")
    assert not page.warning


@pytest.mark.parametrize("name", ["Handwriting", "drawings", "pad", "<b>", "9" * 400])
def test_an_address_that_names_no_set_is_explained(run, name):
    page = open_page(run, set=name)
    assert "It shows the default instead." in page.warning[0].value
    assert "one of test, training, handwriting" in page.warning[0].value
    assert "set" not in page.query_params
    assert shown_matrix(page).sum() == 180


def follows(page: AppTest, key: str = "confusion") -> dict | str | None:
    return picture(page, key)["layout"].get("meta", {}).get("follows")


def test_the_matrix_of_every_set_follows_the_slider(run):
    page = open_page(run)
    assert follows(page) == {"kind": "confusion", "percent": False}
    page.segmented_control("evaluate_set").set_value("training").run()
    page.toggle("evaluate_beside").set_value(True).run()
    handwriting = load_handwriting()[5000:]
    assert follows(page) == {"kind": "confusion", "percent": False, "digits": run.train.id}
    assert follows(page, "confusion_beside") == {"kind": "confusion", "percent": False, "digits": handwriting.id}
    shown = [element.proto for element in page.get("bidi_component")]
    slider = json.loads(next(proto.json for proto in shown if proto.component_name == "digitviz_training_slider"))
    assert set(slider["digits"]) == {run.train.id, handwriting.id}


def test_a_set_that_is_too_large_to_follow_says_of_which_batch_it_is(run, monkeypatch):
    monkeypatch.setattr(training_slider, "MAX_BYTES", 150_000)
    page = open_page(run, set="training")
    assert follows(page) is None
    assert "Until you release it, this shows the network after batch 6." in words_on(page)
    page.segmented_control("evaluate_set").set_value("test").run()
    assert follows(page) is not None
    assert "Until you release it" not in words_on(page)


@pytest.mark.parametrize(
    "digit", ["test-0", "test-181", "other-1", "pad", "test-", "test-1e3", "<b>", "test-" + "9" * 400]
)
def test_an_address_that_names_no_digit_is_explained(run, digit):
    page = open_page(run, digit=digit)
    assert "It shows the default instead." in page.warning[0].value
    assert "digit" not in page.query_params


def test_a_digit_goes_to_the_pad(run):
    page = open_page(run)
    page.session_state["evaluate_chosen"] = Chosen("test", 4)
    page.run()
    page.button("evaluate_pad").click().run()
    assert not page.exception
    assert page.title[0].value == "Can it read what you draw?"
