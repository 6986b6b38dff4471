"""The run of a session: its identity, its initial weights, who may train it, and the visitor's actions on it.

A page calls `attach` once, at the top of its script. Functions not named after an action only read.
"""

import time
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

import numpy as np
import streamlit as st

from digitviz.dashboard.runtime.outside import as_code
from digitviz.dashboard.session import kept_runs, training_data
from digitviz.dashboard.session.kept_runs import OpenRun
from digitviz.dashboard.session.lease import Kind, held_by, is_key, lease, lease_of, new_key, owner, run_again
from digitviz.dashboard.session.open_runs import open_runs, pool, trajectories
from digitviz.dashboard.session.run_words import clean
from digitviz.dashboard.session.storage import Unavailable, store
from digitviz.dashboard.session.training_data import TrainingData
from digitviz.datasets import DigitDataset
from digitviz.language import gettext as _
from digitviz.networks.parameters import INPUTS, Parameters
from digitviz.store import NoRoom
from digitviz.store.records import Standing
from digitviz.training.hyperparameters import Hyperparameters
from digitviz.training.pool import Job, Progress
from digitviz.training.run import TrainingRun
from digitviz.training.trajectories import Full

RUN = "run"
"""Query parameter on every page: ?run=5f0c..., 32 hexadecimal characters."""
_WRITTEN, _REMOVED, _AWAITED, _PROBLEM = "run_written", "run_removed", "run_awaited", "run_problem"
_OWN_ONLY, _NOT_KEPT = "only_own_run", "no_room_to_keep"


class Problem(StrEnum):
    """Reason why the run in the URL is not shown."""

    UNKNOWN = "unknown"
    UNREADABLE = "unreadable"
    UNMADE = "its digits are still being made"
    UNAVAILABLE = "the store has no answer"


@dataclass(eq=False)
class SessionRun:
    """The job attached to a session, its training data, and its run if that has an id.

    For threads that only know the session's token. `resumes` is True if the Pause button on the page now says "Resume".
    """

    tab: str
    job: Job | None = None
    run: OpenRun | None = None
    may_move: bool = False
    learn_from: TrainingData = field(default_factory=TrainingData)
    resumes: bool = False


def _detach(attached: SessionRun) -> None:
    if attached.run is not None:
        open_runs().leave(attached.run, attached.tab)
    elif attached.job is not None:
        open_runs().stop(attached.job)


ATTACHED = Kind[SessionRun](_detach)


@dataclass(frozen=True, eq=False)
class GivenWeights:
    """Weights from a file. The session's next runs start from them if the layers match.

    Parameters
    ----------
    file : str
        Untrusted file name. Empty if it was not saved with the run.
    parameters : Parameters
    """

    file: str
    parameters: Parameters

    @property
    def called(self) -> str:
        """File name as Markdown."""
        return as_code(self.file) if self.file else _("a file")

    @property
    def layer_sizes(self) -> tuple[int, ...]:
        """Number of neurons of every layer, including input and output."""
        return (INPUTS, *(weight.shape[1] for weight in self.parameters.weights))

    def fitted(self, hyperparameters: Hyperparameters) -> Parameters | None:
        """Return the weights in the precision of these settings. None if the layers or biases differ."""
        has_biases = self.parameters.biases is not None
        if (self.layer_sizes, has_biases) != (hyperparameters.layer_sizes, hyperparameters.bias):
            return None
        with np.errstate(over="ignore"):
            arrays = [array.astype(hyperparameters.dtype) for array in self.parameters.arrays]
        finite = all(np.isfinite(array).all() for array in arrays)  # False if they exceed the range of the precision
        return self.parameters.from_arrays(arrays) if finite else None


def job_of(token: str) -> Job | None:
    """Return the job of the session with this token."""
    attached = held_by(token, ATTACHED)
    return None if attached is None else attached.job


def has_own_run(token: str) -> bool:
    """Return whether the session with this token has a saved run that belongs to its owner."""
    attached = held_by(token, ATTACHED)
    return attached is not None and attached.run is not None and attached.tab in attached.run.tabs


def shipped_digits() -> DigitDataset:
    """Return scikit-learn's digits. All sessions share them, so do not change them."""
    return training_data.pixels("digits")


def mapped_digits() -> DigitDataset:
    """Return the digits in maps: scikit-learn's, even if a run learns from others."""
    return shipped_digits()


