"""Does the server survive 20 visitors who click at random and send values that no page would send?

Each visitor speaks Streamlit's protocol, as a browser does (see `visitor.py`): it presses whatever its page shows, goes
to other pages, opens odd URLs, sends odd requests to our routes, and one time in four sends a value that the page
itself never would (see `presses.py`). The same seed makes the same choices if the server responds in the same
order. Fails if an exception is logged or shown, a connection is lost, or work or threads remain at the end.
"""

from __future__ import annotations

import argparse
import asyncio
import math
import os
import random
import re
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from unittest.mock import patch

import numpy as np

from tests.benchmarks.monkey_visitor import Monkey
from tests.benchmarks.presses import ODD_QUERIES
from tests.benchmarks.report import machine, table
from tests.benchmarks.soak import SWEPT_SECONDS, level
from tests.browser.conftest import Server

SESSIONS = 20
SECONDS = 120.0
MOST_END_SECONDS = 90.0
"""Time limit for the server's warm-up, and for the visitors' work and threads to end after they have left."""
MOST_LETTERS = 5_000
"""Maximum length of a printed report."""
SETTINGS = {
    "STREAMLIT_SERVER_DISCONNECTED_SESSION_TTL": "0",
    "STREAMLIT_LOGGER_ENABLE_RICH": "false",
    "STREAMLIT_CLIENT_SHOW_ERROR_DETAILS": "full",
}
"""Server settings: closed sessions cannot reconnect, the log is plain text, and pages show full error details."""
MORE_THREADS = 8
"""Allowance for threads that the server starts on first use and keeps: they read files and sleep."""


@dataclass
class Seen:
    """Observations made during the clicking.

    Attributes
    ----------
    actions : int
    pages, log : list of str
        Errors on pages, with the actions before them, and exceptions in the server's log.
    threads, megabytes : list of int
        Of the server: before, at most, and after all visitors have left.
    health : list of float
        Response times of the server's health check in seconds.
    left : str
        Work and threads that remain, if any.
    """

    actions: int = 0
    pages: list[str] = field(default_factory=list)
    log: list[str] = field(default_factory=list)
    threads: list[int] = field(default_factory=list)
    megabytes: list[int] = field(default_factory=list)
    health: list[float] = field(default_factory=list)
    left: str = ""

    @property
    def failed(self) -> bool:
        """Return whether anything went wrong."""
        return bool(self.pages or self.log or self.left)

    def note(self, server: Server) -> None:
        """Record the server's number of threads and memory."""
        now = level(server)
        self.threads.append(now.threads)
        self.megabytes.append(now.bytes // 1_000_000)


async def _watch(server: Server, seen: Seen, over: asyncio.Event) -> None:
    """Check the server's health, threads and memory five times a second."""
    most = Seen()
    while not over.is_set():
        start = time.perf_counter()
        await asyncio.to_thread(server.answers)
        seen.health.append(time.perf_counter() - start)
        most.note(server)
        await asyncio.sleep(0.2)
    seen.threads.append(max(most.threads))
    seen.megabytes.append(max(most.megabytes))


async def _until_quiet(server: Server, threads: float = math.inf) -> str:
    """Wait until no work or extra threads remain. Return a description of any that do not end."""
    left = ""
    try:
        async with asyncio.timeout(MOST_END_SECONDS):
            while True:
                pool, now = await asyncio.to_thread(server.pool), level(server).threads
                left = f"{now} threads, {pool}"
                if not (pool["jobs"] or pool["threads"]) and now <= threads:
                    return ""
                await asyncio.sleep(0.2)
    except TimeoutError:
        return left


async def let_loose(server: Server, sessions: int, seconds: float, seed: int) -> Seen:
    """Run visitors that click at random for `seconds`, and return the observations."""
    seen, over = Seen(), asyncio.Event()
    async with asyncio.timeout(MOST_END_SECONDS):
        while (await asyncio.to_thread(server.pool))["warming"]:
            await asyncio.sleep(0.1)
    async with Monkey(server.url, seed) as first:  # loads once whatever all visitors share
        await first.open_every_page()
    await _until_quiet(server)
    seen.note(server)
    chance = random.Random(seed)
    monkeys = [Monkey(server.url, f"{seed}-{place}", chance.choice(ODD_QUERIES)) for place in range(sessions)]
    async with asyncio.TaskGroup() as group:
        group.create_task(_watch(server, seen, over))
        clicking = [group.create_task(_click(monkey, over)) for monkey in monkeys]
        await asyncio.wait(clicking, timeout=seconds)
        over.set()
    seen.actions = sum(monkey.actions for monkey in monkeys)
    seen.pages = [report for monkey in monkeys for report in monkey.reports]
    async with Monkey(server.url, seed) as last:  # Streamlit drops closed sessions when the next one closes
        await last.open_page()
    seen.left = await _until_quiet(server, seen.threads[0] + MORE_THREADS)
    await asyncio.sleep(SWEPT_SECONDS)
    seen.note(server)
    seen.log = exceptions(server.log.read_text())
    return seen


async def _click(monkey: Monkey, over: asyncio.Event) -> None:
    async with monkey:
        await monkey.live(over)


def exceptions(log: str) -> list[str]:
    """Return the log entries that contain a traceback."""
    entries = re.split(r"^(?=\d{4}-\d\d-\d\d )", log, flags=re.MULTILINE)
    return [entry.strip() for entry in entries if "Traceback" in entry]


def print_findings(seen: Seen) -> None:
    """Print each distinct error once, with its number of occurrences."""
    for what, found, line in (("on pages", seen.pages, 0), ("in the log", seen.log, -1)):
        kinds: dict[str, list[str]] = {}
        for report in found:
            kinds.setdefault(report.splitlines()[line], []).append(report)
        for reports in kinds.values():
            print(f"\n{len(reports)} x {what}: {reports[0][-MOST_LETTERS:]}")
    if seen.left:
        print(f"\nLeft behind: {seen.left}")


def main() -> None:
    """Print a row of results, and the errors."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sessions", type=int, default=SESSIONS)
    parser.add_argument("--seconds", type=float, default=SECONDS)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(10**6))
    asked = parser.parse_args()
    print(machine())
    print(f"Seed: {asked.seed}. Load of the machine before: {os.getloadavg()[0]:.1f}\n", flush=True)
    with TemporaryDirectory() as folder, patch.dict(os.environ, SETTINGS):
        server = Server(Path(folder) / "log.txt")
        try:
            seen = asyncio.run(let_loose(server, asked.sessions, asked.seconds, asked.seed))
        finally:
            server.stop()
    heads = (
        "sessions", "actions", "exceptions in log", "on pages", "threads before, most, after", "MB before, most, after",
        "health, ms, p50 / p99",
    )  # fmt: skip
    health = " / ".join(f"{1000 * np.percentile(seen.health, part):.0f}" for part in (50, 99))
    threads, megabytes = (", ".join(map(str, each)) for each in (seen.threads, seen.megabytes))
    print(table(heads, [(asked.sessions, seen.actions, len(seen.log), len(seen.pages), threads, megabytes, health)]))
    print_findings(seen)
    sys.exit(seen.failed)


if __name__ == "__main__":
    main()
