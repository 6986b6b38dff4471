"""Runs as the store keeps them: what is written of one that is open, and how one is opened again."""

from __future__ import annotations

import contextlib
import logging
import re
import secrets
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from digitviz.dashboard.session import run_words, training_data
from digitviz.dashboard.session.open_runs import OpenRun
from digitviz.dashboard.session.storage import Unavailable, store
from digitviz.dashboard.session.training_data import TrainingData
from digitviz.store.records import Standing, new_epoch
from digitviz.store.rows import Said
from digitviz.training.history import History
from digitviz.training.hyperparameters import Hyperparameters
from digitviz.training.pool import Job
from digitviz.training.recipe import Recipe
from digitviz.training.run import Finder, Snapshot, TrainingRun

if TYPE_CHECKING:
    from digitviz.store import KeptRun

MOST_POINTS = 100
"""Of a run's sketch."""
FEW_BATCHES = 20
"""With fewer the sketch shows single steps."""
_ID = re.compile(r"[0-9a-f]{32}")

log = logging.getLogger(__name__)


def new_id() -> str:
    """Return an id for a run that nobody can guess: 128 random bits."""
    return secrets.token_hex(16)


def is_id(text: str | None) -> bool:
    """Whether a text from outside has the form of an id."""
    return text is not None and _ID.fullmatch(text) is not None


def save(run: OpenRun) -> int:
    """Have the store keep a run as it is now; returns before that is done, with the size of its state in bytes."""
    from digitviz.training.run import saved_state

    training = run.job.run
    if training.recipe.id != run.recipe_id:  # it was forgotten a moment ago
        return 0
    state = None if training.step == 0 else saved_state(training)
    store().save_run(as_kept(run, training), state)
    return len(state or b"")


def standing(run: OpenRun) -> Standing:
    """Tell what has become of a run that was saved, as far as can be told."""
    return store().standing(run.id, run.epoch)


def watch(run_ids: list[str]) -> None:
    """Look soon whether another server has taken or deleted runs; `standing` tells then."""
    store().watch(run_ids)


def take(run: OpenRun, bring_back: Callable[[OpenRun], bool] | None) -> int | None:
    """Take a run away from every other server, as its owner who has it open here; return its epoch from now on.

    While the store has no answer it goes on with what is here.

    Parameters
    ----------
    run : OpenRun
    bring_back : callable or None
        Opens it again as another server has left it, if one has moved it; returns whether that could be done. If there
        is none, or it cannot be done, it stays with that server, and None is returned.
    """
    with contextlib.suppress(Unavailable):
        kept = store().run(run.id)
        if kept is not None:
            if kept.epoch != run.epoch and (bring_back is None or not bring_back(run)):
                return None
            epoch = new_epoch()
            store().take(run.id, run.epoch, epoch)
            return epoch
    return run.epoch


def as_kept(run: OpenRun, training: TrainingRun) -> KeptRun:
    """Describe a run as its training is now."""
    from digitviz.store import KeptRun

    job, data, now = run.job, run.learn_from, time.time()
    said = run.said = _said(training, run.said)
    return KeptRun(
        id=run.id, owner=run.owner, title="", pinned=False, created=run.created, changed=now,
        recipe=said.recipe, settings=said.settings,
        training_data={**training_data.to_kept(data), "weights": run.weights},
        drawings=data.drawings, parent=run.parent, left_at=run.left_at, step=training.step,
        total_steps=training.total_steps, speed=job.speed, wants_to_go_on=run.wants_to_go_on,
        accuracy=_accuracy(job.judged, training), state=str(training.state), sketch=sketch(training.snapshot),
        epoch=run.epoch,
    )  # fmt: skip


class _Saying(NamedTuple):
    """A recipe and settings, and how they are said: that takes long, and is the same with every save."""

    of: tuple[Recipe, Hyperparameters]
    recipe: Said
    settings: Said


def _said(training: TrainingRun, before: object) -> _Saying:
    """Say the recipe and the settings of a run, or return how they were said before."""
    recipe, settings = training.recipe, training.hyperparameters
    if isinstance(before, _Saying) and before.of[0] is recipe and before.of[1] is settings:
        return before
    return _Saying((recipe, settings), Said(recipe.to_dict()), Said(settings.to_dict()))


