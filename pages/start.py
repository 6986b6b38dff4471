"""Start: what this is, and the way in."""

import streamlit as st

from digitviz.dashboard.components.invitation import invitation
from digitviz.dashboard.components.scripts import ASSETS

words, picture = st.columns([2, 3], gap="large", vertical_alignment="center")
with words:
    st.title("How does a machine learn to read?")
    st.markdown(
        "A network of 64 pixels, 50 hidden neurons and 10 outputs learns to read handwritten digits before your eyes, "
        "as in the classic NumPy notebook that this dashboard grew from. Nothing is a recording: press the button and "
        "it trains while you watch."
    )
    if st.button("Train a network", key="go", type="primary", icon=":material/play_arrow:"):
        st.switch_page("pages/train.py")
    st.page_link("pages/draw.py", label="Draw a digit and see it read", icon=":material/draw:")
    st.page_link("pages/neuron.py", label="Start with one neuron", icon=":material/school:")
picture.image(
    ASSETS / "train.png", width="stretch", caption="A finished training: one loss curve per batch, from first to last."
)
invitation()
