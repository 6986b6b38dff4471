"""The parts of the backpropagation page: a chosen weight, the table of factors, the step."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
import streamlit as st

from digitviz.dashboard.components.choice import choice
from digitviz.dashboard.components.plot import clicked, plot
from digitviz.dashboard.lesson.formulas import bare, tex
from digitviz.dashboard.lesson.page import whole_number
from digitviz.figures import gradients
from digitviz.lesson.chain_rule import ChainRule, Step

MOST_TERMS = 3
"""Products that are written out; a batch has a hundred."""
ROW_HEIGHT = 155
"""Height of an equation in pictures, in pixels."""


def chain(rule: ChainRule, fingerprint: tuple[Any, ...]) -> None:
    """Show the chain rule in pictures, and enlarge the factor picked by a click or the slider."""
    equations, factors = rule.equations(), rule.factors()
    letters, state = [factor.letter for factor in factors], st.session_state
    state["backpropagation_factor"] = min(state.get("backpropagation_factor", 0), len(factors) - 1)

    def pick() -> None:
        click = clicked("backpropagation_chain")
        parts = [part for equation in equations for part in equation]
        if click is not None and 0 <= click["curveNumber"] < len(parts):
            state["backpropagation_factor"] = letters.index(parts[click["curveNumber"]].factor.letter)

    pictures, large = st.columns([3, 2], gap="large")
    with large:
        place = st.select_slider(
            "Step through the backward pass", range(len(factors)), key="backpropagation_factor",
            persist_state="session", format_func=lambda place: f"{place + 1}: {factors[place].meaning}",
        )  # fmt: skip
        shown = factors[place]
        rows, columns = shown.values.shape
        st.latex(
            rf"\underset{{{rows} \times {columns}}}{{{shown.letter}}}" + f" = {shown.formula}" * bool(shown.formula)
        )
        plot("backpropagation_factor_picture", (*fingerprint, place), partial(gradients.factor, shown), height=330)
        st.caption(f"From {shown.values.min():.3g} to {shown.values.max():.3g}.")
    with pictures:
        plot(
            "backpropagation_chain",
            (*fingerprint, place),
            partial(gradients.chain_rule, equations, shown.letter),
            height=ROW_HEIGHT * len(equations),
            on_click=pick,
        )


def step_pictures(step: Step, fingerprint: tuple[Any, ...], picked: tuple[int, int, int]) -> None:
    """Show what a step does to each weight matrix, the last first; a click picks a weight."""
    layer_now, row, column = picked

    def pick(layer: int) -> None:
        click = clicked(f"backpropagation_step_{layer}")
        if click is not None:
            st.session_state["backpropagation_layer"] = f"w{layer + 1}"
            st.session_state["backpropagation_row"] = int(click["y"])
            st.session_state["backpropagation_column"] = int(click["x"])

    for layer in reversed(range(len(step.before.weights))):
        marked = (row, column) if layer == layer_now else None
        plot(
            f"backpropagation_step_{layer}",
            (*fingerprint, marked),
            partial(gradients.one_step, step, layer, marked),
            height=600 if layer else 720,
            on_click=partial(pick, layer),
        )


def picked_weight(gradients: list[np.ndarray]) -> tuple[int, int, int]:
    """Show fields for the layer, row and column of one weight; a click on a picture sets them too.

    They open, in each layer, on the weight whose gradient is largest.

    Parameters
    ----------
    gradients : list of ndarray
        Of each weight matrix.
    """
    state = st.session_state
    names = [f"w{number}" for number in range(1, len(gradients) + 1)]

    def largest_gradient() -> None:
        sizes = np.abs(np.nan_to_num(gradients[names.index(state["backpropagation_layer"])]))
        place = np.unravel_index(sizes.argmax(), sizes.shape)
        state["backpropagation_row"], state["backpropagation_column"] = map(int, place)

    if state.get("backpropagation_layer") not in names:
        state["backpropagation_layer"] = names[-1]
        largest_gradient()
    row_of, column_of = gradients[names.index(state["backpropagation_layer"])].shape
    with st.container(horizontal=True, vertical_alignment="bottom"):
        choice("Weights", names, default=names[-1], key="backpropagation_layer", on_change=largest_gradient)
        row = whole_number("Row", 0, row_of - 1, "backpropagation_row", width=150)
        column = whole_number("Column", 0, column_of - 1, "backpropagation_column", width=150)
    return names.index(state["backpropagation_layer"]), row, column


def weight_formula(rule: ChainRule, picked: tuple[int, int, int]) -> None:
    """Write out the gradient of one weight, in letters and in its largest products."""
    layer, row, column = picked
    entering, deltas = rule.terms(layer, row, column)
    products = entering * deltas
    largest = np.argsort(-np.abs(products), kind="stable")[:MOST_TERMS]
    enters = rf"x_{{n,{row}}}" if layer == 0 else rf"a_{{{layer},n,{row}}}"
    st.latex(
        rf"\nabla w_{{{layer + 1},{row},{column}}} = "
        rf"\sum_{{n=1}}^{{{len(products)}}} {enters}\ \delta_{{{layer + 1},n,{column}}}"
    )
    terms = [rf"{tex(entering[n], 3)} \cdot {tex(deltas[n], 3)}" for n in largest]
    joined = r" \\ &+ ".join(terms)
    more = r" + \dots" if len(products) > MOST_TERMS else ""
    st.latex(
        rf"\begin{{aligned}} &= {joined}{more} \\ &= {bare(rule.gradients[layer][row, column])} "
        r"\end{aligned}"
    )


def hidden_delta_formula(rule: ChainRule, layer: int, sample: int, neuron: int) -> None:
    """Write out the delta of one hidden neuron for one digit of the batch."""
    back, derivative = rule.handed_back[layer][sample, neuron], rule.derivatives[layer][sample, neuron]
    st.latex(
        rf"\delta_{{{layer + 1},{sample},{neuron}}} = \Big(\sum_k \delta_{{{layer + 2},{sample},k}}\,"
        rf"w_{{{layer + 2},{neuron},k}}\Big)\,\sigma'(z_{{{layer + 1},{sample},{neuron}}})"
    )
    st.latex(rf"= {tex(back)} \cdot {tex(derivative)} = {bare(rule.deltas[layer][sample, neuron])}")
