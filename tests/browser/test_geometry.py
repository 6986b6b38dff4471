"""Geometry: the walk plays without the server, and the point in the plane can be moved."""

from __future__ import annotations

import base64
import re

import numpy as np
import pytest
from playwright.sync_api import Locator, Page, expect

from digitviz.dashboard.components.component import address
from digitviz.dashboard.components.plane_point import plane_data
from digitviz.dashboard.questions.geometry import ASPECT
from digitviz.dashboard.questions.subject import reader
from digitviz.explanations.geometry import BorderPlane, border_plane
from digitviz.networks.network import Network
from tests.browser.conftest import wait_until_settled
from tests.explanations.made import made_network
from tests.waiting import wait_until

BARS = """() => document.querySelector('.st-key-geometry_walk .digitviz-plot').data.at(-1).y"""
SENT = """() => {
    window.sent = 0;
    const send = WebSocket.prototype.send;
    WebSocket.prototype.send = function (...message) { window.sent += 1; return send.apply(this, message); };
}"""


READ = """() => {
    const { x, y, pixels, probabilities } =
        [...document.querySelectorAll('.digitviz-plane-reading')].at(-1).parentElement.digitvizShown;
    return { point: [x, y], pixels: [...pixels], probabilities: [...probabilities] };
}"""
IS_READ = """() =>
    [...document.querySelectorAll('.digitviz-plane-reading')].at(-1)?.parentElement.digitvizShown?.pixels"""
"""Pixels of the last reading, which the browser computes one frame after the network arrives."""
MINE = """([script, data]) => import(new URL(script, document.baseURI).href).then(({ default: PlanePoint }) => {
    const parentElement = document.body.appendChild(document.createElement('div'));
    parentElement.className = 'digitviz-mine';
    parentElement.digitvizShown = new PlanePoint(parentElement, { signal: new AbortController().signal });
    parentElement.digitvizShown.rerun(Uint8Array.from(atob(data), (one) => one.charCodeAt(0)));
})"""
WORDS = ".digitviz-plane-reading .answer"
INKS = """() => [...document.querySelectorAll('.digitviz-plane-image')]
    .map((image) => [...image.children].map((cell) => parseFloat(cell.style.getPropertyValue('--ink'))))"""
"""Ink of the pixels of both pictures, in percent."""


def open_borders(open_page, size: str = "projector") -> tuple[Page, Locator]:
    """Open the plane through three digits with the pretrained network, and return the page and the point."""
    page = open_page("geometry?net=reader&step=1&digit=test-4&corners=test-1,test-2", size=size)
    point = page.locator(".st-key-geometry_borders .digitviz-plane-point")
    expect(point).to_be_visible()
    wait_until_settled(page)
    page.wait_for_function(IS_READ)
    return page, point


@pytest.fixture(scope="module")
def opened(open_shared) -> tuple[Page, Locator]:
    return open_borders(open_shared)


@pytest.fixture
def borders(opened) -> tuple[Page, Locator]:
    """The plane with its point in the centre. Tests do not change the plane."""
    page, point = opened
    point.press("Home")
    expect(point).to_have_attribute("aria-valuetext", re.compile("33% of A, 33% of B, 33% of C$"))
    return page, point


def planes_digits() -> tuple[Network, BorderPlane]:
    asked = reader()
    return asked.network, border_plane(asked.network, asked.test.pixels[[3, 0, 1]], 2, aspect=ASPECT)


def assert_read_as_by(network: Network, plane: BorderPlane, read: dict[str, list[float]]) -> np.ndarray:
    """Compare the reading in the browser with the core, and return the position of the point."""
    point = np.array(read["point"])
    pixels = plane.pixels_at(point[None])
    np.testing.assert_allclose(read["pixels"], pixels[0], atol=1e-5)
    np.testing.assert_allclose(read["probabilities"], network.predict_proba(pixels)[0], atol=1e-5)
    return point


def reading_on(page: Page, plane: BorderPlane) -> dict[str, list[float]]:
    """Wait until the reading belongs to the current point, one frame after a move, and return it."""

    def is_at_the_point() -> bool:
        read = page.evaluate(READ)
        return np.allclose(read["pixels"], plane.pixels_at(np.array([read["point"]]))[0], atol=1e-5)

    wait_until(is_at_the_point)
    return page.evaluate(READ)


