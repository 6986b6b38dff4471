"""Runs with an id: open runs, their rows and states in the store, and reopening runs."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from digitviz.dashboard.session import run_words, training_data
from digitviz.dashboard.session.storage import store
from digitviz.dashboard.session.training_data import TrainingData
from digitviz.store import KeptRun, Said, Standing
from digitviz.store.records import new_epoch
from digitviz.training.gap import GapFill, has_todays_engine
from digitviz.training.hyperparameters import Hyperparameters
from digitviz.training.pool import Job
from digitviz.training.recipe import Recipe
from digitviz.training.run import Finder, Snapshot, TrainingRun, restore, saved_state

MAX_POINTS = 100
"""Maximum number of points in a run's sketch."""
FEW_BATCHES = 20
"""With fewer batches, the sketch shows single steps."""


@dataclass(eq=False)
class OpenRun:
    """A run that is open in a tab, or was open a moment ago.

    Parameters
    ----------
    id : str
        32 hexadecimal characters. Anyone with the id may watch the run.
    owner : str
        Owner, who alone may train the run.
    job : Job
        Job that all tabs share. A reset replaces it.
    learn_from : TrainingData
    created : float
        Seconds since 1970.
    parent : str, optional
        Id of the run that this run branched from.
    left_at : int, optional
        Number of batches before the branch.
    weights : str, optional
        Name of the file with its initial weights. Untrusted.

    Attributes
    ----------
    epoch : int
        Random number with which this server saves the run, drawn when the owner opened it here. A server that opens the
        run later draws another number, and the store then refuses saves from this one.
    is_held : bool
        True if the owner has opened it here and has not left it for long.
    standing : Standing
        Says whether the run is deleted or taken by another server, so that this one may not train it.
    mending : GapFill or None
        Recomputes missing first batches while the owner has the run open.
    saved : tuple or None
        The `moment` that was saved last.
    changed : float
        Seconds since 1970 at the last save with new steps or settings. Opening a run does not count.
    recipe_id : str
        Id of the recipe, which never changes.
    recipe : Said or None
        The recipe as JSON, which is slow to write if it contains weights. None before the first save.
    tabs, viewers : set of str
        Tokens of the owner's sessions and of other visitors' sessions that have the run open.
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
    saved: tuple[object, ...] | None = None
    changed: float = 0.0
    not_before: float = 0.0
    checked: float = 0.0
    recipe: Said | None = None

    def __post_init__(self) -> None:
        self.recipe_id = self.job.run.recipe.id

    @property
    def is_away(self) -> bool:
        """True if this server may not train the run, even for its owner."""
        return self.standing in {Standing.TAKEN, Standing.DELETED}

    @property
    def wants_to_go_on(self) -> bool:
        """True if it should train to its end, even after an interruption."""
        return self.job.wants_steps and self.job.goal >= self.job.run.total_steps

    @property
    def gap_stays(self) -> bool:
        """True if lost first batches cannot be computed again with the same result."""
        return not has_todays_engine(self.job.run.recipe) or (self.mending is not None and self.mending.is_futile)

    @property
    def moment(self) -> tuple[object, ...]:
        """Values that only change if there is something new to save; the settings and the step come first."""
        job, judged = self.job, self.job.judged
        judged_at = None if judged is None else judged.step
        return job.run.hyperparameters, job.run.step, job.error, job.speed, self.wants_to_go_on, judged_at


class Unreadable(ValueError):
    """Raised if stored data is not a valid run: it is damaged, or a later version of this dashboard saved it."""


class Unmade(Exception):
    """Raised while the digits that a run learnt from are still being made."""


def save(run: OpenRun) -> int:
    """Ask the store to save a run in its current state. Return the size of the state in bytes."""
    training = run.job.run
    if training.recipe.id != run.recipe_id:  # evicted a moment ago
        return 0
    state = None if training.step == 0 else saved_state(training)
    store().save_run(as_kept(run, training), state)
    return len(state or b"")


def as_kept(run: OpenRun, training: TrainingRun) -> KeptRun:
    """Return a run's row in the store for the current state of its training."""
    job, data = run.job, run.learn_from
    if run.saved is None or run.saved[:2] != (training.hyperparameters, training.step):
        run.changed = time.time()
    run.recipe = run.recipe or Said(training.recipe.to_dict())
    judged = job.judged
    accuracy = training.history.test_accuracy_after(training.step) if judged is None else judged.test_accuracy
    return KeptRun(
        id=run.id, owner=run.owner, title="", pinned=False, created=run.created, changed=run.changed,
        recipe=run.recipe, settings=training.hyperparameters.to_dict(),
        training_data={**training_data.to_kept(data), "weights": run.weights},
        drawings=data.drawings, parent=run.parent, left_at=run.left_at, step=training.step,
        total_steps=training.total_steps, speed=job.speed, wants_to_go_on=run.wants_to_go_on,
        accuracy=accuracy, state=str(training.state), sketch=sketch(training.snapshot), epoch=run.epoch,
    )  # fmt: skip


def sketch(snapshot: Snapshot) -> tuple[float, ...]:
    """Return a run's loss in at most 100 numbers: mean test loss per digit, or at first the loss of single steps."""
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
    """Restore a saved run to watch and train it. None if the store has no run with this id.

    Raises
    ------
    Unreadable
    Unmade
    Unavailable
        If the store does not answer.
    """
    kept = store().run(id)
    if kept is None:
        return None
    try:
        restored, learn_from = _restoring(kept, find)
        job = Job(restored(), kept.speed, reached=kept.step)
    except ValueError as error:
        raise Unreadable(str(error)) from error
    if kept.wants_to_go_on:
        job.run_to(job.run.total_steps)
    elif job.run.step < kept.step:  # recompute the steps after the last engine state
        job.run_to(kept.step)
    file = kept.training_data.get("weights")
    weights = run_words.clean(file) or None if isinstance(file, str) else None
    run = OpenRun(kept.id, kept.owner, job, learn_from, kept.created, kept.parent, kept.left_at, weights, kept.epoch)
    run.saved, run.changed, run.is_held = run.moment, kept.changed, False
    return run


def training_of(id: str, find: Finder) -> Callable[[], TrainingRun] | None:
    """Return a function that restores a saved run for another thread, in about 30 ms.

    Return None if the store has no run with this id, or if distorted copies of its digits may have to be made first.

    Raises
    ------
    Unreadable
    Unavailable
        If the store does not answer.
    """
    kept = store().run(id)
    if kept is None or kept.training_data.get("distorted"):
        return None
    try:
        return _restoring(kept, find)[0]
    except ValueError as error:
        raise Unreadable(str(error)) from error


def _restoring(kept: KeptRun, find: Finder) -> tuple[Callable[[], TrainingRun], TrainingData]:
    """Return a function that restores a run in any thread, and the run's training data."""
    recipe = Recipe.from_dict(kept.recipe)
    hyperparameters = Hyperparameters.from_dict(kept.settings)
    learn_from = training_data.from_kept(kept.training_data, kept.drawings)
    dataset = training_data.dataset(learn_from, hyperparameters.train_fraction)
    if dataset is None:
        raise Unmade

    def restored() -> TrainingRun:
        return restore(recipe, dataset, hyperparameters, kept.step, store().state(kept.id), find)

    return restored, learn_from
