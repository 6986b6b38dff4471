"""Keeps the memory of all recorded runs on this server within a bound."""

from __future__ import annotations

import threading
import weakref

from digitviz.training.pool import Job

MOST_BYTES = 1_000_000_000
"""All recorded runs together; the notebook's takes 4 MB, the largest some 100 MB."""


class Full(Exception):
    """There is no room for another run, and none that could make way."""


class Shelf:
    """Knows every run of every session; the oldest of closed sessions make way first.

    Parameters
    ----------
    most_bytes : int
    """

    def __init__(self, most_bytes: int = MOST_BYTES) -> None:
        self.most_bytes = most_bytes
        self._jobs: weakref.WeakKeyDictionary[Job, bool] = weakref.WeakKeyDictionary()  # oldest first: is it closed?
        self._lock = threading.Lock()

    def put(self, job: Job, always: bool = False) -> None:
        """Take a run in.

        Parameters
        ----------
        job : Job
        always : bool
            Take it in even if there is no room: a session's first.

        Raises
        ------
        Full
            If the runs of open sessions alone leave no room for it.
        """
        with self._lock:
            closed = [other for other, is_closed in self._jobs.items() if is_closed]
            while self._bytes() + job.run.history.nbytes > self.most_bytes:
                if not closed and always:
                    break
                if not closed:
                    raise Full
                del self._jobs[oldest := closed.pop(0)]
                oldest.forget()
            self._jobs[job] = False

    def mark(self, job: Job, closed: bool) -> None:
        """Say whether the session of a run is closed."""
        with self._lock:
            if job in self._jobs:
                self._jobs[job] = closed

    @property
    def nbytes(self) -> int:
        """Memory of all runs, in bytes."""
        with self._lock:
            return self._bytes()

    def _bytes(self) -> int:
        return sum(job.run.history.nbytes for job in self._jobs)
