"""Ctrl+C ends the server, whatever it is at."""

from __future__ import annotations

import asyncio
import os
import resource
import signal
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.benchmarks.visitor import Visitor
from tests.browser.conftest import Server

MOST_SECONDS = 0.3
"""Of the processor, which does not depend on what else the machine does: 0.04 to 0.18 were seen."""


def processor_seconds(process: int) -> float:
    """Return what a process has used of the processor so far."""
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def processor_seconds_to_end(server: Server) -> float:
    """Press Ctrl+C and wait for the end."""
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    before = processor_seconds(server.process.pid)
    server.process.send_signal(signal.SIGINT)
    server.process.wait(60)
    now = resource.getrusage(resource.RUSAGE_CHILDREN)
    return now.ru_utime + now.ru_stime - children.ru_utime - children.ru_stime - before


async def end_while_it_trains(server: Server) -> float:
    async with Visitor(server.url) as visitor:
        await visitor.wait_until(lambda: visitor.has("train"))
        await visitor.click("train")
        await visitor.wait_until(lambda: visitor.has("pause"))
        return processor_seconds_to_end(server)


def test_ctrl_c_ends_a_server_that_trains_and_warms_up_at_once(tmp_path):
    server = Server(tmp_path / "log.txt")
    with ThreadPoolExecutor(1) as thread:  # the browser's tests may have a loop running in this one
        seconds = thread.submit(lambda: asyncio.run(end_while_it_trains(server))).result()
    assert seconds < MOST_SECONDS
    assert "Traceback" not in server.log.read_text()
