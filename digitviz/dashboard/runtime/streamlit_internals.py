"""All that is taken from Streamlit without being public, or works around what it does: one table, and its functions.

An upgrade may change any of it. What can be looked for when the server starts is: what is missing is said in the log,
once, and the dashboard works without its benefit. A test looks for each of them, and names it.
"""

from __future__ import annotations

import functools
import gc
import logging
import math
import re
import socket
from asyncio import AbstractEventLoop
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

from digitviz.dashboard.runtime.internal import Internal

if TYPE_CHECKING:
    from streamlit.runtime.uploaded_file_manager import UploadedFile

STATIC = Path(str(files("streamlit") / "static"))
SCRIPTS = STATIC / "static" / "js"
PARTS = ("BidiComponent", "serialization", "recordbatch", "_arrayReduce")
"""Of Streamlit's own scripts: those that it asks for only when the first of our pictures is to be shown."""

BYTES_OF_AN_UPLOAD = 10_000
"""Memory of a file beside its content: its names and what holds them."""

_INLINE_SCRIPT = re.compile(rb"<script>(.*?)</script>", re.DOTALL)

log = logging.getLogger(__name__)


def report() -> None:
    """Write into the log what this Streamlit lacks; called once, when the server starts."""
    for internal in INTERNALS:
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


def _has_fragment_ids() -> bool:
    from streamlit.runtime.scriptrunner import ScriptRunContext

    return hasattr(ScriptRunContext, "fragment_ids_this_run")


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
    if SESSIONS.missing():
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


def _has_sessions() -> bool:
    from streamlit.runtime import Runtime, get_instance
    from streamlit.runtime.app_session import AppSession, AppSessionState
    from streamlit.runtime.session_manager import SessionManager

    names = {"_session_mgr"} <= set(Runtime.__init__.__code__.co_names)
    names &= {"_client_state", "_state"} <= set(AppSession.__init__.__code__.co_names)
    has_all = hasattr(SessionManager, "get_active_session_info") and hasattr(AppSession, "request_rerun")
    return names and has_all and hasattr(AppSessionState, "APP_NOT_RUNNING") and callable(get_instance)


def uploaded_bytes(session: str) -> tuple[int, int] | None:
    """Return the memory of the files that a session has sent, and of those of all; None if there is no such session."""
    if UPLOADS.missing():
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
    if UPLOADS.missing():
        return
    from streamlit.runtime.scriptrunner import get_script_run_ctx
    from streamlit.runtime.uploaded_file_manager import UploadedFileRec

    if (context := get_script_run_ctx()) is not None:
        empty = UploadedFileRec(file.file_id, file.name, file.type, b"")
        context.uploaded_file_mgr.add_file(context.session_id, empty)  # type: ignore[attr-defined]


def _has_uploads() -> bool:
    from streamlit.runtime import Runtime
    from streamlit.runtime.memory_uploaded_file_manager import MemoryUploadedFileManager

    has_all = hasattr(Runtime, "is_active_session") and hasattr(Runtime, "uploaded_file_mgr")
    return has_all and hasattr(MemoryUploadedFileManager(""), "file_storage")


def answer_before_the_next() -> None:
    """Let every run of a page answer the clicks it was begun for, whatever is asked for meanwhile.

    A browser tells of a click once. Streamlit lets the next request break off a run that has not answered its click
    yet, or is answering it: each look at the session's state may be where the answer ends. The run that follows knows
    nothing of that click. On a busy server two requests are often taken up together, and then a dialog that was closed
    just before something else was pressed is there again.
    """
    if CLICKS_MAY_BE_LOST.missing():
        return
    from streamlit.runtime.state.safe_session_state import SafeSessionState

    begin = SafeSessionState.on_script_will_rerun
    if hasattr(begin, "__wrapped__"):  # it was done before
        return

    @functools.wraps(begin)
    def answer(self: SafeSessionState, *arguments: Any, **options: Any) -> None:
        heed_requests = self._yield_callback
        object.__setattr__(self, "_yield_callback", lambda: None)  # what it is given by "=" it keeps for the page
        try:
            begin(self, *arguments, **options)
        finally:
            object.__setattr__(self, "_yield_callback", heed_requests)

    SafeSessionState.on_script_will_rerun = answer  # type: ignore[method-assign]


