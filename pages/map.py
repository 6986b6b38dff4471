"""One map, large: single points, their neighbours, and what other seeds and methods make of them."""

import streamlit as st

from digitviz.dashboard.maps import controls, large

st.title("Who are its neighbours?")
st.caption(
    "**Point** at a digit to see it, **click** it for its ten nearest, **zoom in** and the points become pictures. "
    "Draw around some to list them."
)
weights = controls.weights()
wanted, again = controls.controls(weights.network)
large.view(wanted, weights, again)
