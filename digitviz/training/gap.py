"""Gap filling: when the first batches of a run are lost, its recipe is trained again in the background."""

from digitviz.training.engines import ENGINE_VERSIONS
from digitviz.training.pool import Job, Pool
from digitviz.training.recipe import Recipe
from digitviz.training.run import TrainingRun
from digitviz.training.trajectory import exact

PATIENCE_SECONDS = 0.2
"""Maximum wait for the current slice of the run; the next call tries again."""


def has_todays_engine(recipe: Recipe) -> bool:
    """Return whether this version computes the same numbers. Otherwise `GapFill` cannot close a gap."""
    return recipe.engine_version == ENGINE_VERSIONS[recipe.engine]


class GapFill:
    """Trains the recipe of a run again in parallel, and replaces the run if the result matches its saved state exactly.

    Parameters
    ----------
    job : Job
        Job of a run with a gap (`History.known_from` above 0) whose recipe `has_todays_engine`. Afterwards, its run
        has no gap and is at the same step.
    pool : Pool

    Attributes
    ----------
    work : Job
        Job that trains the recipe again.
    lost : int
        Number of lost batches.
    """

    def __init__(self, job: Job, pool: Pool) -> None:
        self.job, self._pool, run = job, pool, job.run
        self.lost = run.history.known_from
        first_known = run.trajectory.record.first_known
        assert first_known is not None
        self._saved_at, self._saved = first_known
        whole = TrainingRun(run.dataset, run.hyperparameters, run.find, recipe=run.recipe)
        whole.stand_at(min(run.step, whole.trajectory.step))
        self.work = Job(whole)
        self.work.in_background, self.work.owner = True, job.owner
        self._differs = False

    @property
    def computed(self) -> int:
        """Number of lost batches that are already computed again."""
        return min(self.work.run.batch, self.lost)

    @property
    def is_futile(self) -> bool:
        """True if the gap cannot be filled: this machine computes different numbers, or the work failed."""
        return self._differs or self.work.error is not None or self.work.forgotten or self.work.run.diverged

    def go_on(self) -> bool:
        """Continue, and replace the run once the new one has caught up with it; return whether it was replaced.

        Call this from time to time, always from the same thread.
        """
        if self.is_futile:
            return False
        run = self.job.run
        if self.work.run.step >= max(self._saved_at, run.step) and self._join():
            return True
        if not self.is_futile:
            a_batch_ahead = run.step + run.hyperparameters.steps_per_batch  # the run may be moving
            self.work.run_to(max(self._saved_at, a_batch_ahead))
            self._pool.submit(self.work)
        return False

    def _join(self) -> bool:
        """If both runs agree, replace the job's run with the one without a gap. The job pauses for a moment."""
        again = exact(self.work.run.trajectory, self._saved_at)
        if any(one.tobytes() != other.tobytes() for one, other in zip(again.arrays, self._saved.arrays, strict=True)):
            self._differs = True
            return False
        wanted_steps, made = self.job.wants_steps and not self.job.cancelled, self.work.run
        self._pool.cancel(self.job)
        self._pool.cancel(self.work)
        try:
            if not all(self._pool.wait(job, PATIENCE_SECONDS) for job in (self.job, self.work)):
                return False
            if made.trajectory.step < self.job.run.step:  # the run has moved meanwhile
                return False
            made.stand_at(self.job.run.step)
            made.settle()
            self.job.follow(made)
            return True
        finally:
            if wanted_steps:
                self._pool.submit(self.job)
