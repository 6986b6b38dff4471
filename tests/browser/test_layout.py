"""Positions of the elements on the pages, and layout shifts after drawing."""

from __future__ import annotations

import asyncio
import re
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack, contextmanager
from functools import partial

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.benchmarks.visitor import Visitor
from tests.browser.conftest import FLAGS, SIZES, Server, Visits, go_on_to, wait_until_settled
from tests.browser.install import find_chromium
from tests.browser.test_training_live import LONG, button, press, step_of, wait_for_drawing
from tests.waiting import wait_until

MOST_WHILE_LOADING = 0.05
MOST_AFTERWARDS = 0.02
"""Maximum sums of layout shifts. A shift is the share of the window that moves, times the distance."""
NEURONS = ".digitviz-plot[data-name=neuron_pictures]"
TOUCHING = """words => {
    const boxes = [...document.querySelectorAll(words)].map(one => one.getBoundingClientRect());
    const beside = (one, other) => one.right <= other.left || one.bottom <= other.top;
    const meet = (one, other) => one !== other && !beside(one, other) && !beside(other, one);
    return [boxes.length, boxes.filter(one => boxes.some(other => meet(one, other))).length];
}"""
PLACES = """() => ['h1', '.st-key-losses', '.st-key-weights_1']
    .map(one => document.querySelector(one).getBoundingClientRect().y)"""
HIGHEST_LOSS = "() => document.querySelector('.st-key-losses .digitviz-plot')._fullLayout.yaxis.range[1]"
DOTS = "() => document.querySelectorAll('.st-key-losses .scatterlayer path.point').length"
WATCH = """
    window.shifts = [];
    new PerformanceObserver((list) => {
        for (const shift of list.getEntries()) { // including those right after an input
            window.shifts.push({
                at: shift.startTime, by: shift.value,
                what: shift.sources.map(({ node, previousRect: from, currentRect: to }) =>
                    `${node?.className || node?.nodeName} ${from.x},${from.y} -> ${to.x},${to.y}`),
            });
        }
    }).observe({ type: 'layout-shift', buffered: true });
    new MutationObserver((_, observer) => {
        if (!document.querySelector('.digitviz-plot:not([data-frames="0"])')) return;
        window.firstDrawnAt = performance.now();
        observer.disconnect();
    }).observe(document, { subtree: true, childList: true, attributes: true, attributeFilter: ['data-frames'] });
"""


@pytest.fixture(scope="module")
def whole_browser(browser: Browser) -> Iterator[Browser]:
    """Not the headless shell, which sometimes paints a page that loads before its sidebar has come."""
    whole = browser.browser_type.launch(executable_path=find_chromium(), args=FLAGS)
    yield whole
    whole.close()


@pytest.fixture
def open_watched(whole_browser: Browser, server: Server) -> Iterator[Callable[..., Page]]:
    """Open a page that records its layout shifts from the start."""
    visits = Visits(whole_browser, server)
    yield lambda path, size="projector": visits(path, size, WATCH)
    visits.end()


@contextmanager
def visitors(server: Server, addresses: list[str]) -> Iterator[None]:
    """Hold sessions open without browsers, in a separate thread because Playwright's event loop uses this one."""
    there, over = threading.Barrier(2), threading.Event()

    async def hold() -> None:
        async with AsyncExitStack() as stack:
            for address in addresses:
                visitor = await stack.enter_async_context(Visitor(server.url, query=address))
                await visitor.wait_until(partial(visitor.has, "train"), 60)
            there.wait()
            await asyncio.to_thread(over.wait)

    with ThreadPoolExecutor(1) as thread:
        held = thread.submit(lambda: asyncio.run(hold()))
        held.add_done_callback(lambda _: there.abort())
        try:
            there.wait()
            yield
        finally:
            over.set()
            held.result()


def settle(page: Page) -> None:
    """Wait until the script has finished and the browser has painted two frames."""
    page.locator('[data-testid="stApp"][data-test-script-state="notRunning"]').wait_for()
    page.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")


def expect_nothing_to_have_moved(page: Page) -> None:
    settle(page)
    first = page.evaluate("window.firstDrawnAt")
    shifts = page.evaluate("window.shifts")
    loading = [shift for shift in shifts if shift["at"] < first]
    afterwards = [shift for shift in shifts if shift["at"] >= first]
    assert sum(shift["by"] for shift in loading) <= MOST_WHILE_LOADING, loading
    assert sum(shift["by"] for shift in afterwards) <= MOST_AFTERWARDS, afterwards


def top_and_bottom(page: Page, selector: str) -> tuple[float, float]:
    box = page.locator(selector).bounding_box()
    return box["y"], box["y"] + box["height"]


