"""Fixtures for tests with a real server and a real browser."""

from __future__ import annotations

import json
import os
import re
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any, ClassVar

import pytest
from playwright.sync_api import (
    Browser,
    CDPSession,
    ConsoleMessage,
    Error,
    Locator,
    Page,
    WebSocketRoute,
    expect,
    sync_playwright,
)

from tests.browser.install import SHELL, find_chromium
from tests.conftest import GROUPS
from tests.ended import ENDS_WITH_US
from tests.store.server import MISSING, PostgreSQLServer, running
from tests.waiting import wait_until

ROOT = Path(__file__).parents[2]
PAGES = sorted(path.stem for path in (ROOT / "pages").glob("*.py"))
MILLISECONDS = 60_000
"""Time limit for what a page must show or do. Other tests keep the cores busy."""
expect.set_options(timeout=MILLISECONDS)

UNWARMED = "tests.browser.unwarmed"
"""Server program without the warm-up after the start, for tests that need neither maps nor the run on Start."""
WARMED = {"program": UNWARMED, "LEFT_OUT": ""}
WITHOUT_MAPS = {"program": UNWARMED, "LEFT_OUT": "_compute_first_maps"}
"""Arguments for a server with the whole warm-up, and for one that computes maps on demand only."""

FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--font-render-hinting=none",  # text in the headless shell is then as wide as in the whole browser
    # A page of a test lives for seconds: optimize only functions that run ten times as often as usually required, and
    # collect garbage less often.
    "--js-flags=--invocation-count-for-maglev=4000,--invocation-count-for-maglev-osr=1000,"
    "--invocation-count-for-turbofan=30000,--min-semi-space-size=32",
]  # fmt: skip
SIZES = {
    "desktop": {"viewport": {"width": 1440, "height": 900}},
    "projector": {"viewport": {"width": 1280, "height": 720}},
    "low": {"viewport": {"width": 1280, "height": 160}},
    "phone": {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True},
}
"""Use "low" for runs whose figures do not matter: it has no room for any, and drawing visible figures keeps a core busy
during training."""
STREAMLITS_OWN = re.compile(r"Image source error")
"""Errors that Streamlit logs if a visitor leaves a page before its images have loaded."""