def attach() -> Job:
    """Attach this session's run (at first the notebook's, not started), and return its job.

    Workers continue the job if it was training. After a short disconnection, the run is still training. If another tab
    has reset the run, return the new job. If the run was evicted, reopen it.
    """
    state, run = st.session_state, opened()
    if run is not None:
        run = state["open_run"] = open_runs().add(run)  # another session may have opened it meanwhile
        if run.job.forgotten and not open_runs().bring_back(run):
            open_runs().leave(run, lease().token)
            state["open_run"] = None
        elif is_mine() and not run.is_held:  # after a disconnection, a tab does not take its run from another server
            open_runs().take(run, from_others=False)
        state["job"] = run.job
    if "job" not in state:
        new_run(Hyperparameters(), None)
    elif state["job"].forgotten:
        state["forgotten"] = True
        new_run(Hyperparameters(), state["job"].speed)
    job: Job = state["job"]
    run, may_move = opened(), is_mine()
    attached = attached_here()
    attached.learn_from = learnt_from()
    if (attached.job, attached.run, attached.may_move) != (job, run, may_move):
        attached.job, attached.run, attached.may_move = job, run, may_move
        if run is not None:
            open_runs().enter(run, attached.tab, is_owners())
        if may_move:
            job.owner = lease().owner
            open_runs().go_on(job)
        if lease_of(attached.tab) is None:  # the session has closed meanwhile
            _detach(attached)
    return job


def attached_here() -> SessionRun:
    """Return what is attached to this session."""
    return lease().held_or(ATTACHED, lambda: SessionRun(lease().token))


def has_one() -> bool:
    """Return whether this session has already attached a run. If so, its next page must attach the run again."""
    return "job" in st.session_state


def job() -> Job:
    """Return the job of this session's run. Call `attach` first, once in every run of a page."""
    run = opened()
    return st.session_state["job"] if run is None else run.job


def opened() -> OpenRun | None:
    """Return the run that this session has open. None before its training starts."""
    return st.session_state.get("open_run")


def is_owners() -> bool:
    """Return whether the visitor owns the open run. They can only watch other visitors' runs."""
    run = opened()
    return run is None or run.owner == owner()


def is_mine() -> bool:
    """Return whether this session may train its run: its visitor's own, not deleted, and not on another server."""
    run = opened()
    return run is None or (run.owner == owner() and not run.is_away)


def begun() -> Job | None:
    """Return the job of this session's run if it has learnt something."""
    held: Job | None = st.session_state.get("job")
    return held if held is not None and not held.forgotten and is_trained(held.run) else None


def token() -> str:
    """Return the secret token with which the browser requests this session's run."""
    return lease().token


def progress() -> Progress:
    """Return the progress of this session's run."""
    return pool().progress(job())


def learnt_from() -> TrainingData:
    """Return the training data of this session's run."""
    return st.session_state.get("job_training_data", TrainingData())


def why_not_kept() -> NoRoom | None:
    """Return why the latest run is not saved. None if it is saved."""
    return st.session_state.get(_NOT_KEPT)


def let_go() -> None:
    """Replace the open run with the notebook's, not started. The open run stays as it is, even if both are the same."""
    state, run = st.session_state, opened()
    if run is not None:
        open_runs().abandon(run, lease().token)
        state["open_run"], state[_REMOVED] = None, True
        del state["job"]  # a new run with the same recipe would reset it
    new_run(Hyperparameters(), None, TrainingData())
    state["controls_follow"] = True
    st.query_params.pop(RUN, None)


def given_weights() -> GivenWeights | None:
    """Return this session's imported weights, if any."""
    return st.session_state.get("given_weights")


def _give_weights(weights: GivenWeights | None) -> None:
    """Start the next runs of this session from these weights. None draws them with the seed again."""
    st.session_state["given_weights"] = weights


def is_trained(run: TrainingRun) -> bool:
    """Return whether a run has taken steps or began with imported weights."""
    return run.step > 0 or run.recipe.start is not None


def new_run(hyperparameters: Hyperparameters, speed: float | None, learn_from: TrainingData | None = None) -> bool:
    """Replace the run with a new one, not started. Return whether that worked.

    The new run begins with the imported weights if they fit. The old run stays if there is no room, or while the
    training data is still being made. If the new run would take the same steps as the old one, the old one is reset
    instead, unless it is finished.

    Parameters
    ----------
    hyperparameters : Hyperparameters
    speed : float or None
        Steps per second.
    learn_from : TrainingData
        Training data of the last run by default, without deleted drawings.
    """
    learn_from = learn_from or training_data.still_there(learnt_from())
    dataset = training_data.dataset(learn_from, hyperparameters.train_fraction)
    if dataset is None:
        return False
    brought = given_weights()
    start = None if brought is None else brought.fitted(hyperparameters)
    run = TrainingRun(dataset, hyperparameters, trajectories().find, wait_for_compiled=True, start=start)
    return _take(Job(run, speed), learn_from)


