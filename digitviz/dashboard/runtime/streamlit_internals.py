"""Private parts of Streamlit that the dashboard uses or works around: a table, and the functions that use them.

An upgrade may change any of them. When the server starts, it logs missing parts once, and the dashboard works without
them. Tests check each member of `Internal` against the installed version.
"""

from __future__ import annotations

import functools
import logging
import math
import pkgutil
import re
import socket
from asyncio import AbstractEventLoop
from collections.abc import Callable
from enum import Enum
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

import streamlit as st

if TYPE_CHECKING:
    from streamlit.runtime.uploaded_file_manager import UploadedFile

SEEN_WITH = "1.67"
"""Version of Streamlit that has all of these parts."""
STATIC = Path(str(files("streamlit") / "static"))
SCRIPTS = STATIC / "static" / "js"
PARTS = ("BidiComponent", "serialization", "recordbatch", "_arrayReduce")
"""Streamlit's scripts that a browser requests only for the first of our pictures."""


class Internal(Enum):
    """A private part of Streamlit: why we need it, what happens without it, and its places.

    A place is an attribute, as "module:Class.attribute". An attribute of an instance counts if `__init__` uses its
    name, and an attribute of a function if the function does. Or a place is a pattern of files below `STATIC`, with a
    space and a text that one of the files contains. Without places, only a test can check the part.
    """

    FRAGMENT_IDS = (
        "Streamlit does not say publicly whether a run is one of fragments only. A fragment's timer can send a click "
        "before the click's own message, and only one of the two may count",
        "a click may count twice while a picture is being redrawn.",
        "streamlit.runtime.scriptrunner:ScriptRunContext.fragment_ids_this_run",
    )
    CLICKS_MAY_BE_LOST = (
        "the next request interrupts a run before it has handled its clicks, and no option prevents that. "
        "`answer_before_the_next` prevents lost clicks, such as a closed dialog that reappears",
        "a click may be lost if another follows it at once.",
        "streamlit.runtime.state.safe_session_state:SafeSessionState.on_script_will_rerun",
        "streamlit.runtime.state.safe_session_state:SafeSessionState._yield_callback",
    )
    PAGE_OF_A_FRAGMENT = (
        "after a visitor has followed a link, Streamlit runs a fragment of the previous page under that page's name. "
        "`run_no_part_of_a_page_that_was_left` drops such requests",
        "visitors who follow a link while a part of the page reruns may see an empty page.",
        "streamlit.runtime.app_session:AppSession.request_rerun",
        "streamlit.runtime.app_session:AppSession._create_new_session_message",
        "streamlit.runtime.app_session:AppSession._client_state",
        "streamlit.runtime.app_session:AppSession._pages_manager",
        "streamlit.runtime.pages_manager:PagesManager.main_script_hash",
        "streamlit.runtime.scriptrunner_utils.run_descriptor:RunDescriptor.fragment_ids",
    )
    SESSIONS = (
        "`st.rerun` reaches only its own session. A page whose run another server has taken, or another tab has "
        "deleted, must show that without a click",
        "such a page shows that only after the next click.",
        "streamlit.runtime.Runtime._session_mgr",
        "streamlit.runtime.get_instance",
        "streamlit.runtime.session_manager:SessionManager.get_active_session_info",
        "streamlit.runtime.app_session:AppSession._client_state",
        "streamlit.runtime.app_session:AppSession._state",
        "streamlit.runtime.app_session:AppSession.request_rerun",
        "streamlit.runtime.app_session:AppSessionState.APP_NOT_RUNNING",
    )
    UPLOADS = (
        "Streamlit limits the size of a single file only. We limit the files of one visitor and of all visitors "
        "together, and free the memory of files that a page has read",
        "one visitor can fill the server's memory with files.",
        "streamlit.runtime.Runtime.is_active_session",
        "streamlit.runtime.Runtime.uploaded_file_mgr",
        "streamlit.runtime.memory_uploaded_file_manager:MemoryUploadedFileManager.file_storage",
    )
    PAGES_DIRECTORY = (
        "there is no public switch. `st.navigation` sets it, but only after the first visit",
        "the first visitor of a new server who follows a link to a page sees it without navigation and layout.",
        "streamlit.runtime.pages_manager:PagesManager.uses_pages_directory",
    )
    PICTURE_SCRIPTS = (
        "a browser would request them only after Streamlit's first scripts. We make it load them at the same time",
        "the first picture of a visit appears some tenths of a second later.",
        *(f"static/js/{part}.*.js" for part in PARTS),
    )
    INLINE_SCRIPTS = (
        "we allow the inline scripts of Streamlit's page by their hashes and forbid all others",
        "inline scripts of Streamlit's page do not run. Version 1.67 has only one, for search engines.",
        "index.html",
    )
    SERVERS_ADDRESS = (
        "`server.js` tells Streamlit's script the server's URL. Otherwise it looks below the URL of each page",
        "the browser's console shows two 404 errors after following a link to a page.",
        "static/js/index.*.js BACKEND_BASE_URL",
    )
    CONNECTIONS = (
        "uvicorn, which Streamlit uses, does not limit the time that a request takes to arrive, and its socket does "
        "not name TCP as its protocol, so asyncio does not set TCP_NODELAY",
        "connections with unfinished requests stay open, and answers on a persistent connection may take 40 ms longer.",
        "uvicorn.protocols.http.h11_impl:H11Protocol.connection_made",
        "uvicorn.protocols.http.h11_impl:H11Protocol.data_received",
        "uvicorn.protocols.http.auto:AutoHTTPProtocol.conn",
    )
    UNSENT_IS_FORGOTTEN = (
        "runtime.app_session.AppSession ignores pending messages of the last run's thread once the next run has "
        "begun. With `turns.delivered`, no run ends before the server has received its messages",
        "the wait in `turns.delivered` is no longer useful.",
    )
    UNSENT_IS_DROPPED = (
        "Streamlit drops some of a fragment's unsent messages when the fragment reruns. `keep_what_is_unsent` sends "
        "them all, because other messages refer to them",
        "visitors who draw on a busy server may see an error instead of the page.",
        "streamlit.runtime.forward_msg_queue:ForwardMsgQueue.clear",
        "streamlit.runtime.app_session:AppSession._clear_queue.clear",
        "streamlit.runtime.forward_msg_queue:ForwardMsgQueue._delta_index_map",
    )
    TEST_IDS = (
        "Streamlit has no other names for what we style, as data-testid: stApp, stAppViewContainer, stHeader, "
        "stToolbar, stMain, stMainBlockContainer, stSidebar, stSidebarHeader, stSidebarNav, stSidebarNavItems, "
        "stSidebarNavLink, stSidebarNavSeparator, stNavSectionHeader, stSidebarUserContent, stSidebarCollapseButton, "
        "stExpandSidebarButton, stMenuButtonButton, stHorizontalBlock, stColumn, stElementContainer, "
        "stMarkdownContainer, stStatusWidget, stAlertContainer, stCaptionContainer, stBidiComponentRegular, stDialog, "
        "stSkipToContent, stTopNav, stExpander, stLayoutWrapper, stSkeleton, stTooltipIcon, "
        "stFileUploaderDropzoneInstructions, stFileChip, stMultiSelectTagsContainer. Our styles use them for margins, "
        "colours, sizes and positions, to show a button, to hide a dialog and to translate words, and our script uses "
        "them to translate a link",
        "margins are wider, captions are paler, things move while a page loads, the navigation "
        "shifts for the settings, which stay empty on a page without any and are far down on a phone, no key closes "
        "them, the page reports a lost server twice, and a link is always English.",
    )

    def __init__(self, why: str, without: str, *places: str) -> None:
        self.why, self.without, self.places = why, without, places

    def missing(self) -> str:
        """Return a message if the part is missing. Empty if it exists or has no places."""
        try:
            there = all(map(_is_there, self.places))
        except (ImportError, AttributeError, OSError):
            there = False
        return "" if there else self.sentence

    @property
    def sentence(self) -> str:
        """Message about the missing part."""
        what = ", ".join(self.places) or self.why
        return f"Streamlit {st.__version__} differs from {SEEN_WITH} ({what}): {self.without}"


