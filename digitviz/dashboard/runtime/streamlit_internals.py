"""All that is taken from Streamlit without being public, or works around what it does: one table, and its functions.

An upgrade may change any of it. What can be looked for when the server starts is: what is missing is said in the log,
once, and the dashboard works without its benefit. A test looks for each of them, and names it.
"""

from __future__ import annotations

import functools
import gc
import logging
import re
import socket
from asyncio import AbstractEventLoop
from importlib.resources import files
from pathlib import Path
from typing import Any

from digitviz.dashboard.runtime.internal import Internal

STATIC = Path(str(files("streamlit") / "static"))
SCRIPTS = STATIC / "static" / "js"
PARTS = ("BidiComponent", "serialization", "recordbatch", "_arrayReduce")
"""Of Streamlit's own scripts: those that it asks for only when the first of our pictures is to be shown."""

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
UNSENT_IS_FORGOTTEN = Internal(
    "runtime.app_session.AppSession that ignores what the last run's thread sent once a next one has begun",
    "`turns.delivered` lets no run end before the server has taken up what it sent",
    "the wait in `turns.delivered` is of no use any more.",
)
FRAGMENT_IS_SENT_LAST = Internal(
    "runtime.forward_msg_queue.ForwardMsgQueue.clear that drops a fragment's unsent messages when it is run again",
    "`turns.fragment` gives each a container of its own, so that what stands below it leaves no gap",
    "the container in `turns.fragment` is of no use any more.",
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
    PAGES_DIRECTORY,
    PICTURE_SCRIPTS,
    INLINE_SCRIPTS,
    SERVERS_ADDRESS,
    LISTENING_SOCKET,
    UNSENT_IS_FORGOTTEN,
    FRAGMENT_IS_SENT_LAST,
    TEST_IDS,
)
