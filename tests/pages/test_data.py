from __future__ import annotations

import base64
import json
import re

import numpy as np
import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from digitviz import Hyperparameters, TrainingRun
from digitviz.dashboard.lesson import data
from digitviz.dashboard.session.training_data import TrainingData
from digitviz.drawing.practice import PracticeDataset
from digitviz.figures.digits import BELOW, BESIDE, place_in_grid
from digitviz.lesson.batch import expected_never_seen, never_seen
from digitviz.training.setup import batch_rows
from tests.pages.reading import guess, open_page, words_on


@pytest.fixture
def page() -> AppTest:
    page = open_page("data")
    guess(page)
    return page


def figure_of(page: AppTest, key: str) -> dict:
    return json.loads(page.session_state["frames"][key][1])["figure"]


def test_it_opens_on_two_threes_and_the_split(page):
    assert page.title[0].value.endswith("?")
    assert "**This 3: picture 4**" in words_on(page)
    assert "**Minus a 3: picture 14**" in words_on(page)
    assert "**1,617** digits are for training; the last **180**" in words_on(page)


def test_the_handle_turns_columns_of_a_digit_from_ink_into_numbers(digits):
    page = open_page("data")

    def written() -> list[str]:
        return [re.sub("</?b>", "", text) for text in figure_of(page, "digit_numbers")["data"][1]["text"]]

    image = digits.images[3]
    assert written() == [f"{ink:.0f}" for ink in image.ravel()]
    paper = figure_of(page, "digit_numbers")["data"][2]["z"]
    assert not np.frombuffer(base64.b64decode(paper["bdata"]), paper["dtype"]).any()  # below all numbers
    page.slider("data_inked").set_value(4).run()
    half = np.where(np.arange(8) < 4, "", np.char.mod("%.0f", image)).ravel().tolist()
    assert written() == half
    assert "64 pixels, from 0 to 15" in figure_of(page, "digit_numbers")["layout"]["meta"]["says"]
    page.slider("data_inked").set_value(8).run()
    assert set(written()) == {""}
    assert not page.exception


@pytest.mark.parametrize(("digit", "said"), [(3, "**Right: it is a 3.**"), (5, "**No, it is a 3.**")])
def test_it_asks_which_digit_this_is_before_it_shows_others(digit, said):
    page = open_page("data", step=1)
    assert "digit_choice" not in page.session_state["frames"]
    page.button_group("data_digit").set_value(digit).run()
    assert page.slider("data_inked").value == 4
    assert len(figure_of(page, "digit_choice")["layout"]["shapes"]) == 1
    assert f"{said} **Drag** the handle to see it." in words_on(page)
    page.session_state["data_place"] = 7
    page.run()
    assert said not in " ".join(words_on(page))
    assert not page.exception


def test_a_chosen_label_is_no_riddle():
    page = open_page("data", step=1)
    page.session_state["data_label"] = 7
    page.run()
    assert "digit_choice" in page.session_state["frames"]
    assert "data_digit" not in {group.key for group in page.button_group}


def test_on_a_phone_the_row_of_the_picked_digit_is_there_to_pick_from(page):
    page.session_state["data_place"], page.session_state["data_inked"] = 7, 4
    page.run()
    phone = figure_of(page, "digit_choice")["layout"]["meta"]["phone_layout"]["yaxis"]["range"]
    assert phone[1] <= 9 + BELOW < 9 + BELOW + 8 <= phone[0] < 2 * (9 + BELOW)
    assert "phone_layout" not in figure_of(page, "digit_grid")["layout"]["meta"]  # two may be in different rows


def test_others_can_be_shown(page):
    before = figure_of(page, "digit_grid")
    page.button("data_others").click().run()
    assert not page.exception
    assert figure_of(page, "digit_grid")["data"] != before["data"]


