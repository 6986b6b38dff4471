"""The cookie that tells a browser from every other: it comes with the page, before the page connects."""

from __future__ import annotations

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from digitviz.dashboard.session.owner import COOKIE, key_in, new_key

YEAR = 365 * 24 * 3600


class Owners:
    """Gives a browser that has none a key, with the HTML page alone.

    No script can read it, and no other site's page can make the browser send it along with a form. It is renewed with
    each page, so that it lasts a year from the last visit.

    Parameters
    ----------
    app : ASGI application
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on; the answer to it may carry the cookie."""
        if scope["type"] != "http" or scope["method"] != "GET":
            await self.app(scope, receive, send)
            return
        headers = Headers(scope=scope)

        async def send_with_cookie(message: Message) -> None:
            if message["type"] == "http.response.start" and _is_page(message):
                # A proxy that keeps the page for all would hand the same key to everybody.
                message["headers"] = [*message["headers"], (b"set-cookie", _cookie(headers)), (b"vary", b"Cookie")]
            await send(message)

        await self.app(scope, receive, send_with_cookie)


def _is_page(message: Message) -> bool:
    kind = dict(message["headers"]).get(b"content-type", b"")
    return bool(message["status"] == 200 and kind.startswith(b"text/html"))


def _cookie(headers: Headers) -> bytes:
    key = key_in(headers.getlist("cookie"))
    secure = "; Secure" if headers.get("x-forwarded-proto") == "https" else ""
    return f"{COOKIE}={key or new_key()}; Max-Age={YEAR}; Path=/; HttpOnly; SameSite=Lax{secure}".encode()