def new_run_from(
    weights: GivenWeights | None, hyperparameters: Hyperparameters, speed: float | None, learn_from: TrainingData
) -> bool:
    """Replace the run as `new_run` does, starting from these weights. None draws them with the seed."""
    before = given_weights()
    _give_weights(weights)
    is_placed = new_run(hyperparameters, speed, learn_from)
    if not is_placed:
        _give_weights(before)
    return is_placed


def next_batch_of(run: TrainingRun) -> int:
    """Return the number of batches that will be finished when the next one begins, or now between two batches."""
    return -(-run.step // run.hyperparameters.steps_per_batch)


def branch(batch: int | None, settings: dict[str, Any]) -> bool:
    """Replace the run with a branch of it, and train the branch. Return whether that worked.

    Parameters
    ----------
    batch : int or None
        Number of batches before the branch. None branches at the end of the current batch.
    settings : dict
        Settings to change from there on, as in `TrainingRun.branch`.
    """
    parent, left = job(), opened()
    pause()
    next_batch = next_batch_of(parent.run)
    leaves_at = next_batch if batch is None else min(batch, next_batch)
    if leaves_at >= settings.get("batches", parent.run.hyperparameters.batches):  # reached since the click
        resume()
        return False
    run = parent.run.branch(leaves_at, compute=False, **settings)  # a worker computes the missing steps
    new = Job(run, parent.speed)
    new.branched_from = parent
    if not _take(new, learnt_from()):
        return False
    parent.branched_from = None
    _begin(parent=None if left is None else left.id, left_at=leaves_at)
    resume()
    return True


def copy() -> bool:
    """Replace the run with a copy that belongs to this visitor, which takes no steps. Return whether it worked."""
    shown = job()
    if not _take(Job(shown.run.copy(), shown.speed), learnt_from()):
        return False
    _begin()
    return True


def _take(new: Job, learn_from: TrainingData) -> bool:
    """Replace the session's job and attach the new one. Return False, and keep the old one, if there is no room."""
    state, run = st.session_state, opened()
    old: Job | None = state.get("job")
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
    is_same = old is not None and not old.run.finished and old.run.recipe == new.run.recipe
    if old is not None and run is not None and is_mine() and is_same:
        open_runs().stop(old)
        run.job = new  # the same run, reset in all tabs
        open_runs().tell_tabs(run, besides=lease().token)
    else:
        if run is not None:
            open_runs().abandon(run, lease().token)
            st.query_params.pop(RUN, None)  # the address no longer names what is on the page
            state[_REMOVED] = True
        elif old is not None:
            open_runs().stop(old)
        state["open_run"] = None
    state["job"], state["job_training_data"], state[_NOT_KEPT] = new, learn_from, None
    attach()
    return True


def _begin(parent: str | None = None, left_at: int | None = None) -> None:
    """Give the run an id to save it under, if it has none and there is room."""
    if opened() is None:
        state, now = st.session_state, job()
        why = state[_NOT_KEPT] = store().no_room(owner(), "run")
        if why is None:
            held, start = given_weights(), now.run.recipe.start
            weights = None if held is None or start is None else clean(held.file) or None
            run = OpenRun(new_key(), owner(), now, learnt_from(), time.time(), parent, left_at, weights)
            state["open_run"] = open_runs().add(run)
            attach()


def show(run: OpenRun) -> bool:
    """Replace this session's run with an open one. Return whether there is room."""
    state, before = st.session_state, opened()
    if open_runs().find(run.id) is not run:
        try:
            trajectories().put(run.job, always="job" not in state)
        except Full:
            state["no_room"] = True
            return False
        run = open_runs().add(run)
    is_elsewhere = run.standing is Standing.TAKEN or not (run.is_held or run.is_away)
    if run.owner == owner() and is_elsewhere:  # train where it was opened last
        open_runs().take(run)
    if before is not None:
        open_runs().leave(before, lease().token)
    elif "job" in state:
        open_runs().stop(state["job"])
    state["open_run"], state["job"], state["job_training_data"] = run, run.job, run.learn_from
    start = run.job.run.recipe.start
    _give_weights(None if start is None else GivenWeights(run.weights or "", start))
    attach()
    return True


def open_asked(own_only: bool = False) -> None:
    """Show the run named in the URL, and write the shown run into the URL; with `own_only`, only the visitor's own.

    Call this before anything else on a page.
    """
    state, asked = st.session_state, st.query_params.get(RUN)
    state[_OWN_ONLY] = own_only
    if not state.pop(_REMOVED, False) and asked is None:  # the browser knows that, so the run may be asked for again
        state.pop(_WRITTEN, None)
    elif asked is not None and asked != state.get(_WRITTEN):  # after following a link or going back in the browser
        state[_WRITTEN] = asked
        _open(asked)
    if state.get(_AWAITED) is not None:
        return
    run = opened() if is_owners() or not own_only else None
    if run is not None and asked != run.id:
        st.query_params[RUN] = state[_WRITTEN] = run.id
    elif run is None and own_only:
        st.query_params.pop(RUN, None)


def _open(asked: str) -> None:
    state, shown = st.session_state, opened()
    forget_problem()
    if shown is not None and shown.id == asked:
        return
    try:
        found = (open_runs().find(asked) or store().run(asked)) if is_key(asked) else None
        if state[_OWN_ONLY] and (found is None or found.owner != owner()):
            return
        run = found if isinstance(found, OpenRun | None) else kept_runs.reopen(asked, trajectories().find)
    except kept_runs.Unreadable:
        state[_PROBLEM] = Problem.UNREADABLE
    except kept_runs.Unmade:
        state[_PROBLEM], state[_AWAITED] = Problem.UNMADE, asked
    except Unavailable:
        state[_PROBLEM], state[_AWAITED] = Problem.UNAVAILABLE, asked
    else:
        if run is None or (run.standing is Standing.DELETED and run.owner != owner()):
            state[_PROBLEM] = Problem.UNKNOWN
        elif show(run):
            state["controls_follow"] = True


def problem() -> Problem | None:
    """Return why the run in the URL is not shown. None if it is."""
    return st.session_state.get(_PROBLEM)


def forget_problem() -> None:
    """Continue with the shown run instead of the one in the URL."""
    st.session_state.pop(_PROBLEM, None)
    st.session_state.pop(_AWAITED, None)


def try_again() -> bool:
    """Try again to open the run from the URL. Return whether the page no longer waits for it."""
    if (awaited := st.session_state.get(_AWAITED)) is not None:
        _open(awaited)
    return st.session_state.get(_AWAITED) is None


def train(hyperparameters: Hyperparameters, speed: float | None, learn_from: TrainingData) -> None:
    """Train to the end: continue if the settings are those of the run, otherwise start over."""
    now = attach()
    is_same = is_mine() and (now.run.hyperparameters, learnt_from()) == (hyperparameters, learn_from)
    if (is_same and not pool().progress(now).is_over) or new_run(hyperparameters, speed, learn_from):
        job().speed = speed
        _go_on(to=hyperparameters.total_steps)


def pause() -> None:
    """Pause and wait until workers have left the job, so that the shown step is final."""
    if is_mine():
        job().pause()
        pool().wait(job())
        open_runs().save_soon(opened())


def resume() -> None:
    """Train to the end."""
    _go_on(to=job().run.hyperparameters.total_steps)


def press_at_once(token: str, what: object) -> bool:
    """Pause or resume the run of the session with this token without running its page. Return whether that worked.

    `what` should be "pause" or "resume"; it comes from a browser, so it can be anything.
    """
    attached = held_by(token, ATTACHED)
    if attached is None or not attached.may_move or attached.job is None:
        return False
    job, run = attached.job, attached.run
    is_changed = run is None or run.job is not job or run.is_away  # by another tab or server
    if what == "pause" and job.wants_steps:
        job.pause()
    elif what == "resume" and not is_changed and pool().progress(job).can_resume:
        job.run_to(job.run.total_steps)
        pool().submit(job)
    else:
        if what in ("pause", "resume"):  # the page is out of date, and the browser does not send the click as well
            run_again(token)
        return False
    if run is not None:
        open_runs().tell_tabs(run, besides=token)
        open_runs().save_soon(run)
    return True


def pause_or_resume() -> None:
    """Do what the button said when the visitor clicked it."""
    (resume if attached_here().resumes else pause)()


def step() -> None:
    """Take one step and pause."""
    pause()
    _go_on(to=job().run.step + 1)


def next_batch() -> None:
    """Train to the end of the batch and pause."""
    pause()
    run = job().run
    _go_on(to=(run.batch + 1) * run.hyperparameters.steps_per_batch)


def set_speed(speed: float | None) -> None:
    """Set the steps per second, even during training."""
    if is_mine():
        job().speed = speed


def _go_on(to: int) -> None:
    if not is_mine():
        return
    now, run = job(), opened()
    has_rested = run is not None and not pool().progress(now).is_running  # otherwise other tabs follow it already
    now.owner = lease().owner
    now.run_to(to)
    pool().submit(now)
    if now.run.recipe.start is None:
        _give_weights(None)  # they did not fit, and the visitor continues without them
    if run is not None and has_rested:
        open_runs().tell_tabs(run, besides=lease().token)
    _begin()  # last, because the store may be slow
    open_runs().save_soon(opened())
