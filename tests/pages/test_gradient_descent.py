from __future__ import annotations

import re

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from digitviz import Hyperparameters, TrainingRun
from digitviz.dashboard.lesson import gradient_descent
from digitviz.dashboard.lesson.formulas import bare, written
from digitviz.dashboard.session import current_run
from digitviz.lesson import comparison
from digitviz.lesson.comparison import Course
from digitviz.lesson.surface import two_pixel_surface
from digitviz.training.background_sweep import SweepState
from digitviz.training.pool import Job
from tests.pages.experiment_page import progress_on
from tests.pages.reading import open_page, words_on
from tests.waiting import wait_until


@pytest.fixture
def page(monkeypatch):
    monkeypatch.setattr(gradient_descent, "RACE_SECONDS", 0.5)
    monkeypatch.setattr(comparison, "LENGTHS", {"full batch": 50, "mini-batch": 150, "one sample": 1_000})
    page = open_page("gradient_descent")
    yield page
    if "comparison" in page.session_state:
        page.session_state["comparison"].cancel()
        wait_until(lambda: current_run.pool().counts()["jobs"] == 0)


def finish(page: AppTest) -> tuple[Course, ...]:
    """Wait for the end of the race, and run the page again. Return its results."""
    work = page.session_state["comparison"]
    wait_until(lambda: work.state is SweepState.FINISHED)
    page.run()
    return comparison.courses_of(work.sweep, work.so_far, comparison.initial_loss(work.sweep, work._dataset))


def press(page: AppTest, key: str) -> None:
    page.button(key).click().run()
    assert not page.exception


def test_three_trainings_race_and_their_losses_are_shown(page):
    assert page.title[0].value.endswith("?")
    assert page.button("comparison_pause").disabled
    press(page, "comparison_begin")
    courses = finish(page)
    assert not page.exception
    assert [course.total_steps for course in courses] == [50, 150, 1_000]
    assert "| Result | full batch | mini-batch | single sample |" in words_on(page)
    assert "| steps | 50 | 150 | 1,000 |" in words_on(page)
    assert f"| loss | {' | '.join(f'{course.losses[-1]:.3g}' for course in courses)} |" in words_on(page)
    assert "| digits per step | 1,617 | 100 | 1 |" in words_on(page)
    assert page.button("comparison_pause").disabled


def test_the_answer_is_what_was_measured(page):
    press(page, "comparison_begin")
    assert "Make your guess" in words_on(page)
    page.button_group("descent_guess").set_value("full batch").run()
    assert "Make your guess" not in words_on(page)
    page.select_slider("comparison_rate").set_value(1.0).run()
    press(page, "comparison_begin")
    courses = finish(page)
    assert page.session_state["comparison"].sweep.trainings[2].recipe.hyperparameters.learning_rate == 1.0
    fewest = comparison.first_to_halve(courses, "samples")
    assert f"**{fewest}** by digits seen" in words_on(page)
    assert f"First to halve the loss: **{fewest}** by digits seen" in words_on(page)
    times = courses[2].steps_per_second / courses[1].steps_per_second
    assert f"A step on 100 digits took **{written(times, 2)}** times" in words_on(page)


def test_a_paused_one_stays_as_it_was_until_it_goes_on_or_another_is_begun(page, monkeypatch):
    monkeypatch.setattr(comparison, "LENGTHS", {"full batch": 5_000, "mini-batch": 9_000, "one sample": 10_000})
    press(page, "comparison_begin")
    work = page.session_state["comparison"]
    wait_until(lambda: work.steps > 0)
    press(page, "comparison_pause")
    wait_until(lambda: current_run.pool().counts()["jobs"] == 0)
    steps, known = work.steps, np.isfinite(work.so_far[2].clock)
    page.run()
    assert page.button("comparison_pause").label == "Resume"
    assert progress_on(page).startswith("paused")
    assert f" | {work.so_far[2].moments[known].max(initial=0):,} |" in words_on(page)
    press(page, "comparison_pause")
    wait_until(lambda: work.steps > steps)
    press(page, "comparison_begin")
    assert page.session_state["comparison"] is not work
    assert page.button("comparison_pause").label == "Pause"
    assert not page.button("comparison_pause").disabled
    assert work.state is SweepState.PAUSED  # the new race replaces it


def test_the_error_of_a_failed_one_is_shown_as_code_above_its_progress(page, monkeypatch):
    monkeypatch.setattr(gradient_descent.OutcomeRun, "advance", lambda *_: 1 / 0)
    press(page, "comparison_begin")
    wait_until(lambda: page.session_state["comparison"].state is SweepState.FAILED)
    page.run()
    assert [error.value for error in page.error] == ["`ZeroDivisionError: division by zero`"]
    assert progress_on(page) == ""


