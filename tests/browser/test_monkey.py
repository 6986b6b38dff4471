"""A few visitors who click at random for a moment; `tests.benchmarks.monkey` lets loose many, for long."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.benchmarks import monkey
from tests.browser.conftest import Server

SEED = 1
SESSIONS = 3
SECONDS = 10.0


@pytest.fixture
def server(tmp_path, monkeypatch):
    for name, value in monkey.SETTINGS.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(monkey, "SWEPT_SECONDS", 0.0)  # nobody looks at the memory here
    monkeypatch.setenv("DIGITVIZ_HOME", str(tmp_path / "home"))
    server = Server(tmp_path / "log.txt")
    yield server
    server.stop()


def test_visitors_who_click_at_random_break_nothing_and_leave_nothing_behind(server):
    with ThreadPoolExecutor(1) as thread:  # Playwright keeps an event loop in the main one
        seen = thread.submit(lambda: asyncio.run(monkey.let_loose(server, SESSIONS, SECONDS, SEED))).result()
    assert seen.actions > SESSIONS
    assert not seen.pages
    assert not seen.log
    assert not seen.left
