"""Draw: a digit is read while it is drawn."""

import streamlit as st

from digitviz.dashboard import reading

st.title("Can it read what you draw?")
st.fragment(reading.view)()
reading.sources()
reading.show_tray()
