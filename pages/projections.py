"""The gallery: maps of the same digits, side by side."""

import streamlit as st

from digitviz.dashboard.components.term import sentences
from digitviz.dashboard.maps import gallery
from digitviz.dashboard.maps.controls import again_button
from digitviz.dashboard.session import current_run, example, map_jobs
from digitviz.language import gettext as _

current_run.attach()
run = example.shown().run
with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center", key="page_top"):
    st.title(_("Which digits look alike?"), width="content")
    with st.container(horizontal=True, vertical_alignment="center", width="content"):
        dark = st.toggle(
            _("Dark background, like the notebook"), key="gallery_dark", persist_state="session", width="content"
        )
        again = again_button("again")
sentences("dimensionality_reduction", "pca")
st.caption(
    _(
        "Eight maps of scikit-learn's 1,797 digits, by methods of [dimensionality reduction]"
        "(#term-dimensionality_reduction) from [PCA](#term-pca) to UMAP. Similar digits lie close together. The maps "
        "to trust most come first."
    )
)
example.introduce()
panels = gallery.gallery_panels(run)
keys = map_jobs.queue().ask((panel.request for panel in panels), again=again)
gallery.gallery(run, panels, keys, "dark" if dark else None)
gallery.downloads(panels, keys)
