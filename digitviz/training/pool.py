"""Jobs and the workers that train them off the main thread: submit a job, watch its progress, pause it, cancel it."""

import itertools
import logging
import math
import os
import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from digitviz.shares import Shares, give_way
from digitviz.training.engines import is_ready, prepare
from digitviz.training.hyperparameters import Hyperparameters
from digitviz.training.run import Snapshot, TrainingRun
from digitviz.training.threads import keep_libraries_to_one_thread
from digitviz.training.trajectory import Trajectory

SLICE_SECONDS = 0.025
"""How long a job keeps its worker before the next job's turn. Pause waits no longer than this."""
RATE_SECONDS = 2.0
"""Length of the window over which steps per second are counted."""
JUDGE_SECONDS = 0.25
"""Minimum time between two computations of a moving run's accuracy."""
JUDGE_SHARE = 1 / 50
"""Maximum time for computing accuracies, as a fraction of the time for steps."""
FOLLOWER_SECONDS = 0.002
"""Minimum time between two moves of a job through known steps, multiplied by the number of jobs that move together.
Moving a class of 100 takes a seventh of a worker."""
PREPARING_SECONDS = 0.1
"""Time between two checks of whether the compiled engine is ready."""
BACKGROUND_SECONDS = 0.25
"""Time between turns of background jobs while other jobs are due: together they get a tenth of a worker."""

log = logging.getLogger(__name__)


