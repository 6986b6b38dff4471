"""Data that a browser requests from its session: files, the weights of a run at all its checkpoints, and digits."""

import asyncio
import logging
from urllib.parse import parse_qsl

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from digitviz.dashboard.components.training_slider import packed_run
from digitviz.dashboard.runtime.outside import MAX_DIGITS
from digitviz.dashboard.runtime.shared import shared
from digitviz.dashboard.runtime.turns import Gate, TooMany
from digitviz.dashboard.session import current_run
from digitviz.dashboard.session.addresses import EXAMPLE
from digitviz.dashboard.session.downloads import CannotBeMade, offered, offered_digits
from digitviz.dashboard.session.example import example
from digitviz.dashboard.session.lease import owner_of
from digitviz.language import gettext as _, speaking
from digitviz.training.run import TrainingRun

AT_ONCE = 4
"""Maximum number of files that the server makes at the same time, one per visitor. Each takes memory of up to its
size."""
MAX_QUERY_BYTES = 500
"""Maximum length of a query. The rest is ignored."""
_HEADERS = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}

log = logging.getLogger(__name__)


async def file(request: Request) -> Response:
    """Answer with a file that a session offers. 404 without such an offer.

    An error answer has a sentence for the visitor in JSON as "said": 409 if the file cannot be made now, 500 if making
    it failed, 503 if the browser should ask again.
    """
    if request.method != "GET":  # a HEAD request would make the file and discard it
        raise HTTPException(405, headers={"Allow": "GET"})
    token, key = request.path_params["token"], request.path_params["key"]
    offer = offered(token, key)
    if offer is None:
        raise HTTPException(404, headers=_HEADERS)
    try:
        async with shared().get(Gate, 0.0).take(owner_of(token)), shared().get(asyncio.Semaphore, AT_ONCE):
            made = await run_in_threadpool(offer.file)
    except TooMany:
        return JSONResponse({"said": ""}, 503, _HEADERS | {"Retry-After": "1"})
    except CannotBeMade as error:
        return JSONResponse({"said": str(error)}, 409, _HEADERS)
    except Exception:
        log.exception("A file could not be made: %s", key)
        with speaking(offer.language):
            return JSONResponse({"said": _("This file could not be created.")}, 500, _HEADERS)
    headers = {
        **_HEADERS,
        "Content-Disposition": f'attachment; filename="{made.safe_name}"',
        "Content-Encoding": "identity",  # marked as already compressed: compressing would delay all other answers
    }
    return Response(made.content, media_type=made.mime, headers=headers)


async def stops(request: Request) -> Response:
    """Answer with the data from `training_slider.packed_run`, or with the requested `batch` or `digits`.

    404 for a closed session or digits that it does not offer, 409 if the session now has another run or the example is
    not trained yet, 410 for evicted weights.
    """
    token = request.path_params["token"]
    job = current_run.job_of(token)
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
                body = await run_in_threadpool(offered_digits, token, asked["digits"])
            else:
                body = await run_in_threadpool(_weights, run, asked.get("batch"))
    except TooMany:
        raise HTTPException(503, headers={"Retry-After": "1"}) from None
    if body is None:
        raise HTTPException(404)
    # Marked as already compressed, because weights do not compress, and there are three megabytes of them.
    headers = {"Cache-Control": "private, max-age=600", "Content-Encoding": "identity"}
    return Response(body, media_type="application/octet-stream", headers=headers)


def _weights(run: TrainingRun, batch: str | None) -> bytes:
    if batch is None:
        return packed_run(run)
    if not (batch.isascii() and batch.isdigit() and len(batch) <= MAX_DIGITS):
        raise HTTPException(404)
    recorded = run.history.recorded_after(int(batch))
    if recorded is None:
        raise HTTPException(410)
    return recorded.to_vector().astype("<f4").tobytes()
