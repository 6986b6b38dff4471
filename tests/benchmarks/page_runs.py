"""Processor time of the server for one page run: the script, the event loop, and all threads that they start.

Each case repeats one request of a visitor without a browser (see `visitor.py`), on its own server. Other load on the
machine slows all threads down, so measure two commits in turn.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import statistics
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.benchmarks.report import machine, table
from tests.benchmarks.visitor import Visitor
from tests.browser.conftest import Server

TRAINED = "batches=20&steps_per_batch=100&engine=numpy"
"""Settings of the run on the pages. A finished run also shows what to do next."""
LONG = "batches=1000&steps_per_batch=1000&engine=numpy"
"""Settings of a run that trains for longer than a case."""
RATES = ("0.0001", "0.001")
"""Learning rates between which a visitor switches."""
QUIET_SECONDS = 0.4
"""Time without a message after which a request counts as answered."""
MAX_SECONDS = 120.0
PROCESS_CLOCK = 2
"""Linux's number for the clock of another process, in the lowest bits of the clock's id."""
IDLE_MILLISECONDS = 40
"""Processor time in two seconds below which a server counts as idle."""

Case = Callable[[Server, int], Awaitable[list[float]]]


def spent(server: Server) -> float:
    """Return the processor time of a server's process so far, in ms, including that of threads that have ended."""
    return time.clock_gettime(~server.process.pid << 3 | PROCESS_CLOCK) * 1000


def wait_until_idle(server: Server) -> None:
    """Wait until the server has prepared what all visitors share."""
    while True:
        before = spent(server)
        time.sleep(2)
        if spent(server) - before < IDLE_MILLISECONDS:
            return


async def settled(visitor: Visitor) -> None:
    """Wait until a run has ended and the server has sent nothing more for a while."""
    while True:
        visitor._changed.clear()
        try:
            async with asyncio.timeout(QUIET_SECONDS):
                await visitor._changed.wait()
        except TimeoutError:
            return


async def measured(server: Server, visitor: Visitor, act: Callable[[], Awaitable[None]], times: int) -> list[float]:
    """Return the processor time of each of several equal requests."""
    await settled(visitor)
    await asyncio.sleep(1)  # saving and measuring a run that has just ended
    found = []
    for _ in range(times):
        before = spent(server)
        await act()
        await settled(visitor)
        found.append(spent(server) - before)
    return found


async def trained(visitor: Visitor) -> None:
    """Train a run to its end."""
    await visitor.wait_until(lambda: visitor.has("train"), MAX_SECONDS)
    await visitor.click("train")
    await visitor.wait_until(lambda: "finished" in visitor.progress, MAX_SECONDS)


def opening(page: str) -> Case:
    """Return a case: a new session opens a page."""

    async def case(server: Server, times: int) -> list[float]:
        found = []
        for number in range(times + 1):
            before = spent(server)
            async with Visitor(server.url, page) as visitor:
                await visitor.wait_until(lambda visitor=visitor: visitor.elements, MAX_SECONDS)
                await settled(visitor)
                found += [spent(server) - before] if number else []  # the first may compute what all share
        return found

    return case


def going_to(page: str) -> Case:
    """Return a case: a session with a finished run opens a page for the first time."""

    async def case(server: Server, times: int) -> list[float]:
        found = []
        for number in range(times + 1):
            async with Visitor(server.url, "train", TRAINED) as visitor:
                await trained(visitor)

                async def go(visitor: Visitor = visitor) -> None:
                    visitor._page, visitor._page_hash = page, ""
                    await visitor.ask_for_run()

                found += (await measured(server, visitor, go, 1)) if number else []
        return found

    return case


def rerunning(page: str) -> Case:
    """Return a case: a session with a finished run reruns a page as it is."""

    async def case(server: Server, times: int) -> list[float]:
        async with Visitor(server.url, "train", TRAINED) as visitor:
            await trained(visitor)
            visitor._page, visitor._page_hash = page, ""
            await visitor.ask_for_run()
            await settled(visitor)
            await visitor.ask_for_run()
            return await measured(server, visitor, visitor.ask_for_run, times)

    return case


async def moving_while_paused(server: Server, times: int) -> list[float]:
    """Move a control of a finished run, so that the whole page follows."""
    async with Visitor(server.url, "train", TRAINED) as visitor:
        await trained(visitor)
        rates = itertools.cycle(RATES)
        return await measured(server, visitor, lambda: visitor.choose("hp_learning_rate", next(rates)), times)


async def moving_while_running(server: Server, times: int) -> list[float]:
    """Move a control while the run trains at one step a second, so that only the controls run."""
    async with Visitor(server.url, "train", LONG) as visitor:
        await visitor.wait_until(lambda: visitor.has("train"), MAX_SECONDS)
        await visitor.choose("speed", "1 step per second")
        await settled(visitor)
        await visitor.click("train")
        await settled(visitor)
        visitor._watch(None, moves=False)  # live pictures are another matter
        rates = itertools.cycle(RATES)
        return await measured(server, visitor, lambda: visitor.choose("hp_learning_rate", next(rates)), times)


CASES: dict[str, Case] = {
    "Train: open": opening("train"),
    "Train: go to": going_to("train"),
    "Train: rerun": rerunning("train"),
    "Train: move a control, finished": moving_while_paused,
    "Train: move a control, running": moving_while_running,
    "Gallery: open": opening("projections"),
    "Gallery: go to": going_to("projections"),
    "Gallery: rerun": rerunning("projections"),
    "Before and after: go to": going_to("weights"),
    "Before and after: rerun": rerunning("weights"),
    "Glossary: rerun": rerunning("glossary"),
}


def main() -> None:
    """Print a row per case."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--times", type=int, default=15)
    parser.add_argument("--only", default="", help="part of the names of the cases")
    asked = parser.parse_args()
    print(machine(), "\n")
    rows = []
    with TemporaryDirectory() as folder:
        server = Server(Path(folder) / "log.txt", DIGITVIZ_HOME=str(Path(folder) / "home"))
        try:
            wait_until_idle(server)
            for name, case in CASES.items():
                if asked.only in name:
                    found = asyncio.run(case(server, asked.times))
                    rows.append((name, f"{statistics.median(found):.1f}", f"{min(found):.1f}", f"{max(found):.1f}"))
                    print(rows[-1], flush=True)
        finally:
            server.stop()
    print("\n" + table(("case", "median, ms", "minimum", "maximum"), rows))


if __name__ == "__main__":
    main()
