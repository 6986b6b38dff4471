"""Results computed in another thread: shown at once if they take milliseconds, otherwise with progress."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, is_dataclass
from functools import partial
from typing import Any

import streamlit as st

from digitviz.dashboard.questions.controls import Remembered, button, watch
from digitviz.dashboard.runtime.outside import MAX_ERROR_LENGTH, as_code
from digitviz.dashboard.session.lease import request, standing, withdraw
from digitviz.dashboard.session.storage import NUMBERS
from digitviz.explanations.progress import OnProgress
from digitviz.language import gettext as _
from digitviz.numbers import in_percent
from digitviz.values import Value

PATIENCE = 0.5
"""Seconds that a page waits for quick results, so that they appear together with the page."""
_ASKED, _WAITS = "computed_asked", "computed_waits"
"""Keys in the session state: the questions in this run of a page, and in the last one."""


@dataclass(frozen=True, eq=False)
class _Result:
    """The result of a computation, with its memory."""

    value: Any

    @property
    def nbytes(self) -> int:
        """Memory in bytes."""
        return _nbytes(self.value)


def _nbytes(value: Any) -> int:
    """Return the memory in bytes of an object with `nbytes`, or of all in a tuple, mapping or dataclass."""
    if is_dataclass(value) and not hasattr(value, "nbytes"):
        value = vars(value)
    parts = value.values() if isinstance(value, Mapping) else value
    return sum(map(_nbytes, parts)) if isinstance(value, Mapping | tuple) else getattr(value, "nbytes", 0)


def wanted(id: str, compute: Callable[[OnProgress], object], lane: str = NUMBERS) -> Value:
    """Return a value for `all_computed`.

    Parameters
    ----------
    id : str
        Unique for each result, as in `Value`.
    compute : callable
        Called with an `OnProgress` in another thread. Returns an array, or a tuple, mapping or dataclass of arrays.
    lane : str, optional
        `QUICK` if it takes less than a second with the largest network.
    """
    return Value(id, lambda report: _Result(compute(lambda done, total: report((done, total)))), lane)


def computed(
    question: str,
    id: str,
    compute: Callable[[OnProgress], object],
    words: str,
    lane: str = NUMBERS,
    expected: tuple[type[Exception], ...] = (),
    begin: str = "",
) -> Any:
    """Return the result of `compute`, or show the progress and return None. See `wanted` and `all_computed`."""
    found = all_computed(question, [wanted(id, compute, lane)], words, expected, begin)
    return None if found is None else found[0]


def all_computed(
    question: str,
    wanted: Sequence[Value],
    words: str,
    expected: tuple[type[Exception], ...] = (),
    begin: str = "",
) -> list[Any] | None:
    """Return the results of several computations. Until all are finished, show the progress and return None.

    Parameters
    ----------
    question : str
        Name of a set of results. A session waits for one set per question; a new set cancels the last one.
    words : str
        Text of the progress bar, with a placeholder {share}.
    expected : tuple of exceptions, optional
        Exceptions raised here, because the page explains them. For others, this function shows that the computation
        failed.
    begin : str
        Text of a button that starts it. By default it starts at once.
    """
    ids, waits = tuple(value.id for value in wanted), Remembered(f"{question}_waits", bool(begin))
    if waits.of(ids):
        look = {"type": "primary"} if begin else {}
        button(begin or _("Compute"), f"{question}_compute", partial(waits.keep, ids, False), "play_arrow", **look)
        return None
    st.session_state.setdefault(_ASKED, set()).add(question)
    standings = request(question, wanted, PATIENCE)
    error = next((each.error for each in standings if each.error is not None), None)
    if isinstance(error, expected):
        raise error.with_traceback(None)  # otherwise the traceback grows with each run of the page
    if error is not None:
        failed = _("This could not be computed: {error}")
        st.error(failed.format(error=as_code(str(error), limit=MAX_ERROR_LENGTH)))
        return None
    found = [each.value for each in standings]
    if all(result is not None for result in found):  # a session that ends meanwhile has withdrawn its requests
        return [result.value for result in found]

    def stop() -> None:
        waits.keep(ids, True)
        withdraw(question)

    def progress() -> tuple[float, str] | None:
        waiting = [now for id in ids if not (now := standing(question, id)).finished]
        if not waiting:
            return None
        done, total = waiting[0].progress or (0, 1)
        share = min((len(ids) - len(waiting) + done / max(total, 1)) / len(ids), 1.0)
        return share, words.format(share=in_percent(share, 0))

    with st.container(key=f"{question}_on_its_way"):
        watch(progress)
        button(_("Cancel"), f"{question}_cancel", stop, "close")
    return None


def stop_the_rest() -> None:
    """Cancel computations that the last run of a page requested and this one did not. Call this after a full run."""
    asked, before = st.session_state.pop(_ASKED, set()), st.session_state.get(_WAITS, set())
    for question in before - asked:
        withdraw(question)
    if asked or before:
        st.session_state[_WAITS] = asked
