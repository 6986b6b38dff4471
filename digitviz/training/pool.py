"""Workers that train off the main thread: submit a job, watch its progress, pause it, cancel it."""

from __future__ import annotations

import itertools
import os
import threading
import time
from collections import Counter
from collections.abc import Hashable
from dataclasses import dataclass
from enum import StrEnum

from digitviz.shares import Shares
from digitviz.training.engines import is_ready, prepare
from digitviz.training.job import SLICE_SECONDS, Job, Work
from digitviz.training.run import TrainingRun
from digitviz.training.threads import keep_libraries_to_one_thread
from digitviz.training.trajectory import Trajectory

__all__ = ["SLICE_SECONDS", "Job", "Pool", "Progress", "ProgressState", "Work"]


class ProgressState(StrEnum):
    """The state of a job in a pool; one that was paused is running until it stands exact and its accuracy is known."""

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
        How many other trainings are ahead in the queue for a worker; 0 while it is worked on.
    error : str or None
        The message of a worker that failed.
    others : int
        Other jobs that the same steps are computed for at this moment.
    is_known : bool
        Whether the steps it takes are known already, so that nothing is computed for it.
    is_settling : bool
        Whether it stands, as it has since it came into the pool, and only its exact weights and its accuracy are
        computed: then its state is already what it will be.
    """

    state: ProgressState
    step: int
    total_steps: int
    steps_per_second: float
    seconds_left: float | None
    place: int
    error: str | None
    others: int = 0
    is_known: bool = False
    is_settling: bool = False

    @property
    def is_running(self) -> bool:
        """Whether steps are being taken, or the job waits in the queue."""
        return self.state == ProgressState.RUNNING

    @property
    def is_at_work(self) -> bool:
        """Whether a worker takes its steps or computes what is shown of it."""
        return self.is_running or self.is_settling

    @property
    def is_over(self) -> bool:
        """Whether no further step can be taken."""
        return self.state in {ProgressState.FINISHED, ProgressState.DIVERGED, ProgressState.FAILED}


PREPARING_SECONDS = 0.1
"""How often is asked whether the compiled engine is ready."""


def what_is_computed(job: Job) -> object:
    """Return what two jobs must have in common to be one computation: their trajectory, else the work itself."""
    return job.run.trajectory if isinstance(job.run, TrainingRun) else job.run


class Computation:
    """Jobs that follow the same training. In its turn it computes a slice for the one that is furthest, and moves all.

    Steps that are known already are no computation: a job takes them all at once, or at its own speed.

    Parameters
    ----------
    of : object
        What is computed; see `what_is_computed`.

    Attributes
    ----------
    jobs : list of Job
    """

    def __init__(self, of: object) -> None:
        self.of = of
        self.jobs: list[Job] = []
        self._steps_per_slice = 1

    @property
    def needs_interpreter(self) -> bool:
        """Whether its steps hold Python's lock, so that two such computations cannot be worked on at once."""
        return any(job.run.engine != "compiled" for job in self.jobs)

    @property
    def has_leaving(self) -> bool:
        """Whether one of its jobs takes no more steps, and so need not wait for the next that is due."""
        return any(job.is_leaving for job in self.jobs)

    @property
    def owners(self) -> set[Hashable]:
        """Owners of its jobs."""
        return {job.owner for job in self.jobs}

    @property
    def is_in_background(self) -> bool:
        """Whether all its jobs let others go first."""
        return all(job.in_background for job in self.jobs)

    @property
    def computes(self) -> bool:
        """Whether steps are wanted that are not known yet."""
        return any(not job.is_leaving and not self.knows(job) for job in self.jobs)

    def knows(self, job: Job) -> bool:
        """Whether the next step of a job is known already."""
        return self._known_to(job) > 0

    def work(self) -> tuple[float, list[Job]]:
        """Take a turn.

        Returns
        -------
        wait : float
            Seconds until the next turn is due.
        done : list of Job
            Those that take no more steps and stand exact and judged.
        """
        now, began = time.monotonic(), time.thread_time()
        jobs = list(self.jobs)
        moving = sorted((job for job in jobs if not job.is_leaving), key=lambda job: -self._place_due(job, now))
        waits = [self._compute(moving[0])] if moving else []
        waits += [job.take_steps(self._known_to(job)) for job in moving[1:]]
        worked = time.thread_time() - began
        for job in moving:
            job.look(worked)
        leaving = [job for job in jobs if job.is_leaving]
        done = [job for job in leaving if self._settles(job) and job.is_leaving]
        if len(done) == len(jobs) and isinstance(self.of, Trajectory):
            self.of.release()
        return 0.0 if len(done) < len(leaving) else min(waits, default=0.0), done

    def _compute(self, job: Job) -> float:
        """Take steps with the job that is furthest, those that are not known for about one slice; return its wait."""
        if job.run.engine == "compiled" and not is_ready() and prepare().is_alive():
            return PREPARING_SECONDS
        known, worked = self._known_to(job), time.thread_time()
        before = job.run.step
        wait = job.take_steps(known + self._steps_per_slice)
        # The thread's own time: if waiting for others counted, slices would shrink just when a class needs long ones.
        spent, computed = time.thread_time() - worked, job.run.step - before - known
        if computed == self._steps_per_slice:  # a full slice: take as many steps as fit into its time
            fitting = computed * SLICE_SECONDS / max(spent, 1e-6)
            self._steps_per_slice = max(1, int(min(fitting, 2 * computed)))
        return wait

    def _settles(self, job: Job) -> bool:
        """Make a job that stands exact, as far as a slice reaches; return whether it is."""
        began, steps = time.thread_time(), 1
        while not job.settle(steps):
            if time.thread_time() - began > SLICE_SECONDS / 2:
                return False
            steps *= 2
        return True

    def _known_to(self, job: Job) -> int:
        """Return how many steps beyond its own are known."""
        return self.of.step - job.run.step if isinstance(self.of, Trajectory) else 0

    def _place_due(self, job: Job, now: float) -> int:
        return job.run.step + job.steps_due(now)


