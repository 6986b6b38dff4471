"""A browser that blocks cookies and, with them, all storage for pages."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import FLAGS, SIZES, STREAMLITS_OWN, Server, on_page, wait_until_settled
from tests.browser.install import find_chromium
from tests.browser.test_run_addresses import goes_on, pause
from tests.browser.test_training_live import LONG, button, press, step_of
from tests.waiting import wait_until

REFUSED = {"profile": {"default_content_setting_values": {"cookies": 2}}}
SAID = "This browser blocks cookies, so after a reload it will not know that this run is yours."


@pytest.fixture
def page(browser: Browser, server: Server, tmp_path: Path) -> Iterator[Page]:
    """Open Train in a browser that blocks cookies, and check for errors at the end."""
    (tmp_path / "Default").mkdir()
    (tmp_path / "Default" / "Preferences").write_text(json.dumps(REFUSED))
    context = browser.browser_type.launch_persistent_context(
        tmp_path, executable_path=find_chromium(), args=FLAGS, **SIZES["desktop"]
    )
    complaints: list[str] = []
    page = context.pages[0]
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("console", lambda said: said.type == "error" and complaints.append(said.text))
    page.goto(f"{server.url}/{LONG}")
    page.get_by_role("heading", level=1).wait_for()
    yield page
    exceptions = page.locator('[data-testid="stException"]').count()
    context.close()
    assert not exceptions
    assert not [said for said in complaints if not STREAMLITS_OWN.search(said)]
    assert "Traceback" not in server.log.read_text()


@pytest.mark.thorough
def test_a_browser_without_cookies_trains_in_its_session_and_watches_after_a_reload(page: Page):
    assert page.evaluate("() => { try { return !localStorage; } catch { return true; } }")
    expect(page.locator(".st-key-messages")).to_contain_text(SAID)
    press(page, "train")
    wait_until(lambda: step_of(page) > 1000)
    pause(page)
    press(page, "pause")
    assert goes_on(page)
    page.get_by_role("link", name="Draw", exact=True).click()
    page.wait_for_url("**/draw?*run=*")
    expect(page.locator(".st-key-notices")).to_contain_text(SAID)
    page.go_back()
    expect(page.locator(".st-key-messages")).to_contain_text(SAID)
    assert goes_on(page)
    assert not page.context.cookies()
    page.reload()
    expect(page.locator(".st-key-notices")).to_contain_text("You are watching someone else's run.")
    expect(button(page, "pause")).to_be_disabled()
    press(page, "copy_run")
    expect(on_page(page, "You are watching")).to_have_count(0)
    wait_until_settled(page)
    expect(button(page, "pause")).to_contain_text("Resume")  # as soon as the accuracy is known
    press(page, "pause")
    assert goes_on(page)
