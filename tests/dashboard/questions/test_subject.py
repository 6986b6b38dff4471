from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from digitviz import Hyperparameters, TrainingRun, load_handwriting, load_pretrained
from digitviz.dashboard.questions.asked_digit import code_of
from digitviz.dashboard.session import current_run, example
from digitviz.dashboard.session.moment import Moment, moment
from digitviz.training.pool import Job
from tests.store.made import kept_drawing
from tests.waiting import wait_until


def script() -> None:
    import streamlit as st

    from digitviz.dashboard.questions.asked_digit import asked_digit
    from digitviz.dashboard.questions.subject import subject
    from digitviz.dashboard.session import addresses

    addresses.arrive("asked")
    asked = subject()
    st.session_state["subject"] = asked
    st.session_state["digit"] = asked_digit(asked)


def page_of(run: TrainingRun | None = None, **address: str) -> AppTest:
    st.cache_resource.clear()
    page = AppTest.from_function(script, default_timeout=30)
    if run is not None:
        page.session_state["job"] = Job(run, None)
    for name, text in address.items():
        page.query_params[name] = text
    page.run()
    assert not page.exception
    return page


def a_run(digits, batches=4, **settings) -> TrainingRun:
    run = TrainingRun(digits, Hyperparameters(batches=batches, steps_per_batch=5, hidden=(6,), **settings))
    run.advance(run.total_steps)
    return run


def every(asked: Moment) -> int:
    """Return the largest number of batches between two saved checkpoints."""
    return int(np.diff(asked.run.history.checkpoint_batches()).max())


def test_without_a_run_one_click_trains_the_notebooks(digits, monkeypatch):
    """A tenth of the notebook's steps on each batch. `tests/training/test_presets.py` takes all."""

    def with_fewer_steps() -> Hyperparameters:  # without arguments, so that other settings than the notebook's fail
        return Hyperparameters(steps_per_batch=50)

    monkeypatch.setattr(example, "Hyperparameters", with_fewer_steps)
    page = page_of()
    assert page.session_state["subject"].run is None
    page.button("train_notebook").click().run()
    assert page.session_state["subject"].run is None  # until the training has ended
    assert page.button("train_notebook").disabled
    run = page.session_state["job"].run
    assert run.hyperparameters == with_fewer_steps()
    wait_until(lambda: run.finished, 300)  # other tests keep the cores busy
    wait_until(lambda: page.run().session_state["subject"].run is not None)
    asked = page.session_state["subject"]
    assert asked.run.finished
    assert page.button_group("asked_network").value == "yours"
    assert not says_that_it_is_ready_made(page)
    assert (asked.batch, every(asked)) == (asked.run.hyperparameters.batches, 1)
    assert asked.network.accuracy(asked.test.pixels, asked.test.labels) == pytest.approx(asked.run.test_accuracy)


def says_that_it_is_ready_made(page: AppTest) -> bool:
    return any(
        "The ready-made network, which also reads on Home: 96.0% of 1,000 test digits right." in said.value
        for said in page.markdown
    )


@pytest.mark.parametrize("address", [{}, {"net": "yours"}])
def test_without_a_run_the_ready_made_network_is_shown_and_the_page_says_so(address):
    page = page_of(**address)
    asked = page.session_state["subject"]
    x = asked.test.pixels
    np.testing.assert_array_equal(asked.network.logits(x), load_pretrained().logits(x))
    assert (asked.id, asked.by_default) == ("reader", True)
    assert says_that_it_is_ready_made(page)
    assert not page.button_group  # one network is no choice
    assert "net" not in page.query_params  # because nobody chose it
    assert page.query_params["digit"] == "test-2"  # the first that it is sure of


def test_a_run_that_has_learnt_something_takes_the_place_of_the_ready_made_network(digits):
    page = page_of()
    page.session_state["job"] = Job(a_run(digits), None)
    page.run()
    assert page.session_state["subject"].run is page.session_state["job"].run
    assert page.button_group("asked_network").value == "yours"
    assert not says_that_it_is_ready_made(page)


