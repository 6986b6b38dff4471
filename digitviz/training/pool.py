"""Jobs and the workers that train them off the main thread: submit a job, watch its progress, pause it, cancel it."""

from __future__ import annotations

import itertools
import logging
import math
import os
import threading
import time
from collections import Counter, deque
from collections.abc import Hashable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from digitviz.shares import Shares
from digitviz.training.engines import is_ready, prepare
from digitviz.training.hyperparameters import Hyperparameters
from digitviz.training.run import Snapshot, TrainingRun
from digitviz.training.threads import keep_libraries_to_one_thread
from digitviz.training.trajectory import Trajectory

SLICE_SECONDS = 0.025
"""How long a job keeps a worker before the next one's turn; the longest that Pause waits."""
RATE_SECONDS = 2.0
"""Steps per second are counted over the last seconds, up to this many."""
JUDGE_SECONDS = 0.25
"""How old the accuracy of a moving run may become before it is computed again."""
JUDGE_SHARE = 1 / 50
"""Largest fraction of the time spent on steps that may go into computing accuracies."""
PREPARING_SECONDS = 0.1
"""How often a job asks whether the compiled engine is ready."""
BACKGROUND_SECONDS = 0.25
"""How long a background job lets others go first that are due: it has a tenth of a worker at least."""

log = logging.getLogger(__name__)


