"""A part of a page that is shown over it, until its reader closes it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, ParamSpec

import streamlit as st

from digitviz.dashboard.runtime.streamlit_internals import answer_before_the_next

P = ParamSpec("P")


def dialog(
    title: str, view: Callable[P, None], on_close: Callable[[], None], width: Literal["small", "large"] = "small"
) -> Callable[P, None]:
    """Make `view` show what it shows over the page; what was closed stays closed, however busy the server is.

    Parameters
    ----------
    title : str
    view : callable
    on_close : callable
        Called when the reader closes it; from then on the page shows it no more.
    width : {"small", "large"}
    """
    answer_before_the_next()
    return st.dialog(title, width=width, on_dismiss=on_close)(view)
