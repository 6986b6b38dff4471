"""What the server offers beside the pages: plotly.js, our own assets, live pictures, and how busy the pool is."""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import gc
import logging
import socket
import sys
import threading
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import streamlit as st
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles

from digitviz.dashboard.components.scripts import ASSETS, Early, packed_plotly, plotly, script
from digitviz.dashboard.runtime.shared import shared
from digitviz.dashboard.server.feed import feed
from digitviz.dashboard.server.guard import Guard
from digitviz.dashboard.session.addresses import feed_address

SWITCH_SECONDS = 0.0001
"""After so long a thread hands Python's lock to one that waits for it. With Python's own 5 ms, trainings that come out
of the compiled engine wait longer for the pages of a class than they take for their steps."""
SWEEP_SECONDS = 10.0
ENGINE_SECONDS = 1.0
MAPS_SECONDS = 5.0
"""After so long the compiled engine and then the maps are made ready: the first visitor's first page goes first."""
PAGE_SECONDS = 2.5
MOST_PAGES = 4
"""A page that has just been asked for is waited for so long, and so many times at most."""
WARM_UP = "digitviz-warm-up"

log = logging.getLogger(__name__)


def _themes(request: Request) -> JSONResponse:
    from digitviz.figures.theme import themes

    return JSONResponse(themes(), headers={"Cache-Control": "no-cache"})


def _pictures(request: Request) -> Response:
    """Send the pictures of all points of a kind, 64 bytes each; the browser keeps them by their address."""
    from digitviz.dashboard.maps.sprites import KINDS, packed

    kind = request.path_params["kind"]
    if kind not in KINDS:
        raise HTTPException(404)
    return Response(packed(kind), headers={"Cache-Control": "public, max-age=31536000, immutable"})


async def _pool(request: Request) -> JSONResponse:
    from digitviz.dashboard.session.current_run import pool

    warming = any(thread.name == WARM_UP for thread in threading.enumerate())
    return JSONResponse(pool().counts() | {"warming": warming}, headers={"Cache-Control": "no-store"})


@asynccontextmanager
async def lifespan(app: st.App) -> AsyncIterator[None]:
    """Load what every page needs, then the compilers behind the first visitor's back, so that nobody waits for them."""
    sys.setswitchinterval(SWITCH_SECONDS)
    shared().loop = asyncio.get_running_loop()
    _send_without_delay()
    _load_what_pages_need()
    over = threading.Event()
    threading.Thread(target=_warm_up, args=(over,), name=WARM_UP, daemon=True).start()
    threading.Thread(target=_sweep, args=(over,), name="digitviz-sweep", daemon=True).start()
    yield
    over.set()
    gc.freeze()  # else Python, as it ends, looks once more at all that is alive, for half a second and longer


def _send_without_delay() -> None:
    """Let an answer's last bytes leave at once, not when the browser has confirmed those before: 40 ms later.

    asyncio switches that delay off (TCP_NODELAY) for sockets that are marked as TCP's. The one on which Streamlit
    listens (seen in 1.67) says only "the family's usual protocol", and so do the connections accepted from it; what
    is set on it they inherit. Streamlit hands it to nobody, so it is looked for among all that is alive.
    """
    listening = [
        each
        for each in gc.get_objects()
        if issubclass(type(each), socket.socket)  # isinstance would wake proxies of things long gone
        and each.fileno() >= 0
        and each.family in (socket.AF_INET, socket.AF_INET6)
        and each.type == socket.SOCK_STREAM
        and each.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN)
    ]
    for each in listening:
        each.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    if not listening:
        log.info("no listening socket was found: answers on a connection that is kept open may take 40 ms longer")


def _sweep(over: threading.Event) -> None:
    """Give the memory of closed sessions back, as long as there may be any.

    Streamlit's own collection after every run is switched off (it costs 0.2 s each time); what a closed session
    leaves are cycles that nobody else would free, recorded trainings among them.
    """
    kept = float(st.get_option("server.disconnectedSessionTTL"))  # seconds until Streamlit gives a session up
    while not over.wait(SWEEP_SECONDS):
        if time.monotonic() - shared().session_closed_at < kept + 2 * SWEEP_SECONDS:
            gc.collect()
            if sys.platform == "linux":
                with contextlib.suppress(OSError, AttributeError):  # another libc has no such call
                    ctypes.CDLL("libc.so.6").malloc_trim(0)


def _warm_up(over: threading.Event) -> None:
    over.wait(ENGINE_SECONDS)
    for _ in range(MOST_PAGES):
        left = shared().page_asked_at + PAGE_SECONDS - time.monotonic()
        if left > 0:
            over.wait(left)
    from digitviz.training.engines import warm_up

    try:
        warm_up()
    except (ImportError, RuntimeError) as error:  # numpy serves; the page says so
        log.warning("the compiled engine is not to be had: %s", error)
    if not over.wait(MAPS_SECONDS):
        _warm_up_maps()
    gc.collect()
    gc.freeze()  # what is loaded by now stays: no collection need look at it again, so that a sweep takes milliseconds


def _load_what_pages_need() -> None:
    """Load what the first visitor would wait for longer than the server does now, alone."""
    import scipy.spatial  # noqa: F401

    from digitviz.dashboard.session import current_run

    current_run.shipped_digits()
    packed_plotly("plane.min.js")


def _warm_up_maps() -> None:
    from digitviz.projections import warm_up

    try:
        warm_up()
    except (ImportError, RuntimeError) as error:  # a page that needs it says what is wrong
        log.warning("the maps could not be made ready: %s", error)


def serve_navigation_only() -> None:
    """Keep Streamlit from serving pages/ by itself to whoever comes first, by a deep link, to a new server.

    It would show the bare file, without the navigation and the layout of app.py. Streamlit has no public switch
    for this; calling `st.navigation` has the same effect, but only once a first visitor has come.
    """
    from streamlit.runtime.pages_manager import PagesManager

    PagesManager.uses_pages_directory = False


def routes() -> Sequence[BaseRoute]:
    """Return the routes of the dashboard's server."""
    return [
        Route("/plotly/{name}", plotly),
        Route("/digitviz-assets/themes.json", _themes),
        Route("/digitviz-assets/pool.json", _pool),
        Route("/digitviz-assets/pictures/{kind}", _pictures),
        Route(f"/{feed_address('{token}')}", feed),
        Route("/digitviz-assets/{name}.js", script),
        Mount("/digitviz-assets", StaticFiles(directory=ASSETS)),
    ]


def middleware() -> Sequence[Middleware]:
    """Return what every answer of the server passes through."""
    return [Middleware(Guard), Middleware(Early)]
