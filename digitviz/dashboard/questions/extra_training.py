"""Runs that a page trains for comparison with the visitor's run, together, with progress, pause and cancel.

They count as trajectories of the server like all runs: they start only if there is room, and runs of closed
sessions are dropped when others need memory.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping

import streamlit as st

from digitviz.dashboard.questions.controls import button, watch
from digitviz.dashboard.questions.subject import Subject
from digitviz.dashboard.runtime.outside import MAX_ERROR_LENGTH, as_code
from digitviz.dashboard.session.lease import Kind, lease
from digitviz.dashboard.session.open_runs import pool, trajectories
from digitviz.language import gettext as _
from digitviz.numbers import numeral
from digitviz.training.pool import Job, ProgressState
from digitviz.training.run import TrainingRun
from digitviz.training.trajectories import Full

OTHER = "other"
Jobs = Mapping[str, Job]


@dataclasses.dataclass(frozen=True, eq=False)
class _Extra:
    """Extra runs: the id of their subject, and their jobs by name."""

    about: str
    jobs: Jobs


def _leave(extras: dict[str, _Extra]) -> None:
    for job in [job for extra in extras.values() for job in extra.jobs.values()]:
        pool().cancel(job)
        trajectories().mark(job, closed=True)


EXTRA = Kind[dict[str, _Extra]](_leave)
"""Extra runs of a session, by question."""


def _held() -> dict[str, _Extra]:
    """Return the extra runs of this session. After a browser reconnects, there are none at first."""
    return lease().held_or(EXTRA, dict)


class ExtraTraining:
    """Runs trained for one question of a page. They stay when the visitor leaves the page, and end with the session.

    Parameters
    ----------
    key : str
        Name of the question.
    about : str
        Id of the subject (`Subject.id`, or longer). Results for other subjects are hidden.
    """

    def __init__(self, key: str, about: str) -> None:
        self.key, self._about, self._name, self._full = key, about, f"extra_{key}", f"extra_{key}_full"

    @property
    def jobs(self) -> Jobs:
        """Jobs by name. Empty before training starts, and after the server dropped the jobs of a closed session."""
        extra: _Extra | None = st.session_state.get(self._name)
        if extra is None or extra.about != self._about or any(job.forgotten for job in extra.jobs.values()):
            return {}
        if _held().get(self.key) is not extra:  # the browser reconnected
            self._hold(extra)
        return extra.jobs

    @property
    def runs(self) -> dict[str, TrainingRun]:
        """Runs by name; empty before training starts."""
        return {name: job.run for name, job in self.jobs.items()}

    @property
    def state(self) -> ProgressState | None:
        """Combined state of all runs; a diverged run counts as finished. None before training starts."""
        states = {pool().progress(job).state for job in self.jobs.values()}
        going_on = (ProgressState.FAILED, ProgressState.RUNNING, ProgressState.PAUSED)
        return next((state for state in going_on if state in states), ProgressState.FINISHED if states else None)

    def begin(self, runs: Mapping[str, TrainingRun]) -> None:
        """Train runs to the end if there is room, and pause the session's extra runs for other questions.

        Parameters
        ----------
        runs : mapping of str to TrainingRun
            Runs that share trajectories: `trajectories().find`.
        """
        self.drop()
        extra = _Extra(self._about, {name: Job(run) for name, run in runs.items()})
        try:
            for job in extra.jobs.values():
                job.owner = lease().owner
                trajectories().put(job)
        except Full:
            st.session_state[self._full] = True
            return
        st.session_state[self._name] = extra
        self._hold(extra)
        self.resume()

    def pause(self) -> None:
        """Pause the runs."""
        for job in self.jobs.values():
            job.pause()

    def resume(self) -> None:
        """Resume the runs. A session trains for one question at a time, so others are paused."""
        jobs = self.jobs
        for key, extra in _held().items():
            for job in extra.jobs.values() if key != self.key else ():
                job.pause()
        for job in jobs.values():
            job.run_to(job.run.total_steps)
            pool().submit(job)

    def drop(self) -> None:
        """Drop the runs, whatever their subject is."""
        extra: _Extra | None = st.session_state.pop(self._name, None)
        _held().pop(self.key, None)
        for job in extra.jobs.values() if extra is not None else ():
            pool().cancel(job)

    def _hold(self, extra: _Extra) -> None:
        _held()[self.key] = extra
        for job in extra.jobs.values():
            trajectories().mark(job, closed=False)

    def controls(self, label: str, make: Callable[[], Mapping[str, TrainingRun]]) -> None:
        """Show a button that starts training, or its progress with pause and cancel. Rerun the page when training ends.

        Parameters
        ----------
        label : str
            Text of the button.
        make : callable
            Called when the button is pressed; returns the runs.
        """
        state, key, jobs = self.state, f"extra_{self.key}", self.jobs.values()
        with st.container(horizontal=True, vertical_alignment="center", key=f"{key}_buttons"):
            if state in {None, ProgressState.FAILED}:
                button(label, f"{key}_begin", lambda: self.begin(make()), "play_arrow", type="primary")
            elif state == ProgressState.RUNNING:
                button(_("Pause"), f"{key}_pause", self.pause, "pause")
            elif state == ProgressState.PAUSED:
                button(_("Resume"), f"{key}_resume", self.resume, "play_arrow")
            if state in {ProgressState.RUNNING, ProgressState.PAUSED}:
                button(_("Cancel"), f"{key}_cancel", self.drop, "close")
        if state == ProgressState.FAILED:
            error = as_code(next((job.error for job in jobs if job.error), ""), limit=MAX_ERROR_LENGTH)
            st.error(_("Training failed: {error}").format(error=error))
        if st.session_state.pop(self._full, False):
            st.error(_("The server has no room for another run of this size right now. Try again later."))

        def progress() -> tuple[float, str]:
            runs = [pool().progress(job) for job in jobs]
            total = sum(run.total_steps for run in runs)
            step = sum(run.total_steps if run.state == ProgressState.DIVERGED else run.step for run in runs)
            return step / total, _("{step} of {total} steps").format(step=numeral(step), total=numeral(total))

        if state == ProgressState.RUNNING:
            watch(lambda: progress() if self.state == ProgressState.RUNNING else None)
        elif state == ProgressState.PAUSED:
            st.progress(*progress())


def another_seed(asked: Subject, label: str) -> TrainingRun | None:
    """Offer to train the network of a run with another seed for as many batches. Return the new run, once finished.

    `label` is the text of the button.
    """
    run = asked.run
    if run is None:
        return None
    batches = max(1, run.snapshot.batch)
    extra = ExtraTraining("another_seed", f"{run.serial} {batches}")

    def make() -> Mapping[str, TrainingRun]:
        settings = dataclasses.replace(run.hyperparameters.with_next_seed(), batches=batches)
        return {OTHER: TrainingRun(run.dataset, settings, trajectories().find)}

    extra.controls(label, make)
    if run.recipe.changes or run.recipe.start is not None:
        st.caption(_("The other network starts from random weights and uses this run's final settings throughout."))
    return extra.runs[OTHER] if extra.state == ProgressState.FINISHED else None
