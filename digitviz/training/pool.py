"""Workers that train off the main thread: submit a job, watch its progress, pause it, cancel it."""

from __future__ import annotations

import itertools
import os
import threading
import time
from dataclasses import dataclass
from enum import StrEnum

from digitviz.training.job import SLICE_SECONDS, Job, Work

__all__ = ["SLICE_SECONDS", "Job", "Pool", "Progress", "ProgressState", "Work", "keep_libraries_to_one_thread"]


class ProgressState(StrEnum):
    """The state of a job in a pool; one that was paused is running until its slice ends."""

    PAUSED = "paused"
    RUNNING = "running"
    FINISHED = "finished"
    DIVERGED = "diverged"
    FAILED = "failed"


@dataclass(frozen=True)
class Progress:
    """How far a job has got.

    Parameters
    ----------
    state : ProgressState
    step, total_steps : int
    steps_per_second : float
        Over the last two seconds; 0 unless running.
    seconds_left : float or None
        At that rate; None unless running.
    place : int
        How many other jobs are ahead in the queue for a worker; 0 while it is worked on.
    error : str or None
        The message of a worker that failed.
    """

    state: ProgressState
    step: int
    total_steps: int
    steps_per_second: float
    seconds_left: float | None
    place: int
    error: str | None

    @property
    def is_running(self) -> bool:
        """Whether steps are being taken, or the job waits in the queue."""
        return self.state == ProgressState.RUNNING

    @property
    def is_over(self) -> bool:
        """Whether no further step can be taken."""
        return self.state in {ProgressState.FINISHED, ProgressState.DIVERGED, ProgressState.FAILED}


class Pool:
    """Worker threads shared by all jobs, which take turns. They start with the first job and end with the last.

    Parameters
    ----------
    workers : int
        Threads at most; as many as cores by default.
    """

    def __init__(self, workers: int | None = None) -> None:
        self.workers = workers or os.cpu_count() or 1
        self._turns: list[tuple[float, int, Job]] = []  # when it is due, its number among equals, the job
        self._numbers = itertools.count()
        self._jobs: set[Job] = set()
        self._threads: set[threading.Thread] = set()
        self._interpreter_held_by: Job | None = None
        self._changed = threading.Condition()

    def submit(self, job: Job) -> None:
        """Work on a job until it has reached its goal; one that is already in the pool simply goes on."""
        with self._changed:
            job.cancelled = False
            if job not in self._jobs and job.wants_steps:
                self._jobs.add(job)
                self._queue(job, 0.0)
            if len(self._threads) < min(self.workers, len(self._jobs)):
                self._start_worker()
            self._changed.notify_all()

    def progress(self, job: Job) -> Progress:
        """Tell how far a job has got."""
        with self._changed:
            turn = next((turn for turn in self._turns if turn[2] is job), None)
            worked_on = job in self._jobs and turn is None  # what it has done is not published yet
            running = job in self._jobs and not job.cancelled
            running &= worked_on or job.wants_steps or job.awaits_judgement
            place = 0 if turn is None else sum(other[:2] < turn[:2] for other in self._turns)
        run, total = job.run, job.run.total_steps
        step = run.snapshot.step
        if job.error is not None:
            state = ProgressState.FAILED
        elif running:
            state = ProgressState.RUNNING
        elif run.diverged:
            state = ProgressState.DIVERGED
        else:
            state = ProgressState.FINISHED if step == total else ProgressState.PAUSED
        rate = job.steps_per_second() if state == ProgressState.RUNNING else 0.0
        return Progress(state, step, total, rate, (total - step) / rate if rate else None, place, job.error)

    def cancel(self, job: Job) -> None:
        """Stop working on a job; it can be submitted again and goes on where it stopped."""
        with self._changed:
            job.cancelled = True
            self._changed.notify_all()

    def wait(self, job: Job, timeout: float = 10.0) -> bool:
        """Wait until a job that was paused or cancelled is out of the workers' hands; False after `timeout` seconds."""
        with self._changed:
            self._changed.notify_all()
            return self._changed.wait_for(lambda: job not in self._jobs, timeout)

    def counts(self) -> dict[str, int]:
        """Return how many jobs are in the pool and how many threads work on them."""
        with self._changed:
            return {"jobs": len(self._jobs), "threads": len(self._threads), "workers": self.workers}

    def _queue(self, job: Job, wait: float) -> None:
        self._turns.append((time.monotonic() + wait, next(self._numbers), job))

    def _start_worker(self) -> None:
        keep_libraries_to_one_thread()
        thread = threading.Thread(target=self._work, name="digitviz-worker", daemon=True)
        thread.start()  # it waits for the lock that is held here
        self._threads.add(thread)

    def _work(self) -> None:
        try:
            while (job := self._next_job()) is not None:
                self._take_turn(job)
        finally:
            with self._changed:
                self._threads.discard(threading.current_thread())

    def _take_turn(self, job: Job) -> None:
        wait = 0.0
        try:
            wait = job.work()
        finally:
            with self._changed:
                if self._interpreter_held_by is job:
                    self._interpreter_held_by = None
                self._queue(job, wait)
                self._changed.notify_all()

    def _next_job(self) -> Job | None:
        """Wait for a job that is due; None when there is none left for this thread."""
        with self._changed:
            while True:
                for turn in [turn for turn in self._turns if turn[2].is_leaving]:
                    self._turns.remove(turn)
                    if turn[2].awaits_judgement:  # that comes first, and takes no steps
                        return turn[2]
                    self._jobs.discard(turn[2])
                    self._changed.notify_all()
                if len(self._threads) > len(self._jobs):
                    self._threads.discard(threading.current_thread())
                    return None
                busy = self._interpreter_held_by is not None
                free = [turn for turn in self._turns if not (turn[2].needs_interpreter and busy)]
                due = min(free, default=None, key=lambda turn: turn[:2])
                now = time.monotonic()
                if due is None or due[0] > now:
                    self._changed.wait(None if due is None else due[0] - now)
                    continue
                self._turns.remove(due)
                if due[2].needs_interpreter:
                    self._interpreter_held_by = due[2]
                return due[2]


def keep_libraries_to_one_thread() -> None:
    """Let numpy's linear algebra use one thread: with matrices this small, threads only wait for each other."""
    from threadpoolctl import threadpool_limits

    threadpool_limits(limits=1, user_api="blas")
