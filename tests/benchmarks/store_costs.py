"""How much does the store slow down training, pictures and clicks, for one visitor and for a class?

Two servers, one without a store (`storeless.py`), take turns, and each goes first equally often. Quote the ratios,
because other load on the machine affects both.

`python -m tests.benchmarks.store_costs --rounds 6 --class 10`
"""

from __future__ import annotations

import argparse
import asyncio
import math
import os
import statistics
import time
from collections import defaultdict
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory

from playwright.sync_api import Browser, expect, sync_playwright

from tests.benchmarks.classroom import MOST_SESSIONS, hold_class
from tests.benchmarks.frames import frames, pause_answers_after
from tests.benchmarks.report import machine, table
from tests.browser.conftest import FLAGS, Server
from tests.browser.install import find_chromium
from tests.browser.test_training_live import step_of
from tests.waiting import wait_until

PROGRAMS = {"with": "streamlit", "without": "tests.benchmarks.storeless"}
SECONDS = 4.0
PAUSES = 5
Measured = dict[str, float]


def one_visitor(browser: Browser, server: Server, seed: int) -> Measured:
    """Train a new run at full speed, and pause it a few times."""
    page = browser.new_page(viewport={"width": 1440, "height": 900}, bypass_csp=True)
    page.goto(f"{server.url}/train?batches=4000&steps_per_batch=500&seed={seed}")
    page.locator(".st-key-losses .main-svg").first.wait_for()
    page.locator(".st-key-tools [data-testid=stPopoverButton]").click()
    page.locator(".st-key-speed input").focus()
    page.keyboard.press("End")
    expect(page.locator(".st-key-speed")).to_contain_text("as fast")
    page.locator(".st-key-train button").click()
    page.wait_for_function("document.querySelector('.st-key-losses .digitviz-plot')?.dataset.frames > 5")
    begin, step, drawn = time.perf_counter(), step_of(page), frames(page, "losses")
    page.wait_for_timeout(SECONDS * 1000)
    elapsed = time.perf_counter() - begin
    seen = {
        "steps per second": (step_of(page) - step) / elapsed,
        "frames a second": (frames(page, "losses") - drawn) / elapsed,
    }
    waits = []
    for _ in range(PAUSES):
        waits.append(pause_answers_after(page))
        page.locator(".st-key-pause button").click()
        expect(page.locator(".st-key-pause")).to_contain_text("Pause")
    page.close()
    return seen | {"Pause answers, ms": statistics.median(waits)}


def visitors(rounds: int) -> dict[str, list[Measured]]:
    """Run one visitor on each of the two servers, in turns."""
    seen = defaultdict(list)
    with TemporaryDirectory() as folder, ExitStack() as running:
        servers = {}
        for name, program in PROGRAMS.items():
            home = Path(folder) / name
            servers[name] = Server(Path(folder) / f"{name}.txt", program, DIGITVIZ_HOME=str(home))
            running.callback(servers[name].stop)
        for server in servers.values():
            wait_until(lambda server=server: not server.pool()["warming"])
        playwright = running.enter_context(sync_playwright())
        browser = playwright.chromium.launch(executable_path=find_chromium(), args=FLAGS)
        for number in range(rounds):
            for name in in_turn(number):
                seen[name].append(one_visitor(browser, servers[name], 100 + number))
        assert (Path(folder) / "with" / "digitviz.db").exists()
        assert not (Path(folder) / "without").exists()
    return seen


def classes(rounds: int, sessions: int) -> dict[str, list[Measured]]:
    """Run a class on each kind of server, in turns. Every student has a different seed."""
    seen = defaultdict(list)
    for number in range(rounds):
        for name in in_turn(number):
            lesson = asyncio.run(hold_class(sessions, "default", 1, "own", PROGRAMS[name]))
            assert not lesson.errors, lesson.errors
            answers = [1000 * seconds for clicks in lesson.answers.values() for seconds in clicks]
            seen[name].append({
                "a click is answered, ms": statistics.median(answers),
                "frames a second": lesson.frames / lesson.seconds,
                "all are done, s": lesson.done[0],
            })  # fmt: skip
    return seen


def in_turn(number: int) -> list[str]:
    """Return the servers' names in this round's order."""
    return list(PROGRAMS)[:: -1 if number % 2 else 1]


def rows(seen: dict[str, list[Measured]]) -> list[tuple[str, ...]]:
    """Format the medians, and the ratio per round: its median, minimum and maximum."""
    laid_out = []
    for what in seen["with"][0]:
        pairs = [(one[what], other[what]) for one, other in zip(seen["with"], seen["without"], strict=True)]
        ratios = [one / other if other else math.nan for one, other in pairs]
        both = (f"{statistics.median(column):,.4g}" for column in zip(*pairs, strict=True))
        spread = f"{statistics.median(ratios):.2f} ({min(ratios):.2f} to {max(ratios):.2f})"
        laid_out.append((what, *both, spread))
    return laid_out


def main() -> None:
    """Print a table for one visitor and, on request, one for a class."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=6, help="number of measurements per server")
    parser.add_argument("--class", type=int, default=0, dest="sessions", choices=range(MOST_SESSIONS + 1))
    parser.add_argument("--class-rounds", type=int, default=2)
    asked = parser.parse_args()
    print(f"{machine()}\nLoad of the machine before: {os.getloadavg()[0]:.1f}\n", flush=True)
    heads = ("with the store", "without", "ratio")
    print(table(("one visitor", *heads), rows(visitors(asked.rounds))), flush=True)
    if asked.sessions:
        print()
        print(table((f"a class of {asked.sessions}", *heads), rows(classes(asked.class_rounds, asked.sessions))))


if __name__ == "__main__":
    main()