def _accuracy(judged: Snapshot | None, run: TrainingRun) -> float | None:
    """Return the latest test accuracy that is known, computing none."""
    if judged is not None:
        return judged.test_accuracy
    return run.history.test_accuracy_after(run.step)


def sketch(snapshot: Snapshot) -> tuple[float, ...]:
    """Return a run's loss in at most 100 numbers: mean loss per digit of the test part, or of single steps at first."""
    history, finished = snapshot.history, snapshot.batch
    if finished >= FEW_BATCHES:
        values = history.test_loss[:finished]
    else:
        values = history.recorded_losses.ravel()[: snapshot.step]
    if not len(values):
        return ()
    chosen = values[np.linspace(0, len(values) - 1, min(len(values), MOST_POINTS)).astype(int)]
    return tuple(float(f"{value:.4g}") for value in chosen[np.isfinite(chosen)])


class Unreadable(ValueError):
    """What is kept does not describe a run: it is damaged, or of a later version of this dashboard."""


class Unmade(Exception):
    """The digits that a run learnt from are still being made."""


def reopen(id: str, find: Finder) -> OpenRun | None:
    """Make of what is kept of a run one that can be looked at and moved; None if nothing is kept under this id.

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
        If the store has no answer now.
    """
    kept = store().run(id)
    if kept is None:
        return None
    try:
        job, learn_from = _read(kept, find)
    except ValueError as error:
        raise Unreadable(str(error)) from error
    run = OpenRun(
        kept.id,
        kept.owner,
        job,
        learn_from,
        kept.created,
        kept.parent,
        kept.left_at,
        _weights(kept),
        kept.epoch,
        is_held=False,
    )
    run.saved = run.moment
    return run


def training_of(id: str, find: Finder) -> Callable[[], TrainingRun] | None:
    """Return how to restore the training of a kept run, as far as it is kept: 30 ms of work, for another thread.

    None if nothing is kept under this id, or its digits might have to be made first.

    Parameters
    ----------
    id : str
    find : callable
        Finds trajectories.

    Raises
    ------
    Unreadable
    Unavailable
        If the store has no answer now.
    """
    kept = store().run(id)
    if kept is None or kept.training_data.get("distorted"):
        return None
    try:
        restored, _ = _restoring(kept, find)
    except ValueError as error:
        raise Unreadable(str(error)) from error
    return restored


def history_of(id: str, find: Finder) -> Callable[[], History] | None:
    """Return how to read what is recorded of a kept run: as `training_of`."""
    restored = training_of(id, find)
    return None if restored is None else lambda: restored().history


def _restoring(kept: KeptRun, find: Finder) -> tuple[Callable[[], TrainingRun], TrainingData]:
    """Return how to restore a run, in whichever thread, and what it learns from."""
    recipe = Recipe.from_dict(kept.recipe)
    hyperparameters = Hyperparameters.from_dict(kept.settings)
    learn_from = training_data.from_kept(kept.training_data, kept.drawings)
    dataset = training_data.dataset(learn_from, hyperparameters.train_fraction)
    if dataset is None:
        raise Unmade

    def restored() -> TrainingRun:
        from digitviz.training.run import restore

        return restore(recipe, dataset, hyperparameters, kept.step, store().state(kept.id), find)

    return restored, learn_from


def _read(kept: KeptRun, find: Finder) -> tuple[Job[TrainingRun], TrainingData]:
    restored, learn_from = _restoring(kept, find)
    run = restored()
    job = Job(run, kept.speed)
    if kept.wants_to_go_on:
        job.run_to(run.total_steps)
    elif run.step < kept.step:  # what was lost of it is computed again
        job.run_to(kept.step)
    return job, learn_from


def _weights(kept: KeptRun) -> str | None:
    """Return what the file was called from which a run began."""
    name = kept.training_data.get("weights")
    return run_words.clean(name) or None if isinstance(name, str) else None
