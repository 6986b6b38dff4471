"""Sweeps and races of visitors: start and save them, continue them after a restart, and pause those beyond a limit.

An owner's experiment is looked up by its definition, so the same settings show the same results on every visit.
"""

import dataclasses
import hashlib
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from functools import partial
from time import monotonic

import numpy as np
import streamlit as st

from digitviz.dashboard.components.live import experiment_progress
from digitviz.dashboard.runtime.outside import MAX_ERROR_LENGTH, as_code
from digitviz.dashboard.runtime.shared import shared
from digitviz.dashboard.session import asked_sweep, current_run, training_data
from digitviz.dashboard.session.addresses import STREAM
from digitviz.dashboard.session.asked_sweep import AskedSweep
from digitviz.dashboard.session.current_run import GivenWeights
from digitviz.dashboard.session.lease import Kind, lease, owner, share
from digitviz.dashboard.session.open_runs import pool
from digitviz.dashboard.session.storage import store
from digitviz.language import gettext as _, lazy_gettext
from digitviz.numbers import duration, in_percent
from digitviz.store import KeptSweep, NoRoom
from digitviz.training.background_sweep import BackgroundSweep, SweepState
from digitviz.training.cluster import ClusterSweep, cluster_of_server
from digitviz.training.outcome import Outcome
from digitviz.training.sweep import Sweep

MAX_OPEN = 50
"""Maximum number of experiments in memory that are not running. The outcomes of one take up to 4 MB."""
MAX_RUNNING, MAX_AT_ADDRESS = 3, 10
"""Maximum number of experiments that run at the same time, for one owner, and for all browsers at an address that
reject cookies."""
RACE_SECONDS = 8.0
"""Time that a race lasts, during which its training runs advance together."""
STILL_SECONDS = 3.0
"""Time without a step after which the page says that an experiment waits."""
MIN_SECONDS, MIN_SHARE, LONG_SECONDS = 5.0, 0.02, 60.0
"""Time and fraction of the steps after which the page shows the time left, and time after which it always does."""
_OPENED_TRAINING = "training_of_sweep"
Work = BackgroundSweep | ClusterSweep
"""A sweep that the pool or a cluster computes."""


class Page(StrEnum):
    """The two pages of experiments, by their addresses."""

    SWEEP = "sweep"
    RACE = "race"


NAMES = {Page.SWEEP: lazy_gettext("Sweep: {settings}"), Page.RACE: lazy_gettext("Race: {settings}")}


@dataclass
class Pace:
    """The pace of an experiment while somebody watches: time and step of its first and of its latest progress."""

    begun: float | None = None
    first: int = 0
    moved: float | None = None
    latest: int = 0

    def left(self, work: Work) -> str:
        """Return the time left as text, or that the experiment is waiting; "" if unknown."""
        now, steps = monotonic(), work.steps
        if work.state is not SweepState.RUNNING or self.moved is None or steps < self.latest:  # or started again
            self.begun, self.first, self.moved, self.latest = None, steps, now, steps
        if steps > self.latest:
            if self.begun is None:  # without the wait for the first step
                self.begun, self.first = now, steps
            self.moved, self.latest = now, steps
        if now - self.moved > STILL_SECONDS and work.begun:  # a cluster reports whole trainings
            return _("waiting until the server is free")
        watched, share = now - (self.begun or now), (steps - self.first) / work.sweep.total_steps
        if not share or watched < MIN_SECONDS or (share < MIN_SHARE and watched < LONG_SECONDS):
            return ""
        left = (work.sweep.total_steps - steps) / (steps - self.first) * watched
        return _("{time} left").format(time=duration(left))


@dataclass(eq=False)
class OpenSweep:
    """An experiment in memory.

    Parameters
    ----------
    kept : KeptSweep
    work : Work
    share : str
        Whose share of the server it uses, see `lease.share`.
    guesses : dict of str to str
        Its owner's guesses by their keys in the session. They survive a reload of the page.
    pace : Pace
    """

    kept: KeptSweep
    work: Work
    share: str
    guesses: dict[str, str] = field(default_factory=dict)
    pace: Pace = field(default_factory=Pace)


@dataclass(frozen=True, eq=False)
class Shown:
    """The experiment on a session's page, for its stream.

    Parameters
    ----------
    work : Work
    state : callable
        Returns the state that the browser shows, in the current language. Any thread may call it. The result has the
        "news" and "words" on its progress, "share" from 0 to 1, "spoken" for screen readers, the "cells" of the table,
        "names" of pictures, "notes" in them by their numbers, and "stands": the page runs again when that changes.
    """

    work: Work
    state: Callable[[], dict[str, object]]


