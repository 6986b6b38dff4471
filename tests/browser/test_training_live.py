"""Training in a browser: train, pause, step, resume, zoom and change settings."""

from __future__ import annotations

import json
import re

import pytest
from playwright.sync_api import Page, WebSocketRoute, expect

from digitviz import Hyperparameters, train
from tests.browser.conftest import SIZES, Server, go_on_to, wait_until_settled
from tests.waiting import wait_until

LONG = "train?batches=2000&steps_per_batch=1000&batch_size=10"
"""A run of two minutes at the default speed. Its small batches make a step six times as fast as the notebook's."""


def button(page: Page, key: str):
    return page.locator(f".st-key-{key} button")


def press(page: Page, key: str) -> None:
    is_folded = key in ("reset", "new_weights")
    if is_folded:
        open_tools(page)
    button(page, key).click()
    if is_folded:
        page.keyboard.press("Escape")


def open_tools(page: Page) -> None:
    """Show the speed and the buttons that begin anew."""
    page.locator(".st-key-tools [data-testid=stPopoverButton]").click()


def step_of(page: Page) -> int:
    progress = page.locator(".st-key-progress")
    expect(progress).to_contain_text(" of ")
    words = progress.inner_text()
    return int(re.search(r"step ([\d,]+) of", words).group(1).replace(",", ""))


def frames_of(page: Page, plot: str) -> int:
    return int(page.locator(f".st-key-{plot} .digitviz-plot").get_attribute("data-frames"))


def curves_of(page: Page) -> int:
    """Return the number of batches with a curve in the figure."""
    return page.evaluate(
        """() => {
            const plot = document.querySelector('.st-key-losses .digitviz-plot');
            const batches = plot.data.map(trace => trace.customdata?._inputArray ?? trace.customdata ?? []);
            return Number(plot.dataset.batches ?? new Set(batches.flatMap(of => Array.from(of))).size);
        }"""
    )


def requests_of(page: Page) -> list[dict]:
    """Return a list to which the page's requests to the stream will be added."""
    asked: list[dict] = []

    def listen(socket) -> None:
        if "digitviz-stream" in socket.url:
            socket.on("framesent", lambda text: asked.append(json.loads(text)))

    page.on("websocket", listen)
    return asked


def wait_for_drawing(page: Page) -> None:
    page.locator(".st-key-losses .digitviz-plot .main-svg").first.wait_for()


def at_speed(page: Page, key: str, speed: str) -> None:
    """Move the speed slider with a key, and wait for the new speed."""
    open_tools(page)
    page.locator(".st-key-speed input").focus()
    page.keyboard.press(key)
    expect(page.locator(".st-key-speed")).to_contain_text(speed)
    page.keyboard.press("Escape")


def test_train_pause_step_resume_and_read_the_accuracy(open_page, server: Server, digits):
    page = open_page("train?batches=40&steps_per_batch=500&batch_size=10")
    wait_for_drawing(page)
    assert curves_of(page) == 0

    at_speed(page, "ArrowLeft", "10,000 steps per second")
    at_speed(page, "ArrowLeft", "3,000 steps per second")
    press(page, "train")
    wait_until(lambda: curves_of(page) >= 3)
    few = curves_of(page)
    wait_until(lambda: curves_of(page) > few)

    press(page, "pause")
    expect(page.locator(".st-key-progress")).to_contain_text("paused")
    expect(button(page, "pause")).to_contain_text("Resume")
    wait_until(lambda: server.pool()["threads"] == 0)
    stands_at = step_of(page)
    assert 0 < stands_at < 20_000

    press(page, "step")
    wait_until(lambda: step_of(page) == stands_at + 1)
    expect(button(page, "pause")).to_contain_text("Resume")

    at_speed(page, "End", "full speed")
    press(page, "pause")
    expect(page.locator(".st-key-progress")).to_contain_text("finished")
    assert step_of(page) == 20_000
    wait_until(lambda: curves_of(page) == 40)

    expected = train(digits, Hyperparameters(batches=40, steps_per_batch=500, batch_size=10)).test_accuracy
    first_number = re.search(r"\d[\d.,]*%?", page.locator(".st-key-test_accuracy").inner_text()).group()
    assert first_number == f"{expected:.1%}"

    frames = frames_of(page, "losses")
    press(page, "reset")  # while the browser still has the curves that it has extended
    wait_until(lambda: frames_of(page, "losses") > frames)
    expect(page.locator(".st-key-course")).to_contain_text("How high")
    press(page, "train")
    wait_until(lambda: curves_of(page) == 40)
    low, high = page.evaluate("() => document.querySelector('.st-key-losses .digitviz-plot')._fullLayout.yaxis.range")
    assert low == 0, "the axis of the empty picture"
    assert high > 8