def expect_to_fill_the_width(page: Page, width: int) -> None:
    """Expect Start to fill the width and clip nothing."""
    page.set_viewport_size({"width": width, "height": 1080})
    page.locator(".digitviz-first").wait_for()
    settle(page)
    main = page.locator("[data-testid=stMain]")
    wait_until(lambda: main.evaluate("main => main.scrollWidth - main.clientWidth") == 0)  # the pad follows the window
    title = page.get_by_role("heading", level=1)
    assert title.evaluate("one => one.scrollWidth - one.clientWidth") <= 0
    pad, answer = (page.locator(f".st-key-first_{name}").bounding_box() for name in ("pad", "answer"))
    if width >= 768:  # side by side, up to the right margin
        assert abs(pad["y"] - answer["y"]) < 2
        assert answer["x"] + answer["width"] > 0.93 * width


def test_on_start_the_pad_the_answer_and_the_ways_on_are_on_the_first_screen_and_fill_every_width(open_watched):
    page = open_watched("")
    expect(page.locator(".digitviz-demonstration .caption")).not_to_be_empty()
    top, bottom = top_and_bottom(page, "[data-main-picture]")
    assert top <= 300
    assert bottom <= 720
    for part in (".st-key-first_pad", ".st-key-first_reading", ".st-key-ways", ".digitviz-demonstration .digits"):
        expect(page.locator(part)).to_be_in_viewport(ratio=0.3 if "digits" in part else 1)
    assert sum(shift["by"] for shift in page.evaluate("window.shifts")) <= MOST_WHILE_LOADING
    for width in (768, 1920):
        expect_to_fill_the_width(page, width)


def test_on_a_phone_start_clips_nothing_the_preset_is_one_tap_away_and_no_neurons_number_lies_on_anothers(open_page):
    page = open_page("", "phone")
    expect_to_fill_the_width(page, 390)
    for part in ("picture", "ask"):
        expect(page.locator(f".digitviz-first .{part}")).to_be_in_viewport(ratio=1)
    page.set_viewport_size({"width": 844, "height": 390})  # on its side
    expect(page.locator(".digitviz-pad canvas")).to_be_in_viewport(ratio=1)
    page.set_viewport_size(SIZES["phone"]["viewport"])

    go_on_to(page, "/weights")
    page.locator(".st-key-all_neurons label").click(timeout=120_000)  # once the example has been trained
    wait_until(lambda: page.evaluate(TOUCHING, f"{NEURONS} .textpoint") == [2 * 50, 0])
    bar = page.locator(".st-key-manifold .digitviz-film")  # a finger gets hold of the animation's slider
    play, slider = bar.get_by_role("button", name="Play").bounding_box(), bar.get_by_role("slider").bounding_box()
    assert play is not None
    assert slider is not None
    assert slider["height"] >= 44
    assert slider["y"] >= play["y"] + play["height"]
    assert slider["width"] >= page.locator(".st-key-manifold").bounding_box()["width"] - 1

    go_on_to(page, "/train")
    settle(page)
    page.get_by_test_id("stExpandSidebarButton").tap()
    expect(page.locator(".st-key-preset")).to_be_in_viewport(ratio=1)
    wait_until(lambda: page.locator(".st-key-preset").bounding_box()["x"] >= 0)  # wait until the sidebar has slid in
    assert top_and_bottom(page, ".st-key-preset")[1] <= 730  # below the links to 22 pages


def test_train_is_one_screen_and_nothing_moves_while_a_training_is_started_paused_stepped_and_changed(open_watched):
    page = open_watched(LONG)
    wait_for_drawing(page)
    expect_nothing_to_have_moved(page)
    top, bottom = top_and_bottom(page, "[data-main-picture]")
    assert top <= 300
    assert bottom <= 720
    top, bottom = top_and_bottom(page, ".st-key-course .digitviz-plot")
    assert bottom <= 720
    size = page.get_by_role("heading", level=1).evaluate("title => parseFloat(getComputedStyle(title).fontSize)")
    root = page.evaluate("parseFloat(getComputedStyle(document.documentElement).fontSize)")
    assert size <= 1.8 * root + 0.01

    places = page.evaluate(PLACES)
    expect(page.locator(".st-key-course")).to_contain_text("How high")
    press(page, "step")
    wait_until(lambda: step_of(page) == 1)
    expect(page.locator(".st-key-losses")).not_to_contain_text("How low")
    wait_until(lambda: page.evaluate(DOTS) == 1)
    assert page.evaluate(PLACES) == places
    highest = page.evaluate(HIGHEST_LOSS)
    press(page, "step")
    wait_until(lambda: step_of(page) == 2)
    assert page.evaluate(HIGHEST_LOSS) == pytest.approx(highest)
    press(page, "train")
    wait_until(lambda: step_of(page) > 5_000)
    expect(page.locator(".st-key-course")).not_to_contain_text("How high")
    expect_nothing_to_have_moved(page)
    press(page, "pause")
    expect(button(page, "pause")).to_contain_text("Resume")
    expect_nothing_to_have_moved(page)
    expect(page.locator(".st-key-progress")).to_contain_text("· paused")  # the label is said before the last step
    stands_at = step_of(page)
    press(page, "step")
    wait_until(lambda: step_of(page) == stands_at + 1)
    expect_nothing_to_have_moved(page)
    page.get_by_test_id("stExpandSidebarButton").click()
    wait_until_settled(page)
    page.evaluate("window.shifts = []")  # the settings took their room
    page.locator(".st-key-hp_learning_rate input").focus()
    page.keyboard.press("ArrowLeft")
    expect(page.locator(".st-key-changes")).to_contain_text("Learning rate 0.000001 → 0.0000005")
    expect_nothing_to_have_moved(page)


