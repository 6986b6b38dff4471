"""What a session has: one training, which has an id and is kept once it has begun."""

from __future__ import annotations

import time
from typing import Any

import streamlit as st

from digitviz.dashboard.session import given_weights, kept_runs, room, training_data
from digitviz.dashboard.session.given_weights import GivenWeights
from digitviz.dashboard.session.lease import lease
from digitviz.dashboard.session.open_runs import OpenRun
from digitviz.dashboard.session.owner import owner
from digitviz.dashboard.session.seat import sit_down
from digitviz.dashboard.session.server_wide import bring_back, open_runs, pool, stop, take, trajectories
from digitviz.dashboard.session.training_data import TrainingData
from digitviz.datasets import DigitDataset
from digitviz.store.records import Standing
from digitviz.training.hyperparameters import Hyperparameters
from digitviz.training.pool import Job, Progress
from digitviz.training.run import TrainingRun
from digitviz.training.trajectories import Full


def shipped_digits() -> DigitDataset:
    """Return scikit-learn's digits; shared by all sessions, so not to be changed."""
    return training_data.pixels("digits")


def mapped_digits() -> DigitDataset:
    """Return the digits that maps show: the shipped ones, whatever a training learns from."""
    return shipped_digits()


def job() -> Job[TrainingRun]:
    """Return the training of this session: the notebook's, not started, at first.

    A browser that was gone for a moment finds it going on. Of a run that another tab has taken back to its start it is
    the one that is there now; one that had to make room is opened again.
    """
    state, run = st.session_state, opened()
    if run is not None:
        run = state["open_run"] = open_runs().add(run)  # another session may have opened it meanwhile
        if run.job.forgotten and not bring_back(run):
            state["open_run"] = None
        elif is_mine() and not run.is_held:  # a tab that was gone takes it from nobody
            take(run, from_others=False)
        state["job"] = run.job
    if "job" not in state:
        new_run(Hyperparameters(), None)
    elif state["job"].forgotten:
        state["forgotten"] = True
        new_run(Hyperparameters(), state["job"].speed)
    job: Job[TrainingRun] = state["job"]
    sit_down(job, opened(), is_owners(), is_mine())
    return job


def opened() -> OpenRun | None:
    """Return the run that this session has open; None as long as its training has not begun."""
    run: OpenRun | None = st.session_state.get("open_run")
    return run


def is_owners() -> bool:
    """Whether what this session has open is its own: at others' runs it only looks."""
    run = opened()
    return run is None or run.owner == owner()


def is_mine() -> bool:
    """Whether this session may move what it has open: its own, unless it was deleted or goes on on another server."""
    run = opened()
    return run is None or (run.owner == owner() and not run.is_away)


def let_go() -> None:
    """Put the notebook's training, not begun, in the place of the run that is open."""
    notebooks = Hyperparameters()
    new_run(notebooks.with_next_seed(), None, TrainingData())  # of the same recipe it would be the same run
    new_run(notebooks, None, TrainingData())
    st.session_state["controls_follow"] = True
    st.query_params.pop("run", None)


def begun() -> Job[TrainingRun] | None:
    """Return the training of this session if it has learnt something; nothing is made for a visitor who has none."""
    held: Job[TrainingRun] | None = st.session_state.get("job")
    return held if held is not None and not held.forgotten and given_weights.is_trained(held.run) else None


def token() -> str:
    """Return the word under which this session's training is asked for; nobody else can guess it."""
    job()
    return lease().token


def progress() -> Progress:
    """Tell how far the training of this session has come."""
    return pool().progress(job())


def new_run(hyperparameters: Hyperparameters, speed: float | None, learn_from: TrainingData | None = None) -> bool:
    """Put a new training, not started, in the place of the old one.

    It begins with the weights that the session was given, if they fit. The old one stays when there is no room, or when
    its training data are still being made: then this returns False. Where the same steps would be taken, it is the same
    run, back at its start.

    Parameters
    ----------
    hyperparameters : Hyperparameters
    speed : float or None
        Steps per second.
    learn_from : TrainingData
        By default that of the last training, as far as it is still there.
    """
    learn_from = learn_from or training_data.still_there(st.session_state.get("job_training_data", TrainingData()))
    dataset = training_data.dataset(learn_from, hyperparameters.train_fraction)
    if dataset is None:
        return False
    brought = given_weights.given()
    start = None if brought is None else brought.fitted(hyperparameters)
    run = TrainingRun(dataset, hyperparameters, trajectories().find, wait_for_compiled=True, start=start)
    return _take(Job(run, speed), learn_from)


