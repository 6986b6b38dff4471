"""What the server offers beside the pages: plotly.js, our own assets, live pictures, and how busy the pool is."""

from __future__ import annotations

import asyncio
import gc
import sys
import threading
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import streamlit as st
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles

from digitviz.dashboard.components.scripts import ASSETS, Early, plotly, script
from digitviz.dashboard.runtime import streamlit_internals
from digitviz.dashboard.runtime.shared import shared
from digitviz.dashboard.server import warm_up
from digitviz.dashboard.server.feed import feed
from digitviz.dashboard.server.guard import Guard
from digitviz.dashboard.session.addresses import feed_address

SWITCH_SECONDS = 0.0001
"""After so long a thread hands Python's lock to one that waits for it. With Python's own 5 ms, trainings that come out
of the compiled engine wait longer for the pages of a class than they take for their steps."""


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

    return JSONResponse(pool().counts() | {"warming": warm_up.is_warming()}, headers={"Cache-Control": "no-store"})


@asynccontextmanager
async def lifespan(app: st.App) -> AsyncIterator[None]:
    """Load what every page needs, then the compilers behind the first visitor's back, so that nobody waits for them."""
    sys.setswitchinterval(SWITCH_SECONDS)
    shared().loop = asyncio.get_running_loop()
    streamlit_internals.report()
    streamlit_internals.send_without_delay()
    over = threading.Event()
    warm_up.begin(over)
    yield
    over.set()
    gc.freeze()  # else Python, as it ends, looks once more at all that is alive, for half a second and longer


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
