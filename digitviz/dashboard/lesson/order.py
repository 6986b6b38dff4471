"""The order of the lesson: its pages by their addresses, and where each leads."""

from __future__ import annotations

from digitviz.dashboard.lesson.plan import LessonPage
from digitviz.dashboard.lesson.plans import (
    backpropagation,
    data,
    forward,
    gradient_descent,
    loss,
    network,
    neuron,
)

LESSON: dict[str, LessonPage] = {
    "neuron": neuron.PAGE,
    "network": network.PAGE,
    "data": data.PAGE,
    "forward": forward.PAGE,
    "loss": loss.PAGE,
    "backpropagation": backpropagation.PAGE,
    "gradient_descent": gradient_descent.PAGE,
}
"""The lesson, in its order: every page by its address, which is also the name of its file. Training comes after it."""


def file_of(page: str) -> str:
    """Return where the file of a page of the lesson lies, as Streamlit wants it."""
    return f"pages/{page}.py"


def after(page: str) -> str | None:
    """Return the page of the lesson that follows, None after the last."""
    order = [*LESSON, None]
    return order[order.index(page) + 1]
