"""Private parts of Streamlit that the dashboard uses or works around.

They are those of version 1.67. An upgrade may change any of them, so `requirements.txt` allows only this minor version,
and a test checks each of them. Each function says why Streamlit's public parts are not enough, and what would happen
without it.

Streamlit's names of elements, data-testid, are internal too. Our styles use them for margins, colours, sizes and
positions, and our scripts to translate words, because Streamlit has no other names for these elements. Without them,
margins are wider, things move while a page loads, the navigation shifts for the settings, no key closes the settings,
the page reports a lost server twice, and links to the content are always English.
"""

import functools
import logging
import math
import re
import socket
from asyncio import AbstractEventLoop
from collections import Counter
from collections.abc import Callable
from importlib.resources import files
from pathlib import Path
from typing import Any

from streamlit import runtime
from streamlit.runtime import app_session
from streamlit.runtime.app_session import AppSession, AppSessionState
from streamlit.runtime.forward_msg_queue import ForwardMsgQueue
from streamlit.runtime.pages_manager import PagesManager
from streamlit.runtime.scriptrunner import get_script_run_ctx
from streamlit.runtime.state import SafeSessionState
from streamlit.runtime.uploaded_file_manager import UploadedFile, UploadedFileRec

STATIC = Path(str(files("streamlit") / "static"))
SCRIPTS = STATIC / "static" / "js"
PARTS = ("BidiComponent", "serialization", "recordbatch", "_arrayReduce")
"""Streamlit's scripts that a browser requests only for the first of our pictures."""


def _instead_of(owner: Any, name: str) -> Callable[[Callable[..., Any]], None]:
    """Replace a method or a module's function once. The new function gets the original one as its first argument."""

    def put(function: Callable[..., Any]) -> None:
        original = getattr(owner, name)
        if not hasattr(original, "__wrapped__"):  # not replaced before

            @functools.wraps(original)
            def replacement(*arguments: Any, **options: Any) -> Any:
                return function(original, *arguments, **options)

            setattr(owner, name, replacement)

    return put


BYTES_OF_AN_UPLOAD = 10_000
"""Memory of a file in addition to its content."""

_INLINE_SCRIPT = re.compile(rb"<script>(.*?)</script>", re.DOTALL)

log = logging.getLogger(__name__)


def only_fragments_run() -> bool:
    """Return whether only fragments run, not the whole page.

    Streamlit has no public function for this. A fragment's timer can send a click before the click's own message, and
    only one of the two may count. Without this, a click may count twice while a picture is being redrawn.
    """
    context = get_script_run_ctx()
    return context is not None and bool(context.fragment_ids_this_run)


def session() -> str | None:
    """Return Streamlit's id of the session whose page is running. None if there is none."""
    return getattr(get_script_run_ctx(), "session_id", None)


_awaited = set[str]()  # sessions whose pages rerun soon


def run_again(session: str, loop: AbstractEventLoop, tries: int = 10) -> None:
    """Rerun the page of a session soon, without a click. Call this on the server's event loop.

    `st.rerun` only reruns its own session. Without this, a page would not show until the next click that another server
    has taken its run, or that another tab has deleted it. Several calls within half a second rerun the page once. If
    the page is running, wait for its end; otherwise the visitor's latest choice would be lost.
    """
    if session not in _awaited:
        _awaited.add(session)
        loop.call_later(0.5, _run_again, session, loop, tries)


def _run_again(session: str, loop: AbstractEventLoop, tries: int) -> None:
    _awaited.discard(session)
    found = runtime.get_instance()._session_mgr.get_active_session_info(session) if runtime.exists() else None
    if found is None:  # a disconnected browser reruns its page when it reconnects
        return
    if found.session._state is AppSessionState.APP_NOT_RUNNING:
        found.session.request_rerun(found.session._client_state)
    elif tries:
        run_again(session, loop, tries - 1)


