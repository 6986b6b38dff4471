"""The live views of a training. The page shows them once; while it runs, the browser asks for what is due."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial

import streamlit as st

from digitviz import figures
from digitviz.dashboard.components.choice import choice
from digitviz.dashboard.components.live import live_headline
from digitviz.dashboard.components.plot import plot
from digitviz.dashboard.runtime import clicks
from digitviz.dashboard.runtime.turns import fragment
from digitviz.dashboard.session import current_run
from digitviz.dashboard.session.addresses import feed_address
from digitviz.dashboard.train import accuracy
from digitviz.figures.picture import Plain
from digitviz.networks.losses import LOSSES
from digitviz.training.pool import Job, Progress, ProgressState
from digitviz.training.run import Snapshot, TrainingRun

CURVES_SECONDS = 0.08
ACCURACY_SECONDS = 0.25
GUESSES_SECONDS = 0.5
WEIGHTS_SECONDS = 0.5
"""How often each picture is drawn while a training runs; less often with many trainings at once, see `pace`."""
LAG_SECONDS = 2.0
"""An accuracy that is further behind is shown with the step that it belongs to."""
GUESSED_DIGITS = 12
WAYS_TO_SHOW_WEIGHTS = {"matrices": "Weights", "neurons": "What each neuron looks for"}


@dataclass(frozen=True)
class Picture:
    """A picture of a training.

    Parameters
    ----------
    name : str
        Under which the browser asks for it.
    key : str
        Of its place on the page.
    height : int
        Pixels.
    seconds : float
        After so long it is drawn anew while the training runs.
    build : callable
        Returns the figure.
    """

    name: str
    key: str
    height: int
    seconds: float
    build: Callable[[], Plain]

    @property
    def live(self) -> dict[str, object]:
        """What the browser must know to ask for it."""
        return {"name": self.name, "seconds": self.seconds}


def pictures(job: Job[TrainingRun], snapshot: Snapshot) -> Mapping[str, Picture]:
    """Return the pictures of a training at one moment, by name; none is drawn yet."""
    run = job.run
    history, settings = snapshot.history, run.hyperparameters
    before, now = run.initial_parameters, snapshot.network.parameters
    title = f"{LOSSES[settings.loss].title}, sum over {settings.batch_size:,} digits"

    def guesses() -> Plain:
        shown = snapshot.test[:GUESSED_DIGITS]
        return figures.guesses.plain(shown.images, shown.labels, snapshot.network.predict_proba(shown.pixels))

    def curves(logarithmic: bool) -> Plain:
        return figures.loss_curves.plain(history.losses, logarithmic, title)

    every = [
        Picture("losses linear", "losses", 380, CURVES_SECONDS, partial(curves, False)),
        Picture("losses log", "losses", 380, CURVES_SECONDS, partial(curves, True)),
        Picture(
            "course", "course", 380, ACCURACY_SECONDS, lambda: figures.progress_curves.plain(history, snapshot.batch)
        ),
        Picture("guesses", "guesses", 260, GUESSES_SECONDS, guesses),
        *(
            Picture(
                f"weights {layer + 1}", f"weights_{layer + 1}", 460 if layer == 0 else 400, WEIGHTS_SECONDS,
                partial(figures.weights_before_after.plain, before, now, layer),
            )
            for layer in range(len(now.weights))
        ),
        Picture("neurons", "neurons", 520, WEIGHTS_SECONDS, lambda: figures.neuron_images.plain(now)),
    ]  # fmt: skip
    return {picture.name: picture for picture in every}


def pace() -> float:
    """Return by how much less often pictures are drawn, so that a class on one server gets its clicks answered."""
    return max(1.0, current_run.pool().counts()["jobs"] / 2)


def headline(job: Job[TrainingRun], progress: Progress) -> dict[str, object]:
    """Say how far a training has come. It computes nothing.

    Parameters
    ----------
    job : Job
    progress : Progress
        Of that job.

    Returns
    -------
    dict
        "accuracy", such as "93.3%", None while none is known; "step", what stays true when nothing more is heard;
        "words", all that is said beside; and "share" of the steps that are taken, 0 to 1.
    """
    settings, judged = job.run.hyperparameters, accuracy.known(job)
    batch = min(progress.step // settings.steps_per_batch + 1, settings.batches)
    step = f"step {progress.step:,} of {progress.total_steps:,}"
    words = [step, f"batch {batch:,} of {settings.batches:,}"]
    if progress.is_running and progress.steps_per_second:
        words.append(f"{progress.steps_per_second:,.0f} steps per second")
        words.append(f"{progress.seconds_left or 0:,.0f} s left")
    elif progress.is_running:
        words.append(f"waiting, {progress.place} ahead" if progress.place else "starting")
    else:
        unbegun = progress.state == ProgressState.PAUSED and progress.step == 0
        words.append("not started" if unbegun else progress.state)
    words.append(f"{job.run.engine} engine")
    if judged is not None and _lags(judged, progress):
        words.append(f"accuracy after step {judged.step:,}")
    return {
        "accuracy": None if judged is None else f"{judged.test_accuracy:.1%}",
        "step": step,
        "words": " · ".join(words),
        "share": progress.step / progress.total_steps,
    }


def _lags(judged: Snapshot, progress: Progress) -> bool:
    """Whether a reader has to be told that the accuracy is that of an earlier step."""
    behind = progress.step - judged.step
    if progress.is_running:
        return behind > LAG_SECONDS * progress.steps_per_second > 0
    return behind > 0


def training_view() -> None:
    """Show the curves, the accuracy and some guesses, and the weights below; live while the training runs."""
    run, running = current_run.job().run, current_run.progress().is_running
    fragment(_headline)()
    fragment(_curves)(running)
    st.subheader("Before and after")
    shown = choice(
        "Show", list(WAYS_TO_SHOW_WEIGHTS), key="weights_shown", label_visibility="collapsed",
        format_func=WAYS_TO_SHOW_WEIGHTS.__getitem__,
    )  # fmt: skip
    if shown == "matrices":  # a link may have asked for the other
        _show([f"weights {layer + 1}" for layer in range(len(run.initial_parameters.weights))], running)
    else:
        _show(["neurons"], running)


def _headline() -> None:
    """Show the headline; it is run by itself when the browser finds that the training has come to its end.

    The browser does not ask for the whole page: that would break off what a click has begun at that moment.
    """
    job, progress = current_run.job(), current_run.progress()
    running = progress.is_running
    accuracy.provide(job, running)
    feed = feed_address(current_run.token()) if running or accuracy.is_awaited(job) else None
    with st.container(key="test_accuracy"):
        live_headline(clicks.HEADLINE, headline(job, progress), feed)
    if clicks.end_was_told():
        st.rerun()  # the whole page, once: its buttons change


def _show(names: list[str], running: bool) -> None:
    job = current_run.job()
    snapshot = job.run.snapshot
    known = pictures(job, snapshot)
    for picture in (known[name] for name in names):
        shown = (snapshot.history.serial, snapshot.step, picture.name, running)
        plot(picture.key, shown, picture.build, picture.height, live=picture.live if running else None)


def _curves(running: bool) -> None:
    left, right = st.columns([3, 2])
    with left:
        axis = choice(
            "Loss axis", ["linear", "log"], key="loss_axis", label_visibility="collapsed",
            format_func=lambda kind: f"{kind} loss axis",
        )  # fmt: skip
        _show([f"losses {axis}"], running)
    with right:
        _show(["course"], running)
    st.caption(f"Twelve of the {len(current_run.job().run.test)} test digits, and what the network reads in them")
    _show(["guesses"], running)
