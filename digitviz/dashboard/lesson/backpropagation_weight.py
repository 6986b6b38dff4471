"""Steps of the backpropagation page on one weight: what its gradient adds up, and what a step makes of it."""

from __future__ import annotations

from functools import partial

import numpy as np
import streamlit as st

from digitviz.dashboard.components.plot import clicked, plot
from digitviz.dashboard.lesson.backpropagation_batch import Place, ShownBatch, pick_cell
from digitviz.dashboard.lesson.numbers import decimals_for, fixed, in_brackets, tex_of, written
from digitviz.figures import gradients
from digitviz.language import gettext as _
from digitviz.lesson.chain_rule import ChainRule, Step, one_step, sides_of_weights
from digitviz.networks.losses import LOSSES

MOST_TERMS = 3
"""Products that are written out; a batch has a hundred."""
HEIGHT = 410
RATES = (0.1, 1.0, 10.0, 100.0, 1_000.0, 10_000.0)
"""Multiples of the run's learning rate."""


def _pick(key: str, layer: int) -> None:
    click = clicked(key)
    if click is not None:
        pick_cell(layer, click["x"], click["y"])


def gradient_of_a_weight(shown: ShownBatch) -> None:
    """Show the gradient of the picked weight's matrix, and write out the products that this weight's adds up."""
    layer, row, column = shown.picked
    letter = rf"\nabla w_{layer + 1}"
    picture, formulas = st.columns([3, 2], gap="medium")
    with picture:
        factor = next(factor for factor in shown.rule.factors() if factor.letter == letter)
        plot(
            "backpropagation_gradient",
            (*shown.moment, *shown.picked),
            partial(gradients.factor.plain, factor, (row, column)),
            height=HEIGHT,
            on_click=partial(_pick, "backpropagation_gradient", layer),
            main=True,
        )
    with formulas:
        _sum_of_products(shown.rule, shown.picked, shown.weight_letter)
        with st.container(key="backpropagation_hidden"):  # always there, so that the pictures below are not rebuilt
            if layer + 1 < len(shown.parameters.weights):
                number = 1
                if len(shown.batch) > 1:
                    number = st.slider(_("Digit i of the batch"), 1, len(shown.batch), key="backpropagation_sample")
                _hidden_delta(shown.rule, layer, number, column)


def _sum_of_products(rule: ChainRule, picked: Place, weight: str) -> None:
    layer, row, column = picked
    entering, deltas = rule.terms(layer, row, column)
    products = entering * deltas
    largest = np.argsort(-np.abs(products), kind="stable")[:MOST_TERMS]
    down, across = sides_of_weights(layer, len(rule.weights))
    enters = rf"x_{{i,{row + down.first}}}" if layer == 0 else rf"a_{{{layer},i,{row + down.first}}}"
    terms = [rf"{_factor(entering[n])} \cdot {_factor(deltas[n])}" for n in largest]
    joined = r" \\ &+ ".join(terms)
    more = r" + \dots" if len(products) > MOST_TERMS else ""
    st.latex(
        rf"\begin{{aligned}} \nabla {weight} &= "
        rf"\sum_{{i=1}}^{{{len(products)}}} {enters}\ \delta_{{{layer + 1},i,{column + across.first}}} \\"
        rf"&= {joined}{more} \\ &= {tex_of(rule.gradients[layer][row, column])} \end{{aligned}}"
    )


def _hidden_delta(rule: ChainRule, layer: int, number: int, column: int) -> None:
    """Write out the delta of one hidden neuron for one digit of the batch, counted from 1."""
    n, neuron = number - 1, column + 1
    back, derivative = rule.handed_back[layer][n, column], rule.derivatives[layer][n, column]
    st.latex(
        rf"\begin{{aligned}} \delta_{{{layer + 1},{number},{neuron}}} = \Big(& "
        rf"\sum_k \delta_{{{layer + 2},{number},k}}\,"
        rf"w_{{{layer + 2},{neuron},k}}\Big)\,\sigma'(z_{{{layer + 1},{number},{neuron}}}) \\"
        rf"=\; & {_factor(back)} \cdot {_factor(derivative)} = {{{tex_of(rule.deltas[layer][n, column])}}} "
        rf"\end{{aligned}}"
    )


def _factor(value: float) -> str:
    return in_brackets(tex_of(value))


def step_on_a_batch(shown: ShownBatch) -> None:
    """Show what one step does to the loss, to the weights of a layer, and to the picked weight."""
    layer, row, column = shown.picked
    picture, moved = st.columns([3, 2], gap="medium")
    with moved:
        usual = shown.settings.learning_rate
        rate = usual * st.select_slider(
            _("Learning rate η"), RATES, 1.0, key="backpropagation_rate", persist_state="session",
            format_func=lambda times: written(times * usual, 3),
        )  # fmt: skip
        step = one_step(shown.parameters, shown.batch, *shown.how, rate)
        _losses(step)
        with st.container(key="backpropagation_stuck"):  # always there, so that the pictures are not rebuilt
            if not any(gradient.any() for gradient in shown.rule.gradients):
                st.info(
                    _("Every gradient is 0: no error reaches the weights, and no step, however long, changes them.")
                )
            elif step.loss_after > step.loss_before:
                st.caption(_("The step is too long: it overshoots, and the loss rises."))
        st.latex(
            rf"\begin{{aligned}} L &= {LOSSES[shown.settings.loss].formula} \\"
            r"w &\leftarrow w - \eta\,\nabla w \end{aligned}"
        )
        _moved_weight(step, shown.picked, rate, shown.weight_letter)
    with picture:
        key = f"backpropagation_step_{layer}"
        plot(
            key,
            (*shown.moment, rate, row, column),
            partial(gradients.one_step.plain, step, layer, (row, column)),
            height=HEIGHT,
            on_click=partial(_pick, key, layer),
            main=True,
        )


def _losses(step: Step) -> None:
    """Show both losses and their difference, with as many decimals as it takes to see the difference."""
    change = step.loss_after - step.loss_before
    decimals = max(decimals_for(step.loss_before, 3), min(decimals_for(change, 2), 12))
    before, after = (fixed(loss, decimals) for loss in (step.loss_before, step.loss_after))
    head = " | ".join([_("Loss before"), _("Loss after"), _("Change")])
    st.markdown(f"| {head} |\n|---:|---:|---:|\n| {before} | {after} | {'+' * (change > 0)}{fixed(change, decimals)} |")


def _moved_weight(step: Step, place: Place, rate: float, letter: str) -> None:
    layer, row, column = place
    before, derivative, after = (part.weights[layer][row, column] for part in (step.before, step.gradient, step.after))
    decimals = max(decimals_for(before, 3), min(decimals_for(after - before, 3), 12))
    start, end = (fixed(weight, decimals).replace("−", "-").replace(",", "{,}") for weight in (before, after))
    st.latex(
        rf"\begin{{aligned}} {letter} \leftarrow\; & {{{start}}} \\"
        rf"& - {tex_of(rate)} \cdot {_factor(derivative)} \\ =\; & {{{end}}} \end{{aligned}}"
    )