def run_no_part_of_a_page_that_was_left() -> None:
    """Drop what a browser asks of a page after it has asked for another.

    A part of a page may be asked for just after the visitor has followed a link. Streamlit runs it behind the new page,
    in the old one's name: the browser takes that for a change of pages, and is sent nothing for what it removes.
    """
    if PAGE_OF_A_FRAGMENT.missing():
        return
    from streamlit.runtime.app_session import AppSession

    request, begin = AppSession.request_rerun, AppSession._create_new_session_message
    if hasattr(request, "__wrapped__"):  # it was done before
        return

    @functools.wraps(request)
    def heed(self: AppSession, client_state: Any) -> None:
        page = "" if client_state is None else client_state.page_script_hash
        if page and client_state.fragment_id:
            shown = self.__dict__.get("_digitviz_next") or self._client_state.page_script_hash
            if shown not in {"", page, self._pages_manager.main_script_hash}:  # who comes by a link is told which later
                return
        elif page:
            self.__dict__["_digitviz_next"] = page
        request(self, client_state)

    @functools.wraps(begin)
    def begun(self: AppSession, *arguments: Any, **options: Any) -> Any:
        self.__dict__.pop("_digitviz_next", None)  # from now on the session's own state has it
        return begin(self, *arguments, **options)

    AppSession.request_rerun = heed  # type: ignore[method-assign]
    AppSession._create_new_session_message = begun  # type: ignore[method-assign]


def _has_pages_of_fragments() -> bool:
    from streamlit.runtime.app_session import AppSession
    from streamlit.runtime.pages_manager import PagesManager

    known = {"_client_state", "_pages_manager"} <= set(AppSession.__init__.__code__.co_names)
    return known and hasattr(AppSession, "_create_new_session_message") and hasattr(PagesManager, "main_script_hash")


def keep_what_is_unsent() -> None:
    """Send a browser all that the runs of a page's parts made, as a server does that is quick enough.

    When a part is run again before the server has sent what its last run made, Streamlit drops that, but not the parts
    within it, nor references to what the browser has. They come before the blocks that they belong in, and the browser
    shows "Cannot set a node at a delta path" in place of the page. And it says of a run which it has not dropped that
    it ended early: then what that took away stays. A run ends when its messages are taken up (`turns.delivered`), so
    never more than those of a few are kept.
    """
    if UNSENT_IS_DROPPED.missing():
        return
    from streamlit.runtime.forward_msg_queue import ForwardMsgQueue

    clear = ForwardMsgQueue.clear
    if hasattr(clear, "__wrapped__"):  # it was done before
        return

    @functools.wraps(clear)
    def keep(self: ForwardMsgQueue, *arguments: Any, **options: Any) -> None:
        if options.get("fragment_ids_this_run") is None:
            clear(self, *arguments, **options)
        else:
            self._delta_index_map = {}  # what the new run makes comes behind, not in place of what is there

    ForwardMsgQueue.clear = keep  # type: ignore[method-assign]


def _has_queues() -> bool:
    from streamlit.runtime.app_session import AppSession
    from streamlit.runtime.forward_msg_queue import ForwardMsgQueue

    names = AppSession._clear_queue.__code__.co_names + ForwardMsgQueue.__init__.__code__.co_names
    return {"clear", "_delta_index_map"} <= set(names)


def _has_yield_callback() -> bool:
    from streamlit.runtime.state.safe_session_state import SafeSessionState

    return hasattr(SafeSessionState, "on_script_will_rerun") and "_yield_callback" in SafeSessionState.__annotations__


def serve_navigation_only() -> None:
    """Keep Streamlit from serving pages/ by itself to whoever comes first, by a deep link, to a new server."""
    if not PAGES_DIRECTORY.missing():
        from streamlit.runtime.pages_manager import PagesManager

        PagesManager.uses_pages_directory = False


def _has_pages_directory() -> bool:
    from streamlit.runtime.pages_manager import PagesManager

    return hasattr(PagesManager, "uses_pages_directory")


def scripts_of_a_picture() -> list[str]:
    """Return the paths, as a page asks for them, of the scripts that Streamlit loads with its first component."""
    return [f"static/js/{path.name}" for part in PARTS for path in SCRIPTS.glob(f"{part}.*.js")]


def inline_scripts() -> list[bytes]:
    """Return the scripts that are written into Streamlit's page; none if it is not found."""
    try:
        return _INLINE_SCRIPT.findall((STATIC / "index.html").read_bytes())
    except OSError:
        return []


