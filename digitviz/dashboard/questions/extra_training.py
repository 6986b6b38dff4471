"""A run that a page trains for comparison with the visitor's run, with progress and cancel.

It counts as a trajectory of the server like all runs: it starts only if there is room, and is dropped with its session.
"""

import dataclasses
from functools import partial

import streamlit as st

from digitviz.dashboard.questions.controls import button, watch
from digitviz.dashboard.runtime.outside import MAX_ERROR_LENGTH, as_code
from digitviz.dashboard.session.lease import Kind, lease
from digitviz.dashboard.session.moment import Moment
from digitviz.dashboard.session.open_runs import pool, trajectories
from digitviz.language import gettext as _
from digitviz.numbers import numeral
from digitviz.training.pool import Job, ProgressState
from digitviz.training.run import TrainingRun
from digitviz.training.trajectories import Full

KEY, FULL = "extra_another_seed", "extra_another_seed_full"
Extra = tuple[str, Job]
"""The id of the run and batch that it is compared with, and its job."""
EXTRA = Kind[Extra | None](lambda extra: None if extra is None else pool().cancel(extra[1]))
"""The extra run of a session."""


def another_seed(asked: Moment, label: str) -> TrainingRun | None:
    """Offer to train the network of a run with another seed for as many batches. Return the new run, once finished.

    `label` is the text of the button.
    """
    run = asked.run
    if run is None:
        return None
    batches = max(1, run.snapshot.batch)
    about, (held_for, held) = f"{run.serial} {batches}", lease().held(EXTRA) or ("", None)
    job = held if held_for == about else None
    state = None if job is None else pool().progress(job).state
    is_over = state in {ProgressState.FINISHED, ProgressState.DIVERGED}

    def drop() -> None:
        lease().hold(EXTRA, None)

    def begin() -> None:
        drop()
        settings = dataclasses.replace(run.hyperparameters.with_next_seed(), batches=batches)
        extra = Job(TrainingRun(run.dataset, settings, trajectories().find))
        extra.owner = lease().owner
        try:
            trajectories().put(extra)
        except Full:
            st.session_state[FULL] = True
            return
        lease().hold(EXTRA, (about, extra))
        extra.run_to(extra.run.total_steps)
        pool().submit(extra)

    with st.container(horizontal=True, vertical_alignment="center", key=f"{KEY}_buttons"):
        if job is None or job.error is not None:
            button(label, f"{KEY}_begin", begin, "play_arrow", type="primary")
        elif not is_over:
            button(_("Cancel"), f"{KEY}_cancel", drop, "close")
    if job is not None and job.error is not None:
        st.error(_("Training failed: {error}").format(error=as_code(job.error, limit=MAX_ERROR_LENGTH)))
    elif job is not None and not is_over:
        watch(partial(_progress, job))
    if st.session_state.pop(FULL, False):
        st.error(_("The server has no room for another run of this size right now. Try again later."))
    if run.recipe.changes or run.recipe.start is not None:
        st.caption(_("The other network starts from random weights and uses this run's final settings throughout."))
    return job.run if job is not None and is_over else None


def _progress(job: Job) -> tuple[float, str] | None:
    now = pool().progress(job)
    if now.state not in {ProgressState.RUNNING, ProgressState.PAUSED}:
        return None
    words = _("{step} of {total} steps")
    return now.step / now.total_steps, words.format(step=numeral(now.step), total=numeral(now.total_steps))