def test_the_choice_of_the_ready_made_network_holds_after_a_training(digits):
    page = page_of(a_run(digits), net="reader")
    asked = page.session_state["subject"]
    assert (asked.run, asked.by_default) == (None, False)
    assert page.button_group("asked_network").value == "reader"
    assert not says_that_it_is_ready_made(page)


def test_a_training_that_does_not_begin_leaves_the_offer(monkeypatch):
    monkeypatch.setattr(current_run, "_go_on", lambda to: None)
    page = page_of()
    page.button("train_notebook").click().run()
    assert not page.exception
    assert page.session_state["subject"].by_default
    assert not page.button("train_notebook").disabled


def test_without_a_run_the_ready_made_network_can_be_asked(digits):
    page = page_of(net="reader")
    asked, digit = page.session_state["subject"], page.session_state["digit"]
    x = asked.test.pixels
    np.testing.assert_array_equal(asked.network.logits(x), load_pretrained().logits(x))
    assert len(asked.test) == 1000
    assert asked.run is None
    assert asked.batch is None
    np.testing.assert_array_equal(digit.pixels, x[1])
    assert page.query_params["net"] == "reader"
    assert page.query_params["digit"] == "test-2"


def test_a_moment_can_be_chosen_and_stands_in_the_address(digits):
    run = a_run(digits)
    page = page_of(run)
    assert "batch" not in page.query_params  # the subject's point in training is the current one
    page.select_slider("asked_batch").set_value(2).run()
    asked = page.session_state["subject"]
    assert (asked.batch, page.query_params["batch"]) == (2, "2")
    assert "batch 2" in asked.title
    np.testing.assert_allclose(asked.network.logits(run.test.pixels), run.at(2).network.logits(run.test.pixels), 1e-4)
    page.select_slider("asked_batch").set_value(0).run()
    before = page.session_state["subject"]
    np.testing.assert_array_equal(before.network.parameters.weights[0], run.initial_parameters.weights[0])
    assert before.id != asked.id


def test_where_the_run_stands_its_weights_are_exact(digits):
    run = a_run(digits)
    asked = moment(run)
    for found, exact in zip(asked.network.parameters.arrays, run.parameters.arrays, strict=True):
        np.testing.assert_array_equal(found, exact)


def test_a_run_that_stands_inside_a_batch_says_its_steps(digits):
    run = TrainingRun(digits, Hyperparameters(batches=4, steps_per_batch=5, hidden=(6,)))
    run.advance(7)
    asked = moment(run)
    assert asked.batch is None
    assert "7 steps" in asked.title


def test_while_a_run_trains_the_page_holds_its_moment_until_the_newest_is_asked(monkeypatch, digits):
    monkeypatch.setattr(current_run, "progress", lambda: SimpleNamespace(is_running=True))
    run = TrainingRun(digits, Hyperparameters(batches=4, steps_per_batch=5, hidden=(6,)))
    run.advance(7)
    page = page_of(run)
    opened = page.session_state["subject"]
    page.session_state["visit_opened"] = False  # the frame would reset this
    run.advance(5)
    assert page.run().session_state["subject"].id == opened.id
    assert (page.select_slider("asked_batch").value, opened.batch, page.query_params["batch"]) == (1, 1, "1")
    page.button("asked_up_to_now").click().run()
    newest = page.session_state["subject"]
    assert (page.select_slider("asked_batch").value, newest.batch) == (2, 2)


def test_after_a_pause_the_page_still_offers_the_newest_weights(monkeypatch, digits):
    now = SimpleNamespace(is_running=True)
    monkeypatch.setattr(current_run, "progress", lambda: now)
    run = TrainingRun(digits, Hyperparameters(batches=4, steps_per_batch=5, hidden=(6,)))
    run.advance(7)
    page = page_of(run)
    page.session_state["visit_opened"] = False  # the frame would reset this
    run.advance(5)
    now.is_running = False
    assert page.run().session_state["subject"].batch == 1
    page.button("asked_up_to_now").click().run()
    assert "12 steps" in page.session_state["subject"].title
    page.select_slider("asked_batch").set_value(1).run()  # the visitor's choice
    assert "asked_up_to_now" not in {button.key for button in page.button}


