"""Downloads of a session: access, file names, and number at a time."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import Message

from digitviz.dashboard.runtime import turns
from digitviz.dashboard.server.files import AT_ONCE, file
from digitviz.dashboard.server.routes import routes
from digitviz.dashboard.session.addresses import FILES
from digitviz.dashboard.session.downloads import OFFERS, CannotBeMade, File, Offer
from digitviz.dashboard.session.lease import Lease
from digitviz.language import language

APP = Starlette(routes=[Route(f"/{FILES}", file)])
PLAIN = File(b"1,2\r\n", "digitviz-map.csv", "text/csv")


async def answer(address: str, method: str = "GET") -> Response:
    """Send a request to the server's route, as a browser does."""
    sent: list[Message] = []

    async def receive() -> Message:
        await asyncio.Event().wait()  # the browser stays connected
        raise AssertionError

    async def send(message: Message) -> None:
        sent.append(message)

    scope = {
        "type": "http", "method": method, "path": f"/{address}", "query_string": b"", "root_path": "", "headers": [],
    }  # fmt: skip
    await APP(scope, receive, send)
    body = b"".join(message.get("body", b"") for message in sent)
    return Response(body, sent[0]["status"], dict(Headers(raw=sent[0]["headers"])))


def in_a_loop(ask: Callable[[], Any]) -> Any:
    with ThreadPoolExecutor(1) as thread:  # browser tests leave a running loop in this thread
        return thread.submit(lambda: asyncio.run(ask())).result()


def ask(address: str, method: str = "GET") -> Response:
    return in_a_loop(lambda: answer(address, method))


def offer(session: Lease, make: Callable[[], File], key: str = "download_map", spoken: str = "en") -> str:
    """Offer a file, and return its URL."""
    held = session.held(OFFERS)
    (session.hold(OFFERS, {}) if held is None else held)[key] = Offer(make, spoken)
    return FILES.format(token=session.token, key=key)


@pytest.fixture
def session() -> Iterator[Lease]:
    session = Lease()
    yield session
    session.end()


def test_the_server_has_the_route():
    assert any(isinstance(route, Route) and route.path == f"/{FILES}" for route in routes())


def test_a_file_is_sent_to_be_saved_under_its_name_and_nowhere_kept(session):
    sent = ask(offer(session, lambda: PLAIN))
    assert (sent.status_code, sent.body) == (200, PLAIN.content)
    assert sent.headers["Content-Disposition"] == 'attachment; filename="digitviz-map.csv"'
    assert sent.headers["Content-Type"].startswith("text/csv")
    assert sent.headers["Cache-Control"] == "no-store"
    assert sent.headers["X-Content-Type-Options"] == "nosniff"
    assert sent.headers["Content-Encoding"] == "identity"


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ('a"\r\nSet-Cookie: b.csv', "a-Set-Cookie-b.csv"),
        ("../../数字 é.npz", "npz"),
        ("", "digitviz"),
        ("x" * 300 + ".csv", "x" * 96 + ".csv"),
    ],
)
def test_a_name_can_be_borne_by_a_header_and_by_any_system(session, name, safe):
    sent = ask(offer(session, lambda: File(b"", name, "text/csv")))
    assert sent.headers["Content-Disposition"] == f'attachment; filename="{safe}"'
    assert "Set-Cookie" not in sent.headers


def test_what_no_session_offers_is_not_there(session):
    address = offer(session, lambda: PLAIN)
    other = Lease()
    for unknown in (
        FILES.format(token="wrong", key="download_map"),
        FILES.format(token=session.token[:-1], key="download_map"),
        FILES.format(token=session.token, key="download_film"),
        FILES.format(token=session.token, key="../download_map"),
        FILES.format(token=other.token, key="download_map"),
        FILES.format(token=session.token, key="x" * 5000),
    ):
        assert ask(unknown).status_code == 404, unknown
    offer(other, lambda: File(b"theirs", "b.csv", "text/csv"))
    assert ask(address).body == PLAIN.content
    assert ask(FILES.format(token=other.token, key="download_map")).body == b"theirs"
    other.end()
    assert ask(FILES.format(token=other.token, key="download_map")).status_code == 404


@pytest.mark.parametrize("method", ["HEAD", "POST", "PUT", "DELETE"])
def test_by_another_method_nothing_is_made(session, method):
    made = []
    sent = ask(offer(session, lambda: made.append(1) or PLAIN), method)
    assert (sent.status_code, made) == (405, [])
    assert "GET" in sent.headers["Allow"]


def test_what_is_offered_anew_takes_the_place_of_what_was(session):
    address = offer(session, lambda: PLAIN)
    assert offer(session, lambda: File(b"newer", "b.csv", "text/csv")) == address
    assert ask(address).body == b"newer"


def test_a_file_is_made_in_the_language_of_the_page_that_offers_it(session):
    address = offer(session, lambda: File(language().encode(), "a.txt", "text/plain"), spoken="zh")
    assert ask(address).body == b"zh"


def test_why_a_file_cannot_be_made_is_said_in_a_sentence(session):
    def make() -> File:
        raise CannotBeMade(f"not in {language()}")

    sent = ask(offer(session, make, spoken="zh"))
    assert (sent.status_code, json.loads(sent.body)) == (409, {"said": "not in zh"})


def test_an_error_is_logged_and_only_its_outcome_is_told(session, caplog):
    def make() -> File:
        raise OSError("/secret/place")

    sent = ask(offer(session, make))
    assert (sent.status_code, json.loads(sent.body)) == (500, {"said": "This file could not be created."})
    assert "/secret/place" in caplog.text


def test_one_file_of_each_owner_is_made_at_a_time_and_a_few_in_all(session):
    go_on, begun = threading.Event(), threading.Semaphore(0)

    def slow() -> File:
        begun.release()
        assert go_on.wait(90)
        return PLAIN

    theirs = Lease(session.owner)  # a different tab
    others = [Lease() for _ in range(AT_ONCE)]

    async def all_at_once() -> list[Response]:
        making = []
        for one in (session, *others[1:]):
            making.append(asyncio.create_task(answer(offer(one, slow, "slow"))))
            await asyncio.to_thread(begun.acquire)
        waiting = [asyncio.create_task(answer(offer(one, lambda: PLAIN))) for one in (theirs, others[0])]
        # The loop responds while files are being created.
        assert (await answer(FILES.format(token="wrong", key="slow"))).status_code == 404
        assert not any(task.done() for task in waiting)
        go_on.set()
        return await asyncio.gather(*making, *waiting)

    assert [each.status_code for each in in_a_loop(all_at_once)] == [200] * (AT_ONCE + 2)
    for each in (theirs, *others):
        each.end()


def test_a_browser_that_asks_for_too_many_files_at_once_is_to_ask_again(session, monkeypatch):
    monkeypatch.setattr(turns, "MAX_WAITING", 1)
    go_on, begun = threading.Event(), threading.Event()

    def slow() -> File:
        begun.set()
        assert go_on.wait(90)
        return PLAIN

    async def two_at_once() -> tuple[Response, Response]:
        first = asyncio.create_task(answer(offer(session, slow, "slow")))
        await asyncio.to_thread(begun.wait, 30)
        second = await answer(offer(session, lambda: PLAIN))
        go_on.set()
        return await first, second

    first, second = in_a_loop(two_at_once)
    assert (first.status_code, second.status_code, second.headers["Retry-After"]) == (200, 503, "1")
