"""Start: a pad that a network reads, a network that learns, and the ways on."""

import streamlit as st

from digitviz.dashboard.ask import answer
from digitviz.dashboard.components.demonstration import demonstration
from digitviz.dashboard.components.first_reading import first_reading
from digitviz.dashboard.components.invitation import invitation
from digitviz.dashboard.components.pad import pad_with_button, put
from digitviz.dashboard.lesson import in_class
from digitviz.dashboard.session import current_run
from digitviz.language import gettext as _

invitation()
with st.container(horizontal=True, vertical_alignment="center", gap="medium", key="start_top"):
    with st.container(width="content", gap="xsmall"):
        st.title(_("How does a machine learn to read?"), width="content")
        st.markdown(_("Draw a digit: a small neural network, already trained, reads it."))
    answer.box()
begun = current_run.begun()
is_over = begun is not None and (begun.run.finished or begun.run.diverged)
label = _("Go back to your run") if is_over else _("Continue your run")
if begun is None:
    label = _("Train one yourself")
with st.container(horizontal=True, gap="medium", key="first"):
    with st.container(key="first_pad"):
        st.markdown(_("**You draw**"))
        taken = pad_with_button("start_pad", _("Explain"))
    with st.container(key="first_answer"):
        first_reading("first_reading")
        with st.container(horizontal=True, vertical_alignment="center", key="ways"):
            if st.button(label, key="go", type="primary", icon=":material/play_arrow:"):
                st.switch_page("pages/train.py")
            if st.button(_("Learn how it works"), key="learn", icon=":material/school:"):
                st.switch_page("pages/neuron.py")
if taken is not None and taken.any():
    put("pad", taken)
    st.switch_page("pages/draw.py")
demonstration()
in_class.plan()
st.caption(
    _(
        "This dashboard grew from a classic notebook: a network of 64 pixels, 50 hidden neurons and 10 outputs, "
        "written by hand in NumPy, learns scikit-learn's 8 × 8 digits, and then torch does the same. Here it is "
        "called “the notebook”, and Train starts with its settings."
    )
)
