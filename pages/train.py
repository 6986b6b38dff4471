"""Train: watch the network learn."""

import streamlit as st

from digitviz.dashboard.components.term import sentences
from digitviz.dashboard.runtime.turns import fragment
from digitviz.dashboard.session import addresses, current_run
from digitviz.dashboard.train import buttons, controls, files, live, source_code
from digitviz.language import gettext as _

job = current_run.attach()
controls.read_address(job.run)
addresses.show_errors("address_error", "understood")
st.title(_("How does a network learn to read?"))
sentences("loss", "accuracy", "batch", "step")
is_running = current_run.progress().is_running
with st.container(horizontal=True, vertical_alignment="center", key="controls"):
    closed = buttons.buttons()
    live.headline_view(is_running)
with st.sidebar:
    buttons.settings()
live.training_view(closed)
st.caption(
    _(
        "If the network learns, its [loss](#term-loss) falls and its [accuracy](#term-accuracy) rises. The "
        "lines show the loss of each [batch](#term-batch) of digits while the network takes [steps](#term-step) on it. "
        "It never trains on the test digits."
    )
)
buttons.branch_view()
fragment(files.downloads)()
files.bring_back_view()
source = st.expander(_("Show the code"), key="code", on_change="rerun")
if source.open:
    with source:
        source_code.show(current_run.job().run.hyperparameters)
