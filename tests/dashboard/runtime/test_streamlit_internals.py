"""Streamlit's internals are as the dashboard needs them. An upgrade may change them."""

from __future__ import annotations

import asyncio
import inspect
import re
import socket
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from pathlib import Path
from types import SimpleNamespace

import pytest
import uvicorn
from streamlit.proto.ClientState_pb2 import ClientState
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.runtime import app_session
from streamlit.runtime.app_session import AppSession, AppSessionState
from streamlit.runtime.forward_msg_queue import ForwardMsgQueue
from streamlit.runtime.memory_uploaded_file_manager import MemoryUploadedFileManager
from streamlit.runtime.pages_manager import PagesManager
from streamlit.runtime.scriptrunner import ScriptRunnerEvent
from streamlit.runtime.scriptrunner_utils.run_descriptor import RunDescriptor
from streamlit.runtime.state import SafeSessionState, SessionState
from streamlit.runtime.uploaded_file_manager import UploadedFile, UploadedFileRec
from streamlit.testing.v1 import AppTest
from streamlit.web.server.starlette import starlette_server
from uvicorn.protocols.http.h11_impl import H11Protocol

from digitviz.dashboard.runtime import streamlit_internals as internals
from tests.waiting import wait_until

ROOT = Path(__file__).parents[3]
SOURCES = [
    ROOT / "app.py",
    *(ROOT / "pages").glob("*.py"),
    *(ROOT / "digitviz").rglob("*.py"),
    *(ROOT / "digitviz/dashboard/components").glob("*.js"),
    *(ROOT / "digitviz/dashboard/components").glob("*.css"),
]


def page_with_a_fragment():
    import streamlit as st

    from digitviz.dashboard.runtime.streamlit_internals import only_fragments_run

    st.session_state.setdefault("alone", []).append(only_fragments_run())
    st.fragment(lambda: st.session_state["alone"].append(only_fragments_run()))()


def fragment_ids_are_told() -> bool:
    page = AppTest.from_function(page_with_a_fragment).run()
    return page.session_state["alone"] == [False, False] and not internals.only_fragments_run()


def a_request_that_waits_comes_before_the_clicks_of_the_run() -> bool:
    heeded: list[str] = []
    state = SafeSessionState(SessionState(), lambda: heeded.append("request"))
    inspect.unwrap(SafeSessionState.on_script_will_rerun)(state, None)
    return heeded == ["request"]


def one_switch_keeps_pages_from_being_served() -> bool:
    before = PagesManager.uses_pages_directory
    try:
        internals.serve_navigation_only()
        PagesManager(str(ROOT / "app.py"))  # looks for pages/ by default
        return PagesManager.uses_pages_directory is False
    finally:
        PagesManager.uses_pages_directory = before


def each_script_of_a_picture_is_there_once() -> bool:
    return [re.split(r"[/.]", path)[2] for path in internals.scripts_of_a_picture()] == list(internals.PARTS)


def the_only_inline_script_is_for_search_engines() -> bool:
    return [script.strip() for script in internals.inline_scripts()] == [b"window.prerenderReady = false"]


def the_server_s_address_is_asked_for_once() -> bool:
    script = "".join(path.read_text("utf-8") for path in internals.SCRIPTS.glob("index.*.js"))
    return "window.__streamlit;" in script and "BACKEND_BASE_URL" in script


def a_listening_socket_does_not_say_that_it_is_tcp_s() -> bool:
    with closing(starlette_server._bind_socket("127.0.0.1", 0, 1)) as listening:
        return listening.proto == 0


