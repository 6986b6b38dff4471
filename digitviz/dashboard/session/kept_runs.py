"""Runs with an id: one that is open, the row and state that the store keeps of it, and how it is opened again."""

from __future__ import annotations

import re
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from digitviz.dashboard.session import run_words, training_data
from digitviz.dashboard.session.storage import store
from digitviz.dashboard.session.training_data import TrainingData
from digitviz.store import KeptRun, Said, Standing, new_epoch
from digitviz.training.gap import GapFill
from digitviz.training.history import History
from digitviz.training.hyperparameters import Hyperparameters
from digitviz.training.pool import Job
from digitviz.training.recipe import Recipe
from digitviz.training.run import Finder, Snapshot, TrainingRun, restore, saved_state

MAX_POINTS = 100
"""Points of a run's sketch."""
FEW_BATCHES = 20
"""With fewer batches, the sketch shows single steps."""
_ID = re.compile(r"[0-9a-f]{32}")


@dataclass(eq=False)
class OpenRun:
    """A run that somebody has open, or had open until a moment ago.

    Parameters
    ----------
    id : str
        32 hexadecimal characters: anyone who has it may watch.
    owner : str
        Only the owner may train it.
    job : Job
        The same for all tabs. A reset puts another job here.
    learn_from : TrainingData
    created : float
        Seconds since 1970.
    parent : str, optional
        Id of the run that this run branched from.
    left_at : int, optional
        Batches after which it branched.
    weights : str, optional
        Name of the file that it began with; untrusted.

    Attributes
    ----------
    epoch : int
        This server saves the run under this number, which it drew when the owner opened the run here. Another server
        that opens it draws another one; the store then refuses what this server saves.
    is_held : bool
        True if the owner has had it open here since the last tab was closed for long.
    standing : Standing
        Deleted, or taken by another server: nobody trains it here then.
    mending : GapFill or None
        Recomputes its first batches if they are lost, while its owner has it open.
    recipe_id : str
        Id of the recipe, which never changes.
    tabs, viewers : set of str
        Tokens of the sessions of its owner, and of others who have it open.
    """

    id: str
    owner: str
    job: Job
    learn_from: TrainingData
    created: float
    parent: str | None = None
    left_at: int | None = None
    weights: str | None = None
    epoch: int = field(default_factory=new_epoch)
    is_held: bool = True
    standing: Standing = Standing.KEPT
    mending: GapFill | None = None
    tabs: set[str] = field(default_factory=set)
    viewers: set[str] = field(default_factory=set)
    alone_since: float | None = None
    saved: object = None
    not_before: float = 0.0
    due: float = 0.0
    said: object = None

    def __post_init__(self) -> None:
        self.recipe_id = self.job.run.recipe.id

    @property
    def is_away(self) -> bool:
        """True if nobody may train it here, not even its owner."""
        return self.standing in {Standing.TAKEN, Standing.DELETED}

    @property
    def wants_to_go_on(self) -> bool:
        """True if it should train to its end, even after an interruption."""
        return self.job.wants_steps and self.job.goal >= self.job.run.total_steps

    @property
    def moment(self) -> object:
        """Equal at two times if there is nothing new to save."""
        job, judged = self.job, self.job.judged
        judged_at = None if judged is None else judged.step
        return job.run.hyperparameters, job.run.step, job.error, job.speed, self.wants_to_go_on, judged_at


class Unreadable(ValueError):
    """What the store keeps is not a run: it is damaged, or a later version of this dashboard saved it."""


class Unmade(Exception):
    """The digits that a run learnt from are still being made."""


def new_id() -> str:
    """Return an id for a run that nobody can guess: 128 random bits."""
    return secrets.token_hex(16)


def is_id(text: str | None) -> bool:
    """Return whether a text from outside has the form of an id."""
    return text is not None and _ID.fullmatch(text) is not None


def save(run: OpenRun) -> int:
    """Ask the store to save a run as it is now. Return the size of its state in bytes, before it is saved."""
    training = run.job.run
    if training.recipe.id != run.recipe_id:  # it was forgotten a moment ago
        return 0
    state = None if training.step == 0 else saved_state(training)
    store().save_run(as_kept(run, training), state)
    return len(state or b"")


