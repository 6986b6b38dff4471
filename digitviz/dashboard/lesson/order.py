"""The order of the lesson: its pages, their questions, and where each leads."""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st

from digitviz.dashboard.components import spotlight


@dataclass(frozen=True)
class LessonPage:
    """A page of the lesson.

    Parameters
    ----------
    title : str
        In the navigation.
    icon : str
        The name of a Material symbol.
    question : str
        What the page answers: its heading.
    in_train, place : str
        Where in Train its subject is found: in words, and as one of `spotlight.PLACES`.
    """

    title: str
    icon: str
    question: str
    in_train: str
    place: str


LESSON = {
    "neuron": LessonPage("Neuron", "scatter_plot", "What does one neuron do?", "what each neuron looks for", "neurons"),
    "network": LessonPage("Network", "hub", "What is a network?", "the weights before and after", "weights"),
    "data": LessonPage("Data", "grid_on", "What does the network see?", "the batch size", "batch_size"),
    "forward": LessonPage(
        "Forward",
        "arrow_forward",
        "How does a digit become a guess?",
        "twelve test digits and their guesses",
        "guesses",
    ),
    "loss": LessonPage("Loss", "target", "How wrong is it?", "the loss curve of every batch", "losses"),
    "backpropagation": LessonPage("Backpropagation", "undo", "Who is to blame?", "what one step changes", "step"),
    "gradient_descent": LessonPage(
        "Gradient descent", "trending_down", "How should it step?", "the learning rate", "learning_rate"
    ),
}
"""The lesson, in its order: every page by its address, which is also the name of its file. Training comes after it."""


def file_of(page: str) -> str:
    """Return where the file of a page of the lesson lies, as Streamlit wants it."""
    return f"pages/{page}.py"


def next_links(page: str) -> None:
    """End a page: one link to the next page of the lesson, one to the place in Train where its subject is found."""
    order = list(LESSON)
    following = order[order.index(page) + 1 :]
    st.divider()
    with st.container(horizontal=True, gap="large", key="next_links"):
        if following:
            question = LESSON[following[0]].question
            st.page_link(file_of(following[0]), label=f"Next: {question}", icon=":material/arrow_forward:")
        in_train = "In Train" if following else "Next, in Train"
        st.page_link(
            "pages/train.py", label=f"{in_train}: {LESSON[page].in_train}", icon=":material/play_arrow:",
            query_params={spotlight.PARAMETER: LESSON[page].place},
        )  # fmt: skip
