"""What axe-core finds, which looks for barriers to people who see, hear or move otherwise.

Every page is shown to it in `test_every_page.py`; here is what a page does not show by itself.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.resources import files

from playwright.sync_api import Page, expect

from digitviz.dashboard.lesson.order import LESSON
from tests.browser.conftest import wait_until_settled
from tests.waiting import wait_until

AXE = (files("axe_playwright_python") / "axe.min.js").read_text(encoding="utf-8")
WINDOW = {"viewport": {"width": 1280, "height": 720}, "bypass_csp": True}
"""Our policy forbids scripts from elsewhere, and so axe-core's."""
OF_COLOUR = ["color-contrast", "link-in-text-block"]
"""What may differ between the themes; all else is the same document."""
RUN = """async ([rules, own]) => {
    const { violations } = await axe.run(document, {
        resultTypes: ["violations"],
        ...(rules && { runOnly: { type: "rule", values: rules } }),
    });
    const isOwn = (rule, path) =>
        own.some(([named, selector]) => named === rule && document.querySelector(path)?.closest(selector));
    return violations.flatMap(({ id, help, nodes }) => nodes
        .filter(({ target }) => !isOwn(id, target.flat().join(" ")))
        .map(({ target, html }) => `${id}: ${help}: ${target.flat().join(" ")}: ${html.slice(0, 150)}`));
}"""


@dataclass(frozen=True)
class StreamlitsOwn:
    """A violation that is made by Streamlit, and is not ours to mend.

    Parameters
    ----------
    rule : str
        Of axe-core.
    selector : str
        Of what it is in.
    why : str
    """

    rule: str
    selector: str
    why: str


OWN = (
    StreamlitsOwn("list", "[data-testid=stSidebarNavItems]", "a phone's navigation puts its sections into the list"),
    StreamlitsOwn("listitem", "[data-testid=stSidebarNav]", "and a section's pages into no list"),
    StreamlitsOwn("presentation-role-conflict", "[data-testid=stFileUploaderDropzone]", "has a name"),
    StreamlitsOwn("region", "[data-floating-ui-portal]", "an open menu is put behind all landmarks"),
)


WITHOUT_POINTS = "() => document.querySelectorAll('.digitviz-plot .points').forEach(points => points.replaceChildren())"
"""Thousands, without a word, in pictures that have a name: axe-core would look at each."""


def violations(page: Page, rules: list[str] | None = None) -> list[str]:
    """What axe-core finds, but for Streamlit's own."""
    if page.evaluate("typeof axe") == "undefined":
        page.evaluate(AXE)
    page.evaluate(WITHOUT_POINTS)
    return page.evaluate(RUN, [rules, [[own.rule, own.selector] for own in OWN]])


def in_both_themes(page: Page) -> Iterator[str]:
    """What is wrong with a page as it is, and in the other theme, which it keeps: each change draws all anew."""
    wait_until_settled(page)
    is_dark = page.evaluate("matchMedia('(prefers-color-scheme: dark)').matches")
    here, there = ("dark", "light") if is_dark else ("light", "dark")
    yield from (f"{here}: {found}" for found in violations(page))
    before = page.evaluate("getComputedStyle(document.querySelector('.stApp')).backgroundColor")
    page.emulate_media(color_scheme=there)
    wait_until(lambda: page.evaluate("getComputedStyle(document.querySelector('.stApp')).backgroundColor") != before)
    wait_until_settled(page)
    yield from (f"{there}: {found}" for found in violations(page, OF_COLOUR))


def test_the_control_of_the_steps_has_no_violation(open_page):
    page = open_page(next(iter(LESSON)), **WINDOW)  # it is the same on every page of the lesson
    expect(page.locator(".st-key-lesson_step")).to_be_visible()
    found = list(in_both_themes(page))
    assert not found, "\n".join(found)


def test_an_open_menu_has_no_violation_and_what_axe_core_finds_is_told_unless_it_is_streamlit_s(open_page):
    page = open_page("film", **WINDOW)
    page.get_by_test_id("stTopNavSection").first.click()
    expect(page.get_by_role("menuitem", name=re.compile(str(LESSON["neuron"].title)))).to_be_visible()
    found = list(in_both_themes(page))
    assert not found, "\n".join(found)
    page.evaluate("document.querySelector('h1').insertAdjacentHTML('afterend', '<img src=\"data:,\" class=\"ours\">')")
    assert [found.split(":")[0] for found in violations(page)] == ["image-alt"]


def test_a_phone_with_its_drawer_open_has_no_violation(open_page):
    page = open_page("film", "phone", bypass_csp=True)
    page.get_by_test_id("stExpandSidebarButton").click()
    expect(page.get_by_test_id("stSidebarCollapseButton")).to_be_in_viewport(ratio=1)
    found = list(in_both_themes(page))
    assert not found, "\n".join(found)
