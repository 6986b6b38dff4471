"""What a network looks like inside: a walk that is played without the server, and a plane that answers clicks."""

from __future__ import annotations

import re

from playwright.sync_api import expect

from tests.browser.conftest import wait_until_settled
from tests.waiting import wait_until

BARS = """() => document.querySelector('.st-key-geometry_walk .digitviz-plot').data.at(-1).y"""
SENT = """() => {
    window.sent = 0;
    const send = WebSocket.prototype.send;
    WebSocket.prototype.send = function (...message) { window.sent += 1; return send.apply(this, message); };
}"""


def test_the_walk_is_scrubbed_without_the_server_and_the_plane_is_clicked(open_page):
    page = open_page("geometry?net=reader&digit=test-4", size="projector")
    bar = page.locator(".st-key-geometry_walk .digitviz-film")
    expect(bar.locator("output")).to_contain_text("the largest is that of")
    wait_until_settled(page)
    page.evaluate(SENT)
    slider = bar.locator("input")
    last = int(slider.get_attribute("max"))
    slider.fill(str(last - 5))
    expect(bar.locator("output")).to_contain_text("times label vector 5")
    wait_until(lambda: [bar is None for bar in page.evaluate(BARS)] == [False] * 6 + [True] * 4)
    slider.fill("1")
    expect(bar.locator("output")).to_contain_text("1 of")
    assert page.evaluate("window.sent") == 0

    page.keyboard.press("Escape")
    page.get_by_role("button", name=re.compile("Next")).click()
    picture = page.locator(".st-key-geometry_borders .digitviz-plot")
    expect(picture).to_have_attribute("data-frames", re.compile("[1-9]"))
    wait_until_settled(page)
    told = page.get_by_text(re.compile("^At the ring: read as"))
    expect(told).to_be_visible()
    before = told.text_content()
    box = picture.locator(".nsewdrag").bounding_box()
    page.mouse.move(box["x"] + 30, box["y"] + 60)
    expect(picture.locator("xpath=..").locator(".digitviz-loupe")).to_be_visible()
    page.mouse.click(box["x"] + 30, box["y"] + 60)
    expect(told).not_to_have_text(before)
