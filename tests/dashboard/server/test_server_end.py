"""Ctrl+C ends the server at any time."""

from __future__ import annotations

import asyncio
import gc
import signal
import sys
from concurrent.futures import ThreadPoolExecutor

from digitviz.dashboard.server import routes, warm_up
from tests.benchmarks.visitor import Visitor
from tests.browser.conftest import Server


async def end_while_it_trains(server: Server) -> None:
    async with Visitor(server.url) as visitor:
        await visitor.wait_until(lambda: visitor.has("train"))
        await visitor.click("train")
        await visitor.wait_until(lambda: visitor.has("pause"))
        server.process.send_signal(signal.SIGINT)
        server.process.wait(60)


def test_ctrl_c_ends_a_server_that_trains_and_warms_up(tmp_path):
    server = Server(tmp_path / "log.txt")
    with ThreadPoolExecutor(1) as thread:  # browser tests may have a running loop in this thread
        thread.submit(lambda: asyncio.run(end_while_it_trains(server))).result()
    assert "Traceback" not in server.log.read_text()


def test_python_looks_only_at_what_is_new_and_at_nothing_when_the_server_ends(monkeypatch):
    for in_the_background in ("_warm_up", "_sweep"):
        monkeypatch.setattr(warm_up, in_the_background, lambda over: None)
    interval, threshold, looked_at = sys.getswitchinterval(), gc.get_threshold(), []

    async def begin_and_end() -> None:
        old = [object()]
        async with routes.lifespan(None):
            new = [object()]
            looked_at.append([any(each is one for each in gc.get_objects()) for one in (old, new)])
        looked_at.append([any(each is one for each in gc.get_objects()) for one in (old, new)])

    try:
        with ThreadPoolExecutor(1) as thread:
            thread.submit(lambda: asyncio.run(begin_and_end())).result()
        assert looked_at == [[False, True], [False, False]]  # while it runs, only what is new
    finally:
        gc.unfreeze()
        gc.set_threshold(*threshold)
        sys.setswitchinterval(interval)
