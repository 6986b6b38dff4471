"""The curves of a kept run, as far as they are known without computing anything."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from digitviz.dashboard.session import kept_runs
from digitviz.dashboard.session import run_words as words
from digitviz.dashboard.session.server_wide import open_runs, trajectories
from digitviz.dashboard.session.storage import Unavailable
from digitviz.figures import ComparedRun
from digitviz.training.history import History

if TYPE_CHECKING:
    from digitviz.store import KeptRun


def compared(run: KeptRun, name: str) -> ComparedRun:
    """Return the curves of a run: all of them if it is open or its trajectory is kept, else those of its sketch."""
    history = _history(run)
    length = _steps_per_batch(run)
    steps, accuracy, loss = _of_sketch(run, length) if history is None else _of_history(history, length)
    known = words.accuracy(run)
    if known is not None and run.step > (steps[-1] if len(steps) else 0):  # it stands in the middle of a batch
        steps, accuracy, loss = np.append(steps, run.step), np.append(accuracy, known), np.append(loss, np.nan)
    elif known is not None and history is None:
        accuracy[-1] = known
    return ComparedRun(name, steps, accuracy, loss)


def _history(run: KeptRun) -> History | None:
    """Return the history of a run; None if there is none at hand that reaches as far as the run."""
    opened = open_runs().find(run.id)
    if opened is not None:
        return opened.job.run.history
    if run.training_data.get("distorted"):  # its digits may have to be made first, which takes seconds
        return None
    try:
        again = kept_runs.reopen(run.id, trajectories().find)
    except (kept_runs.Unreadable, kept_runs.Unmade, Unavailable):
        return None
    if again is None:
        return None
    history = again.job.run.history
    finished = history.finished_batches
    known = np.isfinite(history.test_accuracy[:finished]).sum()
    return history if known and known * _steps_per_batch(run) > run.step // 2 else None


def _steps_per_batch(run: KeptRun) -> int:
    settings = words.settings(run)
    return run.total_steps if settings is None else settings.steps_per_batch


def _of_history(history: History, length: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    finished = history.finished_batches
    steps = (np.arange(finished) + 1) * length
    return steps, history.test_accuracy[:finished], history.test_loss[:finished]


def _of_sketch(run: KeptRun, length: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Spread the sketch over the batches that are finished; that of a few batches shows single steps instead."""
    finished = run.step // max(length, 1)
    if finished < kept_runs.FEW_BATCHES or not run.sketch:
        return np.zeros(0), np.zeros(0), np.zeros(0)
    steps = np.linspace(1, finished, len(run.sketch)).round() * length
    return steps, np.full(len(steps), np.nan), np.array(run.sketch)
