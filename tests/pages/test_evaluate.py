"""Evaluate: a network's errors, for any run, checkpoint and set of digits, and for the pretrained network."""

from __future__ import annotations

import base64
import dataclasses
import json
import re
import threading

import numpy as np
import pytest
import sklearn.metrics
import streamlit as st
from streamlit.testing.v1 import AppTest

from digitviz import (
    Hyperparameters,
    Network,
    TrainingRun,
    load_handwriting,
    load_pretrained,
    pixel_importance,
    wilson_interval,
)
from digitviz.dashboard.questions import computed, evaluate, subject as answers_module
from digitviz.dashboard.questions.evaluate import Chosen
from digitviz.dashboard.questions.subject import Answers, answers
from digitviz.dashboard.session.moment import moment
from digitviz.dashboard.session.training_data import TrainingData
from digitviz.explanations.evaluation import Calibration, calibration
from digitviz.numbers import a_digit
from digitviz.training.pool import Job
from tests.pages.reading import words_on
from tests.store.made import kept_drawing
from tests.waiting import wait_until

ALL = list(range(10))


@pytest.fixture(autouse=True)
def _fresh():
    st.cache_resource.clear()


def trained(digits, batches: int = 6, **settings) -> TrainingRun:
    run = TrainingRun(digits, Hyperparameters(batches=batches, steps_per_batch=30, **settings))
    run.advance(batches * 30)
    return run


@pytest.fixture(scope="module")
def run(digits) -> TrainingRun:
    return trained(digits)


def open_page(run: TrainingRun | None = None, asks: bool = False, **address: str) -> AppTest:
    """Open the page, and reset the flag for a newly opened page, because the frame that resets it does not run here.

    Unless it `asks`, the visitor has guessed already.
    """
    page = AppTest.from_file("../../app.py", default_timeout=30)
    if not asks:
        page.session_state["evaluate_guess_before_committed"] = "8"
    page.query_params.update(address)
    if run is not None:
        page.session_state["job"] = Job(run)
    page.switch_page("pages/evaluate.py").run()
    assert not page.exception
    page.session_state["visit_opened"] = False
    return page


def picture(page: AppTest, key: str) -> dict:
    return json.loads(page.session_state["frames"][key][1])["figure"]


def unpacked(packed: dict) -> np.ndarray:
    values = np.frombuffer(base64.b64decode(packed["bdata"]), packed["dtype"])
    return values.reshape([int(side) for side in packed["shape"].split(",")]) if "shape" in packed else values


def shown_matrix(page: AppTest, key: str = "confusion") -> np.ndarray:
    """Return the matrix as shown, with 0 for empty cells."""
    diagonal, others = (unpacked(trace["z"]) for trace in picture(page, key)["data"][:2])
    assert np.isnan(diagonal[~np.eye(10, dtype=bool)]).all()
    assert np.isnan(np.diag(others)).all()
    return np.nan_to_num(diagonal) + np.nan_to_num(others)


def expected_matrix(network: Network, digits) -> np.ndarray:
    return sklearn.metrics.confusion_matrix(digits.labels, network.predict(digits.pixels), labels=ALL)


def test_the_matrix_is_that_of_the_moment_and_the_set_that_are_chosen(run):
    page = open_page(run)
    assert np.array_equal(shown_matrix(page), expected_matrix(run.network, run.test))
    page.segmented_control("evaluate_set").set_value("training").run()
    assert np.array_equal(shown_matrix(page), expected_matrix(run.network, run.train))
    # The slider's script sets these.
    page.session_state["asked_batch"], page.session_state["asked_batch_follows"] = 2, False
    page.run()
    assert np.array_equal(shown_matrix(page), expected_matrix(run.at(2).network, run.train))
    page.toggle("evaluate_percent").set_value(True).run()
    counts = expected_matrix(run.at(2).network, run.train)
    np.testing.assert_allclose(shown_matrix(page), counts / counts.sum(axis=1, keepdims=True), rtol=1e-6)
    page.toggle("evaluate_percent").set_value(False).run()
    page.toggle("evaluate_beside").set_value(True).run()
    handwriting = load_handwriting()[5000:]
    assert np.array_equal(shown_matrix(page, "confusion_beside"), expected_matrix(run.at(2).network, handwriting))
    assert not page.exception


