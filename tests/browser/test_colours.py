"""Computed colours in both themes."""

from __future__ import annotations

import re

from playwright.sync_api import Page

from digitviz.figures.colours import CAPTION_OPACITY, PAIRS, channels
from tests.browser.conftest import go_on_to, wait_until_settled
from tests.browser.test_evaluate import guess
from tests.waiting import wait_until

ROLES = ("green", "red", "amber", "purple")
OF_A_SILENT_CELL = ("green", "amber")
"""Those that a nerve cell has even if it does not fire, as at first."""
FORMULAS = """() => [...document.querySelectorAll('.katex-html [style*="color"]')]
    .map(part => getComputedStyle(part).color)"""
LABELS = """() => [...document.querySelectorAll('.st-key-perceptron .annotation-text')]
    .flatMap(text => [text, ...text.querySelectorAll('tspan')]).map(part => getComputedStyle(part).fill)"""
CAPTIONS = """() => [...document.querySelectorAll('[data-testid=stCaptionContainer]')]
    .map(caption => getComputedStyle(caption).opacity)"""

FILL = "text => getComputedStyle(text).fill"


def channels_of(css: str) -> list[int]:
    """Return red, green and blue of a colour in CSS notation."""
    return [int(number) for number in re.findall(r"\d+", css)[:3]]


def as_rgb(theme: int, roles: tuple[str, ...] = ROLES) -> set[str]:
    """Return the colours of a neuron's roles in CSS notation; `theme` is 0 for light, 1 for dark."""
    return {"rgb({}, {}, {})".format(*channels(PAIRS[name][theme])) for name in roles}


def wait_for_colours(page: Page, theme: int) -> None:
    wait_until(lambda: set(page.evaluate(FORMULAS)) == as_rgb(theme))
    wait_until(lambda: as_rgb(theme, OF_A_SILENT_CELL) <= set(page.evaluate(LABELS)))


def test_captions_are_hardly_paler_than_text_and_colours_change_with_the_theme_which_the_menu_keeps(open_page, server):
    page = open_page("neuron", "projector")
    page.get_by_test_id("stCaptionContainer").first.wait_for()
    opacities = page.evaluate(CAPTIONS)
    assert opacities
    assert set(opacities) == {str(CAPTION_OPACITY)}
    page.locator(".st-key-whole_page label").click()  # figures and formulas are in different steps
    wait_for_colours(page, 0)
    page.emulate_media(color_scheme="dark")
    wait_for_colours(page, 1)
    page.emulate_media(color_scheme="light")
    wait_for_colours(page, 0)

    go_on_to(page, "/evaluate")
    guess(page)
    wait_until_settled(page)
    tick = page.locator(".st-key-confusion .xtick text").first
    light = tick.evaluate(FILL)
    page.get_by_test_id("stMainMenuButton").click()
    page.get_by_text("Dark").last.click()
    wait_until(lambda: sum(channels_of(tick.evaluate(FILL))) > sum(channels_of(light)) + 300)
    page.goto(f"{server.url}/loss")
    background = page.locator(".stApp")
    wait_until(lambda: sum(channels_of(background.evaluate("app => getComputedStyle(app).backgroundColor"))) < 150)
