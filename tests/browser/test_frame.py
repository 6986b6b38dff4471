"""Header and sidebar: every control can be clicked at every width, and none covers another."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect

from tests.browser.conftest import PAGES, SIZES, go_on_to, open_box, put_pictures_away, wait_until_settled
from tests.waiting import wait_until

PHONE = "Mozilla/5.0 (Linux; Android 14; Pixel 7) AppleWebKit/537.36 Chrome/130.0.0.0 Mobile Safari/537.36"
"""User agent by which Streamlit knows that the sidebar covers the page, and closes it after a click on a link."""
SMALLEST_TARGET = 36
"""Minimum height of a touch target, in pixels."""

COVERED = """() => [...document.querySelectorAll(
        'header :is(a, button), .st-key-frame_choices button, [data-testid=stSidebarCollapseButton] button')]
    .filter(control => control.checkVisibility({ visibilityProperty: true, opacityProperty: true }))
    .filter(control => {
        const { x, y, width, height } = control.getBoundingClientRect();
        const hit = document.elementFromPoint(x + width / 2, y + height / 2);
        return hit && !control.contains(hit) && !hit.closest('[data-testid=stSidebar]');
    })
    .map(control => control.getAttribute('aria-label') || control.textContent)"""


def nothing_is_covered(page: Page) -> None:
    wait_until_settled(page)
    assert page.locator(".st-key-frame_choices button").count() == 4
    wait_until(lambda: page.evaluate(COVERED) == [])  # the menu makes room a moment after the window has changed


def test_the_header_can_be_clicked_at_every_width_and_a_page_without_settings_keeps_no_place_for_them(open_page):
    page = open_page("train")
    wait_until_settled(page)
    put_pictures_away(page)
    for width in (1440, 1280, 1024, 800):
        page.set_viewport_size({"width": width, "height": 720})
        nothing_is_covered(page)
        tab = page.get_by_test_id("stExpandSidebarButton").filter(visible=True)
        expect(tab).to_have_count(1)  # the settings begin closed
        page.get_by_test_id("stMainMenuButton").click()
        expect(page.get_by_test_id("stMainMenuList")).to_be_visible()
        page.keyboard.press("Escape")
        expect(page.get_by_test_id("stMainMenuList")).to_have_count(0)
    main, panel = page.get_by_test_id("stMainBlockContainer"), page.get_by_test_id("stSidebar")
    for width in (768, 1024):  # the settings are closed at first, and lie over the page
        page.set_viewport_size({"width": width, "height": 1024})
        expect(page.get_by_test_id("stExpandSidebarButton")).to_be_visible()
        wait_until_settled(page)
        stands_at = main.bounding_box()
        page.get_by_test_id("stExpandSidebarButton").click()
        expect(page.locator(".st-key-preset")).to_be_in_viewport(ratio=1)
        wait_until_settled(page)
        assert main.bounding_box() == stands_at
        assert panel.bounding_box()["y"] + panel.bounding_box()["height"] == 1024
        page.mouse.click(width - 8, 1000)
        expect(page.locator(".st-key-preset")).not_to_be_in_viewport()
    page.set_viewport_size({"width": 768, "height": 1024})
    expect(page.locator(".rc-overflow-item-rest button")).to_have_accessible_name("More")
    page.set_viewport_size(SIZES["desktop"]["viewport"])
    start = page.get_by_role("link", name="Home")
    tab.click()
    expect(page.get_by_test_id("stSidebar")).to_be_visible()
    wait_until_settled(page)
    stands_at = start.bounding_box()
    page.get_by_role("link", name="My runs").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(re.compile("Can your network (beat|read)"))
    for width in (768, 1440):
        page.set_viewport_size({"width": width, "height": 900})
        expect(page.get_by_test_id("stSidebar")).to_be_hidden()
        expect(page.get_by_test_id("stExpandSidebarButton").filter(visible=True)).to_have_count(0)
    wait_until_settled(page)
    assert start.bounding_box() == stands_at
    page.get_by_role("link", name="Train", exact=True).click()
    expect(tab).to_be_visible()  # a narrow window has closed them, and they stay as they were left
    learn = page.get_by_test_id("stTopNavSection").first.locator("p")
    expect(learn).to_have_css("font-weight", "400")
    go_on_to(page, "/neuron")
    expect(learn).to_have_css("font-weight", "700")  # the page's section is marked like a page


def test_on_a_phone_the_drawer_with_every_page_can_be_closed_again_and_a_page_closes_it(open_page, server):
    page = open_page("train", "phone")
    nothing_is_covered(page)
    put_pictures_away(page)
    page.get_by_test_id("stExpandSidebarButton").click()
    expect(page.get_by_test_id("stSidebarCollapseButton")).to_be_in_viewport(ratio=1)
    nothing_is_covered(page)
    page.get_by_test_id("stSidebarCollapseButton").get_by_role("button").click()
    expect(page.get_by_test_id("stSidebarCollapseButton")).not_to_be_in_viewport()
    page.get_by_test_id("stExpandSidebarButton").click()
    expect(page.get_by_test_id("stSidebarCollapseButton")).to_be_in_viewport(ratio=1)
    main = page.get_by_test_id("stMain")
    main.evaluate("(main) => main.addEventListener('pointerdown', () => (main.dataset.pressed = ''), true)")
    page.mouse.click(page.viewport_size["width"] - 20, 400)  # beside the drawer: it closes, and nothing else happens
    expect(page.get_by_test_id("stSidebarCollapseButton")).not_to_be_in_viewport()
    expect(main).not_to_have_attribute("data-pressed", "")
    page.get_by_test_id("stExpandSidebarButton").click()
    page.get_by_test_id("stSidebarNavLink").get_by_text("Draw", exact=True).click()  # a desktop to Streamlit
    expect(page.get_by_test_id("stSidebarCollapseButton")).not_to_be_in_viewport()
    open_box(page, "Use a digit")
    picture = page.locator(".st-key-upload")
    expect(picture.get_by_test_id("stBaseButton-secondary")).to_have_accessible_name(re.compile("Choose a file$"))
    expect(picture.locator("label")).to_contain_text("up to 20 MB")

    # A menu of every page opens on pages with and without settings.
    open_page.sessions.append(as_a_phone := page.context.new_cdp_session(page))
    as_a_phone.send("Emulation.setUserAgentOverride", {"userAgent": PHONE})
    page.set_viewport_size({"width": 360, "height": 740})
    page.goto(server.url)
    page.get_by_role("heading", level=1).wait_for()
    assert page.evaluate("navigator.userAgent") == PHONE
    links = page.get_by_test_id("stSidebarNavLink")
    for following in ("Train", "My runs"):
        wait_until_settled(page)
        page.get_by_test_id("stExpandSidebarButton").tap()
        expect(page.get_by_test_id("stSidebarCollapseButton")).to_be_in_viewport(ratio=1)
        expect(links).to_have_count(len(PAGES))
        assert min(box["height"] for box in (link.bounding_box() for link in links.all())) >= SMALLEST_TARGET
        title = page.get_by_role("heading", level=1)
        before = title.inner_text()
        links.get_by_text(following, exact=True).tap()
        expect(title).not_to_have_text(before)
        expect(page.get_by_test_id("stSidebarCollapseButton")).not_to_be_in_viewport()
