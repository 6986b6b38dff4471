"""The pages of the lesson in order, and the links between them."""

from __future__ import annotations

from functools import partial

import streamlit as st

from digitviz.dashboard.components import spotlight
from digitviz.dashboard.lesson import backpropagation, data, forward, gradient_descent, loss, network, neuron
from digitviz.dashboard.lesson.page import LessonPage
from digitviz.dashboard.session import example
from digitviz.dashboard.session.steps import stepped_page
from digitviz.language import gettext as _

LESSON: dict[str, LessonPage] = {
    "neuron": neuron.PAGE,
    "network": network.PAGE,
    "data": data.PAGE,
    "forward": forward.PAGE,
    "loss": loss.PAGE,
    "backpropagation": backpropagation.PAGE,
    "gradient_descent": gradient_descent.PAGE,
}
"""The pages of the lesson in order, by address (also the name of the file). Training follows them."""


def file_of(page: str) -> str:
    """Return the path of a page's file, as Streamlit expects it."""
    return f"pages/{page}.py"


def lesson_page(name: str) -> None:
    """Show a page of the lesson, in steps; `name` is a key of `LESSON`."""
    page = LESSON[name]
    shared = page.shared()
    first = example.introduce if page.shows_run else None
    views = [partial(step.show, shared) for step in page.steps]
    about = _("Lesson {number} of {count} · {minutes}")
    about = about.format(number=list(LESSON).index(name) + 1, count=len(LESSON), minutes="{minutes}")
    stepped_page(name, page, views, partial(_next_links, name), first, about)


def _next_links(name: str) -> None:
    """Link to the next page of the lesson, and to the place in Train that shows the subject."""
    order = list(LESSON)
    following = order[order.index(name) + 1 :]
    label = _("See it in Train: {subject}") if following else _("Next, see it in Train: {subject}")
    with st.container(horizontal=True, gap="large", key="next_links"):
        for page in following[:1]:
            question = _("Next: {question}").format(question=LESSON[page].question)
            st.page_link(file_of(page), label=question, icon=":material/arrow_forward:")
        query = {spotlight.PARAMETER: LESSON[name].place}
        if LESSON[name].shows_run and example.shown().is_example:
            label = _("See it in Train, with a network of your own: {subject}")
        label = label.format(subject=LESSON[name].in_train)
        st.page_link("pages/train.py", label=label, icon=":material/play_arrow:", query_params=query)
