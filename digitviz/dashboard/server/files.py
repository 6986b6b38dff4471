"""Downloads of a session. The server makes each file on request, in a thread."""

from __future__ import annotations

import asyncio
import logging

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from digitviz.dashboard.runtime.shared import shared
from digitviz.dashboard.runtime.turns import Gate, TooMany
from digitviz.dashboard.session.downloads import CannotBeMade, offered
from digitviz.dashboard.session.lease import owner_of
from digitviz.language import gettext as _
from digitviz.language import speaking

AT_ONCE = 4
"""Limit for the files that the server makes at the same time, one per visitor. Each may take as much memory as its
size."""
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
