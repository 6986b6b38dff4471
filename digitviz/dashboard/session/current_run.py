"""What a session owns: one training, and its place in the pool that all sessions share."""

from __future__ import annotations

import streamlit as st

from digitviz.dashboard.runtime.shared import shared
from digitviz.dashboard.session import training_data
from digitviz.dashboard.session.lease import Kind, lease, lease_of
from digitviz.dashboard.session.quota import Full, Quota
from digitviz.dashboard.session.training_data import TrainingData
from digitviz.datasets import DigitDataset
from digitviz.training.hyperparameters import Hyperparameters
from digitviz.training.pool import Job, Pool, Progress
from digitviz.training.run import TrainingRun


def pool() -> Pool:
    """Return the workers of this server."""
    return shared().get(Pool)


def shipped_digits() -> DigitDataset:
    """Return scikit-learn's digits; shared by all sessions, so not to be changed."""
    return training_data.pixels("digits")


def mapped_digits() -> DigitDataset:
    """Return the digits that maps show: the shipped ones, whatever a training learns from."""
    return shipped_digits()


def quota() -> Quota:
    """Return the quota of memory that all runs on this server share."""
    return shared().get(Quota)


def _leave(job: Job) -> None:
    """Take a training out of the pool; it is kept, but makes way if need be."""
    pool().cancel(job)
    quota().mark(job, closed=True)


TRAINING = Kind[Job](_leave)


def job() -> Job:
    """Return the training of this session: the notebook's, not started, at first.

    A browser that was gone for a moment finds it going on.
    """
    if "job" not in st.session_state:
        new_run(Hyperparameters(), None)
    elif st.session_state["job"].forgotten:
        st.session_state["forgotten"] = True
        new_run(Hyperparameters(), st.session_state["job"].speed)
    job: Job = st.session_state["job"]
    if lease().held(TRAINING) is not job:
        lease().hold(TRAINING, job)
        quota().mark(job, closed=False)
        pool().submit(job)
    return job


def token() -> str:
    """Return the word under which this session's training is asked for; nobody else can guess it."""
    job()
    return lease().token


def job_of(token: str) -> Job | None:
    """Return the training of the session with this token; None if there is none."""
    found = lease_of(token)
    return None if found is None else found.held(TRAINING)


def progress() -> Progress:
    """Tell how far the training of this session has come."""
    return pool().progress(job())


def new_run(hyperparameters: Hyperparameters, speed: float | None, learn_from: TrainingData | None = None) -> bool:
    """Put a new training, not started, in the place of the old one.

    The old one stays when there is no room, or when its training data are still being made.

    Parameters
    ----------
    hyperparameters : Hyperparameters
    speed : float or None
        Steps per second.
    learn_from : TrainingData
        By default that of the last training, as far as it is still there.

    Returns
    -------
    bool
        Whether the new one is in place.
    """
    old: Job | None = st.session_state.get("job")
    learn_from = learn_from or training_data.still_there(st.session_state.get("job_training_data", TrainingData()))
    dataset = training_data.dataset(learn_from, hyperparameters.train_fraction)
    if dataset is None:
        return False
    if old is not None:
        _leave(old)
    new = Job(TrainingRun(dataset, hyperparameters), speed)
    try:
        quota().put(new, always=old is None)
    except Full:
        if old is not None:
            quota().mark(old, closed=False)
        st.session_state["no_room"] = True
        return False
    st.session_state["job"] = new
    st.session_state["job_training_data"] = learn_from
    return True


def train(hyperparameters: Hyperparameters, speed: float | None, learn_from: TrainingData) -> None:
    """Train to the end: go on if the settings are those of the run, else start over."""
    over = progress().is_over
    others = over or job().run.hyperparameters != hyperparameters or learnt_from() != learn_from
    if others and not new_run(hyperparameters, speed, learn_from):
        return
    job().speed = speed
    _go_on(to=hyperparameters.total_steps)


def learnt_from() -> TrainingData:
    """Return the training data of this session's run."""
    job()
    chosen: TrainingData = st.session_state["job_training_data"]
    return chosen


def pause() -> None:
    """Stand still."""
    _stand_still()


def resume() -> None:
    """Go on to the end."""
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
    """Change how many steps are taken per second, also while it runs."""
    job().speed = speed


def _go_on(to: int) -> None:
    if job().run.step == 0:  # made anew, so that it takes the compiled engine if that has become ready
        new_run(job().run.hyperparameters, job().speed)
    job().run_to(to)
    pool().submit(job())


def _stand_still() -> None:
    """Pause, and wait for the slice that is being worked on: what is shown and what comes next count from its end."""
    job().pause()
    pool().wait(job())
