"""Protection of the server: allowed hosts and origins, limits for uploads and messages, and security headers."""

import asyncio
import base64
import hashlib
import ipaddress
import re
import socket
from collections import Counter
from fnmatch import fnmatchcase
from weakref import WeakValueDictionary

import streamlit as st
from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from digitviz.dashboard.components.files import OWNER_IS_FULL, SERVER_IS_FULL, refusals
from digitviz.dashboard.components.invitation import address_on_network
from digitviz.dashboard.runtime import streamlit_internals
from digitviz.dashboard.runtime.outside import MAX_DIGITS
from digitviz.dashboard.runtime.shared import shared
from digitviz.dashboard.session.lease import key_in
from digitviz.language import Lazy
from digitviz.settings import HOSTS

LOOPBACK = ("localhost", "127.0.0.1", "::1")
EVERYWHERE = (None, "", "0.0.0.0", "::")
"""Values of the option that open the server to the network."""

UPLOAD = "/_stcore/upload_file/"
MAX_OF_AN_OWNER = 50_000_000
"""Maximum size in bytes of the files that wait for the pages of an owner, enough for two of the largest."""
MAX_OF_ALL = 500_000_000
"""Maximum size in bytes of the files of all owners."""

MESSAGES_PER_SECOND, MAX_AT_ONCE = 20.0, 60
"""Maximum number of messages of one owner, per second, and at once after a pause."""

_HOST = re.compile(r"(\[[0-9a-f:.]{2,45}\]|[a-z0-9._-]{1,253})(?::([0-9]{0,5}))?", re.ASCII | re.IGNORECASE)


def own_names() -> frozenset[str]:
    """Return the names by which others may reach this machine, in lower case."""
    names = [*LOOPBACK]
    address = st.get_option("server.address")
    if address in EVERYWHERE:
        here = socket.gethostname()
        names += [here, f"{here.removesuffix('.local')}.local", address_on_network()]
    else:
        names.append(address)
    return frozenset(_plain(name) for name in names if name)


def given_names() -> frozenset[str]:
    """Return the configured names of the server. "*.example.org" stands for all names below example.org."""
    names = [st.get_option("browser.serverAddress"), *st.get_option("server.allowedHosts")]
    names += HOSTS.value
    return frozenset(_plain(name.strip()) for name in names if name and name.strip())


def split_host(host: str) -> tuple[str, str] | None:
    """Split a `Host` header into a name, in lower case without brackets or a final dot, and a port, possibly "".

    Return None if it is not a valid host.
    """
    match = _HOST.fullmatch(host)
    return (_plain(match[1].strip("[]")), match[2] or "") if match else None


def _plain(name: str) -> str:
    """Return the normal form of a name or an IP address for comparisons."""
    try:
        address = ipaddress.ip_address(name)
    except ValueError:
        return name.lower().removesuffix(".")
    return str(getattr(address, "ipv4_mapped", None) or address)


def security_headers() -> list[tuple[bytes, bytes]]:
    """Return the headers that restrict how a browser may use an answer.

    Scripts come only from this server. Components start from a `blob:`, Streamlit and Plotly write inline styles, and
    images and fonts may be inline, too. Scripts cannot create scripts from text: neither the parts of Streamlit on our
    pages nor our plots in 2D and 3D need that.
    """
    inline = [hashlib.sha256(script).digest() for script in streamlit_internals.inline_scripts()]
    policy = {
        "default-src": ["'self'"],
        "script-src": ["'self'", "blob:", *(f"'sha256-{base64.b64encode(each).decode()}'" for each in inline)],
        "style-src": ["'self'", "'unsafe-inline'"],
        "img-src": ["'self'", "data:", "blob:"],
        "font-src": ["'self'", "data:"],
        "media-src": ["'self'", "data:", "blob:"],
        "worker-src": ["'self'", "blob:"],
        "object-src": ["'none'"],
        "base-uri": ["'self'"],
        "form-action": ["'self'"],
        "frame-ancestors": ["'self'"],
    }
    headers = {
        "content-security-policy": "; ".join(f"{what} {' '.join(sources)}" for what, sources in policy.items()),
        "x-content-type-options": "nosniff",
        "referrer-policy": "same-origin",
        "x-frame-options": "SAMEORIGIN",
    }
    return [(name.encode(), value.encode()) for name, value in headers.items()]