def about_chance(page: AppTest) -> str:
    """Return the explanation of the interval, which opens beside it."""
    return next(element.proto.help for element in page.markdown if "On other digits" in element.value)


def test_the_words_say_how_many_are_correct_and_how_far_that_can_be_believed(run):
    page = open_page(run)
    correct = round(run.test_accuracy * 180)
    low, high = wilson_interval(correct, 180)
    words = words_on(page)
    assert f"**{correct / 180:.1%}** of the 180 digits are read correctly." in words
    assert f"On other digits, expect {low:.0%} to {high:.0%}." in words
    explained = about_chance(page)
    assert f"the accuracy on all such digits lies between {low:.0%} and {high:.0%}, in 95 of 100 cases" in explained
    assert "Wilson" not in words + explained
    assert "But they are not: they are the end of scikit-learn's file" in explained
    matrix = expected_matrix(run.network, run.test)
    wrong = matrix - np.diag(np.diag(matrix))
    one, other = np.unravel_index(wrong.argmax(), wrong.shape)
    assert f"it reads {a_digit(int(one))} as {a_digit(int(other))}" in page.header[0].value
    assert wrong[one, other] == wrong.max()
    assert f"(framed): {wrong.max()} of {matrix[one].sum()} times" in page.header[0].value
    assert len(picture(page, "confusion")["layout"]["shapes"]) == 1
    confused = picture(page, "evaluate_confused_test")["layout"]
    shown = [note["text"] for note in confused["annotations"]]
    read = [f"<b>{digit}</b> ✓" for digit in (one, other) if matrix[digit, digit]]  # a clear one of each
    assert shown == [f"Is {a_digit(int(one))}<br>read as <b>{other}</b>"] * min(wrong.max(), 3) + read
    pictures, counts = picture(page, "confusion")["data"][2:]
    drawn = ~np.isnan(unpacked(pictures["z"]).reshape(10, 10, 10, 10)).all(axis=(1, 3))
    assert np.array_equal(drawn, wrong > 0), "each cell of a mistake shows one"
    assert [text for text in counts["text"] if text] == [f"<b>{count}</b>" for count in wrong.ravel() if count > 1]
    page.segmented_control("evaluate_set").set_value("training").run()
    assert "It was trained on these" in words_on(page)


def test_the_pixel_that_matters_most_is_that_of_the_network_and_the_digits_shown(run):
    page = open_page(run)
    wait_until(lambda: "pixel_importance" in page.run().session_state["frames"])
    lost = pixel_importance(run.network, run.test, run.train.pixels.mean(axis=0))
    np.testing.assert_allclose(losses_shown(page), 100 * lost.ravel(), rtol=1e-5)
    row, column = np.unravel_index(lost.argmax(), (8, 8))
    found = f"row {row + 1}, column {column + 1} matters most: without it, {round(lost.max() * 180)} more of them"
    assert found in words_on(page)
    page.segmented_control("evaluate_set").set_value("training").run()
    wait_until(lambda: "in all 1,617 digits" in words_on(page.run()))
    lost = pixel_importance(run.network, run.train, run.train.pixels.mean(axis=0))
    np.testing.assert_allclose(losses_shown(page), 100 * lost.ravel(), rtol=1e-5)


def losses_shown(page: AppTest) -> np.ndarray:
    packed = picture(page, "pixel_importance")["data"][0]["z"]
    return np.frombuffer(base64.b64decode(packed["bdata"]), packed["dtype"])


def test_without_any_pixel_that_matters_the_words_say_so(run):
    assert "No single pixel costs any accuracy." in evaluate._most_important(np.zeros((8, 8)), moment(run), 180)


def test_after_a_random_split_the_test_digits_are_a_random_sample(run, monkeypatch):
    monkeypatch.setattr(evaluate.current_run, "learnt_from", lambda: TrainingData(split=3))
    words = about_chance(open_page(run))
    assert "This interval only covers chance in the sample. It says nothing about digits by other writers." in words
    assert "But they are not" not in words