def test_one_label_alone_can_be_shown_and_others_with_it(page):
    page.selectbox("data_label").select(7).run()
    sevens = "Digits with the labels " + ", ".join("7" * 15)
    assert figure_of(page, "digit_grid")["layout"]["meta"]["says"] == sevens
    first = figure_of(page, "digit_grid")
    page.button("data_others").click().run()
    assert not page.exception
    others = figure_of(page, "digit_grid")
    assert others["layout"]["meta"]["says"] == first["layout"]["meta"]["says"]
    assert others["data"] != first["data"]


def test_two_digits_are_compared_by_the_difference_of_each_pixel(page, digits):
    page.session_state["data_place"], page.session_state["data_other"] = 1, 7
    page.run()
    change = digits.pixels[1] - digits.pixels[7]
    assert "**Minus a 7: picture 8**" in words_on(page)
    assert f"**Difference: {np.abs(change).sum():,.0f} units of ink**" in words_on(page)
    added = f"Added up without minus signs: {np.abs(change).sum():,.0f}."
    assert f"Red: more ink in the 1. Blue: more in the 7. {added}" in words_on(page)
    shown = [figure_of(page, f"digit_{key}") for key in ("first", "other", "difference")]
    values = [np.ravel([float(text.replace("−", "-")) for text in figure["data"][1]["text"]]) for figure in shown]
    np.testing.assert_array_equal(values, [digits.pixels[1], digits.pixels[7], change])
    numbers, other, difference = (figure["layout"] for figure in shown)
    assert numbers["shapes"] == other["shapes"] == difference["shapes"]
    more, less = (int(part.sum()) for part in (change > 0, change < 0))
    told = f"The first digit has more ink in {more} of 64 pixels, the second in {less}"
    assert difference["meta"]["says"] == told
    places = [8 * round(frame["y0"] - 0.54) + round(frame["x0"] - 0.54) for frame in numbers["shapes"][::2]]
    assert places == np.flatnonzero(np.abs(change) == np.abs(change).max()).tolist()


def test_a_bar_below_each_digit_is_as_long_as_its_difference(page, digits):
    page.session_state["data_place"], page.session_state["data_other"] = 1, 11
    page.run()
    first, second, *bars = figure_of(page, "digit_grid")["layout"]["shapes"]
    assert [place_in_grid(frame["x0"] + 4, frame["y0"] + 4) for frame in (first, second)] == [1, 11]
    lengths = np.array([bar["x1"] - bar["x0"] for bar in bars])
    differences = np.abs(digits.pixels[:15] - digits.pixels[1]).sum(axis=1)
    np.testing.assert_allclose(lengths / lengths.max(), differences / differences.max())
    notes = [note["text"] for note in figure_of(page, "digit_grid")["layout"]["annotations"][15:]]
    (alike,) = (place for place, note in enumerate(notes) if "<b>" in note)
    assert differences[alike] == sorted(differences)[1]  # the lowest is of the digit itself
    assert [re.sub("</?b>", "", note) for note in notes] == [f"{each:.0f}" * bool(each) for each in differences]
    words = figure_of(page, "digit_grid")["layout"]["meta"]["spots"]["words"]
    assert words[7] == f"label 7: differs by {differences[7]:.0f}"


def test_two_digits_of_the_same_label_are_told_apart(page):
    assert "Red: more ink in this 3. Blue: more in the other 3." in words_on(page)


def test_how_the_digits_were_scanned_is_said_of_these_digits_alone(page):
    def helps() -> list[str]:
        return [each.help for each in page.caption if each.value == "Written by hand on paper."]

    assert helps()[0].startswith("Scanned as 32 × 32 dots")
    page.session_state["job_training_data"] = TrainingData("mnist")
    page.run()
    assert not helps()


