"""Take the README's screenshots of every page and record their contents: `python -m tests.browser.pictures`.

`tests/test_pictures.py` fails if a page no longer matches its screenshot.
"""

from __future__ import annotations

import io
import json
import logging
import re
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from unittest.mock import patch

from PIL import Image
from playwright.sync_api import Browser, Page, expect, sync_playwright
from streamlit.testing.v1 import AppTest

from digitviz import Hyperparameters, TrainingRun, load_digits, train
from digitviz.dashboard.components.pad import pack
from digitviz.dashboard.questions import computed
from digitviz.drawing import rasterise
from tests.browser.conftest import FLAGS, PAGES, ROOT, Server
from tests.browser.install import find_chromium
from tests.pages.reading import downloads_on, open_page
from tests.waiting import wait_until

FOLDER = ROOT / "docs" / "pictures"
RECORD = FOLDER / "record.json"
ANIMATION = FOLDER / "training.webp"
THEMES = ("light", "dark")
EXPERIMENTS = ("race", "sweep")
SIZE = {"width": 1280, "height": 720}
QUALITY = 80
MOST_BYTES, MOST_BYTES_OF_THE_ANIMATION = 3_000_000, 2_000_000
"""Maximum size in bytes of all pictures together, and of the animation, which is one of them."""

ANIMATION_WIDTH = 960
FRAME_MILLISECONDS, LAST_MILLISECONDS = 225, 3000
MOST_FRAMES = 40
ALIKE = 5
"Number of identical screenshots in a row, 0.2 s apart, after which a page has settled."
UNFINISHED = (
    '[data-testid="stApp"]:not([data-test-script-state="notRunning"]), [data-testid="stSkeleton"], '
    '.digitviz-plot[data-frames="0"], '
    '[data-testid="stMain"] [role="progressbar"]:not([aria-valuenow="100"], .st-key-progress *), '
    '[data-testid="stMain"] .digitviz-download button:disabled'
)
"""Selector of elements that exist only while a page is waiting, for a map for example."""

A_SEVEN = [[(70, 70), (205, 70), (175, 130), (140, 230)]]
"""Strokes of the drawing on Draw, in pixels of the 280 x 280 pad."""
WIDGETS = (
    "button", "bidi_component", "slider", "select_slider", "selectbox", "multiselect", "toggle", "checkbox", "radio",
    "number_input", "text_input", "button_group", "file_uploader",
)  # fmt: skip
"""Streamlit's names of the elements that count as controls."""
A_NUMBER = re.compile(r"(?<!\w)[-−]?\d[\d,.]*(?=s\b|\W|$)")  # also in "the 6s"
"""A number in a label, which may differ between machines and runs."""


def picture(name: str, theme: str) -> Path:
    """Return the path of a page's screenshot."""
    return FOLDER / f"{name}-{theme}.webp"


def record_of(name: str, run: TrainingRun) -> dict[str, list[str]]:
    """Return the English headings and controls of a page in the state of its screenshot, with all numbers set to 0.

    Parameters
    ----------
    name : str
        Name of the page. Lesson pages are shown at their first step.
    run : TrainingRun
        The notebook's finished run, which all pages except Start show.
    """
    with patch.object(computed, "PATIENCE", 60.0):  # a busy machine would show the progress instead
        page = open_page(name, None if name == "start" else run, step=1)
    if name == "draw":
        page.session_state["pad"] = {"ink": {"put": 0, "bits": pack(rasterise(A_SEVEN)), "done": True}}
        page.run()
    if name == "map":
        wait_until(lambda: "map_stop" not in {button.key for button in page.run().button})  # until the map is computed
    assert not page.exception
    headings = [heading.value for level in ("title", "header", "subheader") for heading in page.get(level)]
    controls = [label for kind in WIDGETS for label in _labels(page, kind)]
    return {
        "headings": [A_NUMBER.sub("0", words) for words in headings],
        "controls": [A_NUMBER.sub("0", words) for words in controls],
    }


def _labels(page: AppTest, kind: str) -> list[str]:
    """Return the labels of all controls of a kind. Of our own components, only the download buttons count."""
    if kind == "bidi_component":
        return [button["label"] for button in downloads_on(page).values()]
    return [widget.label for widget in page.get(kind)]


