"""Downloading the files of a run while the page reruns, training continues or the server restarts."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Iterator

import numpy as np
import pandas as pd
import pytest
from playwright.sync_api import Browser, Locator, Page, Route, expect
from safetensors import safe_open

from tests.browser.conftest import Server, Visits, open_box, wait_until_settled
from tests.browser.test_training_live import LONG, press, step_of
from tests.waiting import wait_until

SHORT = "train?batches=3&steps_per_batch=40"
FILES = "**/digitviz-files/**"
KEEP_SOCKETS = """
    window.sockets = [];
    window.WebSocket = class extends WebSocket {
        constructor(...all) {
            super(...all);
            if (this.url.includes("/_stcore/stream")) sockets.push(this);
        }
    };
"""
"""Keeps the page's connections to its session, so that a test can break them off."""


def button(page: Page, kind: str) -> Locator:
    return page.locator(f".st-key-download_{kind} button").first


def said(page: Page, kind: str) -> Locator:
    return page.locator(f".st-key-download_{kind} .said")


def download(page: Page, kind: str, form: str = "") -> tuple[str, bytes]:
    """Choose a format, press the button, and return the file's name and content."""
    if form:
        page.locator(f".st-key-format_{kind}").get_by_role("radio", name=form, exact=True).click()
        expect(button(page, kind)).to_contain_text(f"({form})")
    with page.expect_download() as file:
        button(page, kind).click()
    return file.value.suggested_filename, file.value.path().read_bytes()


def finished(page: Page) -> None:
    expect(page.locator(".st-key-see_wrong")).to_be_visible()


@pytest.mark.thorough
def test_files_are_taken_home_by_keys_while_the_page_is_run_when_it_is_finished_and_from_two_tabs(open_page):
    page = open_page(SHORT, "low")
    open_box(page, "Downloads")
    page.get_by_role("button", name="Settings (JSON)").focus()
    page.keyboard.press("Shift+Tab")
    expect(page.get_by_role("button", name="Training code (Jupyter)")).to_be_focused()
    page.keyboard.press("Tab")
    with page.expect_download() as file:
        page.keyboard.press("Enter")
    assert file.value.suggested_filename == "digitviz-settings-step-0.json"

    waiting: list[Route] = []
    page.route(FILES, lambda route: waiting.append(route))
    with page.expect_download() as file:
        button(page, "weights").click()
        wait_until(lambda: page.evaluate("1") and waiting)
        press(page, "train")  # the page reruns between the click and the request
        finished(page)
        wait_until_settled(page)
        waiting[0].continue_()
    assert file.value.suggested_filename == "digitviz-weights-step-120.safetensors"
    page.unroute(FILES)

    name, content = download(page, "weights", "npz")
    assert name == "digitviz-weights-step-120.npz"
    with np.load(io.BytesIO(content), allow_pickle=False) as weights:
        assert weights["w1"].shape == (64, 50)
        accuracy = weights["test_accuracy"][-1]
    name, content = download(page, "history", "CSV")
    assert (name, len(pd.read_csv(io.BytesIO(content)))) == ("digitviz-history-step-120.csv", 120)
    name, content = download(page, "code", "Jupyter")
    assert name == "digitviz-notebook-step-120.ipynb"
    assert f"{accuracy:.1%}" in "".join(json.loads(content)["cells"][0]["source"])

    other = open_page("train?batches=2&steps_per_batch=10", "low")
    open_box(other, "Downloads")
    press(other, "train")
    finished(other)
    names = [download(page, "weights", "safetensors")[0], download(other, "weights")[0]]
    assert names == ["digitviz-weights-step-120.safetensors", "digitviz-weights-step-20.safetensors"]

    steps = set()
    for _ in range(5):
        press(page, "train")  # the training begins and ends time and again
        name, content = download(page, "weights")
        steps.add(int(re.fullmatch(r"digitviz-weights-step-(\d+)\.safetensors", name)[1]))
        assert len(content) > 20_000
    assert steps <= set(range(121))
    finished(page)


