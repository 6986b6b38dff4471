"""One large map: single points, their neighbours, and maps with other seeds and methods."""

import streamlit as st

from digitviz.dashboard.components.term import sentences
from digitviz.dashboard.maps import controls, large
from digitviz.dashboard.session import current_run
from digitviz.language import gettext as _

current_run.attach()
st.title(_("Which digits are its neighbours?"))
sentences("dimensionality_reduction", "trustworthiness")
st.markdown(
    _(
        "**Select** a digit: lines lead to its neighbours. No [map](#term-dimensionality_reduction) keeps them all; "
        "its [trustworthiness](#term-trustworthiness) says how well."
    )
)
weights = controls.weights()
wanted, again, more = controls.controls(weights)
large.view(wanted, weights, again, more)
