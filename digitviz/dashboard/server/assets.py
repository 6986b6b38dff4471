"""Files that a browser loads first: the page with its cookie, scripts, styles, texts and pictures."""

import gzip
import hashlib
import json
from collections.abc import Callable, Container
from functools import partial
from importlib.resources import files
from pathlib import Path
from urllib.parse import parse_qs

from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from digitviz.dashboard import components
from digitviz.dashboard.ask import answer
from digitviz.dashboard.components import first_reading, reader
from digitviz.dashboard.components.component import SCRIPTS, address, texts_address
from digitviz.dashboard.maps import gallery
from digitviz.dashboard.runtime.shared import shared
from digitviz.dashboard.runtime.streamlit_internals import scripts_of_a_picture
from digitviz.dashboard.session.lease import COOKIE, key_in, new_key
from digitviz.figures.colours import style_sheet
from digitviz.figures.picture import themes
from digitviz.language import LANGUAGES, TRANSLATED, nearest, texts_of_scripts
from digitviz.networks.activations import ACTIVATIONS

ASSETS = Path(__file__).parents[1] / "assets"
PAGE_CSS = Path(components.__path__[0]) / "page.css"
BINARY = "application/octet-stream"
YEAR = 365 * 24 * 3600
_ASK_EACH_TIME = {"Cache-Control": "no-cache"}
_PACKED = _ASK_EACH_TIME | {"Content-Encoding": "gzip"}
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
"""Files of plotly.js: the third of it that 2D plots need, which a browser loads in half the time, and all of it."""


def activations_script() -> str:
    """Return the script `activations.js`: the activations in JavaScript, and where their derivatives are exactly 0."""
    functions = "".join(f"  {name}: (z) => {activation.javascript},\n" for name, activation in ACTIVATIONS.items())
    flat = "".join(f"  {name}: (a) => {activation.flat or 'false'},\n" for name, activation in ACTIVATIONS.items())
    tables = f"export const ACTIVATIONS = {{\n{functions}}};\n\nexport const FLAT = {{\n{flat}}};\n"
    return f'import {{ erf }} from "./special.js";\n\n{tables}'


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
    """Return compressed plotly.js. `shared().get` compresses it only once for a whole class."""
    return gzip.compress(PLOTLY[name].read_bytes(), 6, mtime=0)


def _sends(
    make: Callable[..., bytes | str], kind: str, allowed: Container[str] = (), headers: dict[str, str] = _ASK_EACH_TIME
) -> Callable[[Request], Response]:
    """Return the endpoint of a route that sends what `make` returns, unless the browser has it.

    Parameters
    ----------
    make : callable
        Called with the parameter of the path, if there is one.
    kind : str
        Media type.
    allowed : container of str
        Values of that parameter. The endpoint answers 404 for any other.
    headers : dict
    """

    def send(request: Request) -> Response:
        asked = request.path_params.values()
        if not all(name in allowed for name in asked):
            raise HTTPException(404)
        body = make(*asked)
        tag = {"ETag": f'"{hashlib.sha256(body if isinstance(body, bytes) else body.encode()).hexdigest()}"'}
        if request.headers.get("If-None-Match") == tag["ETag"]:
            return Response(status_code=304, headers=headers | tag)
        return Response(body, media_type=kind, headers=headers | tag)

    return send


def routes() -> list[BaseRoute]:
    """Return the routes of all our files for pages. The folder of static files comes last."""
    return [
        Route("/plotly/{name}", _sends(partial(shared().get, packed_plotly), "text/javascript", PLOTLY, _PACKED)),
        Route("/digitviz-assets/themes.json", _sends(lambda: json.dumps(themes()), "application/json")),
        Route("/digitviz-assets/colours.css", _sends(style_sheet, "text/css")),
        Route("/digitviz-assets/words-{code}.json", _sends(texts_of_scripts, "application/json", TRANSLATED, _KEEP)),
        Route("/digitviz-assets/pictures/{kind}", _sends(gallery.packed, BINARY, gallery.KINDS, _KEEP)),
        Route(f"/{reader.ADDRESS}", _sends(reader.known, BINARY, headers=_KEEP)),
        Route(f"/{answer.ADDRESS}", _sends(answer.table, "application/json", LANGUAGES, _KEEP)),
        Route(f"/{first_reading.ADDRESS}", _sends(first_reading.network, BINARY, headers=_KEEP)),
        Route("/digitviz-assets/{name}.js", _script),
        Mount("/digitviz-assets", StaticFiles(directory=ASSETS)),
    ]


EARLY = ("access", "elements", "numbers", "speak", "spots", "term", "words")
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
            plain = [(name, value) for name, value in scope["headers"] if name != b"accept-encoding"]
            scope = {**scope, "headers": plain}
        wanted = self.loaded + _preloaded_texts(scope, asked)
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


def _preloaded_texts(scope: Scope, headers: Headers) -> str:
    chosen = parse_qs(scope["query_string"].decode("latin-1")).get("lang", [])
    code = nearest([*chosen, headers.get("Accept-Language", "").split(",")[0]][0])
    return f'<link rel="preload" as="fetch" crossorigin href="{texts_address(code)}">' if code in TRANSLATED else ""


def _is_page(message: Message) -> bool:
    kind = dict(message["headers"]).get(b"content-type", b"")
    return bool(message["status"] == 200 and kind.startswith(b"text/html"))


def _cookie(headers: Headers) -> bytes:
    key = key_in(headers.getlist("cookie"))
    secure = "; Secure" if headers.get("x-forwarded-proto") == "https" else ""
    return f"{COOKIE}={key or new_key()}; Max-Age={YEAR}; Path=/; HttpOnly; SameSite=Lax{secure}".encode()
