"""What a page trains beside the visitor's run, to compare: several trainings as one job, with progress and cancel."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import StrEnum

import streamlit as st

from digitviz.dashboard.runtime.clicks import on_click
from digitviz.dashboard.runtime.outside import MOST_OF_AN_ERROR, as_code
from digitviz.dashboard.runtime.turns import fragment
from digitviz.dashboard.session.lease import Kind, lease
from digitviz.dashboard.session.server_wide import pool
from digitviz.language import gettext as _
from digitviz.training.pool import Job
from digitviz.training.run import TrainingRun
from digitviz.training.side_by_side import SideBySide
from digitviz.training.snapshot import Snapshot

EXTRA = Kind[Job[SideBySide]](lambda job: pool().cancel(job))
"""One at a time for a session: the one before makes way."""
POLL_SECONDS = 0.2


class ExtraState(StrEnum):
    """The state of what was trained for a question."""

    NONE = "none"
    RUNNING = "running"
    PAUSED = "paused"
    FINISHED = "finished"
    FAILED = "failed"


class ExtraTraining:
    """What is trained for one question of a page; it stays when the page is left, and goes with the session.

    Parameters
    ----------
    key : str
        Of the question.
    about : str
        Of whom it is asked, `Subject.id` or more: what was trained for another is not shown.
    """

    def __init__(self, key: str, about: str) -> None:
        self.key, self._about, self._name = key, about, f"extra_{key}"

    @property
    def job(self) -> Job[SideBySide] | None:
        """Its job; None if nothing has begun."""
        held: tuple[str, Job[SideBySide]] | None = st.session_state.get(self._name)
        return held[1] if held is not None and held[0] == self._about else None

    @property
    def state(self) -> ExtraState:
        """Its state."""
        job = self.job
        return ExtraState.NONE if job is None else ExtraState(pool().progress(job).state.value)

    @property
    def snapshots(self) -> Mapping[str, Snapshot]:
        """What is trained so far, by name; nothing before it has begun."""
        job = self.job
        return {} if job is None else job.run.snapshot.of

    def begin(self, runs: Mapping[str, TrainingRun]) -> None:
        """Train these runs to their ends; what the session trained for another question stands still."""
        job = Job(SideBySide(runs))
        st.session_state[self._name] = (self._about, job)
        self._go_on(job)

    def pause(self) -> None:
        """Stand still."""
        if (job := self.job) is not None:
            job.pause()

    def resume(self) -> None:
        """Go on."""
        if (job := self.job) is not None:
            self._go_on(job)

    def drop(self) -> None:
        """Give up what was trained."""
        if (job := self.job) is not None:
            pool().cancel(job)
            del st.session_state[self._name]

    def _go_on(self, job: Job[SideBySide]) -> None:
        before = lease().held(EXTRA)
        if before is not None and before is not job:
            before.pause()
        lease().hold(EXTRA, job)
        job.run_to(job.run.total_steps)
        pool().submit(job)

    def controls(self, label: str, make: Callable[[], Mapping[str, TrainingRun]]) -> None:
        """Show the button that begins it, or how far it is, with pause and cancel; the page is run when it ends.

        Parameters
        ----------
        label : str
            Of the button that begins it.
        make : callable
            Returns the runs, when the button is pressed.
        """
        state, key = self.state, self.key
        with st.container(horizontal=True, vertical_alignment="center", key=f"extra_{key}_buttons"):
            if state in {ExtraState.NONE, ExtraState.FAILED}:
                st.button(
                    label, key=f"extra_{key}_begin", type="primary", icon=":material/play_arrow:",
                    on_click=on_click(lambda: self.begin(make())),
                )  # fmt: skip
            elif state == ExtraState.RUNNING:
                st.button(_("Pause"), key=f"extra_{key}_pause", icon=":material/pause:", on_click=on_click(self.pause))
            elif state == ExtraState.PAUSED:
                st.button(
                    _("Resume"), key=f"extra_{key}_resume", icon=":material/play_arrow:", on_click=on_click(self.resume)
                )
            if state in {ExtraState.RUNNING, ExtraState.PAUSED}:
                st.button(_("Cancel"), key=f"extra_{key}_cancel", icon=":material/close:", on_click=on_click(self.drop))
        if state == ExtraState.FAILED and (job := self.job) is not None:
            error = as_code(pool().progress(job).error or "", most=MOST_OF_AN_ERROR)
            st.error(_("The training failed: {error}").format(error=error))
        running = state == ExtraState.RUNNING
        fragment(self._progress, run_every=POLL_SECONDS if running else None)(running)

    def _progress(self, running: bool) -> None:
        job = self.job
        if job is None:
            return
        progress = pool().progress(job)
        if running and not progress.is_running:
            st.rerun()
        if running or progress.is_running or self.state == ExtraState.PAUSED:
            words = _("{step} of {total} steps").format(step=f"{progress.step:,}", total=f"{progress.total_steps:,}")
            st.progress(progress.step / progress.total_steps, words)
