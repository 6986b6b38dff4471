"""Before and after: what the training did to the weights."""

import streamlit as st

from digitviz.dashboard.components.scrubber import scrubber
from digitviz.dashboard.maps import weights
from digitviz.dashboard.session import current_run

st.title("What does the machine see?")
st.caption("Drag the slider through the training: the pictures below show the weights at that moment.")
now = scrubber(current_run.job().run, "weights_moment")

st.subheader("The pixel manifold")
st.caption(
    "Top: a digit as we see it. Bottom: the same 64 pixels as the network sees them: pixels with similar weights in "
    "w1 lie close together. Press ▶ to see them move there and back. Point at a pixel to find it in every picture."
)
weights.pixel_manifold(now)

st.subheader("What each neuron looks for")
st.caption("Its 64 weights in the shape of a digit, and below each the digit it votes for most.")
weights.neurons(now)

st.subheader("Before and after")
weights.matrices(now)
