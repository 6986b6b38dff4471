"""The test accuracy on a page. It is computed where no visitor waits for it, never in the server's event loop."""

import weakref
from concurrent.futures import ThreadPoolExecutor

from digitviz.dashboard.runtime.shared import shared
from digitviz.training.pool import Job
from digitviz.training.run import Snapshot

QUICK = 30_000_000
"""Limit for multiplications in a page's run, about 5 ms. The largest network takes 5,000,000,000 for all digits."""


def known(job: Job) -> Snapshot | None:
    """Return the latest snapshot of a run with a computed test accuracy. None before the first.

    This computes nothing, so the server's event loop may call it.
    """
    now, judged = job.run.snapshot, job.judged
    if now.known_checkup is not None:  # computed after its accuracy
        return now
    return judged if judged is not None and judged.history.serial == now.history.serial else None


def is_awaited(job: Job) -> bool:
    """Return whether the test accuracy of a run's current state is still missing. False after an error."""
    return job.error is None and known(job) is not job.run.snapshot


def provide(job: Job, running: bool) -> None:
    """Provide the test accuracy of a run: at once if that is quick, otherwise soon.

    Parameters
    ----------
    running : bool
        True while the run trains or settles. Its worker then computes the accuracy, except for a first quick one.
    """
    if not is_awaited(job) or (running and known(job) is not None):
        return
    snapshot = job.run.snapshot
    if snapshot.network.parameters.size * len(snapshot.test) <= QUICK:
        _measure(weakref.ref(job))
    elif not running:
        shared().get(_thread).submit(_measure, weakref.ref(job))


def _measure(job: weakref.ref[Job]) -> None:
    """Compute the test accuracy of a run, unless the run has been replaced."""
    still_there = job()
    if still_there is not None:
        snapshot = still_there.run.snapshot
        _ = snapshot.test_accuracy, snapshot.checkup  # computed and cached, in this order


def _thread() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(max_workers=1, thread_name_prefix="digitviz-accuracy")