def main() -> None:
    """In each theme, train the notebook's network in a real browser, then take a screenshot of every page."""
    logging.disable(logging.WARNING)  # Streamlit warns about each page that is read without a browser
    run = train(load_digits(), Hyperparameters(engine="compiled"))
    with TemporaryDirectory() as folder, sync_playwright() as playwright:
        server = Server(Path(folder) / "log.txt")
        try:
            wait_until(lambda: not server.pool()["warming"])  # then the run uses the compiled engine
            browser = playwright.chromium.launch(executable_path=find_chromium(), args=FLAGS)
            for theme in THEMES:
                _photograph_all(browser, server.url, theme)
        finally:
            server.stop()
    record = {name: record_of(name, run) for name in PAGES}
    RECORD.write_text(json.dumps(record, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def _photograph_all(browser: Browser, url: str, theme: str) -> None:
    page = browser.new_page(viewport=SIZE, color_scheme=theme, locale="en-GB", bypass_csp=True)
    page.set_default_timeout(60_000)
    page.emulate_media(reduced_motion="reduce")  # otherwise the digit in the network changes again and again
    page.goto(url)
    _save(_still(page), picture("start", theme))
    _go_to(page, "train")
    frames = list(_train(page))
    if theme == THEMES[0]:
        _save_animation(frames)
    for name in PAGES:
        if name == "start":
            continue
        _go_to(page, name)
        if name == "draw":
            _draw(page)
        if name in EXPERIMENTS:
            _still(page)
            page.locator(f".st-key-{name}_start button").click()
            expect(page.locator(".digitviz-experiment").get_by_text("finished:")).to_be_visible(timeout=120_000)
        _save(_still(page), picture(name, theme))
    page.close()


def _go_to(page: Page, name: str) -> None:
    """Go to a page within the session, as its links do."""
    page.evaluate("to => { history.pushState({}, '', to); dispatchEvent(new PopStateEvent('popstate')); }", f"/{name}")
    expect(page.locator('[data-testid="stApp"]')).to_have_attribute("data-test-script-state", "notRunning")
    page.mouse.move(SIZE["width"] - 2, SIZE["height"] - 2)


def _train(page: Page) -> Iterator[Image.Image]:
    """Train to the end, and yield screenshots as training progresses."""
    _still(page)
    yield _now(page)
    page.locator(".st-key-train button").click()
    page.mouse.move(SIZE["width"] - 2, SIZE["height"] - 2)
    progress = page.locator(".st-key-progress")
    while "finished" not in progress.inner_text():
        yield _now(page)
    yield _still(page)


def _draw(page: Page) -> None:
    """Draw `A_SEVEN` on the pad."""
    canvas = page.locator(".digitviz-pad canvas")
    _still(page)
    box = canvas.bounding_box()
    assert box is not None
    for stroke in A_SEVEN:
        points = [(box["x"] + x / 280 * box["width"], box["y"] + y / 280 * box["height"]) for x, y in stroke]
        page.mouse.move(*points[0])
        page.mouse.down()
        for point in points[1:]:
            page.mouse.move(*point, steps=10)
        page.mouse.up()
    page.locator(".st-key-details .digitviz-plot .main-svg").first.wait_for()
    page.mouse.move(SIZE["width"] - 2, SIZE["height"] - 2)


def _now(page: Page) -> Image.Image:
    return Image.open(io.BytesIO(page.screenshot())).convert("RGB")


def _still(page: Page) -> Image.Image:
    """Take a screenshot of a page as soon as it has loaded everything and stopped changing."""
    shown: list[bytes] = []

    def stands_still() -> bool:
        page.wait_for_timeout(200)
        shown.append(page.screenshot())
        if page.locator(UNFINISHED).count():
            shown.clear()
        return len(shown) >= ALIKE and len(set(shown[-ALIKE:])) == 1

    wait_until(stands_still, seconds=300)
    assert page.locator('[data-testid="stException"]').count() == 0
    return Image.open(io.BytesIO(shown[-1])).convert("RGB")


def _save(image: Image.Image, path: Path) -> None:
    image.save(path, quality=QUALITY, method=6)


def _save_animation(frames: list[Image.Image]) -> None:
    every = -(-len(frames) // MOST_FRAMES)
    size = (ANIMATION_WIDTH, SIZE["height"] * ANIMATION_WIDTH // SIZE["width"])
    shown = [frame.resize(size, Image.Resampling.LANCZOS) for frame in [*frames[:-1:every], frames[-1]]]
    durations = [FRAME_MILLISECONDS] * (len(shown) - 1) + [LAST_MILLISECONDS]
    shown[0].save(ANIMATION, save_all=True, append_images=shown[1:], duration=durations, loop=0, quality=50, method=6)


if __name__ == "__main__":
    main()
