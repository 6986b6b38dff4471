"""Evaluate: a trained network's confusions, its confidence, and the batch at which it learnt each digit."""

import streamlit as st

from digitviz.dashboard.components.term import sentences
from digitviz.dashboard.questions import evaluate
from digitviz.dashboard.questions.order import QUESTIONS
from digitviz.language import gettext as _

question = QUESTIONS["evaluate"]
st.title(str(question.question))
sentences(*question.words)
st.caption(
    _(
        "The [confusion matrix](#term-confusion_matrix) of a trained network: blue is correct, red is wrong. "
        "**Select** a cell to see its digits, then a digit to ask why or to change it."
    )
)
evaluate.view()