Turn = tuple[float, int, Computation]
"""When it is due, its number among equals, and whose it is."""


BACKGROUND_SECONDS = 0.25
"""For so long what is in the background lets others go first that are due: it has a tenth of a worker at least."""


class Pool:
    """Worker threads that all trainings share, in turns. They start with the first job and end with the last.

    Jobs that follow the same training are one computation, and have their turns together. Owners of jobs share the
    workers' time equally: while others have jobs too, nobody has more of the workers at once than a part.

    Parameters
    ----------
    workers : int
        Threads at most; as many as cores by default.
    """

    def __init__(self, workers: int | None = None) -> None:
        self.workers = workers or os.cpu_count() or 1
        self._turns: list[Turn] = []
        self._numbers = itertools.count()
        self._computations: dict[object, Computation] = {}  # by what is computed
        self._jobs: dict[Job, Computation] = {}
        self._moving: set[Job] = set()  # those of them that have wanted steps since they came
        self._threads: set[threading.Thread] = set()
        self._interpreter_held_by: Computation | None = None
        self._shares = Shares()
        self._worked_on: Counter[Hashable] = Counter()  # workers at work for each owner
        self._changed = threading.Condition()

    def submit(self, job: Job) -> None:
        """Work on a job until it has reached its goal; one that is already in the pool simply goes on."""
        with self._changed:
            job.cancelled = False
            if job not in self._jobs and (job.wants_steps or job.awaits_judgement):
                self._add(job)
            if job in self._jobs and job.wants_steps:
                self._moving.add(job)
            if len(self._threads) < min(self.workers, len(self._computations)):
                self._start_worker()
            self._changed.notify_all()

    def progress(self, job: Job) -> Progress:
        """Tell how far a job has got."""
        with self._changed:
            computation = self._jobs.get(job)
            turn = next((turn for turn in self._turns if turn[2] is computation), None)
            worked_on = computation is not None and turn is None  # what it has done is not published yet
            at_work = computation is not None and not job.cancelled
            at_work &= worked_on or job.wants_steps or job.awaits_judgement
            running = at_work and (job.wants_steps or job in self._moving)
            place = 0 if turn is None else sum(self._order(other) < self._order(turn) for other in self._turns)
            others = 0 if computation is None else sum(not other.is_leaving for other in computation.jobs) - 1
            is_known = computation is not None and computation.knows(job)
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
        left = (total - step) / rate if rate else None
        is_settling = at_work and not running
        return Progress(state, step, total, rate, left, place, job.error, max(0, others), is_known, is_settling)

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
        """Return how many jobs are in the pool, how many trainings are computed for them, and by how many threads."""
        with self._changed:
            computing = sum(computation.computes for computation in self._computations.values())
            threads = len(self._threads)
            return {"jobs": len(self._jobs), "computing": computing, "threads": threads, "workers": self.workers}

    def _add(self, job: Job) -> None:
        of = what_is_computed(job)
        computation = self._computations.get(of)
        if computation is None:
            computation = self._computations[of] = Computation(of)
            self._queue(computation, 0.0)
        else:  # it may not be due for long
            for turn in [turn for turn in self._turns if turn[2] is computation]:
                self._turns.remove(turn)
                self._queue(computation, 0.0)
        computation.jobs.append(job)
        self._jobs[job] = computation

    def _remove(self, job: Job) -> None:
        computation = self._jobs.pop(job)
        self._moving.discard(job)
        computation.jobs.remove(job)
        if not computation.jobs:
            del self._computations[computation.of]

    def _queue(self, computation: Computation, wait: float) -> None:
        self._turns.append((time.monotonic() + wait, next(self._numbers), computation))

    def _start_worker(self) -> None:
        keep_libraries_to_one_thread()
        thread = threading.Thread(target=self._work, name="digitviz-worker", daemon=True)
        thread.start()  # it waits for the lock that is held here
        self._threads.add(thread)

    def _work(self) -> None:
        try:
            while (turn := self._next()) is not None:
                self._take_turn(*turn)
        finally:
            with self._changed:
                self._threads.discard(threading.current_thread())

    def _order(self, turn: Turn) -> tuple[bool, float, float, int]:
        """Tell turns that come sooner from those that come later."""
        due, number, computation = turn
        had = min(self._shares.had(owner) for owner in computation.owners)
        later = BACKGROUND_SECONDS if computation.is_in_background else 0.0
        return not computation.has_leaving, had, due + later, number

    def _may_begin(self, computation: Computation) -> bool:
        """Whether one of its owners has less than its part of the workers."""
        part = max(1, self.workers // len({job.owner for job in self._jobs}))
        return any(self._worked_on[owner] < part for owner in computation.owners)

    def _take_turn(self, computation: Computation, owner: Hashable) -> None:
        wait, done, began = 0.0, list[Job](), time.thread_time()
        try:
            wait, done = computation.work()
        finally:
            with self._changed:
                self._shares.charge(owner, time.thread_time() - began)
                self._worked_on[owner] -= 1
                if self._interpreter_held_by is computation:
                    self._interpreter_held_by = None
                for job in done:
                    if job.is_leaving:  # else it was submitted again meanwhile
                        self._remove(job)
                if computation.jobs:
                    self._queue(computation, wait)
                self._changed.notify_all()

    def _next(self) -> tuple[Computation, Hashable] | None:
        """Wait for a computation that is due, and for whom it is; None when there is none left for this thread."""
        with self._changed:
            while True:
                if len(self._threads) > len(self._computations):
                    self._threads.discard(threading.current_thread())
                    return None
                busy = self._interpreter_held_by is not None
                free = [turn for turn in self._turns if not (turn[2].needs_interpreter and busy)]
                free = [turn for turn in free if self._may_begin(turn[2])]
                now = time.monotonic()
                due = [turn for turn in free if turn[0] <= now or turn[2].has_leaving]
                if not due:
                    soonest = min((turn[0] for turn in free), default=None)
                    self._changed.wait(None if soonest is None else soonest - now)
                    continue
                turn = min(due, key=self._order)
                self._turns.remove(turn)
                computation = turn[2]
                if computation.needs_interpreter:
                    self._interpreter_held_by = computation
                owner = min(computation.owners, key=self._shares.had)
                self._shares.serve(owner)
                self._worked_on[owner] += 1
                return computation, owner