def send_without_delay() -> None:
    """Let an answer's last bytes leave at once, not when the browser has confirmed those before: 40 ms later.

    asyncio switches that delay off (TCP_NODELAY) for sockets that are marked as TCP's. The one on which Streamlit
    listens says only "the family's usual protocol", and so do the connections accepted from it; what is set on it they
    inherit. Streamlit hands it to nobody, so it is looked for among all that is alive.
    """
    listening = [
        each
        for each in gc.get_objects()
        if issubclass(type(each), socket.socket)  # isinstance would wake proxies of things long gone
        and each.fileno() >= 0
        and each.family in (socket.AF_INET, socket.AF_INET6)
        and each.type == socket.SOCK_STREAM
        and each.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN)
    ]
    for each in listening:
        each.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    if not listening:
        log.warning(LISTENING_SOCKET.sentence)


HALF_OPEN_SECONDS = 20.0
"""For so long a request may be on its way, or bring nothing of its body."""


def drop_half_open_requests() -> None:
    """Close connections whose requests do not come to an end; uvicorn waits for them for ever."""
    if HALF_OPEN.missing():
        return
    import h11
    from uvicorn.protocols.http.h11_impl import H11Protocol

    begin, receive = H11Protocol.connection_made, H11Protocol.data_received
    if hasattr(begin, "__wrapped__"):  # it was done before
        return

    def watch(self: Any) -> None:
        now, coming = self.loop.time(), self.conn.their_state in (h11.IDLE, h11.SEND_BODY)
        if self.transport.is_closing() or self.transport.get_protocol() is not self:  # a WebSocket has taken it over
            return
        if not coming:
            self._digitviz_since = now
        if now - self._digitviz_since >= HALF_OPEN_SECONDS:
            self.transport.close()
        else:
            self.loop.call_later(HALF_OPEN_SECONDS / 4, watch, self)

    @functools.wraps(begin)
    def connection_made(self: Any, transport: Any) -> None:
        begin(self, transport)
        self._digitviz_since = self.loop.time()
        watch(self)

    @functools.wraps(receive)
    def data_received(self: Any, data: bytes) -> None:
        receive(self, data)
        if self.conn.their_state is not h11.IDLE:  # its head is whole
            self._digitviz_since = self.loop.time()

    H11Protocol.connection_made = connection_made  # type: ignore[method-assign]
    H11Protocol.data_received = data_received  # type: ignore[method-assign]


def _has_h11() -> bool:
    from uvicorn.protocols.http.auto import AutoHTTPProtocol
    from uvicorn.protocols.http.h11_impl import H11Protocol

    return AutoHTTPProtocol is H11Protocol and "conn" in H11Protocol.__init__.__code__.co_names


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


