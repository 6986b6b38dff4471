"""What guards the server's answers: whom it answers, what it takes, and what a browser may do with what it is sent."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import ipaddress
import re
import socket
from collections import Counter
from collections.abc import Sequence
from fnmatch import fnmatchcase
from functools import lru_cache

import streamlit as st
from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from digitviz.dashboard.components.files import SERVER_IS_FULL, TAB_IS_FULL, refusals
from digitviz.dashboard.components.invitation import address_on_network
from digitviz.dashboard.runtime import streamlit_internals
from digitviz.dashboard.runtime.outside import MAX_DIGITS
from digitviz.dashboard.runtime.shared import shared
from digitviz.language import Lazy
from digitviz.settings import HOSTS

LOOPBACK = ("localhost", "127.0.0.1", "::1")
EVERYWHERE = (None, "", "0.0.0.0", "::")
"""Addresses that open the server to the network."""
FRAME_ANCESTORS = ("'self'",)
"""Who may show the dashboard in a frame, as in a Content-Security-Policy."""

UPLOAD = "/_stcore/upload_file/"
MAX_OF_A_TAB = 50_000_000
"""Bytes of files that one tab may send before a page reads them: two of the largest."""
MAX_OF_ALL = 500_000_000
"""Bytes of files of all tabs together."""

_HOST = re.compile(r"(\[[0-9a-f:.]{2,45}\]|[a-z0-9._-]{1,253})(?::([0-9]{0,5}))?", re.ASCII | re.IGNORECASE)


def own_names() -> frozenset[str]:
    """Return what this machine is called by whoever may reach the server, in lower case."""
    names = [*LOOPBACK]
    address = st.get_option("server.address")
    if address in EVERYWHERE:
        here = socket.gethostname()
        names += [here, f"{here.removesuffix('.local')}.local", address_on_network()]
    else:
        names.append(address)
    return frozenset(_plain(name) for name in names if name)


def given_names() -> frozenset[str]:
    """Return the names that the server was told it is reached by; "*.example.org" stands for all below example.org."""
    names = [st.get_option("browser.serverAddress"), *st.get_option("server.allowedHosts")]
    names += HOSTS.value
    return frozenset(_plain(name.strip()) for name in names if name and name.strip())


def split_host(host: str) -> tuple[str, str] | None:
    """Take a `Host` apart into a name, in lower case without brackets or a last dot, and a port, which may be "".

    None if it is not written as the host of an address must be.
    """
    match = _HOST.fullmatch(host)
    return (_plain(match[1].strip("[]")), match[2] or "") if match else None


@lru_cache(maxsize=256)
def _plain(name: str) -> str:
    """Write a name or an address in the one way in which it is compared."""
    try:
        address = ipaddress.ip_address(name)
    except ValueError:
        return name.lower().removesuffix(".")
    return str(getattr(address, "ipv4_mapped", None) or address)


def is_among(name: str, names: frozenset[str]) -> bool:
    """Return whether a name from `split_host` is one of these, or lies below one that begins with a star."""
    return any(fnmatchcase(name, known) for known in names)


def security_headers(frame_ancestors: Sequence[str] = FRAME_ANCESTORS) -> list[tuple[bytes, bytes]]:
    """Return the headers that tell a browser what it may do with an answer.

    Scripts come from this server alone. Components are started from a `blob:`, Streamlit and Plotly write styles
    into elements, and pictures and fonts come inline too. No script may make another out of text: neither
    Streamlit's parts that our pages use nor the plots that we draw, in the plane and in space, need it.
    """
    policy = {
        "default-src": ["'self'"],
        "script-src": ["'self'", "blob:", *_streamlits_inline_scripts()],
        "style-src": ["'self'", "'unsafe-inline'"],
        "img-src": ["'self'", "data:", "blob:"],
        "font-src": ["'self'", "data:"],
        "media-src": ["'self'", "data:", "blob:"],
        "worker-src": ["'self'", "blob:"],
        "object-src": ["'none'"],
        "base-uri": ["'self'"],
        "form-action": ["'self'"],
        "frame-ancestors": frame_ancestors,
    }
    headers = {
        "content-security-policy": "; ".join(f"{what} {' '.join(sources)}" for what, sources in policy.items()),
        "x-content-type-options": "nosniff",
        "referrer-policy": "same-origin",
    }
    if tuple(frame_ancestors) == FRAME_ANCESTORS:  # the older header knows no list
        headers["x-frame-options"] = "SAMEORIGIN"
    return [(name.encode(), value.encode()) for name, value in headers.items()]


def _streamlits_inline_scripts() -> list[str]:
    """Return the sources that allow the scripts written into Streamlit's page: their hashes."""
    digests = [hashlib.sha256(script).digest() for script in streamlit_internals.inline_scripts()]
    return [f"'sha256-{base64.b64encode(digest).decode()}'" for digest in digests]


