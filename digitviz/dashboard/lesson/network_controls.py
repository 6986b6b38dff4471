"""Sizes to try on the network page, and the picked neuron."""

from __future__ import annotations

import streamlit as st

from digitviz.dashboard.components.plot import clicked
from digitviz.dashboard.lesson.page import whole_number
from digitviz.dashboard.session import current_run
from digitviz.networks.parameters import INPUTS, OUTPUTS
from digitviz.training.hyperparameters import Hyperparameters

BATCH, HIDDEN = Hyperparameters.RANGES["batch_size"], Hyperparameters.RANGES["hidden"]


def sizes() -> tuple[int, tuple[int, ...]]:
    """Show controls for a batch size and layers, and return them: (100, (64, 50, 10)) in the notebook."""
    run = current_run.job().run.hyperparameters
    if st.session_state.get("network_run") is not run:  # another training since the last visit: its sizes
        st.session_state["network_run"] = run
        st.session_state["network_batch"] = run.batch_size
        st.session_state["network_layers"] = len(run.hidden)
        st.session_state.update({f"network_hidden_{i}": size for i, size in enumerate(run.hidden, start=1)})
    batch = whole_number("Digits per batch", int(BATCH.low), int(BATCH.high), "network_batch")
    count = st.slider("Hidden layers", 0, int(HIDDEN.count.high), key="network_layers", persist_state="session")
    hidden = []
    for number in range(1, count + 1):
        key = f"network_hidden_{number}"
        st.session_state.setdefault(key, run.hidden[0] if run.hidden else 50)
        hidden.append(
            whole_number(f"Neurons in hidden layer {number}", int(HIDDEN.neurons.low), int(HIDDEN.neurons.high), key)
        )
    return batch, (INPUTS, *hidden, OUTPUTS)


def layer_names(layer_sizes: tuple[int, ...]) -> list[str]:
    """Name every layer: input, hidden 1, ..., output."""
    return ["input", *(f"hidden {number}" for number in range(1, len(layer_sizes) - 1)), "output"]


def neuron(layer_sizes: tuple[int, ...]) -> tuple[int, int]:
    """Show the fields for a neuron of the run's network; return its layer, 0 for the input, and its place."""
    layers = list(range(len(layer_sizes)))
    names = layer_names(layer_sizes)
    state = st.session_state
    if state.get("network_layer") not in layers:
        state["network_layer"] = 1
    layer = st.selectbox("Layer", layers, format_func=names.__getitem__, key="network_layer", persist_state="session")
    return layer, whole_number("Neuron", 0, layer_sizes[layer] - 1, "network_neuron")


def pick_clicked() -> None:
    """Pick the neuron that was clicked on the diagram."""
    click = clicked("diagram") or {}
    match click.get("customdata"):
        case [int(layer), int(neuron)]:
            st.session_state["network_layer"], st.session_state["network_neuron"] = layer, neuron
