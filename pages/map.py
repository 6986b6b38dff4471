"""One large map: single points, their neighbours, and maps with other seeds and methods."""

import streamlit as st

from digitviz.dashboard.components.term import sentences
from digitviz.dashboard.maps import controls, large
from digitviz.dashboard.session import current_run
from digitviz.language import gettext as _

current_run.attach()
with st.container(horizontal=True, vertical_alignment="center", key="title"):
    st.title(_("Which digits are neighbours?"))
    settings = st.popover(_("Change the map"), icon=":material/tune:")
sentences("dimensionality_reduction", "trustworthiness")
st.markdown(
    _(
        "**Click any dot** to see what is most like it. A [map](#term-dimensionality_reduction) that you can "
        "[trust](#term-trustworthiness) keeps look-alikes close."
    )
)
weights = controls.weights()
with settings:
    wanted, again, more = controls.controls(weights)
controls.address_error()
large.view(wanted, weights, again, more)