def what_the_last_run_sent_is_not_taken_up_once_there_is_another() -> bool:
    taken: list[ForwardMsg] = []
    session = SimpleNamespace(
        _enqueue_forward_msg=taken.append, _state=AppSessionState.APP_IS_RUNNING, _scriptrunner=object()
    )

    async def take_up(sender: object, word: str) -> None:
        session._event_loop = asyncio.get_running_loop()
        event, message = ScriptRunnerEvent.ENQUEUE_FORWARD_MSG, ForwardMsg(hash=word)
        AppSession._handle_scriptrunner_event_on_event_loop(session, sender, event, message)

    with ThreadPoolExecutor(1) as thread:  # browser tests may have a running loop in this thread
        thread.submit(lambda: asyncio.run(take_up(object(), "the last run's"))).result()
        thread.submit(lambda: asyncio.run(take_up(session._scriptrunner, "this run's"))).result()
    return [message.hash for message in taken] == ["this run's"]


def what_a_fragment_has_not_sent_yet_is_dropped() -> bool:
    queue = ForwardMsgQueue()
    for place, fragment in enumerate(("", "ours", "another")):
        message = ForwardMsg()
        message.metadata.delta_path.extend([0, place])
        message.delta.fragment_id = fragment
        message.delta.new_element.text.body = fragment
        queue.enqueue(message)
    inspect.unwrap(ForwardMsgQueue.clear)(queue, retain_lifecycle_msgs=True, fragment_ids_this_run=["ours"])
    return [message.delta.fragment_id for message in queue.flush()] == ["", "another"]


def the_elements_that_we_style_have_their_names() -> bool:
    styled = {name for path in SOURCES for name in re.findall(r'data-testid="?(\w+)', path.read_text())}
    scripts = "".join(path.read_text() for path in internals.SCRIPTS.glob("*.js"))
    return len(styled) > 20 and all(f'"{name}"' in scripts or f"`{name}`" in scripts for name in styled)


def a_part_of_a_page_is_run_in_the_name_of_the_page_that_asks() -> bool:
    made = []
    session = SimpleNamespace(
        _state=AppSessionState.APP_NOT_RUNNING, _client_state=ClientState(page_script_hash="shown"), _scriptrunner=None,
        has_fragment=lambda part: True, _create_scriptrunner=made.append,
    )  # fmt: skip
    inspect.unwrap(AppSession.request_rerun)(session, ClientState(page_script_hash="left", fragment_id="part"))
    return [(run.page_script_hash, run.fragment_id) for run in made] == [("left", "part")]


def a_session_that_stands_is_run_again_as_it_was_and_one_that_runs_when_it_stands() -> bool:
    asked, later = [], []
    session = SimpleNamespace(
        _state=AppSessionState.APP_IS_RUNNING, _client_state="as it was", request_rerun=asked.append
    )
    known = {"one": SimpleNamespace(session=session)}
    server = SimpleNamespace(_session_mgr=SimpleNamespace(get_active_session_info=known.get))
    loop = SimpleNamespace(call_later=lambda seconds, *called: later.append(called))

    def pass_time() -> None:
        due, later[:] = [*later], []
        for called, *arguments in due:
            called(*arguments)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("streamlit.runtime.exists", lambda: True)
        patch.setattr("streamlit.runtime.get_instance", lambda: server)
        for told in ("gone", "one", "one"):
            internals.run_again(told, loop)
        pass_time()
        waited = len(later) == 1 and not asked
        session._state = AppSessionState.APP_NOT_RUNNING
        for _again in range(2):
            internals.run_again("one", loop)
            pass_time()
    return waited and asked == ["as it was"] * 2


def the_files_of_each_session_are_counted_and_a_file_that_was_read_is_empty() -> bool:
    files, content = MemoryUploadedFileManager(""), b"x" * 1000
    for session, file in (("one", "a"), ("one", "b"), ("another", "c")):
        files.add_file(session, UploadedFileRec(file, "name", "type", content))
    server = SimpleNamespace(uploaded_file_mgr=files, is_active_session=files.file_storage.__contains__)
    context = SimpleNamespace(uploaded_file_mgr=files, session_id="one")
    beside = internals.BYTES_OF_AN_UPLOAD
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("streamlit.runtime.exists", lambda: True)
        patch.setattr("streamlit.runtime.get_instance", lambda: server)
        patch.setattr(internals, "get_script_run_ctx", lambda: context)
        full = internals.uploaded_bytes("one") == {"one": 2 * (1000 + beside), "another": 1000 + beside}
        internals.forget_content(UploadedFile(files.file_storage["one"]["a"], None))
        empty = internals.uploaded_bytes("one") == {"one": 1000 + 2 * beside, "another": 1000 + beside}
        return full and empty and internals.uploaded_bytes("nobody") is None


