"""What remains in the server after 200 sessions, each opened, trained and closed?

Streamlit keeps the state of a closed session for `server.disconnectedSessionTTL`, 30 seconds, in case its browser
reconnects, and keeps at most 128 sessions. It drops expired sessions when the next one closes, and the server's sweep
frees them soon after. Memory is therefore measured twice: right after the last session, and once the time has expired
and one more visitor has left. Only memory in the second measurement counts as leaked. The first sessions do not count,
because they import plotly, networkx and numba and fill the caches shared by all sessions.
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
"""Time for which Streamlit keeps a closed session: see .streamlit/config.toml."""
SWEPT_SECONDS = 12.0
"""Maximum time until a sweep frees dropped sessions."""
MOST_SECONDS = 180.0
"""Time limit for each wait of a session on a busy machine."""


@dataclass(frozen=True)
class Level:
    """Threads and memory of the server.

    Parameters
    ----------
    threads : int
        Number of threads in the process, including those not created by Python.
    bytes : int
        Resident memory.
    """

    threads: int
    bytes: int


def level(server: Server) -> Level:
    """Inspect the server's process through Linux's /proc."""
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
    """Run sessions in sequence, and wait for the work of the last one to end."""
    for _ in range(sessions):
        await visit(server, query)
    async with asyncio.timeout(MOST_SECONDS):
        while (pool := server.pool())["jobs"] or pool["threads"]:
            await asyncio.sleep(0.02)
    return level(server)


async def soak(server: Server) -> list[tuple[str, Level]]:
    """Measure after the warm-up, after the last session, and after its state has expired."""
    async with asyncio.timeout(MOST_SECONDS):
        while server.pool()["warming"]:  # the compilers and the packages they load belong to no session
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
    """Print threads and memory, and their growth since the warm-up."""
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