class Job:
    """A run that a pool advances up to a given step, at a given speed.

    Any thread may set the speed and the goal while a worker takes steps.

    Parameters
    ----------
    run : TrainingRun
        Or another object with `step`, `total_steps`, `diverged`, `engine`, `snapshot` and `advance`. Only the pool may
        advance it while the job is submitted. Any thread may read its `snapshot`.
    speed : float or None
        Steps per second; None for full speed.
    reached : int, optional
        Step that a restored run had reached when it was saved. Steps up to it are taken at full speed.

    Attributes
    ----------
    error : str or None
        The error that ended the job; it takes no more steps.
    branched_from : Job or None
        The job of the run that this one branched from. Pages show the two next to each other.
    in_background : bool
        True if other jobs go first, see `BACKGROUND_SECONDS`. Set it before `Pool.submit`.
    when_done : callable or None
        A worker calls it each time the job has left the pool.
    due : float
        Time of its next move, on the monotonic clock.
    owner : hashable
        Owners share the workers equally, however many jobs each of them has.
    judged : Snapshot or None
        The latest snapshot of `run` with a known `test_accuracy` and `checkup`; None before the first. It may be some
        steps behind while the job moves. Once the job has left the pool, it is `run.snapshot` itself.
    """

    def __init__(self, run: TrainingRun, speed: float | None = None, reached: int = 0) -> None:
        self.run, self.reached = run, reached
        self.error: str | None = None
        self.branched_from: Job | None = None
        self.owner: Hashable = None
        self.judged: Snapshot | None = None
        self.when_done: Callable[[], None] | None = None
        self.forgotten = self.cancelled = self.in_background = False
        self._judged_at, self._judging_took, self._worked_since = -math.inf, 0.0, 0.0
        self._lock = threading.Lock()  # for the attributes below: a worker reads them while a page sets them
        self._speed, self._goal = speed, 0
        self._marks: deque[tuple[float, int]] = deque()
        self._start_clock()

    @property
    def speed(self) -> float | None:
        """Steps per second; None for full speed."""
        return self._speed

    @speed.setter
    def speed(self, speed: float | None) -> None:
        with self._lock:
            if speed != self._speed:
                self._speed = speed
                self._start_clock()

    @property
    def goal(self) -> int:
        """Step at which the job pauses, at most the end of the run; 0 if it should not move."""
        return min(self._goal, self.run.total_steps)

    def run_to(self, goal: int) -> None:
        """Request all steps up to `goal`. Then call `Pool.submit`."""
        with self._lock:
            self._goal = goal
            self.cancelled = False
            self._start_clock()

    def pause(self) -> None:
        """Stop after the current slice."""
        with self._lock:
            self._goal = 0

    @property
    def wants_steps(self) -> bool:
        """True if it has not reached its goal and can still take steps."""
        return self.run.step < self.goal and not self.run.diverged and self.error is None

    @property
    def is_leaving(self) -> bool:
        """True if it takes no more steps, so it leaves the pool once its weights and accuracy are known."""
        return self.cancelled or not self.wants_steps

    @property
    def awaits_judgement(self) -> bool:
        """True if the accuracy after its latest step is still missing; False after an error."""
        return self.error is None and not self._is_judged

    @property
    def _is_judged(self) -> bool:
        return self.run.step == 0 or self.judged is self.run.snapshot

    def forget(self) -> None:
        """Free the memory of the run: replace it with a tiny untrained one."""
        old = self.run
        smallest = Hyperparameters(batches=1, steps_per_batch=1, train_fraction=old.hyperparameters.train_fraction)
        with self._lock:
            self._goal, self.reached, self.forgotten = 0, 0, True
            self.run, self.judged = TrainingRun(old.dataset, smallest), None
            self._start_clock()

    def follow(self, run: TrainingRun) -> None:
        """Replace the run, usually with the same one at the same step. Do not call this while the job is in a pool."""
        with self._lock:
            self.run = run
            self._start_clock()

    def steps_due(self, now: float) -> int:
        """Return the number of steps that it should take by `now`; 0 if it should not move."""
        with self._lock:
            step = self.run.step
            steps = max(0, self.goal - step)
            if self._speed is None:
                return steps
            since, from_step = self._clock
            return min(steps, max(0, int((now - since) * self._speed + 1 - (step - from_step))))

    def take_steps(self, limit: int) -> float:
        """Take the steps that are due, at most `limit`; return the seconds until the next step is due.

        An exception ends the job, but not the worker.
        """
        run = self.run
        with self._errors_reported(run):
            steps = min(limit, self.steps_due(time.monotonic()))
            if steps > 0 and not self.is_leaving:
                run.advance(steps)
            return self._note_progress(run.step)
        return 0.0

    def settle(self, steps: int) -> bool:
        """Compute a paused run's exact weights and accuracy in at most `steps` steps; return whether it is done."""
        run, settled = self.run, True
        with self._errors_reported(run):
            if hasattr(run, "settle") and not self.cancelled:
                settled = run.settle(steps)
            if settled and not self._is_judged:
                self._judge(run)
        return settled or self.error is not None

    def look(self, worked: float, wait: float) -> None:
        """Compute the accuracy of a moving run if the last one is old and there is time for it.

        Parameters
        ----------
        worked : float
            Seconds that the last steps took.
        wait : float
            Seconds until the next step is due. 0 if the workers are too slow for the speed of the run.
        """
        self._worked_since += worked
        is_old = time.monotonic() - self._judged_at >= max(JUDGE_SECONDS, 10 * self._judging_took)
        if is_old and (wait > 0 or self._judging_took <= JUDGE_SHARE * self._worked_since):
            run = self.run
            with self._errors_reported(run):
                if not self._is_judged:
                    self._judge(run)

    def steps_per_second(self) -> float:
        """Return the steps per second over the last `RATE_SECONDS`."""
        with self._lock:
            if len(self._marks) < 2 or self._marks[-1][0] == self._marks[0][0]:
                return 0.0
            (begin, first), (end, last) = self._marks[0], self._marks[-1]
        return (last - first) / (end - begin)

    def _start_clock(self) -> None:
        self._clock, self.due = (time.monotonic(), max(self.run.step, self.reached)), 0.0
        self._marks.clear()

    @contextmanager
    def _errors_reported(self, run: TrainingRun) -> Iterator[None]:
        try:
            yield
        except BaseException as error:  # even SystemExit must not end the thread: other jobs need it
            log.exception("a run failed at step %d", run.step)
            self.error = self.error or f"{type(error).__name__}: {error}"

    def _note_progress(self, step: int) -> float:
        """Record the current step for the rate; return the seconds until the next step is due."""
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
        for result in ("test_accuracy", "checkup"):  # the snapshot caches them
            getattr(snapshot, result, None)
        self._judging_took, self._worked_since = time.thread_time() - begin, 0.0
        self._judged_at = time.monotonic()
        with self._lock:
            if run is self.run:  # otherwise another thread has called `forget`
                self.judged = snapshot


class ProgressState(StrEnum):
    """State of a job in a pool. A paused job counts as running until its exact weights and accuracy are known."""

    PAUSED = "paused"
    RUNNING = "running"
    FINISHED = "finished"
    DIVERGED = "diverged"
    FAILED = "failed"


