"""Open runs, and the workers and trajectories of this server: runs are saved while they move, stopped when alone."""

from __future__ import annotations

import contextlib
import logging
import threading
import time
from collections.abc import Iterable

from digitviz import settings
from digitviz.dashboard.runtime.shared import shared
from digitviz.dashboard.session import kept_runs
from digitviz.dashboard.session.kept_runs import OpenRun
from digitviz.dashboard.session.lease import run_again
from digitviz.dashboard.session.storage import Unavailable, store
from digitviz.store.records import Standing, new_epoch
from digitviz.training.gap import GapFill
from digitviz.training.pool import Job, Pool
from digitviz.training.trajectories import Full, Trajectories

GRACE_SECONDS = 5.0
"""A run goes on for so long after its owner's last tab is closed: a reload takes less."""
BYTES_PER_SECOND = 10_000_000
"""Limit for one run that moves: only the largest networks are saved less often than they are looked at."""
SECONDS = 1.0
"""Time between two looks at a run, to save it if it has moved."""
FEW_RUNS = 4
LONG_SECONDS = 1.5
"""Time between two looks if more runs than those few move: no run is ever more than two seconds behind."""
TOGETHER_SECONDS = 0.05
"""Runs that are due within this time are looked at one after another, unless they have to be saved."""
WATCH_SECONDS = 3.0
"""Time after which the store checks whether another server has taken or deleted a run that does not move."""

log = logging.getLogger(__name__)


def pool() -> Pool:
    """Return the workers of this server."""
    return shared().get(Pool)


def trajectories() -> Trajectories:
    """Return the trajectories of this server: two sessions with the same training share one."""
    return shared().get(_trajectories)


def _trajectories() -> Trajectories:
    return Trajectories(int(settings.MEMORY_MB.value * 1e6), cache=store())


def open_runs() -> OpenRuns:
    """Return the runs that anyone has open on this server."""
    return shared().get(OpenRuns)


class Rounds:
    """Chooses the run to look at next. Spreads the saves evenly, so that no click has to wait for many of them."""

    def __init__(self) -> None:
        self._free = 0.0  # when the next run may be saved
        self._apart = 0.0
        self._watched = 0.0

    def next(self, runs: Iterable[OpenRun], now: float) -> tuple[OpenRun, float]:
        """Return the run to look at next, and the seconds until then; at once if they are not above 0.

        The run then counts as looked at. One whose `due` is 0 comes first.

        Parameters
        ----------
        runs : iterable of OpenRun
            At least one.
        now : float
            Seconds on the monotonic clock.
        """
        every = list(runs)
        moving = sum(run.job.wants_steps for run in every)
        run = min(every, key=lambda each: each.due)
        wait = max(run.due - TOGETHER_SECONDS, self._free) - now if run.due else 0.0
        if wait <= 0:
            seconds = SECONDS if moving <= FEW_RUNS else LONG_SECONDS
            self._apart = seconds / (moving + 1) if run.due else 0.0
            run.due = now + seconds
        return run, wait

    def saved(self, now: float) -> None:
        """Record that the run looked at had to be saved, so that the next save waits."""
        self._free = max(self._free, now + self._apart)

    def to_watch(self, runs: Iterable[OpenRun], now: float) -> list[str]:
        """Return the ids of runs that do not move and are open in their owners' tabs, every few seconds; else none."""
        if now - self._watched < WATCH_SECONDS:
            return []
        self._watched = now
        return [run.id for run in runs if run.tabs and not run.is_away and not run.job.wants_steps]


