"""What the server offers beside the pages: plotly.js, our assets, live pictures, files, and how busy the pool is."""

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

from digitviz.dashboard.components import demonstration
from digitviz.dashboard.components.scripts import ASSETS, Early, plotly, script
from digitviz.dashboard.runtime import streamlit_internals
from digitviz.dashboard.runtime.outside import MOST_DIGITS
from digitviz.dashboard.runtime.shared import shared
from digitviz.dashboard.server import warm_up
from digitviz.dashboard.server.feed import feed
from digitviz.dashboard.server.files import file
from digitviz.dashboard.server.guard import Guard, Uploads
from digitviz.dashboard.server.owners import Owners
from digitviz.dashboard.server.stops import stops
from digitviz.dashboard.session.addresses import FEED, FILES, STOPS
from digitviz.language import DEFAULT, LANGUAGES, speaking

SWITCH_SECONDS = 0.0001
"""After so long a thread hands Python's lock to one that waits for it. With Python's own 5 ms, trainings that come out
of the compiled engine wait longer for the pages of a class than they take for their steps."""


def _themes(request: Request) -> JSONResponse:
    from digitviz.figures.theme import themes

    return JSONResponse(themes(), headers={"Cache-Control": "no-cache"})


def _colours(request: Request) -> Response:
    from digitviz.figures.colours import style_sheet

    return Response(style_sheet(), media_type="text/css", headers={"Cache-Control": "no-cache"})


def _words(request: Request) -> JSONResponse:
    """Send the words that stand on and around pictures, in the language asked for."""
    from digitviz.dashboard.components.plot import words

    asked = request.query_params.get("language", DEFAULT)
    with speaking(asked if asked in LANGUAGES else DEFAULT):
        return JSONResponse(words(), headers={"Cache-Control": "no-cache"})


def _pictures(request: Request) -> Response:
    """Send the pictures of all points of a kind, 64 bytes each; the browser keeps them by their address."""
    from digitviz.dashboard.maps.sprites import KINDS, packed

    kind = request.path_params["kind"]
    if kind not in KINDS:
        raise HTTPException(404)
    return Response(packed(kind), headers={"Cache-Control": "public, max-age=31536000, immutable"})


async def _demonstration(request: Request) -> JSONResponse:
    """Send what the first page shows, without the batches that the browser has already."""
    from digitviz.dashboard.server.demonstration import Demonstration

    known = request.query_params.get("known", "")[:MOST_DIGITS]
    batches = int(known) if known.isascii() and known.isdigit() else 0
    return JSONResponse(shared().get(Demonstration).since(batches), headers={"Cache-Control": "no-store"})


async def _pool(request: Request) -> JSONResponse:
    from digitviz.dashboard.session.current_run import pool

    return JSONResponse(pool().counts() | {"warming": warm_up.is_warming()}, headers={"Cache-Control": "no-store"})


def _save_all() -> None:
    """Have everything on disk before the server ends."""
    from digitviz.dashboard.session.open_runs import open_runs
    from digitviz.dashboard.session.storage import store

    open_runs().save_all()
    store().close()


@asynccontextmanager
async def lifespan(app: st.App) -> AsyncIterator[None]:
    """Load what every page needs, then the compilers behind the first visitor's back, so that nobody waits for them."""
    sys.setswitchinterval(SWITCH_SECONDS)
    loop = shared().loop = asyncio.get_running_loop()
    streamlit_internals.report()
    streamlit_internals.send_without_delay()
    streamlit_internals.drop_half_open_requests()
    streamlit_internals.say_rarely_that_none_is_accepted(loop)
    over = threading.Event()
    warm_up.begin(over)
    yield
    over.set()
    await asyncio.to_thread(_save_all)
    gc.freeze()  # else Python, as it ends, looks once more at all that is alive, for half a second and longer


def routes() -> Sequence[BaseRoute]:
    """Return the routes of the dashboard's server."""
    return [
        Route("/plotly/{name}", plotly),
        Route("/digitviz-assets/themes.json", _themes),
        Route("/digitviz-assets/colours.css", _colours),
        Route("/digitviz-assets/words.json", _words),
        Route("/digitviz-assets/pool.json", _pool),
        Route(f"/{demonstration.ADDRESS}", _demonstration),
        Route("/digitviz-assets/pictures/{kind}", _pictures),
        Route(f"/{FEED}", feed),
        Route(f"/{FILES}", file),
        Route(f"/{STOPS}", stops),
        Route("/digitviz-assets/{name}.js", script),
        Mount("/digitviz-assets", StaticFiles(directory=ASSETS)),
    ]


def middleware() -> Sequence[Middleware]:
    """Return what every answer of the server passes through."""
    return [Middleware(Guard), Middleware(Uploads), Middleware(Owners), Middleware(Early)]
