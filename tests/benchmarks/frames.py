"""How smooth are the live curves, what does a frame cost, and how quickly does Pause respond?

One viewer in headless Chromium (software rendering: lower bounds) watches the notebook's training at full speed.
"""

from __future__ import annotations

import re
import statistics
import time
from pathlib import Path
from tempfile import TemporaryDirectory

from playwright.sync_api import CDPSession, Page, expect, sync_playwright

from tests.benchmarks.report import machine, table
from tests.browser.conftest import FLAGS, Server
from tests.browser.install import find_chromium
from tests.waiting import wait_until

SECONDS = 4.0
PAUSES = 15
LOOKS = 0.6
"""Seconds for which the viewer looks at the training before each pause."""


def frames(page: Page, key: str) -> int:
    return int(page.locator(f".st-key-{key} .digitviz-plot").get_attribute("data-frames") or 0)


def script_seconds(browser: CDPSession) -> float:
    """Return the time that the page's scripts have taken so far."""
    metrics = browser.send("Performance.getMetrics")["metrics"]
    return next(metric["value"] for metric in metrics if metric["name"] == "ScriptDuration")


def pause_answers_after(page: Page) -> float:
    """Milliseconds from a click on Pause to the button's new label, measured on the page."""
    return page.evaluate(
        """() => new Promise((done, fail) => {
            const button = () => document.querySelector('.st-key-pause button');
            const start = performance.now();
            const look = () => {
                const waited = performance.now() - start;
                if (button()?.innerText.includes('Resume')) done(waited);
                else if (waited > 10000) fail(new Error('Pause was not answered'));
                else requestAnimationFrame(look);
            };
            button().click();
            look();
        })"""
    )


def main() -> None:
    """Print frames per second, the costs of a frame and the response time of Pause."""
    print(machine(), "\n")
    with TemporaryDirectory() as folder, sync_playwright() as playwright:
        server = Server(Path(folder) / "log.txt")
        try:
            wait_until(lambda: not server.pool()["warming"])  # so that the compiled engine takes the steps
            browser = playwright.chromium.launch(executable_path=find_chromium(), args=FLAGS)
            page = browser.new_page(viewport={"width": 1440, "height": 900}, bypass_csp=True)
            received: list[int] = []
            page.on("websocket", lambda socket: socket.on("framereceived", lambda data: received.append(len(data))))
            network = page.context.new_cdp_session(page)
            network.send("Network.enable")
            network.send("Performance.enable")
            network.on("Network.loadingFinished", lambda loaded: received.append(int(loaded["encodedDataLength"])))
            page.goto(f"{server.url}/train?batches=4000&steps_per_batch=500")
            page.locator(".st-key-losses .main-svg").first.wait_for()
            page.locator(".st-key-tools [data-testid=stPopoverButton]").click()
            slider = page.locator(".st-key-speed input")
            slider.focus()
            page.keyboard.press("End")
            expect(page.locator(".st-key-speed")).to_contain_text("full speed")
            page.locator(".st-key-train button").click()
            page.wait_for_function("document.querySelector('.st-key-losses .digitviz-plot').dataset.frames > 5")
            received.clear()
            script = script_seconds(network)
            before = {key: frames(page, key) for key in ("losses", "course")}
            start = time.perf_counter()
            page.wait_for_timeout(SECONDS * 1000)
            elapsed = time.perf_counter() - start
            script = script_seconds(network) - script
            rates = {key: (frames(page, key) - count) / elapsed for key, count in before.items()}
            words = page.locator(".st-key-progress").inner_text()
            rate = re.search(r"([\d,]+) steps per second", words)
            refreshes = rates["losses"] * elapsed
            total = sum(received)
            waits = []
            for _ in range(PAUSES):
                page.wait_for_timeout(1000 * LOOKS)  # the pictures of the last click are drawn by then
                waits.append(pause_answers_after(page))
                page.locator(".st-key-pause button").click()
                expect(page.locator(".st-key-pause")).to_contain_text("Pause")
        finally:
            server.stop()
    rows = [
        (f"frames a second, {key}", f"{value:.1f}", "20" if key == "losses" else "") for key, value in rates.items()
    ]
    rows += [
        ("browser's script a frame, ms", f"{1000 * script / refreshes:.1f}", "8"),
        ("kB a frame, everything that the server sent", f"{total / refreshes / 1000:.1f}", "3"),
        ("Pause answers, ms, median", f"{statistics.median(waits):.0f}", "100"),
        ("Pause answers, ms, slowest", f"{max(waits):.0f}", ""),
        ("steps per second meanwhile", rate.group(1) if rate else "-", ""),
    ]
    print(table(("what", "measured", "to reach"), rows))


if __name__ == "__main__":
    main()
