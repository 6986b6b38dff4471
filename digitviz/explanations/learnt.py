"""When a training has learnt each digit."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from digitviz.datasets import DigitDataset
from digitviz.explanations.evaluation import DIGITS
from digitviz.networks.network import Network
from digitviz.training.history import History
from digitviz.training.run import TrainingRun

NEVER = -1


@dataclass(frozen=True, eq=False)
class Learnt:
    """What was answered to each digit at each stop of a training.

    Parameters
    ----------
    batches : ndarray of int64, shape (stops,)
        Batches finished at each stop, rising; 0 is before training.
    answers : ndarray of int8, shape (stops, n)
    labels : ndarray of int64, shape (n,)
    """

    batches: np.ndarray
    answers: np.ndarray
    labels: np.ndarray

    @property
    def nbytes(self) -> int:
        """Memory in bytes."""
        return self.batches.nbytes + self.answers.nbytes + self.labels.nbytes

    @property
    def correct(self) -> np.ndarray:
        """Whether each answer was correct, bool, shape (stops, n)."""
        return self.answers == self.labels.astype(np.int8)

    @property
    def since(self) -> np.ndarray:
        """Batches after which each digit is read correctly and stays so to the end, shape (n,); -1 for never."""
        place = stays_from(self.correct)
        return np.where(place < 0, NEVER, self.batches[place])

    @property
    def half(self) -> np.ndarray:
        """Batches after which at least half of each of the ten digits are learnt, shape (10,); -1 for never or none."""
        since, found = self.since, np.full(DIGITS, NEVER)
        for digit in range(DIGITS):
            of_it = since[self.labels == digit]
            learnt, enough = np.sort(of_it[of_it >= 0]), -(-len(of_it) // 2)
            if 0 < enough <= len(learnt):
                found[digit] = learnt[enough - 1]
        return found

    @property
    def wrong(self) -> np.ndarray:
        """At how many stops each digit was misread, int64, shape (n,)."""
        return (~self.correct).sum(axis=0)

    def hardest(self, most: int = 12) -> np.ndarray:
        """Return the rows of the digits that were misread most often along the whole run, the hardest first.

        Those that were never misread are not among them.
        """
        wrong = self.wrong
        order = np.argsort(-wrong, kind="stable")[:most]
        return order[wrong[order] > 0]


def stays_from(correct: np.ndarray) -> np.ndarray:
    """Return from which row on each column is true to the end, shape (n,); -1 if its last is not.

    Parameters
    ----------
    correct : ndarray of bool, shape (stops, n)
    """
    wrong = ~correct
    since = np.where(wrong.any(axis=0), len(wrong) - wrong[::-1].argmax(axis=0), 0)
    return np.where(since < len(wrong), since, NEVER)


def when_learnt(
    run: TrainingRun,
    digits: DigitDataset | None = None,
    on_progress: Callable[[int, int], None] | None = None,
    history: History | None = None,
) -> Learnt:
    """Ask a training's network at each of its stops for every digit.

    Its stops are the first weights and those after every batch that are kept: 201 in the notebook's run, in 30 ms for
    its 180 test digits. They are kept in float32; what they answer is computed in float64.

    Parameters
    ----------
    run : TrainingRun
        Up to where it stands.
    digits : DigitDataset, optional
        Its test digits by default.
    on_progress : callable, optional
        Is told the stops that are done, and how many there are, before each; what it raises ends the computation.
    history : History, optional
        Up to where it is asked about, if it has gone on since.

    Returns
    -------
    Learnt

    Examples
    --------
    >>> learnt = when_learnt(run)  # doctest: +SKIP
    >>> learnt.since[run.test.labels == 7]  # after how many batches each 7 was learnt  # doctest: +SKIP
    """
    digits = run.test if digits is None else digits
    shown, history = run.snapshot.network, history or run.history
    batches = np.append(0, history.kept_batches + 1)
    answers = np.empty((len(batches), len(digits)), np.int8)
    known = []
    for stop, batch in enumerate(batches.tolist()):
        if on_progress is not None:
            on_progress(stop, len(batches))
        try:
            kept = run.initial_parameters if batch == 0 else history.parameters_after(batch - 1)
        except ValueError:  # a training that goes on drops stops
            continue
        known.append(stop)
        parameters = kept.from_arrays([array.astype(np.float64) for array in kept.arrays])
        answers[stop] = Network(parameters, shown.activation, shown.input_scale).predict(digits.pixels)
    return Learnt(batches[known], answers[known], digits.labels)