SHOWN = Kind[Shown](lambda shown: None)


def follow(key: str, work: Work, state: Callable[[], dict[str, object]]) -> None:
    """Show an experiment's progress (see `Shown`) and its error. While it runs, the stream updates the browser."""
    if work.state is SweepState.FAILED and work.error is not None:
        st.error(as_code(work.error, limit=MAX_ERROR_LENGTH))
    lease().hold(SHOWN, Shown(work, state))
    experiment_progress(key, state(), STREAM.format(token=lease().token) if work.state is SweepState.RUNNING else None)


def told(work: Work, words: str, **parts: object) -> dict[str, object]:
    """Return the state of an experiment, see `Shown`. Missing parts are empty or follow from the others."""
    usual = {"news": "", "cells": [], "names": {}, "notes": {}, "spoken": words, "stands": work.state}
    return {**usual, "words": words, "share": min(1.0, work.steps / work.sweep.total_steps), **parts}


def live(key: str, work: Work, **moves: object) -> dict[str, object] | None:
    """Return the data with which a picture follows an experiment. None if it is not running.

    Parameters
    ----------
    key : str
        Key of the picture.
    **moves
        What `moving.js` needs.
    """
    if work.state is not SweepState.RUNNING:
        return None
    return {"part": "tape", "says": key, "moves": {"tape": work.serial, **moves}}


class OpenSweeps:
    """The experiments that are open on this server, by id.

    Attributes
    ----------
    starting : Lock
        Held while an experiment starts, so that two tabs cannot both take the last free place.
    """

    def __init__(self) -> None:
        self._open: OrderedDict[str, OpenSweep] = OrderedDict()
        self._lock, self.starting = threading.Lock(), threading.Lock()

    def find(self, id: str) -> OpenSweep | None:
        """Return an open experiment."""
        return self._open.get(id)

    def add(self, opened: OpenSweep) -> OpenSweep:
        """Add an experiment and return it. If it is already open, return that one."""
        with self._lock:
            found = self._open.setdefault(opened.kept.id, opened)
            self._open.move_to_end(found.kept.id)
            idle = [id for id, each in self._open.items() if each.work.state is not SweepState.RUNNING]
            for id in idle[: max(0, len(idle) - MAX_OPEN)]:
                del self._open[id]
            return found

    def drop(self, id: str) -> None:
        """Stop an experiment that was deleted."""
        with self._lock:
            opened = self._open.pop(id, None)
        if opened is not None:
            opened.work.cancel()

    def running(self, of: str) -> list[OpenSweep]:
        """Return the running experiments of an owner or a share, in the order in which they were opened."""
        with self._lock:
            every = [*self._open.values()]
        return [each for each in every if of in {each.kept.owner, each.share} and each.work.state is SweepState.RUNNING]


def open_sweeps() -> OpenSweeps:
    """Return the experiments that are open on this server."""
    return shared().get(OpenSweeps)


def id_of(page: Page, sweep: Sweep) -> str:
    """Return the id of this owner's experiment, 32 hexadecimal characters."""
    return hashlib.sha256(f"{owner()} {page} {sweep.id}".encode()).hexdigest()[:32]


def find(page: Page, asked: AskedSweep, sweep: Sweep) -> OpenSweep | None:
    """Return this owner's experiment, from the store if necessary. A sweep that was interrupted by a restart continues.

    Raises
    ------
    Unavailable
        If the store cannot answer now.
    """
    id = id_of(page, sweep)
    if (opened := open_sweeps().find(id)) is not None:
        return opened
    kept = store().sweep(id)
    return None if kept is None else _opened(kept, page, asked, sweep)


def _opened(kept: KeptSweep, page: Page, asked: AskedSweep, sweep: Sweep) -> OpenSweep:
    keep, known, cluster = partial(store().keep_outcome, kept.id), store().outcomes(kept.id), cluster_of_server()
    work: Work
    if page is Page.RACE or cluster is None:  # a race is shown while it trains, which needs this server
        race_seconds = RACE_SECONDS if page is Page.RACE else None
        work = BackgroundSweep(sweep, asked.digits, pool(), lease().owner, keep, known, race_seconds)
    else:
        work = ClusterSweep(sweep, asked.digits, cluster, keep, known)
    opened = open_sweeps().add(OpenSweep(kept, work, share()))
    if opened.work is work and kept.wants_to_go_on:
        _go_on(opened)
    return opened


