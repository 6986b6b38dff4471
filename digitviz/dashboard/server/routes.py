"""The server: its routes, its middleware, and its startup and shutdown."""

import asyncio
import gc
import sys
import threading
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import streamlit as st
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import BaseRoute, Route, WebSocketRoute

from digitviz.dashboard.components import demonstration
from digitviz.dashboard.runtime import streamlit_internals
from digitviz.dashboard.runtime.shared import shared
from digitviz.dashboard.server import assets, warm_up
from digitviz.dashboard.server.files import file, stops
from digitviz.dashboard.server.guard import Guard, Messages, Uploads
from digitviz.dashboard.server.stream import stream
from digitviz.dashboard.session import example
from digitviz.dashboard.session.addresses import FILES, STOPS, STREAM
from digitviz.dashboard.session.open_runs import open_runs, pool
from digitviz.dashboard.session.storage import store
from digitviz.training.cluster import cluster_of_server

SWITCH_SECONDS = 0.001
"""Time after which a thread passes Python's lock to a waiting one. With Python's own 5 ms, training that returns from
the compiled engine would wait longer for the pages of a class than its steps take. With .1 ms, a class takes a tenth
longer, because passing the lock takes time, too."""


async def _demonstration(request: Request) -> JSONResponse:
    """Send the training that the start page replays."""
    return JSONResponse(shared().get(example.Example).replay(), headers={"Cache-Control": "no-store"})


async def _pool(request: Request) -> JSONResponse:
    return JSONResponse(
        pool().counts() | {"warming": warm_up.is_warming(), "example": example.example() is not None},
        headers={"Cache-Control": "no-store"},
    )


def _save_all() -> None:
    """Save everything to disk before the server stops."""
    open_runs().save_all()
    store().close()


@asynccontextmanager
async def lifespan(app: st.App) -> AsyncIterator[None]:
    """Load what every page needs, and prepare the rest in the background, so that no visitor waits for it.

    Raises
    ------
    ValueError
        If the cluster in the environment is not allowed.
    """
    cluster_of_server()
    sys.setswitchinterval(SWITCH_SECONDS)
    loop = shared().loop = asyncio.get_running_loop()
    streamlit_internals.tend_connections()
    streamlit_internals.say_rarely_that_none_is_accepted(loop)
    over = threading.Event()
    warm_up.begin(over)
    yield
    over.set()
    await asyncio.to_thread(_save_all)
    gc.freeze()  # otherwise Python's shutdown takes another half second or more to check all live objects


def routes() -> Sequence[BaseRoute]:
    """Return the routes of the dashboard's server."""
    return [
        Route("/digitviz-assets/pool.json", _pool),
        Route(f"/{demonstration.ADDRESS}", _demonstration),
        WebSocketRoute(f"/{STREAM}", stream),
        Route(f"/{FILES}", file),
        Route(f"/{STOPS}", stops),
        *assets.routes(),
    ]


def middleware() -> Sequence[Middleware]:
    """Return the middleware for every answer of the server."""
    return [Middleware(Guard), Middleware(Messages), Middleware(Uploads), Middleware(assets.Page)]
