"""What the server offers beside the pages: plotly.js, our own assets, and how busy the pool is."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.resources import files
from pathlib import Path

from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles

ASSETS = Path(__file__).parent / "assets"


async def _themes(request: Request) -> JSONResponse:
    from digitviz.figures.theme import themes

    return JSONResponse(themes(), headers={"Cache-Control": "no-cache"})


async def _pool(request: Request) -> JSONResponse:
    from digitviz.dashboard.session import pool

    return JSONResponse(pool().counts(), headers={"Cache-Control": "no-store"})


def routes() -> Sequence[BaseRoute]:
    """Return the routes of the dashboard's server."""
    plotly_js = str(files("plotly") / "package_data")
    return [
        Mount("/plotly", StaticFiles(directory=plotly_js)),
        Route("/digitviz-assets/themes.json", _themes),
        Route("/digitviz-assets/pool.json", _pool),
        Mount("/digitviz-assets", StaticFiles(directory=ASSETS)),
    ]