def test_on_a_phone_the_network_stays_where_it_is_from_before_the_training_to_its_end(open_watched):
    page = open_watched("train?batches=20&steps_per_batch=1000", "phone")
    wait_for_drawing(page)
    living = partial(top_and_bottom, page, ".st-key-net-living")
    place = pytest.approx(living(), abs=1)
    press(page, "train")
    wait_until(lambda: step_of(page) > 0)
    assert living() == place
    press(page, "pause")
    expect(button(page, "pause")).to_contain_text("Resume")
    expect(page.locator(".digitviz-live input")).to_be_visible()
    assert living() == place
    press(page, "pause")
    expect(page.locator(".st-key-messages")).to_contain_text("Can you beat")
    expect(page.locator(".st-key-draw_it")).to_be_visible()
    assert living() == place
    expect_nothing_to_have_moved(page)


def test_nothing_moves_when_a_training_finishes(open_watched):
    page = open_watched("train?batches=20&steps_per_batch=100")
    wait_for_drawing(page)
    press(page, "train")
    expect(page.locator(".st-key-messages")).to_contain_text("Can you beat")
    expect_nothing_to_have_moved(page)
    link = page.locator(".st-key-buttons").get_by_role("link", name="Draw a digit for it to read")
    train_button = button(page, "train")
    assert link.bounding_box()["y"] == pytest.approx(train_button.bounding_box()["y"], abs=2)
    expect(button(page, "step")).to_be_hidden()  # the link is in its place
    keys = ("net-living", "messages", "overfitting-gap")
    living, bar, conclusion = (partial(top_and_bottom, page, f".st-key-{key}") for key in keys)
    for width, height in ((1024, 768), (768, 1024), (1440, 900), (1366, 625)):
        page.set_viewport_size({"width": width, "height": height})
        wait_until(lambda: living()[1] <= conclusion()[0] and conclusion()[1] <= bar()[0] + 4)
    messages = page.locator(".st-key-messages")
    assert messages.evaluate("messages => messages.scrollHeight <= messages.clientHeight"), "all links are in sight"
    wait_until(lambda: living()[1] <= bar()[0], 20)  # the bar covers no picture
    page.set_viewport_size({"width": 390, "height": 844})
    expect(link).to_be_in_viewport(ratio=1)
    assert link.bounding_box()["width"] == pytest.approx(358, abs=4)
    assert link.bounding_box()["y"] >= train_button.bounding_box()["y"] + train_button.bounding_box()["height"]
    slider = page.locator(".digitviz-live input")  # it follows a finger
    box, touch = slider.bounding_box(), page.context.new_cdp_session(page)
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    touch.send("Emulation.setTouchEmulationEnabled", {"enabled": True})
    for kind, at in (("touchStart", [x]), ("touchMove", [x - 40]), ("touchMove", [x - 80]), ("touchEnd", [])):
        touch.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": [{"x": each, "y": y} for each in at]})
    wait_until(lambda: int(slider.input_value()) < 8)
    assert living()[0] < 540  # no empty band above the network


@pytest.mark.parametrize(
    ("address", "said", "cause"),
    [
        ("activation=identity&learning_rate=0.01", "infinite or not a number", "identity"),
        ("learning_rate=0.001&batches=2&steps_per_batch=50", "no weight moves", "learning_rate=0.001"),
    ],
    ids=["diverged", "stuck"],
)
@pytest.mark.thorough
def test_nothing_moves_for_a_fault_and_there_is_a_way_out(open_watched, address, said, cause):
    page = open_watched(f"train?{address}")
    wait_for_drawing(page)
    press(page, "train")
    expect(page.locator(".st-key-messages")).to_contain_text(said)
    expect(page.locator(".st-key-way_out button")).to_be_in_viewport(ratio=1)
    expect_nothing_to_have_moved(page)
    page.set_viewport_size({"width": 390, "height": 844})
    expect(page.locator(".st-key-fault")).to_have_css("flex-wrap", "wrap")
    assert page.locator(".st-key-fault [data-testid=stAlert]").bounding_box()["width"] > 300
    page.set_viewport_size({"width": 1280, "height": 720})
    press(page, "way_out")
    expect(page.locator(".st-key-progress")).to_contain_text("not started")
    expect(page).not_to_have_url(re.compile(cause))


@pytest.mark.thorough
def test_nothing_moves_when_there_is_no_room(open_watched, server: Server):
    largest = "hidden=512-512-512-512&batches=10000&steps_per_batch=200&batch_size=2000"
    # Each visitor gets a first run, whatever its size.
    with visitors(server, [f"{largest}&seed={seed}" for seed in range(4)]):
        page = open_watched(f"train?{largest}&seed=4")
        wait_for_drawing(page)
        press(page, "new_weights")
        expect(page.locator(".st-key-messages")).to_contain_text("has no room")
        expect_nothing_to_have_moved(page)
