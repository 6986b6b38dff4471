"""The steps of a lesson page: keys, links, printing and size on a projector."""

from __future__ import annotations

import re
from itertools import pairwise

import pytest
from playwright.sync_api import Page, expect

from digitviz.dashboard.lesson.order import LESSON
from tests.browser.conftest import SIZES, go_on_to, on_page, open_settings, wait_until_settled
from tests.browser.test_every_page import TWICE, WIDER
from tests.browser.test_lesson import expect_step, wait_for_drawings
from tests.waiting import wait_until

HIGHEST_TOP, LOWEST_BOTTOM = 300, 720
"""Lowest positions allowed for the top and bottom edge of a step's main picture, in pixels on a projector."""
MAIN_PICTURES = """() => [...document.querySelectorAll('[data-main-picture]')]
    .map(picture => picture.getBoundingClientRect()).map(box => [box.top, box.bottom])"""
HEIGHT = "() => document.querySelector('[data-testid=stMain]').scrollHeight"
COUNT_ON_PRINT = """() => {
    window.print = () => { window.printed = document.querySelectorAll('[class*=st-key-shown_step_]').length; };
}"""


def in_address(page: Page, number: int) -> None:
    expect(page).to_have_url(re.compile(rf"[?&]step={number}(&|$)"))


def test_keys_and_the_back_button_lead_through_steps_and_pages_and_leave_a_slider_its_own_and_all_is_printed(open_page):
    page = open_page("train")
    wait_until_settled(page)
    entries = page.evaluate("history.length")
    open_settings(page)
    page.get_by_role("slider", name="Learning rate").press("ArrowRight")
    expect(page).to_have_url(re.compile("learning_rate="))
    assert page.evaluate("history.length") == entries  # Back does not move a control

    def shows(number: int) -> None:
        expect(page.get_by_role("heading", level=2)).to_have_text([re.compile(rf"^{number}\. ")])

    for name in ("neuron", "network"):
        go_on_to(page, f"/{name}")
        expect(page.get_by_role("heading", level=1)).to_have_text(str(LESSON[name].question))
        shows(1)
    wait_until_settled(page)
    page.keyboard.press("PageDown")
    shows(2)
    in_address(page, 2)
    page.go_back()
    shows(1)
    page.go_back()
    expect(page.get_by_role("heading", level=1)).to_have_text(str(LESSON["neuron"].question))
    page.go_back()
    expect(page.get_by_role("heading", level=1)).to_have_text("How does a network learn to read?")
    expect(page).to_have_url(re.compile(r"/train"))

    go_on_to(page, "/network")
    expect_step(page, 1)
    for key, number in (("ArrowRight", 2), ("PageDown", 3), ("ArrowLeft", 2), ("PageUp", 1), ("PageDown", 2)):
        page.keyboard.press(key)
        expect_step(page, number)
        in_address(page, number)
    page.go_back()
    expect_step(page, 1)
    page.go_forward()
    expect_step(page, 2)
    in_address(page, 2)

    # A focused slider keeps its arrows and its number, but not the keys of a remote.
    go_on_to(page, "/neuron")
    expect_step(page, 1)
    slider = page.locator(".st-key-neuron_w2_slider input[type=range]")
    slider.focus()
    page.keyboard.press("ArrowRight")
    expect(slider).to_have_value("-1.45")
    expect(on_page(page, "w2 = −1.45")).to_be_visible()
    expect_step(page, 1)
    page.keyboard.press("PageDown")
    expect_step(page, 2)
    expect(slider).to_have_value("-1.45")
    page.keyboard.press("PageUp")
    expect_step(page, 1)
    page.locator(".digitviz-stepper .next").click()
    expect_step(page, 2)
    expect(slider).to_have_value("-1.45")
    page.keyboard.press("PageDown")
    expect_step(page, 3)

    # All steps are printed, and the one that was read is shown again.
    page.evaluate(COUNT_ON_PRINT)
    page.keyboard.press("Control+p")
    wait_until(lambda: page.evaluate("window.printed") == len(LESSON["neuron"].steps))
    page.emulate_media(media="print")
    for hidden in ("[data-testid=stHeader]", "[data-testid=stSidebar]", ".st-key-frame_choices"):
        expect(page.locator(hidden)).to_be_hidden()
    page.emulate_media(media="screen")
    page.evaluate("window.dispatchEvent(new Event('afterprint'))")
    expect_step(page, 3)


def expect_to_fit(page: Page) -> None:
    """Expect the step to fit without scrolling, and its main picture to be high enough."""
    wait_until(lambda: page.evaluate(HEIGHT) <= SIZES["projector"]["viewport"]["height"])
    if page.locator("[data-testid=stMain] .digitviz-plot").count():  # a step with formulas only has none
        ((top, bottom),) = page.evaluate(MAIN_PICTURES)
        assert top <= HIGHEST_TOP
        assert bottom <= LOWEST_BOTTOM


@pytest.fixture(scope="module")
def walker(open_shared) -> Page:
    """A page that the tests share. It starts at the beginning of the lesson."""
    return open_shared(next(iter(LESSON)), "projector")


def at_the_beginning_of(name: str, page: Page) -> None:
    """Go to a lesson page, unless the last test has ended there."""
    asked = page.get_by_role("heading", level=1)
    if asked.text_content() != str(LESSON[name].question):
        go_on_to(page, f"/{name}")
    expect(asked).to_have_text(str(LESSON[name].question))
    expect_step(page, 1)


@pytest.mark.parametrize("name", LESSON)
@pytest.mark.sampled(3)
def test_one_key_leads_through_the_whole_lesson_and_every_step_fits_a_projector_before_and_after_the_guess(
    walker, name
):
    page, (*_, last) = walker, LESSON
    at_the_beginning_of(name, page)
    if name == next(iter(LESSON)):  # the control of the steps is the same on every page
        page.set_viewport_size(TWICE)
        wait_until_settled(page)
        assert max(page.evaluate(WIDER)) <= 0
        page.set_viewport_size(SIZES["projector"]["viewport"])
        wait_until_settled(page)
    for number, step in enumerate(LESSON[name].steps, start=1):
        expect_step(page, number)
        expect(page.get_by_role("heading", name=f"{number}. {step.title}")).to_be_visible()
        expect_to_fit(page)
        box = page.locator("[class*=st-key-][class*=_box]")
        if box.count():
            guess = box.get_by_role("radio").or_(box.get_by_role("button", name="Submit my guess"))
            guess.first.click()
            page.get_by_role("button", name="Guess again").wait_for()
            wait_for_drawings(page)
            expect_to_fit(page)
        page.keyboard.press("PageDown")
    following = {**dict(pairwise(LESSON)), last: "train"}[name]
    expect(page).to_have_url(re.compile(rf"/{following}(\?|$)"))
    wait_until_settled(page)
