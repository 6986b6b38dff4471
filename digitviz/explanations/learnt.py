"""The point in training from which each digit is read correctly."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from digitviz.datasets import DigitDataset
from digitviz.explanations.evaluation import DIGITS
from digitviz.explanations.progress import OnProgress, ignore_progress
from digitviz.networks.network import Network
from digitviz.training.history import History
from digitviz.training.run import TrainingRun

NEVER = -1


@dataclass(frozen=True, eq=False)
class Learnt:
    """The answers to each digit at each checkpoint of a run.

    Parameters
    ----------
    batches : ndarray of int64, shape (stops,)
        Finished batches at each checkpoint, rising; 0 is before training.
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
        """True for each correct answer, shape (stops, n)."""
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
        """Number of checkpoints at which each digit was misread, int64, shape (n,)."""
        return (~self.correct).sum(axis=0)

    def hardest(self, most: int = 12) -> np.ndarray:
        """Return the rows of the digits that were misread most often along the whole run, the hardest first.

        Those that were never misread are not among them.
        """
        wrong = self.wrong
        order = np.argsort(-wrong, kind="stable")[:most]
        return order[wrong[order] > 0]


def stays_from(correct: np.ndarray) -> np.ndarray:
    """Return the row from which each column stays true to the end, shape (n,); -1 if its last value is false.

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
    on_progress: OnProgress = ignore_progress,
    history: History | None = None,
) -> Learnt:
    """Read every digit with the network of a run at each of its checkpoints.

    These are the initial weights and those that are kept after batches: 201 in the notebook's run, which take 30 ms
    for its 180 test digits. Weights are kept in float32; answers are computed in float64.

    Parameters
    ----------
    run : TrainingRun
        The run, up to where it stands.
    digits : DigitDataset, optional
        Its test digits by default.
    on_progress : callable, optional
        Called before each stop with (done, total).
    history : History, optional
        The history to read, if the run has continued since.

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
        on_progress(stop, len(batches))
        try:
            kept = run.initial_parameters if batch == 0 else history.parameters_after(batch - 1)
        except ValueError:  # a running training drops checkpoints
            continue
        known.append(stop)
        parameters = kept.from_arrays([array.astype(np.float64) for array in kept.arrays])
        answers[stop] = Network(parameters, shown.activation, shown.input_scale).predict(digits.pixels)
    return Learnt(batches[known], answers[known], digits.labels)