class OpenRuns:
    """The open runs by id. One thread looks after them as long as there are any.

    Parameters
    ----------
    grace : float
        Seconds.
    """

    def __init__(self, grace: float = GRACE_SECONDS) -> None:
        self._grace, self._rounds = grace, Rounds()
        self._runs: dict[str, OpenRun] = {}
        self._looking: threading.Thread | None = None
        self._changed = threading.Condition(threading.RLock())

    def find(self, id: str) -> OpenRun | None:
        """Return the run with this id, if it is open."""
        return self._runs.get(id)

    def add(self, run: OpenRun) -> OpenRun:
        """Add a run and return it; if one with its id is open already, return that one."""
        with self._changed:
            if run.id not in self._runs:
                self._runs[run.id] = run
                run.alone_since = now = time.monotonic()
                run.due = now + SECONDS
            if self._looking is None:
                self._looking = threading.Thread(target=self._look_after, name="digitviz-open-runs", daemon=True)
                self._looking.start()
            return self._runs[run.id]

    def enter(self, run: OpenRun, tab: str, as_owner: bool) -> None:
        """Record that a session has an open run."""
        with self._changed:
            (run.tabs if as_owner else run.viewers).add(tab)
            if as_owner:
                run.alone_since = None

    def leave(self, run: OpenRun, tab: str) -> bool:
        """Record that a session no longer has the run; return whether it was the last tab of the owner."""
        with self._changed:
            was_owners = tab in run.tabs
            run.tabs.discard(tab)
            run.viewers.discard(tab)
            if was_owners and not run.tabs:
                run.alone_since = time.monotonic()
            return was_owners and not run.tabs

    def others(self, run: OpenRun, tab: str) -> bool:
        """Return whether another session has the run open too."""
        return bool((run.tabs | run.viewers) - {tab})

    def abandon(self, run: OpenRun, tab: str) -> None:
        """Record that a session switched to another run. Pause the old one at once if its owner has no other tab."""
        with self._changed:
            if self.leave(run, tab):
                run.job.pause()
                self.stop(run.job)
                self.save_soon(run)

    def take(self, run: OpenRun, from_others: bool = True) -> None:
        """Make this server the one that trains a run, as its owner has it open here.

        If another server has trained it since, open it again as that server left it. If that fails, or without
        `from_others`, the run stays with the other server. While the store does not answer, train what is here.
        """
        epoch: int | None = None
        with contextlib.suppress(Unavailable):
            kept = store().run(run.id)
            if kept is not None:
                if kept.epoch != run.epoch and not (from_others and self.bring_back(run)):
                    with self._changed:
                        run.standing = Standing.TAKEN
                        self.stop(run.job)
                    return
                store().take(run.id, run.epoch, mine := new_epoch())
                epoch = mine
        with self._changed:
            run.epoch = run.epoch if epoch is None else epoch
            run.is_held, run.standing = True, Standing.KEPT

    def bring_back(self, run: OpenRun) -> bool:
        """Open a run again that was evicted, or that another server has trained; return whether that worked."""
        try:
            again = kept_runs.reopen(run.id, trajectories().find)
            if again is None:
                return False
            trajectories().put(again.job)
        except (kept_runs.Unreadable, kept_runs.Unmade, Unavailable, Full):
            return False
        self.stop(run.job)
        run.job, run.epoch = again.job, again.epoch
        run.saved = run.moment
        return True

    def delete(self, id: str) -> None:
        """Record that a run was deleted: it stops in all tabs, but stays open, because its owner may undo that."""
        with self._changed:
            if (run := self.find(id)) is not None:
                self._stand_still(run, Standing.DELETED)

    def restore(self, id: str) -> None:
        """Record that a deletion was undone; continue the run if its owner has it open."""
        with self._changed:
            run = self.find(id)
            if run is not None and run.standing is Standing.DELETED:
                run.standing = Standing.KEPT
                self.tell_tabs(run)
        if run is not None and run.tabs:
            self.go_on(run.job)

    def save_soon(self, run: OpenRun | None) -> None:
        """Look now at a run that has begun or paused, if there is one."""
        if run is not None:
            with self._changed:
                run.due = 0.0
                self._changed.notify_all()

    def save_all(self) -> None:
        """Save all runs that have moved: the server is about to end."""
        with self._changed:
            for run in self._runs.values():
                self._save_if_moved(run, now=True)

    def stop(self, job: Job) -> None:
        """Remove a job from the pool. It stays in memory until its memory is needed."""
        pool().cancel(job)
        trajectories().mark(job, closed=True)

    def go_on(self, job: Job) -> None:
        """Put a job back into the pool after `stop`."""
        trajectories().mark(job, closed=False)
        pool().submit(job)

    def mend(self, run: OpenRun) -> None:
        """Continue to recompute the lost batches of a run, if there are any; in the end the run has no gap.

        There may be no room for that now. What is futile is not tried again.
        """
        mending = run.mending
        if mending is None or mending.job is not run.job:
            if not run.job.run.history.known_from:
                run.mending = None
                return
            if mending is not None:
                self.stop(mending.work)
            mending = GapFill(run.job, pool())
            with contextlib.suppress(Full):
                trajectories().put(mending.work)
                run.mending = mending
        elif not mending.is_futile and mending.go_on():
            run.mending = None
            trajectories().mark(mending.work, closed=True)

    def save(self, run: OpenRun) -> int:
        """Ask the store to save a run that has moved; return the size of its state in bytes."""
        return kept_runs.save(run)

    def standing(self, run: OpenRun) -> Standing:
        """Return what has become of a run in the store, as far as this server knows."""
        return store().standing(run.id, run.epoch)

    def watch(self, ids: list[str]) -> None:
        """Ask the store to check soon whether another server has taken or deleted runs; `standing` then tells."""
        store().watch(ids)

    def tell_tabs(self, run: OpenRun) -> None:
        """Run the pages of the owner's tabs again: they have something else to say about the run."""
        for tab in run.tabs:
            run_again(tab)

    def _look_after(self) -> None:
        while True:
            with self._changed:
                if not self._runs:
                    self._looking = None
                    return
                now = time.monotonic()
                run, wait = self._rounds.next(self._runs.values(), now)
                if wait > 0:
                    self._changed.wait(wait)
                    continue
                if ids := self._rounds.to_watch(self._runs.values(), now):
                    self.watch(ids)
            if self._look_at(run):
                self._rounds.saved(now)

    def _look_at(self, run: OpenRun) -> bool:
        """Look after one run; return whether it was saved."""
        was_saved = self._save_if_moved(run)
        epoch, found = run.epoch, self.standing(run)
        with self._changed:
            if found in {Standing.TAKEN, Standing.DELETED} and run.epoch == epoch and not run.is_away:
                self._stand_still(run, found)
        self._look_for_gaps(run)
        with self._changed:
            alone = run.alone_since is not None and time.monotonic() - run.alone_since >= self._grace
            if alone and not run.job.cancelled:
                self.stop(run.job)  # it keeps its goal, and so what it wants
            if alone:
                run.is_held = False
            if alone and not run.viewers and (run.saved == run.moment or run.standing is Standing.TAKEN):
                self._runs.pop(run.id, None)
        return was_saved

    def _stand_still(self, run: OpenRun, standing: Standing) -> None:
        run.standing = standing
        self.stop(run.job)
        self.tell_tabs(run)

    def _look_for_gaps(self, run: OpenRun) -> None:
        if run.tabs and not run.is_away:
            try:
                self.mend(run)
            except Exception:  # the run goes on without its lost batches
                log.exception("what is lost of a run could not be computed again")
        elif run.mending is not None:
            self.stop(run.mending.work)

    def _save_if_moved(self, run: OpenRun, now: bool = False) -> bool:
        moment, time_now = run.moment, time.monotonic()
        if run.job.run.recipe.id != run.recipe_id:  # it was forgotten, and another run is in its place
            return False
        if run.standing is Standing.TAKEN:
            return False
        too_soon = run.job.wants_steps and not now and time_now < run.not_before
        if too_soon or (moment == run.saved and self.standing(run) is not Standing.UNKNOWN):
            return False
        try:
            run.not_before = time_now + self.save(run) / BYTES_PER_SECOND
            run.saved = moment
        except Exception:  # whatever is wrong with one run must not stop the others from being saved
            log.exception("a run could not be saved")
        return True
