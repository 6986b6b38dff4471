"""Open runs: saved while they move, stopped when their owner has left."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from digitviz import Hyperparameters, TrainingRun
from digitviz.dashboard.session import kept_runs, open_runs
from digitviz.dashboard.session.kept_runs import OpenRun, as_kept
from digitviz.dashboard.session.open_runs import OpenRuns
from digitviz.dashboard.session.training_data import TrainingData
from digitviz.store.records import Standing
from digitviz.training.pool import Job
from tests.waiting import wait_until


class Kept:
    """Records saved and stopped runs, notified tabs, and requests to the store, which contains all runs."""

    def __init__(self) -> None:
        self.saved: list[tuple[str, int, bool]] = []
        self.stopped: list[Job] = []
        self.fails = False
        self.standings: dict[str, Standing] = {}
        self.asked: list[list[str]] = []
        self.told: list[str] = []
        self.runs: list[Runs] = []

    def save(self, run: OpenRun) -> int:
        if self.fails:
            raise OSError
        self.saved.append((run.id, run.job.run.step, run.wants_to_go_on))
        return 1

    def standing(self, id: str, epoch: int) -> Standing:
        return self.standings.get(id, Standing.KEPT)

    def watch(self, ids: list[str]) -> None:
        self.asked += [ids] if ids else []

    def stop(self, job: Job) -> None:
        job.cancelled = True
        self.stopped.append(job)


class Runs(OpenRuns):
    """Open runs that only record the calls they would make."""

    def __init__(self, kept: Kept, grace: float = 60) -> None:
        super().__init__(grace)
        self.stop = kept.stop
        kept.runs.append(self)

    def end(self) -> None:
        """End the thread that monitors the runs. It would save those of this test to the records of the next."""
        with self._changed:
            self._runs.clear()
            self._changed.notify_all()
            looking = self._looking
        if looking is not None:
            looking.join()

    def mend(self, run: OpenRun) -> None:
        """Does nothing: no run is lost."""

    def go_on(self, job: Job) -> None:
        """Does nothing: the pool is not used."""


@pytest.fixture(autouse=True)
def _looks_often(monkeypatch):
    """Check every 0.1 s instead of every second."""
    monkeypatch.setattr(open_runs, "SECONDS", 0.1)


@pytest.fixture
def kept(monkeypatch) -> Iterator[Kept]:
    kept = Kept()
    monkeypatch.setattr(open_runs, "run_again", kept.told.append)
    monkeypatch.setattr(open_runs, "store", lambda: kept)
    monkeypatch.setattr(kept_runs, "save", kept.save)
    yield kept
    for runs in kept.runs:
        runs.end()


@pytest.fixture
def run(digits) -> Callable[[str], OpenRun]:
    def make(id: str) -> OpenRun:
        job = Job(TrainingRun(digits, Hyperparameters(batches=2, steps_per_batch=5, engine="numpy")))
        return OpenRun(id, "owner", job, TrainingData(), 0.0)

    return make


def test_a_run_is_saved_when_it_is_new_and_when_it_has_moved_and_not_otherwise(kept, run):
    runs = Runs(kept, grace=60)
    one = runs.add(run("a"))
    runs.enter(one, "tab", as_owner=True)
    runs.save_all()
    assert kept.saved == [("a", 0, False)]
    one.job.run.advance(3)
    runs.save_soon(one)
    wait_until(lambda: kept.saved[1:] == [("a", 3, False)])
    runs.save_all()
    assert len(kept.saved) == 2


def test_a_run_has_changed_once_it_has_learnt_something_and_not_by_being_opened(run):
    one = run("a" * 32)
    one.owner, one.saved, one.changed = "b" * 64, one.moment, 5.0
    one.job.run_to(1)
    assert as_kept(one, one.job.run).changed == 5.0
    one.job.run.advance(1)
    assert as_kept(one, one.job.run).changed > 5.0


def test_what_a_run_wants_is_saved_too_and_outlives_the_stop(kept, run):
    runs = Runs(kept, grace=0)
    one = runs.add(run("a"))
    one.job.run_to(10)
    runs.enter(one, "tab", as_owner=True)
    runs.leave(one, "tab")
    wait_until(lambda: kept.stopped == [one.job])
    assert kept.saved[-1] == ("a", 0, True)
    assert one.wants_to_go_on


def test_a_single_step_that_was_asked_for_is_no_wish_to_go_on(run):
    one = run("a")
    one.job.run_to(1)
    assert one.job.wants_steps
    assert not one.wants_to_go_on


def test_it_stops_when_the_last_tab_of_its_owner_is_closed_and_not_before(kept, run):
    runs = Runs(kept, grace=0)
    one, other = runs.add(run("a")), runs.add(run("b"))
    for tab in ("one", "two"):
        runs.enter(one, tab, as_owner=True)
    runs.enter(other, "three", as_owner=True)
    runs.leave(one, "one")
    runs.leave(other, "three")
    wait_until(lambda: kept.stopped == [other.job])
    runs.leave(one, "two")
    wait_until(lambda: kept.stopped == [other.job, one.job])


def test_a_viewer_never_keeps_it_going_but_keeps_it_open(kept, run):
    runs = Runs(kept, grace=0)
    one = runs.add(run("a"))
    runs.enter(one, "tab", as_owner=True)
    runs.enter(one, "viewer", as_owner=False)
    runs.leave(one, "tab")
    wait_until(lambda: kept.stopped == [one.job])
    assert runs.find("a") is one
    runs.leave(one, "viewer")
    wait_until(lambda: runs.find("a") is None)


def test_a_reload_does_not_stop_it(kept, run):
    runs = Runs(kept, grace=60)
    one = runs.add(run("a"))
    runs.enter(one, "before", as_owner=True)
    runs.leave(one, "before")
    runs.enter(one, "after", as_owner=True)
    runs.save_all()
    assert not kept.stopped
    assert one.alone_since is None


def test_a_run_that_its_owner_leaves_for_another_stands_still_at_once(kept, run):
    runs = Runs(kept, grace=60)
    one = runs.add(run("a"))
    one.job.run_to(10)
    for tab in ("one", "two"):
        runs.enter(one, tab, as_owner=True)
    runs.abandon(one, "one")
    assert not kept.stopped
    runs.abandon(one, "two")
    assert kept.stopped == [one.job]
    wait_until(lambda: kept.saved[-1:] == [("a", 0, False)])


def test_a_viewer_who_turns_to_another_run_stops_nothing(kept, run):
    runs = Runs(kept, grace=60)
    one = runs.add(run("a"))
    one.job.run_to(10)
    runs.enter(one, "viewer", as_owner=False)
    runs.abandon(one, "viewer")
    assert not kept.stopped
    assert one.wants_to_go_on


def test_one_that_cannot_be_saved_stays_open_until_it_can(kept, run):
    runs = Runs(kept, grace=0)
    kept.fails = True
    one = runs.add(run("a"))
    wait_until(lambda: kept.stopped == [one.job])
    runs.save_soon(one)
    assert runs.find("a") is one
    kept.fails = False
    wait_until(lambda: runs.find("a") is None)
    assert kept.saved == [("a", 0, False)]


def test_what_had_to_make_room_is_not_saved_over_what_is_kept(kept, run):
    runs = Runs(kept, grace=60)
    one = runs.add(run("a"))
    one.job.run.advance(10)
    runs.save_all()
    one.job.forget()
    runs.save_all()
    assert kept.saved == [("a", 10, False)]


def test_what_had_to_make_room_while_somebody_watched_it_is_closed_with_the_last_tab(kept, run):
    runs = Runs(kept, grace=0)
    one = runs.add(run("a"))
    runs.enter(one, "viewer", as_owner=False)
    wait_until(lambda: kept.stopped == [one.job])
    one.job.run.advance(10)
    runs.save_all()
    one.job.forget()
    runs.leave(one, "viewer")
    wait_until(lambda: runs.find("a") is None)


def test_the_same_id_is_the_same_run(kept, run):
    runs = Runs(kept)
    one = runs.add(run("a"))
    assert runs.add(run("a")) is one
    assert runs.others(one, "tab") is False
    runs.enter(one, "other", as_owner=False)
    assert runs.others(one, "tab")


def test_one_that_comes_to_stand_is_saved_at_once_and_no_other_with_it(kept, run, monkeypatch):
    runs = Runs(kept, grace=60)
    many = [runs.add(run(f"{number}")) for number in range(8)]
    wait_until(lambda: len(kept.saved) == len(many))
    monkeypatch.setattr(open_runs, "SECONDS", 600.0)  # no other takes its turn for a minute
    for one in many:
        one.job.run.advance(3)
    runs.save_soon(many[5])
    wait_until(lambda: len(kept.saved) > len(many))
    assert kept.saved[len(many) :] == [("5", 3, False)]


def test_all_tabs_are_told_what_became_of_a_run_that_stands_elsewhere(kept, run):
    told, asked, standings, runs = kept.told, kept.asked, kept.standings, Runs(kept)
    one, moving, looked_at = (runs.add(run(id)) for id in "abc")
    runs.enter(one, "tab", as_owner=True)
    runs.enter(one, "viewer", as_owner=False)
    runs.enter(looked_at, "viewer", as_owner=False)
    moving.job.run_to(10)
    runs.enter(moving, "another", as_owner=True)
    runs._watched = 0.0
    runs.save_soon(one)
    wait_until(lambda: asked)
    assert {*map(tuple, asked)} == {("a",)}  # a moving run gets its standing when it is saved
    assert not told
    standings["a"] = Standing.TAKEN
    runs._watched = 0.0
    runs.save_soon(one)
    wait_until(lambda: len(told) == 2)
    assert (one.standing, set(told)) == (Standing.TAKEN, {"tab", "viewer"})
    told.clear()
    runs.tell_tabs(one, besides="tab")  # after a click in that tab
    assert told == ["viewer"]
    runs.delete("b")
    runs.restore("b")
    assert told == ["viewer", "another", "another"]
