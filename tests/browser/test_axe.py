"""Accessibility checks with axe-core.

`test_every_page.py` checks every page as it opens. These tests check menus and other parts that open on demand.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.resources import files

import pytest
from playwright.sync_api import Page, expect

from digitviz.dashboard.lesson.order import LESSON
from tests.browser.conftest import go_on_to, wait_until_settled
from tests.waiting import wait_until

AXE = (files("axe_playwright_python") / "axe.min.js").read_text(encoding="utf-8")
OF_COLOUR = ["color-contrast", "link-in-text-block"]
"""Rules whose result depends on the theme. The document is otherwise the same."""
RUN = """async ([rules, own]) => {
    // axe-core would check thousands of lines and points of figures. They have no text, no role and no focus.
    const shapes = ":is(path, line, rect, circle, image, use):not([role], [tabindex], [aria-label])";
    const without = [...document.querySelectorAll(`.digitviz-plot .main-svg ${shapes}`)].map(shape => {
        const mark = new Comment();
        shape.replaceWith(mark);
        return [mark, shape];
    });
    const { violations } = await axe.run(document, {
        resultTypes: ["violations"],
        ...(rules && { runOnly: { type: "rule", values: rules } }),
    });
    for (const [mark, shape] of without) mark.replaceWith(shape);
    const isOwn = (rule, path) =>
        own.some(([named, selector]) => named === rule && document.querySelector(path)?.closest(selector));
    return violations.flatMap(({ id, help, nodes }) => nodes
        .filter(({ target }) => !isOwn(id, target.flat().join(" ")))
        .map(({ target, html }) => `${id}: ${help}: ${target.flat().join(" ")}: ${html.slice(0, 150)}`));
}"""


@dataclass(frozen=True)
class StreamlitsOwn:
    """A violation in Streamlit's own elements, which we cannot fix.

    Parameters
    ----------
    rule : str
        Rule of axe-core.
    selector : str
        Selector of an element that contains the violation.
    why : str
    """

    rule: str
    selector: str
    why: str


OWN = (
    StreamlitsOwn("list", "[data-testid=stSidebarNavItems]", "on phones, navigation puts its sections into the list"),
    StreamlitsOwn("listitem", "[data-testid=stSidebarNav]", "the pages of a section are not in a list"),
    StreamlitsOwn("presentation-role-conflict", "[data-testid=stFileUploaderDropzone]", "the drop zone has a name"),
    StreamlitsOwn("region", "[data-floating-ui-portal]", "open menus are outside all landmarks"),
)


def violations(page: Page, rules: list[str] | None = None) -> list[str]:
    """Return the violations that axe-core finds, except those in Streamlit's own elements."""
    if page.evaluate("typeof axe") == "undefined":
        page.evaluate(AXE)
    return page.evaluate(RUN, [rules, [[own.rule, own.selector] for own in OWN]])


def in_both_themes(page: Page) -> Iterator[str]:
    """Yield the violations in the current theme and in the other one.

    The page stays in the other theme, because each switch redraws everything.
    """
    wait_until_settled(page)
    is_dark = page.evaluate("matchMedia('(prefers-color-scheme: dark)').matches")
    here, there = ("dark", "light") if is_dark else ("light", "dark")
    yield from (f"{here}: {found}" for found in violations(page))
    before = page.evaluate("getComputedStyle(document.querySelector('.stApp')).backgroundColor")
    page.emulate_media(color_scheme=there)
    wait_until(lambda: page.evaluate("getComputedStyle(document.querySelector('.stApp')).backgroundColor") != before)
    wait_until_settled(page)
    yield from (f"{there}: {found}" for found in violations(page, OF_COLOUR))


@pytest.mark.thorough
def test_the_steps_and_an_open_menu_have_no_violation_and_what_is_found_is_told_unless_it_is_streamlit_s(open_page):
    page = open_page(next(iter(LESSON)), "projector")  # the control of the steps is the same on every lesson page
    expect(page.locator(".st-key-lesson_step")).to_be_visible()
    found = list(in_both_themes(page))
    assert not found, "\n".join(found)
    go_on_to(page, "/film")
    page.get_by_test_id("stTopNavSection").first.click()
    expect(page.get_by_role("menuitem", name=re.compile(str(LESSON["neuron"].title)))).to_be_visible()
    found = list(in_both_themes(page))
    assert not found, "\n".join(found)
    page.evaluate("document.querySelector('h1').insertAdjacentHTML('afterend', '<img src=\"data:,\" class=\"ours\">')")
    assert [found.split(":")[0] for found in violations(page)] == ["image-alt"]


def test_a_phone_with_its_drawer_open_has_no_violation(open_page):
    page = open_page("film", "phone")
    page.get_by_test_id("stExpandSidebarButton").click()
    expect(page.get_by_test_id("stSidebarCollapseButton")).to_be_in_viewport(ratio=1)
    found = list(in_both_themes(page))
    assert not found, "\n".join(found)
