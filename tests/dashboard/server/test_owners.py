"""The cookie that identifies a browser."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace
from unittest.mock import Mock

import pytest
import streamlit as st

from digitviz.dashboard.server.assets import Page
from digitviz.dashboard.session.lease import COOKIE, is_key, key_in, owner, share

KEY = "0123456789abcdef" * 2


def cookies(method: str = "GET", status: int = 200, kind: str = "text/html; charset=utf-8", **sent: str) -> list[str]:
    """Return the cookies set by a response of this kind to a browser that sends these headers."""
    headers: list[tuple[bytes, bytes]] = []

    async def app(scope, receive, send):
        await send({"type": "http.response.start", "status": status, "headers": [(b"content-type", kind.encode())]})
        await send({"type": "http.response.body", "body": b""})

    async def send(message):
        headers.extend(message.get("headers", ()))

    asked = [(name.replace("_", "-").encode(), value.encode("latin-1")) for name, value in sent.items()]
    scope = {"type": "http", "method": method, "path": "/", "query_string": b"", "headers": asked}
    with ThreadPoolExecutor(1) as thread:  # browser tests leave a running loop in this thread
        thread.submit(asyncio.run, Page(app)(scope, None, send)).result()
    return [value.decode() for name, value in headers if name == b"set-cookie"]


def key_of(cookie: str) -> str:
    return cookie.partition(";")[0].removeprefix(f"{COOKIE}=")


def test_a_page_brings_a_key_that_no_script_can_read_and_no_other_site_can_use():
    (said,) = cookies()
    assert is_key(key_of(said))
    assert {"HttpOnly", "SameSite=Lax", "Path=/"} < {part.strip() for part in said.split(";")}
    assert "Secure" not in said


def test_every_browser_gets_a_key_of_its_own_and_keeps_it():
    assert len({key_of(cookies()[0]) for _ in range(3)}) == 3
    assert key_of(cookies(cookie=f"{COOKIE}={KEY}")[0]) == KEY


def test_behind_https_it_is_sent_by_https_alone():
    assert "Secure" in cookies(x_forwarded_proto="https")[0]


@pytest.mark.parametrize("other", [{"kind": "application/json"}, {"status": 404}, {"method": "POST"}])
def test_nothing_but_a_page_brings_it(other):
    assert not cookies(**other)


@pytest.mark.parametrize(
    "sent",
    ["", "digitviz_owner", "digitviz_owner=", f"digitviz_owner={KEY}0", f"digitviz_owner={KEY[:-1]}G", "=;=;\x00", "é"],
)
def test_a_key_that_we_cannot_have_given_is_replaced(sent):
    assert key_in([sent]) is None


OTHERS = (
    "_xsrf=1", 'prefs={"theme":"dark"}', "a=b c", "name=Jürgen", "version=1", "expires=Thu, 01 Jan 2026", "a,b=1", "=",
    "[]=()", "secure", "$Version=1", 'open="quote', "digitviz_owner_2=x", f"{COOKIE}=theirs", "\x80=\xff",
)  # fmt: skip
"""Cookies that other programs on the same host may set."""


@pytest.mark.parametrize("other", OTHERS)
def test_whatever_another_program_keeps_a_browser_keeps_its_key_and_its_runs(other):
    for sent in (f"{other}; {COOKIE}={KEY}", f"{COOKIE}={KEY};{other}", f"{other};{COOKIE} = {KEY} ; {other}"):
        assert key_of(cookies(cookie=sent)[0]) == KEY
        assert owner_of([sent]) == owner_of([f"{COOKIE}={KEY}"])
    assert owner_of([other, f"{COOKIE}={KEY}"]) == owner_of([f"{COOKIE}={KEY}"])  # a proxy may split them


def test_all_browsers_without_cookies_at_an_address_have_one_share_and_no_owner_in_common():
    one, again, other = (share_of([], address) for address in ("192.0.2.7", "192.0.2.7", "192.0.2.8"))
    assert one == again != other
    assert owner_of([]) != owner_of([])
    assert share_of([f"{COOKIE}={KEY}"], "192.0.2.7") == owner_of([f"{COOKIE}={KEY}"])


def share_of(sent: list[str], address: str) -> str:
    """Return whose share a page takes that is requested with these cookie headers."""
    return owner_of(sent, address, share)


def owner_of(sent: list[str], address: str = "", asked: Callable[[], str] = owner) -> str:
    """Return the owner of a page requested with these cookie headers."""
    with pytest.MonkeyPatch.context() as patch:
        headers = SimpleNamespace(get_all={"Cookie": sent}.get)
        patch.setattr(st, "context", SimpleNamespace(headers=headers, ip_address=address))
        patch.setattr(st, "session_state", {})
        patch.setattr("digitviz.dashboard.session.lease.store", Mock)
        return asked()
