"""The training shown on the home page."""

from __future__ import annotations

import asyncio
import json
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace

import numpy as np
import pytest
from starlette.requests import Request

from digitviz import DigitDataset, Hyperparameters, train
from digitviz.dashboard.server import routes
from digitviz.dashboard.session import example
from digitviz.dashboard.session.example import Example

SHORT = Hyperparameters(batches=4, steps_per_batch=30)


@pytest.fixture
def shown(monkeypatch) -> Example:
    monkeypatch.setattr(example, "SETTINGS", SHORT)
    return Example()


def test_it_is_the_notebooks_training():
    assert Hyperparameters() == example.SETTINGS


def test_what_is_shown_is_what_the_core_computes(shown: Example, digits: DigitDataset):
    assert shown.replay()["moments"] == []
    assert shown.replay()["seconds"] is None
    shown.train(threading.Event())
    told, run = shown.replay(), train(digits, SHORT)
    assert [moment["accuracy"] for moment in told["moments"]] == run.history.test_accuracy.round(3).tolist()
    assert told["tested"] == len(run.test) == 180
    labels = [run.test.labels[(run.test.images.reshape(-1, 64) == ink).all(axis=1)].tolist() for ink in told["digits"]]
    assert labels == [[label] for label in range(10)]
    last = [run.network.predict_proba(np.array([ink], float)).argmax() for ink in told["digits"]]
    assert told["moments"][-1]["guesses"] == last
    assert told["seconds"] > 0
    np.testing.assert_array_equal(shown.run.parameters.to_vector(), run.parameters.to_vector())
    assert time.time() - 600 < shown.trained_at <= time.time()


def test_it_stops_when_the_server_does(shown: Example):
    over = threading.Event()
    over.set()
    shown.train(over)
    assert shown.replay()["seconds"] is None
    assert shown.run is None


def test_the_route_sends_the_whole_training(shown: Example, monkeypatch):
    shown.train(threading.Event())
    monkeypatch.setattr(routes, "shared", lambda: SimpleNamespace(get=lambda make: shown))  # only for this route
    request = Request({"type": "http", "method": "GET", "query_string": b"", "headers": []})
    with ThreadPoolExecutor(1) as thread:
        answer = thread.submit(asyncio.run, routes._demonstration(request)).result()
    assert json.loads(answer.body) == shown.replay()
