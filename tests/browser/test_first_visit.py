"""The first visit to a new server."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import UNWARMED, Server, Visits, go_on_to
from tests.browser.test_drawing_live import EVERY, ITEMS, answer, pad_box
from tests.waiting import wait_until

COUNT_SENT = """() => {
    window.digitvizSent = 0;
    const send = WebSocket.prototype.send;
    WebSocket.prototype.send = function (data) { window.digitvizSent += 1; return send.call(this, data); };
}"""
"""Count the messages to the server."""


@pytest.mark.thorough
def test_right_after_the_start_a_deep_link_shows_the_whole_dashboard_and_a_class_its_address(
    browser, tmp_path, monkeypatch
):
    monkeypatch.setenv("STREAMLIT_SERVER_ADDRESS", "0.0.0.0")
    server = Server(tmp_path / "log.txt", UNWARMED)
    try:
        visits = Visits(browser, server)
        page = visits("train", "projector")
        expect(page.get_by_role("heading", level=1)).to_contain_text("How does a network")
        expect(page.get_by_role("link", name="Home")).to_be_visible()
        assert page.get_by_role("link", name="app", exact=True).count() == 0

        go_on_to(page, "/")
        expect(page.locator(".st-key-class img")).to_be_in_viewport(ratio=1)
        expect(page.locator(".st-key-address")).to_be_in_viewport(ratio=1)
        expect(page.locator(".st-key-address")).to_contain_text(f":{server.port}")
        expect(page.get_by_role("heading", level=1)).to_be_visible()
        expect(page.locator(".st-key-first")).to_be_visible()
        picture = page.locator(".digitviz-demonstration")  # this server never trains
        expect(picture.locator(".words")).to_have_text(
            "The server is getting ready. Soon a network will learn to read these ten digits here."
        )
        expect(picture.locator(".digits")).to_have_text("?" * 10)  # no answer yet
        expect(picture.locator(".caption")).to_be_empty()
        expect(picture.locator(".curve")).to_be_visible()
        assert picture.locator(".drawn").get_attribute("points") is None
        visits.end()
    finally:
        server.end()


def test_start_shows_the_servers_own_training_that_can_be_stopped_and_leads_to_training(open_page):
    page = open_page("", reduced_motion="no-preference")
    picture = page.locator(".digitviz-demonstration")
    expect(picture.get_by_role("button", name="Pause")).to_be_visible()
    picture.get_by_role("button").click()
    place = picture.locator(".words").inner_text()
    picture.get_by_role("button", name="Play").click()
    expect(picture.locator(".words")).not_to_have_text(place)
    expect(picture.get_by_role("button", name="Replay")).to_be_visible()
    expect(picture.locator(".words")).to_have_text("read correctly after 100,000 of 100,000 steps")
    expect(picture.locator(".value")).to_have_text(re.compile(r"^9\d\.\d% of 180 new digits$"))
    expect(picture.locator(".few")).to_have_text("Ten of 180 digits that it does not learn from, and what it reads:")
    expect(picture.locator(".caption")).to_contain_text("trained when this server started: 100,000 steps")
    expect(picture.get_by_role("img", name=re.compile(r"after 200 batches: 9\d\.\d% of the test"))).to_be_visible()
    assert len(re.findall("[✓✗]", picture.locator(".digits").inner_text())) == 10
    assert len(picture.locator(".drawn").get_attribute("points").split(",")) == 2 * 200
    axes = ["100%", "50%", "0%", "100,000", "0", "steps of training", "accuracy"]
    expect(picture.locator(".curve text")).to_have_text(axes)
    page.locator(".st-key-go button").press("Enter")
    expect(page).to_have_url(re.compile("/train"))
    expect(page.get_by_role("heading", level=1)).to_be_focused()
    assert page.title() == "Train · digitviz"
    expect(page.locator(".st-key-train button")).to_be_visible()


def test_start_without_motion_reads_every_stroke_in_the_browser_says_why_and_takes_the_drawing_to_draw(open_page):
    page = open_page("", reduced_motion="reduce")
    picture = page.locator(".digitviz-demonstration")
    expect(picture.locator(".caption")).to_contain_text("trained when this server started")
    expect(picture.locator(".words")).to_have_text("read correctly after 100,000 of 100,000 steps")
    expect(picture.get_by_role("button", name="Replay")).to_be_visible()
    said, hint = page.locator(".digitviz-first .reason"), page.locator(".digitviz-pad .hint")
    ask, bars = page.get_by_role("group", name="What will it say?"), page.locator(".digitviz-first .bars")
    expect(ask).to_be_visible()
    for answered in (said, bars, page.locator(".digitviz-first .digit"), page.locator(".digitviz-first .ring")):
        expect(answered).to_be_hidden()
    expect(page.locator(".digitviz-first .some")).to_have_text(re.compile(r"^→ 8 of \d+ neurons$"))
    expect(page.locator(".digitviz-first circle:not(.out)")).to_have_count(8)
    end = page.locator(".digitviz-first .net text")  # of the lines
    expect(end).to_have_text("?")
    expect(ask.get_by_role("button")).to_have_count(10)
    ask.get_by_role("button", name="4").press("Enter")
    expect(ask).to_be_hidden()
    expect(end).to_have_text("9")
    expect(page.locator("#digitviz-spoken")).to_contain_text("It says 9")
    expect(said).to_have_text("Not quite. It says 9: the framed upper loop is closed.")
    expect(bars).to_be_visible()
    expect(hint).to_have_text("An example. Draw your own here!")
    ink = "document.digitvizInk.ink.filter(Boolean).length"
    assert page.evaluate(ink) > 8000  # the whole nine
    page.evaluate(COUNT_SENT)
    left, top, scale = pad_box(page, "start_pad")
    page.mouse.click(left + 140 * scale, top + 140 * scale)
    expect(hint).to_be_empty()
    assert page.evaluate(ink) < 500  # a dot has replaced it
    page.get_by_role("button", name="Clear").click()
    expect(page.locator("#digitviz-spoken")).to_have_text("The pad is empty.")
    expect(said).to_have_text(re.compile("^Draw a digit"))
    expect(hint).to_have_text("Draw here")
    for stroke in ITEMS[19]["strokes"]:
        page.mouse.move(left + stroke[0][0] * scale, top + stroke[0][1] * scale)
        page.mouse.down()
        for x, y in [*stroke[1:-1:EVERY], stroke[-1]]:
            page.mouse.move(left + x * scale, top + y * scale)
        page.mouse.up()
    expect(said).to_have_text(
        re.compile("^It says 9: the framed upper loop is closed. If it were open .+, it would say [0-8]")
    )
    assert page.evaluate("window.digitvizSent") == 0
    page.set_viewport_size({"width": 1366, "height": 625})  # where the pad is narrowest
    page.get_by_role("button", name="Explain").click()
    expect(page).to_have_url(re.compile("/draw"))
    wait_until(lambda: answer(page) == "9")

    go_on_to(page, "/")
    page.set_viewport_size({"width": 390, "height": 844})
    page.get_by_role("button", name="Learn how it works").click()
    expect(page.get_by_role("slider").first).to_be_visible()
    assert page.get_by_test_id("stMain").evaluate("main => main.scrollTop") == 0  # it opens at its top