def uploaded_bytes(session: str) -> Counter[str] | None:
    """Return the memory of the files of each session. None if there is no such session.

    Streamlit limits only the size of a single file. Without limits for the files of one visitor and of all visitors
    together, one visitor can fill the server's memory.
    """
    if not runtime.exists() or not runtime.get_instance().is_active_session(session):
        return None
    files = runtime.get_instance().uploaded_file_mgr.file_storage  # type: ignore[attr-defined]
    sizes = {each: [len(file.data) for file in [*held.values()]] for each, held in [*files.items()]}
    return Counter({each: sum(held) + len(held) * BYTES_OF_AN_UPLOAD for each, held in sizes.items()})


def forget_content(file: UploadedFile) -> None:
    """Free the memory of a file that a page has read. Keep the file without its content.

    Streamlit keeps the content until the visitor removes the file or leaves.
    """
    if (context := get_script_run_ctx()) is not None:
        empty = UploadedFileRec(file.file_id, file.name, file.type, b"")
        context.uploaded_file_mgr.add_file(context.session_id, empty)  # type: ignore[attr-defined]


def answer_before_the_next() -> None:
    """Make every run of a page finish handling its clicks, even if there is a newer request.

    A browser reports each click once. Streamlit lets the next request interrupt a run at any access to the session
    state, even before the run has handled its click, and then that click is lost. On a busy server, two requests often
    arrive together. For example, a dialog closed just before another click would reappear. Streamlit has no option
    against that.
    """

    @_instead_of(SafeSessionState, "on_script_will_rerun")
    def answer(begin: Callable[..., None], state: Any, *arguments: Any, **options: Any) -> None:
        heed_requests = state._yield_callback
        object.__setattr__(state, "_yield_callback", lambda: None)  # a normal assignment would change the page's state
        try:
            begin(state, *arguments, **options)
        finally:
            object.__setattr__(state, "_yield_callback", heed_requests)


def run_no_part_of_a_page_that_was_left() -> None:
    """Drop a browser's requests for a page after it has requested another.

    A request for a part of a page may arrive just after the visitor has followed a link. Streamlit then runs the part
    after the new page, under the old page's name. The browser takes this for another change of pages and removes
    elements that no message restores. So drop requests for a part of a page once the browser has requested another
    page, until that one begins.
    """

    @_instead_of(AppSession, "request_rerun")
    def heed(request: Callable[..., None], session: Any, client_state: Any) -> None:
        page = "" if client_state is None else client_state.page_script_hash
        if page and client_state.fragment_id:
            shown = session.__dict__.get("_digitviz_next") or session._client_state.page_script_hash
            if shown not in {"", page, session._pages_manager.main_script_hash}:  # the main script, if opened by a link
                return
        elif page:
            session.__dict__["_digitviz_next"] = page
        request(session, client_state)

    @_instead_of(AppSession, "_create_new_session_message")
    def begun(begin: Callable[..., Any], session: Any, page: str, run: Any, *arguments: Any, **options: Any) -> Any:
        if not run.fragment_ids:
            session.__dict__.pop("_digitviz_next", None)  # the session's own state has it now
        return begin(session, page, run, *arguments, **options)


def keep_what_is_unsent() -> None:
    """Send all messages of the runs of a page's parts, as a fast server does.

    If a part reruns before the server has sent the messages of its last run, Streamlit drops them, but keeps those of
    nested parts and references to earlier data. These arrive before their parent blocks, and the browser shows "Cannot
    set a node at a delta path" instead of the page. Streamlit also reports an early end for a run that it kept, so the
    elements that this run removed stay. Runs end when the server has received their messages (`turns.delivered`), so
    only a few runs' messages accumulate.
    """

    @_instead_of(ForwardMsgQueue, "clear")
    def keep(clear: Callable[..., None], queue: Any, *arguments: Any, **options: Any) -> None:
        if options.get("fragment_ids_this_run") is None:
            clear(queue, *arguments, **options)
        else:
            queue._delta_index_map = {}  # append the new run's messages instead of replacing existing ones


