"""Data for the training slider, and the events that it may send."""

from __future__ import annotations

import asyncio
import json
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import streamlit as st
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from digitviz import Hyperparameters, Network, TrainingRun
from digitviz.dashboard.components import training_slider
from digitviz.dashboard.components.training_slider import (
    packed_digits,
    packed_run,
    released,
    slider_data,
    that_follow,
)
from digitviz.dashboard.server.files import stops
from digitviz.dashboard.session import current_run, downloads
from digitviz.dashboard.session.addresses import stops_address
from digitviz.dashboard.session.lease import Lease
from digitviz.dashboard.session.moment import moment
from digitviz.datasets import DigitDataset
from digitviz.training.pool import Job

SMALL = Hyperparameters(hidden=(5, 4), batches=6, steps_per_batch=4, bias=True, input_scale="unit")


@pytest.fixture
def run(digits) -> TrainingRun:
    run = TrainingRun(digits, SMALL)
    run.advance(14)
    return run


def unpacked(body: bytes) -> tuple[dict, np.ndarray]:
    length = int.from_bytes(body[:4], "little")
    assert length % 4 == 0, "float32 data must be aligned to its size"
    return json.loads(body[4 : 4 + length]), np.frombuffer(body[4 + length :], "<f4")


def test_a_browser_gets_the_test_digits_and_the_weights_of_all_stops(run):
    head, numbers = unpacked(packed_run(run))
    assert head["batches"] == [0, 1, 2, 3]
    assert head["accuracy"] == [None, *run.history.test_accuracy[:3]]
    assert head["loss"] == [pytest.approx(moment(run, 0).loss), *run.history.test_loss[:3]]
    assert head["labels"] == run.test.labels.tolist()
    assert head["shapes"] == [[64, 5], [5, 4], [4, 10]]
    assert (head["bias"], head["activation"], head["factor"], head["whole"]) == (True, "relu", 1 / 16, True)
    pixels = run.test.pixels.size
    np.testing.assert_array_equal(numbers[:pixels], run.test.pixels.ravel().astype(np.float32))
    np.testing.assert_array_equal(numbers[pixels:], run.history.checkpoint_weights().vectors.ravel())


def test_a_large_network_is_computed_with_fewer_digits_and_its_weights_come_one_by_one(run, monkeypatch):
    monkeypatch.setattr(training_slider, "MAX_BYTES", 1_000)
    monkeypatch.setattr(training_slider, "MAX_MULTIPLICATIONS", 20 * run.parameters.size)
    head, numbers = unpacked(packed_run(run))
    assert not head["whole"]
    assert (len(head["labels"]), head["digits"]) == (20, len(run.test))
    assert numbers.size == 20 * 64
    probabilities = Network(run.initial_parameters, "relu", "unit").predict_proba(run.test.pixels[:20])
    assert head["loss"][0] == pytest.approx(np.square(probabilities - run.test.one_hot[:20]).sum() / 20)


@pytest.mark.parametrize(("change", "kind"), [(0, "u1"), (0.25, "<f4")])
def test_a_browser_gets_digits_a_byte_for_each_pixel_if_that_is_exact(run, change, kind):
    digits = DigitDataset(np.clip(run.train.pixels[:7] - change, 0, 16), run.train.labels[:7])
    body = packed_digits(digits)
    length = int.from_bytes(body[:4], "little")
    head = json.loads(body[4 : 4 + length])
    assert head == {"labels": digits.labels.tolist(), "whole": kind == "u1"}
    np.testing.assert_array_equal(np.frombuffer(body[4 + length :], kind), digits.pixels.ravel())


