"""Hosts and uploads that the guard accepts, tested without a network."""

from __future__ import annotations

import asyncio
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest

from digitviz.dashboard.components.files import OWNER_IS_FULL, SERVER_IS_FULL, refusals
from digitviz.dashboard.runtime import streamlit_internals
from digitviz.dashboard.runtime.shared import shared
from digitviz.dashboard.server.guard import (
    MAX_AT_ONCE,
    MAX_OF_ALL,
    MAX_OF_AN_OWNER,
    MESSAGES_PER_SECOND,
    Guard,
    Messages,
    Uploads,
)
from digitviz.dashboard.session.lease import COOKIE, new_key


def status(host: str, arrived_at: tuple[str, int] | None) -> int:
    """Request a page from `host` over a connection to this machine's address, and return the status."""
    sent = []

    async def app(scope, receive, send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})

    async def receive():
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message) -> None:
        sent.append(message)

    scope = {
        "type": "http", "method": "GET", "path": "/", "query_string": b"", "headers": [(b"host", host.encode())],
        "server": arrived_at,
    }  # fmt: skip
    with ThreadPoolExecutor(1) as thread:  # a browser test may have left a running loop in this thread
        thread.submit(lambda: asyncio.run(Guard(app)(scope, receive, send))).result()
    return sent[0]["status"]


@pytest.mark.parametrize("arrived_at", [("203.0.113.5", 8501), None])
def test_this_machine_goes_by_its_own_name_however_the_connection_came(arrived_at):
    assert status("localhost:8501", arrived_at) == 200
    assert status("elsewhere.example", arrived_at) == 421


def test_an_address_is_right_if_the_connection_arrived_at_it():
    assert status("203.0.113.5:8501", ("203.0.113.5", 8501)) == 200
    assert status("203.0.113.6:8501", ("203.0.113.5", 8501)) == 421
    assert status("203.0.113.5:8501", None) == 421


LARGEST = 20 * 1024 * 1024
NO_COOKIES = "no cookies"
KEY = b"cookie", f"{COOKIE}={new_key()}".encode()


class Server:
    """Reads each file until the test releases it, then holds it, as the server does."""

    def __init__(self, monkeypatch) -> None:
        self.held: dict[str, int] = {}
        self.keys: dict[str, str] = {}
        self.arriving: list[asyncio.Event] = []
        self.unread: list[int] = []
        self.told: list[str] = []
        self.uploads = Uploads(self.take)
        monkeypatch.setattr(streamlit_internals, "uploaded_bytes", self.bytes)
        monkeypatch.setattr(streamlit_internals, "run_again", lambda session, loop: self.told.append(session))

    def bytes(self, session: str) -> Counter[str] | None:
        return None if session == "closed" else Counter(self.held)

    async def take(self, scope, receive, send) -> None:
        self.arriving.append(going := asyncio.Event())
        await going.wait()
        session, size = scope["path"].split("/")[-2], int(dict(scope["headers"]).get(b"content-length", b"0"))
        self.held[session] = self.held.get(session, 0) + size
        await send({"type": "http.response.start", "status": 204, "headers": []})

    async def put(self, session: str, size: int | None, let_go: bool = True, path: str = "", owner: str = "") -> int:
        """Upload a file from a tab, whose name is its browser's unless there is an `owner`. Return the status."""
        sent, parts = [], [b"x"] * 3

        async def receive():
            parts.pop()
            return {"type": "http.request", "body": b"x", "more_body": bool(parts)}

        async def send(message) -> None:
            sent.append(message)

        headers = [] if size is None else [(b"content-length", str(size).encode("latin-1"))]
        path = path or f"/_stcore/upload_file/{session}/f1"
        key = self.keys.setdefault(owner or session, new_key())
        headers += [(b"cookie", f"{COOKIE}={key}".encode())] * (owner != NO_COOKIES)
        scope = {"type": "http", "method": "PUT", "path": path, "query_string": b"", "headers": headers}
        scope["client"] = "192.0.2.7", 50_000
        answer = asyncio.ensure_future(self.uploads(scope, receive, send))
        while let_go and not answer.done():
            for going in self.arriving:
                going.set()
            await asyncio.sleep(0)
        await answer
        self.unread.append(len(parts))
        return sent[0]["status"]


@pytest.fixture
def puts(monkeypatch):
    """Upload files, given as (session, size), in sequence, and return the statuses of the responses."""
    server = Server(monkeypatch)

    async def put(files) -> list[int]:
        return [await server.put(*file) for file in files]

    def puts(*files) -> list[int]:
        with ThreadPoolExecutor(1) as thread:
            return thread.submit(lambda: asyncio.run(put(files))).result()

    puts.server = server
    yield puts
    shared().get(refusals).clear()


