"""A run whose first batches were lost gets them back: they are computed again beside it, and take their place in it."""

from __future__ import annotations

from digitviz.training.job import Job
from digitviz.training.pieces import piece_of_state, whole
from digitviz.training.pool import Pool
from digitviz.training.run import TrainingRun

PATIENCE_SECONDS = 0.2
"""For the slice of the run that is being worked on when what was lost is to take its place: later is as well."""


class Mending:
    """Computes what is lost of a run that may move meanwhile, when a worker has nothing better to do.

    Parameters
    ----------
    job : Job
        Of a run whose `History.known_from` is not 0. From the end of the mending on it follows a run without a gap, at
        the same step.
    pool : Pool

    Attributes
    ----------
    work : Job
        That of `pieces.whole`.
    lost : int
        How many batches are lost.
    """

    def __init__(self, job: Job[TrainingRun], pool: Pool) -> None:
        self.job, self._pool = job, pool
        self.lost = job.run.history.known_from
        self.work = Job(whole(job.run))
        self.work.in_background, self.work.owner = True, job.owner
        self._goes_on_from_it = True

    @property
    def computed(self) -> int:
        """How many of the batches that were lost are there again."""
        return min(self.work.run.batch, self.lost)

    @property
    def is_futile(self) -> bool:
        """Whether it cannot be done: the steps are others today, and end before they come to where the run stands."""
        return self.work.error is not None or self.work.forgotten or self.work.run.diverged

    def go_on(self) -> bool:
        """See to it that work goes on, or put what was lost into its place; return whether that is done.

        To be called now and then, by one thread.
        """
        if self.is_futile:
            return False
        if self.work.run.trajectory.step >= self._wanted() and self._take_its_place():
            return True
        self.work.run_to(max(self._wanted(), min(self.job.run.step, self.work.run.total_steps)))
        self._pool.submit(self.work)
        return False

    def _wanted(self) -> int:
        """Return the step that must be known again: what the run knows by itself goes on from it, to the last bit."""
        run, form = self.job.run, self.job.run.trajectory.form
        return form.pieces_before(run.step) * form.batches * form.length if self._goes_on_from_it else run.step

    def _take_its_place(self) -> bool:
        """Let the job follow the run without a gap, if that is as far; it stands still for a slice."""
        wanted_steps, made = self.job.wants_steps and not self.job.cancelled, self.work.run
        self._pool.cancel(self.job)
        try:
            if not self._pool.wait(self.job, PATIENCE_SECONDS):
                return False
            run = self.job.run
            if made.trajectory.step < run.step and self._goes_on_from_it:
                made.trajectory.take_up([piece_of_state(run)])
                self._goes_on_from_it = made.trajectory.step >= run.step
            if made.trajectory.step < run.step:
                return False
            self._pool.cancel(self.work)
            if not self._pool.wait(self.work, PATIENCE_SECONDS):
                return False
            made.stand_at(run.step)
            self.job.follow(made)
            return True
        finally:
            if wanted_steps:
                self._pool.submit(self.job)
