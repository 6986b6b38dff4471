"""Clicks that count once, however the browser tells of them."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import streamlit as st

from digitviz.dashboard.runtime.streamlit_internals import only_fragments_run

HEADLINE = "progress"
"""Key of the element that says how far the training has come, and that it has ended."""


def end_was_told() -> bool:
    """Whether the browser said in this run that the training has ended, and said it of the headline alone, if known."""
    return only_fragments_run() is not False and (st.session_state.get(HEADLINE) or {}).get("ended") is not None


def on_click(action: Callable[..., None]) -> Callable[..., None]:
    """Make `action` happen once a click on a button outside the fragments.

    A fragment's timer that goes off between a click and its message carries the click to the server a first time;
    then the click's own message comes, for the whole page. Only that one counts. But when the browser tells of the
    end of a training at the moment of the click, one message says both, and no other comes.
    """

    @functools.wraps(action)
    def act(*arguments: Any) -> None:
        if not only_fragments_run() or end_was_told():
            action(*arguments)

    return act