class Job:
    """A run for a pool to advance, up to a given step and at a given speed.

    Any thread may set speed and goal while a worker takes a slice.

    Parameters
    ----------
    run : TrainingRun
        Or anything else with its `step`, `total_steps`, `diverged`, `engine`, `snapshot` and `advance`. Nothing else
        may advance it while the job is submitted; any thread may read its `snapshot`.
    speed : float or None
        Steps per second; None for full speed.

    Attributes
    ----------
    error : str or None
        The error that ended it, if any; then it takes no more steps.
    branched_from : Job or None
        The job of the run that this one branched from, to be shown next to it.
    in_background : bool
        True lets others that are due go first, for some time.
    owner : hashable
        Owners share the workers equally, however many jobs each of them has.
    judged : Snapshot or None
        The latest snapshot of `run` whose `test_accuracy` is computed already; None before the first. It may be some
        steps behind while the job is worked on, and is `run.snapshot` itself when the job has left the pool.
    """

    def __init__(self, run: TrainingRun, speed: float | None = None) -> None:
        self.run = run
        self.error: str | None = None
        self.branched_from: Job | None = None
        self.owner: Hashable = None
        self.judged: Snapshot | None = None
        self.forgotten = self.cancelled = self.in_background = False
        self._judged_at, self._judging_took, self._worked_since = -math.inf, 0.0, 0.0
        self._lock = threading.Lock()  # of all below: a worker reads them while a page sets them
        self._speed, self._goal = speed, 0
        self._clock = (time.monotonic(), run.step)
        self._marks: deque[tuple[float, int]] = deque()

    @property
    def speed(self) -> float | None:
        """Steps per second; None for full speed. May be set while it runs."""
        return self._speed

    @speed.setter
    def speed(self, speed: float | None) -> None:
        with self._lock:
            if speed != self._speed:
                self._speed = speed
                self._start_clock()

    @property
    def goal(self) -> int:
        """Step at which it pauses; 0 if it should not move."""
        return self._goal

    def run_to(self, goal: int) -> None:
        """Ask for all steps up to `goal`; `pool.submit` makes it happen."""
        with self._lock:
            self._goal = min(goal, self.run.total_steps)
            self.cancelled = False
            self._start_clock()

    def pause(self) -> None:
        """Stop after the slice that is being worked on."""
        with self._lock:
            self._goal = 0

    @property
    def wants_steps(self) -> bool:
        """True if steps were asked for that can still be taken."""
        return self.run.step < self._goal and not self.run.diverged and self.error is None

    @property
    def is_leaving(self) -> bool:
        """True if it takes no more steps, so it may leave the pool once its weights and accuracy are known."""
        return self.cancelled or not self.wants_steps

    @property
    def awaits_judgement(self) -> bool:
        """True if the accuracy of its latest step is not computed yet; after an error it never is."""
        return self.error is None and not self._is_judged

    @property
    def _is_judged(self) -> bool:
        return self.run.step == 0 or self.judged is self.run.snapshot

    def forget(self) -> None:
        """Free the memory of the run: replace it with one at its start, too small to matter."""
        old = self.run
        smallest = Hyperparameters(batches=1, steps_per_batch=1, train_fraction=old.hyperparameters.train_fraction)
        with self._lock:
            self._goal, self.forgotten = 0, True
            self.run, self.judged = TrainingRun(old.dataset, smallest), None
            self._start_clock()

    def follow(self, run: TrainingRun) -> None:
        """Follow another run, usually of the same training at the same step; not while the job is in a pool."""
        with self._lock:
            self.run = run
            self._start_clock()

    def steps_due(self, now: float) -> int:
        """Return how many more steps it should have taken by now; 0 if it should not move."""
        with self._lock:
            step = self.run.step
            steps = max(0, self._goal - step)
            if self._speed is None:
                return steps
            since, from_step = self._clock
            return min(steps, max(0, int((now - since) * self._speed + 1 - (step - from_step))))

    def take_steps(self, limit: int) -> float:
        """Take the steps that are due, at most `limit`; return the seconds until the next is due.

        An exception ends the job, never the worker.
        """
        run = self.run
        with self._errors_reported(run):
            steps = min(limit, self.steps_due(time.monotonic()))
            if steps > 0 and not self.is_leaving:
                run.advance(steps)
            return self._note_progress(run.step)
        return 0.0

    def settle(self, steps: int) -> bool:
        """Compute exact weights and accuracy of a paused run, by at most `steps` steps; return whether it has them."""
        run, settled = self.run, True
        with self._errors_reported(run):
            if hasattr(run, "settle") and not self.cancelled:
                settled = run.settle(steps)
            if settled and not self._is_judged:
                self._judge(run)
        return settled or self.error is not None

    def look(self, worked: float) -> None:
        """Compute the accuracy of a moving run, if the last one is old and only a small part of the time goes into it.

        Parameters
        ----------
        worked : float
            Seconds that its last steps took.
        """
        self._worked_since += worked
        is_old = time.monotonic() - self._judged_at >= max(JUDGE_SECONDS, 10 * self._judging_took)
        # At a set speed there is time to spare.
        if is_old and (self._speed is not None or self._judging_took <= JUDGE_SHARE * self._worked_since):
            run = self.run
            with self._errors_reported(run):
                if not self._is_judged:
                    self._judge(run)

    def steps_per_second(self) -> float:
        """Return the rate of the last two seconds."""
        with self._lock:
            if len(self._marks) < 2 or self._marks[-1][0] == self._marks[0][0]:
                return 0.0
            (begin, first), (end, last) = self._marks[0], self._marks[-1]
        return (last - first) / (end - begin)

    def _start_clock(self) -> None:
        self._clock = (time.monotonic(), self.run.step)
        self._marks.clear()

    @contextmanager
    def _errors_reported(self, run: TrainingRun) -> Iterator[None]:
        try:
            yield
        except BaseException as error:  # also what would end the thread: other jobs need it
            log.exception("a training failed at step %d", run.step)
            self.error = self.error or f"{type(error).__name__}: {error}"

    def _note_progress(self, step: int) -> float:
        """Note where it is now, for its rate; return the seconds until the next step is due."""
        now = time.monotonic()
        with self._lock:
            self._marks.append((now, step))
            while now - self._marks[0][0] > RATE_SECONDS:
                self._marks.popleft()
            if self._speed is None:
                return 0.0
            since, from_step = self._clock
            wait = since + (step - from_step) / self._speed - now
            return min(max(wait, SLICE_SECONDS if wait > 0 else 0.0), 0.5)

    def _judge(self, run: TrainingRun) -> None:
        begin, snapshot = time.thread_time(), run.snapshot
        getattr(snapshot, "test_accuracy", None)  # it keeps what it computes
        self._judging_took, self._worked_since = time.thread_time() - begin, 0.0
        self._judged_at = time.monotonic()
        with self._lock:
            if run is self.run:  # else it was forgotten meanwhile
                self.judged = snapshot


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
        Number of other computations ahead in the queue for a worker; 0 while it is worked on.
    error : str or None
        The message of a worker that failed.
    others : int
        Other jobs that the same steps are computed for at this moment.
    is_known : bool
        True if the steps it takes are known already, so nothing is computed for it.
    is_settling : bool
        True if it has not moved since it came into the pool, and only its exact weights and its accuracy are computed:
        then its state is final.
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
        """True if steps are being taken, or the job waits in the queue."""
        return self.state == ProgressState.RUNNING

    @property
    def is_at_work(self) -> bool:
        """True if a worker takes its steps, or computes its exact weights and accuracy."""
        return self.is_running or self.is_settling

    @property
    def is_over(self) -> bool:
        """True if no further step can be taken."""
        return self.state in {ProgressState.FINISHED, ProgressState.DIVERGED, ProgressState.FAILED}


