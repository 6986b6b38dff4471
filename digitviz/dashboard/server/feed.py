"""What a page asks for by itself: the headline and pictures of a running training, and weights for its slider."""

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
"""That are answered at a time; a page shows fewer."""
MAX_BYTES = 100_000
"""Of the pictures of an answer, if it has more than one; those left out are asked for again, and first."""
MAX_QUERY_BYTES, MAX_STOP_QUERY_BYTES = 2_000, 500
"""Of a question for pictures and of one for weights; the rest of a longer one is not read. Twelve pictures are asked
for in 300."""

REST = 3.0
"""For so many times as long as an answer took, its owner's next waits."""


def _gate(kind: str) -> Gate:
    return Gate(REST)


@asynccontextmanager
async def in_turn(kind: str, owner: str) -> AsyncIterator[None]:
    """Answer one request of a kind and an owner at a time; 503 if far too many of them wait."""
    try:
        async with shared().get(_gate, kind).take(owner):
            yield
    except TooMany:
        raise HTTPException(503, headers={"Retry-After": "1"}) from None


async def feed(request: Request) -> Response:
    """Answer with the headline and the pictures asked for, each as the page would show it; 404 for a closed session.

    It runs between the server's messages, not in a thread of its own: to get Python's lock among a class's trainings
    takes a thread longer than the pictures take. So nothing in it may grow with the network or the digits, and all
    tabs of an owner together have a quarter of the time.
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
    # Said to be packed already: to compress a picture takes longer than to draw it.
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
    """Return the language and the names of the pictures that are asked for, each once."""
    asked = parse_qsl(request.scope["query_string"][:MAX_QUERY_BYTES].decode("latin-1"))
    names = dict.fromkeys(value for key, value in asked if key == "picture")
    return nearest(dict(asked).get("lang")), [*names][:MAX_PICTURES]


async def stops(request: Request) -> Response:
    """Answer with what `training_slider.packed_run` packs, or with the requested `batch` or `digits`.

    404 for a closed session and for digits that it does not show, 409 if the session has another run by now, 410 for
    weights that are no longer kept.
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
    # Said to be packed already: weights are noise to every compression, and there are three megabytes of them.
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
