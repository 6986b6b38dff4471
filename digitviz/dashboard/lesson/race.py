"""The race of three runs with different batch sizes: one job in the pool, shown live while it runs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property, partial
from typing import Any

import streamlit as st

from digitviz.dashboard.components.choice import choice
from digitviz.dashboard.components.plot import plot
from digitviz.dashboard.components.predict_first import predict_first
from digitviz.dashboard.lesson.formulas import written
from digitviz.dashboard.lesson.page import select_slider, step_settings, table
from digitviz.dashboard.runtime.clicks import on_click
from digitviz.dashboard.runtime.outside import MAX_ERROR_LENGTH, as_code
from digitviz.dashboard.runtime.turns import fragment
from digitviz.dashboard.session import current_run
from digitviz.dashboard.session.downloads import CSV, File, download
from digitviz.dashboard.session.lease import Kind, lease
from digitviz.figures import descent
from digitviz.language import gettext as _
from digitviz.language import joined, lazy_gettext
from digitviz.lesson.batch import BatchKind
from digitviz.lesson.comparison import COSTS, LENGTHS, MINI_BATCH, Comparison, Course, first_to_halve
from digitviz.table import csv_of
from digitviz.training.hyperparameters import Hyperparameters
from digitviz.training.pool import Job, ProgressState


class RaceJob(Job):
    """The job of a race; the pool treats it like the job of a run."""

    run: Any


COMPARISON = Kind[RaceJob](lambda job: current_run.pool().cancel(job))
POLL_SECONDS = 0.2
RATES = {rate: f"{rate:g}" for rate in (0.003, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0)}
DEFAULT_RATE = 0.1
AXES = {"log": lazy_gettext("logarithmic axes"), "linear": lazy_gettext("linear axes")}
GUESS = "descent_guess"
NARROW = 350
"""Height in pixels of each of two figures next to a table."""


WORDS = {
    ProgressState.RUNNING: lazy_gettext("running · learning rate {rate} · {engine} engine"),
    ProgressState.PAUSED: lazy_gettext("paused · learning rate {rate} · {engine} engine"),
    ProgressState.FINISHED: lazy_gettext("finished · learning rate {rate} · {engine} engine"),
}
CANCELLED = lazy_gettext("cancelled (curves so far are kept) · learning rate {rate} · {engine} engine")
"""Status texts of a race with curves. A failed race shows its error instead."""


def _take(job: RaceJob) -> None:
    lease().hold(COMPARISON, job)
    job.owner = lease().owner
    current_run.pool().submit(job)


def _begin(rate: float) -> None:
    """Start a race with a learning rate; it replaces the race before."""
    comparison: Any = Comparison(current_run.shipped_digits(), current_run.job().run.hyperparameters, rate)
    new = RaceJob(comparison)
    new.run_to(new.run.total_steps)
    st.session_state["comparison"], st.session_state["comparison_cancelled"] = new, False
    _take(new)


class Race:
    """The race of this session, if any. It keeps running while the browser is away."""

    def __init__(self) -> None:
        self._job: RaceJob | None = st.session_state.get("comparison")
        if self._job is not None and lease().held(COMPARISON) is not self._job:
            _take(self._job)
        self._was_running = self._state == ProgressState.RUNNING

    @property
    def _state(self) -> ProgressState | None:
        """The current state; None before the first race and after a cancelled one."""
        if self._job is None or st.session_state["comparison_cancelled"]:
            return None
        return current_run.pool().progress(self._job).state

    @property
    def _courses(self) -> tuple[Course, ...]:
        """The curves of the three runs so far."""
        courses: tuple[Course, ...] = () if self._job is None else self._job.run.snapshot.courses
        return courses

    def _pause_or_resume(self) -> None:
        if self._job is None:
            return
        if self._state == ProgressState.RUNNING:
            self._job.pause()
        else:
            self._job.run_to(self._job.run.total_steps)
            current_run.pool().submit(self._job)

    def _cancel(self) -> None:
        """Cancel the race. The curves so far stay visible."""
        if self._job is not None:
            self._job.pause()
            current_run.pool().cancel(self._job)
            st.session_state["comparison_cancelled"] = True

    @cached_property
    def _is_logarithmic(self) -> bool:
        """True for logarithmic axes. The first step that uses it shows the control."""
        with step_settings(None, "step_settings_axes"):
            axes = choice(_("Axes"), AXES, key="comparison_axes")
        return axes == "log"

    def _live(self, show: Callable[..., None], *more: bool) -> None:
        """Call `show` several times per second while the race runs."""
        fragment(show, run_every=POLL_SECONDS if self._was_running else None)(self._is_logarithmic, *more)

    def _rerun_at_the_end(self, is_running: bool) -> None:
        if self._was_running and not is_running:
            st.rerun()  # the whole page, once: the buttons change and polling ends

    def run(self) -> None:
        """Let the visitor guess and train, and plot the loss against steps."""
        picture, controls = st.columns([3, 2], gap="medium")
        with controls:
            fraction = current_run.job().run.hyperparameters.train_fraction
            digits = len(current_run.shipped_digits().split(fraction)[0])
            question = _(
                "Three runs start from the same weights. Each step uses all {all} digits in one run, {some} in "
                "another, and a single digit in the third. Which is the first, by the clock, to halve the loss?"
            ).format(all=f"{digits:,}", some=MINI_BATCH)
            predict_first(GUESS, question, {kind.value: kind.words for kind in BatchKind}, self._answer)
            lengths = _(
                "{full} full-batch steps, {mini} mini-batch steps and {one} single-sample steps. Here, a step follows "
                "the mean gradient of its digits; in your own runs, it follows the sum."
            )
            st.caption(lengths.format(**{kind.name.lower(): f"{LENGTHS[kind]:,}" for kind in BatchKind}))
        with picture:
            self._live(self._against_steps)
            self._buttons()

    def _buttons(self) -> None:
        """Show the learning rate and the buttons."""
        state = self._state
        cannot_stop = state not in {ProgressState.RUNNING, ProgressState.PAUSED}
        with st.container(horizontal=True, gap="small", vertical_alignment="bottom", key="comparison_buttons"):
            meaning = _("Multiplied by the mean gradient of the digits in a step.")
            rate = select_slider(
                _("Learning rate"), RATES, "comparison_rate", value=DEFAULT_RATE, width=170, help=meaning
            )
            look: dict[str, Any] = {"type": "primary", "icon": ":material/play_arrow:", "args": (rate,)}
            st.button(_("Train all three"), key="comparison_begin", on_click=on_click(_begin), **look)
            label = _("Resume") if state == ProgressState.PAUSED else _("Pause")
            st.button(label, key="comparison_pause", disabled=cannot_stop, on_click=on_click(self._pause_or_resume))
            st.button(_("Cancel"), key="comparison_cancel", disabled=cannot_stop, on_click=on_click(self._cancel))

    def compare(self) -> None:
        """Plot the loss against digits seen and, after a guess, against seconds. Show a table of the results."""
        guessed = f"{GUESS}_committed" in st.session_state
        self._live(self._against_costs, guessed)
        words = _(
            "Pixels range from 0 to 1. The loss is over all training digits; the time to measure it is not "
            "counted. M. Nielsen's book (ch. 1) trains with mini-batches and calls this stochastic gradient "
            "descent whatever the batch size; R. Guthrie's PyTorch tutorial trains on one instance at a time."
        )
        st.caption(words)
        courses = self._courses
        if courses and not self._was_running and guessed:
            name = "digitviz-comparison.csv"
            download(_("Losses (CSV)"), "comparison_download", lambda: File(courses_csv(courses), name, CSV))

    def _against_steps(self, logarithmic: bool) -> None:
        self._plot_against("steps", logarithmic, 270)
        if self._job is None:
            return
        run, progress = self._job.run, current_run.pool().progress(self._job)
        self._rerun_at_the_end(progress.is_running)
        if progress.error is not None:
            words = as_code(progress.error, limit=MAX_ERROR_LENGTH)
        else:
            engine = Hyperparameters.RANGES["engine"].title(run.engine)
            state = self._state
            said = CANCELLED if state is None else WORDS[state]
            words = said.format(rate=written(run.learning_rate), engine=engine)
        st.progress(progress.step / progress.total_steps, words)
        weights = run.initial_parameters.weights
        if len(weights) > 1 and not any(weight.any() for weight in weights):
            about = _(
                "Every weight starts at 0, as in your run's settings, so the network can hardly learn. Choose random "
                "initial weights."
            )
            st.warning(about)
        if any(course.diverged for course in self._courses):
            about = _(
                "At least one run has stopped: its steps were too long, and each overshot further than the one before."
            )
            st.warning(about)

    def _against_costs(self, logarithmic: bool, show_clock: bool) -> None:
        if self._job is None:
            st.info(_("Train all three in the previous step. Their curves will appear here."))
            return
        self._rerun_at_the_end(current_run.pool().progress(self._job).is_running)
        digits, seconds, numbers = st.columns([5, 5, 7], gap="small")
        with digits:
            self._plot_against("samples", logarithmic, NARROW)
        with seconds:
            if show_clock:
                self._plot_against("seconds", logarithmic, NARROW)
            else:
                st.info(_("Make your guess in the previous step to see the loss against time."))
        with numbers:
            st.markdown(_table(self._courses))
            if show_clock:
                st.markdown(self._measured())

    def _plot_against(self, cost: str, logarithmic: bool, height: int) -> None:
        moment = None if self._job is None else (self._job.run.serial, self._job.run.snapshot.step)
        build = partial(descent.loss_against.plain, self._courses, cost, logarithmic)
        plot(f"comparison_{cost}", (moment, logarithmic), build, height, main=cost != "seconds")

    def _firsts(self) -> dict[str, BatchKind]:
        """Return the first run to halve the loss, by measure. Empty before the race ends, or if no run halved it."""
        courses = self._courses if self._state == ProgressState.FINISHED else ()
        firsts = {cost: first for cost in COSTS if (first := first_to_halve(courses, cost)) is not None}
        return firsts if len(firsts) == len(COSTS) else {}

    def _measured(self) -> str:
        """Return a sentence on the winners by digits seen and by the clock, and on the duration of large steps."""
        firsts = self._firsts()
        if not firsts:
            return ""
        pace = {course.name: course for course in self._courses}
        mini, one = pace[BatchKind.MINI], pace[BatchKind.ONE]
        words = _(
            "First to halve the loss: **{samples}** by digits seen, **{seconds}** by the clock. A step on {digits} "
            "digits took **{times}** times as long as a step on one."
        )
        names = {cost: first.words for cost, first in firsts.items()}
        times = written(one.steps_per_second / mini.steps_per_second, 2)
        return words.format(digits=mini.batch_size, times=times, **names)

    def _answer(self, guess: str) -> str:
        """Return the answer to the guess: the first run to halve the loss, by each measure, in this session."""
        firsts = self._firsts()
        if not firsts:
            return _("The answer appears here once all three have finished training.")
        verdict = _("That is right.") if firsts["seconds"] == guess else _("That is not right on this machine.")
        words = _(
            "The first to halve the loss was **{seconds}** by the clock, **{samples}** by digits seen, **{steps}** by "
            "steps."
        )
        return joined([verdict, words]).format(**{cost: first.words for cost, first in firsts.items()})


def _table(courses: Sequence[Course]) -> str:
    return table(
        [_("Result"), *(course.name.words for course in courses)],
        [_("digits per step"), *(f"{course.batch_size:,}" for course in courses)],
        [_("steps"), *(f"{course.step:,}" for course in courses)],
        [_("steps / s"), *(f"{course.steps_per_second:,.0f}" for course in courses)],
        [_("loss"), *(_("diverged") if course.diverged else f"{course.losses[-1]:.3g}" for course in courses)],
        [_("steps where loss rose"), *(f"{course.rises:.0%}" for course in courses)],
    )


def courses_csv(courses: Sequence[Course]) -> bytes:
    """Return every measured loss of a race as CSV: run, steps, digits seen, seconds, mean loss."""
    rows = (
        [course.name, steps, seen, *map(float, costs)]
        for course in courses
        for steps, seen, *costs in zip(course.steps, course.samples, course.seconds, course.losses, strict=True)
    )
    return csv_of(["training", "steps", "digits", "seconds", "loss"], rows)
