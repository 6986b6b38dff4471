"""The run that an address names, on every page: ?run=5f0c..., 32 hexadecimal characters."""

from __future__ import annotations

from enum import StrEnum

import streamlit as st

from digitviz.dashboard.session import current_run, kept_runs
from digitviz.dashboard.session.owner import owner
from digitviz.dashboard.session.server_wide import open_runs, trajectories
from digitviz.dashboard.session.storage import Unavailable
from digitviz.store.records import Standing

RUN = "run"
_WRITTEN = "run_written"
_AWAITED = "run_awaited"
_PROBLEM = "run_problem"


class Problem(StrEnum):
    """Why the run that an address names is not shown."""

    UNKNOWN = "unknown"
    UNREADABLE = "unreadable"
    UNMADE = "its digits are still being made"
    UNAVAILABLE = "the store has no answer"


def begin() -> None:
    """Show the run that the address names, and write into it the one that is shown; first thing in a page's run."""
    state, asked = st.session_state, st.query_params.get(RUN)
    if asked is not None and asked != state.get(_WRITTEN):  # a link was followed, or the browser went back
        state[_WRITTEN] = asked
        _open(asked)
    run = current_run.opened()
    if run is not None and state.get(_AWAITED) is None and asked != run.id:
        st.query_params[RUN] = state[_WRITTEN] = run.id


def _open(asked: str) -> None:
    state, shown = st.session_state, current_run.opened()
    state.pop(_PROBLEM, None)
    state.pop(_AWAITED, None)
    if shown is not None and shown.id == asked:
        return
    try:
        known = kept_runs.is_id(asked)
        run = (open_runs().find(asked) or kept_runs.reopen(asked, trajectories().find)) if known else None
        if run is not None and run.standing is Standing.DELETED and run.owner != owner():
            run = None
    except kept_runs.Unreadable:
        state[_PROBLEM] = Problem.UNREADABLE
    except kept_runs.Unmade:
        state[_PROBLEM], state[_AWAITED] = Problem.UNMADE, asked
    except Unavailable:
        state[_PROBLEM], state[_AWAITED] = Problem.UNAVAILABLE, asked
    else:
        if run is None:
            state[_PROBLEM] = Problem.UNKNOWN
        elif current_run.show(run):
            state["controls_follow"] = True


def problem() -> Problem | None:
    """Tell why the run that the address names is not shown; None if it is."""
    found: Problem | None = st.session_state.get(_PROBLEM)
    return found


def forget_problem() -> None:
    """Let the reader go on with what is shown instead."""
    st.session_state.pop(_PROBLEM, None)
    st.session_state.pop(_AWAITED, None)


def try_again() -> bool:
    """Look again for the run that is waited for; return whether there is nothing left to wait for."""
    awaited: str | None = st.session_state.get(_AWAITED)
    if awaited is not None:
        _open(awaited)
    return st.session_state.get(_AWAITED) is None
