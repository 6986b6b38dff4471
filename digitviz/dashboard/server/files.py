"""Downloads of a session. The server makes each file on request, in a thread."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from digitviz.dashboard.runtime.shared import shared
from digitviz.dashboard.session.downloads import CannotBeMade, File, offered
from digitviz.dashboard.session.lease import owner_of
from digitviz.language import gettext as _
from digitviz.language import speaking

AT_ONCE = 4
"""Limit for the files that the server makes at the same time, one per visitor. Each may take as much memory as its
size."""
RETRY_SECONDS = 1
_HEADERS = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}

log = logging.getLogger(__name__)


class Makers:
    """Makes a few files at a time, one per owner. Use it on the server's event loop."""

    def __init__(self) -> None:
        self._threads = ThreadPoolExecutor(AT_ONCE, "file")
        self._owners: set[str] = set()
        """Owners of the files in progress."""

    def begin(self, make: Callable[[], File], owner: str) -> Future[File] | None:
        """Start making a file. Return None if the limit is reached."""
        if owner in self._owners or len(self._owners) >= AT_ONCE:
            return None
        self._owners.add(owner)
        making = self._threads.submit(make)
        making.add_done_callback(lambda _: self._owners.discard(owner))
        return making


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
    making = shared().get(Makers).begin(offer.file, owner_of(token))
    if making is None:
        return JSONResponse({"said": ""}, 503, _HEADERS | {"Retry-After": str(RETRY_SECONDS)})
    try:
        made = await asyncio.wrap_future(making)
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
