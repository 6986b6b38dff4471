"""Before and after: the changes of the weights in training."""

import streamlit as st

from digitviz.dashboard.components.term import sentences
from digitviz.dashboard.maps import weights
from digitviz.dashboard.session import current_run, example, frame_choices
from digitviz.language import gettext as _

current_run.attach()
run, is_example = example.shown()
one, each = _("What does this neuron look for?"), _("What does each neuron look for?")
example.title(one if weights.asks(run) else each, "weights_top")
sentences("manifold", "weight", "neuron")
st.markdown(weights.neurons_in_words(run))
now = weights.neurons(run, is_example)

with frame_choices.maths():
    st.header(_("Before and after"))
    weights.matrices(run, now)

st.header(_("How the network arranges the pixels"))
st.caption(
    _(
        "Top: the pixels as we see them. Bottom: the same pixels on the network's [manifold](#term-manifold), where "
        "pixels with similar [weights](#term-weight) lie close together. Press ▶."
    )
)
weights.pixel_manifold(run, now)