def as_kept(run: OpenRun, training: TrainingRun) -> KeptRun:
    """Return the row of a run for its training as it is now."""
    job, data, now = run.job, run.learn_from, time.time()
    said = run.said = _said(training, run.said)
    judged = job.judged
    accuracy = training.history.test_accuracy_after(training.step) if judged is None else judged.test_accuracy
    return KeptRun(
        id=run.id, owner=run.owner, title="", pinned=False, created=run.created, changed=now,
        recipe=said.recipe, settings=said.settings,
        training_data={**training_data.to_kept(data), "weights": run.weights},
        drawings=data.drawings, parent=run.parent, left_at=run.left_at, step=training.step,
        total_steps=training.total_steps, speed=job.speed, wants_to_go_on=run.wants_to_go_on,
        accuracy=accuracy, state=str(training.state), sketch=sketch(training.snapshot), epoch=run.epoch,
    )  # fmt: skip


class _Saying(NamedTuple):
    """A recipe and settings as JSON, which takes long to write and is the same with every save."""

    of: tuple[Recipe, Hyperparameters]
    recipe: Said
    settings: Said


def _said(training: TrainingRun, before: object) -> _Saying:
    """Write the recipe and the settings of a run, or return what was written before."""
    recipe, settings = training.recipe, training.hyperparameters
    if isinstance(before, _Saying) and before.of[0] is recipe and before.of[1] is settings:
        return before
    return _Saying((recipe, settings), Said(recipe.to_dict()), Said(settings.to_dict()))


def sketch(snapshot: Snapshot) -> tuple[float, ...]:
    """Return a run's loss in at most 100 numbers: mean loss per digit of the test part, or of single steps at first."""
    history, finished = snapshot.history, snapshot.batch
    if finished >= FEW_BATCHES:
        values = history.test_loss[:finished]
    else:
        values = history.recorded_losses.ravel()[: snapshot.step]
    if not len(values):
        return ()
    chosen = values[np.linspace(0, len(values) - 1, min(len(values), MAX_POINTS)).astype(int)]
    return tuple(float(f"{value:.4g}") for value in chosen[np.isfinite(chosen)])


def reopen(id: str, find: Finder) -> OpenRun | None:
    """Restore a kept run, so that it can be watched and trained; None if the store keeps nothing under this id.

    Parameters
    ----------
    id : str
    find : callable
        Finds trajectories.

    Raises
    ------
    Unreadable
    Unmade
    Unavailable
        If the store does not answer now.
    """
    kept = store().run(id)
    if kept is None:
        return None
    try:
        restored, learn_from = _restoring(kept, find)
        job = Job(restored(), kept.speed)
    except ValueError as error:
        raise Unreadable(str(error)) from error
    if kept.wants_to_go_on:
        job.run_to(job.run.total_steps)
    elif job.run.step < kept.step:  # what is lost of it is computed again
        job.run_to(kept.step)
    file = kept.training_data.get("weights")
    weights = run_words.clean(file) or None if isinstance(file, str) else None
    run = OpenRun(kept.id, kept.owner, job, learn_from, kept.created, kept.parent, kept.left_at, weights, kept.epoch)
    run.saved, run.is_held = run.moment, False
    return run


def training_of(id: str, find: Finder) -> Callable[[], TrainingRun] | None:
    """Return a function that restores the training of a kept run: 30 ms of work, for another thread.

    None if the store keeps nothing under this id, or if distorted copies of its digits might have to be made first.

    Parameters
    ----------
    id : str
    find : callable
        Finds trajectories.

    Raises
    ------
    Unreadable
    Unavailable
        If the store does not answer now.
    """
    kept = store().run(id)
    if kept is None or kept.training_data.get("distorted"):
        return None
    try:
        return _restoring(kept, find)[0]
    except ValueError as error:
        raise Unreadable(str(error)) from error


def history_of(id: str, find: Finder) -> Callable[[], History] | None:
    """Return a function that reads the history of a kept run; see `training_of`."""
    restored = training_of(id, find)
    return None if restored is None else lambda: restored().history


def _restoring(kept: KeptRun, find: Finder) -> tuple[Callable[[], TrainingRun], TrainingData]:
    """Return a function that restores a run, in any thread, and what the run learns from."""
    recipe = Recipe.from_dict(kept.recipe)
    hyperparameters = Hyperparameters.from_dict(kept.settings)
    learn_from = training_data.from_kept(kept.training_data, kept.drawings)
    dataset = training_data.dataset(learn_from, hyperparameters.train_fraction)
    if dataset is None:
        raise Unmade

    def restored() -> TrainingRun:
        return restore(recipe, dataset, hyperparameters, kept.step, store().state(kept.id), find)

    return restored, learn_from