class Computation:
    """Jobs that follow the same training. In its turn it computes a slice for the one that is furthest, and moves all.

    Steps that are known already are no computation: a job takes them all at once, or at its own speed.

    Parameters
    ----------
    of : Trajectory
        The trajectory of its jobs; for a run without one, the run itself.

    Attributes
    ----------
    jobs : list of Job
    at_work : bool
        True while a worker takes its turn.
    due, number : float, int
        When its next turn is due, and what decides among computations that are due at the same time.
    """

    def __init__(self, of: Trajectory) -> None:
        self.of = of
        self.jobs: list[Job] = []
        self.at_work, self.due, self.number, self._steps_per_slice = False, 0.0, 0, 1

    @property
    def needs_interpreter(self) -> bool:
        """True if its steps hold Python's lock, so that two such computations cannot be worked on at once."""
        return any(job.run.engine != "compiled" for job in self.jobs)

    @property
    def has_leaving(self) -> bool:
        """True if one of its jobs takes no more steps, so it need not wait for the next that is due."""
        return any(job.is_leaving for job in self.jobs)

    @property
    def owners(self) -> set[Hashable]:
        """Owners of its jobs."""
        return {job.owner for job in self.jobs}

    @property
    def computes(self) -> bool:
        """True if steps are wanted that are not known yet."""
        return any(not job.is_leaving and self.known_to(job) <= 0 for job in self.jobs)

    def known_to(self, job: Job) -> int:
        """Return how many steps beyond those of a job are known already."""
        return self.of.step - job.run.step

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
        moving = [job for job in jobs if not job.is_leaving]
        moving.sort(key=lambda job: job.run.step + job.steps_due(now), reverse=True)
        waits = [self._compute(moving[0])] if moving else []
        waits += [job.take_steps(self.known_to(job)) for job in moving[1:]]
        worked = time.thread_time() - began
        for job in moving:
            job.look(worked)
        leaving = [job for job in jobs if job.is_leaving]
        done = [job for job in leaving if self._settles(job) and job.is_leaving]
        if len(done) == len(jobs) and hasattr(self.of, "release"):
            self.of.release()
        return 0.0 if len(done) < len(leaving) else min(waits, default=0.0), done

    def _compute(self, job: Job) -> float:
        """Take steps with the job that is furthest, those that are not known for about one slice; return its wait."""
        if job.run.engine == "compiled" and not is_ready() and prepare().is_alive():
            return PREPARING_SECONDS
        known, before, worked = self.known_to(job), job.run.step, time.thread_time()
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
        """Return the progress of a job."""
        with self._changed:
            computation = self._jobs.get(job)
            worked_on = computation is not None and computation.at_work  # what it has done is not published yet
            at_work = computation is not None and not job.cancelled
            at_work &= worked_on or job.wants_steps or job.awaits_judgement
            running = at_work and (job.wants_steps or job in self._moving)
            place = others = 0
            if computation is not None:
                others = sum(not other.is_leaving for other in computation.jobs) - 1
                place = (
                    0 if worked_on else sum(self._order(each) < self._order(computation) for each in self._waiting())
                )
            is_known = computation is not None and computation.known_to(job) > 0
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
        of: Any = getattr(job.run, "trajectory", job.run)
        computation = self._computations.get(of)
        if computation is None:
            computation = self._computations[of] = Computation(of)
            self._queue(computation, 0.0)
        elif not computation.at_work:  # it may not be due for long
            self._queue(computation, 0.0)
        computation.jobs.append(job)
        self._jobs[job] = computation

    def _remove(self, job: Job) -> None:
        computation = self._jobs.pop(job)
        self._moving.discard(job)
        computation.jobs.remove(job)
        if not computation.jobs:
            del self._computations[computation.of]

    def _waiting(self) -> list[Computation]:
        """Return the computations that nobody works on."""
        return [computation for computation in self._computations.values() if not computation.at_work]

    def _queue(self, computation: Computation, wait: float) -> None:
        computation.at_work, computation.due, computation.number = False, time.monotonic() + wait, next(self._numbers)

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

    def _order(self, computation: Computation) -> tuple[bool, float, float, int]:
        """Return a key by which waiting computations are sorted: the smallest comes first."""
        had = min(self._shares.had(owner) for owner in computation.owners)
        later = BACKGROUND_SECONDS if all(job.in_background for job in computation.jobs) else 0.0
        return not computation.has_leaving, had, computation.due + later, computation.number

    def _may_begin(self, computation: Computation) -> bool:
        """Return whether one of its owners has less than its part of the workers."""
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
                busy, now = self._interpreter_held_by is not None, time.monotonic()
                free = [
                    each for each in self._waiting() if self._may_begin(each) and not (busy and each.needs_interpreter)
                ]
                due = [each for each in free if each.due <= now or each.has_leaving]
                if not due:
                    soonest = min((each.due for each in free), default=None)
                    self._changed.wait(None if soonest is None else soonest - now)
                    continue
                computation = min(due, key=self._order)
                computation.at_work = True
                if computation.needs_interpreter:
                    self._interpreter_held_by = computation
                owner = min(computation.owners, key=self._shares.had)
                self._shares.serve(owner)
                self._worked_on[owner] += 1
                return computation, owner
