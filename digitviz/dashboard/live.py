"""The live views of a training: fragments that poll one snapshot and draw it."""

from __future__ import annotations

import time
from functools import partial

import streamlit as st

from digitviz import figures
from digitviz.dashboard import session
from digitviz.dashboard.plot import plot
from digitviz.dashboard.turns import fragment
from digitviz.training.pool import Progress
from digitviz.training.run import Snapshot

CURVES_SECONDS = 0.08
ACCURACY_SECONDS = 0.25
GUESSES_SECONDS = 0.5
WEIGHTS_SECONDS = 0.5
"""How often each picture is drawn while a training runs; with many trainings at once less often, see `_pace`."""
GUESSED_DIGITS = 12
LOSS_TITLES = {"squared_error": "squared error", "cross_entropy": "cross-entropy"}


def training_view() -> None:
    """Show the curves, the accuracy and some guesses, and the weights below; live while the training runs."""
    running = session.progress().state == "running"
    pace = _pace()
    fragment(_curves, run_every=CURVES_SECONDS * pace if running else None)(running)
    st.subheader("Before and after")
    st.session_state.setdefault("weights_shown", "Weights")  # a link may have asked for the other
    st.segmented_control(
        "Show", ["Weights", "What each neuron looks for"], key="weights_shown", required=True,
        persist_state="session", label_visibility="collapsed",
    )  # fmt: skip
    fragment(_weights, run_every=WEIGHTS_SECONDS * pace if running else None)(
        running, st.session_state["weights_shown"]
    )


def _pace() -> float:
    """Return by how much less often pictures are drawn, so that a class on one server gets its clicks answered."""
    return max(1.0, session.pool().counts()["jobs"] / 2)


def _mark(snapshot: Snapshot, progress: Progress, seconds: float, *more: object) -> tuple[object, ...]:
    """Tell what a picture shows: while the training runs it changes with the clock, else with the step."""
    moment = time.monotonic() // (seconds * _pace()) if progress.state == "running" else f"step {snapshot.step}"
    return (id(snapshot.history), moment, *more)


def _curves(running: bool) -> None:
    snapshot, progress = session.job().run.snapshot, session.progress()
    _headline(snapshot, progress)
    history, settings = snapshot.history, session.job().run.hyperparameters
    left, right = st.columns([3, 2])
    with left:
        logarithmic = st.segmented_control(
            "Loss axis", ["linear", "log"], default="linear", key="loss_axis", required=True, persist_state="session",
            label_visibility="collapsed", format_func=lambda kind: f"{kind} loss axis",
        ) == "log"  # fmt: skip
        name = f"{LOSS_TITLES[settings.loss]}, sum over {settings.batch_size:,} digits"
        plot(
            "losses",
            _mark(snapshot, progress, CURVES_SECONDS / 2, logarithmic),
            lambda: figures.loss_curves.plain(history.losses, logarithmic, name),
            height=380,
        )
    with right:
        plot(
            "course",
            _mark(snapshot, progress, ACCURACY_SECONDS),
            lambda: figures.progress_curves.plain(history, snapshot.batch),
            height=380,
        )
    st.caption(f"Twelve of the {len(snapshot.test)} test digits, and what the network takes them for")
    shown = snapshot.test[:GUESSED_DIGITS]
    plot(
        "guesses",
        _mark(snapshot, progress, GUESSES_SECONDS),
        lambda: figures.guesses.plain(shown.images, shown.labels, snapshot.network.predict_proba(shown.pixels)),
        height=260,
    )
    if running and progress.state != "running":
        st.rerun()  # the whole page, once: its buttons change and nothing polls any more


def _headline(snapshot: Snapshot, progress: Progress) -> None:
    row = st.container(horizontal=True, vertical_alignment="center", gap="large")
    with row.container(key="test_accuracy", width="content"):
        st.metric(
            "Test accuracy",
            f"{snapshot.test_accuracy:.1%}",
            help="Share of the test digits that are read right. Guessing gives 10%.",
        )
    settings = session.job().run.hyperparameters
    batch = min(snapshot.batch + 1, settings.batches)
    words = [f"step {progress.step:,} of {progress.total_steps:,}", f"batch {batch:,} of {settings.batches:,}"]
    if progress.state == "running" and progress.steps_per_second:
        words.append(f"{progress.steps_per_second:,.0f} steps a second")
        words.append(f"{progress.seconds_left or 0:,.0f} s left")
    elif progress.state == "running":
        words.append(f"waiting, {progress.place} ahead" if progress.place else "starting")
    else:
        words.append({"paused": "not started" if progress.step == 0 else "paused"}.get(progress.state, progress.state))
    words.append(f"{session.job().run.engine} engine")
    with row.container(key="progress", width="stretch"):
        st.progress(progress.step / progress.total_steps, " · ".join(words))


def _weights(running: bool, shown: str) -> None:
    run = session.job().run
    snapshot = run.snapshot
    before, now = run.initial_parameters, snapshot.network.parameters
    if shown == "Weights":
        for layer in range(len(now.weights)):
            plot(
                f"weights_{layer + 1}",
                _mark(snapshot, session.progress(), WEIGHTS_SECONDS),
                partial(figures.weights_before_after.plain, before, now, layer),
                height=460 if layer == 0 else 400,
            )
    else:
        plot(
            "neurons",
            _mark(snapshot, session.progress(), WEIGHTS_SECONDS),
            lambda: figures.neuron_images.plain(now),
            height=520,
        )
