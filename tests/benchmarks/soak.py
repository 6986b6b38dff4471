"""What do 200 sessions, opened, trained and closed one after the other, leave in the server?

Streamlit keeps the state of a closed session, in case its browser comes back, for `server.disconnectedSessionTTL`,
30 seconds; at most 128 sessions. It drops what is overdue when the next session closes, and the server's sweep frees it
soon after. So memory is looked at twice: right after the last session, and once that time is over and one more visitor
has come and gone. Only what is still there then is left behind. The first sessions do not count: they import plotly,
networkx and numba and fill the caches that all sessions share, once.
"""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.benchmarks.report import machine, table
from tests.benchmarks.visitor import Visitor
from tests.browser.conftest import Server

SESSIONS = 200
WARM_UP = 20
SHORT = "batches=20&steps_per_batch=100"
"""2,000 steps and 0.4 MB of recorded parameters and losses."""
KEPT_SECONDS = 30.0
"""How long Streamlit keeps a closed session: see .streamlit/config.toml."""
SWEPT_SECONDS = 12.0
"""After so long at most a sweep has freed what it dropped."""
MOST_SECONDS = 180.0
"""For what a session waits for, on a machine that is busy."""


@dataclass(frozen=True)
class Level:
    """What the server holds.

    Parameters
    ----------
    threads : int
        Of the process, Python's and others.
    bytes : int
        In memory.
    """

    threads: int
    bytes: int


def level(server: Server) -> Level:
    """Look at the server's process, by way of Linux's /proc."""
    process = Path(f"/proc/{server.process.pid}")
    kilobytes = next(line for line in (process / "status").read_text().splitlines() if line.startswith("VmRSS:"))
    return Level(len([*(process / "task").iterdir()]), 1024 * int(kilobytes.split()[1]))


async def visit(server: Server, query: str) -> None:
    """Open a session, train to the end, and close it.

    Raises
    ------
    RuntimeError
        If the page showed an error.
    """
    async with Visitor(server.url, query=query) as visitor:
        await visitor.wait_until(lambda: visitor.has("train"), MOST_SECONDS)
        await visitor.click("train")
        await visitor.wait_until(lambda: "finished" in visitor.progress, MOST_SECONDS)
    if visitor.errors:
        raise RuntimeError("; ".join(visitor.errors))


async def visits(server: Server, sessions: int, query: str) -> Level:
    """Let sessions come and go one after the other, and wait for the last one's work to end."""
    for _ in range(sessions):
        await visit(server, query)
    async with asyncio.timeout(MOST_SECONDS):
        while (pool := server.pool())["jobs"] or pool["threads"]:
            await asyncio.sleep(0.02)
    return level(server)


async def soak(server: Server) -> list[tuple[str, Level]]:
    """Take the levels: after the warm-up, after the last session, and when its state is no longer kept."""
    async with asyncio.timeout(MOST_SECONDS):
        while server.pool()["warming"]:  # the compilers and what they load belong to no session
            await asyncio.sleep(0.1)
    levels = [(f"{WARM_UP} sessions (warm-up)", await visits(server, WARM_UP, SHORT))]
    start = time.perf_counter()
    half = (SESSIONS - WARM_UP) // 2
    levels.append((f"{WARM_UP + half} sessions", await visits(server, half, SHORT)))
    levels.append((f"{SESSIONS} sessions", await visits(server, SESSIONS - WARM_UP - half, SHORT)))
    seconds = (time.perf_counter() - start) / (SESSIONS - WARM_UP)
    await asyncio.sleep(KEPT_SECONDS + 1)
    await visits(server, 1, SHORT)
    await asyncio.sleep(SWEPT_SECONDS)
    levels.append((f"no longer kept, {seconds:.2f} s a session", level(server)))
    return levels


def main() -> None:
    """Print threads and memory, and what they have grown by since the warm-up."""
    print(machine(), "\n")
    with TemporaryDirectory() as folder:
        server = Server(Path(folder) / "log.txt")
        try:
            levels = asyncio.run(soak(server))
        finally:
            server.stop()
        tracebacks = server.log.read_text().count("Traceback")
    first = levels[0][1]
    rows = [
        (name, now.threads, f"{now.bytes / 1e6:.0f}", f"{(now.bytes - first.bytes) / 1e6:+.0f}") for name, now in levels
    ]
    print(table(("after", "threads", "MB", "MB since the warm-up"), rows))
    print(f"\nTo reach in the last row: {first.threads} threads, under +50 MB. Tracebacks: {tracebacks}.")


if __name__ == "__main__":
    main()
