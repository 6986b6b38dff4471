"""Private parts of Streamlit that the dashboard uses or works around: one table, and the functions that use them.

An upgrade may change any of them. The server looks for each when it starts: it logs what is missing, once, and the
dashboard works without its benefit. Tests check each member of `Internal` against the installed version.
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
"""The version of Streamlit that has all of them."""
STATIC = Path(str(files("streamlit") / "static"))
SCRIPTS = STATIC / "static" / "js"
PARTS = ("BidiComponent", "serialization", "recordbatch", "_arrayReduce")
"""Streamlit's own scripts that it requests only when the first of our pictures appears."""


class Internal(Enum):
    """A private part: why it cannot go, what happens without it, and where it is.

    A place is an attribute, as "module:Class.attribute" (an attribute of an instance counts if `__init__` uses its
    name, an attribute of a function if the function does), or a pattern of files below `STATIC`, with a space and the
    text that one of them contains. Without places only a test can find out whether it is still there.
    """

    FRAGMENT_IDS = (
        "Streamlit does not say publicly whether a run is one of fragments only. A fragment's timer can carry a click "
        "along before the click's own message: only one of the two may count",
        "a click at the moment a picture is redrawn may count twice.",
        "streamlit.runtime.scriptrunner:ScriptRunContext.fragment_ids_this_run",
    )
    CLICKS_MAY_BE_LOST = (
        "the next request breaks off a run that has not answered its clicks yet, or is answering them, and there is no "
        "option against it: `answer_before_the_next` lets no click be lost, else a closed dialog comes back",
        "a click may be lost when another follows it at once.",
        "streamlit.runtime.state.safe_session_state:SafeSessionState.on_script_will_rerun",
        "streamlit.runtime.state.safe_session_state:SafeSessionState._yield_callback",
    )
    PAGE_OF_A_FRAGMENT = (
        "Streamlit runs a fragment of the page before in its name, after a visitor has followed a link: "
        "`run_no_part_of_a_page_that_was_left` drops such requests",
        "who follows a link at the moment when a part of the page is run again may see an empty page.",
        "streamlit.runtime.app_session:AppSession.request_rerun",
        "streamlit.runtime.app_session:AppSession._create_new_session_message",
        "streamlit.runtime.app_session:AppSession._client_state",
        "streamlit.runtime.app_session:AppSession._pages_manager",
        "streamlit.runtime.pages_manager:PagesManager.main_script_hash",
    )
    SESSIONS = (
        "`st.rerun` reaches only its own session: a page whose run another server has taken, or another tab has "
        "deleted, says so without a click",
        "such a page says so with the next click.",
        "streamlit.runtime.Runtime._session_mgr",
        "streamlit.runtime.get_instance",
        "streamlit.runtime.session_manager:SessionManager.get_active_session_info",
        "streamlit.runtime.app_session:AppSession._client_state",
        "streamlit.runtime.app_session:AppSession._state",
        "streamlit.runtime.app_session:AppSession.request_rerun",
        "streamlit.runtime.app_session:AppSessionState.APP_NOT_RUNNING",
    )
    UPLOADS = (
        "Streamlit bounds the size of a file, not of all files: what one visitor and all visitors together send must "
        "not fill the memory, and a file that a page has read needs none",
        "one visitor can fill the server's memory with files.",
        "streamlit.runtime.Runtime.is_active_session",
        "streamlit.runtime.Runtime.uploaded_file_mgr",
        "streamlit.runtime.memory_uploaded_file_manager:MemoryUploadedFileManager.file_storage",
    )
    PAGES_DIRECTORY = (
        "there is no public switch; calling `st.navigation` sets it, but only once a first visitor has come",
        "who opens a new server first, by a link to one of its pages, sees it without navigation and layout.",
        "streamlit.runtime.pages_manager:PagesManager.uses_pages_directory",
    )
    PICTURE_SCRIPTS = (
        "a browser would request them only after Streamlit's first scripts; now it loads them meanwhile",
        "the first picture of a visit appears some tenths of a second later.",
        *(f"static/js/{part}.*.js" for part in PARTS),
    )
    INLINE_SCRIPTS = (
        "the scripts written into it are allowed by their hashes, all others are forbidden",
        "scripts written into Streamlit's page are not run; in 1.67 that is one which only search engines heed.",
        "index.html",
    )
    SERVERS_ADDRESS = (
        "`server.js` tells Streamlit's script where its server is, else it looks below the address of each page",
        "whoever follows a link to a page finds two answers of 404 in the browser's console.",
        "static/js/index.*.js BACKEND_BASE_URL",
    )
    CONNECTIONS = (
        "uvicorn, by which Streamlit serves, has no limit for the time that a request takes to come, and the socket "
        "that Streamlit gives it does not say that it is TCP's, so that asyncio does not switch its delay off",
        "connections whose requests never end stay open, and answers on a kept connection may take 40 ms longer.",
        "uvicorn.protocols.http.h11_impl:H11Protocol.connection_made",
        "uvicorn.protocols.http.h11_impl:H11Protocol.data_received",
        "uvicorn.protocols.http.auto:AutoHTTPProtocol.conn",
    )
    UNSENT_IS_FORGOTTEN = (
        "runtime.app_session.AppSession ignores what the last run's thread sent once a next one has begun: "
        "`turns.delivered` lets no run end before the server has taken up what it sent",
        "the wait in `turns.delivered` is of no use any more.",
    )
    UNSENT_IS_DROPPED = (
        "Streamlit drops some of a fragment's unsent messages when it is run again: `keep_what_is_unsent` has them all "
        "sent, because others refer to them",
        "who draws on a busy server may see an error in place of the page.",
        "streamlit.runtime.forward_msg_queue:ForwardMsgQueue.clear",
        "streamlit.runtime.app_session:AppSession._clear_queue.clear",
        "streamlit.runtime.forward_msg_queue:ForwardMsgQueue._delta_index_map",
    )
    TEST_IDS = (
        "Streamlit has no other names for what we style, as data-testid: stApp, stAppViewContainer, stHeader, "
        "stToolbar, stMain, stMainBlockContainer, stSidebar, stSidebarHeader, stSidebarNav, stSidebarNavItems, "
        "stSidebarNavLink, stSidebarNavSeparator, stNavSectionHeader, stSidebarUserContent, stSidebarCollapseButton, "
        "stExpandSidebarButton, stVerticalBlock, stHorizontalBlock, stColumn, stElementContainer, stPageLink, "
        "stAlertContainer, stCaptionContainer, stMetricValue, stBidiComponentRegular, stDialog, stSkipToContent. "
        "By them our styles set margins, colours, sizes and the places of what comes and goes, show a button and hide "
        "a dialog, and our script translates a link",
        "margins are wider, captions paler, an answer is smaller, things move while a page loads, the navigation moves "
        "aside for the settings, which stay empty on a page without any and are far down on a phone, no key closes "
        "them, a server that is away is announced twice, and a link is always English.",
    )

    def __init__(self, why: str, without: str, *places: str) -> None:
        self.why, self.without, self.places = why, without, places

    def missing(self) -> str:
        """Say that it is missing, and what follows; empty if it is there, or if it has no places."""
        try:
            there = all(map(_is_there, self.places))
        except (ImportError, AttributeError, OSError):
            there = False
        return "" if there else self.sentence

    @property
    def sentence(self) -> str:
        """What to say when it is missing."""
        what = ", ".join(self.places) or self.why
        return f"Streamlit {st.__version__} is not as {SEEN_WITH} was ({what}): {self.without}"


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
    """Replace a method, the internal's first place with this name, once, and only if the internal is as we know it.

    The new function gets the original before its arguments.
    """

    def put(function: Callable[..., Any]) -> None:
        if internal.missing():
            return
        place = next(place for place in internal.places if place.endswith(f".{name}"))
        its_class = pkgutil.resolve_name(place.rpartition(".")[0])
        original = getattr(its_class, name)
        if not hasattr(original, "__wrapped__"):  # else it was done before

            @functools.wraps(original)
            def replacement(*arguments: Any, **options: Any) -> Any:
                return function(original, *arguments, **options)

            setattr(its_class, name, replacement)

    return put


