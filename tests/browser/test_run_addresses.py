"""Links to runs: they survive reloads, closed tabs and restarts, and others may watch the run.

The runs are in SQLite. `test_store_in_trouble.py` reloads and restarts with PostgreSQL.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import Server, Visits, go_on_to, on_page, wait_until_settled
from tests.browser.test_training_live import LONG, button, open_tools, press, step_of
from tests.waiting import wait_until

RUN = re.compile(r"[?&]run=([0-9a-f]{32})")


@pytest.fixture
def visit(browser: Browser, server_to_stop: Server) -> Iterator[Visits]:
    """Open each page in a different visitor's browser."""
    visits = Visits(browser, server_to_stop, may_complain=True)
    yield visits
    visits.end()


def begin(page: Page) -> None:
    press(page, "train")
    wait_until(lambda: step_of(page) > 1000)


def train(visit: Visits, size: str = "low") -> Page:
    page = visit(LONG, size)
    begin(page)
    return page


def run_of(page: Page) -> str:
    address = page.wait_for_function("location.search.includes('run=') && location.search", polling=100).json_value()
    return RUN.search(address)[1]


def last_step(page: Page) -> int:
    """Return the step shown on the page; 0 while the page is reloading or gets no response from the server."""
    told = page.locator(".st-key-progress")
    found = re.search(r"step ([\d,]+) of", told.inner_text()) if told.count() == 1 else None
    return int(found[1].replace(",", "")) if found else 0


def pause(page: Page) -> int:
    press(page, "pause")
    expect(button(page, "pause")).to_contain_text("Resume")
    expect(page.locator(".st-key-progress")).to_contain_text("paused")  # no longer on its way to the last step
    wait_until_settled(page)
    return step_of(page)


def goes_on(page: Page) -> bool:
    before = step_of(page)
    wait_until(lambda: step_of(page) > before)
    return True


def expect_to_be_found_where_it_stood(page: Page) -> None:
    """Pause the run on a page, reload the page, check that the run is unchanged, and resume it."""
    step, run = pause(page), run_of(page)
    page.reload()
    expect(button(page, "pause")).to_contain_text("Resume")
    assert step_of(page) == step
    assert run_of(page) == run
    expect(page.locator(".st-key-hp_batches")).to_be_attached()
    press(page, "pause")
    assert goes_on(page)


def test_a_run_is_found_after_a_reload_on_every_page_and_in_every_tab_of_its_browser(visit):
    page = visit(f"{LONG}&run={'0' * 32}", "low")  # a link without a run
    expect(on_page(page, "There is no run at this link")).to_be_visible()
    press(page, "run_problem_understood")
    expect(on_page(page, "There is no run at this link")).to_have_count(0)
    begin(page)
    wait_until(lambda: run_of(page) != "0" * 32)
    expect_to_be_found_where_it_stood(page)
    step = step_of(page)
    page.reload()  # while training continues
    wait_until(lambda: step_of(page) > step)
    expect(button(page, "pause")).to_contain_text("Pause")

    run = run_of(page)
    pause(page)
    page.get_by_role("link", name="Draw", exact=True).click()
    page.wait_for_url("**/draw?*run=*")
    assert run_of(page) == run
    wait_until_settled(page)
    page.go_back()  # one step back in the history is one page back
    page.wait_for_url("**/train?*")
    expect(button(page, "pause")).to_contain_text("Resume")
    assert run_of(page) == run
    press(page, "pause")
    assert goes_on(page)

    other = visit.beside(page, f"train?run={run}")
    assert goes_on(other)
    step = pause(other)
    page.reload()
    assert step_of(page) == step
    expect(page.locator(".st-key-copy_run")).to_have_count(0)


@pytest.mark.thorough
def test_somebody_else_may_watch_and_copy_but_not_move_it_and_sees_it_stop_with_its_last_tab(visit):
    mine = train(visit)
    theirs = visit(f"train?run={run_of(mine)}", "low")
    expect(on_page(theirs, "You are watching someone else's run.")).to_be_visible()
    assert goes_on(theirs)
    open_tools(theirs)
    for key in ("train", "pause", "step", "reset"):
        expect(button(theirs, key)).to_be_disabled()
    theirs.keyboard.press("Escape")
    theirs.locator(".st-key-copy_run button").click()
    expect(on_page(theirs, "You are watching someone else's run.")).to_have_count(0)
    wait_until(lambda: run_of(theirs) != run_of(mine))
    expect(button(theirs, "pause")).to_contain_text("Resume")
    assert step_of(theirs) > 1000
    assert goes_on(mine)

    run, step = run_of(mine), step_of(mine)
    theirs.goto(f"{visit.server.url}/train?run={run}")
    expect(on_page(theirs, "You are watching someone else's run.")).to_be_visible()
    assert goes_on(theirs)
    mine.close()
    expect(theirs.locator(".st-key-progress")).to_contain_text("paused")
    page = visit.beside(mine, f"train?run={run}")  # the run continues in the next tab
    wait_until(lambda: step_of(page) > step)
    assert goes_on(page)


@pytest.mark.thorough
def test_a_phone_that_sleeps_finds_it_again_and_so_does_a_page_that_does_not_show_it(visit, server_to_stop):
    page = train(visit, "phone")
    step = step_of(page)
    session = page.context.new_cdp_session(page)
    session.send("Page.setWebLifecycleState", {"state": "frozen"})
    page.context.set_offline(True)
    wait_until(lambda: server_to_stop.pool()["computing"] == 0)
    page.context.set_offline(False)
    session.send("Page.setWebLifecycleState", {"state": "active"})
    session.detach()
    wait_until(lambda: last_step(page) > step)

    go_on_to(page, "/runs")  # this page does not show the run
    page.wait_for_url("**/runs?*run=*")
    wait_until_settled(page)
    page.context.set_offline(True)
    wait_until(lambda: server_to_stop.pool()["computing"] == 0)
    page.context.set_offline(False)
    wait_until(lambda: server_to_stop.pool()["computing"] == 1)
