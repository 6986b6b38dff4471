"""What a page has computed off its thread: there with the page if it takes milliseconds, else shown on its way."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import streamlit as st

from digitviz.dashboard.runtime.clicks import on_click
from digitviz.dashboard.runtime.outside import MOST_OF_AN_ERROR, as_code
from digitviz.dashboard.runtime.turns import fragment, turns
from digitviz.dashboard.session.lease import Kind, lease
from digitviz.dashboard.session.shared_values import NUMBERS, values
from digitviz.explanations.lesions import OnProgress
from digitviz.language import gettext as _
from digitviz.values import Value

PATIENCE = 0.5
"""Seconds that a page waits, so that what takes milliseconds is there with the page and not a moment later."""
POLL_SECONDS = 0.2
Asker = tuple[str, str]
_ASKED, _WAITS = "computed_asked", "computed_waits"
"""In the session's state: who asked in this run of a page, and in the one before."""


def _withdraw(askers: set[Asker]) -> None:
    for asker in askers:
        values().withdraw(asker)


_ASKERS = Kind[set[Asker]](_withdraw)


@dataclass(frozen=True, eq=False)
class Numbers:
    """Numbers that belong together, by their names."""

    of: dict[str, np.ndarray]

    @property
    def nbytes(self) -> int:
        """Memory in bytes."""
        return sum(array.nbytes for array in self.of.values())


def numbers(id: str, compute: Callable[[OnProgress], dict[str, np.ndarray]], lane: str = NUMBERS) -> Value:
    """Return what computes `Numbers`.

    Parameters
    ----------
    id : str
        As of `Value`.
    compute : callable
        Is handed what it tells how far it is, which may raise to stop it.
    lane : str, optional
        `QUICK` if it takes less than a second with the largest network.
    """
    return Value(id, lambda report: Numbers(compute(lambda done, of: report((done, of)))), lane)


def computed(
    question: str, wanted: Sequence[Value], words: str, expected: tuple[type[Exception], ...] = ()
) -> list[Any] | None:
    """Return values once all are there; until then show how far they are, and how to stop.

    Parameters
    ----------
    question : str
        A session waits for one thing at a time for each question: what it waited for before is stopped.
    wanted : sequence of Value
        They report (done, of all).
    words : str
        What is done, with a place for {share}.
    expected : tuple of exceptions, optional
        That the page has words of its own for: they are raised. Of others the page says that it failed, and None is
        returned.
    """
    ids, stopped = [value.id for value in wanted], f"{question}_stopped"
    if st.session_state.get(stopped) == ids:
        st.button(
            _("Compute it"), key=f"{question}_compute", icon=":material/play_arrow:",
            on_click=on_click(lambda: st.session_state.pop(stopped, None)),
        )  # fmt: skip
        return None
    asker = _asker(question)
    st.session_state.setdefault(_ASKED, set()).add(asker)
    values().ask(asker, wanted, owner=lease().owner)
    with turns().set_aside():
        values().wait(asker, ids, PATIENCE)
    standings = [values().standing(asker, id) for id in ids]
    error = next((standing.error for standing in standings if standing.error is not None), None)
    if isinstance(error, expected):
        raise error.with_traceback(None)  # else it grows with each run of the page
    if error is not None:
        failed = _("This could not be computed: {error}")
        st.error(failed.format(error=as_code(str(error), most=MOST_OF_AN_ERROR)))
        return None
    if all(standing.finished for standing in standings):
        return [standing.value for standing in standings]

    def stop() -> None:
        st.session_state[stopped] = ids
        values().withdraw(asker)

    with st.container(key=f"{question}_on_its_way"):
        fragment(_progress, run_every=POLL_SECONDS)(asker, ids, words)
        st.button(_("Cancel"), key=f"{question}_cancel", icon=":material/close:", on_click=on_click(stop))
    return None


def stop_the_rest() -> None:
    """Stop what was asked for earlier and not in this run of a page; to be called when a whole run ends."""
    asked, before = st.session_state.pop(_ASKED, set()), st.session_state.get(_WAITS, set())
    for asker in before - asked:
        values().withdraw(asker)
    if asked or before:
        st.session_state[_WAITS] = asked


def _asker(question: str) -> Asker:
    """Return the name under which this question of the session's is asked."""
    askers = lease().held(_ASKERS)
    if askers is None:
        askers = lease().hold(_ASKERS, set())
    asker = (question, lease().token)
    askers.add(asker)
    return asker


def _progress(asker: Asker, ids: list[str], words: str) -> None:
    """Show how far they are, and the page once they are there."""
    standings = [values().standing(asker, id) for id in ids]
    waiting = [standing for standing in standings if not standing.finished]
    if not waiting:
        st.rerun()
    done, of = waiting[0].progress or (0, 1)
    share = min((len(ids) - len(waiting) + done / max(of, 1)) / len(ids), 1.0)
    st.progress(share, words.format(share=f"{share:.0%}"))
