"""Take the picture of the Train page that the README and the start page show: `python -m tests.browser.screenshot`."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

from playwright.sync_api import expect, sync_playwright

from tests.browser.conftest import FLAGS, ROOT, Server
from tests.browser.install import find_chromium

PICTURE = ROOT / "digitviz" / "dashboard" / "assets" / "train.png"


def main() -> None:
    """Train the notebook's network in a real browser and photograph the page."""
    with TemporaryDirectory() as folder, sync_playwright() as playwright:
        server = Server(Path(folder) / "log.txt")
        try:
            browser = playwright.chromium.launch(executable_path=find_chromium(), args=FLAGS)
            page = browser.new_page(viewport={"width": 1440, "height": 1000})
            page.goto(f"{server.url}/train")
            page.locator(".st-key-train button").click()
            expect(page.locator(".st-key-progress")).to_contain_text("finished", timeout=120_000)
            page.mouse.move(5, 900)
            page.wait_for_load_state("networkidle")
            page.screenshot(path=PICTURE)
        finally:
            server.stop()


if __name__ == "__main__":
    main()