class Guard:
    """Refuses requests for other hosts or from other sites, and adds the headers to every answer.

    Otherwise a site whose name resolves to this machine (DNS rebinding) would have the same origin as the dashboard,
    and could do everything that its visitor can. An IP address cannot be rebound, so the one at which the connection
    arrived is always valid, and no list of this machine's addresses can become outdated.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self.names = own_names() | given_names()
        self.origins = frozenset(st.get_option("server.corsAllowedOrigins"))
        self.headers = security_headers()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on requests for this server."""
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
        """Return the answer for a request that is not for this server. None for all others."""
        headers = Headers(scope=scope)
        hosts = headers.getlist("host")
        host = split_host(hosts[0]) if len(hosts) == 1 else None
        if host is None:
            return PlainTextResponse("The request must have exactly one valid Host header.\n", 400)
        name, _ = host
        arrived_at, _ = scope.get("server") or ("", None)
        is_known = any(fnmatchcase(name, known) for known in self.names)  # some names may begin with a star
        if not is_known and name != _plain(arrived_at):
            return PlainTextResponse(
                f"This dashboard does not accept the host name {name}. To allow it, start the dashboard with the "
                f"environment variable {HOSTS.name}={name}.\n",
                421,
            )
        if scope["type"] == "websocket" and not self._is_ours(headers.get("origin"), host):
            return PlainTextResponse(
                "Other sites may not use this dashboard. If a proxy shows it under another site's name, start the "
                "dashboard with that site's URL in Streamlit's option server.corsAllowedOrigins.\n",
                403,
            )
        return None

    def _is_ours(self, origin: str | None, host: tuple[str, str]) -> bool:
        """Return whether a WebSocket request comes from one of our pages, or from a client that is not a browser."""
        if origin is None or origin in self.origins:
            return True
        theirs = split_host(origin.partition("://")[2])
        if theirs is None or theirs[0] != host[0]:
            return False
        return not host[1] or theirs[1] == host[1]  # a proxy may omit the port of the host

    def _with_headers(self, send: Send) -> Send:
        async def send_with_headers(message: Message) -> None:
            if message["type"] in ("http.response.start", "websocket.http.response.start"):
                given = {name.lower() for name, _ in message["headers"]}
                message["headers"] = [*message["headers"], *(new for new in self.headers if new[0] not in given)]
            await send(message)

        return send_with_headers


def owner_in(scope: Scope) -> str:
    """Return the owner whose share a request uses, as in `lease.share`: its browser's key, or else its address."""
    return key_in(Headers(scope=scope).getlist("cookie")) or str((scope.get("client") or [""])[0])


class Uploads:
    """Refuses files that would exceed the memory limit of one owner or of all together.

    A file in transit counts with the size that the browser declares. A file that a page has read no longer counts.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self.most_of_a_file = st.get_option("server.maxUploadSize") * 1024 * 1024
        self._arriving = Counter[str]()
        self._owners: dict[str, str] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on a request, unless it contains a file for which there is no room."""
        is_upload = scope["type"] == "http" and scope["method"] == "PUT" and UPLOAD in scope["path"]
        session = scope["path"].split("/")[-2] if is_upload else ""
        held = streamlit_internals.uploaded_bytes(session) if is_upload else None
        if held is None:
            await self.app(scope, receive, send)
            return
        length = Headers(scope=scope).get("content-length", "")
        if not (length.isascii() and length.isdigit()):
            await PlainTextResponse("The upload must declare its size.\n", 411)(scope, receive, send)
            return
        size = int(length[:MAX_DIGITS])
        why = None
        if size <= self.most_of_a_file:  # Streamlit itself refuses larger files before they arrive
            held += self._arriving
            self._owners = {each: owner for each, owner in self._owners.items() if each in held}
            self._owners[session] = owner_in(scope)
            why = self._refusal(session, size + streamlit_internals.BYTES_OF_AN_UPLOAD, held)
        if why is None:
            self._arriving[session] += size
            try:
                await self.app(scope, receive, send)
            finally:
                self._arriving -= Counter({session: size})  # in-place subtraction drops sessions with a count of zero
            return
        while (await receive()).get("more_body"):  # a browser reads the answer only after sending everything
            pass
        shared().get(refusals)[session] = why
        streamlit_internals.run_again(session, asyncio.get_running_loop())
        await PlainTextResponse(f"{why}\n", 413)(scope, receive, send)

    def _refusal(self, session: str, size: int, held: Counter[str]) -> Lazy | None:
        """Return why there is no room for a file of this size. None if there is."""
        owner = self._owners[session]
        of_owner = sum(taken for each, taken in held.items() if self._owners.get(each) == owner)
        if of_owner + size > MAX_OF_AN_OWNER:
            return OWNER_IS_FULL
        return SERVER_IS_FULL if held.total() + size > MAX_OF_ALL else None


class Messages:
    """Reads the messages of an owner at a limited rate. Further messages wait in the connections.

    A page sends a few messages per second. Without the limit, tabs that send them as fast as they can would keep the
    server busy with page runs.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self._budgets = WeakValueDictionary[str, _Budget]()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on a request. Limit the rate of messages if it is a WebSocket."""
        if scope["type"] != "websocket":
            await self.app(scope, receive, send)
            return
        budget = self._budgets.setdefault(owner_in(scope), _Budget())

        async def receive_limited() -> Message:
            message = await receive()
            if (pause := budget.take()) > 0:
                await asyncio.sleep(pause)
            return message

        try:
            await self.app(scope, receive_limited, send)
        finally:  # keep the budget until it is full, so that a new connection does not begin with a full one
            asyncio.get_running_loop().call_later(MAX_AT_ONCE / MESSAGES_PER_SECOND, lambda _: None, budget)


class _Budget:
    """Counts how many messages may be read."""

    def __init__(self) -> None:
        self._allowed, self._since = float(MAX_AT_ONCE), asyncio.get_running_loop().time()

    def take(self) -> float:
        """Count a message. Return the number of seconds to wait before reading another one."""
        now = asyncio.get_running_loop().time()
        self._allowed = min(MAX_AT_ONCE, self._allowed + (now - self._since) * MESSAGES_PER_SECOND) - 1
        self._since = now
        return -self._allowed / MESSAGES_PER_SECOND
