"""The test accuracy that a page shows, computed where nobody waits for it: never between the server's messages."""

from __future__ import annotations

import weakref
from concurrent.futures import ThreadPoolExecutor

from digitviz.dashboard.runtime.shared import shared
from digitviz.training.pool import Job
from digitviz.training.run import Snapshot

QUICK = 30_000_000
"""Multiplications, some 5 ms: a page may do so many itself. The largest network takes 5,000,000,000 on all digits."""


def known(job: Job) -> Snapshot | None:
    """Return the latest snapshot of a run whose test accuracy has been computed; None before the first.

    It computes nothing, so that it may be called between the server's messages.
    """
    now, judged = job.run.snapshot, job.judged
    if now in shared().get(_computed_here):
        return now
    return judged if judged is not None and judged.history.serial == now.history.serial else None


def is_awaited(job: Job) -> bool:
    """Whether the test accuracy of a run as it is now is still to come; after an error none is."""
    return job.error is None and known(job) is not job.run.snapshot


def provide(job: Job, running: bool) -> None:
    """See to it that the test accuracy of a run gets known: at once if that is quick, else soon.

    Parameters
    ----------
    running : bool
        Whether it advances or settles: then its worker computes the accuracy, and here only a first quick one is worth
        its time.
    """
    if not is_awaited(job) or (running and known(job) is not None):
        return
    snapshot = job.run.snapshot
    if snapshot.network.parameters.size * len(snapshot.test) <= QUICK:
        _measure(weakref.ref(job))
    elif not running:
        shared().get(_thread).submit(_measure, weakref.ref(job))


def _measure(job: weakref.ref[Job]) -> None:
    """Compute the test accuracy of a run, unless another has taken its place by now."""
    still_there = job()
    if still_there is not None:
        snapshot = still_there.run.snapshot
        _ = snapshot.test_accuracy  # which it keeps
        shared().get(_computed_here).add(snapshot)


def _computed_here() -> weakref.WeakSet[Snapshot]:
    return weakref.WeakSet()


def _thread() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(max_workers=1, thread_name_prefix="digitviz-accuracy")
