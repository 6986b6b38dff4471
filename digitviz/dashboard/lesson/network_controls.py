"""Sizes to try on the network page, and the picked neuron."""

from __future__ import annotations

import streamlit as st

from digitviz.dashboard.components.plot import clicked
from digitviz.dashboard.lesson.page import whole_number
from digitviz.dashboard.session import current_run
from digitviz.language import gettext as _
from digitviz.networks.parameters import INPUTS, OUTPUTS
from digitviz.training.hyperparameters import Hyperparameters

BATCH, HIDDEN = Hyperparameters.RANGES["batch_size"], Hyperparameters.RANGES["hidden"]


FIELD_WIDTH = 104
"""Pixels; three such fields stand beside one another in the column beside the picture."""


def _follow_the_run() -> Hyperparameters:
    """Take the sizes of another training than at the last visit; return the settings of the run."""
    run = current_run.job().run.hyperparameters
    if st.session_state.get("network_run") is not run:
        st.session_state["network_run"] = run
        st.session_state["network_batch"] = run.batch_size
        st.session_state["network_layers"] = len(run.hidden)
        st.session_state.update({f"network_hidden_{i}": size for i, size in enumerate(run.hidden, start=1)})
    return run


def batch() -> int:
    """Show the field for the digits in a batch."""
    _follow_the_run()
    return whole_number(_("Digits per batch"), int(BATCH.low), int(BATCH.high), "network_batch")


def layers() -> tuple[int, ...]:
    """Show controls for the hidden layers; return the sizes of all layers, (64, 50, 10) in the notebook."""
    run = _follow_the_run()
    count = st.slider(_("Hidden layers"), 0, int(HIDDEN.count.high), key="network_layers", persist_state="session")
    hidden = []
    columns = st.columns(2)
    for number in range(1, count + 1):
        key = f"network_hidden_{number}"
        st.session_state.setdefault(key, run.hidden[0] if run.hidden else 50)
        label = _("Neurons in layer {number}").format(number=number)
        with columns[(number - 1) % 2]:
            hidden.append(whole_number(label, int(HIDDEN.neurons.low), int(HIDDEN.neurons.high), key))
    return (INPUTS, *hidden, OUTPUTS)


def layer_names(layer_sizes: tuple[int, ...]) -> list[str]:
    """Name every layer: input, hidden 1, ..., output."""
    hidden = [_("hidden {number}").format(number=number) for number in range(1, len(layer_sizes) - 1)]
    return [_("input"), *hidden, _("output")]


def first_number(layer: int, layer_sizes: tuple[int, ...]) -> int:
    """Return from where the neurons of a layer are counted: outputs are called by their digits, all others from 1."""
    return 0 if layer == len(layer_sizes) - 1 else 1


def neuron(layer_sizes: tuple[int, ...]) -> tuple[int, int]:
    """Show the fields for a neuron of the run's network; return its layer, 0 for the input, and its index in it."""
    numbers = list(range(len(layer_sizes)))
    names = layer_names(layer_sizes)
    state = st.session_state
    if state.get("network_layer") not in numbers:
        state["network_layer"] = 1
    layer = st.selectbox(
        _("Layer"), numbers, format_func=names.__getitem__, key="network_layer", persist_state="session",
        width=FIELD_WIDTH,
    )  # fmt: skip
    first = first_number(layer, layer_sizes)
    last = first + layer_sizes[layer] - 1
    return layer, whole_number(_("Neuron"), first, last, "network_neuron", width=FIELD_WIDTH) - first


def pick_clicked(layer_sizes: tuple[int, ...]) -> None:
    """Pick the neuron that was clicked on the diagram of a network with these layers."""
    click = clicked("diagram") or {}
    match click.get("customdata"):
        case [int(layer), int(neuron)]:
            st.session_state["network_layer"] = layer
            st.session_state["network_neuron"] = neuron + first_number(layer, layer_sizes)