def test_an_accuracy_that_takes_long_is_shown_as_soon_as_it_is_known(open_page):
    page = open_page("train?hidden=512-512-512-512&train_fraction=0.1")
    expect(page.locator(".st-key-progress")).to_contain_text("not started")
    expect(page.locator(".st-key-test_accuracy")).to_contain_text(re.compile(r"\d\.\d%"))


CURVES = """() => {
    const found = {};
    for (const { x, y, customdata, line } of document.querySelector('.st-key-losses .digitviz-plot').data) {
        const [xs, ys, of] = [x, y, customdata].map(list => Array.from(list?._inputArray ?? list ?? []));
        of.forEach((batch, at) => {
            if (Number.isFinite(ys[at])) (found[batch] ??= [line.color]).push([xs[at], ys[at]]);
        });
    }
    return found;
}"""


def test_zoom_survives_only_pictures_in_view_are_asked_for_and_extended_curves_are_those_of_the_server(open_page):
    page = open_page(LONG)
    asked = requests_of(page)
    press(page, "train")
    wait_until(lambda: frames_of(page, "losses") > 0)
    page.evaluate("() => { window.first = document.querySelector('.st-key-losses .digitviz-plot') }")
    wait_until(lambda: frames_of(page, "losses") > 3)
    drawing = page.locator(".st-key-losses .nsewdrag").first
    box = drawing.bounding_box()
    page.mouse.move(box["x"] + box["width"] * 0.2, box["y"] + box["height"] * 0.2)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.6, box["y"] + box["height"] * 0.7, steps=5)
    page.mouse.up()
    x_range = "() => document.querySelector('.st-key-losses .digitviz-plot')._fullLayout.xaxis.range.map(Math.round)"
    wait_until(lambda: page.evaluate(x_range) != [0, 2000])
    zoomed, frames = page.evaluate(x_range), frames_of(page, "losses")
    wait_until(lambda: frames_of(page, "losses") > frames + 5)
    assert page.evaluate(x_range) == zoomed
    assert page.evaluate("first.isConnected"), "the figure was replaced, so the zoom is lost"

    assert "curves" in asked[-1]["parts"]
    page.locator(".st-key-weights_2").scroll_into_view_if_needed()
    # Reading the page lets Playwright deliver requests.
    wait_until(lambda: step_of(page) and asked[-1]["parts"] == ["weights"])
    canvas = "() => document.querySelectorAll('.st-key-weights_2 canvas')[1]?.toDataURL()"
    seen = page.evaluate(canvas)
    wait_until(lambda: page.evaluate(canvas) not in {seen, None})

    page.locator(".st-key-losses").scroll_into_view_if_needed()
    wait_until(lambda: step_of(page) and "curves" in asked[-1]["parts"] and curves_of(page) > 3)
    page.evaluate("() => document.querySelector('.st-key-losses .digitviz-plot').digitvizPlot.parts.grows.handOver()")
    extended = page.evaluate(CURVES)  # all except the current batch
    press(page, "pause")
    wait_until(lambda: page.locator(".st-key-losses .digitviz-plot").get_attribute("data-batches") is None)
    drawn = page.evaluate(CURVES)
    assert len(extended) >= 3
    assert {batch: drawn[batch] for batch in extended} == extended


