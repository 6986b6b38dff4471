"""What a session owns: one training, and its place in the pool that all sessions share."""

from __future__ import annotations

import streamlit as st

from digitviz.datasets import DigitDataset, load_digits
from digitviz.hyperparameters import Hyperparameters
from digitviz.training.pool import Job, Pool, Progress
from digitviz.training.run import TrainingRun


@st.cache_resource(show_spinner=False)
def pool() -> Pool:
    """Return the workers of this server."""
    return Pool()


@st.cache_resource(show_spinner=False)
def digits() -> DigitDataset:
    """Return the data set; shared by all sessions, so not to be changed."""
    return load_digits()


class _Seat:
    """Ties a session's job to its browser: when the tab closes, the job leaves the pool."""

    def __init__(self) -> None:
        self.job: Job | None = None

    def leave(self) -> None:
        if self.job is not None:
            pool().cancel(self.job)


@st.cache_resource(scope="session", on_release=_Seat.leave, show_spinner=False)
def _seat() -> _Seat:
    return _Seat()


def job() -> Job:
    """Return the training of this session: the notebook's, not started, at first.

    A browser that was gone for a moment finds it going on.
    """
    if "job" not in st.session_state:
        new_run(Hyperparameters(), None)
    job: Job = st.session_state["job"]
    seat = _seat()
    if seat.job is not job:
        seat.job = job
        pool().submit(job)
    return job


def progress() -> Progress:
    """Tell how far the training of this session has come."""
    return pool().progress(job())


def new_run(hyperparameters: Hyperparameters, speed: float | None) -> None:
    """Put a new training, not started, in the place of the old one."""
    if "job" in st.session_state:
        pool().cancel(st.session_state["job"])
    st.session_state["job"] = Job(TrainingRun(digits(), hyperparameters), speed)


def train(hyperparameters: Hyperparameters, speed: float | None) -> None:
    """Train to the end: go on if the settings are those of the run, else begin anew."""
    now = progress()
    if job().run.hyperparameters != hyperparameters or now.state in {
        "finished",
        "diverged",
        "failed",
    }:
        new_run(hyperparameters, speed)
    _go_on(to=hyperparameters.total_steps)


def pause_or_resume() -> None:
    """Pause the training if it is running, else go on to the end."""
    if progress().state == "running":
        job().pause()
    else:
        _go_on(to=job().run.hyperparameters.total_steps)


def step() -> None:
    """Take one step and stand still."""
    _stand_still()
    _go_on(to=job().run.step + 1)


def next_batch() -> None:
    """Go to the end of the batch and stand still."""
    _stand_still()
    run = job().run
    _go_on(to=(run.batch + 1) * run.hyperparameters.steps_per_batch)


def set_speed(speed: float | None) -> None:
    """Change how many steps a second are taken, also while it runs."""
    job().speed = speed


def _go_on(to: int) -> None:
    job().run_to(to)
    pool().submit(job())


def _stand_still() -> None:
    """Pause, and wait for the slice that is being worked on: the next goal counts from where it ends."""
    job().pause()
    pool().wait(job())
