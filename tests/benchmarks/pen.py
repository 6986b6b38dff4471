"""How soon after the pen is lifted, and how often during drawing, is the digit read, and what does it cost the server?

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
    pad_box,
    settle,
    wait_for_pad,
)

SECONDS = 4.0
MOVES_A_SECOND = 60
DRAW_BY_HAND = """async ({ strokes }) => {
  const pad = document.querySelector(".digitviz-pad").parentElement.digitvizShown, canvas = pad.canvas;
  canvas.setPointerCapture = () => {};
  const box = canvas.getBoundingClientRect();
  const place = ([x, y]) => ({
    clientX: box.left + (x / 280) * box.width, clientY: box.top + (y / 280) * box.height, pointerType: "mouse",
  });
  const event = (type, point, more) => new PointerEvent(type, { ...place(point), ...more });
  const tell = (type, point) => canvas.dispatchEvent(event(type, point, { coalescedEvents: [event(type, point)] }));
  const rest = () => new Promise((done) => setTimeout(done, 1000 / 60));
  for (const [number, [first, ...others]] of strokes.entries()) {
    tell("pointerdown", first);
    for (const point of others) {
      tell("pointermove", point);
      await rest();
    }
    const lift = () => tell("pointerup", others.at(-1));
    if (number < strokes.length - 1) lift();
    else window.digitvizLift = lift;
  }
}"""
"""Draw an item as fast as a hand, 60 points a second, without lifting the pen at the end."""
LIFT = """async () => {
  const words = () => document.querySelector(".st-key-reading").innerText;
  const before = words(), up = performance.now();
  digitvizLift();
  const script = performance.now() - up;
  let [said, changed] = [words(), script];
  if (said === before) changed = 0;
  while (performance.now() - up < 1500) {
    await new Promise(requestAnimationFrame);
    if (words() !== said) [said, changed] = [words(), performance.now() - up];
  }
  return [changed, script];
}"""
"""Lift the pen. Return the milliseconds until the last change of the answer, 0 if it did not change, and those of the
script that runs when the pen is lifted."""


def processor_seconds(server: Server) -> float:
    """Return the processor time that a server has used."""
    fields = Path(f"/proc/{server.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def finished_drawings(page: Page, server: Server) -> list[tuple[float, float, float, float]]:
    """Return milliseconds for each drawing.

    They are those to the last change of the answer, of the browser's script when the pen is lifted, and of the server's
    processor while the digit is drawn and after the pen is lifted.
    """
    found = []
    for item in ITEMS:
        begin = processor_seconds(server)
        page.evaluate(DRAW_BY_HAND, item)
        page.wait_for_timeout(500)
        drawn = processor_seconds(server)
        answered, script = page.evaluate(LIFT)
        settle(page)
        page.wait_for_timeout(300)
        found.append((answered, script, 1000 * (drawn - begin), 1000 * (processor_seconds(server) - drawn)))
        clear(page)
        settle(page)
    return found


def readings_a_second(page: Page) -> float:
    """Readings by the browser per second while a spiral is drawn."""
    left, top, scale = pad_box(page)
    page.mouse.move(left + 200 * scale, top + 140 * scale)
    page.mouse.down()
    page.evaluate("window.readings = 0; addEventListener('digitviz:moment', () => (readings += 1))")
    begin = time.perf_counter()
    while (passed := time.perf_counter() - begin) < SECONDS:
        radius = 80 - 5 * passed  # a spiral adds ink continuously
        page.mouse.move(
            left + (140 + radius * math.cos(3 * passed)) * scale, top + (140 + radius * math.sin(3 * passed)) * scale
        )
        page.wait_for_timeout(1000 / MOVES_A_SECOND)
    page.mouse.up()
    return page.evaluate("readings") / passed


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
            while server.pool()["warming"]:
                time.sleep(1)
            found = finished_drawings(page, server)
            rate = readings_a_second(page)
            browser.close()
        finally:
            server.stop()
    answered, script, during, after = zip(*found, strict=True)
    rows = [
        ("pen up to the last change of the answer, ms, median", f"{statistics.median(answered):.1f}", "16"),
        ("the same, slowest", f"{max(answered):.1f}", ""),
        ("browser's script when the pen is lifted, ms, median", f"{statistics.median(script):.1f}", "8"),
        ("server's processor time while a digit is drawn, ms, mean", f"{statistics.mean(during):.0f}", ""),
        ("server's processor time after the pen is lifted, ms, mean", f"{statistics.mean(after):.0f}", "40"),
        ("readings a second while drawing", f"{rate:.1f}", "60"),
    ]
    print(table(("what", "measured", "to reach"), rows))


if __name__ == "__main__":
    main()
