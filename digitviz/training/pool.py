"""Workers that train off the main thread: submit a job, watch its progress, pause it, cancel it."""

from __future__ import annotations

import itertools
import logging
import math
import os
import threading
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeVar

from digitviz.training.hyperparameters import Hyperparameters
from digitviz.training.run import TrainingRun

SLICE_SECONDS = 0.025
"""How long a job keeps a worker before the next one's turn; what Pause waits for at most."""
RATE_SECONDS = 2.0
"""Steps per second are counted over the last so many seconds."""
JUDGE_SECONDS = 0.25
"""How old the accuracy of a running training may become before it is computed anew."""
JUDGE_SHARE = 1 / 50
"""Part of the time spent on steps that may go into computing accuracies."""

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Progress:
    """How far a job has come.

    Parameters
    ----------
    state : str
        "paused", "running", "finished", "diverged" or "failed"; a job that was paused is running until its slice ends.
    step, total_steps : int
    steps_per_second : float
        Over the last two seconds; 0 unless running.
    seconds_left : float or None
        At that rate; None unless running.
    place : int
        How many other jobs are ahead in the queue for a worker; 0 while it is worked on.
    error : str or None
        What a worker that failed said.
    """

    state: str
    step: int
    total_steps: int
    steps_per_second: float
    seconds_left: float | None
    place: int
    error: str | None


class Work(Protocol):
    """What a job moves on: a `TrainingRun`, or several trainings that advance in turn as one."""

    @property
    def step(self) -> int: ...

    @property
    def total_steps(self) -> int: ...

    @property
    def diverged(self) -> bool: ...

    @property
    def engine(self) -> str: ...

    @property
    def snapshot(self) -> Any: ...  # of any kind that has a `step`

    def advance(self, steps: int) -> int: ...


Run = TypeVar("Run", bound=Work)


class Job(Generic[Run]):
    """A training run that is to be moved on by a pool, up to a step and at a speed.

    Parameters
    ----------
    run : TrainingRun, or whatever else is `Work`
        Nobody else may advance it while the job is submitted; its `snapshot` may be read at any time.
    speed : float or None
        Steps a second; None is as fast as it goes.

    Attributes
    ----------
    judged : Snapshot or None
        The latest snapshot of `run` whose `test_accuracy` is computed already; None before the first. It may be some
        steps behind while the job is worked on, and is `run.snapshot` itself when the job has left the pool.
    """

    def __init__(self, run: Run, speed: float | None = None) -> None:
        self.run = run
        self.error: str | None = None
        self.forgotten = False
        self._speed = speed
        self._goal = 0
        self.cancelled = False
        self.judged: Any = None
        self._judged_at, self._judging_took, self._worked_since = -math.inf, 0.0, 0.0
        self._steps_a_slice = 1
        self._marks: deque[tuple[float, int]] = deque()
        self._start_clock()

    @property
    def speed(self) -> float | None:
        """Steps a second; None is as fast as it goes. May be set while it runs."""
        return self._speed

    @speed.setter
    def speed(self, speed: float | None) -> None:
        if speed != self._speed:
            self._speed = speed
            self._start_clock()

    def run_to(self, goal: int) -> None:
        """Ask for all steps up to `goal`; `pool.submit` makes it happen."""
        self._goal = min(goal, self.run.total_steps)
        self.cancelled = False
        self._start_clock()

    def pause(self) -> None:
        """Stop after the slice that is being worked on."""
        self._goal = 0

    @property
    def wants_steps(self) -> bool:
        """Whether there is anything left that was asked for and can be done."""
        return self.run.step < self._goal and not self.run.diverged and self.error is None

    @property
    def needs_interpreter(self) -> bool:
        """Whether its steps hold Python's lock, so that two such jobs cannot be worked on at once."""
        return self.run.engine != "compiled"

    @property
    def is_leaving(self) -> bool:
        """Whether it takes no more steps, so that it may leave the pool once it is judged."""
        return self.cancelled or not self.wants_steps

    @property
    def awaits_judgement(self) -> bool:
        """Whether steps were taken after those whose accuracy is known; an error leaves nothing to wait for."""
        return self.error is None and self.run.step > 0 and self.judged is not self.run.snapshot

    def forget(self: Job[TrainingRun]) -> None:
        """Give the memory of the recorded run back; the run stands at its start again, too small to matter."""
        self.pause()
        self.forgotten = True
        self.judged = None
        self.run = TrainingRun(self.run.dataset, Hyperparameters(batches=1, steps_per_batch=1))

    def _start_clock(self) -> None:
        self._clock = (time.monotonic(), self.run.step)
        self._marks.clear()

    def work(self) -> float:
        """Take one slice, and judge what has come of it if that is due; return the seconds until the next slice is."""
        wait = 0.0 if self.is_leaving else self._take_steps()
        with self._errors_reported():
            if self.awaits_judgement and (self.is_leaving or self._judgement_is_due()):
                self._judge()
        return wait

    @contextmanager
    def _errors_reported(self) -> Iterator[None]:
        """Turn an error into the job's; the page shows it, and the history is kept."""
        try:
            yield
        except Exception as error:
            log.exception("a training failed at step %d", self.run.step)
            self.error = f"{type(error).__name__}: {error}"

    def _judgement_is_due(self) -> bool:
        """Whether the accuracy is old enough, and steps have taken long enough, for it to be computed anew."""
        if time.monotonic() - self._judged_at < max(JUDGE_SECONDS, 10 * self._judging_took):
            return False
        # At a set speed there is time to spare.
        return self._speed is not None or self._judging_took <= JUDGE_SHARE * self._worked_since

    def _judge(self) -> None:
        run, begin = self.run, time.thread_time()
        snapshot = run.snapshot
        _ = getattr(snapshot, "test_accuracy", None)  # it keeps what it computes; not every kind of work has one
        self._judging_took, self._worked_since = time.thread_time() - begin, 0.0
        self._judged_at = time.monotonic()
        if run is self.run:  # else it was forgotten meanwhile
            self.judged = snapshot

    def _take_steps(self) -> float:
        begin, worked, step = time.monotonic(), time.thread_time(), self.run.step
        steps = self._steps_a_slice
        if self._speed is not None:
            since, from_step = self._clock
            due = (begin - since) * self._speed + 1 - (step - from_step)
            steps = min(steps, int(due))
        steps = min(steps, self._goal - step)
        try:
            taken = self.run.advance(steps) if steps > 0 else 0
        except Exception as error:  # whatever it was, the page shows it and the history is kept
            log.exception("a training failed at step %d", self.run.step)
            self.error = f"{type(error).__name__}: {error}"
            return 0.0
        # The thread's own time: were the wait for others counted, slices would shrink when a class needs them long.
        end, spent = time.monotonic(), time.thread_time() - worked
        self._worked_since += spent
        if taken == self._steps_a_slice:  # a full slice: take as many steps as fit into its time
            fitting = taken * SLICE_SECONDS / max(spent, 1e-6)
            self._steps_a_slice = max(1, int(min(fitting, 2 * taken)))
        self._marks.append((end, self.run.step))
        while self._marks[-1][0] - self._marks[0][0] > RATE_SECONDS:
            self._marks.popleft()
        if self._speed is None:
            return 0.0
        since, from_step = self._clock
        next_due = since + (self.run.step - from_step) / self._speed  # when the next step may be taken
        return min(max(next_due - end, SLICE_SECONDS if next_due > end else 0.0), 0.5)

    def steps_per_second(self) -> float:
        """Return the rate of the last two seconds."""
        marks = [*self._marks]
        if len(marks) < 2 or marks[-1][0] == marks[0][0]:
            return 0.0
        return (marks[-1][1] - marks[0][1]) / (marks[-1][0] - marks[0][0])


