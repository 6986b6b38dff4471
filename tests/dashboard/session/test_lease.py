"""Closing a tab releases everything that its session holds."""

from __future__ import annotations

import time
from types import SimpleNamespace

import numpy as np
import pytest

from digitviz.dashboard.runtime.shared import shared
from digitviz.dashboard.session import current_run, lease
from digitviz.dashboard.session.lease import Kind, Lease, lease_of
from digitviz.values import State, Value, Values


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


def test_a_session_that_closes_while_it_requests_values_withdraws_them(monkeypatch):
    class Closing(Values):
        def ask(self, asker, wanted, *others) -> None:
            session.end()
            super().ask(asker, wanted, *others)

    session, values = Lease("me"), Closing({"maps": 1})
    monkeypatch.setattr(lease, "lease", lambda: session)
    monkeypatch.setattr(lease, "values", lambda: values)
    [standing] = lease.request("map", [Value("a", lambda report: np.zeros(1), "maps")])
    assert standing.state is State.NOT_ASKED


def test_a_session_that_closes_while_it_opens_its_run_leaves_it(monkeypatch):
    def enter(run: str, tab: str, as_owner: bool) -> None:
        session.end()
        entered.append(tab)

    session, entered, job = Lease("me"), [], SimpleNamespace(forgotten=False)
    open_runs = SimpleNamespace(enter=enter, leave=lambda run, tab: entered.clear(), add=lambda run: run)
    run = SimpleNamespace(job=job, owner="another", is_held=True)
    monkeypatch.setattr(current_run, "st", SimpleNamespace(session_state={"job": job, "open_run": run}))
    for name, value in {"lease": session, "open_runs": open_runs, "owner": "me"}.items():
        monkeypatch.setattr(current_run, name, lambda value=value: value)
    current_run.attach()
    assert not entered
