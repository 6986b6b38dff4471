"""A server that falls silent in the middle of a training, or forgets it, and what the page says then."""

from __future__ import annotations

import os
import signal
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import SIZES, Server
from tests.browser.test_training_live import LONG, press, step_of
from tests.waiting import wait_until

SILENT = "No answer from the server"
MOMENT = 3_000
"""Milliseconds within which a reader is told."""


@pytest.fixture(scope="module")
def own_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    server = Server(tmp_path_factory.mktemp("own_server") / "log.txt")
    yield server
    server.process.send_signal(signal.SIGCONT)
    server.stop()


@pytest.fixture
def train_on(browser: Browser, own_server: Server) -> Iterator[Callable[[str], Page]]:
    """Open Train in a browser of its own and begin a long training."""
    contexts = []

    def train_on(size: str) -> Page:
        context = browser.new_context(**SIZES[size])
        contexts.append(context)
        page = context.new_page()
        page.goto(f"{own_server.url}/{LONG}")
        press(page, "train")
        expect(said_on(page)).to_contain_text("steps per second")
        wait_until(lambda: is_saved(page))
        return page

    yield train_on
    for context in contexts:
        context.close()


def is_saved(page: Page) -> bool:
    """Whether the run on a page is on disk, with some steps."""
    file = Path(os.environ["DIGITVIZ_HOME"], "digitviz.db")
    run = page.evaluate("new URLSearchParams(location.search).get('run')")
    try:
        with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as database:
            return bool(database.execute("SELECT 1 FROM run WHERE id = ? AND step > 0", (run,)).fetchone())
    except sqlite3.OperationalError:  # it is not there yet
        return False


def said_on(page: Page):
    return page.locator(".st-key-test_accuracy")


def expect_silence_to_be_said(page: Page) -> None:
    expect(said_on(page)).to_contain_text(SILENT, timeout=MOMENT)
    expect(said_on(page)).to_contain_text("The page goes on by itself as soon as there is one.")
    expect(said_on(page)).not_to_contain_text("a second")
    expect(said_on(page)).not_to_contain_text("s left")


def expect_to_go_on(page: Page) -> None:
    expect(said_on(page)).to_contain_text("steps per second")
    expect(said_on(page)).not_to_contain_text(SILENT)
    before = step_of(page)
    wait_until(lambda: step_of(page) > before)


def test_a_server_that_hangs_is_said_to_and_followed_again_when_it_wakes(train_on, own_server: Server):
    page = train_on("desktop")
    own_server.process.send_signal(signal.SIGSTOP)
    expect_silence_to_be_said(page)
    own_server.process.send_signal(signal.SIGCONT)
    expect_to_go_on(page)


def test_a_browser_without_a_network_says_so_and_goes_on_with_one(train_on):
    page = train_on("phone")
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
    expect(streamlits_own_word).not_to_be_visible()  # it tells the reader to start the server
    own_server.start()


def test_a_training_goes_on_by_itself_after_its_server_was_killed(train_on, own_server: Server):
    page = train_on("desktop")
    kill_and_start_again(page, own_server)
    expect_to_go_on(page)
    assert step_of(page) > 0


def test_a_page_that_has_just_been_loaded_again_leaves_that_to_its_reader(train_on, own_server: Server):
    page = train_on("desktop")
    page.evaluate("sessionStorage.setItem('digitviz-loaded-again', Date.now() + 1e6)")
    kill_and_start_again(page, own_server)
    expect(said_on(page)).to_contain_text("This page has lost its training: the server was restarted", timeout=MOMENT)
    expect(said_on(page)).not_to_contain_text(SILENT)
    expect(said_on(page)).not_to_contain_text("a second")
    page.get_by_role("button", name="Reload the page").click()
    expect_to_go_on(page)