class Pool:
    """Worker threads shared by all jobs, which take turns. They start with the first job and end with the last.

    Parameters
    ----------
    workers : int
        Most threads; as many as cores by default.
    """

    def __init__(self, workers: int | None = None) -> None:
        self.workers = workers or os.cpu_count() or 1
        self._turns: list[tuple[float, int, Job]] = []  # when it is due, whose turn among equals, the job
        self._numbers = itertools.count()
        self._jobs: set[Job] = set()
        self._threads: set[threading.Thread] = set()
        self._interpreter_held_by: Job | None = None
        self._changed = threading.Condition()

    def submit(self, job: Job) -> None:
        """Work on a job until it has what it asked for; a job that is already in only goes on."""
        with self._changed:
            job.cancelled = False
            if job not in self._jobs and job.wants_steps:
                self._jobs.add(job)
                self._queue(job, 0.0)
                if len(self._threads) < min(self.workers, len(self._jobs)):
                    self._start_worker()
            self._changed.notify_all()

    def progress(self, job: Job) -> Progress:
        """Tell how far a job has come."""
        with self._changed:
            turn = next((turn for turn in self._turns if turn[2] is job), None)
            worked_on = job in self._jobs and turn is None  # what it has done is not published yet
            running = job in self._jobs and not job.cancelled
            running &= worked_on or job.wants_steps or job.awaits_judgement
            place = 0 if turn is None else sum(other[:2] < turn[:2] for other in self._turns)
        run, total = job.run, job.run.total_steps
        step = run.snapshot.step
        if job.error is not None:
            state = "failed"
        elif running:
            state = "running"
        elif run.diverged:
            state = "diverged"
        else:
            state = "finished" if step == total else "paused"
        rate = job.steps_per_second() if state == "running" else 0.0
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
        """Return how many jobs are in and how many threads work on them."""
        with self._changed:
            return {"jobs": len(self._jobs), "threads": len(self._threads), "workers": self.workers}

    def _queue(self, job: Job, wait: float) -> None:
        self._turns.append((time.monotonic() + wait, next(self._numbers), job))

    def _start_worker(self) -> None:
        keep_libraries_to_one_thread()
        thread = threading.Thread(target=self._work, name="digitviz-worker", daemon=True)
        self._threads.add(thread)
        thread.start()

    def _work(self) -> None:
        while (job := self._next_job()) is not None:
            wait = job.work()
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
    """Let numpy's linear algebra use one thread: matrices this small only make threads wait for each other."""
    from threadpoolctl import threadpool_limits

    threadpool_limits(limits=1, user_api="blas")
