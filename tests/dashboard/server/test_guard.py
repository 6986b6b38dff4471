"""Whom the guard lets through: asked without a network."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor

import pytest

from digitviz.dashboard.server.guard import Guard


def status(host: str, arrived_at: tuple[str, int] | None) -> int:
    """Ask for a page by a host's name, on a connection that arrived at an address of this machine."""
    sent = []

    async def app(scope, receive, send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})

    async def receive():
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message) -> None:
        sent.append(message)

    scope = {
        "type": "http", "method": "GET", "path": "/", "query_string": b"", "headers": [(b"host", host.encode())],
        "server": arrived_at,
    }  # fmt: skip
    with ThreadPoolExecutor(1) as thread:  # a browser test in this process may have left a loop running in this one
        thread.submit(lambda: asyncio.run(Guard(app)(scope, receive, send))).result()
    return sent[0]["status"]


@pytest.mark.parametrize("arrived_at", [("203.0.113.5", 8501), None])
def test_this_machine_goes_by_its_own_name_however_the_connection_came(arrived_at):
    assert status("localhost:8501", arrived_at) == 200
    assert status("elsewhere.example", arrived_at) == 421


def test_an_address_is_right_if_the_connection_arrived_at_it():
    assert status("203.0.113.5:8501", ("203.0.113.5", 8501)) == 200
    assert status("203.0.113.6:8501", ("203.0.113.5", 8501)) == 421
    assert status("203.0.113.5:8501", None) == 421