class Server:
    """The dashboard, started with Streamlit's command as a user would, or with another program.

    Reuses the port of an earlier server if possible: browsers have already compiled the scripts from that address.
    """

    left: ClassVar[list[int]] = []
    """Ports of servers that have ended."""

    def __init__(self, log: Path, program: str = "streamlit", **environment: str) -> None:
        self.port = self._free_port()
        self.url = f"http://localhost:{self.port}"
        self.log, self.program, self.environment = log, program, environment
        self.start()

    def _free_port(self) -> int:
        while True:
            with socket.socket() as free:
                free.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                with suppress(OSError):  # another process has taken the port
                    free.bind(("127.0.0.1", self.left.pop() if self.left else 0))
                    return free.getsockname()[1]

    def start(self) -> None:
        """Start the server, or restart it at the same address."""
        with self.log.open("a") as file:
            self.process = subprocess.Popen(
                [*ENDS_WITH_US, sys.executable, "-m", self.program, "run", "app.py", f"--server.port={self.port}"],
                cwd=ROOT, stdout=file, stderr=subprocess.STDOUT,
                env={**os.environ, "STREAMLIT_SERVER_HEADLESS": "true", **self.environment},
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
        """Return the number of active jobs and threads."""
        with urllib.request.urlopen(f"{self.url}/digitviz-assets/pool.json", timeout=60) as answer:
            return json.load(answer)

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(90)

    def end(self) -> None:
        """Stop the server for good and release its port."""
        self.stop()
        self.left.append(self.port)


IS_STILL = """() => document.getAnimations()
    .every(one => one.playState !== "running" || one.effect.getComputedTiming().endTime > 60_000)"""
SIXTY_FRAMES = """async () => {
    for (let frames = 60; frames; frames -= 1) await new Promise(requestAnimationFrame);
}"""
"""A second or more, as the page counts it."""


def wait_until_settled(page: Page) -> None:
    """Wait until the script has finished, all elements are visible and no animation is playing, except for hours."""
    page.locator('[data-testid="stApp"][data-test-script-state="notRunning"]').wait_for(timeout=90_000)
    page.locator("html[data-begun]").wait_for(state="attached")  # the frame's script, which keeps the focus
    wait_until(lambda: page.locator('[data-testid="stSkeleton"], .digitviz-plot[data-frames="0"]').count() == 0)
    wait_until(lambda: page.evaluate(IS_STILL))


def put_pictures_away(page: Page) -> None:
    """Hide the figures of a page that a test does not look at. Each new size would draw them again."""
    page.locator(".digitviz-frame").evaluate_all("frames => frames.forEach(frame => (frame.style.display = 'none'))")


def on_page(page: Page, words: str | re.Pattern[str], exact: bool = False) -> Locator:
    """Find words on the page itself. Screen readers may be told the same in a region of their own."""
    return page.get_by_test_id("stMain").get_by_text(words, exact=exact)


def open_box(page: Page, title: str) -> None:
    """Open a closed box."""
    page.locator("summary").filter(has_text=title).click()


def open_settings(page: Page) -> None:
    """Open the settings of Train, which are closed at first."""
    page.get_by_test_id("stExpandSidebarButton").filter(visible=True).click()


def go_on_to(page: Page, address: str) -> None:
    """Go to another page within the session, as a link does, and wait for its title."""
    title = page.get_by_role("heading", level=1)
    before = title.inner_text()
    page.evaluate("to => { history.pushState({}, '', to); dispatchEvent(new PopStateEvent('popstate')); }", address)
    expect(title).not_to_have_text(before)


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    first_file = os.environ["PYTEST_CURRENT_TEST"].split("::")[0]
    program = WARMED if GROUPS.get(first_file) == "maps" else WITHOUT_MAPS  # that group runs first in its process
    server = Server(tmp_path_factory.mktemp("server") / "log.txt", **program)
    wait_until(lambda: server.pool()["example"])  # pages show it, and would change when it comes
    yield server
    server.end()


@pytest.fixture(scope="session")
def server_to_stop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server with its own runs, which tests may stop and restart.

    It detects within ten seconds that a browser is offline. With the default ping interval, this takes up to forty.
    """
    folder = tmp_path_factory.mktemp("server_to_stop")
    environment = {"DIGITVIZ_HOME": str(folder / "home"), "STREAMLIT_SERVER_WEBSOCKET_PING_INTERVAL": "5"}
    server = Server(folder / "log.txt", UNWARMED, **environment)
    yield server
    server.end()


@pytest.fixture(scope="session")
def postgresql() -> Iterator[PostgreSQLServer]:
    """A PostgreSQL server in which dashboards save their runs."""
    with running() as server:
        if server is None:
            pytest.skip(MISSING)
        yield server


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_chromium(SHELL), args=FLAGS)
        yield browser
        browser.close()


class Visits:
    """Dashboard pages, each in its own browser context. `end` fails if any page met with an error.

    Used pages are cleared and reused at any size: they have already compiled the scripts of Streamlit and Plotly,
    which saves three quarters of the work of opening a page.
    """

    used: ClassVar[dict[tuple[Browser, str], list[Page]]] = {}
    """Pages ready for reuse, by their browser and the options of their contexts."""

    def __init__(self, browser: Browser, server: Server, may_complain: bool = False) -> None:
        self.browser, self.server, self.may_complain = browser, server, may_complain
        self.complaints: list[str] = []
        self.open: list[tuple[tuple[Browser, str] | None, Page]] = []
        self.routed: list[Page] = []
        """Pages whose WebSockets a test handles."""
        self.sessions: list[CDPSession] = []
        """They end the scripts that run first, if they are detached."""

    def __call__(self, path: str, size: str = "desktop", script: str = "", **options: Any) -> Page:
        """Open a page; `script` runs before all other scripts of the page."""
        settings = {"reduced_motion": "reduce"} | SIZES[size] | options  # films and replays keep a core busy
        viewport, reduced_motion = settings.pop("viewport"), settings.pop("reduced_motion")
        kind = self.browser, json.dumps(settings, sort_keys=True)
        self.used[kind] = waiting = [page for page in self.used.get(kind, []) if not page.is_closed()]
        page = waiting.pop() if waiting else self._new_page(settings)
        page.set_viewport_size(viewport)
        page.emulate_media(reduced_motion=reduced_motion)
        if script:
            self._run_first(page, script)
        self.open.append((kind, page))
        return self._goto(page, path)

    def beside(self, page: Page, path: str) -> Page:
        """Open another tab in the same browser context as `page`."""
        spare = [tab for tab in page.context.pages if tab.url == "about:blank"]
        tab = spare[0] if spare else page.context.new_page()
        self.open.append((None, tab))
        return self._goto(tab, path)

    def on_sockets(self, page: Page, address: str, handle: Callable[[WebSocketRoute], None]) -> None:
        """Handle the WebSockets that a page opens from now on. The page is not reused: such a route has no end."""
        page.route_web_socket(address, handle)
        self.routed.append(page)

    def _goto(self, page: Page, path: str) -> Page:
        page.on("pageerror", self._hear_error)
        page.on("console", self._hear)
        page.goto(f"{self.server.url}/{path}")
        page.get_by_role("heading", level=1).wait_for()
        return page

    def _new_page(self, settings: dict[str, Any]) -> Page:
        context = self.browser.new_context(**settings)
        context.set_default_timeout(MILLISECONDS)
        return context.new_page()

    def _run_first(self, page: Page, script: str) -> None:
        """Run a script on each document of this visit. Playwright's own init scripts cannot be removed from a page."""
        session = page.context.new_cdp_session(page)
        session.send("Page.enable")
        session.send("Page.addScriptToEvaluateOnNewDocument", {"source": script})
        self.sessions.append(session)

    def _hear_error(self, error: object) -> None:
        self.complaints.append(str(error))

    def _hear(self, said: ConsoleMessage) -> None:
        if said.type == "error" and not STREAMLITS_OWN.search(said.text):
            self.complaints.append(said.text)

    def end(self) -> None:
        """Close all sessions and check that none met with an error."""
        exceptions = 0
        for _kind, page in self.open:
            exceptions += 0 if page.is_closed() else page.locator('[data-testid="stException"]').count()
        for session in self.sessions:
            with suppress(Error):  # its page is closed
                session.detach()
        self.sessions.clear()
        for page in self.routed:
            page.context.close()
        self.routed.clear()
        for kind, page in self.open:
            try:
                self._empty(page)
            except Error:  # the page is closed, or shows that the server is offline
                page.context.close()
            else:
                if kind is not None:
                    self.used[kind].append(page)
        self.open.clear()
        assert not exceptions
        assert self.may_complain or not self.complaints
        assert "Traceback" not in self.server.log.read_text()

    def _empty(self, page: Page) -> None:
        """Remove all traces of this visit from a page, so that it can be reused."""
        page.unroute_all()
        page.evaluate("() => { localStorage.clear(); sessionStorage.clear(); }")
        page.goto("about:blank")
        page.remove_listener("pageerror", self._hear_error)
        page.remove_listener("console", self._hear)
        page.context.set_offline(False)
        page.context.clear_cookies()
        page.emulate_media(media="null", color_scheme="light")
        page.mouse.move(0, 0)


@pytest.fixture
def open_page(browser: Browser, server: Server) -> Iterator[Visits]:
    """Open dashboard pages in separate browser contexts, for one test."""
    visits = Visits(browser, server)
    yield visits
    visits.end()


@pytest.fixture(scope="module")
def open_shared(browser: Browser, server: Server) -> Iterator[Visits]:
    """Open dashboard pages that several tests of a file share."""
    visits = Visits(browser, server)
    yield visits
    visits.end()
