"""One map, large: single points, their neighbours, and what other seeds and methods make of them."""

import streamlit as st

from digitviz.dashboard import map_controls, map_large, session

st.title("Who are its neighbours?")
st.caption(
    "**Point** at a digit to see it, **click** it for its ten nearest, **zoom in** and the points become pictures. "
    "Draw around some to list them."
)
weights = map_controls.weights()
wanted, again = map_controls.controls(weights.network)
with st.container(horizontal=True, vertical_alignment="center", key="messages"):
    if weights.step == 0:
        st.caption("The network has not learned yet: what it reads and its layers come from random first weights.")
    else:
        st.caption(f"The network is that of your training after {weights.step:,} steps.")
    if session.job().run.snapshot.step > weights.step:
        st.button("Up to now", key="map_up_to_now", on_click=session.on_click(map_controls.up_to_now))
map_large.view(wanted, weights.network, again)