@pytest.mark.thorough
def test_a_training_outlives_another_page_a_reload_and_a_connection_that_breaks(open_page):
    page = open_page(LONG, "low")
    sockets: list[WebSocketRoute] = []

    def pass_on(socket: WebSocketRoute) -> None:
        sockets.append(socket)
        socket.connect_to_server()

    open_page.on_sockets(page, "**/digitviz-stream/**", pass_on)
    press(page, "train")
    wait_until(lambda: step_of(page) > 0)
    page.get_by_role("link", name="Home").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("How does a machine")
    page.get_by_role("link", name="Train", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("How does a network")
    first = step_of(page)
    wait_until(lambda: step_of(page) > first > 0)  # the run has continued, and still continues
    assert "batches=2000" in page.url

    before = step_of(page)
    page.reload()
    wait_until(lambda: step_of(page) > before)
    expect(page.locator(".st-key-hp_batches")).to_contain_text("2,000")

    before, count = step_of(page), len(sockets)
    sockets[-1].close()  # like a change of network
    wait_until(lambda: step_of(page) > before and len(sockets) > count)

    press(page, "pause")
    expect(page.locator(".st-key-progress")).to_contain_text("paused")
    expect(button(page, "pause")).to_contain_text("Resume")
    stood_at = step_of(page)
    page.evaluate(  # a click must count even while the browser reports the end of training
        """() => {
            document.querySelector('.digitviz-live').parentElement.digitvizShown.send('ended', 1);
            document.querySelector('.st-key-pause button').click();
        }"""
    )
    expect(button(page, "pause")).to_contain_text("Pause")
    wait_until(lambda: step_of(page) > stood_at)
    press(page, "pause")
    expect(page.locator(".st-key-progress")).to_contain_text("paused")


@pytest.mark.thorough
def test_two_browsers_at_once_see_each_its_own_training(open_page):
    one, other = open_page(LONG, "low"), open_page("train?batches=1000&steps_per_batch=1000", "low")
    press(one, "train")
    wait_until(lambda: step_of(one) > 0)
    press(other, "step")
    wait_until(lambda: step_of(other) == 1)
    press(one, "pause")
    expect(one.locator(".st-key-progress")).to_contain_text("paused")
    assert step_of(one) > 1
    assert step_of(other) == 1

    press(one, "pause")
    press(other, "train")
    for page, total in ((one, "of 2,000,000"), (other, "of 1,000,000")):
        page.set_viewport_size(SIZES["projector"]["viewport"])
        frames = frames_of(page, "losses")
        wait_until(lambda page=page, frames=frames: frames_of(page, "losses") > frames + 3)
        expect(page.locator(".st-key-progress")).to_contain_text(total)
        press(page, "pause")
        expect(page.locator(".st-key-progress")).to_contain_text("paused")


def test_settings_changed_beside_a_training_are_named_refused_and_taken_and_a_closed_tab_stops_it(open_page, server):
    page = open_page(LONG, "low")
    page.get_by_test_id("stExpandSidebarButton").click()
    page.locator(".st-key-hp_learning_rate input").focus()
    page.keyboard.press("ArrowLeft")
    press(page, "step")
    wait_until(lambda: step_of(page) == 1)
    expect(page).to_have_url(re.compile("learning_rate=5e-07"))
    expect(page.get_by_text("to start over:")).to_have_count(0)
    page.locator(".st-key-hp_learning_rate input").focus()
    page.keyboard.press("ArrowRight")
    expect(page.locator(".st-key-changes")).to_contain_text("Learning rate 0.0000005 → 0.000001")

    page.get_by_text("More settings").click()
    press(page, "train")
    wait_until(lambda: step_of(page) > 1)
    page.locator(".st-key-hp_bias label").click()
    expect(page.locator(".st-key-changes")).to_contain_text("Bias off → on")
    page.get_by_text("More settings").click()
    expect(page.locator(".st-key-hp_bias")).to_have_count(0)
    page.locator(".st-key-hp_learning_rate input").focus()
    page.keyboard.press("ArrowLeft")
    expect(page.locator(".st-key-changes")).to_contain_text("Bias off → on, Learning rate 0.000001 → 0.0000005")
    expect(page).to_have_url(re.compile("learning_rate=5e-07&.*bias=true|bias=true.*learning_rate=5e-07(&|$)"))
    for key, words in (
        ("ArrowRight", "Press Train to start over: Bias off → on."),
        ("ArrowLeft", "0.000001 → 0.0000005"),
    ):
        page.keyboard.press(key)
        expect(page.locator(".st-key-changes")).to_contain_text(words)
    press(page, "train")
    expect(page.get_by_text("to start over:")).to_have_count(0)

    wait_until(lambda: step_of(page) > 0)
    page.locator(".st-key-hp_batches input").focus()
    page.keyboard.press("End")
    expect(page.locator(".st-key-changes")).to_contain_text("which is more than the limit of 2,000,000")
    expect(button(page, "train")).to_be_disabled()
    page.keyboard.press("Home")
    expect(page.locator(".st-key-changes")).to_contain_text("Batches 2,000 → 1")
    expect(button(page, "train")).to_be_enabled()

    wait_until(lambda: server.pool() == {**server.pool(), "jobs": 1, "threads": 1})
    page.close()
    # Training continues for five seconds after the tab closes, which is longer than a reload.
    wait_until(lambda: server.pool()["jobs"] == 0 and server.pool()["threads"] == 0, seconds=15)


def expect_nothing_wider_than_the_screen(page: Page) -> None:
    assert page.evaluate("document.querySelector('[data-testid=stMain]').scrollWidth") <= page.viewport_size["width"]


def test_training_on_a_phone(open_page):
    page = open_page("train?batches=3&steps_per_batch=200", "phone")
    wait_for_drawing(page)
    expect_nothing_wider_than_the_screen(page)
    button(page, "train").tap()
    expect(page.locator(".st-key-progress")).to_contain_text("finished")
    assert step_of(page) == 600
    expect_nothing_wider_than_the_screen(page)
    go_on_to(page, "/")
    wait_until_settled(page)
    expect_nothing_wider_than_the_screen(page)
