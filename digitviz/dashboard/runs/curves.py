"""The curves of a saved run, without computing anything."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING

import numpy as np

from digitviz.dashboard.runtime.shared import shared
from digitviz.dashboard.session import example, kept_runs, storage
from digitviz.dashboard.session import run_words as words
from digitviz.dashboard.session.open_runs import open_runs, trajectories
from digitviz.dashboard.session.storage import Unavailable
from digitviz.figures import ComparedRun
from digitviz.training.history import History

if TYPE_CHECKING:
    from digitviz.store import KeptRun


Curves = tuple[np.ndarray, np.ndarray, np.ndarray]
"""Steps, test accuracy and test loss at the ends of batches."""
MAX_READ = 50
"""Maximum number of runs whose curves stay in memory after they were read."""


class Reader:
    """Reads the curves of saved runs in its own thread, for all pages of the server."""

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(1, "digitviz-curves")
        self._asked: OrderedDict[object, Future[Curves | None]] = OrderedDict()
        self._lock = threading.Lock()

    def read(self, run: KeptRun) -> Future[Curves | None]:
        """Return a future of the curves of a run, or of None if less than half of them is saved.

        The future raises `Unavailable` if the store could not answer. A later call then tries again.
        """
        asked = self._asked.get((run.id, run.step))
        if asked is None or (has_failed(asked) and storage.is_saving()):
            asked = self._begin(run)  # without the lock: meanwhile, another page may have the turn of this one
            with self._lock:
                self._asked[run.id, run.step] = asked
                while len(self._asked) > MAX_READ:
                    self._asked.popitem(last=False)
        return asked

    def _begin(self, run: KeptRun) -> Future[Curves | None]:
        try:
            history = kept_runs.history_of(run.id, trajectories().find)
        except Unavailable as error:
            failed = Future[Curves | None]()
            failed.set_exception(error)
            return failed
        except (kept_runs.Unreadable, kept_runs.Unmade):
            history = None
        return self._thread.submit(_read, run, history)


def has_failed(asked: Future[Curves | None]) -> bool:
    """Return whether reading failed although the curves may be saved."""
    return asked.done() and isinstance(asked.exception(), Unavailable)


def _read(run: KeptRun, read: Callable[[], History] | None) -> Curves | None:
    try:
        history = None if read is None else read()
    except ValueError:
        return None
    if history is None:
        return None
    known = np.isfinite(history.test_accuracy[: history.finished_batches]).sum()
    length = steps_per_batch(run)
    if known and known * length > run.step // 2:
        return _of_history(history, length)
    if not storage.is_saving():  # pieces that cannot be read count as missing
        raise Unavailable
    return None


READ, UNAVAILABLE = "being read", "the store has no answer"
"""Reasons why sketches are shown instead of curves."""


def awaited(runs: Iterable[KeptRun]) -> str | None:
    """Start to read the curves of some runs. Return why some are still sketches, or None if no more will come.

    Failed reads are tried again.
    """
    reader = shared().get(Reader)
    asked = [reader.read(run) for run in runs if open_runs().find(run.id) is None]
    if any(has_failed(each) for each in asked):
        return UNAVAILABLE
    return None if all(each.done() for each in asked) else READ


def compared(run: KeptRun, name: str) -> ComparedRun:
    """Return the curves of a run: complete if it is open or they have been read, otherwise from its sketch."""
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
    """Return the curves of a run if it is open or they have been read."""
    opened = open_runs().find(run.id)
    if opened is not None:
        return _of_history(opened.job.run.history, length)
    if run.owner == example.NOBODY and (held := example.example()) is not None:
        return _of_history(held.history, length)
    asked = shared().get(Reader).read(run)
    return asked.result() if asked.done() and not has_failed(asked) else None


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
