"""One training that is computed, and the jobs that follow it."""

from __future__ import annotations

import time
from collections.abc import Hashable

from digitviz.training.engines import is_ready, prepare
from digitviz.training.job import SLICE_SECONDS, Job
from digitviz.training.run import TrainingRun
from digitviz.training.trajectory import Trajectory

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
        """Whose jobs it is for."""
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
            self.of.give_back()
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
