"""The steps of the gradient descent page on the race of three trainings, live while they run."""

from __future__ import annotations

from functools import partial

import streamlit as st

from digitviz.dashboard.components.choice import choice
from digitviz.dashboard.components.plot import plot
from digitviz.dashboard.components.predict_first import predict_first
from digitviz.dashboard.lesson import descent_race
from digitviz.dashboard.lesson.descent_race import RaceState
from digitviz.dashboard.lesson.numbers import written
from digitviz.dashboard.runtime.clicks import on_click
from digitviz.dashboard.runtime.outside import MOST_OF_AN_ERROR, as_code
from digitviz.dashboard.runtime.turns import fragment
from digitviz.dashboard.session import current_run
from digitviz.dashboard.session.downloads import CSV, File, download
from digitviz.figures import descent
from digitviz.language import gettext as _
from digitviz.language import lazy_gettext
from digitviz.lesson.batch_kinds import BatchKind
from digitviz.lesson.comparison import LENGTHS, MINI_BATCH, Course
from digitviz.training.hyperparameters import Hyperparameters

POLL_SECONDS = 0.2
RATES = (0.003, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0)
DEFAULT_RATE = 0.1
AXES = {"log": lazy_gettext("log axes"), "linear": lazy_gettext("linear axes")}
GUESS = "descent_guess"
HEIGHT = 270
NARROW = 350
"""Height of each of two pictures beside a table."""


class Race:
    """The race that this run of the page shows; the settings that its steps share are shown once."""

    def __init__(self) -> None:
        self._axes: str | None = None

    def logarithmic(self) -> bool:
        """Show a choice of the axes in the sidebar, and return whether they are logarithmic."""
        if self._axes is None:
            with st.sidebar:
                self._axes = choice(
                    _("Axes"), list(AXES), key="comparison_axes", format_func=lambda kind: str(AXES[kind])
                )
        return self._axes == "log"

    def run(self) -> None:
        """Let the reader guess and train, and show the loss against steps."""
        running = descent_race.state() == RaceState.RUNNING
        picture, controls = st.columns([3, 2], gap="medium")
        with controls:
            predict_first(
                GUESS,
                _(
                    "Three trainings start from the same weights. Each step uses all {all} digits, {some}, or only "
                    "one. Which is the first to halve the loss, by the clock?"
                ).format(all=f"{len(descent_race.training_digits()):,}", some=MINI_BATCH),
                {kind.value: kind.words for kind in BatchKind},
                descent_race.answer,
            )
            _lengths()
        with picture:
            fragment(_against_steps, run_every=POLL_SECONDS if running else None)(running, self.logarithmic())
            _buttons()

    def compare(self) -> None:
        """Show the loss against digits seen and, once the reader has guessed, against seconds; and all in numbers."""
        state = descent_race.state()
        running, guessed = state == RaceState.RUNNING, f"{GUESS}_committed" in st.session_state
        compared = fragment(_against_costs, run_every=POLL_SECONDS if running else None)
        compared(running, guessed, self.logarithmic())
        now = descent_race.job()
        with st.sidebar:
            st.caption(
                _(
                    "Pixels range from 0 to 1. The loss is over all training digits; the time to measure it is not "
                    "counted. M. Nielsen's book (ch. 1) trains with mini-batches and calls this stochastic gradient "
                    "descent whatever the batch size; R. Guthrie's PyTorch tutorial trains on one instance at a time."
                )
            )
            if now is not None and not running and guessed:
                courses = now.run.snapshot.courses
                download(
                    _("Losses (CSV)"), "comparison_download",
                    lambda: File(descent_race.courses_csv(courses), "digitviz-comparison.csv", CSV),
                )  # fmt: skip


