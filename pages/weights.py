"""Before and after: the changes of the weights in training."""

import streamlit as st

from digitviz.dashboard.components.term import sentences
from digitviz.dashboard.components.training_slider import moment_slider
from digitviz.dashboard.maps import weights
from digitviz.dashboard.session import current_run
from digitviz.dashboard.session.addresses import stops_address
from digitviz.language import gettext as _

st.title(_("What does the machine see?"))
sentences("manifold", "weight", "neuron")
run = current_run.attach().run
now = moment_slider(run, "weights_moment", stops_address(current_run.token(), run))

st.header(_("The pixel manifold"))
st.caption(
    _(
        "Top: the pixels as we see them. Bottom: the same pixels on the network's [manifold](#term-manifold), where "
        "pixels with similar [weights](#term-weight) in w1 lie close together. Press ▶."
    )
)
weights.pixel_manifold(run, now)

st.header(_("What each neuron looks for"))
st.caption(
    _(
        "The 64 weights of each [neuron](#term-neuron), laid out like the pixels of a digit, with its number and the "
        "digit it votes for most strongly. Select one."
    )
)
weights.neurons(run, now)

st.header(_("Before and after"))
weights.matrices(run, now)
