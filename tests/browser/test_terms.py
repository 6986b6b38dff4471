"""Technical terms in the text show their definition on hover, focus, tap and click."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, expect

from digitviz.dashboard.lesson.order import LESSON
from digitviz.language import speaking
from digitviz.lesson.glossary import GLOSSARY
from tests.browser.conftest import go_on_to, wait_until_settled

HISTORY = "() => [location.href, history.length]"
INSIDE = """(element) => {
    const { left, top, right, bottom } = element.getBoundingClientRect();
    return left >= 0 && top >= 0 && right <= innerWidth && bottom <= innerHeight;
}"""

REACHED = """word => {
    word.scrollIntoView({ block: "center" });
    const { x, y, width, height } = word.getClientRects()[0];
    return [-11.5, 11.5].map(down => document.elementFromPoint(x + width / 2, y + height / 2 + down) === word);
}"""
"""Script that returns whether a finger above and below the middle of a word meets it: 24 pixels are the minimum."""


def open_with_words(open_page: Callable[..., Page], path: str, size: str) -> Page:
    """Open a page and wait until its terms react."""
    page = open_page(path, size)
    wait_until_settled(page)
    expect(page.locator("html")).to_have_attribute("data-begun", "")
    return page


def word(page: Page, code: str) -> Locator:
    return page.locator(f'a[href="#term-{code}"]')


def expect_sentence(page: Page, code: str, language: str = "en") -> None:
    """Wait until only this term's definition is shown, completely on the screen."""
    shown = page.locator(".digitviz-sentence:popover-open")
    with speaking(language):
        expect(shown).to_have_text([str(GLOSSARY[code].sentence)])
    assert shown.evaluate(INSIDE)


def expect_no_sentence(page: Page) -> None:
    expect(page.locator(".digitviz-sentence:popover-open")).to_have_count(0)


@pytest.fixture(scope="module")
def page(open_shared) -> Page:
    """A lesson page at its first step. Each test returns to that step."""
    return open_with_words(open_shared, "loss", "projector")


def test_a_word_that_is_pointed_at_shows_its_sentence(page):
    word(page, "probability").hover()
    expect_sentence(page, "probability")
    page.locator("#term-probability").hover()  # the pointer can move onto the definition
    expect_sentence(page, "probability")
    word(page, "probability").hover()
    expect_sentence(page, "probability")
    page.get_by_role("heading", level=1).hover()
    expect_no_sentence(page)


def test_a_word_that_comes_under_a_resting_pointer_shows_its_sentence_only_when_the_pointer_moves(page):
    page.mouse.move(640, 500)
    word(page, "loss").evaluate(
        "word => word.setAttribute('style', 'position: fixed; left: 630px; top: 490px; z-index: 9')"
    )
    page.wait_for_function("""() => document.querySelector('a[href="#term-loss"]').matches(':hover')""")
    expect_no_sentence(page)
    page.mouse.move(642, 501)
    expect_sentence(page, "loss")
    word(page, "loss").evaluate("word => word.removeAttribute('style')")
    page.get_by_role("heading", level=1).hover()
    expect_no_sentence(page)


def test_a_clicked_word_keeps_its_sentence_and_the_address_stays(page):
    before = page.evaluate(HISTORY)
    word(page, "probability").click()
    page.get_by_role("heading", level=1).hover()
    expect_sentence(page, "probability")
    word(page, "probability").click()
    expect_no_sentence(page)
    word(page, "loss").click()
    expect_sentence(page, "loss")
    page.get_by_role("heading", level=1).click()
    expect_no_sentence(page)
    assert page.evaluate(HISTORY) == before


def test_the_keyboard_shows_a_sentence_and_escape_closes_it(page):
    word(page, "probability").focus()
    page.keyboard.press("Tab")
    expect_sentence(page, "loss")
    expect(word(page, "loss")).to_have_accessible_description(str(GLOSSARY["loss"].sentence))
    page.keyboard.press("Escape")
    expect_no_sentence(page)
    page.keyboard.press("Enter")
    expect_sentence(page, "loss")
    page.keyboard.press("Shift+Tab")
    expect_sentence(page, "probability")
    page.keyboard.press("ArrowRight")  # to the next step of the lesson
    expect(page.get_by_role("heading", name=str(LESSON["loss"].steps[1].title))).to_be_visible()
    expect_no_sentence(page)
    page.keyboard.press("ArrowLeft")
    expect(page.get_by_role("heading", name=str(LESSON["loss"].steps[0].title))).to_be_visible()


def test_a_finger_opens_a_sentence_and_closes_it(open_page):
    page = open_with_words(open_page, "weights?lang=en", "phone")
    for codes, language in ((("manifold", "weight"), "en"), (("activation",), "zh")):
        if language == "zh":
            go_on_to(page, "/film?lang=zh")
            wait_until_settled(page)
        for code in codes:
            assert word(page, code).evaluate(REACHED) == [True, True]
            word(page, code).tap()
            expect_sentence(page, code, language)
            word(page, code).tap()
            expect_no_sentence(page)
        word(page, codes[0]).tap()
        expect_sentence(page, codes[0], language)
        page.touchscreen.tap(190, 12)
        expect_no_sentence(page)
