from __future__ import annotations

import json

import numpy as np
import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest
from streamlit.testing.v1.element_tree import Block

from digitviz import Hyperparameters, TrainingRun, adversarial, flip_pixel, load_pretrained
from digitviz.dashboard.ask.questions import QUESTIONS as QUESTIONS_TO_ASK
from digitviz.dashboard.questions import break_it, computed, controls
from digitviz.dashboard.questions.order import QUESTIONS
from digitviz.dashboard.questions.subject import reader
from digitviz.explanations.robustness import letters, noise, random_signs, shifted, smallest_flip
from digitviz.numbers import short
from digitviz.training.pool import Job
from tests.pages import reading
from tests.waiting import wait_until


@pytest.fixture(autouse=True)
def _patience(monkeypatch):
    """Make the page wait for quick computations even on a busy machine."""
    monkeypatch.setattr(computed, "PATIENCE", 30.0)


def a_run(digits, **settings) -> TrainingRun:
    run = TrainingRun(digits, Hyperparameters(**({"batches": 2, "steps_per_batch": 40, "hidden": (8,)} | settings)))
    run.advance(run.total_steps)
    return run


def open_page(run: TrainingRun | None = None, **address: str) -> AppTest:
    st.cache_resource.clear()
    page = AppTest.from_file("../../app.py", default_timeout=60)
    if run is not None:
        page.session_state["job"] = Job(run, None)
    for name, text in address.items():
        page.query_params[name] = text
    page.switch_page("pages/break.py").run()
    page.session_state["visit_opened"] = False  # the frame would reset this, but does not run here
    assert not page.exception
    return page


def figure(page: AppTest, name: str) -> dict:
    return json.loads(page.session_state["frames"][name][1])["figure"]


def words(page: AppTest) -> str:
    return "\n".join(element.value for element in [*page.markdown, *page.caption])


def numbers(packed: dict | list) -> np.ndarray:
    if isinstance(packed, list):
        return np.array(packed, float)
    import base64

    return np.frombuffer(base64.b64decode(packed["bdata"]), f"<{packed['dtype']}").astype(float)


def test_the_pixels_that_are_marked_are_those_that_flip_the_answer(digits):
    run = a_run(digits)
    page = open_page(run, digit="test-7")
    assert page.title[0].value.endswith("?")
    found = flip_pixel(run.network, run.test.pixels[6])
    answer, changed = found.answers[0], found.changed[0]
    assert not any(numbers(mark["x"]).size for mark in figure(page, "one_pixel")["data"][1:])  # the visitor looks first
    (hint,) = figure(page, "one_pixel")["layout"]["annotations"]
    assert (hint["xref"], hint["x"]) == ("x domain", 1)  # beside the pixels, so it does not give the answer away
    assert "".join(html.proto.body for html in page.get("html")).count("--share") == 2  # the answer and a rival
    count = int((changed != answer).sum())
    if count:
        goals = np.unique(changed[changed != answer])
        asked = f"Which pixel makes it say {goals[0]}?" if len(goals) == 1 else "Which pixel changes its answer?"
        assert page.header[1].value == asked
        page.button("one_pixel_show").click().run()
        shown = "".join(html.proto.body for html in page.get("html"))
        assert any(f"{answer} → <strong>{goal}</strong>" in shown for goal in goals)
        assert not figure(page, "one_pixel")["layout"]["annotations"]
    drawn = figure(page, "one_pixel")["data"]
    for kind in (0, 1):
        flips = changed[kind] != answer
        flips[tuple(np.argwhere((changed != answer).any(axis=0))[0])] = False  # the page shows this change
        rows, columns = np.nonzero(flips)
        assert numbers(drawn[1 + kind]["y"]).tolist() == (rows + 1).tolist()
        assert numbers(drawn[1 + kind]["x"]).tolist() == (columns + 1).tolist()
    pixels = run.test.pixels[6]
    ways = np.count_nonzero(pixels > 0) + np.count_nonzero(pixels < 16)
    changes = "change the answer" if count > 1 else "changes the answer"
    said = f"Of the {ways} ways to fill or erase one pixel, **{count}** {changes}." if count else "No single pixel"
    assert said in words(page)


def test_pixels_that_the_visitor_finds_are_counted_and_marked_and_one_opens_the_guess(monkeypatch):
    page = open_page(net="reader")
    asked, index = reader(), page.session_state["asked_number"] - 1
    found = flip_pixel(asked.network, asked.test.pixels[index])
    has_flip = (found.changed[0] != found.answers[0]).any(axis=0)
    winning, wrong = ([tuple(place) for place in np.argwhere(kind).tolist()] for kind in (has_flip, ~has_flip))
    assert len(winning) > 1
    for count, pressed in enumerate([wrong[0], *winning]):
        monkeypatch.setattr(break_it.PIXEL, "_default", (pressed, False))
        page.run()
        all_ = len(winning)
        stars = "★" * count + "☆" * (all_ - count) if all_ <= break_it.MAX_STARS else ""
        shown = "".join(html.proto.body for html in page.get("html"))
        assert f'<p data-stars="{stars}">Found: {count} of {all_}</p>' in shown
        marks = figure(page, "one_pixel")["data"][1:3]
        assert sum(numbers(mark["x"]).size for mark in marks) >= count - 1  # the one in the picture has a frame
        assert ("one_pixel_guess_commit" in [button.key for button in page.button]) == (count > 0)
        tried = figure(page, "one_pixel")["data"][-1].get("text", [])
        assert sum(text.endswith("%") for text in tried) == (count > 0), "the pixel changed in vain"


