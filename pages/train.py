"""Train: watch the network learn."""

import streamlit as st

from digitviz.dashboard.components.term import sentences
from digitviz.dashboard.session import addresses, current_run
from digitviz.dashboard.train import branching, controls, files, live, source_code
from digitviz.dashboard.train.buttons import buttons, settings
from digitviz.language import gettext as _

job = current_run.attach()
controls.read_address(job.run)
addresses.show_errors("address_error", "understood")
with st.container(gap="xsmall", key="top"):
    with st.container(horizontal=True, vertical_alignment="center", key="title"):
        st.title(_("How does a network learn to read?"))
        live.view_choice()
    sentences("batch", "loss", "step", "accuracy")
    is_running = current_run.progress().is_running
    closed = buttons()
    live.headline_view(is_running)
with st.sidebar:
    settings()
live.training_view(closed)
st.caption(
    _(
        "Each curve is one [batch](#term-batch) of digits: its [loss](#term-loss) while the network takes "
        "[steps](#term-step) on it. If the network learns, the loss falls and the [accuracy](#term-accuracy) rises."
    )
)
branching.branch_view()
files.downloads_view()
files.bring_back_view()
source = st.expander(_("Show the code"), key="code", on_change="rerun")
if source.open:
    with source:
        source_code.show(current_run.job().run.hyperparameters)