def _is_there(place: str) -> bool:
    if "/" in place or place.endswith(".html"):
        pattern, _, text = place.partition(" ")
        return any(not text or text in path.read_text("utf-8") for path in STATIC.glob(pattern))
    owner, _, name = place.rpartition(".")
    found = pkgutil.resolve_name(owner)
    code = getattr(found, "__code__", None) or getattr(found.__init__, "__code__", None)
    used = (code.co_names if code else (), getattr(found, "__annotations__", ()))
    return hasattr(found, name) or any(name in names for names in used)


def _instead_of(internal: Internal, name: str) -> Callable[[Callable[..., Any]], None]:
    """Replace a method once: the internal's first place with this name, and only if the internal is as expected.

    The new function gets the original method as its first argument.
    """

    def put(function: Callable[..., Any]) -> None:
        if internal.missing():
            return
        place = next(place for place in internal.places if place.endswith(f".{name}"))
        its_class = pkgutil.resolve_name(place.rpartition(".")[0])
        original = getattr(its_class, name)
        if not hasattr(original, "__wrapped__"):  # not replaced before

            @functools.wraps(original)
            def replacement(*arguments: Any, **options: Any) -> Any:
                return function(original, *arguments, **options)

            setattr(its_class, name, replacement)

    return put


BYTES_OF_AN_UPLOAD = 10_000
"""Memory of a file in addition to its content."""

