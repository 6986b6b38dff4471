from __future__ import annotations

import json

import numpy as np
import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from digitviz import Hyperparameters, TrainingRun
from digitviz.dashboard.lesson import data
from digitviz.dashboard.lesson.data import FRAMED
from digitviz.drawing.practice import PracticeDataset
from digitviz.figures.digits import BELOW, BESIDE
from digitviz.lesson.batch import expected_never_seen, never_seen
from digitviz.training.setup import batch_rows
from tests.pages.reading import open_page, words_on


@pytest.fixture
def page() -> AppTest:
    return open_page("data")


def test_it_opens_on_a_one_and_a_seven_and_the_split(page):
    assert page.title[0].value.endswith("?")
    assert "Digit 2 of 1,797, labelled 1" in words_on(page)
    assert "**1,617** digits are for training; the last **180**" in words_on(page)


def test_others_and_one_label_alone_can_be_shown(page):
    page.button_group("data_label").set_value("7").run()
    assert "labelled 7**" in words_on(page)
    before = words_on(page)
    page.button("data_others").click().run()
    assert not page.exception
    assert "labelled 7**" in words_on(page)
    assert words_on(page) != before


def test_two_digits_are_compared_by_the_difference_of_each_pixel(page, digits):
    assert "Digit 8 of 1,797, labelled 7" in words_on(page)
    differences = np.abs(digits.pixels[1] - digits.pixels[7])
    assert f"**Difference**: **{differences.sum():,.0f}** in all" in words_on(page)
    first = int(differences.argmax())
    ink = sorted(digits.pixels[[1, 7], first])
    said = f"Thick frame: {ink[1]:g} − {ink[0]:g} = {differences[first]:g}."
    assert said in words_on(page)
    keys = "digit_numbers", "digit_numbers_other", "digit_difference"
    drawn = [json.loads(page.session_state["frames"][key][1])["figure"] for key in keys]
    framed, others, third = (figure["layout"]["shapes"] for figure in drawn)
    assert framed == others == third
    assert drawn[2]["data"][1]["text"] == [f"{difference:g}" for difference in differences]
    places = [8 * round(frame["y0"] - 0.54) + round(frame["x0"] - 0.54) for frame in framed]
    assert sorted(places) == np.flatnonzero(differences >= sorted(differences)[-FRAMED]).tolist()
    assert len(places) > FRAMED  # two pixels share the last place
    widths = {place: frame["line"]["width"] for place, frame in zip(places, framed, strict=True)}
    assert [place for place, width in widths.items() if width == max(widths.values())] == [first]


def test_a_button_compares_with_another_digit_of_the_same_label(page, digits):
    page.button("data_alike").click().run()
    assert words_on(page).count("labelled 1**") == 2
    assert f"**{np.abs(digits.pixels[1] - digits.pixels[11]).sum():,.0f}** in all" in words_on(page)
    assert "data_alike" not in {button.key for button in page.button}


def test_a_click_replaces_the_older_of_the_two_digits_and_nothing_else(monkeypatch):
    monkeypatch.setattr(st, "session_state", state := {"data_place": 1, "data_other": 7})
    pairs = []
    for place in (0, 5, 5, 8):
        click = {"x": place % 5 * (9 + BESIDE) + 3, "y": place // 5 * (9 + BELOW) + 3, "curveNumber": 0}
        state["digit_grid"] = {"click": click}
        data.take_click()
        pairs.append((state["data_place"], state["data_other"]))
    assert pairs == [(0, 7), (0, 5), (0, 5), (8, 5)]


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
    page = open_page("data", TrainingRun(many, Hyperparameters()), step=4)
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