def test_labels_that_are_wrong_on_purpose_are_not_called_the_digits(digits):
    page = open_page(trained(digits.mislabelled(0.2)))
    assert "most common mistake" in page.header[0].value  # the test digits have the right labels
    page.segmented_control("evaluate_set").set_value("training").run()
    warning = "About 20% of the training labels are wrong on purpose, so the label may be wrong, not the network."
    layout = picture(page, "confusion")["layout"]
    assert layout["yaxis"]["title"]["text"] == "label"
    captions = [note["text"] for note in picture(page, "evaluate_confused_training")["layout"]["annotations"]]
    captions = [caption for caption in captions if "✓" not in caption]
    assert captions
    assert all(re.fullmatch(r"Is an? \d<br>read as <b>\d</b>", caption) for caption in captions)
    words = words_on(page)
    assert f"how well it reads new ones. {warning}" in words
    assert f"Select one. {warning}" in words
    assert "cannot be trusted" not in words


def test_the_calibration_error_stands_beside_what_chance_gives(run):
    page = open_page(run)
    found = calibration(run.network.predict_proba(run.test.pixels), run.test.labels)
    band = (
        f"perfectly calibrated network would show {found.by_chance:.1%} on average, and up to {found.limit:.1%} in 95%"
    )
    assert band in words_on(page)


@pytest.mark.parametrize(
    ("count", "error", "verdict"),
    [
        (3, 0.016, "This is too few digits to say anything"),
        (180, 0.03, "chance alone could explain"),
        (180, 0.04, "more than chance"),
    ],
)
def test_of_a_calibration_error_is_said_whether_it_is_more_than_chance(count, error, verdict):
    found = Calibration(np.ones(1), np.ones(1), np.array([count]), error, by_chance=0.02, limit=0.034)
    assert verdict in evaluate.beside_chance(found)


def test_the_table_has_scikit_learns_scores_and_says_none_where_there_is_none(digits):
    page = open_page(trained(digits, batches=1))
    run = page.session_state["job"].run
    predictions = run.network.predict(run.test.pixels)
    scores = sklearn.metrics.precision_recall_fscore_support(
        run.test.labels, predictions, labels=ALL, zero_division=np.nan
    )
    table = next(element.value for element in page.markdown if element.value.startswith("| digit"))
    for digit, line in enumerate(table.splitlines()[2:]):
        written = ["none" if np.isnan(value) else f"{value:.1%}" for value in (row[digit] for row in scores[:3])]
        assert line == f"| **{digit}** | {' | '.join(written)} | {scores[3][digit]} |"


def test_all_parts_are_there_and_say_how_sure_and_when(run):
    page = open_page(run)
    assert [header.value for header in page.header][1:] == [
        "Confident, but wrong", "Which pixel matters most?", "How well is each digit recognized?",
        "Does it know when it is wrong?", "When was each digit learned?",
    ]  # fmt: skip
    assert "Expected calibration error" in words_on(page)
    assert len(unpacked(picture(page, "evaluate_learnt")["data"][1]["x"])) == 180
    never = round((1 - run.test_accuracy) * 180)
    assert f"Still misclassified at the end: **{never}** of 180 test digits" in words_on(page)


@pytest.mark.parametrize("hidden", [(), (12, 11, 10, 9)])
def test_networks_of_any_depth_are_evaluated(digits, hidden):
    run = trained(digits, batches=2, hidden=hidden)
    page = open_page(run)
    assert np.array_equal(shown_matrix(page), expected_matrix(run.network, run.test))


def test_a_network_that_diverged_is_evaluated_as_far_as_it_has_answers(digits):
    run = TrainingRun(digits, Hyperparameters(activation="identity", learning_rate=0.01))
    run.advance(run.total_steps)
    assert run.diverged
    page = open_page(run)
    assert shown_matrix(page).sum() == 180


def test_a_network_with_one_answer_for_all_digits_is_called_that(digits):
    run = trained(digits, batches=2, initialization="zeros")
    page = open_page(run)
    assert "It gives every digit the same answer: 0" in [header.value for header in page.header]
    assert "so no mistake stands out" in words_on(page)
    assert "no other digit gets that far" in words_on(page)
    assert moment(run).gives_one_answer
    assert not dataclasses.replace(moment(run), test=run.test[run.test.labels == 7]).gives_one_answer


