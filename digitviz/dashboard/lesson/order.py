"""The pages of the lesson in order, and the links between them."""

from collections.abc import Sequence
from functools import partial

import streamlit as st

from digitviz.dashboard.components import spotlight
from digitviz.dashboard.lesson import backpropagation, data, forward, gradient_descent, loss, network, neuron
from digitviz.dashboard.lesson.page import LessonPage
from digitviz.dashboard.session import current_run, example
from digitviz.dashboard.session.steps import Step, stepped_page
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


def lesson_page(name: str) -> None:
    """Show a page of the lesson, in steps; `name` is a key of `LESSON`."""
    page = LESSON[name]
    if page.needs_run:
        current_run.attach()
    shared = page.shared()
    about = _("Lesson {number} of {count} · {minutes}")
    about = about.format(number=list(LESSON).index(name) + 1, count=len(LESSON), minutes="{minutes}")
    first = partial(_introduce, page.of_run) if page.of_run else None
    stepped_page(name, page, lambda step: step.view(shared), partial(_next_links, name), first, about)


def _introduce(of_run: Sequence[Step], shown: Sequence[Step]) -> None:
    """Name the network if a step on the page shows its numbers; otherwise leave its place empty."""
    is_of_run = any(step in of_run for step in shown)
    example.introduce(names_own=True) if is_of_run else example.train_your_own(None)


def _next_links(name: str) -> None:
    """Link to the next page of the lesson, and to the place in Train that shows the subject."""
    order = list(LESSON)
    following = order[order.index(name) + 1 :]
    with st.container(horizontal=True, gap="large", key="next_links"):
        for page in following[:1]:
            question = _("Next: {question}").format(question=LESSON[page].question)
            st.page_link(f"pages/{page}.py", label=question, icon=":material/arrow_forward:")
        query = {spotlight.PARAMETER: LESSON[name].place}
        label = _("See it in Train: {subject}").format(subject=LESSON[name].in_train)
        st.page_link("pages/train.py", label=label, icon=":material/play_arrow:", query_params=query)
