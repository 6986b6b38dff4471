"""The receipt page: any digit, any network, and the targets of its buttons."""

from __future__ import annotations

import base64
import json
import re
import threading

import numpy as np
import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from digitviz import DigitDataset, Hyperparameters, TrainingRun, load_handwriting, load_pretrained, occlusion
from digitviz.dashboard.components.pad import pack
from digitviz.dashboard.questions import computed, why
from digitviz.dashboard.questions.controls import Remembered
from digitviz.dashboard.session.training_data import TrainingData
from digitviz.dashboard.train.live import WHY
from digitviz.drawing import to_digit
from digitviz.drawing.picture import canvas_from_digit
from digitviz.explanations.robustness import Occlusion
from digitviz.training.pool import Job
from tests.pages.reading import words_on
from tests.waiting import wait_until


@pytest.fixture(autouse=True)
def _patience(monkeypatch):
    """Make the page wait for quick computations even on a busy machine."""
    monkeypatch.setattr(computed, "PATIENCE", 30.0)


def a_run(digits, hidden=(12,), **settings) -> TrainingRun:
    run = TrainingRun(digits, Hyperparameters(batches=3, steps_per_batch=40, hidden=hidden, **settings))
    run.advance(run.total_steps)
    return run


def page_of(run: TrainingRun | None = None, **address: str) -> AppTest:
    st.cache_resource.clear()
    page = AppTest.from_file("../../app.py", default_timeout=30)
    if run is not None:
        page.session_state["job"] = Job(run, None)
    page.switch_page("pages/why.py")
    for name, text in address.items():
        page.query_params[name] = text
    page.run()
    page.session_state["visit_opened"] = False  # the frame would reset this, but does not run here
    assert not page.exception
    return page


def shown_in(page: AppTest) -> dict:
    protos = [element.proto for element in page.get("bidi_component")]
    return json.loads(next(proto.json for proto in protos if proto.component_name == "digitviz_receipt"))


def picture(page: AppTest, key: str) -> dict:
    return json.loads(page.session_state["frames"][key][1])["figure"]


def test_without_a_run_the_page_opens_with_the_ready_made_network_and_offers_to_train(digits):
    page = page_of()
    assert page.button("train_notebook")
    digits, network = load_handwriting()[5000:], load_pretrained()
    answers = network.predict_proba(digits.pixels)
    confidence = answers.max(axis=1)
    is_correct = (answers.argmax(axis=1) == digits.labels)[:50]
    first = min((index for index in range(50) if is_correct[index] and confidence[index] >= 0.6), key=confidence.item)
    assert occlusion(network, digits.pixels[first]).flips.any()  # one pixel matters
    np.testing.assert_allclose(shown_in(page)["logits"], network.logits(digits.pixels[[first]])[0], rtol=1e-6)
    assert f"It says **{digits.labels[first]}**" in words_on(page)
    html = [each.proto.body for each in page.get("html")]
    [said], [bars] = ([each for each in html if f"digitviz-{kind}" in each] for kind in ("flip", "shares"))
    answer, other = re.search(r"Why (\d), not (\d)\?", said).groups()
    assert (int(answer), f"it would say **{other}**" in words_on(page)) == (digits.labels[first], True)
    assert re.findall(r"<span>(\d)</span>", bars) == [answer, other]
    assert sum(map(int, re.findall(r"(\d+)%<", bars))) == pytest.approx(100, abs=1)


@pytest.mark.parametrize("hidden", [(), (12,), (9, 8), (7, 6, 5, 4)])
def test_what_is_shown_is_what_the_network_says(digits, hidden):
    run = a_run(digits, hidden)
    page = page_of(run, digit="test-5")
    data, x = shown_in(page), run.test.pixels[4:5]
    np.testing.assert_allclose(data["logits"], run.network.logits(x)[0].astype(float), rtol=1e-6)
    assert data["truth"] == run.test.labels[4]
    assert data["hidden"] == len(hidden)
    assert data["ink"]
    assert len(data["path"]) == len(hidden)
    assert f"says **{run.network.predict(x)[0]}**" in words_on(page)
    needed = occlusion(run.network, x)
    assert f"Which pixel matters most for the {needed.label}?" in words_on(page) or needed.flips.any()


