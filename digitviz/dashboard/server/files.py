"""The files that a session takes home, each made when it is asked for, in a thread beside the server's messages."""

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
"""Files that are made at a time, for all visitors together, one for each; each may take as much memory as it is
large."""
RETRY_SECONDS = 1
_HEADERS = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}

log = logging.getLogger(__name__)


class Makers:
    """Makes a few files at a time, one for each owner; to be called on the loop of the server."""

    def __init__(self) -> None:
        self._threads = ThreadPoolExecutor(AT_ONCE, "file")
        self._owners: set[str] = set()
        """For whom files are being made."""

    def begin(self, make: Callable[[], File], owner: str) -> Future[File] | None:
        """Begin to make a file; None if as many as can be are being made."""
        if owner in self._owners or len(self._owners) >= AT_ONCE:
            return None
        self._owners.add(owner)
        making = self._threads.submit(make)
        making.add_done_callback(lambda _: self._owners.discard(owner))
        return making


async def file(request: Request) -> Response:
    """Answer with a file that a session offers; 404 for what none does.

    What cannot be made is answered with a sentence for the visitor, in JSON as "said": 409 if it cannot be made now,
    500 if making it failed, 503 if it is to be asked for again.
    """
    if request.method != "GET":  # a HEAD would have the file made and thrown away
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
        "Content-Encoding": "identity",  # said to be packed already: packing would hold up all other answers
    }
    return Response(made.content, media_type=made.mime, headers=headers)
