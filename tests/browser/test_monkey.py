"""Short soak and monkey tests: visitors without browsers open and close pages, or click at random.

`tests.benchmarks.soak` and `tests.benchmarks.monkey` run the same with many visitors for a long time, on a server with
its warm-up.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.benchmarks import monkey
from tests.benchmarks.soak import level, visits
from tests.browser.conftest import UNWARMED, Server
from tests.waiting import wait_until

SEED = 1
SESSIONS = 3
SECONDS = 6.0
RECORDED = "batches=200&steps_per_batch=10&batch_size=50"
"""Settings of a run with 2,000 steps and 3.0 MB of recorded parameters and losses."""
RUN_BYTES = 3_000_000


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A separate server, which does not wait for closed browsers to reconnect."""
    folder = tmp_path_factory.mktemp("visited")
    server = Server(folder / "log.txt", UNWARMED, **monkey.SETTINGS, DIGITVIZ_HOME=str(folder / "home"))
    yield server
    server.end()


def in_a_thread(visiting: Coroutine[Any, Any, Any]) -> Any:
    """Run a coroutine to its end in another thread, because Playwright's event loop uses the main thread."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, visiting).result()


@pytest.mark.thorough
def test_sessions_that_came_and_went_leave_no_thread_and_no_recorded_run(server):
    first = in_a_thread(visits(server, 4, RECORDED))
    in_a_thread(visits(server, 8, RECORDED))
    wait_until(lambda: level(server).threads <= first.threads)
    wait_until(lambda: level(server).bytes - first.bytes < 4 * RUN_BYTES)  # fewer than half of the runs remain


@pytest.mark.thorough
def test_visitors_who_click_at_random_break_nothing_and_leave_nothing_behind(server, monkeypatch):
    monkeypatch.setattr(monkey, "SWEPT_SECONDS", 0.0)  # this test does not measure memory
    seen = in_a_thread(monkey.let_loose(server, SESSIONS, SECONDS, SEED))
    assert seen.actions > SESSIONS
    assert not seen.pages
    assert not seen.log
    assert not seen.left