def new_run_from(
    weights: GivenWeights | None, hyperparameters: Hyperparameters, speed: float | None, learn_from: TrainingData
) -> bool:
    """Do as `new_run` does with a training that begins with these weights; None draws them from the seed."""
    before = given_weights.given()
    given_weights.give(weights)
    is_placed = new_run(hyperparameters, speed, learn_from)
    if not is_placed:
        given_weights.give(before)
    return is_placed


def branch(batch: int | None, settings: dict[str, Any]) -> bool:
    """Put a branch of the run in its place, and go on with that; return whether it is there.

    Parameters
    ----------
    batch : int or None
        Batches after which it leaves; None leaves at the end of the batch that is trained on.
    settings : dict
        Those that are others from there on, as `TrainingRun.branch` takes them.

    """
    parent, left = job(), opened()
    if is_mine():
        _stand_still()
    next_batch = -(-parent.run.step // parent.run.hyperparameters.steps_per_batch)
    leaves_at = next_batch if batch is None else min(batch, next_batch)
    run = parent.run.branch(leaves_at, compute=False, **settings)  # what is to be computed, a worker computes
    new = Job(run, parent.speed)
    new.branched_from, parent.branched_from = parent, None
    if not _take(new, learnt_from()):
        return False
    _begin(parent=None if left is None else left.id, left_at=leaves_at)
    resume()
    return True


def copy() -> bool:
    """Put a copy of the run in its place, one of this session's own; it costs nothing. Return whether it is there."""
    shown = job()
    if not _take(Job(shown.run.copy(), shown.speed), learnt_from()):
        return False
    _begin()
    return True


def _take(new: Job[TrainingRun], learn_from: TrainingData) -> bool:
    """Put a job in the place of the old one, which stays if there is no room; return whether it did."""
    state, run = st.session_state, opened()
    old: Job[TrainingRun] | None = state.get("job")
    only_here = old is not None and (run is None or not open_runs().others(run, lease().token))
    if old is not None and only_here:
        trajectories().mark(old, closed=True)
    try:
        trajectories().put(new, always=old is None)
    except Full:
        if old is not None:
            trajectories().mark(old, closed=False)
        state["no_room"] = True
        return False
    if old is not None and run is not None and is_mine() and old.run.recipe == new.run.recipe:
        stop(old)
        run.job = new  # the same run, from its start, for all tabs
    else:
        if run is not None:
            open_runs().abandon(run, lease().token)
        elif old is not None:
            stop(old)
        state["open_run"] = None
    room.forget()
    state["job"], state["job_training_data"] = new, learn_from
    return True


def _begin(parent: str | None = None, left_at: int | None = None) -> None:
    """Give the training an id, under which it is kept, if it has none and there is room."""
    if opened() is None and room.is_left():
        begins_with = given_weights.name_of(job().run)
        run = OpenRun(kept_runs.new_id(), owner(), job(), learnt_from(), time.time(), parent, left_at, begins_with)
        st.session_state["open_run"] = open_runs().add(run)
        job()


def show(run: OpenRun) -> bool:
    """Put a run that is open into this session, in the place of what it had; return whether there is room."""
    state, before = st.session_state, opened()
    if open_runs().find(run.id) is not run:
        try:
            trajectories().put(run.job, always="job" not in state)
        except Full:
            state["no_room"] = True
            return False
        run = open_runs().add(run)
    if run.owner == owner() and (run.standing is Standing.TAKEN or not run.is_held):  # who is asked last goes on
        take(run)
    if before is not None:
        open_runs().leave(before, lease().token)
    elif "job" in state:
        stop(state["job"])
    state["open_run"], state["job"], state["job_training_data"] = run, run.job, run.learn_from
    start = run.job.run.recipe.start
    given_weights.give(None if start is None else GivenWeights(run.weights or "", start))
    job()
    return True


def train(hyperparameters: Hyperparameters, speed: float | None, learn_from: TrainingData) -> None:
    """Train to the end: go on if the settings are those of the run, else start over."""
    over = progress().is_over or not is_mine()
    others = over or job().run.hyperparameters != hyperparameters or learnt_from() != learn_from
    if others and not new_run(hyperparameters, speed, learn_from):
        return
    job().speed = speed
    _go_on(to=hyperparameters.total_steps)


def learnt_from() -> TrainingData:
    """Return the training data of this session's run."""
    job()
    chosen: TrainingData = st.session_state.get("job_training_data", TrainingData())
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
    if is_mine():
        job().speed = speed


def _go_on(to: int) -> None:
    if not is_mine():
        return
    if job().run.recipe.start is None:
        given_weights.give(None)  # they did not fit, and the visitor goes on without them
    _begin()
    job().run_to(to)
    pool().submit(job())
    open_runs().save_soon(opened())


def _stand_still() -> None:
    """Pause, and wait for the slice that is being worked on: what is shown and what comes next count from its end."""
    if is_mine():
        job().pause()
        pool().wait(job())
        open_runs().save_soon(opened())
