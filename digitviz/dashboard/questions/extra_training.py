"""Runs that a page trains for comparison with the visitor's run, together, with progress and cancel.

They count as trajectories of the server like all runs: they start only if there is room, and runs of closed
sessions are dropped when others need memory.
"""

import dataclasses
from collections.abc import Callable, Mapping

import streamlit as st

from digitviz.dashboard.questions.controls import button, watch
from digitviz.dashboard.runtime.outside import MAX_ERROR_LENGTH, as_code
from digitviz.dashboard.session.lease import Kind, lease
from digitviz.dashboard.session.moment import Moment
from digitviz.dashboard.session.open_runs import open_runs, pool, trajectories
from digitviz.language import gettext as _
from digitviz.numbers import numeral
from digitviz.training.pool import Job, ProgressState
from digitviz.training.run import TrainingRun
from digitviz.training.trajectories import Full

OTHER = "other"


Extra = tuple[str, Mapping[str, Job]]
"""Extra runs: the id of their subject, and their jobs by name."""


def _leave(extras: dict[str, Extra]) -> None:
    for job in [job for _about, jobs in extras.values() for job in jobs.values()]:
        open_runs().stop(job)


EXTRA = Kind[dict[str, Extra]](_leave)
"""Extra runs of a session, by question."""


def _held() -> dict[str, Extra]:
    """Return the extra runs of this session. After a browser reconnects, continue those still in memory."""
    if (held := lease().held(EXTRA)) is not None:
        return held
    extras: dict[str, Extra] = st.session_state.setdefault("extra_training", {})
    for key, (_about, jobs) in [*extras.items()]:
        if any(job.forgotten for job in jobs.values()):
            del extras[key]
            continue
        for job in jobs.values():
            open_runs().go_on(job)
    return lease().hold(EXTRA, extras)


class ExtraTraining:
    """Runs trained for one question of a page. They stay when the visitor leaves the page, and end with the session.

    Parameters
    ----------
    key : str
        Name of the question.
    about : str
        Id of the subject (`Moment.id`, or longer). Results for other subjects are hidden.
    """

    def __init__(self, key: str, about: str) -> None:
        self._key, self._about, self._full = key, about, f"extra_{key}_full"
        self._extras = _held()

    @property
    def _jobs(self) -> Mapping[str, Job]:
        about, jobs = self._extras.get(self._key, ("", {}))
        return jobs if about == self._about else {}

    @property
    def runs(self) -> dict[str, TrainingRun]:
        """Runs by name; empty before training starts."""
        return {name: job.run for name, job in self._jobs.items()}

    @property
    def state(self) -> ProgressState | None:
        """FAILED, RUNNING or FINISHED for all runs together; a diverged run has finished. None before they start."""
        states = {pool().progress(job).state for job in self._jobs.values()}
        if not states or ProgressState.FAILED in states:
            return ProgressState.FAILED if states else None
        is_finished = states <= {ProgressState.FINISHED, ProgressState.DIVERGED}
        return ProgressState.FINISHED if is_finished else ProgressState.RUNNING

    def begin(self, runs: Mapping[str, TrainingRun]) -> None:
        """Train runs to the end if there is room.

        Parameters
        ----------
        runs : mapping of str to TrainingRun
            Runs that share trajectories: `trajectories().find`.
        """
        self.drop()
        jobs = {name: Job(run) for name, run in runs.items()}
        try:
            for job in jobs.values():
                job.owner = lease().owner
                trajectories().put(job)
        except Full:
            st.session_state[self._full] = True
            return
        self._extras[self._key] = self._about, jobs
        for job in jobs.values():
            job.run_to(job.run.total_steps)
            pool().submit(job)

    def drop(self) -> None:
        """Drop the runs, whatever their subject is."""
        for job in self._extras.pop(self._key, ("", {}))[1].values():
            pool().cancel(job)

    def controls(self, label: str, make: Callable[[], Mapping[str, TrainingRun]]) -> None:
        """Show a button that starts training, or its progress with cancel. Rerun the page when training ends.

        Parameters
        ----------
        label : str
            Text of the button.
        make : callable
            Called when the button is pressed; returns the runs.
        """
        state, key, jobs = self.state, f"extra_{self._key}", self._jobs.values()
        with st.container(horizontal=True, vertical_alignment="center", key=f"{key}_buttons"):
            if state in {None, ProgressState.FAILED}:
                button(label, f"{key}_begin", lambda: self.begin(make()), "play_arrow", type="primary")
            elif state == ProgressState.RUNNING:
                button(_("Cancel"), f"{key}_cancel", self.drop, "close")
        if state == ProgressState.FAILED:
            error = as_code(next((job.error for job in jobs if job.error), ""), limit=MAX_ERROR_LENGTH)
            st.error(_("Training failed: {error}").format(error=error))
        if st.session_state.pop(self._full, False):
            st.error(_("The server has no room for another run of this size right now. Try again later."))

        def progress() -> tuple[float, str] | None:
            if self.state != ProgressState.RUNNING:
                return None
            runs = [pool().progress(job) for job in jobs]
            total = sum(run.total_steps for run in runs)
            step = sum(run.total_steps if run.state == ProgressState.DIVERGED else run.step for run in runs)
            return step / total, _("{step} of {total} steps").format(step=numeral(step), total=numeral(total))

        if state == ProgressState.RUNNING:
            watch(progress)


def another_seed(asked: Moment, label: str) -> TrainingRun | None:
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