def middle_of(box: Locator) -> tuple[float, float]:
    found = box.bounding_box()
    assert found is not None
    return found["x"] + found["width"] / 2, found["y"] + found["height"] / 2


def test_the_point_is_dragged_by_the_mouse_and_nothing_is_asked_for_that(borders):
    page, point = borders
    network, plane = planes_digits()
    start = assert_read_as_by(network, plane, reading_on(page, plane))
    np.testing.assert_allclose(start, plane.corners.mean(axis=0))
    asked: list[str] = []
    page.evaluate(SENT)
    page.on("request", lambda request: asked.append(request.url))
    x, y = middle_of(point)
    page.mouse.move(x + 4, y - 3)  # off the centre of the point
    page.mouse.down()
    seen = []
    for step in range(1, 6):
        page.mouse.move(x + 4 + 20 * step, y - 3 - 16 * step)
        page.wait_for_function(f"() => Math.abs(({READ})().point[0] - {start[0]}) > {step - 0.5} * 20 / 24")
        seen.append(page.evaluate(READ))
    page.mouse.up()
    places = np.array([assert_read_as_by(network, plane, read) for read in seen])
    wait_until(lambda: np.allclose(middle_of(point), (x + 100, y - 80), atol=1))
    assert (np.diff(places, axis=0) * [1, 1] > 0).all()
    assert len({tuple(read["probabilities"]) for read in seen}) == 5
    probabilities = network.predict_proba(plane.pixels_at(places[-1:]))[0]
    expect(page.locator(WORDS)).to_have_text(f"It says {probabilities.argmax()}")
    expect(page.locator(".digitviz-plane-reading .bars .share.first")).to_have_text(f"{probabilities.max():.0%}")
    inks = page.evaluate(INKS)
    for shown in inks:  # beside the plane, and at the point
        np.testing.assert_allclose(shown, np.clip(plane.pixels_at(places[-1:])[0] / 16 * 100, 0, 100), atol=0.01)
    assert len(inks) == 2
    assert page.evaluate("window.sent") == 0
    assert not asked


def test_the_point_is_moved_by_keys_and_says_what_is_read(borders):
    page, point = borders
    network, plane = planes_digits()
    page.evaluate(SENT)
    point.focus()
    step = np.ptp(plane.x) / 60
    place = plane.corners.mean(axis=0)
    moves = {"ArrowRight": (1, 0), "ArrowUp": (0, 1), "Shift+ArrowLeft": (-5, 0), "ArrowDown": (0, -1)}
    for key, move in moves.items():
        page.keyboard.press(key)
        place = place + step * np.array(move)
        wait_until(lambda place=place: np.allclose(page.evaluate(READ)["point"], place))
        assert_read_as_by(network, plane, reading_on(page, plane))
    for key, corner in zip("abC", plane.corners, strict=True):
        page.keyboard.press(key)
        probabilities = network.predict_proba(plane.pixels_at(corner[None]))[0]
        share = ">99%" if probabilities.max() >= 0.995 else f"{probabilities.max():.0%}"
        told = f"read as {probabilities.argmax()}, {share} sure"
        expect(point).to_have_attribute("aria-valuetext", re.compile(f"^{told}"))
        np.testing.assert_allclose(page.evaluate(READ)["point"], corner)
    for _time in range(20):
        page.keyboard.press("Shift+ArrowUp")  # the point stops at the edge of the figure
    expect(point).to_have_attribute("aria-valuetext", re.compile("Not a valid picture: its ink ranges from −"))
    assert page.evaluate(READ)["point"][1] == pytest.approx(plane.y[-1])
    around = page.locator(".st-key-geometry_borders .scatterlayer > :nth-child(2) .fills")
    expect(around).to_have_css("opacity", "0.88")  # the colours outside the triangle
    page.keyboard.press("Home")
    expect(point).to_have_attribute("aria-valuetext", re.compile("33% of A, 33% of B, 33% of C$"))
    expect(around).to_have_css("opacity", "1")
    assert page.evaluate("window.sent") == 0
    assert "step=1" in page.url


