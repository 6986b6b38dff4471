"""The stream in a browser: hidden pages, its one connection, and the change-over of curves from canvas to Plotly."""

from __future__ import annotations

import io
import json

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Page, WebSocket, WebSocketRoute, expect
from scipy.ndimage import maximum_filter, minimum_filter

from tests.browser.conftest import SIZES, Visits, go_on_to
from tests.browser.test_run_addresses import run_of
from tests.browser.test_training_live import LONG, press, step_of, wait_for_drawing
from tests.dashboard.server.listening import unpacked
from tests.waiting import wait_until

HIDE = """isHidden => {
    const state = { hidden: isHidden, visibilityState: isHidden ? 'hidden' : 'visible' };
    for (const name in state) Object.defineProperty(document, name, { value: state[name], configurable: true });
    document.dispatchEvent(new Event('visibilitychange', { bubbles: true }));
}"""
PICTURES = ("losses", "course")
TOLERANCE = 48
FEW = 24
"""Limits for the difference of a colour, of 255, and for the pixels that differ more, where lines cross at the join."""
MANY = "train?batches=300&steps_per_batch=300&batch_size=10"


class Streams:
    """The connections of a page to the stream, and what came over them."""

    def __init__(self, page: Page) -> None:
        self.opened: list[WebSocket] = []
        self.requests: list[dict] = []
        self.received: list[str | bytes] = []
        page.on("websocket", self._open)

    def _open(self, socket: WebSocket) -> None:
        if "digitviz-stream" in socket.url:
            self.opened.append(socket)
            socket.on("framesent", lambda text: self.requests.append(json.loads(text)))
            socket.on("framereceived", lambda message: self.received.append(message))

    def curves(self) -> list[dict]:
        """Return the heads of the blocks of curves."""
        heads = [unpacked(block)[0] for block in self.received if isinstance(block, bytes)]
        return [head for head in heads if head["part"] == "curves"]


def wait_for_news(page: Page, times: int = 5) -> None:
    """Wait until a page has shown a later step, several times."""
    for _ in range(times):
        known = step_of(page)
        wait_until(lambda known=known: step_of(page) > known)


def test_a_hidden_page_is_sent_nothing_and_gets_what_it_missed_when_it_is_shown(open_page):
    page = open_page(LONG)
    streams = Streams(page)
    press(page, "train")
    wait_until(lambda: step_of(page) > 0 and len(streams.curves()) > 5)
    beside = open_page.beside(page, f"train?run={run_of(page)}")  # shows what the hidden page misses
    beside.set_viewport_size(SIZES["low"]["viewport"])

    def is_sent_nothing() -> bool:
        known = len(streams.received), step_of(page)
        wait_for_news(beside)
        return known == (len(streams.received), step_of(page))

    assert not is_sent_nothing()
    page.evaluate(HIDE, True)
    wait_until(lambda: step_of(page) and not streams.requests[-1]["awake"])
    wait_until(is_sent_nothing)  # first comes what was on its way
    assert is_sent_nothing()
    stood_at, missed, trained = step_of(page), len(streams.curves()), step_of(beside)
    page.evaluate(HIDE, False)
    wait_until(lambda: step_of(page) > stood_at and len(streams.curves()) > missed)
    before, first = streams.curves()[missed - 1 : missed + 1]
    assert first["from"] == before["to"]  # all that it missed, and nothing again
    assert first["to"] >= trained
    assert len(streams.opened) == 1


def test_one_connection_is_kept_across_pages(open_page):
    page = open_page(LONG)
    streams = Streams(page)
    press(page, "train")
    wait_until(lambda: step_of(page) > 0)
    for _ in range(2):
        go_on_to(page, "/")
        wait_until(lambda: page.evaluate("1") and not streams.requests[-1]["awake"])
        go_on_to(page, "/train")
        wait_for_drawing(page)
        first = step_of(page)
        wait_until(lambda first=first: step_of(page) > first)
    press(page, "pause")
    expect(page.locator(".st-key-progress")).to_contain_text("paused")
    stood_at = step_of(page)
    press(page, "pause")
    wait_until(lambda: step_of(page) > stood_at)
    assert len(streams.opened) == 1
    assert not streams.opened[0].is_closed()