def _buttons() -> None:
    """Show the learning rate and the buttons."""
    state = descent_race.state()
    can_stop = state in {RaceState.RUNNING, RaceState.PAUSED}
    with st.container(horizontal=True, gap="small", vertical_alignment="bottom", key="comparison_buttons"):
        rate = st.select_slider(
            _("Learning rate"), RATES, DEFAULT_RATE, key="comparison_rate", width=170, persist_state="session",
            format_func=lambda value: f"{value:g}", help=_("Times the mean gradient of the digits in a step."),
        )  # fmt: skip
        st.button(
            _("Train all three"), key="comparison_begin", type="primary", icon=":material/play_arrow:",
            on_click=on_click(descent_race.begin), args=(rate,),
        )  # fmt: skip
        st.button(
            _("Resume") if state == RaceState.PAUSED else _("Pause"), key="comparison_pause", disabled=not can_stop,
            on_click=on_click(descent_race.pause_or_go_on),
        )  # fmt: skip
        st.button(_("Cancel"), key="comparison_cancel", disabled=not can_stop, on_click=on_click(descent_race.cancel))


def _lengths() -> None:
    """Say how long each of the three trains."""
    kinds = {"full": BatchKind.FULL, "mini": BatchKind.MINI, "one": BatchKind.ONE}
    lengths = {name: f"{LENGTHS[kind]:,}" for name, kind in kinds.items()}
    st.caption(
        _(
            "{full} steps of the full batch, {mini} of mini-batches, {one} of single samples. Here a step follows the "
            "mean gradient of its digits; in your own runs it follows the sum."
        ).format(**lengths)
    )


def _against_steps(running: bool, logarithmic: bool) -> None:
    now = descent_race.job()
    courses = () if now is None else now.run.snapshot.courses
    _plot_against("steps", courses, now, logarithmic, HEIGHT)
    if now is None:
        return
    progress = current_run.pool().progress(now)
    if running and not progress.is_running:
        st.rerun()  # the whole page, once: its buttons change and nothing polls any more
    if progress.error is not None:
        words = as_code(progress.error, most=MOST_OF_AN_ERROR)
    else:
        words = descent_race.WORDS[descent_race.state()].format(
            rate=written(now.run.learning_rate), engine=Hyperparameters.RANGES["engine"].title(now.run.engine)
        )
    st.progress(progress.step / progress.total_steps, words)
    if not any(weight.any() for weight in now.run.initial_parameters.weights):
        st.warning(
            _(
                "Every weight starts at 0, as in your run's settings, so nothing can move. Choose a random "
                "initialization."
            )
        )
    if any(course.diverged for course in courses):
        st.warning(
            _("The steps of at least one were too long: each overshot further than the one before. It has stopped.")
        )


def _plot_against(
    cost: str, courses: tuple[Course, ...], now: descent_race.Race | None, logarithmic: bool, height: int
) -> None:
    moment = None if now is None else (now.run.serial, now.run.snapshot.step)
    build = partial(descent.loss_against, courses, cost, logarithmic)
    plot(f"comparison_{cost}", (moment, logarithmic), build, height=height, main=cost != "seconds")


def _against_costs(running: bool, show_clock: bool, logarithmic: bool) -> None:
    now = descent_race.job()
    if now is None:
        st.info(_("Train all three in the step before; their curves then appear here."))
        return
    if running and not current_run.pool().progress(now).is_running:
        st.rerun()
    courses = now.run.snapshot.courses
    digits, seconds, numbers = st.columns([5, 5, 7], gap="small")
    with digits:
        _plot_against("samples", courses, now, logarithmic, NARROW)
    with seconds:
        if show_clock:
            _plot_against("seconds", courses, now, logarithmic, NARROW)
        else:
            st.info(_("Make your guess in the step before to see the loss by the clock."))
    with numbers:
        st.markdown(_table(courses))
        if show_clock:
            st.markdown(descent_race.measured())


def _table(courses: tuple[Course, ...]) -> str:
    titles = (_("Result"), *(course.name.words for course in courses))
    rows = {
        _("digits per step"): [f"{course.batch_size:,}" for course in courses],
        _("steps"): [f"{course.step:,}" for course in courses],
        _("steps / s"): [f"{course.steps_per_second:,.0f}" for course in courses],
        _("loss"): [_("diverged") if course.diverged else f"{course.losses[-1]:.3g}" for course in courses],
        _("loss rose"): [f"{course.rises:.0%}" for course in courses],
    }
    lines = [f"| {' | '.join(titles)} |", "|---|---:|---:|---:|"]
    return "\n".join([*lines, *(f"| {name} | {' | '.join(numbers)} |" for name, numbers in rows.items())])
