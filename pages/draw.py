"""Draw: a digit is read while it is drawn."""

import streamlit as st

from digitviz.dashboard.draw import reading
from digitviz.dashboard.runtime.turns import fragment

st.title("Can it read what you draw?")
fragment(reading.view)()
reading.sources()
reading.show_tray()