def the_theme_is_read_from_the_configuration_for_each_run() -> bool:
    message, asked = ForwardMsg(), []
    with pytest.MonkeyPatch.context() as patch:
        read = app_session.config.get_options_for_section
        patch.setattr(app_session.config, "get_options_for_section", lambda name: asked.append(name) or read(name))
        fill = inspect.unwrap(app_session._populate_theme_msg)
        fill(message.new_session.custom_theme)
        fill(message.new_session.custom_theme.dark, "theme.dark")
        plain = message.new_session.custom_theme.SerializeToString()
        patch.setattr(app_session, "_populate_theme_msg", fill)
        internals.read_the_theme_once()
        for _ in range(3):
            message = ForwardMsg()
            app_session._populate_theme_msg(message.new_session.custom_theme)
            app_session._populate_theme_msg(message.new_session.custom_theme.dark, "theme.dark")
            assert message.new_session.custom_theme.SerializeToString() == plain
    return asked == ["theme", "theme.dark"] * 2


CANARIES = [
    the_theme_is_read_from_the_configuration_for_each_run,
    fragment_ids_are_told,
    a_request_that_waits_comes_before_the_clicks_of_the_run,
    a_part_of_a_page_is_run_in_the_name_of_the_page_that_asks,
    a_session_that_stands_is_run_again_as_it_was_and_one_that_runs_when_it_stands,
    the_files_of_each_session_are_counted_and_a_file_that_was_read_is_empty,
    one_switch_keeps_pages_from_being_served,
    each_script_of_a_picture_is_there_once,
    the_only_inline_script_is_for_search_engines,
    the_server_s_address_is_asked_for_once,
    a_listening_socket_does_not_say_that_it_is_tcp_s,
    what_the_last_run_sent_is_not_taken_up_once_there_is_another,
    what_a_fragment_has_not_sent_yet_is_dropped,
    the_elements_that_we_style_have_their_names,
]


@pytest.mark.parametrize("is_as_it_was", CANARIES, ids=lambda canary: canary.__name__)
def test_streamlit_is_as_it_was_when_we_looked_into_it(is_as_it_was):
    assert is_as_it_was(), f"no longer true of Streamlit: {is_as_it_was.__name__.replace('_', ' ')}"


def test_no_other_file_looks_into_streamlit():
    looking = re.compile(r'streamlit\.(runtime|proto|elements|web|delta_generator)\b|files\("streamlit"\)')
    assert [path.name for path in SOURCES if looking.search(path.read_text())] == ["streamlit_internals.py"]


@pytest.fixture
def ask(monkeypatch):
    """Request pages and fragments from a session, as a browser does. Accepted requests are in `ask.through`."""
    through = []
    monkeypatch.setattr(AppSession, "request_rerun", lambda self, asked: through.append(asked))
    monkeypatch.setattr(AppSession, "_create_new_session_message", lambda self, page, run: page)
    internals.run_no_part_of_a_page_that_was_left()
    session = SimpleNamespace(
        _client_state=ClientState(page_script_hash="app"), _pages_manager=SimpleNamespace(main_script_hash="app")
    )

    def ask(page: str, part: str = "") -> bool:
        before = len(through)
        AppSession.request_rerun(session, ClientState(page_script_hash=page, fragment_id=part))
        return len(through) > before

    def begin(page: str, *parts: str) -> None:
        session._client_state.page_script_hash = page
        assert AppSession._create_new_session_message(session, page, RunDescriptor.create(parts)) == page

    return SimpleNamespace(page=ask, begin=begin, session=session, through=through)


