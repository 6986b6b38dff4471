"""Evaluate: a trained network's confusions, its confidence, and the batch at which it learnt each digit."""

import streamlit as st

from digitviz.dashboard.questions import evaluate
from digitviz.dashboard.questions.order import QUESTIONS
from digitviz.dashboard.questions.subject import subject

with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center", key="page_top"):
    st.title(str(QUESTIONS["evaluate"].question), width="content")
    asked = subject(moments=False)
evaluate.view(asked)
