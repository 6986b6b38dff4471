"""Open runs, workers and trajectories of this server. Saves runs during training and stops those without an owner."""

from __future__ import annotations

import contextlib
import logging
import threading
import time
from collections.abc import Collection

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
"""Time that a run continues after its owner's last tab closes. A reload takes less."""
BYTES_PER_SECOND = 10_000_000
"""Limit for saving one run during training. Only the largest networks are saved less often than they are checked."""
SECONDS = 1.5
"""Time between two checks of a run, which save it if it has changed. No save is ever more than two seconds behind."""
WATCH_SECONDS = 3.0
"""Time between the store's checks of whether another server has taken or deleted a paused run."""

log = logging.getLogger(__name__)


def pool() -> Pool:
    """Return the workers of this server."""
    return shared().get(Pool)


def trajectories() -> Trajectories:
    """Return the trajectories of this server. Sessions with the same recipe share one."""
    return shared().get(_trajectories)


def _trajectories() -> Trajectories:
    return Trajectories(int(settings.MEMORY_MB.value * 1e6), cache=store())


def open_runs() -> OpenRuns:
    """Return the runs that are open on this server."""
    return shared().get(OpenRuns)


def following(runs: Collection[OpenRun], last: float) -> tuple[OpenRun, float]:
    """Return the run to check next, and when: at once if it has just paused, otherwise all in turn, evenly spread.

    So no click waits for many saves.

    Parameters
    ----------
    runs : collection of OpenRun
        At least one.
    last : float
        Time of the last check in turn, in seconds on the monotonic clock.
    """
    run = min(runs, key=lambda each: each.checked)
    return run, last + SECONDS / len(runs) if run.checked else 0.0