def test_a_second_click_on_a_pixel_restores_the_digit_and_hides_the_answer(monkeypatch):
    state = {}
    monkeypatch.setattr(controls.st, "session_state", state)
    monkeypatch.setattr(controls, "clicked", lambda key: {"x": 3.0, "y": 5.0})
    break_it.PIXEL.keep("mark", ((4, 2), True))
    break_it._take_pixel("mark")
    assert break_it.PIXEL.of("mark") == (None, False)
    break_it.PIXEL.keep("mark", ((0, 0), True))
    break_it._take_pixel("mark")  # another pixel
    assert break_it.PIXEL.of("mark") == ((4, 2), True)


def test_the_answer_to_the_guess_is_counted_on_all_test_digits(digits):
    run = a_run(digits)
    page = open_page(run)
    if "one_pixel_show" in [button.key for button in page.button]:
        page.button("one_pixel_show").click().run()
    assert "**: " not in words(page)
    page.slider("one_pixel_guess").set_value(50.0)
    page.button("one_pixel_guess_commit").click().run()
    found = flip_pixel(run.network, run.test.pixels)
    correct = found.answers == run.test.labels
    share = (correct & found.exist).sum() / correct.sum()
    assert f"**{share:.0%}**: {(correct & found.exist).sum()} of the {correct.sum()}" in words(page)
    drawn = figure(page, "one_pixel_digits")
    assert len(drawn["layout"]["annotations"]) == min(12, (correct & found.exist).sum())
    assert all("✗" in note["text"] for note in drawn["layout"]["annotations"])


def test_a_click_on_a_digit_asks_about_it(monkeypatch):
    chosen = []
    monkeypatch.setattr(break_it, "choose", lambda name, index: chosen.append((name, index)))
    for number in (1, 2, -1, 0.5, "0", None, float("nan")):
        monkeypatch.setattr(controls, "clicked", lambda key, number=number: {"customdata": number})
        break_it.look_at(np.array([30, 40]))
    assert chosen == [("test", 40)]


def test_a_little_ink_says_how_much_is_enough_once_it_is_found_and_draws_both_curves(digits):
    network, test = load_pretrained(), reader().test
    flips = [smallest_flip(network, x, label) for x, label in zip(test.pixels[:9], test.labels[:9], strict=True)]
    number = next(k for k, smallest in enumerate(flips) if smallest is not None and 0.1 < smallest < 2)
    page = open_page(net="reader", step="2", digit=f"test-{number + 1}")
    assert page.slider("ink_size").value == 0
    assert f"Pixels changed: 0 of 64. Test digit #{number + 1} is now read as **{test.labels[number]}**." in words(page)
    page.slider("ink_size").set_value(0.05).run()
    assert "is enough" not in words(page)
    page.slider("ink_size").set_value(2.0).run()
    assert f"**{flips[number]:.2f}** of 16 is enough" in words(page)
    after = adversarial(network, test.pixels[number : number + 1], test.labels[number : number + 1], 2.0)
    count = int((after != test.pixels[number]).sum())
    assert 0 < count < 64
    assert f"Pixels changed: {count} of 64." in words(page)
    gradient, random = figure(page, "ink_curves")["data"]
    at = numbers(gradient["x"]).tolist().index(2.0)
    changed = adversarial(network, test.pixels, test.labels, 2.0)
    assert numbers(gradient["y"])[at] == pytest.approx(network.accuracy(changed, test.labels))
    assert numbers(random["y"])[at] == pytest.approx(network.accuracy(random_signs(test.pixels, 2.0), test.labels))
    # The pretrained network has no seed.
    assert not [button for button in page.button if button.key == "extra_another_seed_begin"]


def test_a_digit_that_resists_is_said_to_resist_in_this_direction_alone(digits):
    run = a_run(digits, batches=6, steps_per_batch=100, hidden=(50,), learning_rate=1e-5)
    test = run.test
    found = [smallest_flip(run.network, x, label) for x, label in zip(test.pixels, test.labels, strict=True)]
    page = open_page(run, step="2", digit=f"test-{found.index(None) + 1}")
    assert "No change of up to" not in words(page)
    page.slider("ink_size").set_value(4.0).run()
    assert "No change of up to 4 of 16 in this direction is enough. In a different direction, it may be." in words(page)


