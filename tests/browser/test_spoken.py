"""Screen reader output, read from Chromium's accessibility tree."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.test_drawing_live import ITEMS, draw, wait_for_pad
from tests.browser.test_training_live import press
from tests.waiting import wait_until

WITHOUT_MESSAGES = """() => document.querySelectorAll("[data-testid=stAlertContainer]").forEach(
    message => message.removeAttribute("role"))"""
"""Removes the role of messages. Streamlit makes each one a live region."""
SAY = """() => import(new URL("digitviz-assets/speak.js", document.baseURI).href).then(({ announce }) => {
    window.said = [];
    new MutationObserver(() => said.push([document.querySelector("#digitviz-spoken").textContent, performance.now()]))
        .observe(document.querySelector("#digitviz-spoken"), { childList: true });
    for (const words of ["one", "two", "three"]) announce(words);
})"""


def tree(page: Page) -> list[dict[str, Any]]:
    """Return the nodes of a page's accessibility tree that assistive technology sees."""
    page.evaluate(WITHOUT_MESSAGES)
    session = page.context.new_cdp_session(page)
    nodes = session.send("Accessibility.getFullAXTree")["nodes"]
    session.detach()
    return [node for node in nodes if not node["ignored"]]


def role(node: dict[str, Any]) -> str:
    return node["role"]["value"]


def name(node: dict[str, Any]) -> str:
    return node.get("name", {}).get("value", "")


def is_region(node: dict[str, Any]) -> bool:
    """Return whether a node is a polite live region itself, not a part of one."""
    told = {one["name"]: one["value"].get("value") for one in node.get("properties", [])}
    return told.get("live") == "polite" and "root" not in told


def spoken(page: Page) -> str:
    """Return the text of the page's only live region."""
    nodes = tree(page)
    by_id = {node["nodeId"]: node for node in nodes}
    [region] = filter(is_region, nodes)
    return " ".join(name(by_id[child]) for child in region["childIds"] if child in by_id)


def wait_to_hear(page: Page, words: str) -> str:
    expect(page.locator("#digitviz-spoken")).to_have_text(re.compile(words))  # far cheaper than the whole tree
    heard = [""]

    def is_heard() -> bool:
        heard.append(spoken(page))
        return re.search(words, heard[-1]) is not None

    wait_until(is_heard)
    return heard[-1]


def test_the_progress_and_the_end_of_a_training_are_said(open_page):
    page = open_page("train?batches=2000&steps_per_batch=1000&batch_size=10", "low")
    expect(page.locator(".st-key-progress")).to_contain_text("not started")
    assert spoken(page) == ""
    press(page, "train")
    wait_to_hear(page, r"^Training: step [\d,]+ of 2,000,000\.")
    press(page, "pause")
    assert "Test accuracy: " in wait_to_hear(page, r"^Training paused at step .* Test accuracy")
    page.goto(f"{open_page.server.url}/train?batches=3&steps_per_batch=50")
    expect(page.locator(".st-key-progress")).to_contain_text("not started")
    press(page, "train")
    wait_to_hear(page, r"^Training finished after 150 steps\. Test accuracy: \d+\.\d%\.$")


@pytest.mark.thorough
def test_the_pad_is_handed_the_arrow_keys_and_its_answer_is_said_but_no_more_than_once_in_three_seconds(open_page):
    page = open_page("draw")
    wait_for_pad(page)
    [pad] = [node for node in tree(page) if name(node).startswith("Drawing pad.")]
    assert role(pad) == "application"  # with any other role, a screen reader uses the arrow keys itself
    assert spoken(page) == ""
    page.evaluate(SAY)
    wait_until(lambda: len(page.evaluate("() => said")) == 2)
    [(first, begun), (last, ended)] = page.evaluate("() => said")
    assert (first, last) == ("one", "three")  # the latest text wins
    assert ended - begun >= 2990  # milliseconds
    draw(page, ITEMS[0])
    assert "sure" in wait_to_hear(page, rf"^Read as {ITEMS[0]['label']}\. ")
    draw(page, {"strokes": [[(140, 140), (141, 140)]]})
    assert "only a dot" in wait_to_hear(page, "do not trust that")
