"""The gallery: maps of the same digits, side by side."""

import streamlit as st

from digitviz.dashboard.components.term import terms
from digitviz.dashboard.maps import gallery
from digitviz.dashboard.maps.controls import again_button
from digitviz.dashboard.runtime.turns import fragment
from digitviz.dashboard.session import current_run, example, map_jobs
from digitviz.language import gettext as _

current_run.attach()
run = example.shown().run
mapped = run.snapshot  # the run may go on
gallery.title(_("Which map can you trust?"))
panels, state = gallery.gallery_panels(mapped), st.session_state
# Saved maps arrive within the patience, and the page then runs once.
keys = map_jobs.ask((panel.request for panel in panels), bool(state.get("again")), map_jobs.PATIENCE)
gallery.gallery(gallery.which_network(run, mapped), panels, keys, "dark" if state.get("gallery_dark") else None)
with st.container(horizontal=True, vertical_alignment="center"):  # below the maps, which need the first screen
    st.toggle(_("Dark background, like the notebook"), key="gallery_dark", persist_state="session", width="content")
    again_button("again")
example.introduce(names_own=True)
fragment(gallery.downloads)(panels, keys)
terms("dimensionality_reduction", "pca", "trustworthiness")