def test_the_same_changes_are_tried_on_a_network_from_another_seed(digits):
    run = a_run(digits)
    page = open_page(run, step="2")
    assert len(figure(page, "ink_curves")["data"]) == 2
    page.button("extra_another_seed_begin").click().run()

    def is_drawn() -> bool:
        page.run()
        assert not page.exception
        return len(figure(page, "ink_curves")["data"]) == 3

    wait_until(is_drawn)
    other = TrainingRun(digits, run.hyperparameters.with_next_seed())
    other.advance(other.total_steps)
    changed = adversarial(run.network, run.test.pixels, run.test.labels, 4.0)
    curve = figure(page, "ink_curves")["data"][2]
    assert numbers(curve["y"])[-1] == pytest.approx(other.network.accuracy(changed, run.test.labels))


def step_of(title: str) -> str:
    titles = [str(step.title) for step in QUESTIONS["break"].steps]
    return str(titles.index(title) + 1)


def test_what_is_no_digit_is_read_and_its_accuracy_told(digits):
    run = a_run(digits)
    page = open_page(run, step=step_of("Not a digit"))
    measured = "On average, the network gives its answer a probability of **{:.0%}** for {:,} such pictures, and {:.0%}"
    assert "large" not in str(QUESTIONS["break"].steps[2].solution)  # the logits are smaller than those of digits
    largest = "The largest logit is **{}** on average, and {} for the test digits."
    for kind, pixels in (("noise", noise(1000)), ("letters", letters())):
        page.button_group("not_a_digit_kind").set_value(kind).run()
        sure, usual = (run.network.predict_proba(x).max(axis=1).mean() for x in (pixels, run.test.pixels))
        assert measured.format(sure, len(pixels), usual) in words(page)
        logits, usually = (run.network.logits(x).max(axis=1).mean() for x in (pixels, run.test.pixels))
        assert largest.format(short(logits), short(usually)) in words(page)
    assert [note["text"][0] for note in figure(page, "not_a_digit")["layout"]["annotations"]] == list("AEFHKMRTWX")
    assert page.button_group("not_a_digit_kind").proto.wrap  # on a phone, in two rows
    page.button_group("not_a_digit_kind").set_value("moved").run()
    moved = shifted(run.test.pixels, 1, 0)
    assert f"**{run.network.accuracy(moved, run.test.labels):.1%}** of them are classified correctly" in words(page)
    page.button_group("not_a_digit_kind").set_value("turned").run()
    page.slider("turned_by").set_value(0).run()
    assert f"**{run.test_accuracy:.1%}** of them" in words(page)


def test_an_address_opens_the_letters(digits):
    assert QUESTIONS_TO_ASK["not_a_digit"].place.address == {"step": "3", "kind": "letters"}
    page = open_page(a_run(digits), **QUESTIONS_TO_ASK["not_a_digit"].place.address)
    assert page.button_group("not_a_digit_kind").value == "letters"


def test_a_wrong_kind_in_the_address_is_named_outside_the_row_of_settings(digits):
    page = open_page(a_run(digits), step="3", kind="stamps")
    [warning] = page.warning
    assert "Pictures: one of noise, letters, moved, turned." in warning.value
    blocks = [each for each in page.main if isinstance(each, Block)]
    [settings] = [each for each in blocks if each.proto is not None and "step_settings_pictures" in each.proto.id]
    assert settings.button_group
    assert not settings.warning


@pytest.mark.parametrize("hidden", [(), (5, 4, 3, 3)])
def test_networks_of_any_depth_can_be_broken(digits, hidden):
    page = open_page(a_run(digits, hidden=hidden))
    page.toggle("whole_page").set_value(True).run()
    assert not page.exception
    assert len([header for header in page.header if header.value[0].isdigit()]) == len(QUESTIONS["break"].steps)


@pytest.mark.parametrize(("name", "step"), [("break", "4"), ("geometry", "3")])
def test_without_a_run_a_page_shows_the_step_and_the_digit_of_its_address_and_offers_to_train(name, step):
    st.cache_resource.clear()
    page = AppTest.from_file("../../app.py", default_timeout=60)
    page.query_params["step"], page.query_params["digit"] = step, "test-17"
    page.switch_page(f"pages/{name}.py").run()
    page.session_state["visit_opened"] = False  # the frame would reset this, but does not run here
    assert page.button("train_notebook")
    assert page.button_group("lesson_step").value == step
    if name == "break":
        assert (page.query_params["digit"], page.session_state["asked_number"]) == ("test-17", 17)
    page.button_group("lesson_step").set_value("5" if name == "break" else "2").run()
    page.query_params["step"] = "1"  # the URL from the start of a run may be out of date
    assert page.run().button_group("lesson_step").value != "1"


@pytest.mark.parametrize(("name", "leads_on"), [("break", True), ("geometry", False)])
def test_after_the_last_step_next_leads_to_the_next_question_or_is_off(name, leads_on):
    page = reading.open_page(name, step=len(QUESTIONS[name].steps))
    protos = [element.proto for element in page.get("bidi_component")]
    stepper = next(json.loads(proto.json) for proto in protos if proto.component_name == "digitviz_stepper")
    labels = [link.proto.label for link in page.get("page_link")]
    assert stepper["last"] is not leads_on
    assert ("Next: Where does one digit become another?" in labels) is leads_on