FRAGMENT_IDS = Internal(
    "runtime.scriptrunner.ScriptRunContext.fragment_ids_this_run",
    "to tell a click that a fragment's timer carries along from the click itself, so that it counts once",
    "a click at the moment a picture is redrawn may count twice.",
    is_there=_has_fragment_ids,
)
CLICKS_MAY_BE_LOST = Internal(
    "runtime.state.safe_session_state.SafeSessionState.on_script_will_rerun that heeds the next request, by "
    "_yield_callback, before the clicks of this one are answered and while they are",
    "`answer_before_the_next` lets none be lost by that: a dialog that was closed would come back",
    "a click may be lost when another follows it at once.",
    is_there=_has_yield_callback,
)
PAGE_OF_A_FRAGMENT = Internal(
    "runtime.app_session.AppSession.request_rerun and _create_new_session_message, with _client_state.page_script_hash",
    "`run_no_part_of_a_page_that_was_left` keeps Streamlit from running a part of the page before in its name",
    "who follows a link at the moment when a part of the page is run again may see an empty page.",
    is_there=_has_pages_of_fragments,
)
SESSIONS = Internal(
    "runtime.Runtime._session_mgr with sessions that have _state, _client_state and request_rerun",
    "a page whose run another server has taken, or another tab has deleted, says so without a click",
    "such a page says so with the next click.",
    is_there=_has_sessions,
)
UPLOADS = Internal(
    "runtime.Runtime.uploaded_file_mgr.file_storage with the files of each session, and add_file that replaces one",
    "the files that one visitor sends, and all visitors together, take no more memory than they may, and a file that a "
    "page has read takes none",
    "one visitor can fill the server's memory with files.",
    is_there=_has_uploads,
)
PAGES_DIRECTORY = Internal(
    "runtime.pages_manager.PagesManager.uses_pages_directory",
    "there is no public switch; calling `st.navigation` sets it, but only once a first visitor has come",
    "who opens a new server first, by a link to one of its pages, sees it without navigation and layout.",
    is_there=_has_pages_directory,
)
PICTURE_SCRIPTS = Internal(
    f"static/static/js/ with {', '.join(f'{part}.*.js' for part in PARTS)}",
    "the browser loads them while it waits for Streamlit's first scripts",
    "the first picture of a visit appears some tenths of a second later.",
    is_there=lambda: len(scripts_of_a_picture()) == len(PARTS),
)
INLINE_SCRIPTS = Internal(
    "static/index.html",
    "the scripts written into it are allowed by their hashes, all others are forbidden",
    "scripts written into Streamlit's page are not run; in 1.67 that is one which only search engines heed.",
    is_there=lambda: (STATIC / "index.html").is_file(),
)
SERVERS_ADDRESS = Internal(
    "static/static/js/index.*.js that reads window.__streamlit.BACKEND_BASE_URL",
    "`server.js` tells it where its server is, so that it does not look for one below the address of each page",
    "whoever follows a link to a page finds two answers of 404 in the browser's console.",
    is_there=lambda: any("BACKEND_BASE_URL" in path.read_text("utf-8") for path in SCRIPTS.glob("index.*.js")),
)
LISTENING_SOCKET = Internal(
    "listening TCP socket of its own that is open when the application's lifespan begins",
    "asyncio does not switch the delay of its connections off",
    "answers on a connection that is kept open may take 40 ms longer.",
)
HALF_OPEN = Internal(
    "HTTP by uvicorn's H11Protocol, with conn, connection_made and data_received,",
    "uvicorn, by which it serves, has no bound for the time that a request takes to come",
    "connections whose requests never end stay open.",
    is_there=_has_h11,
)
UNSENT_IS_FORGOTTEN = Internal(
    "runtime.app_session.AppSession that ignores what the last run's thread sent once a next one has begun",
    "`turns.delivered` lets no run end before the server has taken up what it sent",
    "the wait in `turns.delivered` is of no use any more.",
)
UNSENT_IS_DROPPED = Internal(
    "runtime.forward_msg_queue.ForwardMsgQueue.clear, with _delta_index_map, that drops some of a fragment's unsent "
    "messages when it is run again",
    "`keep_what_is_unsent` has them all sent, since others refer to them",
    "who draws on a busy server may see an error in place of the page.",
    is_there=_has_queues,
)
TEST_IDS = Internal(
    "elements named stApp, stAppViewContainer, stHeader, stToolbar, stMain, stMainBlockContainer, stSidebar, "
    "stSidebarHeader, stSidebarNav, stSidebarNavItems, stSidebarNavLink, stSidebarNavSeparator, stNavSectionHeader, "
    "stSidebarUserContent, stSidebarCollapseButton, stExpandSidebarButton, stVerticalBlock, stHorizontalBlock, "
    "stColumn, stElementContainer, stPageLink, stAlertContainer, stCaptionContainer, stMetricValue, "
    "stBidiComponentRegular, stDialog and stSkipToContent for tests, as data-testid",
    "our styles set margins, colours, sizes and the places of what comes and goes, show a button and hide a dialog by "
    "them, our script translates a link",
    "margins are wider, captions paler, an answer is smaller, things move while a page loads, the navigation moves "
    "aside for the settings, which stay empty on a page without any and are far down on a phone, no key closes them, a "
    "server that is away is announced twice, and a link is always English.",
)
INTERNALS = (
    FRAGMENT_IDS,
    CLICKS_MAY_BE_LOST,
    PAGE_OF_A_FRAGMENT,
    SESSIONS,
    UPLOADS,
    PAGES_DIRECTORY,
    PICTURE_SCRIPTS,
    INLINE_SCRIPTS,
    SERVERS_ADDRESS,
    LISTENING_SOCKET,
    HALF_OPEN,
    UNSENT_IS_FORGOTTEN,
    UNSENT_IS_DROPPED,
    TEST_IDS,
)