def test_only_a_page_with_a_slider_speaks_of_one(digits):
    run = TrainingRun(digits, Hyperparameters(batches=4, steps_per_batch=30))
    run.advance(7)
    assert "Everything below describes the network after 7 steps." in words_on(page := open_page(run))
    assert "slider" not in words_on(page)


def test_the_ready_made_network_is_evaluated_on_handwriting_and_has_no_moments():
    page = open_page(net="reader")
    assert np.array_equal(shown_matrix(page), expected_matrix(load_pretrained(), load_handwriting()[5000:]))
    assert "was not recorded" in words_on(page)


def test_without_a_run_the_page_opens_with_the_ready_made_network_and_offers_to_train():
    page = open_page()
    assert page.button("train_notebook")
    assert np.array_equal(shown_matrix(page), expected_matrix(load_pretrained(), load_handwriting()[5000:]))


def test_a_run_that_has_not_finished_a_batch_says_so(digits):
    run = TrainingRun(digits, Hyperparameters(batches=4, steps_per_batch=30))
    run.advance(7)
    page = open_page(run)
    assert "has not finished a batch" in words_on(page)


def test_what_takes_long_is_computed_while_the_page_says_how_far_it_is(run, monkeypatch):
    monkeypatch.setattr(computed, "PATIENCE", 0.0)
    held, asked = threading.Event(), answers_module.when_learnt

    def slow(run, **named):
        assert held.wait(90)
        return asked(run, **named)

    monkeypatch.setattr(answers_module, "when_learnt", slow)
    page = open_page(run)
    assert not page.header
    assert page.get("progress")
    held.set()
    wait_until(lambda: len(page.run().header) > 0)
    assert shown_matrix(page).sum() == 180


def test_own_drawings_are_a_set(run, digits):
    page = open_page(run)
    assert "drawings" not in page.segmented_control("evaluate_set").options
    right = np.flatnonzero(run.network.predict(digits.pixels) == digits.labels)[[3, 40, 77]]
    kept = [kept_drawing(digit=tuple(digits.pixels[row]), label=int(digits.labels[row])) for row in right]
    page.session_state["saved_drawings"] = kept
    page.run()
    page.segmented_control("evaluate_set").set_value("drawings").run()
    assert shown_matrix(page).sum() == 3
    assert "evaluate_confused_drawings" not in page.session_state["frames"], "all three are read correctly"
    kept[:] = kept[:1] * 2
    page.run()
    assert page.header[0].value == "It reads all of these digits correctly"
    wrong = int(np.flatnonzero(run.network.predict(digits.pixels) != digits.labels)[0])
    kept[:] = [kept_drawing(digit=tuple(digits.pixels[wrong]), label=int(digits.labels[wrong]))]
    page.run()
    assert "evaluate_mistakes" in page.session_state["frames"]
    assert "so no mistake stands out" not in words_on(page)
    page.session_state["saved_drawings"] = []
    page.run()  # the set no longer exists
    assert not page.exception
    assert shown_matrix(page).sum() == 180


@pytest.fixture
def given(run) -> Answers:
    found = answers(moment(run), run.test).compute(lambda _progress: None).value
    assert isinstance(found, Answers)
    return found


@pytest.fixture
def state(monkeypatch):
    state: dict = {}
    monkeypatch.setattr(st, "session_state", state)
    return state


def test_a_click_on_a_cell_opens_its_digits_the_surest_mistakes_first(state, given):
    for label, answer in np.argwhere(expected_cells(given) > 0).tolist():
        state["confusion"] = {"click": {"x": answer, "y": label, "curveNumber": int(label != answer)}}
        evaluate.take_cell("confusion", "test", given)
        rows = np.flatnonzero((given.digits.labels == label) & (given.predictions == answer))
        if len(rows) == 1:
            assert state["evaluate_chosen"] == Chosen("test", int(rows[0]), state["evaluate_chosen"].clicks)
            assert "evaluate_opened" not in state
            continue
        assert state.pop("evaluate_opened") == (given.id, (label, answer))
        opened = evaluate.digits_of(given, (label, answer))
        assert sorted(opened) == rows.tolist()
        sure = given.probabilities[opened].max(axis=1)
        assert (np.diff(sure) * (1 if label == answer else -1) >= 0).all()


