"""How soon after the pen is lifted, and how often during drawing, does the network read the digit?

One viewer in headless Chromium (software rendering: lower bounds) draws the digits of the browser test. With `--busy`,
the benchmark instead checks that the page survives 200 drawings while other processes keep all cores busy.
"""

from __future__ import annotations

import argparse
import math
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from playwright.sync_api import Error, Page, sync_playwright

from tests.benchmarks.report import machine, table
from tests.browser.conftest import FLAGS, SIZES, Server
from tests.browser.install import find_chromium
from tests.browser.test_drawing_live import (
    ITEMS,
    clear,
    draw,
    frames,
    pad_box,
    settle,
    wait_for_pad,
)

SECONDS = 4.0
MOVES_A_SECOND = 60
WATCH = """
() => {
  window.pen = {up: null, changed: null};
  const words = () => document.querySelector('.st-key-reading').innerText;
  addEventListener('pointerup', () => Object.assign(pen, {up: performance.now(), changed: null, said: words()}), true);
  const look = () => {
    if (pen.up !== null && words() !== pen.said) Object.assign(pen, {changed: performance.now(), said: words()});
    requestAnimationFrame(look);
  };
  look();
}
"""


def after_pen_up(page: Page) -> list[float]:
    """Milliseconds from lifting the pen to the last change of the answer, for each drawing that changed it."""
    page.evaluate(WATCH)
    waited = []
    for item in ITEMS:
        draw(page, item)
        settle(page)
        up, changed = page.evaluate("[pen.up, pen.changed]")
        if changed is not None:
            waited.append(changed - up)
        page.evaluate("pen.up = null")
        clear(page)
        settle(page)
    return waited


def readings_a_second(page: Page) -> float:
    """Readings shown per second while a spiral is drawn."""
    left, top, scale = pad_box(page)
    page.mouse.move(left + 200 * scale, top + 140 * scale)
    page.mouse.down()
    seen, begin = frames(page, "stages"), time.perf_counter()
    while (passed := time.perf_counter() - begin) < SECONDS:
        radius = 80 - 5 * passed  # a spiral adds ink continuously
        page.mouse.move(
            left + (140 + radius * math.cos(3 * passed)) * scale, top + (140 + radius * math.sin(3 * passed)) * scale
        )
        page.wait_for_timeout(1000 / MOVES_A_SECOND)
    seen = frames(page, "stages") - seen
    page.mouse.up()
    return seen / passed


@contextmanager
def busy_cores() -> Iterator[None]:
    """Keep every core busy."""
    processes = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(os.cpu_count() or 1)]
    try:
        yield
    finally:
        for process in processes:
            process.kill()
            process.wait()


def broken_pages(page: Page, digits: int) -> int:
    """Draw digits and clear the pad after each. Return the number of digits for which the page did not update."""
    broken = 0
    for number in range(digits):
        item = ITEMS[number % len(ITEMS)]
        lifted = [
            part for stroke in item["strokes"] for part in (stroke[: len(stroke) // 2], stroke[len(stroke) // 2 :])
        ]
        try:
            draw(page, {**item, "strokes": lifted})
            clear(page)
        except (AssertionError, Error) as error:
            broken += 1
            print(f"digit {number + 1}: {error}", flush=True)
            page.reload()
            wait_for_pad(page)
    return broken


def main() -> None:
    """Print both times, or the number of failures of the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--busy", action="store_true", help="draw while other processes keep all cores busy")
    parser.add_argument("--digits", type=int, default=200)
    options = parser.parse_args()
    print(machine(), "\n")
    with TemporaryDirectory() as folder, sync_playwright() as playwright:
        server = Server(Path(folder) / "log.txt")
        try:
            browser = playwright.chromium.launch(executable_path=find_chromium(), args=FLAGS)
            page = browser.new_page(**SIZES["desktop"])
            page.goto(f"{server.url}/draw")
            wait_for_pad(page)
            if options.busy:
                with busy_cores():
                    broken = broken_pages(page, options.digits)
                print(
                    table(
                        ("what", "measured", "to reach"),
                        [(f"failures to update in {options.digits} digits", broken, "0")],
                    )
                )
                return
            draw(page, ITEMS[0])  # triggers the lazy imports of a first reading
            settle(page)
            clear(page)
            waited = after_pen_up(page)
            rate = readings_a_second(page)
            browser.close()
        finally:
            server.stop()
    rows = [
        ("pen up to reading, ms, median", f"{statistics.median(waited):.0f}", "100"),
        ("pen up to reading, ms, slowest", f"{max(waited):.0f}", ""),
        ("drawings whose reading changed after pen up", f"{len(waited)} of {len(ITEMS)}", ""),
        ("readings a second while drawing", f"{rate:.1f}", "8"),
    ]
    print(table(("what", "measured", "to reach"), rows))


if __name__ == "__main__":
    main()