def read_the_theme_once() -> None:
    """Send the theme with each run of a page or a part without reading the configuration again.

    Otherwise Streamlit reads all of its options six times for each run, on the event loop, which adds 1.8 ms to each
    click in a class of 100. The configuration does not change while the server runs.
    """
    known = dict[tuple[Any, ...], Any]()

    @_instead_of(app_session, "_populate_theme_msg")
    def fill(fill: Callable[..., None], message: Any, *section: str) -> None:
        if section in known:
            message.CopyFrom(known[section])
        else:
            fill(message, *section)
            known[section] = type(message)()
            known[section].CopyFrom(message)


def serve_navigation_only() -> None:
    """Prevent Streamlit from serving pages/ itself to the first visitor of a new server who follows a deep link.

    There is no public switch, and `st.navigation` sets this one only in the first visit. That visitor would see the
    page without navigation and layout.
    """
    PagesManager.uses_pages_directory = False


def scripts_of_a_picture() -> list[str]:
    """Return the URL paths of the scripts that Streamlit loads with its first component.

    We let the browser load them together with Streamlit's first scripts. Without this, the first picture of a visit
    appears some tenths of a second later.
    """
    return [f"static/js/{path.name}" for part in PARTS for path in SCRIPTS.glob(f"{part}.*.js")]


def inline_scripts() -> list[bytes]:
    """Return the inline scripts of Streamlit's page, to allow them alone. There is one, for search engines."""
    return _INLINE_SCRIPT.findall((STATIC / "index.html").read_bytes())


HALF_OPEN_SECONDS = 20.0
"""Maximum time for a request to arrive, or to send more of its body."""


def tend_connections() -> None:
    """Close connections with unfinished requests, and send the last bytes of each answer at once.

    uvicorn, which Streamlit uses, has no such limit, so an attacker could hold all file descriptors with half-open
    requests. Its socket does not name TCP as its protocol, so asyncio does not set TCP_NODELAY itself: the last bytes
    would leave only when the browser has confirmed the previous ones, 40 ms later.
    """
    import h11
    from uvicorn.protocols.http.h11_impl import H11Protocol

    def watch(protocol: Any) -> None:
        now, coming = protocol.loop.time(), protocol.conn.their_state in (h11.IDLE, h11.SEND_BODY)
        transport = protocol.transport
        if transport.is_closing() or transport.get_protocol() is not protocol:  # a WebSocket has replaced the protocol
            return
        if not coming:
            protocol._digitviz_since = now
        if now - protocol._digitviz_since >= HALF_OPEN_SECONDS:
            transport.close()
        else:
            protocol.loop.call_later(HALF_OPEN_SECONDS / 4, watch, protocol)

    @_instead_of(H11Protocol, "connection_made")
    def connection_made(begin: Callable[..., None], protocol: Any, transport: Any) -> None:
        connection = transport.get_extra_info("socket")
        if connection is not None and connection.family in (socket.AF_INET, socket.AF_INET6):
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        begin(protocol, transport)
        protocol._digitviz_since = protocol.loop.time()
        watch(protocol)

    @_instead_of(H11Protocol, "data_received")
    def data_received(receive: Callable[..., None], protocol: Any, data: bytes) -> None:
        receive(protocol, data)
        if protocol.conn.their_state is not h11.IDLE:  # the request's head is complete
            protocol._digitviz_since = protocol.loop.time()


ACCEPT_SECONDS = 60.0
"""Time between two log messages about connections that cannot be accepted."""


def say_rarely_that_none_is_accepted(loop: AbstractEventLoop) -> None:
    """Log at most once a minute that the server has no file descriptor left for a connection.

    Otherwise asyncio tries 2,048 times a second and logs a traceback each time, and again for each pending attempt if
    the server stops meanwhile. Apart from the log, asyncio handles the situation well: it waits.
    """
    said_at = -math.inf

    def handle(loop: AbstractEventLoop, context: dict[str, Any]) -> None:
        nonlocal said_at
        if not re.search(r"accept\(\) out of system resource|\b_start_serving\b", str(context.get("message"))):
            loop.default_exception_handler(context)
        elif loop.time() - said_at >= ACCEPT_SECONDS:
            said_at = loop.time()
            log.error("no connection can be accepted: %s", context.get("exception"))

    loop.set_exception_handler(handle)
