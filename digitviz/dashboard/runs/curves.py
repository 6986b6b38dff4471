"""The curves of a saved run, without computing anything."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from digitviz.dashboard.session import example, kept_runs
from digitviz.dashboard.session import run_words as words
from digitviz.dashboard.session.open_runs import open_runs, trajectories
from digitviz.dashboard.session.storage import Unavailable
from digitviz.figures import ComparedRun
from digitviz.training.history import History

if TYPE_CHECKING:
    from digitviz.store import KeptRun


Curves = tuple[np.ndarray, np.ndarray, np.ndarray]
"""Steps, test accuracy and test loss at the ends of batches."""


def compared(run: KeptRun, name: str) -> ComparedRun:
    """Return the curves of a run: complete if they are known, otherwise from its sketch."""
    length = steps_per_batch(run)
    known_curves = _known(run, length)
    steps, accuracy, loss = _of_sketch(run, length) if known_curves is None else known_curves
    known = run.accuracy  # also of the last finite weights of a diverged run, as in the table
    if known is not None and run.step > (steps[-1] if len(steps) else 0):  # the run is in the middle of a batch
        steps, accuracy, loss = np.append(steps, run.step), np.append(accuracy, known), np.append(loss, np.nan)
    elif known is not None and known_curves is None and len(accuracy):
        accuracy[-1] = known
    return ComparedRun(name, steps, accuracy, loss)


def _known(run: KeptRun, length: int) -> Curves | None:
    """Return the curves of a run if it is open or more than half of them is saved. Reading takes about 30 ms."""
    opened = open_runs().find(run.id)
    if opened is not None:
        return _of_history(opened.job.run.history, length)
    if run.owner == example.NOBODY and (held := example.example()) is not None:
        return _of_history(held.history, length)
    try:
        restored = kept_runs.training_of(run.id, trajectories().find)
        history = None if restored is None else restored().history
    except (ValueError, kept_runs.Unmade, Unavailable):  # the plot then has its sketch
        return None
    if history is None:
        return None
    known = np.isfinite(history.test_accuracy[: history.finished_batches]).sum()
    return _of_history(history, length) if known * length > run.step // 2 else None


def steps_per_batch(run: KeptRun) -> int:
    """Return the steps that a run takes on each batch; all of its steps if its settings are unknown."""
    settings = words.settings(run)
    return run.total_steps if settings is None else settings.steps_per_batch


def _of_history(history: History, length: int) -> Curves:
    finished = history.finished_batches
    steps = (np.arange(finished) + 1) * length
    return steps, history.test_accuracy[:finished], history.test_loss[:finished]


def _of_sketch(run: KeptRun, length: int) -> Curves:
    """Spread the sketch over the finished batches. A sketch of few batches holds single steps and is left out."""
    finished = run.step // max(length, 1)
    if finished < kept_runs.FEW_BATCHES or not run.sketch:
        return np.zeros(0), np.zeros(0), np.zeros(0)
    steps = np.linspace(1, finished, len(run.sketch)).round() * length
    return steps, np.full(len(steps), np.nan), np.array(run.sketch)
