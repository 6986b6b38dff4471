"""Take the pictures that the README and the start page show: `python -m tests.browser.screenshot`."""

from __future__ import annotations

import io
from pathlib import Path
from tempfile import TemporaryDirectory

from PIL import Image
from playwright.sync_api import Page, expect, sync_playwright

from tests.browser.conftest import FLAGS, ROOT, Server
from tests.browser.install import find_chromium
from tests.waiting import wait_until

PICTURE = ROOT / "digitviz" / "dashboard" / "assets" / "train.png"
ANIMATION = ROOT / "docs" / "pictures" / "training.webp"
WIDTH = 900
"""Pixels of the animation; the page is photographed larger."""
FRAME_MILLISECONDS, LAST_MILLISECONDS = 150, 3000
MOST_FRAMES = 60


def main() -> None:
    """Train the notebook's network in a real browser, and photograph the page on the way and at the end."""
    with TemporaryDirectory() as folder, sync_playwright() as playwright:
        server = Server(Path(folder) / "log.txt")
        try:
            wait_until(lambda: not server.pool()["warming"])  # the compiled engine takes the steps
            browser = playwright.chromium.launch(executable_path=find_chromium(), args=FLAGS)
            page = browser.new_page(viewport={"width": 1440, "height": 1000})
            page.goto(f"{server.url}/train")
            page.locator(".st-key-progress").wait_for()
            page.mouse.move(5, 900)
            frames = [_photograph(page)]
            page.locator(".st-key-train button").click()
            page.mouse.move(5, 900)
            progress = page.locator(".st-key-progress")
            while "finished" not in progress.inner_text():
                frames.append(_photograph(page))
            expect(progress).to_contain_text("finished")
            page.wait_for_load_state("networkidle")
            page.screenshot(path=PICTURE)
            frames.append(_photograph(page))
        finally:
            server.stop()
    _save(frames)


def _photograph(page: Page) -> Image.Image:
    picture = Image.open(io.BytesIO(page.screenshot())).convert("RGB")
    return picture.resize((WIDTH, picture.height * WIDTH // picture.width), Image.Resampling.LANCZOS)


def _save(frames: list[Image.Image]) -> None:
    every = -(-len(frames) // MOST_FRAMES)
    shown = [*frames[:-1:every], frames[-1]]
    durations = [FRAME_MILLISECONDS] * (len(shown) - 1) + [LAST_MILLISECONDS]
    ANIMATION.parent.mkdir(parents=True, exist_ok=True)
    shown[0].save(ANIMATION, save_all=True, append_images=shown[1:], duration=durations, loop=0, quality=70, method=6)


if __name__ == "__main__":
    main()
