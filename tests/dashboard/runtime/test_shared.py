"""One object owns the server-wide state."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import streamlit as st

from digitviz.dashboard.runtime.shared import Shared, shared

DASHBOARD = Path(__file__).parents[3] / "digitviz" / "dashboard"


class Thing:
    """An object that is created once."""

    def __init__(self, name: str = "") -> None:
        self.name = name


def test_a_thing_is_known_by_what_makes_it_and_from_what():
    ours = Shared()
    assert ours.get(Thing) is ours.get(Thing)
    assert ours.get(Thing, "a") is ours.get(Thing, "a") is not ours.get(Thing, "b")
    assert ours.get(Thing, "b").name == "b"
    assert Shared().get(Thing) is not ours.get(Thing)


def test_those_who_ask_at_once_get_the_same_and_hold_up_nobody_else():
    ours, begun, released, made = Shared(), threading.Event(), threading.Event(), []

    def slow() -> Thing:
        begun.set()
        assert released.wait(60)
        made.append(ours.get(Thing, "asked for on the way"))
        return Thing()

    with ThreadPoolExecutor(4) as threads:
        asked = [threads.submit(ours.get, slow) for _ in range(4)]
        assert begun.wait(60)
        assert ours.get(Thing, "another").name == "another"
        released.set()
        assert len({thing.result(60) for thing in asked}) == 1
    assert len(made) == 1


def test_what_could_not_be_made_is_tried_again():
    ours, troubles = Shared(), [OSError("full")]

    def make() -> Thing:
        if troubles:
            raise troubles.pop()
        return Thing("made")

    with pytest.raises(OSError, match="full"):
        ours.get(make)
    assert ours.get(make).name == "made"


def test_the_server_s_threads_and_its_sessions_reach_one_object_until_it_is_cleared():
    with ThreadPoolExecutor(1) as another_thread:
        assert another_thread.submit(shared).result() is shared()
    before = shared()
    st.cache_resource.clear()
    assert shared() is not before


def test_nothing_else_is_kept_in_a_cached_function():
    keeping = {path.name for path in DASHBOARD.rglob("*.py") if "@st.cache_resource" in path.read_text()}
    assert keeping == {"shared.py", "lease.py"}
