"""The lesson, walked through as a class does."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from digitviz.dashboard.lesson import PAGES, QUESTIONS
from tests.waiting import wait_until

WRITTEN = [name for name in QUESTIONS if (PAGES / f"{name}.py").exists()]


def wait_for_drawings(page: Page) -> None:
    """Wait until the script has run and every picture on the page is drawn."""
    page.locator('[data-testid="stApp"][data-test-script-state="notRunning"]').wait_for()
    page.locator(".digitviz-plot .main-svg").first.wait_for()
    wait_until(lambda: page.locator('.digitviz-plot[data-frames="0"]').count() == 0)


def test_the_links_lead_through_the_lesson_in_its_order_and_end_in_train(open_page):
    page = open_page(WRITTEN[0])
    for name, following in zip(WRITTEN, [*WRITTEN[1:], None], strict=True):
        expect(page.get_by_role("heading", level=1)).to_have_text(QUESTIONS[name])
        wait_for_drawings(page)
        links = page.locator(".st-key-next_links a")
        expect(links).to_have_count(2 if following else 1)
        links.first.click()
    expect(page).to_have_url(re.compile(r"/train(\?|$)"))


@pytest.mark.parametrize("name", WRITTEN)
def test_nothing_is_wider_than_a_phone(open_page, name):
    page = open_page(name, "phone")
    wait_for_drawings(page)
    wider = page.evaluate(
        """() => [...document.querySelectorAll('[data-testid=stMain] *')]
            .filter(element => {
                if (element.type === 'range') return false; // a slider's own, which is not seen
                if (element.getBoundingClientRect().right <= innerWidth + 1) return false;
                for (let box = element.parentElement; box.dataset.testid !== 'stMain'; box = box.parentElement) {
                    const canScroll = ['auto', 'scroll'].includes(getComputedStyle(box).overflowX);
                    if (canScroll && box.getBoundingClientRect().right <= innerWidth + 1) return false;
                }
                return element.clientWidth > 0;
            })
            .map(element => element.outerHTML.slice(0, 120))"""
    )
    assert not wider
    assert page.evaluate("() => document.documentElement.scrollWidth <= innerWidth")


def test_a_click_on_a_node_shows_what_it_adds_up(open_page):
    page = open_page("network")
    wait_for_drawings(page)
    nodes = page.locator(".st-key-diagram .digitviz-plot .scatterlayer .trace").last.locator("path.point")
    nodes.nth(7).click(force=True)
    expect(page.locator(".st-key-network_neuron input")).to_have_value("7")
    expect(page.get_by_role("combobox", name="Layer")).to_have_value("output")


def test_a_click_on_a_cell_spells_it_out(open_page):
    page = open_page("forward")
    wait_for_drawings(page)
    picture = page.locator(".st-key-forward .digitviz-plot .nsewdrag").nth(3)  # y
    box = picture.bounding_box()
    page.mouse.click(box["x"] + box["width"] * 0.45, box["y"] + box["height"] * 0.205)
    expect(page.get_by_text("Row 20, column 4 of y")).to_be_visible()
