"""Data that a page requests between its runs: headline and pictures during training, and weights for its slider."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from digitviz.dashboard.runtime.outside import MAX_DIGITS
from digitviz.dashboard.runtime.shared import shared
from digitviz.dashboard.runtime.turns import Gate, TooMany
from digitviz.language import nearest, speaking

if TYPE_CHECKING:
    from digitviz.training.pool import Job
    from digitviz.training.run import TrainingRun

MAX_PICTURES = 12
"""Limit for the pictures in one answer. A page shows fewer."""
MAX_BYTES = 100_000
"""Limit for the pictures of an answer with more than one. The browser requests the missing ones first next time."""
MAX_QUERY_BYTES, MAX_STOP_QUERY_BYTES = 2_000, 500
"""Limits for queries for pictures and for weights. The rest of a longer query is ignored. A query for twelve pictures
has 300 bytes."""

REST = 3.0
"""Pause before an owner's next answer, as a multiple of the time that an answer took."""


def _gate(kind: str) -> Gate:
    return Gate(REST)


@asynccontextmanager
async def in_turn(kind: str, owner: str) -> AsyncIterator[None]:
    """Answer one request per kind and owner at a time. Raise a 503 error if too many are waiting."""
    try:
        async with shared().get(_gate, kind).take(owner):
            yield
    except TooMany:
        raise HTTPException(503, headers={"Retry-After": "1"}) from None


async def feed(request: Request) -> Response:
    """Answer with the headline and the requested pictures, each as the page would show it. 404 for a closed session.

    This runs in the server's event loop and not in a thread. With a whole class in training, a thread waits longer for
    Python's lock than the pictures take. So the work must not grow with the network or the number of digits, and all
    tabs of an owner together get a quarter of the time.
    """
    from digitviz.dashboard.session.current_run import job_of
    from digitviz.dashboard.session.lease import owner_of

    token = request.path_params["token"]
    job = job_of(token)
    if job is None:
        raise HTTPException(404)
    language, names = _asked(request)
    async with in_turn("feed", owner_of(token)):
        with speaking(language):
            body = _answer(token, job, names)
    # Marked as already compressed, because compressing a picture takes longer than drawing it.
    headers = {"Cache-Control": "no-store", "Content-Encoding": "identity"}
    return Response(body, media_type="application/json", headers=headers)


def _answer(token: str, job: Job, names: list[str]) -> bytes:
    from digitviz.dashboard.components.plot import frame
    from digitviz.dashboard.session.open_runs import pool
    from digitviz.dashboard.train import accuracy, live

    progress = pool().progress(job)
    running = progress.is_running
    pictures = live.pictures(job, job.run.snapshot)
    frames: list[bytes] = []
    for picture in (pictures[name] for name in names if name in pictures):
        drawn = frame(picture.build(), picture.key, picture.height, live=picture.live, main=picture.is_main)
        if frames and sum(map(len, frames)) + len(drawn) > MAX_BYTES:
            break
        frames.append(f"{json.dumps(picture.name)}:".encode() + drawn)
    head = {
        "headline": live.headline(job, progress),
        "running": running,
        "more": progress.is_at_work or accuracy.is_awaited(job),
        "unsaved": live.unsaved(token),
        "waits": live.waits(token),
        "pace": live.pace(),
        "seconds": live.CURVES_SECONDS * live.pace(),
    }
    return json.dumps(head)[:-1].encode() + b',"pictures":{' + b",".join(frames) + b"}}"


def _asked(request: Request) -> tuple[str, list[str]]:
    """Return the language and the names of the requested pictures, each once."""
    asked = parse_qsl(request.scope["query_string"][:MAX_QUERY_BYTES].decode("latin-1"))
    names = dict.fromkeys(value for key, value in asked if key == "picture")
    return nearest(dict(asked).get("lang")), [*names][:MAX_PICTURES]


async def stops(request: Request) -> Response:
    """Answer with the data from `training_slider.packed_run`, or with the requested `batch` or `digits`.

    404 for a closed session and for digits that it does not show, 409 if the session has another run by now, 410 for
    evicted weights.
    """
    from digitviz.dashboard.session.current_run import job_of
    from digitviz.dashboard.session.lease import owner_of

    token = request.path_params["token"]
    job = job_of(token)
    if job is None:
        raise HTTPException(404)
    asked = dict(parse_qsl(request.scope["query_string"][:MAX_STOP_QUERY_BYTES].decode("latin-1")))
    if asked.get("run") != job.run.serial:
        raise HTTPException(409)
    async with in_turn("stops", owner_of(token)):
        if "digits" in asked:
            body = await run_in_threadpool(_digits, token, asked["digits"])
        else:
            body = await run_in_threadpool(_weights, job.run, asked.get("batch"))
    # Marked as already compressed, because weights do not compress, and there are three megabytes of them.
    headers = {"Cache-Control": "private, max-age=600", "Content-Encoding": "identity"}
    return Response(body, media_type="application/octet-stream", headers=headers)


def _weights(run: TrainingRun, batch: str | None) -> bytes:
    from digitviz.dashboard.components.training_slider import packed_run
    from digitviz.training.checkpoints import checkpoint_vector

    if batch is None:
        return packed_run(run)
    if not (batch.isascii() and batch.isdigit() and len(batch) <= MAX_DIGITS):
        raise HTTPException(404)
    try:
        return checkpoint_vector(run, int(batch)).astype("<f4").tobytes()
    except ValueError as error:
        raise HTTPException(410) from error


def _digits(token: str, id: str) -> bytes:
    from digitviz.dashboard.session.downloads import offered_digits

    body = offered_digits(token, id)
    if body is None:
        raise HTTPException(404)
    return body
