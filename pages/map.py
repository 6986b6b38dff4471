"""One map, large: single points, their neighbours, and the maps by other seeds and methods."""

import streamlit as st

from digitviz.dashboard.maps import controls, large

st.title("Who are its neighbours?")
st.caption(
    "**Point** at a digit to see it, **click** it for its ten nearest neighbours, **zoom in** to turn points into "
    "pictures. Draw around some to list them."
)
weights = controls.weights()
wanted, again = controls.controls(weights.network)
large.view(wanted, weights, again)
