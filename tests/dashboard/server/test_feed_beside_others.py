"""The server keeps responding to other visitors while some watch large runs."""

from __future__ import annotations

import statistics
import threading
import time
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import numpy as np
import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from digitviz import Hyperparameters, TrainingRun
from digitviz.dashboard.server.feed import feed
from digitviz.dashboard.session import current_run, training_data
from digitviz.dashboard.session.addresses import FEED, feed_address
from digitviz.dashboard.session.current_run import ATTACHED
from tests.dashboard.server.holding import held
from tests.waiting import wait_until


@contextmanager
def served() -> Iterator[str]:
    """Serve the feed and a health check as the dashboard's server does, and return the URL."""

    async def health(request: Request) -> PlainTextResponse:
        return PlainTextResponse("ok")

    routes = [Route(f"/{FEED}", feed), Route("/health", health)]
    server = uvicorn.Server(uvicorn.Config(Starlette(routes=routes), port=0, log_level="error", ws="none"))
    thread = threading.Thread(target=server.run)
    thread.start()
    wait_until(lambda: server.started)
    yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    server.should_exit = True
    thread.join()


def seconds_for(url: str) -> float:
    begin = time.perf_counter()
    with urllib.request.urlopen(url, timeout=30) as answer:
        answer.read()
    return time.perf_counter() - begin


@pytest.mark.long
def test_the_server_answers_others_promptly_while_a_large_training_is_watched():
    settings = Hyperparameters(hidden=(512,) * 4, batch_size=100, train_fraction=0.1, engine="numpy")
    run = TrainingRun(training_data.pixels("both"), settings)
    over = threading.Event()

    def watch(url: str) -> None:
        while not over.is_set():
            seconds_for(url)

    with served() as url, held(run) as session, ThreadPoolExecutor(2) as watchers:
        session.held(ATTACHED).job.run_to(run.total_steps)
        current_run.pool().submit(session.held(ATTACHED).job)
        for _ in range(2):
            watchers.submit(watch, f"{url}/{feed_address(session.token)}&picture=guesses&picture=weights+2")
        wait_until(lambda: run.step > 0)
        waits = [seconds_for(f"{url}/health") for _ in range(20)]
        begin = time.perf_counter()
        run.network.accuracy(run.test.pixels, run.test.labels)  # measures the current load of the machine
        judging = time.perf_counter() - begin
        over.set()
    assert statistics.median(waits) < judging / 2, (np.round(waits, 3), judging)
