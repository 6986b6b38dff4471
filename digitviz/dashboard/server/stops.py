"""The weights of a training at all its stops, and digits, for the slider that computes with them in the browser."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import parse_qsl

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from digitviz.dashboard.runtime.outside import MOST_DIGITS
from digitviz.dashboard.server.feed import in_turn

if TYPE_CHECKING:
    from digitviz.training.run import TrainingRun

MOST_QUERY_BYTES = 500
"""Of a question; the rest of a longer one is not read."""


async def stops(request: Request) -> Response:
    """Answer with what is packed by `components.through.packed`, or with the one `batch` or the `digits` asked for.

    404 for a closed session and for digits that it does not show, 409 for one that has another run by now, 410 for
    weights that are not kept any more.
    """
    from digitviz.dashboard.session.current_run import job_of
    from digitviz.dashboard.session.lease import owner_of

    token = request.path_params["token"]
    job = job_of(token)
    if job is None:
        raise HTTPException(404)
    asked = dict(parse_qsl(request.scope["query_string"][:MOST_QUERY_BYTES].decode("latin-1")))
    if asked.get("run") != job.run.serial:
        raise HTTPException(409)
    async with in_turn("stops", owner_of(token)):
        if "digits" in asked:
            body = await run_in_threadpool(_digits, token, asked["digits"])
        else:
            body = await run_in_threadpool(_answer, job.run, asked.get("batch"))
    # Said to be packed already: weights are noise to every compression, and there are three megabytes of them.
    headers = {"Cache-Control": "private, max-age=600", "Content-Encoding": "identity"}
    return Response(body, media_type="application/octet-stream", headers=headers)


def _answer(run: TrainingRun, batch: str | None) -> bytes:
    from digitviz.dashboard.components.through import packed
    from digitviz.training.checkpoints import checkpoint_vector

    if batch is None:
        return packed(run)
    if not (batch.isascii() and batch.isdigit() and len(batch) <= MOST_DIGITS):
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
