"""What a page trains beside the visitor's run, to compare: several trainings as one job, with progress and cancel.

They are counted among the trajectories of the server as all trainings are: where there is no room none begins, and
those of closed sessions make way for others.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

import streamlit as st

from digitviz.dashboard.runtime.clicks import on_click
from digitviz.dashboard.runtime.outside import MOST_OF_AN_ERROR, as_code
from digitviz.dashboard.runtime.turns import fragment
from digitviz.dashboard.session.lease import Kind, lease
from digitviz.dashboard.session.server_wide import pool, trajectories
from digitviz.language import gettext as _
from digitviz.training.pool import Job
from digitviz.training.run import Snapshot, TrainingRun
from digitviz.training.side_by_side import SideBySide
from digitviz.training.trajectories import Full

POLL_SECONDS = 0.2


class ExtraState(StrEnum):
    """The state of what was trained for a question."""

    NONE = "none"
    RUNNING = "running"
    PAUSED = "paused"
    FINISHED = "finished"
    FAILED = "failed"


@dataclass(eq=False)
class _Extra:
    """What was trained, of whom it was asked, and by which its memory is counted; without a job it has made way."""

    about: str
    job: Job[SideBySide] | None
    counted: list[_Counted] = field(default_factory=list)


class _Counted(Job[TrainingRun]):
    """Stands for one of the runs among the trajectories; nobody submits it."""

    def __init__(self, run: TrainingRun, extra: _Extra) -> None:
        super().__init__(run)
        self._extra = weakref.ref(extra)

    def forget(self) -> None:
        """Give up all that was trained with it."""
        super().forget()
        if (extra := self._extra()) is not None:
            extra.job, extra.counted = None, []


def _leave(extras: dict[str, _Extra]) -> None:
    for extra in extras.values():
        if (job := extra.job) is not None:
            pool().cancel(job)
        for counted in extra.counted:
            trajectories().mark(counted, closed=True)


EXTRA = Kind[dict[str, _Extra]](_leave)
"""What a session has trained, by the question's key."""


def _held() -> dict[str, _Extra]:
    """Return what this session holds; a browser that was gone holds nothing at first."""
    held = lease().held(EXTRA)
    return lease().hold(EXTRA, {}) if held is None else held


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
        self.key, self._about, self._name, self._full = key, about, f"extra_{key}", f"extra_{key}_full"

    @property
    def job(self) -> Job[SideBySide] | None:
        """Its job; None if nothing has begun, or it had to make way while the session was closed."""
        extra: _Extra | None = st.session_state.get(self._name)
        if extra is None or extra.job is None or extra.about != self._about:
            return None
        if _held().get(self.key) is not extra:  # a browser that was gone
            self._hold(extra)
        return extra.job

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
        """Train these runs to their ends, if there is room; what the session trained for another question stands still.

        Parameters
        ----------
        runs : mapping of str to TrainingRun
            By their names, with trajectories that are shared: `trajectories().find`.
        """
        self.drop()
        job = Job(SideBySide(runs))
        job.owner = lease().owner
        extra = _Extra(self._about, job)
        try:
            for run in runs.values():
                extra.counted.append(counted := _Counted(run, extra))
                trajectories().put(counted)
        except Full:
            st.session_state[self._full] = True
            return
        st.session_state[self._name] = extra
        self._hold(extra)
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
        """Give up what was trained, of whomever it was asked."""
        extra: _Extra | None = st.session_state.pop(self._name, None)
        _held().pop(self.key, None)
        if extra is not None and extra.job is not None:
            pool().cancel(extra.job)

    def _hold(self, extra: _Extra) -> None:
        _held()[self.key] = extra
        for counted in extra.counted:
            trajectories().mark(counted, closed=False)

    def _go_on(self, job: Job[SideBySide]) -> None:
        """Go on; one at a time for a session."""
        for other in _held().values():
            if other.job is not None and other.job is not job:
                other.job.pause()
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
        if st.session_state.pop(self._full, False):
            st.error(
                _("This server has no room for another training of this size beside those of the others. Try it later.")
            )
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
