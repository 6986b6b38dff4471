"""Messages on the page when the server stops responding during training, or loses the run."""

from __future__ import annotations

import signal
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import Server, Visits
from tests.browser.test_run_addresses import last_step, run_of
from tests.browser.test_training_live import LONG, button, press, step_of
from tests.waiting import wait_until

SILENT = "No response from the server"
MOMENT = 3_000
"""Milliseconds within which the page must show the message."""
TOLD = """([words, moment]) => new Promise((done) => {
    // Measured on the page's own clock from its last news, because a busy machine delays everything alike.
    const told = document.querySelector(".st-key-test_accuracy");
    let late;
    const hear = () => {
        clearTimeout(late);
        if (!told.textContent.includes(words)) late = setTimeout(() => end(false), moment);
        else end(true);
    };
    const watch = new MutationObserver(hear);
    const end = (inTime) => { watch.disconnect(); done(inTime); };
    watch.observe(told, { subtree: true, childList: true, characterData: true });
    hear();
})"""

CLICK = """words => [...document.querySelectorAll("button")].find((one) => one.textContent.includes(words)).click()"""


@pytest.fixture
def own_server(server_to_stop: Server) -> Iterator[Server]:
    yield server_to_stop
    server_to_stop.process.send_signal(signal.SIGCONT)


@pytest.fixture
def visit(browser: Browser, own_server: Server) -> Iterator[Visits]:
    visits = Visits(browser, own_server, may_complain=True)
    yield visits
    visits.end()


def train(visit: Visits, size: str) -> Page:
    """Open Train in a separate browser and start a long run."""
    page = visit(LONG, size)
    press(page, "train")
    expect(said_on(page)).to_contain_text("steps per second")
    wait_until(lambda: is_saved(visit.server, page))
    return page


def is_saved(server: Server, page: Page) -> bool:
    """Return whether the run on a page is on disk with at least one step."""
    file = Path(server.environment["DIGITVIZ_HOME"], "digitviz.db")
    try:
        with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as database:
            found = database.execute("SELECT 1 FROM run WHERE id = ? AND step > 0", (run_of(page),)).fetchone()
            return bool(found)
    except sqlite3.OperationalError:  # the database does not exist yet
        return False


def said_on(page: Page):
    return page.locator(".st-key-test_accuracy")


def expect_silence_to_be_said(page: Page) -> None:
    assert page.evaluate(TOLD, [SILENT, MOMENT])
    expect(said_on(page)).to_contain_text("The page continues automatically as soon as it responds.")
    expect(said_on(page)).not_to_contain_text("a second")
    expect(said_on(page)).not_to_contain_text("s left")


def expect_to_go_on(page: Page) -> None:
    expect(said_on(page)).to_contain_text("steps per second")
    expect(said_on(page)).not_to_contain_text(SILENT)
    before = step_of(page)
    wait_until(lambda: step_of(page) > before)


def test_a_server_that_hangs_and_a_network_that_is_gone_are_said_and_the_page_goes_on(visit, own_server: Server):
    page = train(visit, "phone")
    own_server.process.send_signal(signal.SIGSTOP)
    expect_silence_to_be_said(page)
    own_server.process.send_signal(signal.SIGCONT)
    expect_to_go_on(page)

    page.context.set_offline(True)
    expect_silence_to_be_said(page)
    main = page.locator("[data-testid=stMain]")
    assert main.evaluate("main => main.scrollWidth") <= page.viewport_size["width"]
    page.context.set_offline(False)
    expect_to_go_on(page)


def kill_and_start_again(page: Page, own_server: Server) -> None:
    own_server.process.kill()
    own_server.process.wait()
    expect_silence_to_be_said(page)
    streamlits_own_word = page.locator("[data-testid=stDialog]")
    streamlits_own_word.wait_for(state="attached")
    expect(streamlits_own_word).not_to_be_visible()  # it tells the user to start the server
    own_server.start()


@pytest.mark.thorough
def test_a_training_goes_on_by_itself_after_its_server_was_killed_but_not_twice_in_a_row(visit, own_server: Server):
    page = train(visit, "low")
    run, step = run_of(page), step_of(page)
    kill_and_start_again(page, own_server)
    wait_until(lambda: last_step(page) > step)
    expect_to_go_on(page)
    assert run_of(page) == run
    expect(button(page, "pause")).to_contain_text("Pause")

    # A page that has just reloaded itself leaves the next reload to the user.
    wait_until(lambda: is_saved(own_server, page))
    page.evaluate("performance.now = () => 0")
    kill_and_start_again(page, own_server)
    expect(said_on(page)).to_contain_text("This page has lost its run: the server was restarted")
    expect(said_on(page)).not_to_contain_text(SILENT)
    expect(said_on(page)).not_to_contain_text("a second")
    page.evaluate(CLICK, "Reload the page")  # no click with the mouse: in so low a window the header may lie on it
    expect(said_on(page)).not_to_contain_text("lost its run")
    expect_to_go_on(page)
