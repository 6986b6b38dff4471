"""Requests that the server accepts, and its responses, tested over real connections."""

from __future__ import annotations

import http.client
import socket
import time
from collections.abc import Iterator
from contextlib import closing

import numpy as np
import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from digitviz.dashboard.components.invitation import address_on_network
from digitviz.dashboard.runtime.streamlit_internals import SCRIPTS
from digitviz.dashboard.server.guard import own_names
from tests.browser.conftest import UNWARMED, Server

OURS = [
    "/",
    "/train",
    "/_stcore/health",
    "/digitviz-assets/pool.json",
    "/digitviz-assets/plot.js",
    "/plotly/plane.min.js",
]
STREAMLITS = f"/static/js/{next(SCRIPTS.glob('index.*.js')).name}"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server that is open to the network, as for a class, and also has other host names."""
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("STREAMLIT_SERVER_ADDRESS", "0.0.0.0")
        environment.setenv("DIGITVIZ_HOSTS", "Digits.example.org, *.cloud.example")
        server = Server(tmp_path_factory.mktemp("server") / "log.txt", UNWARMED)
    yield server
    server.stop()
    assert "Traceback" not in server.log.read_text()


def get(server: Server, *hosts: str, path: str = "/_stcore/health") -> tuple[int, http.client.HTTPMessage, str]:
    """Send a request with these `Host` headers, and return status, headers and body."""
    with closing(http.client.HTTPConnection("127.0.0.1", server.port, timeout=90)) as connection:
        connection.putrequest("GET", path, skip_host=True)
        for host in hosts:
            connection.putheader("Host", host)
        connection.endheaders()
        answer = connection.getresponse()
        return answer.status, answer.headers, answer.read().decode(errors="replace")


def handshake(server: Server, host: str, origin: str | None = None) -> tuple[int, str]:
    """Request Streamlit's WebSocket at `host` from a page of this origin, and return status and body."""
    reached = socket.create_connection(("127.0.0.1", server.port), timeout=90)
    try:
        with connect(
            f"ws://{host}/_stcore/stream", sock=reached, origin=origin, subprotocols=["streamlit"], proxy=None
        ):
            return 101, ""
    except InvalidStatus as refused:
        return refused.response.status_code, (refused.response.body or b"").decode()


@pytest.mark.parametrize("path", [*OURS, STREAMLITS, "/media/none.png", "/digitviz-assets/none.js"])
def test_a_browser_is_told_to_load_nothing_from_elsewhere_and_to_show_no_page_in_a_foreign_frame(server, path):
    status, headers, _ = get(server, "localhost", path=path)
    assert status == (404 if "none" in path else 200)
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["X-Frame-Options"] == "SAMEORIGIN"
    assert headers["Referrer-Policy"] == "same-origin"
    policy = dict(rule.split(" ", 1) for rule in headers["Content-Security-Policy"].split("; "))
    assert policy["frame-ancestors"] == policy["default-src"] == policy["base-uri"] == "'self'"
    assert "unsafe" not in policy["script-src"]
    assert "http" not in headers["Content-Security-Policy"]
    assert len(headers.get_all("Content-Security-Policy")) == 1


@pytest.mark.parametrize("path", [*OURS, STREAMLITS])
def test_a_name_that_another_site_has_led_here_is_refused_everywhere(server, path):
    status, headers, body = get(server, f"rebound.example:{server.port}", path=path)
    assert status == 421
    assert headers["Content-Type"] == "text/plain; charset=utf-8"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert "DIGITVIZ_HOSTS=rebound.example" in body
    assert len(body.splitlines()) == 1


def test_the_session_of_a_name_that_another_site_has_led_here_is_refused(server):
    host = f"rebound.example:{server.port}"
    status, body = handshake(server, host, origin=f"http://{host}")
    assert status == 421
    assert "DIGITVIZ_HOSTS=rebound.example" in body


@pytest.mark.parametrize(
    "host",
    [
        "localhost:{port}", "localhost", "LocalHost:{port}", "localhost.:{port}", "127.0.0.1:{port}", "[::1]:{port}",
        "[0:0:0:0:0:0:0:1]", "{name}:{port}", "{name}.local", "{address}:{port}", "digits.example.org",
        "room-7.cloud.example",
    ],
)  # fmt: skip
def test_the_names_it_was_started_for_are_answered(server, host):
    host = host.format(port=server.port, name=socket.gethostname(), address=address_on_network())
    assert get(server, host)[0] == 200
    assert handshake(server, host, origin=f"http://{host}")[0] == 101


@pytest.mark.parametrize(
    "host", ["", "a b", "[::1", "localhost:port", "user@localhost", "localhost/", "http://localhost"]
)
def test_a_host_that_is_none_is_refused(server, host):
    assert get(server, host)[0] == 400


def test_a_request_without_a_host_or_with_two_is_refused(server):
    assert get(server)[0] == 400
    assert get(server, "localhost", "rebound.example")[0] == 400
    with socket.create_connection(("127.0.0.1", server.port), timeout=90) as connection:
        connection.sendall(b"GET /_stcore/health HTTP/1.0\r\n\r\n")  # HTTP/1.0 does not require a host
        assert b" 400 " in connection.recv(4096).split(b"\r\n")[0]


def test_an_address_is_answered_if_the_connection_arrived_at_it(server):
    address = address_on_network()
    with closing(http.client.HTTPConnection(address, server.port, timeout=90)) as connection:
        connection.request("GET", "/_stcore/health")
        assert connection.getresponse().status == 200
    assert get(server, "198.51.100.7")[0] == 421


@pytest.mark.parametrize(
    ("origin", "status"),
    [
        ("http://localhost:{port}", 101),
        ("http://LOCALHOST:{port}", 101),
        (None, 101),
        ("https://digits.example.org", 403),
        ("http://localhost:1", 403),
        ("http://elsewhere.example", 403),
        ("http://localhost.elsewhere.example:{port}", 403),
        ("null", 403),
        ("http://[::1", 403),
    ],
)
def test_only_our_own_pages_open_a_session(server, origin, status):
    host = f"localhost:{server.port}"
    assert handshake(server, host, origin and origin.format(port=server.port))[0] == status


def test_a_server_for_this_machine_alone_goes_by_no_name_of_the_network(monkeypatch):
    monkeypatch.setenv("STREAMLIT_SERVER_ADDRESS", "localhost")
    assert own_names() == {"localhost", "127.0.0.1", "::1"}


def test_an_answer_on_a_connection_that_is_kept_comes_no_later_than_on_a_new_one(server):
    """Without TCP_NODELAY, each part of a response waits 40 ms for the acknowledgement of the part before."""

    def seconds(connection: http.client.HTTPConnection) -> float:
        start = time.perf_counter()
        connection.request("GET", "/_stcore/health")
        connection.getresponse().read()
        return time.perf_counter() - start

    new = []
    for _ in range(15):
        with closing(http.client.HTTPConnection("localhost", server.port, timeout=90)) as connection:
            new.append(seconds(connection))
    with closing(http.client.HTTPConnection("localhost", server.port, timeout=90)) as connection:
        kept = [seconds(connection) for _ in range(50)]
    assert np.median(kept) < 2 * np.median(new)
