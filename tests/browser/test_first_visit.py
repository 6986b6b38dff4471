"""What the very first visitor of a new server sees."""

from __future__ import annotations

import re

from playwright.sync_api import expect

from tests.browser.conftest import Server


def test_a_deep_link_right_after_the_start_shows_the_whole_dashboard(browser, tmp_path):
    server = Server(tmp_path / "log.txt")
    try:
        page = browser.new_page()
        page.goto(f"{server.url}/train")
        expect(page.get_by_role("heading", level=1)).to_contain_text("How does a network")
        navigation = page.locator("[data-testid=stSidebarNav]")
        expect(navigation.get_by_text("Start")).to_be_visible()
        assert navigation.get_by_text("app", exact=True).count() == 0
        page.close()
    finally:
        server.stop()


def test_start_leads_to_training(open_page):
    page = open_page("")
    page.locator(".st-key-go button").click()
    expect(page).to_have_url(re.compile("/train"))
    expect(page.locator(".st-key-train button")).to_be_visible()
