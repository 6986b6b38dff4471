"""Closing a tab releases everything that its session holds."""

from __future__ import annotations

import time

import pytest

from digitviz.dashboard.runtime.shared import shared
from digitviz.dashboard.session.lease import Kind, Lease, lease_of


def test_a_session_holds_one_of_a_kind_and_the_one_before_is_given_back():
    back: list[str] = []
    letters, numbers, session = Kind(back.append), Kind(back.append), Lease()
    assert session.held(letters) is None
    assert session.hold(letters, "a") == session.hold(letters, "a") == session.held(letters) == "a"
    session.hold(numbers, "1")
    assert back == []
    session.hold(letters, "b")
    assert (back, session.held(letters), session.held(numbers)) == (["a"], "b", "1")


def test_all_is_given_back_at_the_end_though_one_thing_fails():
    back: list[str] = []

    def fail(_: str) -> None:
        raise OSError("gone")

    session, before = Lease(), time.monotonic()
    for kind, thing in ((Kind(back.append), "first"), (Kind(fail), "broken"), (Kind(back.append), "last")):
        session.hold(kind, thing)
    with pytest.raises(OSError, match="gone"):
        session.end()
    assert sorted(back) == ["first", "last"]
    assert session.held(kind) is None
    assert shared().session_closed_at >= before


def test_a_lease_is_found_by_its_token_until_it_ends():
    one, other = Lease(), Lease()
    assert lease_of(one.token) is one
    assert one.token != other.token
    one.end()
    one.end()
    assert lease_of(one.token) is None
    assert lease_of(other.token) is other
    assert lease_of("") is None
