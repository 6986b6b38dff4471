"""What Evaluate has computed off the page's thread: a network's answers to a set, and when each digit was learnt."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import streamlit as st

from digitviz.dashboard.runtime.turns import fragment, turns
from digitviz.dashboard.session.lease import Kind, lease
from digitviz.dashboard.session.shared_values import ANSWERS, values
from digitviz.dashboard.session.subject import Subject
from digitviz.datasets import DigitDataset
from digitviz.explanations.learnt import when_learnt
from digitviz.language import gettext as _
from digitviz.networks.forward import softmax
from digitviz.training.run import TrainingRun
from digitviz.values import Report, Value

PATIENCE = 0.5
"""Seconds that a page waits, so that what takes milliseconds is there with the page and not a moment later."""
POLL_SECONDS = 0.2
ROWS_AT_ONCE = 1_000
"""Digits that are read between two looks whether somebody still waits: 0.1 s with the largest network."""

REQUEST = Kind[tuple[str, str]](lambda asker: values().withdraw(asker))


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
    id = f"learnt {run.history.serial} {run.history.finished_batches} {run.test.id}"
    return Value(id, lambda report: when_learnt(run, on_progress=lambda done, of: report((done, of))), ANSWERS)


def computed(wanted: Sequence[Value]) -> list[Any] | None:
    """Ask for values and wait a moment; None if they take longer: then the page shows how far they are.

    What the page asked for before and does not any more is stopped.
    """
    asker, ids = _asker(), [value.id for value in wanted]
    values().ask(asker, wanted)
    with turns().set_aside():
        values().wait(asker, ids, PATIENCE)
    standings = [values().standing(asker, id) for id in ids]
    for standing in standings:
        if standing.error is not None:
            raise standing.error
    if all(standing.finished for standing in standings):
        return [standing.value for standing in standings]
    fragment(_progress, run_every=POLL_SECONDS)(ids)
    return None


def _asker() -> tuple[str, str]:
    held = lease().held(REQUEST)
    return lease().hold(REQUEST, (ANSWERS, lease().token)) if held is None else held


def _progress(ids: list[str]) -> None:
    standings = [values().standing(_asker(), id) for id in ids]
    waiting = [standing for standing in standings if not standing.finished]
    if not waiting:
        st.rerun()
    done, of = waiting[0].progress or (0, 1)
    share = (len(ids) - len(waiting) + done / max(of, 1)) / len(ids)
    st.progress(share, _("The network reads the digits: {share}").format(share=f"{share:.0%}"))