class Guard:
    """Refuses whoever asks for another host or comes from another site, and adds the headers to every answer.

    A site that leads a name of its own to this machine (DNS rebinding) would else be of the same origin as the
    dashboard, and could do in it what its visitor can. An address cannot be led elsewhere: it is right if it is the
    one at which the connection arrived, so no list of this machine's addresses is kept that could grow old.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self.names = own_names() | given_names()
        self.origins = frozenset(st.get_option("server.corsAllowedOrigins"))
        self.headers = security_headers()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on what is meant for this server."""
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
            return
        is_http = scope["type"] == "http"
        refused = self._refusal(scope)
        if refused is None:
            await self.app(scope, receive, self._with_headers(send) if is_http else send)
        elif is_http or "websocket.http.response" in scope.get("extensions", {}):
            await refused(scope, receive, self._with_headers(send))
        else:
            await send({"type": "websocket.close", "code": 1008})

    def _refusal(self, scope: Scope) -> PlainTextResponse | None:
        """Return the answer for a request that is not meant for this server, else None."""
        headers = Headers(scope=scope)
        hosts = headers.getlist("host")
        host = split_host(hosts[0]) if len(hosts) == 1 else None
        if host is None:
            return PlainTextResponse("A request must name the host that it is for, once.\n", 400)
        name, _ = host
        arrived_at, _ = scope.get("server") or ("", None)
        if not is_among(name, self.names) and name != _plain(arrived_at):
            return PlainTextResponse(
                f"This dashboard does not go by the name {name}; if it should, start it with the environment variable "
                f"{HOSTS.name}={name}.\n",
                421,
            )
        if scope["type"] == "websocket" and not self._is_ours(headers.get("origin"), host):
            return PlainTextResponse(
                "Another site may not use this dashboard; if a proxy shows it under that site's name, start it with "
                "that site's address in Streamlit's option server.corsAllowedOrigins.\n",
                403,
            )
        return None

    def _is_ours(self, origin: str | None, host: tuple[str, str]) -> bool:
        """Tell whether a WebSocket is asked for by one of our pages; what is no browser tells of no origin."""
        if origin is None or origin in self.origins:
            return True
        theirs = split_host(origin.partition("://")[2])
        if theirs is None or theirs[0] != host[0]:
            return False
        return not host[1] or theirs[1] == host[1]  # a proxy may leave the port out of the host

    def _with_headers(self, send: Send) -> Send:
        async def send_with_headers(message: Message) -> None:
            if message["type"] in ("http.response.start", "websocket.http.response.start"):
                given = {name.lower() for name, _ in message["headers"]}
                message["headers"] = [*message["headers"], *(new for new in self.headers if new[0] not in given)]
            await send(message)

        return send_with_headers


class Uploads:
    """Refuses a file that would take more memory than there is for one tab, or for all visitors together.

    What is on its way counts with the size that the browser gives for it. What a page has read counts no more.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self.most_of_a_file = st.get_option("server.maxUploadSize") * 1024 * 1024
        self._arriving = Counter[str]()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, unless it brings a file for which there is no room."""
        is_upload = scope["type"] == "http" and scope["method"] == "PUT" and UPLOAD in scope["path"]
        session = scope["path"].split("/")[-2] if is_upload else ""
        held = streamlit_internals.uploaded_bytes(session) if is_upload else None
        if held is None:
            await self.app(scope, receive, send)
            return
        length = Headers(scope=scope).get("content-length", "")
        if not (length.isascii() and length.isdigit()):
            await PlainTextResponse("A file must come with its size.\n", 411)(scope, receive, send)
            return
        size = int(length[:MAX_DIGITS])
        why = None
        if size <= self.most_of_a_file:  # Streamlit refuses a larger one before it comes
            why = self._refusal(session, size + streamlit_internals.BYTES_OF_AN_UPLOAD, held)
        if why is None:
            self._arriving[session] += size
            try:
                await self.app(scope, receive, send)
            finally:
                self._arriving -= Counter({session: size})  # without those of which nothing is left
            return
        while (await receive()).get("more_body"):  # a browser that cannot send it all does not look at the answer
            pass
        shared().get(refusals)[session] = why
        streamlit_internals.run_again(session, asyncio.get_running_loop())
        await PlainTextResponse(f"{why}\n", 413)(scope, receive, send)

    def _refusal(self, session: str, size: int, held: tuple[int, int]) -> Lazy | None:
        """Return why there is no room for a file of this size; None if there is."""
        of_session, of_all = held
        if of_session + self._arriving[session] + size > MAX_OF_A_TAB:
            return TAB_IS_FULL
        return SERVER_IS_FULL if of_all + self._arriving.total() + size > MAX_OF_ALL else None
