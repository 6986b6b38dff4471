"""Which digit and which cell of the forward pass are followed: fields, and clicks on the matrices."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from digitviz.dashboard.components.plot import clicked
from digitviz.dashboard.lesson.page import whole_number
from digitviz.figures.forward import counted_from
from digitviz.language import gettext as _
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
            _("Hidden layer shown"), range(count), key="forward_hidden", persist_state="session",
            format_func=lambda layer: _("hidden layer {number}").format(number=layer + 1),
        )
    )  # fmt: skip


def cell(names: Sequence[str], widths: Sequence[int]) -> tuple[int, int]:
    """Show the fields for a cell: which matrix of pre-activations, and its column.

    Parameters
    ----------
    names : sequence of str
        Of the matrices of pre-activations: ["z1", "z2"]. The columns of the last are digits, those of others neurons.
    widths : sequence of int
        How many columns each has.

    Returns
    -------
    (int, int)
        The place in `names`, and the column, from 0.
    """
    state = st.session_state
    if state.get("forward_sum") not in names:
        state["forward_sum"] = names[0]
    with st.container(horizontal=True):
        name = st.selectbox(_("Matrix"), names, key="forward_sum", persist_state="session", width=100)
        which = names.index(name)
        of_digits = which == len(names) - 1
        first = counted_from("digit" if of_digits else "neuron")
        label = _("Digit") if of_digits else _("Neuron")
        column = whole_number(label, first, first + widths[which] - 1, "forward_column")
    return which, column - first


def pick_clicked(panels: Sequence[tuple[str | None, bool]]) -> None:
    """Take the cell that was clicked.

    Parameters
    ----------
    panels : sequence of (str or None, bool)
        For each matrix in the picture, the pre-activations that its columns belong to, if any, and whether its rows are
        digits of the batch.
    """
    click = clicked("forward")
    if click is None or not 0 <= click["curveNumber"] < len(panels):
        return
    name, of_batch = panels[click["curveNumber"]]
    if name is not None:
        st.session_state["forward_sum"] = name
        st.session_state["forward_column"] = round(click["x"])
    if of_batch:
        st.session_state["forward_row"] = round(click["y"])
