"""Background sweeps, which a pool computes after all other work and continues after a restart."""

import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Hashable, Mapping
from enum import StrEnum
from functools import partial
from itertools import repeat
from typing import Any
from uuid import uuid4

from digitviz.datasets import DigitDataset
from digitviz.training.outcome import Outcome, OutcomeRun
from digitviz.training.pool import SLICE_SECONDS, Job, Pool
from digitviz.training.recipe import Recipe
from digitviz.training.sweep import Sweep, SweepTable

Keep = Callable[[str, bytes], None] | None
Known = Mapping[str, bytes] | None
"""The arguments `keep` and `known` of a `SweepWork`."""

LAST = slice(-1, None)

log = logging.getLogger(__name__)


class SweepState(StrEnum):
    """The state of a sweep."""

    PAUSED = "paused"
    CANCELLED = "cancelled"
    RUNNING = "running"
    FINISHED = "finished"
    FAILED = "failed"


class SweepWork:
    """A sweep and its outcomes so far. Subclasses compute it. It starts paused; any thread may call its methods.

    Parameters
    ----------
    sweep : Sweep
    dataset : DigitDataset
        The data set of the sweep.
    keep : callable, optional
        Called with the id of a recipe and the bytes of its outcome, as soon as it is known.
    known : mapping of str to bytes, optional
        Outcomes by the ids of their recipes, from earlier calls of `keep`. Damaged ones are computed again.

    Attributes
    ----------
    sweep : Sweep
    error : str or None
        The error of a training run, which stopped the sweep. `go_on` tries again.
    tape : list of tuple
        All measurements so far, in the order in which they arrived: number of the training run, its steps, its
        processor time, test accuracy, and mean loss and accuracy on training digits. One row per moment in a race or if
        `Sweep.is_over_time`, otherwise one per outcome. Rows are only appended, so a reader just remembers how many it
        has read. `BackgroundSweep.cancel` starts a new one.
    serial : str
        Unique identifier of the tape.

    Raises
    ------
    ValueError
        If this is not the data set of the sweep.
    """

    _is_race = False
    serial: str
    tape: list[tuple[float, ...]]

    def __init__(self, sweep: Sweep, dataset: DigitDataset, keep: Keep, known: Known) -> None:
        if dataset.id != sweep.dataset_id:
            raise ValueError(f"dataset: its id is {dataset.id}, but the sweep needs {sweep.dataset_id}")
        self.sweep = sweep
        self.error: str | None = None
        self._dataset, self._keep = dataset, keep
        self._outcomes = [_read_known(known or {}, *training) for training in sweep.trainings]
        self._runs_on, self._stopped_as, self._lock = False, SweepState.PAUSED, threading.RLock()
        self._begin_tape()

    @property
    def notices(self) -> list[str]:
        """Sentences for visitors about the machines that compute the sweep; empty for a sweep on this server."""
        return []

    @property
    def done(self) -> int:
        """Number of training runs with a known outcome."""
        return self.table.known

    @property
    def table(self) -> SweepTable:
        """The outcomes known so far."""
        return SweepTable(self.sweep, [*self._outcomes])

    @property
    def begun(self) -> dict[int, OutcomeRun]:
        """Training runs in progress, by number. Empty if training runs report nothing before they end."""
        return {}

    @property
    def so_far(self) -> list[Outcome | None]:
        """Outcomes in the order of the training runs. A training run in progress has one up to its current moment."""
        begun, found = self.begun, [*self._outcomes]
        return [begun[number].so_far if one is None and number in begun else one for number, one in enumerate(found)]

    @property
    def steps(self) -> int:
        """Number of steps taken in all training runs. A diverged training run counts with all of its steps."""
        taken = {number: run.step for number, run in self.begun.items()}
        return sum(
            taken.get(number, 0) if outcome is None else training.recipe.hyperparameters.total_steps
            for number, (training, outcome) in enumerate(zip(self.sweep.trainings, self._outcomes, strict=True))
        )

    @property
    def state(self) -> SweepState:
        """The state of the sweep. A paused one may still finish a slice of work."""
        if self.table.is_complete:
            return SweepState.FINISHED
        if self.error is not None:
            return SweepState.FAILED
        return SweepState.RUNNING if self._runs_on else self._stopped_as

    def _know(self, number: int, outcome: Outcome) -> None:
        """Save an outcome and append it to the tape, before readers can see it."""
        keep_outcome(self._keep, outcome)
        if not (self._by_moment and number in self.begun):  # otherwise its moments are on the tape already
            self._record(number, outcome)
        self._outcomes[number] = outcome

    def _begin_tape(self) -> None:
        """Begin a tape with the known outcomes."""
        self.serial, self.tape = uuid4().hex, []
        for number, outcome in enumerate(self._outcomes):
            if outcome is not None:
                self._record(number, outcome)

    @property
    def _by_moment(self) -> bool:
        return self._is_race or self.sweep.is_over_time

    def _record(self, number: int, outcome: Outcome, moments: slice | None = None) -> None:
        """Append moments of a training run to the tape: by default all, or only the last if a row is an outcome."""
        moments = moments or (slice(None) if self._by_moment else LAST)
        steps = outcome.moments * self.sweep.trainings[number].recipe.hyperparameters.steps_per_batch
        names = "test_accuracy", "train_loss", "train_accuracy"
        columns = steps, outcome.clock, *(outcome.curves[name] for name in names)
        self.tape.extend(zip(repeat(number), *(column[moments].tolist() for column in columns)))


