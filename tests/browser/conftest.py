"""A real server and a real browser."""

from __future__ import annotations

import json
import os
import re
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from tests.browser.install import find_chromium
from tests.waiting import wait_until

ROOT = Path(__file__).parents[2]
expect.set_options(timeout=30_000)

FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"]
SIZES = {
    "desktop": {"viewport": {"width": 1440, "height": 900}},
    "phone": {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True},
}
STREAMLITS_OWN = re.compile(r"404 \(Not Found\)|Image source error")
"""On a deep link Streamlit asks for its own files in two places; a page left in haste takes its pictures along."""


class Server:
    """The dashboard, started as a user starts it."""

    def __init__(self, log: Path) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.url = f"http://localhost:{self.port}"
        self.log = log
        self.start()

    def start(self) -> None:
        """Start it, or start it again at the same address."""
        with self.log.open("a") as file:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "streamlit", "run", "app.py", f"--server.port={self.port}"],
                cwd=ROOT, stdout=file, stderr=subprocess.STDOUT,
                env={**os.environ, "STREAMLIT_SERVER_HEADLESS": "true"},
            )  # fmt: skip
        wait_until(self.answers)

    def answers(self) -> bool:
        assert self.process.poll() is None, self.log.read_text()
        try:
            with urllib.request.urlopen(f"{self.url}/_stcore/health", timeout=5) as answer:
                return answer.status == 200
        except OSError:
            return False

    def pool(self) -> dict[str, int]:
        """How many jobs and threads are at work."""
        with urllib.request.urlopen(f"{self.url}/digitviz-assets/pool.json", timeout=10) as answer:
            return json.load(answer)

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(20)


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    server = Server(tmp_path_factory.mktemp("server") / "log.txt")
    yield server
    server.stop()


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_chromium(), args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def open_page(browser: Browser, server: Server) -> Iterator:
    """Open a page of the dashboard in a browser of its own; at the end nothing may have gone wrong on any."""
    contexts: list[BrowserContext] = []
    complaints: list[str] = []

    def open_page(path: str, size: str = "desktop") -> Page:
        context = browser.new_context(**SIZES[size])
        contexts.append(context)
        context.set_default_timeout(30_000)
        page = context.new_page()
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on(
            "console",
            lambda said: (
                complaints.append(said.text) if said.type == "error" and not STREAMLITS_OWN.search(said.text) else None
            ),
        )
        page.goto(f"{server.url}/{path}")
        page.get_by_role("heading", level=1).wait_for()
        return page

    yield open_page
    for context in contexts:
        for page in context.pages:
            assert page.locator('[data-testid="stException"]').count() == 0
        context.close()
    assert not complaints
    assert "Traceback" not in server.log.read_text()