_INLINE_SCRIPT = re.compile(rb"<script>(.*?)</script>", re.DOTALL)

log = logging.getLogger(__name__)


def report() -> None:
    """Log the parts that the installed Streamlit lacks. The server calls this once when it starts."""
    for internal in Internal:
        if said := internal.missing():
            log.warning(said)


def only_fragments_run() -> bool | None:
    """Return whether this run is one of fragments only. None if Streamlit does not say."""
    try:
        from streamlit.runtime.scriptrunner import get_script_run_ctx

        context = get_script_run_ctx()
        return context is not None and bool(context.fragment_ids_this_run)
    except (ImportError, AttributeError):
        return None


def session() -> str | None:
    """Return Streamlit's id of the session whose page is running. None if it is not available."""
    try:
        from streamlit.runtime.scriptrunner import get_script_run_ctx
    except ImportError:
        return None
    return getattr(get_script_run_ctx(), "session_id", None)


_awaited = set[str]()  # sessions whose pages rerun soon


def run_again(session: str, loop: AbstractEventLoop, tries: int = 10) -> None:
    """Rerun the page of a session soon, without a click. Call this on the server's event loop.

    Several calls within half a second rerun it once. If the page is running, wait for its end. Otherwise the visitor's
    latest choice would be lost.
    """
    if session not in _awaited and not Internal.SESSIONS.missing():
        _awaited.add(session)
        loop.call_later(0.5, _run_again, session, loop, tries)


def _run_again(session: str, loop: AbstractEventLoop, tries: int) -> None:
    _awaited.discard(session)
    from streamlit import runtime
    from streamlit.runtime.app_session import AppSessionState

    found = runtime.get_instance()._session_mgr.get_active_session_info(session) if runtime.exists() else None
    if found is None:  # a disconnected browser reruns its page when it reconnects
        return
    if found.session._state is AppSessionState.APP_NOT_RUNNING:
        found.session.request_rerun(found.session._client_state)
    elif tries:
        run_again(session, loop, tries - 1)


def uploaded_bytes(session: str) -> tuple[int, int] | None:
    """Return the memory of a session's files and of all sessions' files. None if there is no such session."""
    if Internal.UPLOADS.missing():
        return None
    from streamlit import runtime

    if not runtime.exists() or not runtime.get_instance().is_active_session(session):
        return None
    files = runtime.get_instance().uploaded_file_mgr.file_storage  # type: ignore[attr-defined]
    sizes = {
        each: sum(len(file.data) + BYTES_OF_AN_UPLOAD for file in [*held.values()]) for each, held in [*files.items()]
    }
    return sizes.get(session, 0), sum(sizes.values())


def forget_content(file: UploadedFile) -> None:
    """Free the memory of a file that a page has read. Keep the file without its content."""
    if Internal.UPLOADS.missing():
        return
    from streamlit.runtime.scriptrunner import get_script_run_ctx
    from streamlit.runtime.uploaded_file_manager import UploadedFileRec

    if (context := get_script_run_ctx()) is not None:
        empty = UploadedFileRec(file.file_id, file.name, file.type, b"")
        context.uploaded_file_mgr.add_file(context.session_id, empty)  # type: ignore[attr-defined]


