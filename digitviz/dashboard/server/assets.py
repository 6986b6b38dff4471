"""Files that a browser loads first: the page with its cookie, scripts, styles, texts and pictures."""

from __future__ import annotations

import gzip
import time
from importlib.resources import files
from pathlib import Path

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from digitviz.dashboard import components
from digitviz.dashboard.ask import answer
from digitviz.dashboard.components import first_reading, reader
from digitviz.dashboard.components.component import SCRIPTS, address
from digitviz.dashboard.runtime.shared import shared
from digitviz.dashboard.runtime.streamlit_internals import scripts_of_a_picture
from digitviz.dashboard.session.lease import COOKIE, key_in, new_key
from digitviz.language import DEFAULT, LANGUAGES, speaking
from digitviz.networks.activations import ACTIVATIONS

ASSETS = Path(__file__).parents[1] / "assets"
PAGE_CSS = Path(components.__path__[0]) / "page.css"
YEAR = 365 * 24 * 3600
_ASK_EACH_TIME = {"Cache-Control": "no-cache"}
_KEEP = {"Cache-Control": "public, max-age=31536000, immutable"}
SIDEBAR_FIRST = """
html:not([data-begun]) [data-testid=stAppViewContainer]:not(:has(.st-key-settings_place, .st-key-no_settings)) {
  visibility: hidden; animation: digitviz-anyway 0s 4s forwards;
}
@keyframes digitviz-anyway { to { visibility: visible; } }
"""
"""Prevents the whole page from visibly shifting for the sidebar. The frame's script ends this."""

PLOTLY = {
    "plane.min.js": ASSETS / "plotly-cartesian.min.js",
    "plotly.min.js": Path(str(files("plotly") / "package_data" / "plotly.min.js")),
}
"""Files of plotly.js: a third of it for plots in the plane, which a browser reads in half the time, and all of it."""


def activations_script() -> str:
    """Return the script `activations.js`: the activations as JavaScript functions of a number."""
    functions = "".join(f"  {name}: (z) => {activation.javascript},\n" for name, activation in ACTIVATIONS.items())
    return f'import {{ erf }} from "./special.js";\n\nexport const ACTIVATIONS = {{\n{functions}}};\n'


async def _script(request: Request) -> Response:
    """Send one of our scripts. The browser caches it if its URL has the current hash."""
    name = request.path_params["name"]
    if name == "activations":
        return Response(activations_script(), media_type="text/javascript", headers=_ASK_EACH_TIME)
    if name not in SCRIPTS:
        raise HTTPException(404)
    stays = f"{request.url.path}?{request.url.query}".endswith(address(name))
    return FileResponse(SCRIPTS[name], media_type="text/javascript", headers=_KEEP if stays else _ASK_EACH_TIME)


def packed_plotly(name: str) -> bytes:
    """Return compressed plotly.js. It is compressed only once for a whole class."""
    return shared().get(_pack, name)


def _pack(name: str) -> bytes:
    return gzip.compress(PLOTLY[name].read_bytes(), 6)


async def _plotly(request: Request) -> Response:
    """Send plotly.js. The browser caches it, and checks each time whether it has changed."""
    name = request.path_params["name"]
    if name not in PLOTLY:
        raise HTTPException(404)
    state = PLOTLY[name].stat()
    tag = f'"{state.st_mtime_ns:x}-{state.st_size:x}"'
    headers = {**_ASK_EACH_TIME, "ETag": tag, "Vary": "Accept-Encoding"}
    if request.headers.get("If-None-Match") == tag:
        return Response(status_code=304, headers=headers)
    if "gzip" in request.headers.get("Accept-Encoding", ""):
        headers["Content-Encoding"] = "gzip"
        body = await run_in_threadpool(packed_plotly, name)
    else:
        body = await run_in_threadpool(PLOTLY[name].read_bytes)
    return Response(body, media_type="text/javascript", headers=headers)


def _themes(request: Request) -> JSONResponse:
    from digitviz.figures.picture import themes

    return JSONResponse(themes(), headers=_ASK_EACH_TIME)


def _colours(request: Request) -> Response:
    from digitviz.figures.colours import style_sheet

    return Response(style_sheet(), media_type="text/css", headers=_ASK_EACH_TIME)


def _words(request: Request) -> JSONResponse:
    """Send the texts on and around pictures in the requested language."""
    from digitviz.dashboard.components.plot import words

    asked = request.query_params.get("language", DEFAULT)
    with speaking(asked if asked in LANGUAGES else DEFAULT):
        return JSONResponse(words(), headers=_ASK_EACH_TIME)