def test_any_moment_and_any_set_can_be_asked_about(digits):
    run = a_run(digits)
    page = page_of(run, digit="training-3", batch="1")
    data = shown_in(page)
    expected = run.train.pixels[2] @ run.history.parameters_after(0).weights[0].astype(float)
    opened = next(neuron for neuron in data["neurons"] if neuron["number"] == data["opened"])
    assert opened["sum"] == pytest.approx(expected[data["opened"]])
    assert "but it says" in words_on(page)
    assert picture(page, "nearest")["layout"]["annotations"][0]["text"] != f"<b>{run.train.labels[2]}</b><br>0"


def test_a_training_label_that_may_be_wrong_is_not_called_the_digit(digits):
    run = a_run(digits.mislabelled(0.2))
    answer = run.network.predict(run.train.pixels[2:3])[0]
    warning = "About 20% of the training labels are wrong on purpose, so the label may be wrong, not the network."
    said = words_on(page_of(run, digit="training-3"))
    assert f"This is a digit labelled {run.train.labels[2]}. It says **{answer}**" in said
    assert said.count(warning) == 3  # also below the nearest digits and those that activate a neuron
    assert words_on(page_of(run, digit="test-3")).count(warning) == 2


def test_buttons_lead_to_the_next_digit_and_to_a_misclassified_one(digits):
    page = page_of(None, net="reader", digit="test-1")
    page.button("why_next").click().run()
    assert page.query_params["digit"] == "test-2"
    page.button("why_previous").click().run()
    page.button("why_previous").click().run()
    assert page.query_params["digit"] == "test-1000"
    page.button("why_wrong").click().run()
    name, number = page.query_params["digit"].split("-")
    assert name == "test"
    data = shown_in(page)
    assert data["label"] != data["truth"]
    assert "but it says" in words_on(page)
    assert int(number) < 1000
    page.button("why_next").click().run()
    asked = page.query_params["digit"]
    assert page.run().query_params["digit"] == asked  # the page does not move on


def test_the_receipt_does_not_wait_for_the_digits_that_excite_the_neuron(digits, monkeypatch):
    go, found = threading.Event(), why.most_exciting

    def slow(*asked):
        assert go.wait(90)
        return found(*asked)

    monkeypatch.setattr(computed, "PATIENCE", 0.0)
    monkeypatch.setattr(why, "most_exciting", slow)
    page = page_of(a_run(digits), digit="test-5")
    assert shown_in(page)["truth"] == digits.labels[1621]
    assert "exciting" not in page.session_state["frames"]
    assert page.button("exciting_cancel")
    go.set()
    wait_until(lambda: "exciting" in page.run().session_state["frames"])
    assert "exciting_cancel" not in {button.key for button in page.button}


def test_a_misclassified_digit_is_shown_once_it_is_found(digits, monkeypatch):
    page = page_of(None, net="reader", digit="test-1")
    monkeypatch.setattr(computed, "PATIENCE", 0.0)
    page.button("why_wrong").click().run()
    wait_until(lambda: page.run().query_params["digit"] != "test-1")
    assert "but it says" in words_on(page)
    page.button("why_next").click().run()
    asked = page.query_params["digit"]
    assert page.run().query_params["digit"] == asked  # the page does not move on


def test_a_digit_whose_numbers_overflow_has_no_answer(digits):
    """The network has answers to all digits without ink in the first pixel."""
    images = digits.images.copy()
    images[100, 0, 0] = 16
    start = a_run(digits, precision="float64").parameters
    start.weights[0][0] = 1e308
    run = TrainingRun(DigitDataset(images.reshape(-1, 64), digits.labels), Hyperparameters(hidden=(12,)), start=start)
    assert "numbers overflowed" in words_on(page_of(run, digit="training-101"))
    assert "it says" in words_on(page_of(run, digit="training-100"))


def test_a_set_without_mistakes_says_so(digits):
    run = a_run(digits[:40], optimizer="adam", learning_rate=0.01, input_scale="unit", initialization="he")
    assert run.network.accuracy(run.train.pixels, run.train.labels) == 1
    page = page_of(run, digit="training-1")
    page.button("why_wrong").click().run()
    assert "classifies all of these correctly" in words_on(page)
    assert page.query_params["digit"] == "training-1"