def test_digits_follow_as_far_as_they_fit_beside_the_weights_and_into_a_frame(run, monkeypatch):
    some, few = run.train[:300], run.train[300:310]
    size, stops = run.parameters.size, 4
    assert that_follow(run, [some, few]) == [some, few]
    beside = 4 * (size * stops + 64 * len(run.test))
    monkeypatch.setattr(training_slider, "MAX_BYTES", beside + 64 * 310)
    assert that_follow(run, [some, few]) == [some, few]
    monkeypatch.setattr(training_slider, "MAX_BYTES", beside + 64 * 310 - 1)
    assert that_follow(run, [some, few]) == [some]
    monkeypatch.setattr(training_slider, "MAX_BYTES", beside + 64 * 299)
    assert that_follow(run, [some, few]) == [few]
    monkeypatch.undo()
    monkeypatch.setattr(training_slider, "MAX_MULTIPLICATIONS", size * 310 - 1)
    assert that_follow(run, [some, few]) == [some]


def test_the_browser_asks_for_the_digits_that_its_session_offers(run, monkeypatch):
    lease = Lease()
    monkeypatch.setattr(downloads, "lease", lambda: lease)
    ((id, address),) = downloads.offer_digits(run, [run.train]).items()
    assert address.startswith(f"digitviz-stream/{lease.token}/stops?")
    query = address.partition("?")[2]
    assert id == run.train.id
    assert ask(run, monkeypatch, query, lease.token).body == packed_digits(run.train)
    downloads.offer_digits(run, [])
    with pytest.raises(HTTPException) as refused:
        ask(run, monkeypatch, query, lease.token)
    assert refused.value.status_code == 404


def test_where_a_training_stands_between_two_stops_is_a_place_of_its_own(run):
    data = slider_data(run, "here")
    assert data is not None
    assert (data["batches"], data["between"], data["every"]) == ([0, 1, 2, 3], True, 1)
    run.advance(2)
    data = slider_data(run, "here")
    assert data is not None
    assert (data["batches"], data["between"]) == ([0, 1, 2, 3, 4], False)


def test_before_the_first_batch_is_finished_there_is_nothing_to_go_through(digits):
    run = TrainingRun(digits, SMALL)
    assert slider_data(run, "here") is None
    run.advance(3)
    assert slider_data(run, "here") is None


@pytest.mark.parametrize("sent", [None, "2", [2], {}, 2.5, 4, -1, float("nan"), float("inf"), 10**400])
def test_what_no_slider_can_send_is_no_moment(run, monkeypatch, sent):
    monkeypatch.setattr(st, "session_state", {"slider": {"batch": sent}, "gone": None})
    assert released("slider", run) is None
    assert released("gone", run) is None


def test_the_moment_at_which_it_was_let_go_is_known(run, monkeypatch):
    monkeypatch.setattr(st, "session_state", {"slider": {"batch": 2}})
    assert released("slider", run) == 2


def ask(run: TrainingRun, monkeypatch, query: str | None = None, token: str = "word") -> Response:
    monkeypatch.setattr(
        current_run, "job_of", {"word": Job(run), token: Job(run)}.get if token != "another" else {}.get
    )
    query = stops_address(token, run).partition("?")[2] if query is None else query
    request = Request({
        "type": "http", "method": "GET", "path": f"/digitviz-stream/{token}/stops", "path_params": {"token": token},
        "query_string": query.encode(), "headers": [],
    })  # fmt: skip
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, stops(request)).result()


def test_the_weights_are_had_under_the_word_of_the_session(run, monkeypatch):
    assert ask(run, monkeypatch).body == packed_run(run)
    one = ask(run, monkeypatch, f"run={run.serial}&batch=2").body
    np.testing.assert_array_equal(np.frombuffer(one, "<f4"), run.history.parameters_after(1).to_vector())


@pytest.mark.parametrize(
    ("query", "token", "status"),
    [
        (None, "another", 404), ("run=another", "word", 409), ("", "word", 409), ("run={}&batch=5", "word", 410),
        ("run={}&batch=-1", "word", 404), ("run={}&batch=1e3", "word", 404), ("run={}&batch=" + 50 * "9", "word", 404),
        ("run={}&batch=\u0662", "word", 404), ("run={}&digits=" + 64 * "0", "word", 404),
    ],
)  # fmt: skip
def test_nothing_else_is_answered(run, monkeypatch, query, token, status):
    with pytest.raises(HTTPException) as refused:
        ask(run, monkeypatch, query and query.format(run.serial), token)
    assert refused.value.status_code == status