def keep_outcome(keep: Keep, outcome: Outcome) -> None:
    """Save an outcome, if possible. If it cannot be saved, it can be computed again after a restart."""
    try:
        if keep is not None:
            keep(outcome.recipe_id, outcome.to_bytes())
    except Exception:
        log.exception("an outcome could not be saved")


def _read_known(known: Mapping[str, bytes], recipe: Recipe, batches: int) -> Outcome | None:
    """Return a known outcome, or None if it is missing or damaged."""
    try:
        return Outcome.read(known[recipe.id], recipe.id, batches) if recipe.id in known else None
    except ValueError as error:
        log.warning("a damaged outcome is computed again: %s", error)
        return None


class _RacingJob(Job):
    """A training in a race. It takes all steps to its next moment in one call, because many small calls are slower."""

    run: Any

    def steps_due(self, now: float) -> int:
        return int(self.run.up_to_a_moment(super().steps_due(now)))

    def take_steps(self, limit: int) -> float:
        wait = super().take_steps(limit)
        return wait if self.steps_due(time.monotonic()) else max(wait, SLICE_SECONDS)  # the next moment is not due yet


class BackgroundSweep(SweepWork):
    """A sweep or race in a pool. Sweeps are background jobs; races have the same priority as visitors' training runs.

    A sweep has one job per worker in the pool, and one more so that no worker waits. A race has a job for each training
    run, so that all of them advance together.

    Parameters
    ----------
    sweep : Sweep
    dataset : DigitDataset
        The data set of the sweep.
    pool : Pool
    owner : hashable
        Owners share the workers, see `Pool`.
    keep, known
        Same as in `SweepWork`.
    race_seconds : float, optional
        Makes it a race: all training runs advance together, slowly enough to last this long. None computes at full
        speed.

    Raises
    ------
    ValueError
        If this is not the data set of the sweep.
    """

    def __init__(
        self,
        sweep: Sweep,
        dataset: DigitDataset,
        pool: Pool,
        owner: Hashable = None,
        keep: Keep = None,
        known: Known = None,
        race_seconds: float | None = None,
    ) -> None:
        self._is_race = race_seconds is not None
        self._jobs: dict[Job, tuple[int, OutcomeRun]] = {}  # begun trainings, with their numbers
        super().__init__(sweep, dataset, keep, known)
        self._pool, self._owner = pool, owner
        self._at_once = pool.workers + 1 if race_seconds is None else sweep.size
        lengths = [each.recipe.hyperparameters.total_steps for each in sweep.trainings]
        self._speed = None if race_seconds is None else max(lengths) / race_seconds
        self._left = deque(number for number, outcome in enumerate(self._outcomes) if outcome is None)

    @property
    def begun(self) -> dict[int, OutcomeRun]:
        """Training runs in progress, by number."""
        return dict([*self._jobs.values()])  # without the lock, under which workers begin trainings

    def go_on(self) -> None:
        """Begin, or continue after a pause or an error."""
        with self._lock:
            self._runs_on, self.error = True, None
            for job in self._jobs:
                self._submit(job)
            self._fill()

    def pause(self) -> None:
        """Stop after the current slices. `go_on` continues unfinished training runs where they stopped."""
        with self._lock:
            self._stop()
            self._stopped_as = SweepState.PAUSED

    def cancel(self) -> None:
        """Stop after the current slices, and drop unfinished training runs to free their memory."""
        with self._lock:
            self._stop()
            self._stopped_as = SweepState.CANCELLED
            self._left.extendleft(sorted((number for number, _run in self._jobs.values()), reverse=True))
            self._jobs.clear()
            self._begin_tape()

    def _stop(self) -> None:
        self._runs_on = False
        for job in self._jobs:
            self._pool.cancel(job)

    def _fill(self) -> None:
        """Start training runs until enough of them are in progress."""
        while self._runs_on and self._left and len(self._jobs) < self._at_once:
            number = self._left.popleft()
            run: Any = OutcomeRun(*self.sweep.trainings[number], self._dataset)
            job = Job(run) if self._speed is None else _RacingJob(run, self._speed)
            run.when_measured = partial(self._measured, job) if self._by_moment else None
            job.in_background, job.owner, job.when_done = not self._is_race, self._owner, partial(self._end, job)
            self._jobs[job] = number, run
            self._submit(job)

    def _submit(self, job: Job) -> None:
        job.run_to(job.run.total_steps)
        self._pool.submit(job)

    def _measured(self, job: Job, moment: int) -> None:
        """Append a moment to the tape, unless its training run was dropped."""
        with self._lock:
            if job in self._jobs:
                number, run = self._jobs[job]
                self._record(number, run.so_far, slice(moment, moment + 1))

    def _end(self, job: Job) -> None:
        """Take the outcome of a job that has left the pool, and begin the next training."""
        with self._lock:
            if job not in self._jobs:  # cancelled
                return
            number, run = self._jobs[job]
            if job.error is not None:
                self.error = job.error
                self._left.appendleft(number)
                del self._jobs[job]
                self._stop()
            elif run.is_over:
                self._know(number, run.outcome)
                del self._jobs[job]
            self._fill()
