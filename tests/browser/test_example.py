"""A first visit: the pages show the example that the server has trained, until the visitor trains a network."""

from __future__ import annotations

import json
import re
from urllib.request import urlopen

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Server, go_on_to, wait_until_settled
from tests.waiting import wait_until

NEURONS = ".digitviz-plot[data-name=neuron_pictures]"
SIDES = """plot => [0, 2].map(trace => Array.from(plot._fullData[trace].z, row =>
    Array.from(row, weight => weight.toFixed(5)).join()).join())"""
"""The weights now and before."""
WATCH_FILM = """
    window.shown = [];
    new MutationObserver(() => {
        const button = document.querySelector(".digitviz-film button")?.textContent;
        if (button && button !== window.shown.at(-1)) window.shown.push(button);
    }).observe(document, { subtree: true, childList: true });
"""
"""Records what the button of a film shows, which a busy machine may be too slow to see in time."""
THERE_AND_BACK = """async () => {
    const slider = document.querySelector('.digitviz-through input'), app = document.querySelector('.stApp');
    const move = place => {
        slider.value = place;
        for (const event of ['input', 'change']) slider.dispatchEvent(new Event(event));
    };
    const answering = new Promise((done, fail) => {
        new MutationObserver(done).observe(app, { attributeFilter: ['data-test-script-state'] });
        setTimeout(() => fail(new Error('the page did not answer the move')), 60_000);
    });
    move(slider.max / 2); // the page may already be told of the start
    await answering;
    move(slider.max);
}"""
"""Moves the training slider to its middle, and back to its end while the page is still answering."""


@pytest.fixture
def _trained(server: Server) -> None:
    def is_trained() -> bool:
        with urlopen(f"{server.url}/digitviz-assets/demonstration.json") as answer:
            return json.load(answer)["seconds"] is not None

    wait_until(is_trained, seconds=120)


def sides(page: Page) -> list[str]:
    return page.locator(NEURONS).evaluate(SIDES)


@pytest.mark.usefixtures("_trained")
def test_a_first_visitor_finds_the_example_moves_through_it_and_replaces_it_by_a_network_of_their_own(open_page):
    page = open_page("film", "projector", WATCH_FILM, reduced_motion="no-preference")
    expect(page.get_by_test_id("stMain")).to_contain_text("The notebook's network, trained on this server: 93.9%")
    page.locator(".digitviz-ask").get_by_role("button").first.click()
    wait_until(lambda: page.evaluate("shown.slice(-2).join()") == "❚❚,▶ Play from start")  # it plays once
    expect(page.locator(".digitviz-mixed").first).to_contain_text("Right! · 3 and 8: ")
    bar = page.locator(".st-key-film .digitviz-film").bounding_box()
    assert bar["y"] + bar["height"] <= 720  # on the first screen

    page = open_page("runs", "projector")
    expect(page.locator(".st-key-run_examples .digitviz-run")).to_have_count(3)
    expect(page.get_by_test_id("stMain")).to_contain_text("Example, 100% trained")
    first, *_others, last = page.locator(".digitviz-read").all()
    assert first.bounding_box()["x"] == pytest.approx(last.bounding_box()["x"], abs=1)  # one axis for all rows
    edges = {round(words.bounding_box()["x"]) for words in page.locator(".digitviz-run-words").all()}
    assert len(edges) == 1
    page.locator(".st-key-first_run button").click()
    expect(page.locator(".st-key-train button")).to_be_visible()

    go_on_to(page, "/weights")
    main = page.get_by_test_id("stMain")
    titles = page.locator(f"{NEURONS} .annotation-text")
    expect(titles.nth(0)).to_have_text(re.compile(r"after\s*batch 200"))
    expect(titles.nth(1)).to_have_text(re.compile(r"before\s*training"))
    learnt, noise = sides(page)
    assert learnt != noise
    expect(page.get_by_role("button", name="Play from start", exact=True)).to_have_text("▶ Play from start")
    page.locator(".digitviz-through input").press("Home")
    expect(titles.nth(0)).to_have_text(re.compile(r"before\s*training"))
    expect(page.get_by_role("button", name="Play the training")).to_have_text("▶ Play")
    wait_until(lambda: sides(page) == [noise, noise])
    page.locator(".digitviz-through input").press("End")
    wait_until(lambda: sides(page) == [learnt, noise])
    wait_until_settled(page)
    page.evaluate(THERE_AND_BACK)
    wait_until_settled(page)
    wait_until(lambda: sides(page) == [learnt, noise])
    expect(page.locator(".digitviz-through input")).to_have_value("200")
    outlines, told = page.locator(f"{NEURONS} .contourlayer .contour"), page.locator(".st-key-told_neuron_digit")
    expect(outlines).to_have_count(0)
    told.get_by_role("radio", name="3", exact=True).click()
    expect(told).to_contain_text("Not a 3.")
    expect(outlines).to_have_count(2)  # with its halo
    told.get_by_role("radio", name="6", exact=True).click()
    expect(told).to_contain_text("Right: it votes for 6.")
    assert sides(page) == [learnt, noise]

    train = page.locator(".st-key-train_notebook button")
    train.click()
    expect(train).to_have_count(0, timeout=120_000)
    expect(main).not_to_contain_text("trained on this server")
    wait_until(lambda: sides(page) == [learnt, noise])  # the same recipe, so the same weights
