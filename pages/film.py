"""The film: how the map of a layer changes while the network learns."""

import streamlit as st

from digitviz.dashboard.maps import film

st.title("How does the network pull the digits apart?")
st.caption("Each point is a digit as a layer of the network sees it. Press ▶, or drag the slider below the picture.")
film.film()