BYTES_OF_AN_UPLOAD = 10_000
"""Memory of a file in addition to its content: its names and what holds them."""

_INLINE_SCRIPT = re.compile(rb"<script>(.*?)</script>", re.DOTALL)

log = logging.getLogger(__name__)


def report() -> None:
    """Write into the log what this Streamlit lacks; called once, when the server starts."""
    for internal in Internal:
        if said := internal.missing():
            log.warning(said)


def only_fragments_run() -> bool | None:
    """Tell whether this run is one of fragments alone; None if Streamlit does not say."""
    try:
        from streamlit.runtime.scriptrunner import get_script_run_ctx

        context = get_script_run_ctx()
        return context is not None and bool(context.fragment_ids_this_run)
    except (ImportError, AttributeError):
        return None


def session() -> str | None:
    """Return what Streamlit calls the session whose page is being run; None if it does not say."""
    try:
        from streamlit.runtime.scriptrunner import get_script_run_ctx
    except ImportError:
        return None
    return getattr(get_script_run_ctx(), "session_id", None)


def run_again(session: str, loop: AbstractEventLoop, tries: int = 10) -> None:
    """Run the page of a session that nobody clicked in; to be called on the loop of the server.

    One that is being run is let end before, else what the visitor has just chosen would be taken back.
    """
    if Internal.SESSIONS.missing():
        return
    from streamlit import runtime
    from streamlit.runtime.app_session import AppSessionState

    found = runtime.get_instance()._session_mgr.get_active_session_info(session) if runtime.exists() else None
    if found is None:  # a browser that was gone has its page run when it is back
        return
    if found.session._state is AppSessionState.APP_NOT_RUNNING:
        found.session.request_rerun(found.session._client_state)
    elif tries:
        loop.call_later(0.5, run_again, session, loop, tries - 1)


