from __future__ import annotations

import json

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from digitviz.lesson.batch import batch_of
from digitviz.lesson.softmax import wrongness
from digitviz.networks.forward import softmax
from tests.pages.reading import guess, open_page, words_on


@pytest.fixture
def page():
    return open_page("loss")


def run_of(page: AppTest):
    return page.session_state["job"].run


def probabilities_on(page: AppTest) -> list[float]:
    return [page.slider(f"loss_p{digit}").value for digit in range(10)]


def test_it_opens_on_the_guess_of_the_network(page):
    run = run_of(page)
    place = page.number_input("loss_digit").value - 1
    of_labels = softmax(run.network.logits(run.test.pixels))[np.arange(len(run.test)), run.test.labels]
    is_wrong = run.network.predict(run.test.pixels) != run.test.labels
    assert of_labels[place] == of_labels[is_wrong].max()  # wrong, but almost right
    logits = run.network.logits(run.test.pixels[[place]])
    np.testing.assert_allclose(probabilities_on(page), softmax(logits)[0])
    found = wrongness(logits, run.test.labels[[place]])
    assert [metric.value for metric in page.metric] == [f"{found.cross_entropy:.2g}"]
    gaps = np.abs(np.array(probabilities_on(page)) - np.eye(10)[run.test.labels[place]])
    (drawn,) = (element.proto.body for element in page.get("html") if "digitviz-measured" in element.proto.body)
    assert f"loss <b>{found.cost:.2g}</b>" in drawn
    assert "--loss" not in drawn  # it is asked first which way the loss goes
    gaps = np.sort(gaps)[::-1]
    assert f"½ · ({gaps[0]:.3f}² + {gaps[1]:.3f}² + …) = **{found.cost:.2g}**" in words_on(page)
    assert "Train does not halve it" in words_on(page)
    picture = json.loads(page.session_state["frames"]["loss_image"][1])["figure"]
    assert not picture["layout"]["annotations"]  # a sentence tells the label


def test_the_ends_of_the_scale_are_named_and_at_school_in_words(page):
    def drawn() -> str:
        return next(element.proto.body for element in page.get("html") if "digitviz-measured" in element.proto.body)

    assert "right and sure" not in drawn()
    guess(page)
    assert "<span>0: right and sure</span><span>1: sure, but wrong</span>" in drawn()
    assert "--loss" in drawn()
    page.session_state["level"] = "school"
    page.run()
    assert "<span>right and sure</span><span>sure, but wrong</span>" in drawn()


@pytest.mark.parametrize(("way", "verdict"), [("falls", "Right: the loss falls."), ("rises", "No, the loss falls.")])
def test_a_guess_is_answered_and_gives_a_goal(page, way, verdict):
    label = int(run_of(page).test.labels[page.number_input("loss_digit").value - 1])
    assert "The loss measures how wrong that is." in words_on(page)
    page.button_group("loss_direction").set_value(way).run()
    assert f"{verdict} **Get it under 0.05!**" in words_on(page)
    page.slider(f"loss_p{label}").set_value(0.9).run()
    assert "**✓ Loss under 0.05: right and sure.**" in words_on(page)
    assert verdict not in words_on(page)
    assert not page.exception


def test_who_changes_the_prediction_first_needs_no_guess(page):
    page.slider("loss_p0").set_value(0.9).run()
    assert "loss_direction" not in {group.key for group in page.button_group}
    assert "**Get it under 0.05!**" in words_on(page)


def test_a_moved_slider_moves_the_others_and_both_losses_and_can_be_undone(page):
    before, label = probabilities_on(page), int(run_of(page).test.labels[page.number_input("loss_digit").value - 1])
    page.slider(f"loss_p{label}").set_value(0.9).run()
    assert not page.exception
    after = probabilities_on(page)
    assert after[label] == pytest.approx(0.9)
    assert sum(after) == pytest.approx(1)
    assert f"{-np.log(0.9):.2g}" in [metric.value for metric in page.metric]
    page.button("loss_unbend").click().run()
    np.testing.assert_allclose(probabilities_on(page), before)


def test_another_digit_brings_its_own_guess(page):
    page.slider("loss_p0").set_value(0.5).run()
    page.number_input("loss_digit").set_value(18).run()
    run = run_of(page)
    np.testing.assert_allclose(probabilities_on(page), softmax(run.network.logits(run.test.pixels[17:18]))[0])


def test_it_says_what_the_notebook_would_plot_for_the_batch_once_the_terms_are_guessed(page):
    assert "One, the correct digit." not in words_on(page)
    guess(page)
    assert "One, the correct digit." in words_on(page)
    batch = batch_of(run_of(page), 0)
    found = wrongness(run_of(page).network.logits(batch.pixels), batch.labels)
    assert f"**{found.squares:.4g}**" in words_on(page)
    assert f"**{found.squares / 200:.4g}**" in words_on(page)


def test_the_worked_example_is_computed_from_the_fields(page):
    words = words_on(page)
    assert "= 0.92" in words
    assert r"1 - 0.92 = 0.08" in words
    assert "= 0.037" in words
    assert r"= -0.08" in words
    page.number_input("loss_target").set_value(2.0).run()
    assert "2 - 0.92 = 1.08" in words_on(page)
    page.slider("loss_rate").set_value(0.5).run()
    assert r"0.5 \cdot 1.08 \cdot 1 \\ &= 0.54" in words_on(page)


def test_the_learning_rate_that_hits_the_target_does_so_in_the_last_step():
    page = open_page("loss", step=6)
    assert "the output becomes 0.9354" in words_on(page)
    page.slider("loss_rate").set_value(0.52).run()
    assert "learning rate 0.5181 would hit" in words_on(page)
    assert "the output becomes 1." in words_on(page)


def test_numbers_of_the_neuron_and_the_rate_hold_in_the_steps_that_do_not_show_them():
    page = open_page("loss", step=4)
    page.number_input("loss_target").set_value(2.0).run()
    page.query_params["step"] = "6"
    page.run()
    assert "the output becomes 1.128" in words_on(page)  # 0.92 + 0.1 x 1.08 x 1.93
    page.slider("loss_rate").set_value(0.5).run()
    page.query_params["step"] = "5"
    page.run()
    assert not page.exception
    assert page.number_input("loss_target").value == 2.0
    assert r"0.5 \cdot 1.08 \cdot 1" in words_on(page)


def test_every_weight_zero_and_every_input_zero_are_explained(page):
    for number in range(1, 5):
        page.number_input(f"loss_w{number}").set_value(0.0)
    page.run()
    assert not page.exception
    assert "cannot be divided in proportion" in words_on(page)
    for number in range(1, 5):
        page.number_input(f"loss_x{number}").set_value(0.0)
    page.run()
    assert not page.exception
    assert "and the gradient is 0" in words_on(page)


@pytest.mark.parametrize("key", ["loss_w1", "loss_x2", "loss_target"])
def test_a_number_too_large_counts_as_a_million_and_none_as_the_first(page, key):
    assert page.number_input(key).max == 1e6  # what the browser accepts
    page.number_input(key).set_value(1e308).run()
    assert not page.exception
    page.number_input(key).set_value(None).run()  # an empty field
    assert not page.exception


def test_the_answer_shows_after_the_guess_only(page):
    assert "cross-entropy rises" not in words_on(page)
    assert "loss_curves" not in page.session_state["frames"]
    page.button_group("loss_guess_first").set_value("squared_error").run()
    assert not page.exception
    assert f"rises by {np.log(100):.3g}" in words_on(page)
    assert "loss_curves" in page.session_state["frames"]
