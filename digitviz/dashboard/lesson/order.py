"""The order of the lesson: its pages, their questions, and where each leads."""

from __future__ import annotations

import streamlit as st

from digitviz.dashboard.components import spotlight

QUESTIONS = {
    "neuron": "What does one neuron do?",
    "network": "What is a network?",
    "data": "What does the network see?",
    "forward": "How does a digit become a guess?",
    "loss": "How wrong is it?",
    "backpropagation": "Who is to blame?",
    "gradient_descent": "How should it step?",
}
"""The lesson, in its order, page by page; training comes after it."""

IN_TRAIN = {
    "neuron": ("what each neuron looks for", "neurons"),
    "network": ("the weights before and after", "weights"),
    "data": ("the batch size", "batch_size"),
    "forward": ("twelve test digits and their guesses", "guesses"),
    "loss": ("the loss curve of every batch", "losses"),
    "backpropagation": ("what one step changes", "step"),
    "gradient_descent": ("the learning rate", "learning_rate"),
}
"""Where in Train each page's subject is found: in words, and as one of `spotlight.PLACES`."""


def next_links(page: str) -> None:
    """End a page: one link to the next page of the lesson, one to the place in Train where its subject is found."""
    order = list(QUESTIONS)
    following = order[order.index(page) + 1 :]
    st.divider()
    with st.container(horizontal=True, gap="large", key="next_links"):
        if following:
            st.page_link(
                f"pages/{following[0]}.py", label=f"Next: {QUESTIONS[following[0]]}", icon=":material/arrow_forward:"
            )
        in_train = "In Train" if following else "Next, in Train"
        words, place = IN_TRAIN[page]
        st.page_link(
            "pages/train.py", label=f"{in_train}: {words}", icon=":material/play_arrow:",
            query_params={spotlight.PARAMETER: place},
        )  # fmt: skip
