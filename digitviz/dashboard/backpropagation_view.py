"""The parts of the backpropagation page: a chosen weight, the table of factors, the step."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
import streamlit as st

from digitviz.dashboard.lesson import bare, tex, whole_number
from digitviz.dashboard.plot import plot
from digitviz.figures import gradients
from digitviz.lesson.chain_rule import ChainRule, Factor, Step

MOST_TERMS = 3
"""Products spelled out; a batch has a hundred."""


def shape(factor: Factor) -> str:
    """Write the shape of a factor in LaTeX."""
    rows, columns = factor.values.shape
    return rf"{rows} \times {columns}"


def table(factors: list[Factor]) -> None:
    """Show every factor with its letter and shape, what it is made from, and the range of its numbers."""
    lines = ["| factor | is | numbers |", "|---|---|---|"]
    for one in factors:
        made = "" if one.formula == one.letter else f" $= {one.formula}$"
        span = f"{one.values.min():.3g} … {one.values.max():.3g}"
        lines.append(rf"| $\underset{{{shape(one)}}}{{{one.letter}}}$ | {one.meaning}{made} | {span} |")
    st.markdown("\n".join(lines))


def shapes(rule: ChainRule, start: str) -> None:
    """Write the chain rule of every layer in letters, each with its shape, the last layer first."""
    last, batch = len(rule.weights), len(rule.probabilities)

    def braced(letter: str, rows: int, columns: int) -> str:
        return rf"\underbrace{{{letter}}}_{{{rows} \times {columns}}}"

    def delta(layer: int) -> str:
        return braced(rf"\delta_{layer}", batch, rule.weights[layer - 1].shape[1])

    st.latex(rf"{delta(last)} = {start}")
    for layer in range(last, 0, -1):
        entering, leaving = rule.weights[layer - 1].shape
        if layer < last:
            back = braced(rf"w_{layer + 1}^\top", rule.weights[layer].shape[1], leaving)
            slope = braced(rf"\sigma'(z_{layer})", batch, leaving)
            st.latex(rf"{delta(layer)} = \Big({delta(layer + 1)}\ {back}\Big) \odot {slope}")
        enters = braced(rf"{'x' if layer == 1 else f'a_{layer - 1}'}^\top", entering, batch)
        gradient = braced(rf"\nabla w_{layer}", entering, leaving)
        st.latex(rf"{gradient} = {enters}\ {delta(layer)}")


def step_pictures(step: Step, fingerprint: tuple[Any, ...], picked: tuple[int, int, int]) -> None:
    """Show what a step does to each weight matrix, the last first; a click picks a weight."""
    layer_now, row, column = picked

    def pick(layer: int) -> None:
        click = st.session_state[f"backpropagation_step_{layer}"].click
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


def picked_weight(sizes: list[tuple[int, int]]) -> tuple[int, int, int]:
    """Show fields for the layer, row and column of one weight; a click on a picture sets them too."""
    state = st.session_state
    names = [f"w{number}" for number in range(1, len(sizes) + 1)]
    if state.get("backpropagation_layer") not in names:
        state["backpropagation_layer"] = names[-1]
    row_of, column_of = sizes[names.index(state["backpropagation_layer"])]
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.segmented_control("Weights", names, key="backpropagation_layer", required=True, persist_state="session")
        row = whole_number("Row", 0, row_of - 1, "backpropagation_row", width=150)
        column = whole_number("Column", 0, column_of - 1, "backpropagation_column", width=150)
    return names.index(state["backpropagation_layer"]), row, column


def weight_formula(rule: ChainRule, picked: tuple[int, int, int]) -> None:
    """Spell out the gradient of one weight, in letters and in its largest products."""
    layer, row, column = picked
    entering, slopes = rule.terms(layer, row, column)
    products = entering * slopes
    largest = np.argsort(-np.abs(products), kind="stable")[:MOST_TERMS]
    enters = rf"x_{{n,{row}}}" if layer == 0 else rf"a_{{{layer},n,{row}}}"
    st.latex(
        rf"\frac{{\partial L}}{{\partial w_{{{layer + 1},{row},{column}}}}} = "
        rf"\sum_{{n=1}}^{{{len(products)}}} {enters}\ \delta_{{{layer + 1},n,{column}}}"
    )
    terms = [rf"{tex(entering[n], 3)} \cdot {tex(slopes[n], 3)}" for n in largest]
    joined = r" \\ &+ ".join(terms)
    more = r" + \dots" if len(products) > MOST_TERMS else ""
    st.latex(
        rf"\begin{{aligned}} &= {joined}{more} \\ &= {bare(rule.gradients[layer][row, column])} "
        r"\end{aligned}"
    )


def hidden_slope_formula(rule: ChainRule, layer: int, sample: int, neuron: int) -> None:
    """Spell out delta of one hidden neuron for one digit of the batch."""
    back, slope = rule.handed_back[layer][sample, neuron], rule.derivatives[layer][sample, neuron]
    st.latex(
        rf"\delta_{{{layer + 1},{sample},{neuron}}} = \Big(\sum_k \delta_{{{layer + 2},{sample},k}}\,"
        rf"w_{{{layer + 2},{neuron},k}}\Big)\,\sigma'(z_{{{layer + 1},{sample},{neuron}}})"
    )
    st.latex(rf"= {tex(back)} \cdot {tex(slope)} = {bare(rule.slopes[layer][sample, neuron])}")
