"""My runs in a browser: open, rename, delete, restore, compare and link runs."""

from __future__ import annotations

import hashlib
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Locator, Page, expect

from digitviz.dashboard.session.lease import COOKIE
from digitviz.dashboard.session.storage import store
from tests.browser.conftest import SIZES, go_on_to, on_page, wait_until_settled
from tests.browser.test_axe import in_both_themes
from tests.kept import NOON, kept_drawing, kept_run

TITLES = ("first", "second <b>bold</b>", "third ![x](https://example.com/x.png)")


@pytest.fixture(scope="module")
def owners_page(open_shared) -> Page:
    """My runs for an owner with a drawing and three runs. The second run is a branch of the first."""
    page = open_shared("runs", "projector")
    key = next(each["value"] for each in page.context.cookies() if each["name"] == COOKIE)
    owner = hashlib.sha256(key.encode()).hexdigest()
    parent = kept_run(owner, title=TITLES[0], changed=NOON + 3)
    branch = kept_run(
        owner, title=TITLES[1], changed=NOON + 2, parent=parent.id, left_at=40, created=NOON + 1, accuracy=0.95,
        changes={40: {"learning_rate": 2e-6}},
    )  # fmt: skip
    other = kept_run(owner, title=TITLES[2], changed=NOON + 1, settings={"seed": 3}, created=NOON + 2, accuracy=0.91)
    for run in (parent, branch, other):
        store().save_run(run, None)
    store().save_drawing(kept_drawing(owner))
    assert store().flush(90)  # the server reads the same file
    page.reload()
    return page


@pytest.fixture
def page(owners_page) -> Page:
    """My runs in its initial state, even after a test that failed. Tests do not change the runs or their titles."""
    owners_page.set_viewport_size(SIZES["projector"]["viewport"])
    if owners_page.get_by_role("dialog").count():
        owners_page.reload()
    if urlsplit(owners_page.url).path != "/runs":
        go_on_to(owners_page, "/runs")
    expect(rows(owners_page)).to_have_count(3)
    wait_until_settled(owners_page)
    return owners_page


def rows(page: Page) -> Locator:
    return page.locator(".digitviz-run")


def act(page: Page, row: int, action: str) -> None:
    page.get_by_test_id("stMenuButtonButton").nth(row).click()
    page.get_by_role("menuitem", name=action, exact=True).click()


def rename(page: Page, title: str) -> None:
    page.get_by_role("textbox", name="Title").fill(title)
    page.get_by_role("textbox", name="Title").press("Enter")


def test_a_title_is_shown_as_it_was_given(page):
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    act(page, 0, "Rename")
    rename(page, title := "<i>mine</i> ![x](https://example.com/y.png) :smile:")
    expect(rows(page).first.locator("strong")).to_have_text(title)
    expect(rows(page).nth(1).locator("strong")).to_have_text(TITLES[1])
    page.reload()
    expect(rows(page).first.locator("strong")).to_have_text(title)
    wait_until_settled(page)
    assert not [url for url in asked if "example.com" in url]
    act(page, 0, "Rename")
    rename(page, TITLES[0])
    expect(rows(page).first.locator("strong")).to_have_text(TITLES[0])


def test_a_deleted_run_is_gone_at_once_and_can_be_brought_back(page):
    act(page, 1, "Delete")
    expect(rows(page)).to_have_count(2)
    expect(on_page(page, "Deleted:")).to_be_visible()
    page.get_by_role("button", name="Undo").click()
    expect(rows(page)).to_have_count(3)
    expect(on_page(page, "Deleted:")).to_have_count(0)


def test_two_runs_are_compared_in_one_plot_and_a_table(page):
    for row in range(2):
        page.locator("[data-testid=stCheckbox] label").nth(row).click()
        expect(on_page(page, f"{row + 1} run")).to_be_visible()
    page.get_by_role("button", name="Compare", exact=True).click()
    window = page.get_by_role("dialog")
    expect(window.locator(".legendtext")).to_have_text([f"1. {TITLES[0]}", f"2. {TITLES[1]}"])
    expect(window.get_by_role("rowheader")).to_have_text(
        ["Test accuracy", "Allowing for chance", "Steps", "Learning rate", "Changed during training"]
    )
    assert not list(in_both_themes(page))
    page.keyboard.press("Escape")
    expect(window).to_have_count(0)
    for row in range(2):
        page.locator("[data-testid=stCheckbox] label").nth(row).click()
    expect(page.get_by_role("button", name="Compare", exact=True)).to_be_disabled()
    expect(page.locator(".st-key-selected_runs")).not_to_contain_text("selected")


def test_there_is_a_link_to_a_run_and_one_to_its_settings_alone(page):
    act(page, 1, "Link")
    window = page.get_by_role("dialog")
    expect(window.get_by_test_id("stCode")).to_contain_text("/train?run=")
    expect(window.get_by_text("only on this computer")).to_be_visible()
    expect(window.locator("img")).to_have_count(0)  # no phone can open that address
    wait_until_settled(page)
    assert not list(in_both_themes(page))
    window.get_by_text("Only its settings").click()
    expect(window.get_by_test_id("stCode")).to_contain_text("/train?learning_rate=2e-06")
    page.keyboard.press("Escape")
    expect(window).to_have_count(0)


def test_the_filled_page_raises_no_barrier(page):
    assert not list(in_both_themes(page))


def test_the_filled_page_fits_a_phone(page):
    page.set_viewport_size({"width": 390, "height": 844})
    wait_until_settled(page)
    width = page.locator("[data-testid=stMain]").evaluate("box => box.scrollWidth - box.clientWidth")
    assert width <= 0


def test_a_run_is_opened_by_keys(page):
    """The last test here: the opened run may be saved again, and is then the first in the list."""
    page.get_by_role("button", name="Open", exact=True).nth(1).focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**/train?**run=**")
