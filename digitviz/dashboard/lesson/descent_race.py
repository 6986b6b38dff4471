"""The three trainings that a session compares: one job of the pool, and its live view."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from digitviz.dashboard.components.choice import choice
from digitviz.dashboard.components.plot import plot
from digitviz.dashboard.runtime.clicks import on_click
from digitviz.dashboard.runtime.outside import MOST_OF_AN_ERROR, as_code
from digitviz.dashboard.runtime.turns import fragment
from digitviz.dashboard.session import current_run
from digitviz.dashboard.session.lease import Kind, lease
from digitviz.datasets import DigitDataset
from digitviz.figures import descent
from digitviz.lesson.comparison import COSTS, LENGTHS, Comparison, Course, first_to_halve
from digitviz.table import csv_of
from digitviz.training.pool import Job

POLL_SECONDS = 0.2
RATES = (0.003, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0)
DEFAULT_RATE = 0.1


COMPARISON = Kind[Job[Comparison]](lambda job: current_run.pool().cancel(job))


def _take(job: Job[Comparison]) -> None:
    lease().hold(COMPARISON, job)
    current_run.pool().submit(job)


def job() -> Job[Comparison] | None:
    """Return this session's comparison, if one was begun; a browser that was away finds it still running."""
    now: Job[Comparison] | None = st.session_state.get("comparison")
    if now is not None and lease().held(COMPARISON) is not now:
        _take(now)
    return now


def _state() -> str:
    now = job()
    if now is None:
        return "none"
    return "cancelled" if st.session_state["comparison_cancelled"] else current_run.pool().progress(now).state


def training_digits() -> DigitDataset:
    """Return the digits that the three train on: scikit-learn's, split as the session's run splits its own."""
    return current_run.shipped_digits().split(current_run.job().run.hyperparameters.train_fraction)[0]


def _begin(rate: float) -> None:
    new = Job(Comparison(current_run.shipped_digits(), current_run.job().run.hyperparameters, rate))
    new.run_to(new.run.total_steps)
    st.session_state["comparison"], st.session_state["comparison_cancelled"] = new, False
    _take(new)


def _pause_or_go_on() -> None:
    now = job()
    if now is None:
        return
    if _state() == "running":
        now.pause()
    else:
        now.run_to(now.run.total_steps)
        current_run.pool().submit(now)


def _cancel() -> None:
    """Stop for good; what was trained so far stays visible."""
    now = job()
    if now is not None:
        now.pause()
        current_run.pool().cancel(now)
        st.session_state["comparison_cancelled"] = True


def answer(guess: str) -> str:
    """Say which was the first to halve the loss, by each measure, as this session measured it."""
    now = job()
    courses = () if now is None or _state() != "finished" else now.run.snapshot.courses
    firsts = {cost: first_to_halve(courses, cost) for cost in COSTS}
    if not all(firsts.values()):
        return "Train all three to the end; the answer then appears here."
    clock = "Right" if firsts["seconds"] == guess else "Not on this machine"
    return (
        f"{clock}: the first to halve the loss was **{firsts['seconds']}** by the clock, "
        f"**{firsts['samples']}** by digits seen, **{firsts['steps']}** by steps."
    )


def controls() -> None:
    """Show the learning rate and the buttons."""
    state = _state()
    with st.container(horizontal=True, vertical_alignment="bottom", key="comparison_buttons"):
        rate = st.select_slider(
            "Learning rate (of the mean gradient)", RATES, DEFAULT_RATE, key="comparison_rate", width=300,
            format_func=lambda value: f"{value:g}", persist_state="session",
        )  # fmt: skip
        st.button(
            "Train all three", key="comparison_begin", type="primary", icon=":material/play_arrow:",
            on_click=on_click(_begin), args=(rate,),
        )  # fmt: skip
        st.button(
            "Resume" if state == "paused" else "Pause", key="comparison_pause",
            disabled=state not in {"running", "paused"}, on_click=on_click(_pause_or_go_on),
        )  # fmt: skip
        st.button(
            "Cancel", key="comparison_cancel", disabled=state not in {"running", "paused"},
            on_click=on_click(_cancel),
        )  # fmt: skip


def view(show_clock: bool) -> None:
    """Show the curves of the three, live while they train.

    Parameters
    ----------
    show_clock : bool
        Whether the picture against seconds is shown: it gives the answer to the guess.
    """
    running = _state() == "running"
    axes = choice(
        "Axes", ["log", "linear"], key="comparison_axes", label_visibility="collapsed",
        format_func=lambda kind: f"{kind} axes",
    )  # fmt: skip
    fragment(_curves, run_every=POLL_SECONDS if running else None)(running, show_clock, axes == "log")
    now = job()
    if now is not None and not running and show_clock:
        st.download_button(
            "Losses (CSV)", lambda: courses_csv(now.run.snapshot.courses), "digitviz-comparison.csv",
            "text/csv", on_click="ignore", key="comparison_download",
        )  # fmt: skip


def _curves(running: bool, show_clock: bool, logarithmic: bool) -> None:
    now = job()
    if now is None:
        lengths = ", ".join(f"{steps:,} steps ({name})" for name, steps in LENGTHS.items())
        st.info(f"Press **Train all three**: {lengths}, a few seconds in all.")
        return
    progress = current_run.pool().progress(now)
    if running and not progress.is_running:
        st.rerun()  # the whole page, once: its buttons change and nothing polls any more
    state = "cancelled: the curves so far stay" if _state() == "cancelled" else progress.state
    words = f"{state} · learning rate {now.run.learning_rate:g} · {now.run.engine} engine"
    if progress.error is not None:
        words = as_code(progress.error, most=MOST_OF_AN_ERROR)
    st.progress(progress.step / progress.total_steps, words)
    courses = now.run.snapshot.courses
    for column, against in zip(st.columns(3), descent.AGAINST, strict=True):
        with column:
            st.markdown(f"**Against {descent.AGAINST[against]}**")
            if against == "seconds" and not show_clock:
                st.info("Make your guess above to see this.")
                continue
            plot(
                f"comparison_{against}",
                (now.run.serial, now.run.snapshot.step, logarithmic),
                lambda against=against: descent.loss_against(courses, against, logarithmic),  # type: ignore[misc]
                height=340,
            )
    lines = ["| | steps | steps per second | loss | rises |", "|---|---|---|---|---|"]
    for course in courses:
        loss = "diverged" if course.diverged else f"{course.losses[-1]:.3g}"
        lines.append(
            f"| {course.name} | {course.step:,} | {course.steps_per_second:,.0f} | {loss} | {course.rises:.0%} |"
        )
    st.markdown("\n".join(lines))
    sizes = ", ".join(f"{course.batch_size:,}" for course in courses)
    st.caption(f"A step uses {sizes} digits, in this order. *Rises*: how often the loss was higher than just before.")
    if not any(weight.any() for weight in now.run.initial_parameters.weights):
        st.warning(
            "Every weight starts at 0, as in your run's settings, so nothing can move. Choose a random initialization."
        )
    if any(course.diverged for course in courses):
        st.warning(
            "The steps of at least one were too long: each overshot further than the one before. It has stopped."
        )


def courses_csv(courses: Sequence[Course]) -> bytes:
    """Write every measured loss of a comparison: training, steps, digits seen, seconds, mean loss."""
    rows = (
        [course.name, steps, seen, *map(float, costs)]
        for course in courses
        for steps, seen, *costs in zip(course.steps, course.samples, course.seconds, course.losses, strict=True)
    )
    return csv_of(["training", "steps", "digits", "seconds", "loss"], rows)
