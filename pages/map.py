"""One map, large: single points, their neighbours, and what other seeds and methods make of them."""

import streamlit as st

from digitviz.dashboard import map_controls, map_large

st.title("Who are its neighbours?")
st.caption(
    "**Point** at a digit to see it, **click** it for its ten nearest, **zoom in** and the points become pictures. "
    "Draw around some to list them."
)
weights = map_controls.weights()
wanted, again = map_controls.controls(weights.network)
map_large.view(wanted, weights, again)
