"""Clicks that count once, even if the browser reports them twice."""

import functools
from collections.abc import Callable
from typing import Any

import streamlit as st

from digitviz.dashboard.runtime.streamlit_internals import only_fragments_run

HEADLINE = "progress"
"""Key of the headline, which reports the progress and the end of training."""


def end_was_told() -> bool:
    """Return whether the browser reported the end of training in this fragment's run. False if the whole page runs."""
    return only_fragments_run() and (st.session_state.get(HEADLINE) or {}).get("ended") is not None


def on_click(action: Callable[..., object]) -> Callable[..., None]:
    """Make `action` run once per click on a button outside the fragments.

    If a fragment's timer fires between a click and its message, the click reaches the server twice: with the fragment's
    request, and with its own message for the whole page. Only the second counts. But if training ends at the moment of
    the click, the browser sends a single message for both.
    """

    @functools.wraps(action)
    def act(*arguments: Any) -> None:
        if not only_fragments_run() or end_was_told():
            action(*arguments)

    return act
