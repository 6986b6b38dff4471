"""What Evaluate has computed off the page's thread: a network's answers to a set, and when each digit was learnt."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from digitviz.dashboard.session.shared_values import ANSWERS
from digitviz.dashboard.session.subject import Subject
from digitviz.datasets import DigitDataset
from digitviz.explanations.learnt import Learnt, when_learnt
from digitviz.networks.forward import softmax
from digitviz.training.run import TrainingRun
from digitviz.values import Report, Value

ROWS_AT_ONCE = 1_000
"""Digits that are read between two looks whether somebody still waits: 0.1 s with the largest network."""


@dataclass(frozen=True, eq=False)
class Answers:
    """A network's answers to a set of digits.

    Parameters
    ----------
    id : str
        Tells them from all others.
    digits : DigitDataset
    probabilities : ndarray of float64, shape (n, 10)
    predictions : ndarray of int64, shape (n,)
    """

    id: str
    digits: DigitDataset
    probabilities: np.ndarray
    predictions: np.ndarray

    @property
    def nbytes(self) -> int:
        """Memory in bytes; that of the digits, which are there for others too, is not counted."""
        return self.probabilities.nbytes + self.predictions.nbytes

    @property
    def correct(self) -> int:
        """How many are correct."""
        return int((self.predictions == self.digits.labels).sum())


def answers(subject: Subject, digits: DigitDataset) -> Value:
    """Return what computes a network's answers to some digits."""
    id = f"answers {subject.id} {digits.id}"

    def compute(report: Report) -> Answers:
        logits = [np.zeros((0, 10))]
        for first in range(0, len(digits), ROWS_AT_ONCE):
            report((first, len(digits)))
            logits.append(subject.network.logits(digits.pixels[first : first + ROWS_AT_ONCE]))
        outputs = np.concatenate(logits)
        with np.errstate(invalid="ignore"):  # a network that diverged has no answer
            return Answers(id, digits, softmax(outputs), outputs.argmax(axis=1))

    return Value(id, compute, ANSWERS)


def learnt(run: TrainingRun) -> Value:
    """Return what computes when each test digit was learnt, up to where a run stands."""
    history = run.history  # the run may have gone on when its turn comes
    id = f"learnt {history.serial} {history.finished_batches} {run.test.id}"

    def compute(report: Report) -> Learnt:
        return when_learnt(run, on_progress=lambda done, of: report((done, of)), history=history)

    return Value(id, compute, ANSWERS)