def uploaded_bytes(session: str) -> tuple[int, int] | None:
    """Return the memory of the files that a session has sent, and of those of all; None if there is no such session."""
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
    """Give back the memory of a file that a page has read; it stays in its place, without content."""
    if Internal.UPLOADS.missing():
        return
    from streamlit.runtime.scriptrunner import get_script_run_ctx
    from streamlit.runtime.uploaded_file_manager import UploadedFileRec

    if (context := get_script_run_ctx()) is not None:
        empty = UploadedFileRec(file.file_id, file.name, file.type, b"")
        context.uploaded_file_mgr.add_file(context.session_id, empty)  # type: ignore[attr-defined]


def answer_before_the_next() -> None:
    """Let every run of a page answer the clicks it was begun for, whatever is asked for meanwhile.

    A browser tells of a click once. Streamlit lets the next request break off a run that has not answered its click
    yet, or is answering it: each look at the session's state may be where the answer ends. The run that follows knows
    nothing of that click. On a busy server two requests are often taken up together, and then a dialog that was closed
    just before something else was pressed is there again.
    """

    @_instead_of(Internal.CLICKS_MAY_BE_LOST, "on_script_will_rerun")
    def answer(begin: Callable[..., None], state: Any, *arguments: Any, **options: Any) -> None:
        heed_requests = state._yield_callback
        object.__setattr__(state, "_yield_callback", lambda: None)  # what it is given by "=" it keeps for the page
        try:
            begin(state, *arguments, **options)
        finally:
            object.__setattr__(state, "_yield_callback", heed_requests)


