"""Hostile values in links are shown as plain text in a real browser."""

from __future__ import annotations

from urllib.parse import urlencode, urljoin

from playwright.sync_api import expect

from tests.browser.conftest import go_on_to, wait_until_settled

HOSTILE = (
    "![x](http://evil/t.png)", "` ![x](http://evil/t.png) `", "$x^2$", ":red[x]", ":material/home:", "<b>x</b>",
    "\n\n# x", "[x](http://evil/)", "http://evil/", "\u202egnp.exe", "**x**",
)  # fmt: skip
TRAIN = (
    "activation",
    "initialization",
    "input_scale",
    "batch_size",
    "batches",
    "sampling",
    "learning_rate",
    "optimizer",
)
MAP = ("space", "method", "quality", "dimensions", "seed", "compare", "second_space", "second_method")
VISITS = (("train", TRAIN, 0), ("map", MAP, len(HOSTILE) - len(MAP)))
"""Page, names and place of the first value. The first page is opened by its address, the second within the session."""


def test_nothing_of_a_hostile_address_comes_alive(open_page):
    asked: list[str] = []
    page = open_page("", "low")
    page.on("request", hear := lambda request: asked.append(request.url))
    for visit, (page_name, names, start) in enumerate(VISITS):
        values = HOSTILE[start : start + len(names)]
        link = f"/{page_name}?{urlencode(dict(zip(names, values, strict=True)))}"
        if visit == 0:
            page.goto(urljoin(page.url, link))
        else:
            go_on_to(page, link)
        wait_until_settled(page)
        alert = page.locator("[data-testid=stAlert]").first
        expect(alert.locator("li")).to_have_count(len(names))
        expect(alert.locator("code")).to_have_count(len(names))
        assert alert.locator("li > *:not(code)").count() == 0
        assert alert.locator("code > *").count() == 0
    page.remove_listener("request", hear)
    assert not [url for url in asked if url.startswith("http://evil")]
