"""A training that workers advance: how far it is to go, how fast, and how far it has got."""

from __future__ import annotations

import logging
import math
import threading
import time
from collections import deque
from collections.abc import Hashable, Iterator
from contextlib import contextmanager
from typing import Any, Generic, Protocol, TypeVar

from digitviz.training.hyperparameters import Hyperparameters
from digitviz.training.run import TrainingRun

SLICE_SECONDS = 0.025
"""How long a job keeps a worker before the next one's turn; the longest that Pause waits."""
RATE_SECONDS = 2.0
"""Steps per second are counted over this many of the last seconds."""
JUDGE_SECONDS = 0.25
"""How old the accuracy of a running training may become before it is computed again."""
JUDGE_SHARE = 1 / 50
"""Part of the time spent on steps that may go into computing accuracies."""

log = logging.getLogger(__name__)


class Work(Protocol):
    """What a job advances: a `TrainingRun`, or several trainings that advance in turn as one."""

    @property
    def step(self) -> int:
        """Number of steps taken."""

    @property
    def total_steps(self) -> int:
        """Number of steps to take in all."""

    @property
    def diverged(self) -> bool:
        """Whether there is no point in going on."""

    @property
    def engine(self) -> str:
        """Which engine takes the steps."""

    @property
    def snapshot(self) -> Any:
        """The latest moment, of any kind that has a `step`; may be read at any time."""

    def advance(self, steps: int) -> int:
        """Take at most so many steps; return how many were taken."""


Run = TypeVar("Run", bound=Work)


class Job(Generic[Run]):
    """A training run for a pool to advance, up to a given step and at a given speed.

    Speed and goal may be set from any thread while a worker takes a slice.

    Parameters
    ----------
    run : TrainingRun, or whatever else is `Work`
        Nothing else may advance it while the job is submitted; its `snapshot` may be read at any time.
    speed : float or None
        Steps per second; None is as fast as it goes.

    Attributes
    ----------
    error : str or None
        The error that ended it, if any; then it takes no more steps.
    branched_from : Job or None
        That of the run which this one is a branch of, to be shown beside it.
    in_background : bool
        Whether others that are due go first, for some time.
    owner : hashable
        Whose it is: owners share the workers equally, however many jobs each of them has.
    judged : Snapshot or None
        The latest snapshot of `run` whose `test_accuracy` is computed already; None before the first. It may be some
        steps behind while the job is worked on, and is `run.snapshot` itself when the job has left the pool.
    """

    def __init__(self, run: Run, speed: float | None = None) -> None:
        self.run = run
        self.error: str | None = None
        self.forgotten = False
        self.branched_from: Job[Run] | None = None
        self.cancelled = False
        self.in_background = False
        self.owner: Hashable = None
        self.judged: Any = None
        self._judged_at, self._judging_took, self._worked_since = -math.inf, 0.0, 0.0
        self._lock = threading.Lock()  # of all below: a worker reads them while a page sets them
        self._speed = speed
        self._goal = 0
        self._clock = (time.monotonic(), run.step)
        self._marks: deque[tuple[float, int]] = deque()

    @property
    def speed(self) -> float | None:
        """Steps per second; None is as fast as it goes. May be set while it runs."""
        return self._speed

    @speed.setter
    def speed(self, speed: float | None) -> None:
        with self._lock:
            if speed != self._speed:
                self._speed = speed
                self._start_clock()

    @property
    def goal(self) -> int:
        """Step to which it is to go; 0 if it is to stand."""
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
        """Whether there are steps left that were asked for and can be taken."""
        return self.run.step < self._goal and not self.run.diverged and self.error is None

    @property
    def is_leaving(self) -> bool:
        """Whether it takes no more steps, so that it may leave the pool once its weights and accuracy are known."""
        return self.cancelled or not self.wants_steps

    @property
    def awaits_judgement(self) -> bool:
        """Whether steps were taken since the accuracy was last computed; an error leaves nothing to wait for."""
        return self.error is None and not self._is_judged

    @property
    def _is_judged(self) -> bool:
        return self.run.step == 0 or self.judged is self.run.snapshot

    def forget(self: Job[TrainingRun]) -> None:
        """Free the memory of the recorded run: in its place there is one at its start, too small to matter."""
        old = self.run
        smallest = Hyperparameters(batches=1, steps_per_batch=1, train_fraction=old.hyperparameters.train_fraction)
        with self._lock:
            self._goal, self.forgotten = 0, True
            self.run, self.judged = TrainingRun(old.dataset, smallest), None
            self._start_clock()

    def follow(self, run: Run) -> None:
        """Follow another run of the same training, which stands where this one does; not while it is in a pool."""
        with self._lock:
            self.run = run
            self._start_clock()

    def steps_due(self, now: float) -> int:
        """Return how many steps it should have taken by now, beyond those that it has; 0 where it stands."""
        with self._lock:
            step = self.run.step
            steps = max(0, self._goal - step)
            if self._speed is None:
                return steps
            since, from_step = self._clock
            return min(steps, max(0, int((now - since) * self._speed + 1 - (step - from_step))))

    def take_steps(self, most: int) -> float:
        """Take the steps that are due, at most so many; return the seconds until the next is due.

        Whatever goes wrong in it is the job's error, never the worker's.
        """
        run = self.run
        with self._errors_reported(run):
            steps = min(most, self.steps_due(time.monotonic()))
            if steps > 0 and not self.is_leaving:
                run.advance(steps)
            return self._note_progress(run.step)
        return 0.0

    def settle(self, steps: int) -> bool:
        """Make what is shown of a run that stands exact, by at most so many steps; return whether it is."""
        run, settled = self.run, True
        with self._errors_reported(run):
            if isinstance(run, TrainingRun) and not self.cancelled:
                settled = run.settle(steps)
            if settled and not self._is_judged:
                self._judge(run)
        return settled or self.error is not None

    def look(self, worked: float) -> None:
        """Compute the accuracy of a run that moves, if that is due.

        Parameters
        ----------
        worked : float
            Seconds that went into its last steps: only a small part of that may go into accuracies.
        """
        run = self.run
        self._worked_since += worked
        with self._errors_reported(run):
            if not self._is_judged and self._judgement_is_due():
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
    def _errors_reported(self, run: Run) -> Iterator[None]:
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
            return self._seconds_until_due(now, step)

    def _seconds_until_due(self, now: float, step: int) -> float:
        if self._speed is None:
            return 0.0
        since, from_step = self._clock
        next_due = since + (step - from_step) / self._speed  # when the next step may be taken
        return min(max(next_due - now, SLICE_SECONDS if next_due > now else 0.0), 0.5)

    def _judgement_is_due(self) -> bool:
        """Whether the accuracy is old enough, and steps have taken long enough, to compute it again."""
        if time.monotonic() - self._judged_at < max(JUDGE_SECONDS, 10 * self._judging_took):
            return False
        # At a set speed there is time to spare.
        return self._speed is not None or self._judging_took <= JUDGE_SHARE * self._worked_since

    def _judge(self, run: Run) -> None:
        begin, snapshot = time.thread_time(), run.snapshot
        _ = getattr(snapshot, "test_accuracy", None)  # it keeps what it computes; not every kind of work has one
        self._judging_took, self._worked_since = time.thread_time() - begin, 0.0
        self._judged_at = time.monotonic()
        with self._lock:
            if run is self.run:  # else it was forgotten meanwhile
                self.judged = snapshot