def test_a_click_brings_the_point_which_stays_with_the_plane_and_the_walk_is_scrubbed_without_the_server(borders):
    page, point = borders
    picture = page.locator(".st-key-geometry_borders .digitviz-plot")
    box = picture.locator(".nsewdrag").bounding_box()
    there = (box["x"] + box["width"] * 0.4, box["y"] + box["height"] * 0.7)
    page.mouse.click(*there)
    wait_until(lambda: np.allclose(middle_of(point), there, atol=1))
    left = page.evaluate(READ)["point"]
    page.get_by_role("button", name=re.compile("Next")).click()
    expect(page.locator(".st-key-geometry_walk .digitviz-plot")).to_be_visible()

    # The walk is scrubbed without the server.
    bar = page.locator(".st-key-geometry_walk .digitviz-film")
    expect(bar.locator(".words")).to_contain_text("the largest logit is for")
    wait_until_settled(page)
    page.evaluate(SENT)
    slider = bar.locator("input")
    last = int(slider.get_attribute("max"))
    slider.fill(str(last - 5))
    expect(bar.locator(".words")).to_contain_text("dot product with label vector 5")
    wait_until(lambda: [bar is None for bar in page.evaluate(BARS)] == [False] * 6 + [True] * 4)
    slider.fill("1")
    expect(bar.locator(".words")).to_contain_text("1 of")
    assert page.evaluate("window.sent") == 0

    page.get_by_role("button", name=re.compile("Back")).click()
    expect(point).to_be_visible()
    assert page.evaluate(READ)["point"] == left
    page.get_by_role("button", name="Change the other two digits").click()
    number = page.get_by_label("Number for corner C")
    number.fill("6")
    number.press("Enter")
    wait_until(lambda: page.evaluate(READ)["point"] != left)
    plane = border_plane(reader().network, reader().test.pixels[[3, 0, 5]], 2, aspect=ASPECT)
    pixels = plane.pixels_at(np.array([[0.65, 0, 0.35]]) @ plane.corners)[
        0
    ]  # the old point may be at the same position
    wait_until(lambda: np.allclose(page.evaluate(READ)["pixels"], pixels, atol=1e-5))
    assert_read_as_by(reader().network, plane, reading_on(page, plane))
    number.fill("2")
    number.press("Enter")
    reading_on(page, planes_digits()[1])
    page.keyboard.press("Escape")
    expect(number).to_be_hidden()


def test_a_finger_drags_the_point_and_scrolls_the_page_elsewhere(open_page):
    page, point = open_borders(open_page, "phone")
    assert point.evaluate("one => getComputedStyle(one).touchAction") == "none"
    point.scroll_into_view_if_needed()
    x, y = middle_of(point)
    finger = page.context.new_cdp_session(page)

    def touch(kind: str, *places: tuple[float, float]) -> None:
        points = [{"x": x, "y": y} for x, y in places]
        finger.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

    touch("touchStart", (x, y))
    for step in range(1, 9):
        touch("touchMove", (x + 5 * step, y - 8 * step))
    touch("touchEnd")
    wait_until(lambda: np.allclose(middle_of(point), (x + 40, y - 64), atol=2))
    assert_read_as_by(*planes_digits(), reading_on(page, planes_digits()[1]))


def test_networks_of_any_depth_are_read_as_by_the_core(borders, digits):
    page, _point = borders
    for hidden in [(), (7,), (6, 5), (8, 4, 5), (9, 6, 5, 4)]:
        for activation, scale, biases in (("relu", "raw", False), ("gelu", "unit", True)):
            network = made_network(hidden, activation, scale, biases=biases)
            plane = border_plane(network, digits.pixels[[3, 14, 15]], resolution=2)
            data = base64.b64encode(plane_data("geometry_borders", network, plane, [2, 1, 5])).decode()
            page.evaluate(MINE, [address("plane_point"), data])
            page.wait_for_function(
                "() => [...document.querySelectorAll('.digitviz-plane-reading')].at(-1).dataset.read"
            )
            assert_read_as_by(network, plane, reading_on(page, plane))
    page.evaluate("() => document.querySelectorAll('body > .digitviz-mine').forEach((one) => one.remove())")