@pytest.mark.parametrize("figure", ["digit_choice", "digit_grid"])
def test_a_click_shows_a_digit_beside_the_one_before_it(monkeypatch, figure):
    monkeypatch.setattr(st, "session_state", state := {"data_place": 1, "data_other": 7})
    pairs = []
    for place in (0, 5, 5, 8):
        click = {"x": place % 5 * (9 + BESIDE) + 3, "y": place // 5 * (9 + BELOW) + 3, "curveNumber": 0}
        state[figure] = {"click": click}
        data.take_click(figure)
        pairs.append((state["data_place"], state["data_other"]))
    assert pairs == [(0, 1), (5, 0), (5, 0), (8, 5)]


def test_the_row_of_a_batch_is_the_digit_that_the_training_takes(page, digits):
    page.number_input("data_batch").set_value(3)
    page.number_input("data_row").set_value(42).run()
    assert not page.exception
    row = batch_rows(Hyperparameters(), 1617, 2)[41]
    assert f"This is training digit {row + 1:,}." in words_on(page)
    assert " ".join(f"{value:g}" for value in digits.one_hot[row]) in words_on(page)


def test_a_run_with_smaller_and_fewer_batches_is_followed(page):
    page.number_input("data_batch").set_value(200)
    page.number_input("data_row").set_value(100).run()
    run = page.session_state["job"].run
    run.__init__(run.dataset, Hyperparameters(batch_size=5, batches=2))
    page.run()
    assert not page.exception
    assert (page.number_input("data_batch").value, page.number_input("data_row").value) == (2, 5)
    run.__init__(run.dataset, Hyperparameters(batch_size=500))
    page.run()
    [more] = [popover for popover in page.get("popover") if popover.proto.popover.label == "Another batch"]
    [said] = [caption.value for caption in more.get("caption")]  # in the row, it would cover the heading
    assert said == "The first 100 of 500 rows."


def test_unseen_digits_are_counted_after_a_guess(page):
    assert not page.metric
    page.slider("data_guess").set_value(120.0).run()
    page.button("data_guess_commit").click().run()
    missed = expected_never_seen(20_000, 1617)
    assert f"Most likely none: 20,000 draws miss {missed:.2g} on average." in words_on(page)
    page.slider("seen_batches").set_value(20).run()
    page.slider("seen_size").set_value(50).run()
    assert not page.exception
    missed = never_seen(Hyperparameters(batches=20, batch_size=50), 1617)[-1]
    assert page.metric[0].value == f"{missed:,} of 1,617"
    assert any(rf"{{1000}} = {expected_never_seen(1000, 1617):.3g}" in element.value for element in page.latex)
    assert f"{expected_never_seen(10_000, 1617):.2g} digits would be missed" in words_on(page)


def test_many_unseen_digits_can_be_guessed_and_are_said_in_whole_numbers(digits):
    many = PracticeDataset(digits.pixels, digits.labels, copies=4)
    page = open_page("data", TrainingRun(many, Hyperparameters()), step=5)
    train = len(page.session_state["job"].run.train)
    missed = expected_never_seen(20_000, train)
    assert 400 < missed < train == page.slider("data_guess").max
    page.slider("data_guess").set_value(500.0).run()
    page.button("data_guess_commit").click().run()
    assert f"You said 500. About {missed:,.0f} of {train:,}." in words_on(page)
    page.button("data_guess_again").click().run()
    page.slider("data_guess").set_value(float(train)).run()
    run = page.session_state["job"].run
    run.__init__(digits, Hyperparameters())
    page.run()
    assert not page.exception
    assert page.slider("data_guess").value == page.slider("data_guess").max == 1617


def test_the_digits_are_those_that_the_run_learns_from(digits):
    few = digits[:50]
    page = open_page("data", TrainingRun(few, Hyperparameters(batch_size=5)))
    assert "50 handwritten digits" in words_on(page)
    assert "The first **45** digits are for training; the last **5**" in words_on(page)
    distorted = PracticeDataset(few.pixels, few.labels, copies=2)
    page = open_page("data", TrainingRun(distorted, Hyperparameters(batch_size=5)))
    assert "**135** digits, including copies and drawings, are for training; the last **5**" in words_on(page)
