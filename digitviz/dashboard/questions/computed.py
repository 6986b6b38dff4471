"""Numbers that a page has computed off its thread: with the page if they take milliseconds, else with progress."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np
import streamlit as st

from digitviz.dashboard.runtime.outside import MOST_OF_AN_ERROR, as_code
from digitviz.dashboard.runtime.turns import fragment, turns
from digitviz.dashboard.session.lease import Kind, lease
from digitviz.dashboard.session.shared_values import ANSWERS, values
from digitviz.explanations.lesions import OnProgress
from digitviz.language import gettext as _
from digitviz.values import Report, Value

PATIENCE = 0.5
"""Seconds that a page waits, so that what takes milliseconds is there with the page and not a moment later."""
POLL_SECONDS = 0.2


@dataclass(frozen=True, eq=False)
class Numbers:
    """Numbers that belong together.

    Parameters
    ----------
    of : dict of str to ndarray
        By their names.
    """

    of: dict[str, np.ndarray]

    @property
    def nbytes(self) -> int:
        """Memory in bytes."""
        return sum(array.nbytes for array in self.of.values())


class _Askers:
    """For what a session waits, each question under a name of its own."""

    def __init__(self) -> None:
        self.names: set[tuple[str, str]] = set()

    def withdraw(self) -> None:
        for name in self.names:
            values().withdraw(name)


_ASKERS = Kind[_Askers](_Askers.withdraw)


def computed(
    question: str, id: str, compute: Callable[[OnProgress], dict[str, np.ndarray]], words: str
) -> dict[str, np.ndarray] | None:
    """Return numbers; None as long as they are computed, and then the page shows how far they are.

    Parameters
    ----------
    question : str
        A session waits for one thing at a time for each question: what it waited for before is stopped.
    id : str
        Tells these numbers from all others.
    compute : callable
        Returns them by their names; is handed what it tells how far it is, which may raise to stop it.
    words : str
        What is done, with a place for {share}.
    """
    asker = _asker(question)
    values().ask(asker, [Value(f"{question} {id}", partial(_made, compute), ANSWERS)])
    with turns().set_aside():
        values().wait(asker, [f"{question} {id}"], PATIENCE)
    standing = values().standing(asker, f"{question} {id}")
    if standing.error is not None:
        failed = _("This could not be computed: {error}")
        st.error(failed.format(error=as_code(str(standing.error), most=MOST_OF_AN_ERROR)))
        return None
    if standing.finished:
        numbers: Numbers = standing.value
        return numbers.of
    fragment(_progress, run_every=POLL_SECONDS)(question, f"{question} {id}", words)
    return None


def _made(compute: Callable[[OnProgress], dict[str, np.ndarray]], report: Report) -> Numbers:
    return Numbers(compute(lambda done, of: report(done / max(of, 1))))


def _asker(question: str) -> tuple[str, str]:
    held = lease().held(_ASKERS)
    askers = lease().hold(_ASKERS, _Askers()) if held is None else held
    name = (question, lease().token)
    askers.names.add(name)
    return name


def _progress(question: str, id: str, words: str) -> None:
    standing = values().standing(_asker(question), id)
    if standing.finished:
        st.rerun()
    share = float(standing.progress or 0.0)
    st.progress(share, words.format(share=f"{share:.0%}"))
