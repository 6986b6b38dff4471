"""The level of the pages: a school's, which folds letters and matrices away, or a university's, which shows them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import streamlit as st

from digitviz.dashboard.session.frame_choice import FrameChoice
from digitviz.language import gettext as _
from digitviz.language import lazy_gettext

SCHOOL, UNIVERSITY = "school", "university"
LEVEL = FrameChoice(
    "level",
    lazy_gettext("Level"),
    {SCHOOL: lazy_gettext("School"), UNIVERSITY: lazy_gettext("University")},
    usual=lambda: UNIVERSITY,
)


def level() -> str:
    """Return the level of the visit: `SCHOOL` or `UNIVERSITY`."""
    return LEVEL.current()


@contextmanager
def maths(is_all: bool = False, on_demand: bool = False) -> Iterator[None]:
    """Show formulas, Greek letters and matrices: in school in a closed expander, at university as they are.

    In school, a step that `is_all` maths says so. What is `on_demand` is in the expander at university, too.
    """
    if on_demand or level() == SCHOOL:
        if is_all:
            st.caption(_("This step is all maths: letters, and tables of numbers. You can go on without it."))
        with st.expander(_("Show the maths"), icon=":material/function:"):
            yield
    else:
        yield