def _go_on(opened: OpenSweep) -> None:
    """Compute an experiment. Pause the earliest one if its owner, or the owner's address, has too many running."""
    with open_sweeps().starting:
        for of, most in ((opened.kept.owner, MAX_RUNNING), (opened.share, MAX_AT_ADDRESS)):
            others = [each for each in open_sweeps().running(of) if each is not opened]
            for other in others[: max(0, len(others) + 1 - most)]:
                pause(other)
        opened.work.go_on()


def start(page: Page, asked: AskedSweep, sweep: Sweep) -> NoRoom | None:
    """Start or continue an experiment. If it cannot be saved, return the reason and do not start it.

    Raises
    ------
    Unavailable
        If the store cannot answer now.
    """
    opened = find(page, asked, sweep)
    if opened is None:
        if (why := store().no_room(owner(), "sweep")) is not None:
            return why
        data, now = training_data.to_kept(asked.data) | {"page": str(page)}, time.time()
        kept = KeptSweep(id_of(page, sweep), owner(), now, now, sweep.to_dict(), data, False)
        store().save_sweep(kept)
        store().restore([kept.id], "sweep")  # it may have been deleted
        opened = _opened(kept, page, asked, sweep)
    _save(opened, wants_to_go_on=True)
    _go_on(opened)
    return None


def pause(opened: OpenSweep) -> None:
    """Pause an experiment. Unfinished training runs stay in memory."""
    opened.work.pause()
    _save(opened, wants_to_go_on=False)


def cancel(opened: OpenSweep) -> None:
    """Stop an experiment, and free the memory of unfinished training runs. The outcomes stay."""
    opened.work.cancel()
    _save(opened, wants_to_go_on=False)


def _save(opened: OpenSweep, wants_to_go_on: bool) -> None:
    opened.kept = dataclasses.replace(opened.kept, changed=time.time(), wants_to_go_on=wants_to_go_on)
    store().save_sweep(opened.kept)


def read(kept: KeptSweep) -> tuple[Page, AskedSweep, str]:
    """Return the page and the content of a saved experiment, and its name if it has no title.

    Raises
    ------
    ValueError
        If it is damaged or from a later version.
    """
    page = Page(str(kept.training_data.get("page")))
    asked = asked_sweep.of_definition(kept.definition, training_data.from_kept(kept.training_data, ()))
    settings = " × ".join(asked_sweep.title_of(names) for names, _values in asked.axes) or _("seeds alone")
    return page, asked, str(NAMES[page]).format(settings=settings)


def mine() -> list[KeptSweep]:
    """Return this owner's experiments, the latest first.

    Raises
    ------
    Unavailable
        If the store cannot answer now.
    """
    return store().sweeps_of(owner())


def delete(id: str) -> None:
    """Delete an experiment of this owner. It can be restored."""
    for kept in mine():
        if kept.id == id:
            open_sweeps().drop(id)
            store().delete([id], "sweep")


def open_training(work: Work, asked: AskedSweep, number: int) -> bool:
    """Replace the session's run with a training run of an experiment, and start it. Return whether that worked."""
    recipe, _batches = work.sweep.trainings[number]
    weights = None if recipe.start is None else GivenWeights("", recipe.start)
    speed = current_run.job().speed
    if not current_run.new_run_from(weights, recipe.hyperparameters, speed, asked.data):
        return False
    current_run.resume()
    st.session_state[_OPENED_TRAINING], st.session_state["controls_follow"] = work.so_far[number], True
    return True


def difference() -> str | None:
    """Return a sentence if the run opened from an experiment ended with a different accuracy. Otherwise None."""
    outcome: Outcome | None = st.session_state.get(_OPENED_TRAINING)
    job = current_run.begun()
    if outcome is None or job is None or job.judged is None:
        return None
    if (job.run.recipe.id, job.run.hyperparameters.batches) != (outcome.recipe_id, outcome.batches):
        return None
    here, there = job.judged.test_accuracy, outcome.test_accuracy
    if job.run.step < job.run.total_steps or job.judged.step < job.run.total_steps or here == there or np.isnan(there):
        return None
    words = _("The sweep {there}, here {here}: this processor rounds differently.")
    return words.format(there=in_percent(there), here=in_percent(here))
