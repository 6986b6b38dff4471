"""Train: watch the network learn."""

import streamlit as st

from digitviz.dashboard.components import spotlight
from digitviz.dashboard.session import current_run
from digitviz.dashboard.train import controls, downloads, live, source_code
from digitviz.dashboard.train.buttons import buttons, messages, settings

place = spotlight.asked()
controls.read_address()
st.title("How does a network learn to read?")
st.caption("Press **Train**. Each curve is one batch of digits: its loss falls while the network takes steps on it.")
stage, side = st.columns([3, 1], gap="large")
with side:
    settings()
with stage:
    closed = buttons()
    with st.container(key="messages"):  # always there: what comes and goes above a picture would build it anew
        messages(closed)
    live.training_view()
    st.subheader("Downloads")
    downloads.show(current_run.job().run)
    source = st.expander("Show the code", key="code", on_change="rerun")
    if source.open:
        with source:
            source_code.show(current_run.job().run.hyperparameters)
spotlight.show(place)
