"""The dashboard without a mouse. `test_every_page.py` checks that Tab reaches every control."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect

from tests.browser.conftest import SIZES, go_on_to, wait_until_settled
from tests.browser.test_spoken import spoken, wait_to_hear
from tests.waiting import wait_until

STOP = "() => document.activeElement.closest('[class*=st-key-]')?.className.match(/st-key-(\\w+)/)[1]"
"""Script that returns the key of the focused control."""


def tab(page: Page, times: int) -> list[object]:
    """Press Tab several times, and return the keys of the controls that get the focus."""
    stops = []
    for _ in range(times):
        page.keyboard.press("Tab")
        stops.append(page.evaluate(STOP))
    return stops


def chosen_step(page: Page, number: int) -> None:
    expect(page.locator(".st-key-lesson_step [aria-checked=true]")).to_have_text(str(number))


def test_closed_settings_take_no_tab_and_stay_as_the_visitor_leaves_them_and_preset_and_train_are_a_few_tabs_away(
    open_page,
):
    page = open_page("train", "low")
    wait_until_settled(page)
    opener, preset = page.get_by_role("button", name="Settings", exact=True), page.get_by_label("Preset", exact=True)
    close = page.get_by_test_id("stSidebarCollapseButton").get_by_role("button")
    tab(page, 2)  # the first is "Skip to main content"
    expect(opener).to_be_focused()
    page.keyboard.press("Enter")
    expect(close).to_be_focused()
    page.set_viewport_size({"width": 1270, "height": 160})
    page.reload()
    wait_until_settled(page)
    expect(preset).to_be_in_viewport()
    tab(page, 4)
    expect(preset).to_be_focused()
    for _ in range(2):
        page.keyboard.press("Shift+Tab")
    expect(close).to_be_focused()
    page.keyboard.press("Enter")
    expect(opener).to_be_focused()
    expect(preset).to_be_hidden()
    home = page.get_by_role("link", name="Home")
    home.focus()
    expect(home).to_have_css("outline-style", "solid")

    page.set_viewport_size(SIZES["desktop"]["viewport"])
    page.reload()
    wait_until_settled(page)
    page.keyboard.press("Tab")
    link = page.get_by_role("link", name="Skip to main content")
    expect(link).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#stMain")).to_be_focused()
    stops = tab(page, 1)
    expect(page.locator(".st-key-level [aria-checked=true]")).to_be_focused()  # not the first option
    stops += tab(page, 4)
    assert "train" in stops
    for _ in range(4 - stops.index("train")):
        page.keyboard.press("Shift+Tab")
    page.keyboard.press("Enter")
    expect(page.locator(".st-key-progress")).not_to_contain_text("not started")


def test_enter_and_space_press_what_has_the_focus_and_the_step_of_a_lesson_is_said_when_it_changes(open_page):
    page = open_page("neuron", "low")
    chosen_step(page, 1)
    onward = page.locator(".digitviz-stepper .next")
    expect(onward).to_be_visible()
    wait_until_settled(page)
    assert spoken(page) == ""
    page.locator(".st-key-neuron_fires").get_by_role("radio").last.focus()
    page.keyboard.press("Space")
    expect(page.get_by_role("button", name="Guess again")).to_be_focused()
    expect(page.locator("#digitviz-spoken")).to_have_text("Your guess was wrong.")
    onward.focus()
    page.keyboard.press("Space")
    chosen_step(page, 2)
    title = page.get_by_role("heading", level=2).first
    expect(title).to_contain_text("2. ")
    heard = wait_to_hear(page, r"^Step 2 of \d: ")
    assert heard.endswith(title.inner_text().removeprefix("2. "))
    onward.focus()
    page.keyboard.press("Enter")
    chosen_step(page, 3)
    options = page.locator(".st-key-neuron_guess").get_by_role("radio")
    options.first.focus()
    for key, place in (("ArrowRight", 1), ("ArrowDown", 2), ("ArrowUp", 1), ("ArrowRight", 2)):
        page.keyboard.press(key)
        expect(options.nth(place)).to_be_focused()
    page.keyboard.press("Space")
    expect(page.get_by_role("button", name="Guess again")).to_be_focused()
    expect(page.locator("#digitviz-spoken")).to_have_text(re.compile("^You said XOR. That is right. "))
    page.keyboard.press("Enter")
    expect(options.first).to_be_focused()
    page.get_by_role("button", name=re.compile("Check yourself")).focus()
    page.keyboard.press("Enter")
    solution = page.locator("summary").filter(has_text="Solution")
    expect(solution).to_be_visible()
    solution.focus()
    page.keyboard.press("Space")
    expect(page.locator("details[open]").filter(has_text="Solution")).to_be_visible()
    page.locator(".st-key-lesson_step [aria-checked=true]").focus()
    for key, number in (("ArrowRight", 4), ("ArrowRight", 4), ("ArrowLeft", 3)):  # they do not leave the page
        page.keyboard.press(key)
        chosen_step(page, number)
        expect(page.locator(".st-key-lesson_step [aria-checked=true]")).to_be_focused()
        said = re.compile(rf"^Step {number} of \d: ")
        expect(page.locator("#digitviz-spoken")).to_have_text(said)  # the server may skip a step that lasts a moment
    go_on_to(page, "/glossary")
    wait_until(lambda: not spoken(page).startswith("Step"))
