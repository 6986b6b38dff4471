from __future__ import annotations

import re

import pytest
from streamlit.testing.v1 import AppTest

from digitviz.dashboard.lesson.formulas import bare
from digitviz.lesson.surface import two_pixel_surface
from tests.pages.reading import open_page, words_on


@pytest.fixture
def page():
    return open_page("gradient_descent")


def press(page: AppTest, key: str) -> None:
    page.button(key).click().run()
    assert not page.exception


def test_a_link_opens_the_race_of_three_batch_sizes():
    page = open_page("gradient_descent", step=3)
    [link] = [each.proto for each in page.get("page_link") if each.proto.page == "race"]
    assert link.query_string == "ready=batches"


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
