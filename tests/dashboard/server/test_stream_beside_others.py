"""The server keeps responding to other visitors while some watch large runs."""

from __future__ import annotations

import json
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
from starlette.routing import Route, WebSocketRoute
from websockets.sync.client import connect

from digitviz import Hyperparameters, TrainingRun
from digitviz.dashboard.server.stream import stream
from digitviz.dashboard.session import current_run, training_data
from digitviz.dashboard.session.addresses import STREAM
from digitviz.dashboard.session.current_run import ATTACHED
from tests.dashboard.server.holding import held
from tests.waiting import wait_until


@contextmanager
def served() -> Iterator[str]:
    """Serve the stream and a health check as the dashboard's server does, and return the URL."""

    async def health(request: Request) -> PlainTextResponse:
        return PlainTextResponse("ok")

    routes = [WebSocketRoute(f"/{STREAM}", stream), Route("/health", health)]
    server = uvicorn.Server(uvicorn.Config(Starlette(routes=routes), port=0, log_level="error"))
    thread = threading.Thread(target=server.run)
    thread.start()
    wait_until(lambda: server.started)
    try:
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join()


def seconds_for(url: str) -> float:
    begin = time.perf_counter()
    with urllib.request.urlopen(url, timeout=90) as answer:
        answer.read()
    return time.perf_counter() - begin


@pytest.mark.thorough
def test_the_server_answers_others_promptly_while_a_large_training_is_watched():
    settings = Hyperparameters(hidden=(512,) * 4, batch_size=100, train_fraction=0.1, engine="numpy")
    run = TrainingRun(training_data.pixels("both"), settings)
    over, received = threading.Event(), threading.Semaphore(0)

    def watch(url: str) -> None:
        with connect(url.replace("http", "ws", 1)) as socket:
            socket.send(json.dumps({"awake": True, "parts": ["curves", "weights"]}))
            while not over.is_set():
                socket.recv(timeout=90)
                received.release()

    with served() as url, held(run) as session, ThreadPoolExecutor(2) as watchers:
        session.held(ATTACHED).job.run_to(run.total_steps)
        current_run.pool().submit(session.held(ATTACHED).job)
        for _ in range(2):
            watchers.submit(watch, f"{url}/{STREAM.format(token=session.token)}")
        try:
            wait_until(lambda: run.step > 0 and received.acquire(blocking=False))
            waits, judged = list[float](), list[float]()
            for _ in range(5):  # in turns, so that other load of the machine slows both down
                waits += [seconds_for(f"{url}/health") for _ in range(4)]
                begin = time.perf_counter()
                run.network.accuracy(run.test.pixels, run.test.labels)
                judged.append(time.perf_counter() - begin)
        finally:
            over.set()
    assert statistics.median(waits) < statistics.median(judged) / 2, (np.round(waits, 3), np.round(judged, 3))