def run_no_part_of_a_page_that_was_left() -> None:
    """Drop what a browser asks of a page after it has asked for another.

    A part of a page may be asked for just after the visitor has followed a link. Streamlit runs it behind the new page,
    in the old one's name: the browser takes that for a change of pages, and is sent nothing for what it removes.
    """

    @_instead_of(Internal.PAGE_OF_A_FRAGMENT, "request_rerun")
    def heed(request: Callable[..., None], session: Any, client_state: Any) -> None:
        page = "" if client_state is None else client_state.page_script_hash
        if page and client_state.fragment_id:
            shown = session.__dict__.get("_digitviz_next") or session._client_state.page_script_hash
            if shown not in {"", page, session._pages_manager.main_script_hash}:  # which later, if it came by a link
                return
        elif page:
            session.__dict__["_digitviz_next"] = page
        request(session, client_state)

    @_instead_of(Internal.PAGE_OF_A_FRAGMENT, "_create_new_session_message")
    def begun(begin: Callable[..., Any], session: Any, *arguments: Any, **options: Any) -> Any:
        session.__dict__.pop("_digitviz_next", None)  # from now on the session's own state has it
        return begin(session, *arguments, **options)


def keep_what_is_unsent() -> None:
    """Send a browser all that the runs of a page's parts made, as a server does that is quick enough.

    When a part is run again before the server has sent what its last run made, Streamlit drops that, but not the parts
    within it, nor references to what the browser has. They come before the blocks that they belong in, and the browser
    shows "Cannot set a node at a delta path" in place of the page. And it says of a run which it has not dropped that
    it ended early: then what that took away stays. A run ends when its messages are taken up (`turns.delivered`), so
    never more than those of a few are kept.
    """

    @_instead_of(Internal.UNSENT_IS_DROPPED, "clear")
    def keep(clear: Callable[..., None], queue: Any, *arguments: Any, **options: Any) -> None:
        if options.get("fragment_ids_this_run") is None:
            clear(queue, *arguments, **options)
        else:
            queue._delta_index_map = {}  # what the new run makes comes behind, not in place of what is there


def serve_navigation_only() -> None:
    """Keep Streamlit from serving pages/ by itself to whoever comes first, by a deep link, to a new server."""
    if not Internal.PAGES_DIRECTORY.missing():
        from streamlit.runtime.pages_manager import PagesManager

        PagesManager.uses_pages_directory = False


def scripts_of_a_picture() -> list[str]:
    """Return the paths, as a page asks for them, of the scripts that Streamlit loads with its first component."""
    return [f"static/js/{path.name}" for part in PARTS for path in SCRIPTS.glob(f"{part}.*.js")]


def inline_scripts() -> list[bytes]:
    """Return the scripts that are written into Streamlit's page; none if it is not found."""
    try:
        return _INLINE_SCRIPT.findall((STATIC / "index.html").read_bytes())
    except OSError:
        return []


HALF_OPEN_SECONDS = 20.0
"""A request may take this long to arrive, or to bring more of its body."""


def tend_connections() -> None:
    """Close connections whose requests do not come to an end, and send the last bytes of each answer at once.

    uvicorn waits for such requests for ever. With the delay that TCP_NODELAY switches off, the last bytes leave only
    when the browser has confirmed those before, 40 ms later.
    """
    if Internal.CONNECTIONS.missing():
        return
    import h11

    def watch(protocol: Any) -> None:
        now, coming = protocol.loop.time(), protocol.conn.their_state in (h11.IDLE, h11.SEND_BODY)
        transport = protocol.transport
        if transport.is_closing() or transport.get_protocol() is not protocol:  # a WebSocket has taken it over
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
        if protocol.conn.their_state is not h11.IDLE:  # its head is whole
            protocol._digitviz_since = protocol.loop.time()


ACCEPT_SECONDS = 60.0
"""So seldom the log says that no connection can be accepted."""


def say_rarely_that_none_is_accepted(loop: AbstractEventLoop) -> None:
    """Log once a minute that the server has no descriptor left for a connection.

    asyncio tries 2,048 times a second, each time with a traceback, and if the server ends meanwhile as many tries end
    with another. What it does beside that is right: it waits.
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
