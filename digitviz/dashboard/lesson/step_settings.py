"""The fields of a step, in a wide window to the right of its heading, so that the picture has all the height."""

from __future__ import annotations

import streamlit as st

from digitviz.dashboard.lesson import page
from digitviz.dashboard.session import example
from digitviz.language import gettext as _


def step_settings(numbers: str | None = "", key: str = "step_settings") -> st.delta_generator.DeltaGenerator:
    """Return a row for the fields of the shown step, after a button that says which network the page shows.

    Parameters
    ----------
    numbers : str or None
        Sentence on where the numbers of the page come from. None if they do not come from a network: no button.
    key : str
        Begins with "step_settings". Different for two rows of one page.
    """
    row = st.container(horizontal=True, horizontal_alignment="right", vertical_alignment="center", key=key)
    if numbers or (numbers is not None and not example.shown().is_example):  # a line names the example
        with row, st.popover(_("Which network?"), width="content"):
            page.snapshot()
            st.caption(numbers)
    return row
