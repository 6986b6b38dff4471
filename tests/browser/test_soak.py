from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.benchmarks.soak import Level, level, visits
from tests.browser.conftest import Server
from tests.waiting import wait_until

RECORDED = "batches=200&steps_per_batch=10&batch_size=50"
"""2,000 steps, and 3.0 MB of recorded parameters and losses."""
RUN_BYTES = 3_000_000


@pytest.fixture
def server(tmp_path, monkeypatch):
    """A server of its own, which does not wait for closed browsers to come back."""
    monkeypatch.setenv("STREAMLIT_SERVER_DISCONNECTED_SESSION_TTL", "0")
    server = Server(tmp_path / "log.txt")
    yield server
    server.stop()


def visit(server: Server, count: int) -> Level:
    """Let sessions come and go; in a thread of its own, as Playwright keeps an event loop in the main one."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(lambda: asyncio.run(visits(server, count, RECORDED))).result()


def test_sessions_that_came_and_went_leave_no_thread_and_no_recorded_run(server):
    wait_until(lambda: not server.pool()["warming"], seconds=180)  # what the server loads for itself does not count
    first = visit(server, 4)
    visit(server, 8)
    wait_until(lambda: level(server).threads <= first.threads)
    wait_until(lambda: level(server).bytes - first.bytes < 4 * RUN_BYTES)  # fewer than half of the eight runs are left
    assert "Traceback" not in server.log.read_text()