def test_a_training_that_moves_is_taken_home_at_the_step_of_the_moment(open_page, tmp_path):
    page = open_page(LONG, "low")
    open_box(page, "Downloads")
    press(page, "train")
    wait_until(lambda: step_of(page) > 0)
    before = step_of(page)
    name, content = download(page, "weights")
    (tmp_path / name).write_bytes(content)
    with safe_open(tmp_path / name, framework="numpy") as file:
        step = int(file.metadata()["step"])
    assert step >= before
    assert name == f"digitviz-weights-step-{step}.safetensors"
    wait_until(lambda: step_of(page) > step)  # the download did not pause training
    press(page, "pause")


@pytest.fixture
def open_in_trouble(browser: Browser, server: Server) -> Iterator[Visits]:
    """Open pages that may log errors to the console."""
    visits = Visits(browser, server, may_complain=True)
    yield visits
    visits.end()


@pytest.fixture
def page_that_hears(open_in_trouble: Visits) -> Page:
    """A Train page that may log errors to the console."""
    page = open_in_trouble(SHORT, "low")
    open_box(page, "Downloads")
    button(page, "settings").wait_for()
    return page


def test_a_busy_server_is_asked_again_and_what_cannot_be_made_is_said_at_the_button(page_that_hears):
    page = page_that_hears
    answers = iter([503, 503])

    def busy(route: Route) -> None:
        status = next(answers, None)
        if status is None:
            route.continue_()
        else:
            route.fulfill(status=status, headers={"Retry-After": "0.1"}, json={"said": ""})

    page.route(FILES, busy)
    name, _ = download(page, "settings")
    assert name == "digitviz-settings-step-0.json"
    assert next(answers, None) is None
    expect(said(page, "settings")).to_be_hidden()
    page.unroute(FILES)

    page.route(FILES, lambda route: route.fulfill(status=409, json={"said": "<b>Not</b> now."}))
    button(page, "weights").click()
    expect(said(page, "weights")).to_have_text("<b>Not</b> now.")
    page.keyboard.press("Escape")
    expect(said(page, "weights")).to_be_hidden()
    page.unroute(FILES)
    page.route(FILES, lambda route: route.fulfill(status=502, body="<html>Bad gateway</html>"))
    button(page, "weights").click()
    expect(said(page, "weights")).to_have_text("This file could not be created.")
    page.unroute(FILES)
    assert download(page, "weights")[0] == "digitviz-weights-step-0.safetensors"
    expect(said(page, "weights")).to_be_hidden()


@pytest.mark.thorough
def test_after_a_restart_of_the_server_a_file_is_there_again(browser, server_to_stop: Server):
    visits = Visits(browser, server_to_stop, may_complain=True)
    page = visits(SHORT, "low")
    open_box(page, "Downloads")
    button(page, "settings").wait_for()
    wait_until_settled(page)
    server_to_stop.process.kill()
    server_to_stop.process.wait()
    button(page, "settings").dispatch_event("click")  # Streamlit's message about the lost server covers the button
    expect(said(page, "settings")).to_contain_text("The server is not responding.")
    server_to_stop.start()
    with page.expect_download() as file:
        button(page, "settings").dispatch_event("click")
    assert file.value.suggested_filename == "digitviz-settings-step-0.json"
    visits.end()


def test_after_a_connection_that_broke_off_the_page_is_run_for_the_file(open_in_trouble: Visits):
    page = open_in_trouble("weights", "low", KEEP_SOCKETS)  # where no open box makes the browser run the page by itself
    expect(button(page, "pixels")).to_be_enabled()
    wait_until_settled(page)
    with page.expect_response(FILES) as offered, page.expect_download():
        button(page, "pixels").click()
    assert offered.value.status == 200
    page.evaluate("sockets.at(-1).close()")
    wait_until(lambda: page.evaluate("sockets.length") > 1)
    # A busy server notices late that the session is lost, and only then releases its files.
    wait_until(lambda: page.request.get(offered.value.url).status == 404)
    with page.expect_response(FILES) as first, page.expect_download() as file:
        button(page, "pixels").click()
    assert (first.value.url, first.value.status) == (offered.value.url, 404)
    assert file.value.suggested_filename == "digitviz-pixels-pca.csv"