def test_it_starts_from_the_weights_of_the_run_and_explains_when_nothing_can_start(page, digits):
    page.session_state["job"] = Job(TrainingRun(digits, Hyperparameters(initialization="zeros", hidden=(7,))))
    press(page, "comparison_begin")
    recipes = [each.recipe for each in page.session_state["comparison"].sweep.trainings]
    assert [weight.shape for weight in recipes[0].initial_parameters().weights] == [(64, 7), (7, 10)]
    page.run()
    assert "Every weight is zero" in words_on(page)


PRESETS = {"too_small": "Too small", "right": "Good", "zigzag": "Zigzag", "diverging": "Too large"}


@pytest.mark.parametrize("name", PRESETS)
def test_each_preset_does_what_it_says(page, name):
    press(page, f"descent_{name}")
    assert f"**{PRESETS[name]}**." in words_on(page)
    told = [each for each, word in PRESETS.items() if word in page.button(f"descent_{each}").label]
    assert set(told) == {name, "right"}  # with all steps, the path of the medium one is there from the start
    run = page.session_state["job"].run
    surface, rate = two_pixel_surface(run.train), page.slider("descent_rate").value
    assert bare(1 - rate * surface.curvatures[1], 3) in words_on(page)
    presets = [page.button(f"descent_{each}") for each in PRESETS]
    assert [each.key for each in presets if each.proto.type == "primary"] == [f"descent_{name}"]
    page.slider("descent_rate").set_value(rate - 0.01).run()  # no longer that of the button, whatever the path does
    assert "primary" not in [page.button(each.key).proto.type for each in presets]


def test_a_path_that_leaves_the_map_says_so(page):
    press(page, "descent_zigzag")
    assert re.search(r"\| full batch \| [\d.]+ \| [\d.]+ \|", words_on(page))
    press(page, "descent_diverging")
    assert re.search(r"\| full batch \| [\d.]+ \| left the map after \d+ steps \|", words_on(page))


def test_the_ball_rests_until_a_step_is_chosen_by_its_button_or_in_the_picture():
    page = open_page("gradient_descent", step=1)
    presets = [button for button in page.button if button.key in {f"descent_{each}" for each in PRESETS}]
    assert [each.label for each in presets] == ["**tiny**", "**medium**", "**long**", "**very long**"]
    assert not [button.key for button in presets if button.proto.type == "primary"]
    assert b'"film"' not in page.session_state["frames"]["descent_valley"][1]
    assert not page.slider, "learning rates are in the next step"
    press(page, "descent_right")
    assert "**Good**." in words_on(page)
    assert b'"film"' in page.session_state["frames"]["descent_valley"][1]


def test_start_rate_and_momentum_move_the_paths(page):
    page.slider("descent_w1").set_value(-1.0)
    page.slider("descent_w2").set_value(2.0)
    page.slider("descent_rate").set_value(4.0)
    page.slider("descent_momentum").set_value(0.98).run()
    assert not page.exception
    surface = two_pixel_surface(page.session_state["job"].run.train)
    assert f"| full batch | {float(surface.loss(-1.0, 2.0)):.4f} |" in words_on(page)
    page.button_group("descent_shown").set_value("as a landscape").run()
    assert not page.exception


def test_the_ball_in_the_valley_has_no_momentum_and_the_map_gives_no_answer_away():
    page = open_page("gradient_descent", step=2)
    page.slider("descent_momentum").set_value(0.9).run()
    page.query_params["step"] = "1"
    page.run()
    assert b'"film"' not in page.session_state["frames"]["descent_valley"][1]
    press(page, "descent_right")
    drawn = page.session_state["frames"]["descent_valley"][1]
    page.query_params["step"] = "2"
    page.run()
    page.slider("descent_momentum").set_value(0.9).run()
    page.query_params["step"] = "1"
    page.run()
    assert page.session_state["frames"]["descent_valley"][1] == drawn


def test_the_steps_show_one_descent_and_only_the_sliders_that_they_speak_of():
    page = open_page("gradient_descent", step=2)
    assert [slider.key for slider in page.slider] == ["descent_w1", "descent_w2", "descent_rate", "descent_momentum"]
    page.slider("descent_momentum").set_value(0.5).run()
    surface = two_pixel_surface(page.session_state["job"].run.train)
    assert rf"= {bare(surface.largest_rate(0.5), 3)}" in words_on(page)
    page.query_params["step"] = "1"
    page.run()
    press(page, "descent_zigzag")
    page.query_params["step"] = "2"
    page.run()
    assert page.slider("descent_momentum").value == 0.0  # set by the preset, hidden from view