def test_one_tab_holds_few_files_and_is_told_so_and_others_send_theirs(puts):
    assert puts(*[("greedy", LARGEST)] * 6) == [204, 204, 413, 413, 413, 413]
    assert puts.server.held["greedy"] <= MAX_OF_AN_OWNER
    assert puts.server.unread[-1] == 0  # otherwise the browser would not see the response
    assert puts.server.told == ["greedy"] * 4
    assert shared().get(refusals) == {"greedy": OWNER_IS_FULL}
    assert puts(("other", LARGEST)) == [204]
    del puts.server.held["greedy"]  # its page has read the files
    assert puts(("greedy", LARGEST)) == [204]


@pytest.mark.parametrize("owner", ["one", NO_COOKIES])
def test_all_tabs_of_a_browser_and_all_at_an_address_without_cookies_have_one_share(puts, owner):
    assert puts(*[(f"tab{number}", LARGEST, True, "", owner) for number in range(4)]) == [204, 204, 413, 413]
    assert puts(("other", LARGEST)) == [204]
    del puts.server.held["tab0"]
    assert puts(("tab2", LARGEST, True, "", owner), ("tab1", LARGEST, True, "", owner)) == [204, 413]
    assert set(puts.server.uploads._owners) == {"tab1", "tab2", "other"}


def test_all_tabs_together_hold_no_more_than_the_server_can_bear(puts):
    said = puts(*[(f"tab{number}", LARGEST) for number in range(30)])
    assert said == [204] * 23 + [413] * 7
    assert sum(puts.server.held.values()) <= MAX_OF_ALL
    assert set(shared().get(refusals).values()) == {SERVER_IS_FULL}


def test_files_that_are_on_their_way_count(puts):
    server = puts.server

    async def at_once() -> list[int]:
        sending = [asyncio.ensure_future(server.put("greedy", LARGEST, let_go=False)) for _ in range(6)]
        while len(server.arriving) + sum(one.done() for one in sending) < len(sending):
            await asyncio.sleep(0)
        for going in server.arriving:
            going.set()
        return await asyncio.gather(*sending)

    with ThreadPoolExecutor(1) as thread:
        said = thread.submit(lambda: asyncio.run(at_once())).result()
    assert sorted(said) == [204, 204, 413, 413, 413, 413]
    assert not server.uploads._arriving


def test_many_small_files_count_with_what_each_takes(puts, monkeypatch):
    monkeypatch.setitem(puts.server.held, "greedy", MAX_OF_AN_OWNER - 5000)
    assert puts(("greedy", 0)) == [413]


def test_a_file_must_say_its_size_and_what_is_none_of_ours_is_passed_on(puts):
    assert puts(("one", None), ("one", "²"), ("one", "-1")) == [411, 411, 411]
    assert puts(("closed", LARGEST), ("one", 10 * LARGEST), ("one", 1, True, "/elsewhere/one/f1")) == [204] * 3


@pytest.mark.parametrize(("kind", "count"), [("websocket", 200), ("websocket", MAX_AT_ONCE), ("http", 200)])
@pytest.mark.parametrize(("tabs", "headers"), [(1, [KEY]), (2, [KEY]), (2, [])])
def test_the_messages_of_an_owner_or_address_are_read_at_a_limited_rate(monkeypatch, kind, count, tabs, headers):
    pauses = []

    async def sleep(seconds):
        pauses.append(seconds)

    async def receive():
        return {"type": "websocket.receive", "text": "{}"}

    async def app(scope, receive, send):
        for _ in range(count // tabs):
            assert (await receive())["text"] == "{}"

    async def go():
        asyncio.get_running_loop().time = lambda: 0.0  # no time passes
        messages, scope = Messages(app), {"type": kind, "headers": headers, "client": ("192.0.2.7", 50_000)}
        async with asyncio.TaskGroup() as group:
            for _ in range(tabs):
                group.create_task(messages(scope, receive, None))

    monkeypatch.setattr(asyncio, "sleep", sleep)
    with ThreadPoolExecutor(1) as thread:
        thread.submit(lambda: asyncio.run(go())).result()
    beyond = count - MAX_AT_ONCE if kind == "websocket" else 0
    assert pauses == [pytest.approx(number / MESSAGES_PER_SECOND) for number in range(1, beyond + 1)]
