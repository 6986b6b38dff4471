"""Compute a training again from its checkpoints, and say whether the same comes out."""

from __future__ import annotations

import streamlit as st

from digitviz.dashboard.runtime.clicks import on_click
from digitviz.dashboard.runtime.turns import fragment
from digitviz.dashboard.session import current_run
from digitviz.dashboard.session.lease import Kind, lease
from digitviz.language import gettext as _
from digitviz.numbers import plain_number
from digitviz.training.pool import Job, Progress
from digitviz.training.verification import CLOSE, Verdict, Verification

VERIFICATION = Kind[Job[Verification]](lambda job: current_run.pool().cancel(job))
POLL_SECONDS = 0.5


def again_view() -> None:
    """Show the button, how far it is, and what came out."""
    st.header(_("Is it the same again?"))
    st.caption(
        _(
            "A training follows from its settings alone, so it is computed once for all who ask for it. Compute it "
            "again from each point where its exact state was kept, and see."
        )
    )
    job = _job()
    running = job is not None and current_run.pool().progress(job).is_running
    with st.container(horizontal=True):
        st.button(
            _("Compute again"), key="compute_again", icon=":material/replay:", on_click=on_click(_begin),
            disabled=running or not current_run.job().run.step,
        )  # fmt: skip
        st.button(_("Cancel"), key="cancel_again", disabled=not running, on_click=on_click(_cancel))
    if job is not None:
        fragment(_how_it_stands, run_every=POLL_SECONDS if running else None)(job, running)


def _job() -> Job[Verification] | None:
    """Return what was begun for the training that this session has now."""
    job: Job[Verification] | None = st.session_state.get("verification")
    return job if job is not None and job.run.recipe == current_run.job().run.recipe else None


def _begin() -> None:
    job = Job(Verification(current_run.job().run.trajectory))
    job.run_to(job.run.total_steps)
    st.session_state["verification"] = job
    job.owner = lease().owner
    lease().hold(VERIFICATION, job)
    current_run.pool().submit(job)


def _cancel() -> None:
    job = st.session_state.pop("verification", None)
    if job is not None:
        current_run.pool().cancel(job)


def _how_it_stands(job: Job[Verification], was_running: bool) -> None:
    progress = current_run.pool().progress(job)
    if was_running and not progress.is_running:
        st.rerun()  # the whole page, once: its buttons change
    if progress.is_running:
        share = progress.step / max(1, progress.total_steps)
        st.progress(
            share, _("step {step} of {steps}").format(step=f"{progress.step:,}", steps=f"{progress.total_steps:,}")
        )
        return
    _result(job, progress)


def _result(job: Job[Verification], progress: Progress) -> None:
    if progress.error is not None:
        st.error(_("It could not be computed again; the server's log says why."))
        return
    for verdict in job.run.snapshot.verdicts:
        told = in_words(verdict, job.run.precision)
        if verdict.is_sound:
            st.success(told, icon=":material/check:")
        else:
            st.warning(told, icon=":material/warning:")


def in_words(verdict: Verdict, precision: str) -> str:
    """Say what came out of a segment."""
    steps = {"first": f"{verdict.segment.step + 1:,}", "last": f"{verdict.last:,}"}
    if verdict.same_bits:
        return _("Steps {first} to {last}: the same to the last bit.").format(**steps)
    numbers = {"largest": f"{verdict.largest:.1e}", "bound": plain_number(CLOSE[precision])}
    if verdict.departs_at is not None:
        words = _(
            "Steps {first} to {last}: not the same from step {step} on. Losses differ by up to {largest} of their size."
        )
        return words.format(step=f"{verdict.departs_at:,}", **steps, **numbers)
    if verdict.is_here:
        return _("Steps {first} to {last}: the losses are the same, the weights that were kept are not.").format(
            **steps
        )
    return _(
        "Steps {first} to {last} were computed on another machine or by other versions: the same within {bound} of the "
        "loss, {largest} at most."
    ).format(**steps, **numbers)