def test_the_digit_goes_onto_the_pad_and_the_drawing_on_the_pad_has_a_receipt(digits):
    page = page_of(None, net="reader", digit="training-4")
    page.button("why_pad").click().run()
    canvas = canvas_from_digit(digits.images[3])
    assert page.session_state["pad_put"][1] == pack(canvas)
    page.switch_page("pages/why.py")
    page.query_params["digit"], page.query_params["net"] = "pad", "reader"
    page.session_state["visit_opened"] = True
    page.run()
    data = shown_in(page)
    assert (data["truth"], data["inputs"]) == (None, to_digit(canvas).digit.ravel().tolist())
    assert page.button("why_pad").disabled


@pytest.mark.parametrize("digit", ["test-0", "test-181", "pad", "nonsense-1", "training", "test-9999999999999999"])
def test_a_digit_that_is_not_there_is_said(digits, digit):
    page = page_of(a_run(digits), digit=digit)
    assert page.warning
    assert page.query_params["digit"] == "test-1"
    assert shown_in(page)["truth"] == digits.labels[1617]


def test_a_network_that_diverged_still_shows_its_last_finite_weights(digits):
    run = TrainingRun(digits, Hyperparameters(batches=2, steps_per_batch=50, activation="identity", learning_rate=1e-2))
    run.advance(run.total_steps)
    assert run.diverged
    page_of(run, digit="test-1")


def links_of(page: AppTest) -> list[tuple[str, str]]:
    return [(link.proto.page, link.proto.query_string) for link in page.get("page_link")]


def test_a_drawing_leads_to_its_receipt(digits):
    page = AppTest.from_file("../../app.py", default_timeout=30)
    page.session_state["pad_put"] = (1, pack(canvas_from_digit(digits.images[3])))
    page.switch_page("pages/draw.py").run()
    assert not page.exception
    assert ("why", "digit=pad&net=reader") in links_of(page)


def test_a_digit_in_the_living_network_leads_to_its_receipt(digits):
    page = AppTest.from_file("../../app.py", default_timeout=30)
    page.session_state["job"] = Job(a_run(digits), None)
    page.session_state["job_training_data"] = TrainingData()
    page.session_state[WHY] = 4
    page.switch_page("pages/train.py").run()
    assert not page.exception
    assert page.query_params["digit"] == "test-5"
    assert page.title[0].value == "Why did it say that?"


def test_the_account_asks_for_a_pixel_that_changes_the_answer_and_then_says_what_the_chosen_one_does():
    labels, probabilities = np.full((8, 8), 9), np.full((8, 8), 0.6)
    probabilities[0, 0] = 0.1
    found = Occlusion(9, 0.7, probabilities, labels)
    assert why._account(found) == ["Which pixel matters most for the 9? **Press it.**"]
    said = "Without the pixel in the **orange frame**, it says **{}**."
    assert why._account(found, (0, 0)) == [said.format(9), "No single pixel changes the answer."]
    labels[2, 5], probabilities[2, 5] = 4, 0.3
    assert why._account(found) == ["Without one pixel, it would say **4**. Which pixel? **Press it.**"]
    missed = "Without this pixel, it still says **9**. Try another one."
    assert why._account(found, (0, 0), is_over=False) == [missed]
    assert why._account(found, (0, 0), False, hints=True) == [missed, "Hint: look in the **dotted row**."]
    assert why._account(found, (2, 5)) == [said.format(4)]
    marks = "**→** marks each pixel that changes the answer, and says to what."
    assert why._account(found, (0, 0)) == [said.format(9), marks]
    labels[2, 6] = 8
    assert why._account(found, (2, 5)) == [said.format(4), marks]


def test_of_a_stuck_network_no_pixel_and_no_digit_is_said_to_matter(digits):
    page = page_of(a_run(digits, learning_rate=1.0), digit="test-5")
    said = words_on(page)
    assert "This is a 1. It says **0**, but gives all ten digits the same probability, 10%." in said
    assert "No pixel matters: whichever you cover, the 0 stays at about 10%." in said
    assert "This network gives **every test digit the same answer**." in said
    assert "None: its value is never above 0." in said
    assert "x2" not in {shape.get("xref") for shape in picture(page, "needed_pixels")["layout"]["shapes"]}