def _pictures(request: Request) -> Response:
    """Send the pictures of all points of a kind, 64 bytes each. The browser caches them."""
    from digitviz.dashboard.maps.panels import KINDS, packed

    kind = request.path_params["kind"]
    if kind not in KINDS:
        raise HTTPException(404)
    return Response(packed(kind), headers=_KEEP)


def _reading(request: Request) -> Response:
    """Send what a browser needs to read drawings. The browser caches it."""
    return Response(reader.known(), media_type="application/octet-stream", headers=_KEEP)


def _questions(request: Request) -> Response:
    """Send the questions of the dialog in a language. The browser caches them."""
    code = request.path_params["language"]
    if code not in LANGUAGES:
        raise HTTPException(404)
    return Response(answer.table(code), media_type="application/json", headers=_KEEP)


def _pretrained(request: Request) -> Response:
    """Send the network of the start page, with texts in a language. The browser caches it."""
    code = request.path_params["language"]
    if code not in LANGUAGES:
        raise HTTPException(404)
    return Response(first_reading.network(code), media_type="application/octet-stream", headers=_KEEP)


def routes() -> list[BaseRoute]:
    """Return the routes of all our files for pages. The folder of static files comes last."""
    return [
        Route("/plotly/{name}", _plotly),
        Route("/digitviz-assets/themes.json", _themes),
        Route("/digitviz-assets/colours.css", _colours),
        Route("/digitviz-assets/words.json", _words),
        Route("/digitviz-assets/pictures/{kind}", _pictures),
        Route(f"/{reader.ADDRESS}", _reading),
        Route(f"/{answer.ADDRESS}", _questions),
        Route(f"/{first_reading.ADDRESS}", _pretrained),
        Route("/digitviz-assets/{name}.js", _script),
        Mount("/digitviz-assets", StaticFiles(directory=ASSETS)),
    ]


EARLY = ("access", "speak", "spots", "term")
"""Our scripts that other scripts import."""


class Page:
    """Adds early resources to each HTML page, and the cookie that identifies the browser.

    The browser loads and starts our scripts while it waits a second for Streamlit's. A page without a head stays
    unchanged. The cookie comes with the page, before the page connects. No script can read it, and other sites cannot
    make the browser send it with a form. Each page renews the cookie, so it lasts a year from the latest visit.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        preloads = [
            f"<style>{PAGE_CSS.read_text()}</style>",
            f'<script src="{address("theme")}"></script>',
            '<link rel="stylesheet" href="digitviz-assets/colours.css">',
            '<link rel="preload" as="script" fetchpriority="low" href="plotly/plane.min.js">',
            '<link rel="preload" as="fetch" crossorigin href="digitviz-assets/themes.json">',
        ]
        modules = [*(f"digitviz-assets/{name}.js" for name in EARLY), *scripts_of_a_picture()]
        self.loaded = "".join([*preloads, *(f'<link rel="modulepreload" href="{path}">' for path in modules)])
        self.started = (
            f'<script src="{address("server")}"></script><script type="module" async src="{address("plot")}"></script>'
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass everything on, and complete pages."""
        if scope["type"] != "http" or scope["method"] != "GET":
            await self.app(scope, receive, send)
            return
        asked = Headers(scope=scope)
        opens_page = "text/html" in asked.get("Accept", "")
        if opens_page:
            shared().page_asked_at = time.monotonic()
            plain = [(name, value) for name, value in scope["headers"] if name != b"accept-encoding"]
            scope = {**scope, "headers": plain}
        wanted = self.loaded
        if scope["path"] != "/":  # the start page has neither Plotly pictures nor settings
            wanted += f"<style>{SIDEBAR_FIRST}</style>{self.started}"
        start: Message = {}
        page = bytearray()

        async def send_page(message: Message) -> None:
            nonlocal start
            if message["type"] == "http.response.start" and _is_page(message):
                # A proxy that caches the page for everyone would give everyone the same key.
                message["headers"] = [*message["headers"], (b"set-cookie", _cookie(asked)), (b"vary", b"Cookie")]
                if opens_page:
                    start = message
                    return
            if not start:
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

        await self.app(scope, receive, send_page)


def _is_page(message: Message) -> bool:
    kind = dict(message["headers"]).get(b"content-type", b"")
    return bool(message["status"] == 200 and kind.startswith(b"text/html"))


def _cookie(headers: Headers) -> bytes:
    key = key_in(headers.getlist("cookie"))
    secure = "; Secure" if headers.get("x-forwarded-proto") == "https" else ""
    return f"{COOKIE}={key or new_key()}; Max-Age={YEAR}; Path=/; HttpOnly; SameSite=Lax{secure}".encode()
