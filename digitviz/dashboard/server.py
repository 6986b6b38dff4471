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


def serve_navigation_only() -> None:
    """Keep Streamlit from serving pages/ by itself to whoever comes first, by a deep link, to a new server.

    It would show the bare file, without the navigation and the layout of app.py. Streamlit has no public switch
    for this; calling `st.navigation` has the same effect, but only once a first visitor has come.
    """
    from streamlit.runtime.pages_manager import PagesManager

    PagesManager.uses_pages_directory = False


def routes() -> Sequence[BaseRoute]:
    """Return the routes of the dashboard's server."""
    plotly_js = str(files("plotly") / "package_data")
    return [
        Mount("/plotly", StaticFiles(directory=plotly_js)),
        Route("/digitviz-assets/themes.json", _themes),
        Route("/digitviz-assets/pool.json", _pool),
        Mount("/digitviz-assets", StaticFiles(directory=ASSETS)),
    ]
