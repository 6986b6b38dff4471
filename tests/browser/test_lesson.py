"""The lesson, step by step, as in class."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, expect

from digitviz.dashboard.lesson.order import LESSON
from tests.browser.conftest import go_on_to, on_page, wait_until_settled
from tests.browser.test_evaluate import GO
from tests.waiting import wait_until

WIDER_THAN_THE_SCREEN = """() => [...document.querySelectorAll('[data-testid=stMain] *')]
    .filter(element => {
        if (element.type === 'range') return false; // the invisible input of a slider
        if (element.getBoundingClientRect().right <= innerWidth + 1) return false;
        for (let box = element.parentElement; box.dataset.testid !== 'stMain'; box = box.parentElement) {
            const canScroll = ['auto', 'scroll'].includes(getComputedStyle(box).overflowX);
            if (canScroll && box.getBoundingClientRect().right <= innerWidth + 1) return false;
        }
        return element.clientWidth > 0;
    })
    .map(element => element.outerHTML.slice(0, 120))"""
CUT_FORMULAS = """() => [...document.querySelectorAll('[data-testid=stMain] .katex-display')]
    .filter(formula => formula.scrollWidth > formula.clientWidth + 3) // KaTeX's own widths are off by a pixel or two
    .map(formula => formula.textContent.slice(0, 60))"""


def wait_for_drawings(page: Page) -> None:
    """Wait until the script has finished and every figure on the page is drawn."""
    page.locator('[data-testid="stApp"][data-test-script-state="notRunning"]').wait_for()
    wait_until(lambda: page.locator(".digitviz-plot:not(:has(.main-svg))").count() == 0)
    wait_until(lambda: page.locator('.digitviz-plot[data-frames="0"]').count() == 0)


def go_to(page: Page, name: str) -> None:
    """Go to a lesson page through the navigation menu."""
    page.get_by_test_id("stTopNavSection").get_by_text("Learn", exact=True).click()
    page.get_by_role("menuitem").get_by_text(str(LESSON[name].title), exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_have_text(str(LESSON[name].question))
    wait_for_drawings(page)


def go_to_step(page: Page, name: str, number: int) -> None:
    """Go to a step of a lesson page, which draws fewer figures than all steps together."""
    page.evaluate(GO, f"/{name}?step={number}")
    expect(page.get_by_role("heading", level=1)).to_have_text(str(LESSON[name].question))
    expect_step(page, number)


def expect_step(page: Page, number: int) -> None:
    """Wait until a step is shown and its figures are drawn."""
    expect(page.get_by_role("heading", level=2)).to_have_count(1)
    expect(page.get_by_role("heading", level=2)).to_have_text(re.compile(rf"^{number}\. "))
    expect(page.locator(".st-key-lesson_step [aria-checked=true]")).to_have_text(str(number))
    expect(page.locator(".digitviz-stepper .next")).to_be_visible()  # then it listens for keys
    wait_for_drawings(page)


def click_inside(
    page: Page,
    plot: str,
    across: float,
    down: float,
    panel: int = 0,
    while_pressed: Callable[[], object] = lambda: None,
) -> None:
    """Click a panel of a figure, at the given fractions of its width and height."""
    page.locator(f".st-key-{plot} .digitviz-plot:not([data-frames='0'])").wait_for()  # then it listens for clicks
    drawing: Locator = page.locator(f".st-key-{plot} .nsewdrag").nth(panel)
    drawing.scroll_into_view_if_needed()
    box = drawing.bounding_box()
    page.mouse.move(box["x"] + box["width"] * across, box["y"] + box["height"] * down)
    page.locator(f".st-key-{plot} .hoverlayer > *").first.wait_for(state="attached")
    page.mouse.down()
    while_pressed()
    page.mouse.up()


def expect_to_fit_a_phone(page: Page) -> None:
    assert not page.evaluate(WIDER_THAN_THE_SCREEN)
    assert not page.evaluate(CUT_FORMULAS)
    assert not page.evaluate(
        "[...document.querySelectorAll('.st-key-next_links p')].filter(p => p.scrollWidth > p.clientWidth)"
    )
    assert page.evaluate("() => document.documentElement.scrollWidth <= innerWidth")


def tap_through(page: Page, name: str) -> Locator:
    """Tap through all steps of a lesson page, and return the links at its end."""
    expect(page.get_by_role("heading", level=1)).to_have_text(str(LESSON[name].question))
    count = len(LESSON[name].steps)
    for number in range(1, count + 1):
        expect_step(page, number)
        expect_to_fit_a_phone(page)
        if number < count:
            page.locator(".digitviz-stepper .next").tap()
    return page.locator(".st-key-next_links a")


@pytest.mark.thorough
def test_on_a_phone_steps_and_links_lead_from_page_to_page_and_from_the_last_to_train(open_page):
    first, second, *_, last = LESSON  # `tests/pages/test_lesson.py` checks the links of all pages
    page = open_page(first, "phone")
    links = tap_through(page, first)
    expect(links).to_have_count(2)
    expect(links.last).to_contain_text("See it in Train:")
    links.first.click()
    expect(page.get_by_role("heading", level=1)).to_have_text(str(LESSON[second].question))
    expect_step(page, 1)

    go_on_to(page, f"/{last}")
    links = tap_through(page, last)
    expect(links).to_have_count(1)
    expect(links).to_contain_text("See it in Train:")
    links.click()
    expect(page).to_have_url(re.compile(r"/train(\?|$)"))
    expect(page.locator(".st-key-hp_learning_rate")).to_be_in_viewport(ratio=1)


def start_of(page: Page, number: int) -> float:
    words = page.locator(f".st-key-descent_w{number}").inner_text()
    return float(re.search(rf"Starting weight w{number}\s*(-?\d+\.\d+)", words).group(1))


def test_a_click_on_a_picture_picks_what_lies_there(open_page):
    page = open_page("network")
    expect_step(page, 1)
    nodes = page.locator(".st-key-diagram .digitviz-plot .scatterlayer .trace").last.locator("path.point")
    for place, said in ((3, "fits best."), (7, "gets")):  # a guess, then a click
        nodes.nth(place).click(force=True)
        expect(page.locator(".st-key-diagram .annotation-text").filter(has_text=said)).to_be_visible()
    expect(page.locator(".st-key-diagram .scatterlayer .trace").last.locator("text")).to_have_count(10)
    page.get_by_role("button", name="More").click()
    expect(page.locator(".st-key-network_neuron input")).to_have_value("7")
    expect(page.get_by_role("combobox", name="Layer")).to_have_value("output")

    go_to_step(page, "data", 4)
    click_inside(page, "batch", 0.5, 0.425)
    expect(page.locator(".st-key-data_row input")).to_have_value("43")
    redraw = "() => Plotly.redraw(document.querySelector('.st-key-batch .digitviz-plot'))"
    click_inside(page, "batch", 0.5, 0.525, while_pressed=lambda: page.evaluate(redraw))
    expect(page.locator(".st-key-data_row input")).to_have_value("53")

    go_to_step(page, "forward", 7)
    click_inside(page, "forward", 0.45, 0.205, panel=5)  # z2
    expect(page.locator(".st-key-forward_row input")).to_have_value("21")
    expect(page.locator(".st-key-forward_column input")).to_have_value("4")
    expect(page.get_by_role("combobox", name="Matrix")).to_have_value("z2")

    go_to_step(page, "loss", 1)
    click_inside(page, "loss_guess", 0.35, 0.45)
    page.locator(".st-key-loss_unbend").wait_for()  # before the click's rerun, the page would look settled as well
    wait_until_settled(page)  # the rerun would close the popover
    page.get_by_role("button", name="More", exact=True).click()
    expect(page.locator(".st-key-loss_p3")).to_contain_text(re.compile(r"5[68](\.\d+)?%"))
    page.keyboard.press("Escape")
    handle, loss = page.locator(".st-key-loss_guess .annotation-text").first, page.locator(".digitviz-measured p span")
    before, box = loss.text_content(), handle.bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x, y - 30, steps=5)
    wait_until(lambda: loss.text_content() != before)  # the loss follows the bar
    dragged = loss.text_content()
    assert re.fullmatch(r"loss 0\.\d+", dragged)
    page.mouse.up()
    wait_until_settled(page)
    expect(loss).to_have_text(dragged)  # the server computes the same

    go_to(page, "backpropagation")
    page.locator(".st-key-whole_page label").click()  # all equations, and all steps that show the picked weight
    expect(page.locator(".st-key-lesson_step")).to_have_count(0)
    wait_for_drawings(page)
    click_inside(page, "backpropagation_chain", 0.5, 0.5, panel=3)
    expect(page.locator(".st-key-backpropagation_factor")).to_contain_text("gradient of w2")
    click_inside(page, "backpropagation_step_0", 0.51, 0.336)
    expect(page.locator(".st-key-backpropagation_row input")).to_have_value(re.compile("^2[012]$"))
    expect(page.locator(".st-key-backpropagation_column input")).to_have_value(re.compile("^2[456]$"))
    expect(page.locator("table").last).to_contain_text("finite differences of the loss")

    go_to(page, "gradient_descent")
    click_inside(page, "descent_contours", 0.5, 0.25)
    wait_until(lambda: start_of(page, 1) == pytest.approx(0.5, abs=0.15))  # the click chooses the nearest grid point
    wait_until(lambda: start_of(page, 2) == pytest.approx(1.5, abs=0.15))
    click_inside(page, "descent_valley", 0.93, 0.29)  # where a very long step lands
    expect(on_page(page, "The jumps across the valley grow")).to_be_visible()