def test_of_a_long_training_the_page_says_which_batches_are_kept(digits):
    run = TrainingRun(digits, Hyperparameters(batches=450, steps_per_batch=1, hidden=(4,)))
    run.advance(450)
    page = page_of(run, batch="77")
    asked = page.session_state["subject"]
    assert every(asked) > 1
    assert abs(asked.batch - 77) <= every(asked)
    assert any(str(every(asked)) in caption.value for caption in page.caption)


def test_an_address_names_network_moment_and_digit(digits):
    page = page_of(a_run(digits), batch="1", digit="training-9")
    assert page.session_state["subject"].batch == 1
    digit = page.session_state["digit"]
    assert (digit.set, digit.index, digit.code) == ("training", 8, "training-9")
    assert digit.label == digits.labels[8]
    assert not page.warning
    assert page_of(net="reader", digit="handwriting-1000").session_state["digit"].index == 999


@pytest.mark.parametrize(
    "address",
    [
        {"batch": "5"}, {"batch": "-1"}, {"batch": "x" * 300}, {"batch": "²"}, {"batch": "9" * 400}, {"net": "![](http://x)"},
        {"digit": "test-0"}, {"digit": "test-181"}, {"digit": "test"}, {"digit": "nowhere-1"}, {"digit": "pad"},
        {"digit": "drawings-1"}, {"digit": "`-1"},
    ],
)  # fmt: skip
def test_what_an_address_names_that_is_not_there_is_said(digits, address):
    page = page_of(a_run(digits), **address)
    (warning,) = page.warning
    assert next(iter(address)) + "=" in warning.value
    assert "](" not in warning.value.replace("`", "") or "`" in warning.value
    assert page.session_state["digit"].code == "test-1"
    page.run()
    assert len(page.warning) == 1


def test_a_drawing_can_be_asked_about(digits):
    page = page_of(a_run(digits))
    assert "drawings" not in page.selectbox("asked_set").options
    drawing = kept_drawing(digit=tuple(digits.pixels[3]), label=5)
    page.session_state["saved_drawings"] = [drawing]
    page.run()
    page.selectbox("asked_set").set_value("drawings").run()
    digit = page.session_state["digit"]
    assert (digit.label, digit.code) == (5, code_of("drawings", 0))
    np.testing.assert_array_equal(digit.pixels, digits.pixels[3])


def test_another_set_keeps_the_number_in_its_bounds(digits):
    page = page_of(a_run(digits), digit="training-1500")
    page.selectbox("asked_set").set_value("test").run()
    assert page.session_state["digit"].code == "test-180"


@pytest.mark.parametrize("hidden", [(), (5, 4, 3, 3)])
def test_networks_of_any_depth_can_be_asked(digits, hidden):
    run = TrainingRun(digits, Hyperparameters(batches=2, steps_per_batch=2, hidden=hidden))
    run.advance(4)
    assert page_of(run).session_state["subject"].network.logits(run.test.pixels).shape == (len(run.test), 10)


def test_another_network_is_asked_about_the_same_digit(digits):
    page = page_of(a_run(digits), digit="test-7")
    mine = page.session_state["digit"]
    page.session_state["asked_network"] = "reader"
    page.run()
    there = page.session_state["digit"]
    assert (there.code, there.label) == ("notebook-7", mine.label)
    np.testing.assert_array_equal(there.pixels, mine.pixels)
    page.session_state["asked_network"] = "yours"
    page.run()
    assert page.session_state["digit"].code == "test-7"


def test_a_chosen_digit_stays_on_the_next_page_if_the_network_has_changed_meanwhile(digits):
    page = page_of(net="reader", digit="notebook-7")
    chosen = page.session_state["digit"]
    page.session_state["job"] = Job(a_run(digits), None)
    del page.session_state["visit_at"], page.query_params["net"], page.query_params["digit"]  # opened from the menu
    page.run()
    assert page.session_state["subject"].run is not None
    assert page.session_state["digit"].code == "test-7"
    np.testing.assert_array_equal(page.session_state["digit"].pixels, chosen.pixels)


def test_a_network_with_other_digits_is_asked_about_the_first_one_of_its_own():
    page = page_of(a_run(load_handwriting()[:200]), digit="training-7")
    page.session_state["asked_network"] = "reader"
    assert page.run().session_state["digit"].code == "test-2"
