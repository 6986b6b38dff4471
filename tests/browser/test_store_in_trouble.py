"""Store failures during training: the run continues, its page says why nothing is saved, and saving resumes."""

from __future__ import annotations

import sqlite3
from contextlib import ExitStack, closing, nullcontext
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import UNWARMED, Server, Visits
from tests.browser.test_layout import WATCH, settle
from tests.browser.test_run_addresses import goes_on, last_step, pause, run_of
from tests.browser.test_training_live import LONG, button, press, step_of
from tests.store.breaking import ONLY_ROOT, disk_in_memory, empty_log, fill, held_file, read_only, replace_in_use
from tests.store.server import PostgreSQLServer
from tests.waiting import wait_until

MEGABYTES = 60
MOMENT = 10_000
"""Milliseconds within which the page must show the message. A save waits up to two seconds for others."""
FEW_PIXELS = 0.001
"""Maximum sum of layout shifts."""


def begin(page: Page) -> None:
    """Start a new long run, and count the layout shifts from then on."""
    press(page, "train")
    wait_until(lambda: step_of(page) > 1000)
    settle(page)
    page.evaluate("window.shifts.length = 0")


def notice(page: Page):
    return page.locator(".digitviz-live .saving")


def expect_trouble(page: Page, reason: str) -> None:
    expect(notice(page)).to_contain_text(reason, timeout=MOMENT)
    expect(notice(page)).to_contain_text("Your run continues, but it is not being saved.")
    expect(notice(page)).to_be_in_viewport(ratio=1)
    assert goes_on(page)


def expect_saving_again(page: Page) -> None:
    expect(notice(page)).to_be_empty()
    assert goes_on(page)
    assert sum(shift["by"] for shift in page.evaluate("window.shifts")) < FEW_PIXELS


def expect_to_be_found_again(page: Page, step: int) -> None:
    """Reload a page, check that its run is paused at the same step, and resume it."""
    run = run_of(page)
    page.reload()
    expect(button(page, "pause")).to_contain_text("Resume")
    assert (step_of(page), run_of(page)) == (step, run)
    press(page, "pause")
    assert goes_on(page)
    expect(page.locator(".digitviz-live.standing")).to_have_count(0)  # the page has run again by now
    settle(page)
    page.evaluate("window.shifts.length = 0")


def saved_step(file: Path, page: Page) -> int | None:
    """Return the last step of the page's run in a database file, or None."""
    with closing(sqlite3.connect(file, timeout=90)) as database:
        row = database.execute("SELECT step FROM run WHERE id = ?", (run_of(page),)).fetchone()
    return None if row is None else row[0]


@pytest.mark.thorough
def test_a_run_goes_on_while_its_file_cannot_be_written_is_locked_has_no_room_or_is_damaged(
    browser: Browser, tmp_path: Path
):
    home = tmp_path / "home"
    file = home / "digitviz.db"
    with disk_in_memory(home, MEGABYTES) as is_mounted, ExitStack() as ends:
        with read_only(home) if is_mounted else nullcontext():
            server = Server(tmp_path / "log.txt", UNWARMED, DIGITVIZ_HOME=str(home), DIGITVIZ_RESERVE_BYTES="0")
            ends.callback(server.end)
            visits = Visits(browser, server, may_complain=True)
            page = visits(LONG, "desktop", WATCH)
            begin(page)
            if is_mounted:
                expect_trouble(page, "The folder for saved runs is not writable.")
        if is_mounted:
            expect_saving_again(page)
            wait_until(lambda: saved_step(file, page))

        with held_file(file):
            expect_trouble(page, "Another program has locked the file of saved runs.")
            step = pause(page)
            expect(notice(page)).to_contain_text("it is not being saved")
        expect(notice(page)).to_be_empty()
        wait_until(lambda: saved_step(file, page) == step)
        expect_to_be_found_again(page, step)

        if is_mounted:
            empty_log(file)
            fill(home / "big")
            try:
                expect_trouble(page, "The disk is full.")
            finally:
                (home / "big").unlink()
            expect_saving_again(page)

        replace_in_use(file)  # it is put aside, and the run goes into the new one
        expect(notice(page)).to_contain_text("It was renamed to digitviz.db.damaged-", timeout=MOMENT)
        assert goes_on(page)
        step = pause(page)
        wait_until(lambda: saved_step(file, page) == step)
        visits.end()
    assert "Traceback" not in server.log.read_text()
    if not is_mounted:
        pytest.skip(ONLY_ROOT)


@pytest.mark.thorough
def test_a_database_that_does_not_answer_and_a_restart_of_the_server(
    browser: Browser, postgresql: PostgreSQLServer, tmp_path: Path
):
    server = Server(tmp_path / "log.txt", UNWARMED, DIGITVIZ_DATABASE=postgresql.empty_database())
    visits = Visits(browser, server, may_complain=True)
    try:
        page = visits(LONG, "phone", WATCH)
        begin(page)
        for silent in (postgresql.hanging, postgresql.gone):
            with silent():
                expect_trouble(page, "The database is not responding.")
            expect_saving_again(page)
        expect_to_be_found_again(page, pause(page))
        run, step = run_of(page), step_of(page)
        server.stop()
        server.start()
        wait_until(lambda: last_step(page) > step)
        assert run_of(page) == run
        expect(button(page, "pause")).to_contain_text("Pause")
        visits.end()
    finally:
        server.end()
