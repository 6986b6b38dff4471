"""Sweeps and races in a browser: reloads, restarts of the server, clicks on cells, and two visitors at once."""

from __future__ import annotations

import re
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import SIZES, Server, Visits, on_page, open_box, wait_until_settled
from tests.browser.test_axe import in_both_themes
from tests.waiting import wait_until

TWELVE = "sweep?by1=learning_rate:1e-06,2e-06,3e-06&by2=hidden:40,50&seeds=2&batches=20"
SHORT = "sweep?by1=learning_rate:1e-06,1e-05&by2=hidden:10,50&seeds=2&batches=10&steps_per_batch=20"

FITS = """plot => ["Width", "Height"].every(side =>
    Math.abs(plot.querySelector(".main-svg")["client" + side] - plot["client" + side]) < 2)"""


def press(page: Page, name: str) -> None:
    page.locator(f".st-key-{urlsplit(page.url).path[1:]}_{name} button").click()


def done(page: Page) -> int:
    """Return the number of finished trainings."""
    said = page.locator(".digitviz-experiment").inner_text()
    return int(re.search(r"\d+", said)[0])


def click_cell(page: Page, column: float, row: float, key: str = "sweep_results") -> None:
    """Click a place in a picture, as fractions from its left and top, once Plotly has fitted it to its box."""
    wait_until(lambda: page.locator(f".st-key-{key} .digitviz-plot").evaluate(FITS))
    box = page.locator(f".st-key-{key} .nsewdrag").bounding_box()
    page.mouse.click(box["x"] + column * box["width"], box["y"] + row * box["height"])


def test_a_sweep_goes_on_after_a_reload_and_a_restart_and_a_cell_opens_its_training(
    browser: Browser, server_to_stop: Server
):
    visits = Visits(browser, server_to_stop, may_complain=True)
    page = visits(TWELVE, "low")  # the picture is drawn anew after each training
    press(page, "start")
    wait_until(lambda: page.locator(".digitviz-experiment").count() == 1 and done(page) >= 1)
    page.reload()
    expect(page.locator(".digitviz-experiment").get_by_text("of 12 trainings finished")).to_be_visible()
    wait_until(lambda: done(page) >= 3)
    server_to_stop.process.kill()
    server_to_stop.process.wait()
    server_to_stop.start()
    page.reload()
    expect(
        page.locator(".digitviz-experiment").get_by_text(re.compile("of 12 trainings finished|finished: 12"))
    ).to_be_visible()
    assert done(page) >= 1
    expect(page.locator(".digitviz-experiment").get_by_text("finished: 12 trainings")).to_be_visible(timeout=300_000)
    page.set_viewport_size(SIZES["desktop"]["viewport"])
    wait_until_settled(page)
    click_cell(page, 0.25, 0.83)  # learning rate 1e-6, 40 neurons
    page.wait_for_url("**/train?**hidden=40**")
    expect(on_page(page, "finished").first).to_be_visible(timeout=60_000)
    asked = parse_qs(urlsplit(page.url).query)
    assert (asked["hidden"], asked["batches"]) == (["40"], ["20"])
    assert "learning_rate" not in asked  # the notebook's, 1e-6
    expect(on_page(page, "this processor rounds differently")).to_have_count(0)
    page.goto(f"{server_to_stop.url}/runs")
    expect(on_page(page, "Sweep: Learning rate × Hidden neurons")).to_be_visible()
    expect(on_page(page, "finished · 12 of 12 trainings")).to_be_visible()
    visits.end()


@pytest.mark.thorough
def test_the_sweeps_of_two_visitors_share_the_machine(open_page):
    addresses = [TWELVE.replace("seeds=2", f"seeds={seeds}") for seeds in (2, 3)]
    pages = [open_page(address, "low") for address in addresses]
    for page in pages:
        press(page, "start")
    wait_until(lambda: all(page.locator(".digitviz-experiment").count() and done(page) >= 2 for page in pages))
    assert all(
        page.locator(".digitviz-experiment").get_by_text("finished:").count() == 0 for page in pages
    )  # neither waits for the other's end
    for page in pages:
        press(page, "cancel")
        expect(page.locator(".digitviz-experiment").get_by_text("cancelled:")).to_be_visible()


def test_a_race_is_seen_while_it_runs_and_when_it_is_finished(open_page):
    page, requests = open_page("race?ready=optimizers", "projector"), []
    wait_until_settled(page)
    note = lambda sent: requests.append(sent)  # noqa: E731
    page.on("websocket", lambda socket: "stcore" in socket.url and socket.on("framesent", note))
    page.reload()
    wait_until_settled(page)
    click_cell(page, 0.5, 0.5, "race_curves")
    expect(on_page(page, "You said momentum.")).to_be_visible()
    page.locator(".st-key-race_start button").press("Enter")
    expect(page.get_by_role("button", name="Pause")).to_be_focused()
    frames = page.locator(".st-key-race_curves .digitviz-plot")
    expect(page.locator(".digitviz-experiment")).to_contain_text("0 of 3 trainings finished")
    first, asked = int(frames.get_attribute("data-frames")), len(requests)
    wait_until(lambda: int(frames.get_attribute("data-frames")) >= first + 4)
    expect(page.locator(".digitviz-experiment")).to_contain_text("0 of 3 trainings finished")
    assert len(requests) == asked  # the page does not run again while the runners move
    expect(page.locator(".digitviz-experiment").get_by_text("finished: 3 trainings")).to_be_visible(timeout=60_000)
    expect(on_page(page, "Momentum needs a third")).to_be_visible()
    expect(page.get_by_role("button", name="Again: same result?")).to_be_focused()
    finished = r"finished: 3 trainings; First at 90%: momentum, after \d+ steps\."
    heard = re.compile(f"^({finished}|You said momentum. (Right!|Not quite).*)$")
    expect(page.locator("#digitviz-spoken")).to_have_text(heard)
    expect(page.get_by_role("rowheader")).to_have_text(["gradient descent", "momentum", "Adam"])
    assert "ready=optimizers" in page.url
    expect_no_barrier_and_to_fit_a_phone(page)


def expect_no_barrier_and_to_fit_a_phone(page: Page) -> None:
    """Check a page with results, with its boxes open."""
    open_box(page, "Other experiments and settings")
    open_box(page, "Downloads")
    wait_until_settled(page)
    expect(on_page(page, "holds the whole experiment")).to_be_visible()
    expect(page.locator("#digitviz-spoken")).not_to_contain_text("holds the whole experiment")  # a fold answers nothing
    assert not list(in_both_themes(page))
    page.set_viewport_size({"width": 390, "height": 844})
    wait_until_settled(page)
    assert page.locator("[data-testid=stMain]").evaluate("box => box.scrollWidth - box.clientWidth") <= 0


def test_a_finished_sweep_raises_no_barrier_fits_a_phone_and_its_values_are_changed_with_the_form(open_page):
    page = open_page(SHORT, "projector")
    wait_until_settled(page)
    click_cell(page, 0.25, 0.25)
    said = on_page(page, "You said large steps, 10 neurons.")
    expect(said).to_be_visible()
    press(page, "start")
    expect(page.locator(".digitviz-experiment").get_by_text("finished:")).to_be_visible(timeout=60_000)
    expect_no_barrier_and_to_fit_a_phone(page)
    page.get_by_role("textbox", name="Values of setting 1").fill("1e-6, 2e-6, 4e-6")
    page.get_by_role("textbox", name="Values of setting 1").press("Enter")
    expect(on_page(page, "12 trainings, about")).to_be_visible()
    page.wait_for_url(lambda url: "4e-6" in url)