def test_no_part_of_a_page_is_run_once_another_was_asked_for(ask):
    assert ask.page("train")
    ask.begin("train")
    assert ask.page("train", "curves")
    assert ask.page("why")
    assert not ask.page("train", "curves")  # requested, not yet running
    ask.begin("train", "curves")  # a part that was requested before
    assert not ask.page("train", "curves")
    ask.begin("why")
    assert not ask.page("train", "curves")  # running
    assert ask.page("why", "receipt")


def test_a_part_is_run_on_the_first_page_and_on_one_to_which_the_script_has_led(ask):
    assert ask.page("")  # always accepted: the script finds out which page the URL means
    ask.begin("app")
    assert ask.page("train", "curves")
    assert ask.page("train")
    ask.begin("train")
    ask.begin("draw")  # st.switch_page
    assert ask.page("draw", "pad")
    assert not ask.page("train", "curves")
    AppSession.request_rerun(ask.session, None)  # Streamlit's own rerun, as after a file change
    assert ask.through[-1] is None


@contextmanager
def served() -> Iterator[int]:
    """Serve a short response as the dashboard's server does, and return the port."""

    async def app(scope: dict, receive: Callable, send: Callable) -> None:
        while (await receive()).get("more_body"):
            pass
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]})
        await send({"type": "http.response.body", "body": b"ok"})

    server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="error", ws="none", lifespan="off"))
    thread = threading.Thread(target=server.run)
    thread.start()
    wait_until(lambda: server.started)
    yield server.servers[0].sockets[0].getsockname()[1]
    server.should_exit = True
    thread.join()


@pytest.mark.parametrize(
    "sent", [b"", b"GET / HTTP/1.1\r\nHost: a\r\n", b"PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\n1"]
)
def test_a_request_that_does_not_come_to_its_end_is_dropped(monkeypatch, sent):
    for name in ("connection_made", "data_received"):
        monkeypatch.setattr(H11Protocol, name, inspect.unwrap(getattr(H11Protocol, name)))
    monkeypatch.setattr(internals, "HALF_OPEN_SECONDS", 0.2)
    internals.tend_connections()
    with served() as port, socket.create_connection(("127.0.0.1", port), 30) as connection:
        connection.sendall(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n" if sent else b"")
        answer = b""
        while sent and not answer.endswith(b"ok"):
            answer += connection.recv(1000)
        connection.sendall(sent)
        assert connection.recv(1000) == b""  # closed


def test_the_delay_of_a_connection_is_switched_off(monkeypatch):
    made = []
    monkeypatch.setattr(H11Protocol, "connection_made", lambda self, transport: made.append(transport))
    monkeypatch.setattr(H11Protocol, "data_received", lambda self, data: None)
    internals.tend_connections()
    with closing(socket.socket()) as connection:
        transport = SimpleNamespace(
            get_extra_info={"socket": connection}.get, is_closing=lambda: True, get_protocol=lambda: None
        )
        conn = SimpleNamespace(their_state=None)
        protocol = SimpleNamespace(loop=SimpleNamespace(time=lambda: 0.0), conn=conn, transport=transport)
        H11Protocol.connection_made(protocol, transport)
        assert made == [transport]
        assert connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY) != 0


def test_that_no_connection_can_be_accepted_is_said_once(caplog):
    loop = asyncio.new_event_loop()
    try:
        internals.say_rarely_that_none_is_accepted(loop)
        full = {"message": "socket.accept() out of system resource", "exception": OSError("too many")}
        for _ in range(2_048):
            loop.call_exception_handler(full)
            loop.call_exception_handler({"message": "Exception in callback BaseSelectorEventLoop._start_serving()"})
        assert caplog.messages == ["no connection can be accepted: too many"]
        loop.call_exception_handler({"message": "something else"})
        assert caplog.messages[1:] == ["something else"]
    finally:
        loop.close()
