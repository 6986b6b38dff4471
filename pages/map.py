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
        "**Click any dot**: lines lead to its look-alikes. Does the [map](#term-dimensionality_reduction) keep them "
        "close? Its [trustworthiness](#term-trustworthiness) says how well overall."
    )
)
weights = controls.weights()
with settings:
    wanted, again, more = controls.controls(weights)
controls.address_error()
large.view(wanted, weights, again, more)
