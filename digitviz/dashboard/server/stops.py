"""The weights of a run at all its checkpoints, and digits, for the training slider."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import parse_qsl

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from digitviz.dashboard.runtime.outside import MAX_DIGITS
from digitviz.dashboard.runtime.shared import shared
from digitviz.dashboard.runtime.turns import Gate, TooMany

if TYPE_CHECKING:
    from digitviz.training.run import TrainingRun

MAX_QUERY_BYTES = 500
"""Limit for a query. The rest of a longer query is ignored."""


async def stops(request: Request) -> Response:
    """Answer with the data from `training_slider.packed_run`, or with the requested `batch` or `digits`.

    404 for a closed session and for digits that it does not show, 409 if the session has another run by now or the
    example is not trained yet, 410 for evicted weights.
    """
    from digitviz.dashboard.session.addresses import EXAMPLE
    from digitviz.dashboard.session.current_run import job_of
    from digitviz.dashboard.session.example import example
    from digitviz.dashboard.session.lease import owner_of

    token = request.path_params["token"]
    job = job_of(token)
    if job is None:
        raise HTTPException(404)
    asked = dict(parse_qsl(request.scope["query_string"][:MAX_QUERY_BYTES].decode("latin-1")))
    is_example = asked.get("run") == EXAMPLE
    run = example() if is_example else job.run
    if run is None or not (is_example or asked.get("run") == run.serial):
        raise HTTPException(409)
    try:
        async with shared().get(Gate).take(owner_of(token)):
            if "digits" in asked:
                body = await run_in_threadpool(_digits, token, asked["digits"])
            else:
                body = await run_in_threadpool(_weights, run, asked.get("batch"))
    except TooMany:
        raise HTTPException(503, headers={"Retry-After": "1"}) from None
    # Marked as already compressed, because weights do not compress, and there are three megabytes of them.
    headers = {"Cache-Control": "private, max-age=600", "Content-Encoding": "identity"}
    return Response(body, media_type="application/octet-stream", headers=headers)


def _weights(run: TrainingRun, batch: str | None) -> bytes:
    from digitviz.dashboard.components.training_slider import packed_run

    if batch is None:
        return packed_run(run)
    if not (batch.isascii() and batch.isdigit() and len(batch) <= MAX_DIGITS):
        raise HTTPException(404)
    try:
        return run.history.checkpoint_vector(int(batch)).astype("<f4").tobytes()
    except ValueError as error:
        raise HTTPException(410) from error


def _digits(token: str, id: str) -> bytes:
    from digitviz.dashboard.session.downloads import offered_digits

    body = offered_digits(token, id)
    if body is None:
        raise HTTPException(404)
    return body
