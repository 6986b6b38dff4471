"""The frame of a lesson page: its steps, and where it leads."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

import streamlit as st

from digitviz.dashboard.components import spotlight
from digitviz.dashboard.lesson.order import LESSON, after, file_of
from digitviz.dashboard.session.steps import stepped_page
from digitviz.language import gettext as _


def lesson_page(name: str, views: Sequence[Callable[[], None]]) -> None:
    """Show a page of the lesson, in steps.

    Parameters
    ----------
    name : str
        Of the page, in `LESSON`.
    views : sequence of callable
        Show the steps, in their order; what a view puts into the sidebar are the settings of its step.
    """
    stepped_page(name, LESSON[name], views, then=partial(next_links, name))


def next_links(name: str) -> None:
    """Lead on: to the next page of the lesson, and to the place in Train where a page's subject is found."""
    page, following = LESSON[name], after(name)
    with st.container(horizontal=True, gap="large", key="next_links"):
        if following is not None:
            question = LESSON[following].question
            st.page_link(
                file_of(following), label=_("Next: {question}").format(question=question),
                icon=":material/arrow_forward:",
            )  # fmt: skip
            label = _("In Train: {subject}").format(subject=page.in_train)
        else:
            label = _("Next, in Train: {subject}").format(subject=page.in_train)
        st.page_link(
            "pages/train.py", label=label, icon=":material/play_arrow:", query_params={spotlight.PARAMETER: page.place}
        )
