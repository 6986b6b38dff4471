"""The three trainings that a session compares: one job of the pool, and what became of it."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from typing import Any

import streamlit as st

from digitviz.dashboard.lesson.numbers import written
from digitviz.dashboard.session import current_run
from digitviz.dashboard.session.lease import Kind, lease
from digitviz.datasets import DigitDataset
from digitviz.language import gettext as _
from digitviz.language import lazy_gettext
from digitviz.lesson.batch_kinds import BatchKind
from digitviz.lesson.comparison import COSTS, Comparison, Course, first_to_halve
from digitviz.table import csv_of
from digitviz.training.pool import Job


class Race(Job):
    """The job of a comparison: it goes through the pool as a run does."""

    run: Any


COMPARISON = Kind[Race](lambda job: current_run.pool().cancel(job))


def _take(job: Race) -> None:
    lease().hold(COMPARISON, job)
    job.owner = lease().owner
    current_run.pool().submit(job)


def job() -> Race | None:
    """Return this session's comparison, if one was begun; a browser that was away finds it still running."""
    now: Race | None = st.session_state.get("comparison")
    if now is not None and lease().held(COMPARISON) is not now:
        _take(now)
    return now


class RaceState(StrEnum):
    """The state of this session's comparison."""

    NONE = "none"
    RUNNING = "running"
    PAUSED = "paused"
    FINISHED = "finished"
    FAILED = "failed"
    CANCELLED = "cancelled"


WORDS = {
    RaceState.RUNNING: lazy_gettext("running · learning rate {rate} · {engine} engine"),
    RaceState.PAUSED: lazy_gettext("paused · learning rate {rate} · {engine} engine"),
    RaceState.FINISHED: lazy_gettext("finished · learning rate {rate} · {engine} engine"),
    RaceState.CANCELLED: lazy_gettext("cancelled: the curves so far stay · learning rate {rate} · {engine} engine"),
}
"""Of the comparisons that can be seen; one that failed shows its error."""


def state() -> RaceState:
    """Return the state of this session's comparison."""
    now = job()
    if now is None:
        return RaceState.NONE
    if st.session_state["comparison_cancelled"]:
        return RaceState.CANCELLED
    return RaceState(current_run.pool().progress(now).state.value)


def training_digits() -> DigitDataset:
    """Return the digits that the three train on: scikit-learn's, split as the session's run splits its own."""
    return current_run.shipped_digits().split(current_run.job().run.hyperparameters.train_fraction)[0]


def begin(rate: float) -> None:
    """Begin a comparison at a learning rate; one that was there makes way."""
    comparison: Any = Comparison(current_run.shipped_digits(), current_run.job().run.hyperparameters, rate)
    new = Race(comparison)
    new.run_to(new.run.total_steps)
    st.session_state["comparison"], st.session_state["comparison_cancelled"] = new, False
    _take(new)


def pause_or_go_on() -> None:
    """Pause the comparison, or let it go on."""
    now = job()
    if now is None:
        return
    if state() == RaceState.RUNNING:
        now.pause()
    else:
        now.run_to(now.run.total_steps)
        current_run.pool().submit(now)


def cancel() -> None:
    """Stop for good; what was trained so far stays visible."""
    now = job()
    if now is not None:
        now.pause()
        current_run.pool().cancel(now)
        st.session_state["comparison_cancelled"] = True


def _firsts() -> dict[str, BatchKind]:
    """Return which was the first to halve the loss, by each measure; nothing while the race goes on or if none has."""
    now = job()
    courses = () if now is None or state() != RaceState.FINISHED else now.run.snapshot.courses
    firsts = {cost: first for cost in COSTS if (first := first_to_halve(courses, cost)) is not None}
    return firsts if len(firsts) == len(COSTS) else {}


def measured() -> str:
    """Say who was first by digits seen and by the clock, and how long a step on many digits took against one on one."""
    now, firsts = job(), _firsts()
    if now is None or not firsts:
        return ""
    pace = {course.name: course for course in now.run.snapshot.courses}
    mini, one = pace[BatchKind.MINI], pace[BatchKind.ONE]
    return _(
        "First to halve the loss: **{samples}** by digits seen, **{seconds}** by the clock. A step on {digits} digits "
        "took **{times}** times as long as a step on one."
    ).format(
        samples=firsts["samples"].words, seconds=firsts["seconds"].words, digits=mini.batch_size,
        times=written(one.steps_per_second / mini.steps_per_second, 2),
    )  # fmt: skip


def answer(guess: str) -> str:
    """Say which was the first to halve the loss, by each measure, as this session measured it."""
    firsts = _firsts()
    if not firsts:
        return _("Train all three to the end; the answer then appears here.")
    names = {cost: first.words for cost, first in firsts.items()}
    if firsts["seconds"] == guess:
        right = _(
            "Right: the first to halve the loss was **{seconds}** by the clock, **{samples}** by digits seen, "
            "**{steps}** by steps."
        )
        return right.format(**names)
    return _(
        "Not on this machine: the first to halve the loss was **{seconds}** by the clock, **{samples}** by digits "
        "seen, **{steps}** by steps."
    ).format(**names)


def courses_csv(courses: Sequence[Course]) -> bytes:
    """Write every measured loss of a comparison: training, steps, digits seen, seconds, mean loss."""
    rows = (
        [course.name, steps, seen, *map(float, costs)]
        for course in courses
        for steps, seen, *costs in zip(course.steps, course.samples, course.seconds, course.losses, strict=True)
    )
    return csv_of(["training", "steps", "digits", "seconds", "loss"], rows)
