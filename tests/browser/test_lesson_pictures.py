"""Clicks on the pictures of the lesson, and its live comparison, as a person meets them."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Server
from tests.waiting import wait_until


def click_inside(page: Page, plot: str, across: float, down: float, panel: int = 0) -> None:
    """Click into a panel of a plot, at shares of its width and height."""
    drawing = page.locator(f".st-key-{plot} .nsewdrag").nth(panel)
    drawing.wait_for()
    drawing.scroll_into_view_if_needed()
    box = drawing.bounding_box()
    page.mouse.move(box["x"] + box["width"] * across - 3, box["y"] + box["height"] * down)
    page.mouse.move(box["x"] + box["width"] * across, box["y"] + box["height"] * down)
    page.mouse.down()
    page.mouse.up()


def test_a_click_on_the_map_is_where_the_paths_start(open_page):
    page = open_page("gradient_descent")
    expect(page.locator(".st-key-descent_w1")).to_contain_text("2.00")
    click_inside(page, "descent_contours", 0.25, 0.25)
    expect(page.locator(".st-key-descent_w1")).to_contain_text("-0.50")
    expect(page.locator(".st-key-descent_w2")).to_contain_text("1.50")


def test_a_click_on_a_heatmap_picks_the_weight_that_is_checked(open_page):
    page = open_page("backpropagation")
    click_inside(page, "backpropagation_step_0", 0.51, 0.33)
    expect(page.locator(".st-key-backpropagation_row input")).to_have_value("21")
    expect(page.locator(".st-key-backpropagation_column input")).to_have_value("25")
    expect(page.locator("table").last).to_contain_text("by differences of the loss")


def test_the_comparison_runs_live_survives_a_page_change_and_ends_with_the_tab(open_page, server: Server):
    page = open_page("gradient_descent")
    page.locator(".st-key-comparison_begin button").click()
    wait_until(lambda: server.pool()["jobs"] == 1)
    expect(page.get_by_text(re.compile("^(running|finished) ·"))).to_be_visible()
    page.get_by_role("link", name="Loss").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("How wrong")
    page.get_by_role("link", name="Gradient descent").click()
    expect(page.get_by_text("finished ·")).to_be_visible()
    page.locator(".st-key-comparison_begin button").click()
    wait_until(lambda: server.pool()["jobs"] == 1)
    page.close()
    wait_until(lambda: server.pool()["jobs"] == 0)


@pytest.mark.parametrize("path", ["loss", "backpropagation", "gradient_descent"])
def test_nothing_is_wider_than_a_phone(open_page, path):
    page = open_page(path, "phone")
    page.locator(".digitviz-plot .main-svg").first.wait_for()
    if path == "gradient_descent":
        page.locator(".st-key-comparison_begin button").tap()
        expect(page.get_by_text("finished ·")).to_be_visible()
    width = page.evaluate("document.querySelector('[data-testid=stMain]').scrollWidth")
    assert width <= page.viewport_size["width"]
