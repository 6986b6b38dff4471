"""The gallery: maps of the same digits, side by side."""

import streamlit as st

from digitviz.dashboard.maps import gallery
from digitviz.dashboard.session import current_run, map_jobs

st.title("Which digits look alike?")
panels = gallery.gallery_panels()
st.caption(
    f"{len(panels)} ways to lay out scikit-learn's 1,797 digits in the plane so that similar ones lie close together."
)
with st.container(horizontal=True, vertical_alignment="center"):
    again = st.button("Compute again", key="again", icon=":material/refresh:")
    dark = st.toggle("Dark, like the notebook", key="gallery_dark", persist_state="session")
keys = map_jobs.queue().ask((panel.request for panel in panels), again=again)
with st.container(key="messages"):
    if (step := current_run.job().run.step) == 0:
        st.info("The network is not trained yet: the two encoded maps show its random initial weights.")
    else:
        st.caption(f"The encoded maps show the network after {step:,} steps.")
gallery.gallery(panels, keys, "dark" if dark else None)
gallery.downloads(panels, keys)
