"""What all sessions of a server have in common: its workers, what is known of trainings, and the runs that are open."""

from __future__ import annotations

import contextlib
import os
from functools import partial

from digitviz.dashboard.runtime.shared import shared
from digitviz.dashboard.session import kept_runs
from digitviz.dashboard.session.lease import run_again
from digitviz.dashboard.session.open_runs import OpenRun, OpenRuns
from digitviz.dashboard.session.storage import Unavailable, store
from digitviz.training.gap import GapFill
from digitviz.training.pool import Job, Pool
from digitviz.training.run import TrainingRun
from digitviz.training.trajectories import Full, Trajectories


def pool() -> Pool:
    """Return the workers of this server."""
    return shared().get(Pool)


def trajectories() -> Trajectories:
    """Return the trajectories of this server: the same training of two sessions is one."""
    return shared().get(_trajectories)


def _trajectories() -> Trajectories:
    """Make room for trajectories: as many megabytes as the environment says, if that is a number of them."""
    make = partial(Trajectories, cache=store())
    with contextlib.suppress(KeyError, ValueError):
        return make(int(float(os.environ["DIGITVIZ_MEMORY_MB"]) * 1e6))
    return make()


def open_runs() -> OpenRuns:
    """Return the runs that anybody on this server has open."""
    return shared().get(_open_runs)


def _open_runs() -> OpenRuns:
    return OpenRuns(kept_runs.save, stop, kept_runs.standing, mend, kept_runs.watch, run_again)


def stop(job: Job[TrainingRun]) -> None:
    """Take a training out of the pool; it is kept, but makes way if need be."""
    pool().cancel(job)
    trajectories().mark(job, closed=True)


def go_on(job: Job[TrainingRun]) -> None:
    """Put a training back into the pool after `stop`."""
    trajectories().mark(job, closed=False)
    pool().submit(job)


def mend(run: OpenRun) -> None:
    """Let the computing of the batches that are lost of a run go on, if some are; at its end the run has no gap.

    There may be no room for it now. What can never be done is tried no more.
    """
    mending = run.mending
    if mending is None or mending.job is not run.job:
        if not run.job.run.history.known_from:
            run.mending = None
            return
        if mending is not None:
            stop(mending.work)
        mending = GapFill(run.job, pool())
        with contextlib.suppress(Full):
            trajectories().put(mending.work)
            run.mending = mending
    elif not mending.is_futile and mending.go_on():
        run.mending = None
        trajectories().mark(mending.work, closed=True)


def take(run: OpenRun, from_others: bool = True) -> None:
    """Have a run moved by this server, and by no other; or by another that has moved it since, if not `from_others`."""
    epoch = kept_runs.take(run, bring_back if from_others else None)
    if epoch is None:
        open_runs().give_up(run)
    else:
        open_runs().hold(run, epoch)


def bring_back(run: OpenRun) -> bool:
    """Open a run again that had to make room, or that another server has moved; return whether that could be done."""
    try:
        again = kept_runs.reopen(run.id, trajectories().find)
        if again is None:
            return False
        trajectories().put(again.job)
    except (kept_runs.Unreadable, kept_runs.Unmade, Unavailable, Full):
        return False
    stop(run.job)
    run.job, run.epoch = again.job, again.epoch
    run.saved = run.moment
    return True
