"""The scripts that run in the browser: where they lie, and how they get there before they are needed."""

from __future__ import annotations

import gzip
import hashlib
import time
from importlib.resources import files
from pathlib import Path

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from digitviz.dashboard.runtime.shared import shared
from digitviz.dashboard.runtime.streamlit_internals import scripts_of_a_picture
from digitviz.networks.activations import ACTIVATIONS

ASSETS = Path(__file__).parents[1] / "assets"
SCRIPTS = {path.stem: path for path in Path(__file__).parent.glob("*.js")}
"""Our own scripts, each beside the Python that it belongs to, by their names."""


def activations_script() -> str:
    """Return the script `activations.js`: the table of activations as functions of a number."""
    functions = "".join(f"  {name}: (z) => {activation.javascript},\n" for name, activation in ACTIVATIONS.items())
    return f'import {{ erf }} from "./special.js";\n\nexport const ACTIVATIONS = {{\n{functions}}};\n'


PAGE_CSS = Path(__file__).with_name("page.css")
SIDEBAR_FIRST = """
html:not([data-begun]) [data-testid=stAppViewContainer]:not(:has(.st-key-settings_place, .st-key-no_settings)) {
  visibility: hidden; animation: digitviz-anyway 0s 4s forwards;
}
@keyframes digitviz-anyway { to { visibility: visible; } }
"""
"""Else the whole page would be seen to move aside for the sidebar. The frame's script says when that is over."""

PLOTLY = {
    "plane.min.js": ASSETS / "plotly-cartesian.min.js",
    "plotly.min.js": Path(str(files("plotly") / "package_data" / "plotly.min.js")),
}
"""plotly.js: what draws in the plane, a third of all, which a browser reads in half the time; and the whole."""


def address(name: str) -> str:
    """Return where one of our scripts is found; it holds a hash, so that a new script has a new address."""
    version = hashlib.sha256(SCRIPTS[name].read_bytes()).hexdigest()[:12]
    return f"digitviz-assets/{name}.js?v={version}"


async def script(request: Request) -> Response:
    """Send one of our scripts; the browser keeps it for as long as its address stays."""
    name = request.path_params["name"]
    if name == "activations":
        return Response(activations_script(), media_type="text/javascript", headers={"Cache-Control": "no-cache"})
    if name not in SCRIPTS:
        raise HTTPException(404)
    stays = f"{request.url.path}?{request.url.query}".endswith(address(name))
    headers = {"Cache-Control": "public, max-age=31536000, immutable" if stays else "no-cache"}
    return FileResponse(SCRIPTS[name], media_type="text/javascript", headers=headers)


def _stamp(path: Path) -> str:
    """Return a short text that changes with a file."""
    state = path.stat()
    return f"{state.st_mtime_ns:x}-{state.st_size:x}"


def packed_plotly(name: str) -> bytes:
    """Return plotly.js compressed: once, not again for every student of a class."""
    return shared().get(_pack, name)


def _pack(name: str) -> bytes:
    return gzip.compress(PLOTLY[name].read_bytes(), 6)


async def plotly(request: Request) -> Response:
    """Send plotly.js; the browser keeps it, and asks each time whether it is still the same."""
    name = request.path_params["name"]
    if name not in PLOTLY:
        raise HTTPException(404)
    tag = f'"{_stamp(PLOTLY[name])}"'
    headers = {"Cache-Control": "no-cache", "ETag": tag, "Vary": "Accept-Encoding"}
    if request.headers.get("If-None-Match") == tag:
        return Response(status_code=304, headers=headers)
    if "gzip" in request.headers.get("Accept-Encoding", ""):
        headers["Content-Encoding"] = "gzip"
        body = await run_in_threadpool(packed_plotly, name)
    else:
        body = await run_in_threadpool(PLOTLY[name].read_bytes)
    return Response(body, media_type="text/javascript", headers=headers)


EARLY = ("access", "speak", "spots", "term")
"""Those of our scripts that others import."""


class Early:
    """Lets the browser load and start our scripts while it waits for Streamlit's, with which it is done a second later.

    What is asked for early is written into each page's head; where there is none, nothing is changed.

    Parameters
    ----------
    app : ASGI application
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self.loaded = "".join([
            f"<style>{PAGE_CSS.read_text()}</style>",
            '<link rel="stylesheet" href="digitviz-assets/colours.css">',
            '<link rel="preload" as="script" fetchpriority="low" href="plotly/plane.min.js">',
            '<link rel="preload" as="fetch" crossorigin href="digitviz-assets/themes.json">',
            *(f'<link rel="modulepreload" href="digitviz-assets/{name}.js">' for name in EARLY),
            *(f'<link rel="modulepreload" href="{part}">' for part in scripts_of_a_picture()),
        ])  # fmt: skip
        self.started = (
            f'<script src="{address("server")}"></script><script type="module" async src="{address("plot")}"></script>'
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass everything on, pages with what is wanted early."""
        if (
            scope["type"] != "http"
            or scope["method"] != "GET"
            or "text/html" not in Headers(scope=scope).get("Accept", "")
        ):
            await self.app(scope, receive, send)
            return
        shared().page_asked_at = time.monotonic()
        wanted = self.loaded
        if scope["path"] != "/":  # the first page has neither pictures by Plotly nor settings
            wanted += f"<style>{SIDEBAR_FIRST}</style>{self.started}"
        start: Message = {}
        page = bytearray()

        async def send_page(message: Message) -> None:
            nonlocal start
            if message["type"] == "http.response.start":
                kind = Headers(raw=message["headers"]).get("Content-Type", "")
                if message["status"] == 200 and kind.startswith("text/html"):
                    start = message
                    return
            if not start:  # no page
                await send(message)
                return
            page.extend(message.get("body", b""))
            if message.get("more_body"):
                return
            body = bytes(page).replace(b"<head>", b"<head>" + wanted.encode(), 1)
            headers = MutableHeaders(scope=start)
            headers["Content-Length"] = str(len(body))
            del headers["ETag"], headers["Last-Modified"]
            await send(start)
            await send({"type": "http.response.body", "body": body})

        plain = [(name, value) for name, value in scope["headers"] if name != b"accept-encoding"]
        await self.app({**scope, "headers": plain}, receive, send_page)
