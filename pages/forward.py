"""Forward: a batch on its way through the network."""

from functools import cache, partial

import streamlit as st

from digitviz.dashboard.lesson import forward_view, softmax_view
from digitviz.dashboard.lesson.steps import lesson_page
from digitviz.dashboard.session import current_run

current_run.attach()
with st.sidebar:
    shown = forward_view.settings()
# Shown once in a run, by the first step that asks for it.
push = cache(partial(softmax_view.pushed_by, shown.logits))
lesson_page(
    "forward",
    [
        partial(forward_view.matrices, shown),
        partial(forward_view.one_cell, shown),
        partial(forward_view.probabilities, shown),
        partial(softmax_view.too_large, push),
        partial(softmax_view.without_the_maximum, push, shown.pre_activations[-1], shown.sample),
    ],
)