@dataclass(frozen=True)
class Progress:
    """Progress of a job.

    Parameters
    ----------
    state : ProgressState
    step, total_steps : int
    steps_per_second : float
        Rate over the last two seconds; 0 unless running.
    seconds_left : float or None
        Time left at that rate; None unless running.
    place : int
        Number of computations ahead of it in the queue; 0 while a worker works on it.
    error : str or None
        Message of the error that ended the job.
    others : int
        Number of other jobs that need the same steps now.
    is_known : bool
        True if nothing is being computed, because the next steps are known and no job needs further ones.
    is_settling : bool
        True if all steps are taken and only the exact weights and accuracy are missing. `state` is final.
    is_pausing : bool
        True if it has been paused but its worker has not noticed yet.
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
    is_pausing: bool = False

    @property
    def is_running(self) -> bool:
        """True if the job takes steps or waits in the queue."""
        return self.state == ProgressState.RUNNING

    @property
    def is_at_work(self) -> bool:
        """True if the job is running, or its exact weights and accuracy are still missing."""
        return self.is_running or self.is_settling

    @property
    def can_resume(self) -> bool:
        """True if the job has been paused between its first and its last step."""
        return (self.state == ProgressState.PAUSED or self.is_pausing) and self.step > 0

    @property
    def is_over(self) -> bool:
        """True if the job cannot take further steps."""
        return self.state in {ProgressState.FINISHED, ProgressState.DIVERGED, ProgressState.FAILED}


class Computation:
    """Jobs on the same trajectory. Each turn computes a slice of steps for the job furthest ahead, and moves all jobs.

    Known steps cost nothing: a job takes them all at once, or at its own speed.

    Parameters
    ----------
    of : Trajectory
        The trajectory of the jobs; for a run without one, the run itself.

    Attributes
    ----------
    jobs : list of Job
    owners : set
        The owners of the jobs.
    in_background : bool
        True if all jobs are background jobs.
    at_work : bool
        True while a worker works on it.
    computes : bool
        True if a job was at the end of the known steps after the last turn. During a turn, all jobs are behind it.
    due : float
        Time of its next turn.
    number : int
        Tie-breaker: of computations due at the same time, the one with the smaller number goes first.
    """

    def __init__(self, of: Trajectory) -> None:
        self.of = of
        self.set_jobs([])
        self.at_work, self.computes, self.due, self.number, self._steps_per_slice = False, True, 0.0, 0, 1

    @property
    def needs_interpreter(self) -> bool:
        """True if its steps hold Python's global lock, so two such computations cannot run in parallel."""
        return any(job.run.engine != "compiled" for job in self.jobs)

    @property
    def has_leaving(self) -> bool:
        """True if one of its jobs takes no more steps, so its next turn can start at once."""
        return any(job.is_leaving for job in self.jobs)

    def set_jobs(self, jobs: list[Job]) -> None:
        """Replace the jobs."""
        self.jobs, self.owners = jobs, {job.owner for job in jobs}
        self.in_background = all(job.in_background for job in jobs)

    def known_to(self, job: Job) -> int:
        """Return the number of known steps beyond the position of a job."""
        return self.of.step - job.run.step

    def work(self) -> tuple[float, list[Job]]:
        """Take a turn.

        Returns
        -------
        wait : float
            Seconds until the next turn is due.
        done : list of Job
            Jobs that take no more steps and whose exact weights and accuracy are known.
        """
        now, began = time.monotonic(), time.thread_time()
        jobs = self.jobs
        moving = [job for job in jobs if not job.is_leaving]
        moving.sort(key=lambda job: job.run.step + job.steps_due(now), reverse=True)
        waits = {job: self._compute(job) for job in moving[:1]}
        waits |= {job: job.take_steps(self.known_to(job)) for job in moving[1:] if job.due <= now}
        self.computes = any(self.known_to(job) <= 0 for job in moving)
        worked = time.thread_time() - began
        for place, (job, wait) in enumerate(waits.items()):
            job.due = now + (max(wait, len(moving) * FOLLOWER_SECONDS) if place else wait)
            job.look(worked, wait)
        leaving = [job for job in jobs if job.is_leaving]
        done = [job for job in leaving if self._settles(job) and job.is_leaving]
        if len(done) == len(jobs) and hasattr(self.of, "release"):
            self.of.release()
        soonest = max(0.0, min((job.due for job in moving), default=0.0) - now)
        return 0.0 if len(done) < len(leaving) else soonest, done

    def _compute(self, job: Job) -> float:
        """Compute a slice of steps for the job furthest ahead; return the seconds until its next step is due."""
        if job.run.engine == "compiled" and not is_ready() and prepare().is_alive():
            return PREPARING_SECONDS
        known, before, worked = self.known_to(job), job.run.step, time.thread_time()
        wait = job.take_steps(known + self._steps_per_slice)
        # Thread time, because wall-clock time would shorten the slices just when many visitors need long ones.
        spent, computed = time.thread_time() - worked, job.run.step - before - known
        if computed == self._steps_per_slice:  # a full slice: adapt the number of steps to its duration
            fitting = computed * SLICE_SECONDS / max(spent, 1e-6)
            self._steps_per_slice = max(1, int(min(fitting, 2 * computed)))
        return wait

    def _settles(self, job: Job) -> bool:
        """Work for at most half a slice on a paused job's exact weights; return whether they are known."""
        began, steps = time.thread_time(), 1
        while not job.settle(steps):
            if time.thread_time() - began > SLICE_SECONDS / 2:
                return False
            steps *= 2
        return True


