"""Draw: a digit is read while it is drawn."""

import streamlit as st

from digitviz.dashboard.draw import answer, saved, sources
from digitviz.dashboard.runtime.turns import fragment

st.title("Can it read what you draw?")
fragment(answer.view)()
sources.show()
saved.show()