def expected_cells(given: Answers) -> np.ndarray:
    return sklearn.metrics.confusion_matrix(given.digits.labels, given.predictions, labels=ALL)


def test_until_the_guess_the_page_shows_one_misread_digit_of_each_of_the_labels_to_guess_from(run):
    page = open_page(run, asks=True)
    matrix, answers = expected_matrix(run.network, run.test), run.network.predict(run.test.pixels)
    wrong = (matrix * (1 - np.eye(10, dtype=int))).sum(axis=1)
    asked = sorted(np.argsort(-wrong, kind="stable")[: min(6, np.count_nonzero(wrong))].tolist())
    assert "confusion" not in page.session_state["frames"]
    assert not page.header
    captions = [note["text"] for note in picture(page, "evaluate_faces")["layout"]["annotations"]]
    mistakes = np.flatnonzero(answers != run.test.labels)
    possible = [(f"Is {a_digit(int(run.test.labels[at]))}<br>read as <b>{answers[at]}</b>") for at in mistakes]
    assert set(captions) <= set(possible)
    assert [int(re.search(r"\d", caption).group()) for caption in captions] == asked
    (guess,) = [box for box in page.selectbox if box.key.startswith("evaluate_guess_test_")]
    assert guess.options == list(map(str, asked))
    best = [str(label) for label in range(10) if wrong[label] == wrong.max()]
    guess.set_value(best[0]).run()
    assert np.array_equal(shown_matrix(page), matrix)
    said = f"You said {best[0]}. Right! Most often, it misreads the {' and '.join(best)}: "
    assert f"{said}{'each has ' * (len(best) > 1)}{wrong.max()} of its {wrong.sum()} mistakes." in words_on(page)
    assert "evaluate_mistakes" in page.session_state["frames"]


def test_a_link_to_a_part_of_the_page_needs_no_guess(run, monkeypatch):
    monkeypatch.setattr(evaluate.spotlight, "is_wanted", lambda: True)
    page = open_page(run, asks=True)
    monkeypatch.undo()
    assert shown_matrix(page.run()).sum() == 180


def test_a_click_on_a_misread_digit_is_a_guess(state):
    for place, guessed in ((7, None), (1, "8")):
        state["evaluate_faces"] = {"click": {"x": 0, "y": 0, "curveNumber": 1, "customdata": place}}
        evaluate.take_guess("evaluate_guess_test_3", [3, 8])
        assert state.get("evaluate_guess_test_3_committed") == guessed


@pytest.mark.parametrize(
    "click", [None, {"x": 99, "y": 3, "curveNumber": 0}, {"x": -5e14, "y": 1, "curveNumber": 1}, {"x": "1", "y": 2}]
)
def test_a_click_that_hits_no_cell_opens_nothing(state, given, click):
    state["confusion"] = {"click": click}
    evaluate.take_cell("confusion", "test", given)
    assert "evaluate_opened" not in state


@pytest.mark.parametrize("customdata", [None, -1, 3, 1.5, "1", [1]])
def test_a_click_that_hits_no_digit_opens_nothing(state, customdata):
    state["evaluate_mistakes"] = {"click": {"x": 0, "y": 0, "curveNumber": 1, "customdata": customdata}}
    evaluate.take_digit("evaluate_mistakes", "test", np.array([5, 6, 7]))
    assert "evaluate_chosen" not in state


def test_a_click_on_a_digit_chooses_it(state):
    state["evaluate_mistakes"] = {"click": {"x": 0, "y": 0, "curveNumber": 1, "customdata": 2}}
    evaluate.take_digit("evaluate_mistakes", "test", np.array([5, 6, 7]))
    assert state["evaluate_chosen"] == Chosen("test", 7, clicks=1)
    evaluate.take_digit("evaluate_mistakes", "test", np.array([5, 6, 7]))
    assert state["evaluate_chosen"].clicks == 2


def test_what_nobody_waits_for_is_not_read_on(run, given):
    class Left(Exception):
        pass

    def report(progress):
        assert progress == (0, len(run.train))
        raise Left

    with pytest.raises(Left):
        answers(moment(run), run.train).compute(report)
    assert given.nbytes > 180 * 10 * 8
