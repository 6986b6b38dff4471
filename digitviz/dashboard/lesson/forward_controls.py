"""The picked cell of the forward pass: a digit of the batch, and a neuron of a layer."""

from __future__ import annotations

import streamlit as st

from digitviz.dashboard.components.plot import clicked
from digitviz.dashboard.lesson.page import whole_number
from digitviz.training.hyperparameters import Hyperparameters


def hidden_layer(settings: Hyperparameters) -> int | None:
    """Return which hidden layer is shown, from 0; None if there is none. A choice is offered when there are several."""
    count = len(settings.hidden)
    if count < 2:
        return 0 if count else None
    if st.session_state.get("forward_hidden") not in range(count):
        st.session_state["forward_hidden"] = 0
    return int(
        st.selectbox(
            "Hidden layer shown", range(count), format_func=lambda layer: f"hidden {layer + 1}", key="forward_hidden",
            persist_state="session",
        )
    )  # fmt: skip


def cell(names: list[str], widths: list[int]) -> tuple[int, int]:
    """Show the fields for a cell: which matrix of pre-activations, and its column.

    Parameters
    ----------
    names : list of str
        Of the matrices of pre-activations: ["h", "y"].
    widths : list of int
        How many columns each has.

    Returns
    -------
    (int, int)
        The place in `names`, and the column.
    """
    state = st.session_state
    if state.get("forward_sum") not in names:
        state["forward_sum"] = names[0]
    with st.container(horizontal=True):
        name = st.selectbox("Matrix", names, key="forward_sum", persist_state="session", width=110)
        which = names.index(name)
        column = whole_number("Column", 0, widths[which] - 1, "forward_column")
    return which, column


def pick_clicked(panels: list[str | None]) -> None:
    """Take the cell that was clicked.

    Parameters
    ----------
    panels : list of str or None
        For each matrix in the picture, the pre-activations that its columns belong to.
    """
    click = clicked("forward")
    if click is None or not 0 <= click["curveNumber"] < len(panels):
        return
    panel = click["curveNumber"]
    st.session_state["forward_sum"] = panels[panel]
    st.session_state["forward_column"] = round(click["x"])
    if panel > 0:  # the rows of the first are weights, those of all others are digits
        st.session_state["forward_row"] = round(click["y"])
