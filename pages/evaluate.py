"""Evaluate: a trained network's confusions, its confidence, and the batch at which it learnt each digit."""

import streamlit as st

from digitviz.dashboard.components.term import sentences
from digitviz.dashboard.questions import evaluate
from digitviz.dashboard.questions.order import QUESTIONS
from digitviz.language import gettext as _

question = QUESTIONS["evaluate"]
st.title(str(question.question))
sentences(*question.words)
st.markdown(
    _(
        "Blue is correct, red is wrong. **Select** a cell of the [confusion matrix](#term-confusion_matrix) to see its "
        "digits."
    )
)
evaluate.view()
