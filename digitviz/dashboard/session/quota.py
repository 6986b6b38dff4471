"""The quota: bounds the memory of all runs on this server, and leaves everybody a fair share of it."""

from __future__ import annotations

import threading
import weakref

from digitviz.training.pool import Job

MOST_BYTES = 1_000_000_000
"""All runs together; the notebook's takes 5 MB, the largest some 170 MB."""
FREE_FOR_ALL = 0.5
"""Part of it that runs of open sessions fill as they come; of the rest, none takes more than its fair share."""
LEAST_SESSIONS = 20
"""The fair share is that of one among so many sessions, or among as many as are open if those are more."""


class Full(Exception):
    """There is no room for another run of that size, and none that could make way."""


class Quota:
    """Bounds the memory of the runs of all sessions; the oldest runs of closed sessions make way first.

    A run counts with all that it holds or will hold: its history, its engine, its batch, its copy of the digits.

    Parameters
    ----------
    most_bytes : int
    free_for_all : float
        Part of it, 0 to 1, that is not divided fairly.
    """

    def __init__(self, most_bytes: int = MOST_BYTES, free_for_all: float = FREE_FOR_ALL) -> None:
        self.most_bytes, self.free_for_all = most_bytes, free_for_all
        self._jobs: weakref.WeakKeyDictionary[Job, bool] = weakref.WeakKeyDictionary()  # oldest first: is it closed?
        self._lock = threading.Lock()

    def put(self, job: Job, always: bool = False) -> None:
        """Admit a run.

        Parameters
        ----------
        job : Job
        always : bool
            Admit it even if there is no room: a session's first.

        Raises
        ------
        Full
            If the runs of open sessions alone leave no room for it, or if it is larger than a fair share and they have
            filled the rest. Then no other run has made way.
        """
        with self._lock:
            if not always and not self._is_welcome(job.run.nbytes):
                raise Full
            closed = [other for other, is_closed in self._jobs.items() if is_closed]
            while closed and self._bytes() + job.run.nbytes > self.most_bytes:
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

    def _is_welcome(self, nbytes: int) -> bool:
        opened = [job.run.nbytes for job, is_closed in self._jobs.items() if not is_closed]
        filled = sum(opened) + nbytes
        share = self.most_bytes / max(LEAST_SESSIONS, len(opened) + 1)
        return filled <= self.free_for_all * self.most_bytes or (filled <= self.most_bytes and nbytes <= share)

    def _bytes(self) -> int:
        return sum(job.run.nbytes for job in self._jobs)
