"""Background work of the server."""

from __future__ import annotations

import threading
import time
from types import SimpleNamespace

import pytest

from digitviz import TrainingRun, projections
from digitviz.dashboard.maps import gallery
from digitviz.dashboard.runtime.shared import shared
from digitviz.dashboard.server import warm_up
from digitviz.dashboard.session.example import Example
from digitviz.dashboard.session.storage import values
from digitviz.training import engines
from tests.map_session import MapSession


class Over:
    """Replaces the event for the server's end: waits return at once, and their durations are recorded."""

    def __init__(self, after: int) -> None:
        self.waited: list[float] = []
        self._after = after

    def wait(self, seconds: float) -> bool:
        self.waited.append(seconds)
        return len(self.waited) > self._after


@pytest.fixture
def done(monkeypatch) -> list[str]:
    """Steps of the warm-up, in order."""
    done: list[str] = []
    monkeypatch.setattr(engines, "warm_up", lambda: done.append("engine"))
    monkeypatch.setattr(projections, "warm_up", lambda: done.append("maps"))
    monkeypatch.setattr(Example, "train", lambda self, over: done.append("demonstration"))
    monkeypatch.setattr(warm_up, "_compute_first_maps", lambda over: done.append("first maps"))
    monkeypatch.setattr(
        warm_up, "gc", SimpleNamespace(collect=lambda: done.append("swept"), freeze=int, set_threshold=int)
    )
    return done


def test_the_engine_is_made_ready_first_then_what_the_first_page_shows_then_the_maps(done):
    warm_up._warm_up(Over(after=100))
    assert done == ["engine", "demonstration", "maps", "first maps", "swept"]


def test_a_server_that_ends_meanwhile_does_not_begin_with_the_maps(done):
    warm_up._warm_up(Over(after=0))
    assert "maps" not in done


@pytest.mark.parametrize("error", [ImportError("no numba"), RuntimeError("no folder"), Exception("cannot be compiled")])
def test_what_cannot_be_made_ready_is_logged_and_the_rest_goes_on(done, monkeypatch, caplog, error):
    def fail() -> None:
        raise error

    monkeypatch.setattr(engines, "warm_up", fail)
    monkeypatch.setattr(projections, "warm_up", fail)
    warm_up._warm_up(Over(after=100))
    assert done == ["demonstration", "first maps", "swept"]
    assert [record.getMessage().split(":")[-1].strip() for record in caplog.records] == [str(error)] * 2


def test_a_first_visitor_finds_the_maps_of_the_gallery_computed(digits, monkeypatch):
    panels = [panel for panel in gallery.gallery_panels(TrainingRun(digits)) if panel.request.method == "pca"]
    assert panels
    monkeypatch.setattr(gallery, "gallery_panels", lambda run: panels)
    monkeypatch.setattr(shared().get(Example), "run", TrainingRun(digits))
    warm_up._compute_first_maps(threading.Event())
    visitor = MapSession(values())
    keys = visitor.ask(panel.request for panel in panels)
    assert all(visitor.progress(key).kept for key in keys)
    visitor.close()


@pytest.mark.parametrize(("closed_before", "swept"), [(0.0, True), (1e6, False)])
def test_memory_is_given_back_as_long_as_a_session_was_closed_lately(monkeypatch, closed_before, swept):
    swept_times: list[int] = []
    monkeypatch.setattr(warm_up, "gc", SimpleNamespace(collect=lambda: swept_times.append(1)))
    monkeypatch.setattr(shared(), "session_closed_at", time.monotonic() - closed_before)
    warm_up._sweep(Over(after=3))
    assert len(swept_times) == (3 if swept else 0)


def test_it_is_said_as_long_as_something_is_being_made_ready(monkeypatch):
    begun, may_end = threading.Event(), threading.Event()
    monkeypatch.setattr(warm_up, "_warm_up", lambda over: (begun.set(), may_end.wait(60)))
    monkeypatch.setattr(warm_up, "_sweep", lambda over: None)
    monkeypatch.setattr(warm_up, "load_what_pages_need", lambda: None)
    warm_up.begin(threading.Event())
    assert begun.wait(60)
    assert warm_up.is_warming()
    [thread] = [thread for thread in threading.enumerate() if thread.name == warm_up.WARM_UP]
    may_end.set()
    thread.join(60)
    assert not warm_up.is_warming()