class Pool:
    """Worker threads that all runs share in turns. They start with the first job and end with the last.

    Jobs on the same trajectory are one computation and share its turns. Owners share the workers' time equally. While
    several owners have jobs, none of them can use more than an equal part of the workers at once. Background jobs use
    the time that is left, and share it equally among their owners.

    Parameters
    ----------
    workers : int
        Maximum number of threads; the number of cores by default.
    """

    def __init__(self, workers: int | None = None) -> None:
        self.workers = workers or os.cpu_count() or 1
        self._numbers = itertools.count()
        self._computations: dict[object, Computation] = {}  # by trajectory
        self._jobs: dict[Job, Computation] = {}
        self._moving: set[Job] = set()  # jobs that have wanted steps since they were added
        self._threads: set[threading.Thread] = set()
        self._interpreter_held_by: Computation | None = None
        self._shares = {False: Shares(), True: Shares()}  # the second is that of background jobs
        self._background_at = -math.inf  # time of the last turn of a background job
        self._worked_on: Counter[Hashable] = Counter()  # number of busy workers by owner, without background jobs
        self._changed = threading.Condition()

    def submit(self, job: Job) -> None:
        """Work on a job until it reaches its goal. If it is already in the pool, it continues."""
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
            worked_on = computation is not None and computation.at_work  # its latest steps are not published yet
            at_work = computation is not None and not job.cancelled
            at_work &= worked_on or job.wants_steps or job.awaits_judgement
            running = at_work and (job.wants_steps or job in self._moving)
            rate = job.steps_per_second() if running and job.error is None else 0.0
            place = others = 0
            if computation is not None:
                others = sum(not other.is_leaving for other in computation.jobs) - 1
            if computation is not None and not rate and not worked_on:
                mine = self._order(computation)
                place = sum(self._order(each) < mine for each in self._waiting())
            is_known = computation is not None and computation.known_to(job) > 0 and not computation.computes
        run = job.run  # another thread may replace it
        step, total = run.snapshot.step, run.total_steps
        if job.error is not None:
            state = ProgressState.FAILED
        elif running:
            state = ProgressState.RUNNING
        elif run.diverged:
            state = ProgressState.DIVERGED
        else:
            state = ProgressState.FINISHED if step == total else ProgressState.PAUSED
        left = (total - step) / rate if rate else None
        is_settling = at_work and not running
        is_pausing = running and not (job.wants_steps or run.diverged or step == total)
        counts = place, job.error, max(0, others)
        return Progress(state, step, total, rate, left, *counts, is_known, is_settling, is_pausing)

    def cancel(self, job: Job) -> None:
        """Stop working on a job. If it is submitted again, it continues where it stopped."""
        with self._changed:
            job.cancelled = True
            self._changed.notify_all()

    def wait(self, job: Job, timeout: float = 10.0) -> bool:
        """Wait until a paused or cancelled job has left the pool; return False after `timeout` seconds."""
        with self._changed:
            self._changed.notify_all()
            return self._changed.wait_for(lambda: job not in self._jobs, timeout)

    def counts(self) -> dict[str, int]:
        """Return the numbers of jobs in the pool, of computations that need new steps, of threads and of workers."""
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
        elif not computation.at_work:  # its next turn may be far off
            self._queue(computation, 0.0)
        computation.set_jobs([*computation.jobs, job])
        self._jobs[job] = computation

    def _remove(self, job: Job) -> None:
        computation = self._jobs.pop(job)
        self._moving.discard(job)
        computation.set_jobs([each for each in computation.jobs if each is not job])
        if not computation.jobs:
            del self._computations[computation.of]

    def _waiting(self) -> list[Computation]:
        """Return the computations that no worker works on."""
        return [computation for computation in self._computations.values() if not computation.at_work]

    def _queue(self, computation: Computation, wait: float) -> None:
        computation.at_work, computation.due, computation.number = False, time.monotonic() + wait, next(self._numbers)

    def _start_worker(self) -> None:
        keep_libraries_to_one_thread()
        thread = threading.Thread(target=self._work, name="digitviz-worker", daemon=True)
        thread.start()  # it waits for the lock, which the caller holds
        self._threads.add(thread)

    def _work(self) -> None:
        give_way()
        try:
            while (turn := self._next()) is not None:
                self._take_turn(*turn)
        finally:
            with self._changed:
                self._threads.discard(threading.current_thread())

    def _order(self, computation: Computation) -> tuple[bool, bool, float, float, int]:
        """Return the sort key of a waiting computation; the smallest goes first."""
        later = computation.in_background
        had = min(self._shares[later].had(owner) for owner in computation.owners)
        return later, not computation.has_leaving, had, computation.due, computation.number

    def _free(self) -> Iterator[Computation]:
        """Yield the computations that may begin: no owner uses more than an equal share of the workers for them."""
        part = max(1, self.workers // max(1, len({job.owner for job in self._jobs if not job.in_background})))
        is_held = self._interpreter_held_by is not None
        for each in self._waiting():
            may_begin = each.in_background or any(self._worked_on[owner] < part for owner in each.owners)
            if may_begin and not (is_held and each.needs_interpreter):
                yield each

    def _first(self, due: list[Computation], now: float) -> Computation:
        """Return the computation that goes first. Background jobs go last, unless they have waited for long."""
        late = [each for each in due if each.in_background]
        if late and max(self._background_at, min(each.due for each in late)) + BACKGROUND_SECONDS <= now:
            due = late
        return min(due, key=self._order)

    def _take_turn(self, computation: Computation, owner: Hashable, later: bool) -> None:
        wait, done, left, began = 0.0, list[Job](), list[Job](), time.thread_time()
        try:
            wait, done = computation.work()
        finally:
            with self._changed:
                self._shares[later].charge(owner, time.thread_time() - began)
                self._worked_on -= Counter([owner] * (not later))  # in place, this drops an owner without any
                if self._interpreter_held_by is computation:
                    self._interpreter_held_by = None
                for job in done:
                    if job.is_leaving:  # otherwise it was submitted again meanwhile
                        self._remove(job)
                        left.append(job)
                if computation.jobs:
                    self._queue(computation, wait)
                self._changed.notify_all()
        for job in left:
            try:
                if job.when_done is not None:
                    job.when_done()
            except Exception:  # this thread must not end: other jobs need it
                log.exception("a call after a job failed")

    def _next(self) -> tuple[Computation, Hashable, bool] | None:
        """Wait for a due computation; return it, the owner it is charged to, and whether it is background work.

        None ends this thread.
        """
        with self._changed:
            while True:
                if len(self._threads) > len(self._computations):
                    self._threads.discard(threading.current_thread())
                    return None
                free, now = [*self._free()], time.monotonic()
                due = [each for each in free if each.due <= now or each.has_leaving]
                if not due:
                    soonest = min((each.due for each in free), default=None)
                    self._changed.wait(None if soonest is None else soonest - now)
                    continue
                computation = self._first(due, now)
                computation.at_work, later = True, computation.in_background
                if computation.needs_interpreter:
                    self._interpreter_held_by = computation
                owner = min(computation.owners, key=self._shares[later].had)
                self._shares[later].serve(owner)
                self._worked_on[owner] += not later
                self._background_at = now if later else self._background_at
                return computation, owner, later
