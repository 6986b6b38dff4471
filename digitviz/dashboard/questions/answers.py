"""A network's answers to a set of digits, computed in another thread."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from digitviz.dashboard.questions.computed import wanted
from digitviz.dashboard.questions.subject import Subject
from digitviz.dashboard.session.storage import ANSWERS
from digitviz.datasets import DigitDataset
from digitviz.explanations.evaluation import when_learnt
from digitviz.explanations.progress import OnProgress, in_parts
from digitviz.networks.forward import softmax
from digitviz.training.run import TrainingRun
from digitviz.values import Value

ROWS_AT_ONCE = 1_000
"""Digits that are read between two reports of the progress: 0.1 s with the largest network."""


@dataclass(frozen=True, eq=False)
class Answers:
    """A network's answers to a set of digits.

    Parameters
    ----------
    id : str
        Differs for all answers.
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
        """Memory in bytes, without that of the digits, which others share."""
        return self.probabilities.nbytes + self.predictions.nbytes

    @property
    def correct(self) -> int:
        """Number of correct answers."""
        return int((self.predictions == self.digits.labels).sum())


def answers(subject: Subject, digits: DigitDataset) -> Value:
    """Return the value of a network's `Answers` to some digits."""
    id = f"answers {subject.id} {digits.id}"

    def compute(on_progress: OnProgress) -> Answers:
        logits = in_parts(subject.network.logits, digits.pixels, ROWS_AT_ONCE, on_progress)
        with np.errstate(invalid="ignore"):  # a network that diverged has no answer
            return Answers(id, digits, softmax(logits), logits.argmax(axis=1))

    return wanted(id, compute, ANSWERS)


def learnt(run: TrainingRun) -> Value:
    """Return the value of `when_learnt` for the test digits, up to where the run stands."""
    history = run.history  # the run may continue before its turn comes
    id = f"learnt {history.serial} {history.finished_batches} {run.test.id}"
    return wanted(id, lambda on_progress: when_learnt(run, on_progress=on_progress, history=history), ANSWERS)