class OpenRuns:
    """The open runs by id. One thread checks them while there are any.

    Parameters
    ----------
    grace : float
        Seconds that a run continues after its owner's last tab closes.
    """

    def __init__(self, grace: float = GRACE_SECONDS) -> None:
        self._grace, self._checked, self._watched = grace, 0.0, 0.0
        self._runs: dict[str, OpenRun] = {}
        self._looking: threading.Thread | None = None
        self._changed = threading.Condition(threading.RLock())

    def find(self, id: str) -> OpenRun | None:
        """Return the run with this id, if it is open."""
        return self._runs.get(id)

    def add(self, run: OpenRun) -> OpenRun:
        """Add a run and return it. If a run with its id is already open, return that one."""
        with self._changed:
            if run.id not in self._runs:
                self._runs[run.id] = run
                run.alone_since = run.checked = time.monotonic()
            if self._looking is None:
                self._checked = time.monotonic()
                self._looking = threading.Thread(target=self._look_after, name="digitviz-open-runs", daemon=True)
                self._looking.start()
            return self._runs[run.id]

    def enter(self, run: OpenRun, tab: str, as_owner: bool) -> None:
        """Record that a session has opened a run."""
        with self._changed:
            (run.tabs if as_owner else run.viewers).add(tab)
            if as_owner:
                run.alone_since = None

    def leave(self, run: OpenRun, tab: str) -> bool:
        """Record that a session has left a run. Return whether it was the owner's last tab."""
        with self._changed:
            was_owners = tab in run.tabs
            run.tabs.discard(tab)
            run.viewers.discard(tab)
            if was_owners and not run.tabs:
                run.alone_since = time.monotonic()
            return was_owners and not run.tabs

    def others(self, run: OpenRun, tab: str) -> bool:
        """Return whether another session has the run open."""
        return bool((run.tabs | run.viewers) - {tab})

    def abandon(self, run: OpenRun, tab: str) -> None:
        """Record that a session switched to another run. Pause the old one unless its owner has it in another tab."""
        with self._changed:
            if self.leave(run, tab):
                run.job.pause()
                self.stop(run.job)
                self.save_soon(run)

    def take(self, run: OpenRun, from_others: bool = True) -> None:
        """Make this server train a run that its owner has opened here.

        If another server has trained it since, reopen it in the state saved there. If that fails, or without
        `from_others`, leave it to the other server. If the store does not answer, continue from this server's state.
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
        """Reopen a run that was evicted or that another server has trained. Return whether that worked."""
        try:
            again = kept_runs.reopen(run.id, trajectories().find)
            if again is None:
                return False
            trajectories().put(again.job)
        except (kept_runs.Unreadable, kept_runs.Unmade, Unavailable, Full):
            return False
        self.stop(run.job)
        run.job, run.epoch = again.job, again.epoch
        run.saved, run.changed = run.moment, again.changed
        return True

    def delete(self, id: str) -> None:
        """Record the deletion of a run and stop it in all tabs. It stays open, because its owner may undo that."""
        with self._changed:
            if (run := self.find(id)) is not None:
                self._stand_still(run, Standing.DELETED)

    def restore(self, id: str) -> None:
        """Record that a deletion was undone. Continue the run if its owner has it open."""
        with self._changed:
            run = self.find(id)
            if run is not None and run.standing is Standing.DELETED:
                run.standing = Standing.KEPT
                self.tell_tabs(run)
        if run is not None and run.tabs:
            self.go_on(run.job)

    def save_soon(self, run: OpenRun | None) -> None:
        """Check a run now if it is given, because it has just started or paused."""
        if run is not None:
            with self._changed:
                run.checked = 0.0
                self._changed.notify_all()

    def save_all(self) -> None:
        """Save all changed runs before the server stops."""
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
        """Continue to recompute the lost batches of a run, if any. A finished run has no gap.

        There may not be room for that now. A futile attempt is not repeated.
        """
        mending = run.mending
        if mending is None or mending.job is not run.job:
            if mending is not None:
                self.stop(mending.work)
                run.mending = None
            if not run.job.run.history.known_from or run.gap_stays:
                return
            mending = GapFill(run.job, pool())
            with contextlib.suppress(Full):
                trajectories().put(mending.work)
                run.mending = mending
        elif not mending.is_futile and mending.go_on():
            run.mending = None
            trajectories().mark(mending.work, closed=True)

    def tell_tabs(self, run: OpenRun, besides: str = "") -> None:
        """Rerun the pages of all tabs that have the run open, except one, because the run has changed."""
        for tab in (run.tabs | run.viewers) - {besides}:
            run_again(tab)

    def _look_after(self) -> None:
        while True:
            with self._changed:
                if not self._runs:
                    self._looking = None
                    return
                run, at = following(self._runs.values(), self._checked)
                if at > (now := time.monotonic()):
                    self._changed.wait(at - now)
                    continue
                if run.checked:
                    self._checked = now
                run.checked = now
                if now - self._watched >= WATCH_SECONDS:
                    self._watched = now
                    paused = [each for each in self._runs.values() if not each.is_away and not each.job.wants_steps]
                    store().watch([each.id for each in paused if each.tabs])
            self._look_at(run)

    def _look_at(self, run: OpenRun) -> None:
        self._save_if_moved(run)
        epoch, found = run.epoch, store().standing(run.id, run.epoch)
        with self._changed:
            if found in {Standing.TAKEN, Standing.DELETED} and run.epoch == epoch and not run.is_away:
                self._stand_still(run, found)
        self._look_for_gaps(run)
        with self._changed:
            alone = run.alone_since is not None and time.monotonic() - run.alone_since >= self._grace
            if alone and not run.job.cancelled:
                self.stop(run.job)  # keeps the goal for later
            if alone:
                run.is_held = False
            ends = run.saved == run.moment or run.standing is Standing.TAKEN or run.job.forgotten
            if alone and not run.viewers and ends:
                self._runs.pop(run.id, None)

    def _stand_still(self, run: OpenRun, standing: Standing) -> None:
        run.standing = standing
        self.stop(run.job)
        self.tell_tabs(run)

    def _look_for_gaps(self, run: OpenRun) -> None:
        if run.tabs and not run.is_away:
            try:
                self.mend(run)
            except Exception:  # the run continues without its lost batches
                log.exception("the lost batches of a run could not be recomputed")
        elif run.mending is not None:
            self.stop(run.mending.work)

    def _save_if_moved(self, run: OpenRun, now: bool = False) -> None:
        moment, time_now = run.moment, time.monotonic()
        is_evicted = run.job.run.recipe.id != run.recipe_id  # and another run has replaced it
        if is_evicted or run.standing is Standing.TAKEN:
            return
        too_soon = run.job.wants_steps and not now and time_now < run.not_before
        if too_soon or (moment == run.saved and store().standing(run.id, run.epoch) is not Standing.UNKNOWN):
            return
        try:
            run.not_before = time_now + kept_runs.save(run) / BYTES_PER_SECOND
            run.saved = moment
        except Exception:  # one faulty run must not prevent the others from being saved
            log.exception("a run could not be saved")
