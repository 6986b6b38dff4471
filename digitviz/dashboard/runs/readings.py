"""The answers of saved runs to their test digits, without training anything."""

from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from functools import lru_cache
from typing import NamedTuple
from weakref import WeakValueDictionary

import numpy as np

from digitviz.dashboard.session import example, kept_runs, run_words as words
from digitviz.dashboard.session.open_runs import open_runs
from digitviz.dashboard.session.storage import Unavailable
from digitviz.datasets import DigitDataset
from digitviz.store import KeptRun
from digitviz.training.trajectory import Trajectory

MOST_DIGITS = 400
"""Number of test digits up to which their answers are shown one by one."""

_DIGITS = WeakValueDictionary[str, DigitDataset]()
"""Test digits of the answers, by their ids. Most runs have the same ones."""


class Reading(NamedTuple):
    """The test digits of a run, and its answers to them, shape (n,)."""

    digits: DigitDataset
    answers: np.ndarray


def readings(runs: Sequence[KeptRun]) -> dict[str, Reading]:
    """Return the answers of runs by their ids: of those with the most frequent test digits, if they can be read."""
    (part, _count), *_others = Counter(map(words.test_part, runs)).most_common(1) or [(None, 0)]
    found = dict[str, Reading]()
    for run in runs:
        judged, count = words.accuracy(run), words.tested(run)
        if words.test_part(run) != part or judged is None or not count or count > MOST_DIGITS:
            continue
        with suppress(ValueError, LookupError, kept_runs.Unmade, Unavailable):
            reading = _reading(run.id, run.owner, run.step, run.changed)
            if round(judged * count) == np.sum(reading.digits.labels == reading.answers):
                found[run.id] = reading  # the row of an open run may be a second old
    return found


@lru_cache(5000)
def _reading(id: str, owner: str, step: int, _changed: float) -> Reading:
    """Return the answers of a run at a step, which takes about 6 ms if it is not open. LookupError without weights."""
    if owner == example.NOBODY:
        found = example.example()
    elif (opened := open_runs().find(id)) is not None:
        found = opened.job.run
    else:
        restored = kept_runs.training_of(id, Trajectory)  # from its saved weights alone, without its curves
        found = None if restored is None else restored()
    if found is None or (owner != example.NOBODY and found.step != step):
        raise LookupError(id)
    own = found.copy()
    own.stand_at(step)
    now = own.snapshot
    if now.weights_step != step:  # recomputing the weights would hold up the page
        raise LookupError(id)
    test = now.test
    digits = _DIGITS.get(test.id) or DigitDataset(test.pixels.copy(), test.labels.copy())  # not all of its data set
    _DIGITS[digits.id] = digits
    return Reading(digits, now.network.predict(digits.pixels))
