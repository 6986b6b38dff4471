"""The frame of a page of questions in steps: whose network is asked, then one step at a time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache, partial

import streamlit as st

from digitviz.dashboard.questions.order import QUESTIONS
from digitviz.dashboard.session.asked_digit import AskedDigit, asked_digit
from digitviz.dashboard.session.steps import stepped_page
from digitviz.dashboard.session.subject import Subject, invitation, subject
from digitviz.language import gettext as _

View = Callable[[Subject, Callable[[], AskedDigit]], None]
"""Shows a step: of whom it is asked, and what shows the choice of a digit in the sidebar and returns it."""


def question_page(name: str, views: Sequence[View]) -> None:
    """Show a page of questions in steps.

    Parameters
    ----------
    name : str
        Of the page, in `QUESTIONS`.
    views : sequence of callable
        Show the steps, in their order.
    """
    page, asked = QUESTIONS[name], subject(invite=False)
    if asked is None:
        st.title(str(page.question))
        invitation()
        return
    if not asked.has_answers:
        st.title(str(page.question))
        st.info(_("The network's numbers have overflowed: it has no answer."))
        return
    digit = cache(partial(asked_digit, asked))  # shown once, by the first step that asks for it
    stepped_page(name, page, [partial(view, asked, digit) for view in views])
