"""Why: the receipt of one decision."""

import streamlit as st

from digitviz.dashboard.questions import why
from digitviz.dashboard.questions.order import QUESTIONS

st.title(str(QUESTIONS["why"].question))
why.show()