def answer_before_the_next() -> None:
    """Make every run of a page finish handling its clicks, even if there is a newer request.

    A browser reports a click once. Streamlit lets the next request interrupt a run before or while it handles its
    click, at any access to the session state, and the following run does not know about that click. On a busy server,
    two requests often arrive together. A dialog that was closed just before another click would then reappear.
    """

    @_instead_of(Internal.CLICKS_MAY_BE_LOST, "on_script_will_rerun")
    def answer(begin: Callable[..., None], state: Any, *arguments: Any, **options: Any) -> None:
        heed_requests = state._yield_callback
        object.__setattr__(state, "_yield_callback", lambda: None)  # a normal assignment would change the page's state
        try:
            begin(state, *arguments, **options)
        finally:
            object.__setattr__(state, "_yield_callback", heed_requests)


def run_no_part_of_a_page_that_was_left() -> None:
    """Drop a browser's requests for a page after it has requested another.

    A request for a part of a page may arrive just after the visitor has followed a link. Streamlit runs the part after
    the new page but under the old page's name. The browser takes that for a change of pages and gets no message for the
    elements that it removes. The new page is shown once a whole page begins, not if a part of the old one does.
    """

    @_instead_of(Internal.PAGE_OF_A_FRAGMENT, "request_rerun")
    def heed(request: Callable[..., None], session: Any, client_state: Any) -> None:
        page = "" if client_state is None else client_state.page_script_hash
        if page and client_state.fragment_id:
            shown = session.__dict__.get("_digitviz_next") or session._client_state.page_script_hash
            if shown not in {"", page, session._pages_manager.main_script_hash}:  # the main script, if opened by a link
                return
        elif page:
            session.__dict__["_digitviz_next"] = page
        request(session, client_state)

    @_instead_of(Internal.PAGE_OF_A_FRAGMENT, "_create_new_session_message")
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

    @_instead_of(Internal.UNSENT_IS_DROPPED, "clear")
    def keep(clear: Callable[..., None], queue: Any, *arguments: Any, **options: Any) -> None:
        if options.get("fragment_ids_this_run") is None:
            clear(queue, *arguments, **options)
        else:
            queue._delta_index_map = {}  # append the new run's messages instead of replacing existing ones


def serve_navigation_only() -> None:
    """Prevent Streamlit from serving pages/ itself to the first visitor of a new server who follows a deep link."""
    if not Internal.PAGES_DIRECTORY.missing():
        from streamlit.runtime.pages_manager import PagesManager

        PagesManager.uses_pages_directory = False


def scripts_of_a_picture() -> list[str]:
    """Return the URL paths of the scripts that Streamlit loads with its first component."""
    return [f"static/js/{path.name}" for part in PARTS for path in SCRIPTS.glob(f"{part}.*.js")]


def inline_scripts() -> list[bytes]:
    """Return the inline scripts of Streamlit's page. Empty if the page is not found."""
    try:
        return _INLINE_SCRIPT.findall((STATIC / "index.html").read_bytes())
    except OSError:
        return []


HALF_OPEN_SECONDS = 20.0
"""Limit for the time that a request takes to arrive, or to send more of its body."""


def tend_connections() -> None:
    """Close connections with unfinished requests, and send the last bytes of each answer at once.

    uvicorn waits for such requests forever. Without TCP_NODELAY, the last bytes leave only when the browser has
    confirmed the previous ones, 40 ms later.
    """
    if Internal.CONNECTIONS.missing():
        return
    import h11

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

    @_instead_of(Internal.CONNECTIONS, "connection_made")
    def connection_made(begin: Callable[..., None], protocol: Any, transport: Any) -> None:
        connection = transport.get_extra_info("socket")
        if connection is not None and connection.family in (socket.AF_INET, socket.AF_INET6):
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        begin(protocol, transport)
        protocol._digitviz_since = protocol.loop.time()
        watch(protocol)

    @_instead_of(Internal.CONNECTIONS, "data_received")
    def data_received(receive: Callable[..., None], protocol: Any, data: bytes) -> None:
        receive(protocol, data)
        if protocol.conn.their_state is not h11.IDLE:  # the request's head is complete
            protocol._digitviz_since = protocol.loop.time()


ACCEPT_SECONDS = 60.0
"""Time between two log messages about connections that cannot be accepted."""


def say_rarely_that_none_is_accepted(loop: AbstractEventLoop) -> None:
    """Log at most once a minute that the server has no file descriptor left for a connection.

    asyncio tries 2,048 times a second and logs a traceback each time. If the server stops meanwhile, as many pending
    tries log another one. Otherwise asyncio behaves correctly and waits.
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
