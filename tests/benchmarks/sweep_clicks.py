"""Does a sweep slow the clicks of ten visitors? Seconds from a click to the end of its page run, with and without.

Each of several rounds measures the same visitors first without a sweep and then with one, or the other way round. The
sweep belongs to an eleventh visitor and takes longer than the measurement. Nobody else trains.
"""

from __future__ import annotations

import argparse
import asyncio
import time
from contextlib import AsyncExitStack
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

from tests.benchmarks.page_runs import RATES, settled, wait_until_idle
from tests.benchmarks.report import machine, table
from tests.benchmarks.visitor import Visitor
from tests.browser.conftest import Server

VISITORS = 10
ROUNDS = 5
SECONDS = 20.0
"""Duration of each half of a round."""
EVERY_SECONDS = 1.0
SWEEP = "by1=learning_rate:1e-06,2e-06,3e-06,4e-06&by2=hidden:{hidden},50&seeds=100&batches=2000&steps_per_batch=50"
"""A sweep of 800 trainings, each of which takes seconds."""


class Clicking(Visitor):
    """A visitor that counts the page runs that have ended."""

    ended = 0

    def _take(self, message: ForwardMsg) -> None:
        self.ended += message.WhichOneof("type") == "script_finished"
        super()._take(message)

    async def click_for(self, seconds: float, first: float) -> list[float]:
        """Move the learning rate once a second, beginning after `first` seconds; return how long each answer took."""
        await asyncio.sleep(first)
        begin, found = time.perf_counter(), list[float]()
        while time.perf_counter() - begin < seconds:
            known, sent = self.ended, time.perf_counter()
            await self.choose("hp_learning_rate", RATES[len(found) % 2])
            await self.wait_until(lambda known=known: self.ended > known)
            found.append(time.perf_counter() - sent)
            await asyncio.sleep(max(0.0, EVERY_SECONDS - found[-1]))
        return found


async def clicks(visitors: list[Clicking], seconds: float) -> float:
    """Return the 95th percentile of all answers, in ms."""
    starts = np.linspace(0, EVERY_SECONDS, len(visitors), endpoint=False)
    found = await asyncio.gather(
        *(visitor.click_for(seconds, first) for visitor, first in zip(visitors, starts, strict=True))
    )
    return float(1000 * np.percentile(np.concatenate(found), 95))


async def during_a_sweep(server: Server, visitors: list[Clicking], number: int, seconds: float) -> float:
    """Return the same while a further visitor's sweep runs."""
    async with Clicking(server.url, "sweep", SWEEP.format(hidden=10 + number)) as owner:
        await owner.wait_until(lambda: owner.has("sweep_start"))
        await owner.click("sweep_start")
        await owner.wait_until(lambda: owner.has("sweep_pause") or owner.has("sweep_cancel"))
        found = await clicks(visitors, seconds)
        await owner.click("sweep_cancel")
        await settled(owner)
    return found


async def compare(rounds: int, seconds: float) -> list[tuple[float, float]]:
    """Return the 95th percentiles without and with a sweep, for each round."""
    with TemporaryDirectory() as folder:
        server = Server(Path(folder) / "log.txt", DIGITVIZ_HOME=str(Path(folder) / "home"))
        try:
            wait_until_idle(server)
            async with AsyncExitStack() as room:
                visitors = [await room.enter_async_context(Clicking(server.url)) for _ in range(VISITORS)]
                for visitor in visitors:
                    await visitor.wait_until(lambda visitor=visitor: visitor.has("hp_learning_rate"))
                    await settled(visitor)
                await clicks(visitors, seconds / 4)  # warm up
                pairs = []
                for number in range(rounds):
                    without = await clicks(visitors, seconds) if number % 2 == 0 else None
                    during = await during_a_sweep(server, visitors, number, seconds)
                    pairs.append((await clicks(visitors, seconds) if without is None else without, during))
                    print(f"round {number + 1}: {pairs[-1][0]:.1f} ms, {pairs[-1][1]:.1f} ms", flush=True)
                errors = [error for visitor in visitors for error in visitor.errors]
                if errors:
                    raise RuntimeError("; ".join(errors))
                return pairs
        finally:
            server.stop()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--seconds", type=float, default=SECONDS)
    asked = parser.parse_args()
    pairs = asyncio.run(compare(asked.rounds, asked.seconds))
    print(machine())
    rows = [(number, f"{a:.1f}", f"{b:.1f}", f"{b / a:.2f}") for number, (a, b) in enumerate(pairs, 1)]
    print(table(("round", "p95 without, ms", "p95 during a sweep, ms", "ratio"), rows))
    print(f"median ratio {np.median([b / a for a, b in pairs]):.2f}")


if __name__ == "__main__":
    main()