def photograph(page: Page, picture: str) -> np.ndarray:
    """Return the colours of a picture of curves, inside its axes."""
    frame = page.locator(f".st-key-{picture} .digitviz-frame")
    shot = np.asarray(Image.open(io.BytesIO(frame.screenshot())).convert("RGB")).astype(int)
    size = page.evaluate("key => document.querySelector(`.st-key-${key} .digitviz-plot`)._fullLayout._size", picture)
    left, top = int(size["l"]) + 2, int(size["t"]) + 2
    return shot[top : top + int(size["h"]) - 4, left : left + int(size["w"]) - 4]


def expect_alike(one: np.ndarray, other: np.ndarray) -> None:
    """Compare two photographs. Each colour of one must lie between those next to its place in the other.

    Browsers smooth the lines of a canvas and of an SVG picture differently.
    """
    assert one.shape == other.shape
    assert (one != 255).any()
    for here, there in ((one, other), (other, one)):
        low, high = (extreme(there, size=(3, 3, 1)) for extreme in (minimum_filter, maximum_filter))
        outside = np.maximum(low - here, here - high).max(2) > TOLERANCE
        assert np.count_nonzero(outside) <= FEW


class Post:
    """The server's messages over some of a page's connections. Its data, not its texts, can be kept back."""

    def __init__(self, open_page: Visits, page: Page, address: str) -> None:
        self.is_kept_back, self.kept = False, list[tuple[WebSocketRoute, bytes]]()
        open_page.on_sockets(page, address, self._open)
        page.reload()
        wait_for_drawing(page)

    def _open(self, socket: WebSocketRoute) -> None:
        server = socket.connect_to_server()
        socket.on_message(lambda message: server.send(message))
        server.on_message(lambda message: self._pass_on(socket, message))

    def _pass_on(self, socket: WebSocketRoute, message: str | bytes) -> None:
        if self.is_kept_back and isinstance(message, bytes):
            self.kept.append((socket, message))
        else:
            socket.send(message)

    def deliver(self) -> None:
        """Pass on all messages, those that were kept back first."""
        while self.kept:  # more may come meanwhile
            socket, message = self.kept.pop(0)
            socket.send(message)
        self.is_kept_back = False


IS_AHEAD = """key => {
    const { grows: growing } = document.querySelector(`.st-key-${key} .digitviz-plot`).digitvizPlot.parts;
    if (!growing?.isHandedOver || growing.handing) return false;
    return growing.curves.step - growing.inPlotly > 6 * growing.curves.steps;
}"""
HAND_OVER = """async key => {
    const { grows: growing } = document.querySelector(`.st-key-${key} .digitviz-plot`).digitvizPlot.parts;
    await growing.handOver();
    for (let frames = 2; frames; frames -= 1) await new Promise(requestAnimationFrame);
    return growing.inPlotly === growing.curves.step;
}"""


@pytest.mark.parametrize("size", ["desktop", pytest.param("phone", marks=pytest.mark.thorough)])
def test_nobody_sees_when_plotly_takes_over_the_curves_from_the_canvas(open_page, size):
    page = open_page(MANY, size)
    post = Post(open_page, page, "**/digitviz-stream/**")
    press(page, "train")
    for picture in PICTURES:
        page.locator(f".st-key-{picture}").scroll_into_view_if_needed()
        while not (post.is_kept_back and page.evaluate(IS_AHEAD, picture)):
            post.deliver()
            page.wait_for_function(IS_AHEAD, arg=picture)
            post.is_kept_back = True
            page.wait_for_timeout(100)  # for what is on its way
        before = photograph(page, picture)
        assert page.evaluate(HAND_OVER, picture)
        expect_alike(before, photograph(page, picture))