def test_a_click_covers_a_pixel_and_a_second_one_uncovers_it(monkeypatch):
    monkeypatch.setattr(st, "session_state", state := {})
    for x, covered in ((6.0, (2, 5)), (9.0, (2, 5)), (6.0, None)):
        state[why.PIXELS] = {"click": {"x": x, "y": 3.0, "curveNumber": 0}}
        why._take_pixel("mark")
        assert why.COVERED.of("mark") == covered


def test_the_page_shows_the_answer_without_the_covered_pixel(digits, monkeypatch):
    run = a_run(digits)
    ink = run.test.pixels[4].copy()
    needed, place = occlusion(run.network, ink), int(ink.argmax())
    row, column = divmod(place, 8)
    page = page_of(run, digit="test-5")
    assert (
        picture(page, "needed_pixels")["layout"]["meta"]["says"]
        == f"It says {needed.label} ({needed.probability:.1%})."
    )
    assert "probability of" not in json.dumps(picture(page, "needed_pixels")), "no answer before the press"
    page.button("why_show").click().run()
    then = needed.labels[needed.weightiest]
    assert f"Without the pixel in the **orange frame**, it says **{then}**." in words_on(page)
    assert "why_show" not in {each.key for each in page.button}
    monkeypatch.setattr(why, "COVERED", Remembered("why_covered", (row, column)))
    page = page_of(run, digit="test-5")
    without = np.where(np.arange(64) == place, 0, ink)
    before, after = (run.network.predict_proba(each[None])[0] for each in (ink, without))
    [bars] = [each.proto.body for each in page.get("html") if "digitviz-shares" in each.proto.body]
    rows = re.findall(r'<span>(\d)</span><b style="--share:([\d.]+)%">([\d.]+)% → ([\d.]+)%</b>', bars)
    assert len(rows) == 2
    assert int(rows[0][0]) == needed.label != int(rows[1][0])
    for digit, share, *both in rows:
        assert float(share) == pytest.approx(100 * after[int(digit)], abs=0.06)
        assert list(map(float, both)) == pytest.approx([100 * each[int(digit)] for each in (before, after)], abs=0.51)
    drawn = picture(page, "needed_pixels")
    told = f"row {row + 1}, column {column + 1} covered, it says {needed.labels[row, column]}, and the probability"
    assert told in drawn["layout"]["meta"]["says"]
    for framed in (drawn, small := picture(page, "without_pixel")):
        frame = framed["layout"]["shapes"][-1]
        assert (frame["x0"], frame["y0"]) == (column + 0.5, row + 0.5)
    packed, ink[place] = small["data"][0]["z"], 0.0
    np.testing.assert_allclose(np.frombuffer(base64.b64decode(packed["bdata"]), packed["dtype"]), ink, rtol=1e-6)


def test_a_pixel_that_does_not_change_the_answer_gives_nothing_away_and_two_of_them_a_hint(digits, monkeypatch):
    run = a_run(digits)
    needed = occlusion(run.network, run.test.pixels[4])
    assert needed.flips.any()
    missed, other = np.argwhere(~needed.flips)[:2].tolist()
    monkeypatch.setattr(why, "COVERED", Remembered("why_covered", tuple(missed)))
    still = f"Without this pixel, it still says **{needed.label}**. Try another one."
    for tried, rows in (([], 0), ([tuple(other)], 1)):
        monkeypatch.setattr(why, "TRIED", Remembered("why_tried", frozenset(tried)))
        page = page_of(run, digit="test-5")
        assert still in words_on(page)
        assert ("Hint: look in the **dotted row**." in words_on(page)) == bool(rows)
        *hint, covered = picture(page, "needed_pixels")["layout"]["shapes"]
        assert [shape["y0"] + 0.5 for shape in hint] == [needed.weightiest[0] + 1] * rows
        assert (covered["y0"], covered["x0"]) == (missed[0] + 0.5, missed[1] + 0.5)
        assert f" {needed.labels[needed.weightiest]}." not in picture(page, "needed_pixels")["layout"]["meta"]["says"]
        assert page.button("why_show")


def test_probabilities_have_as_few_decimals_as_tell_them_apart_and_from_none_and_all():
    assert why._percents(0.77, 0.0331) == ["77%", "3%"]
    assert why._percents(0.774, 0.771) == ["77.4%", "77.1%"]
    assert why._percents(0.9996, 0.003) == ["99.96%", "0.30%"]
    assert why._percents(0.1, 0.1) == ["10%", "10%"]
