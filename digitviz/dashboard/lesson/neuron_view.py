"""One neuron: as a nerve cell, on paper, as a sum, and its activation."""

from __future__ import annotations

import numpy as np
import streamlit as st

from digitviz import figures
from digitviz.dashboard.components.plot import plot
from digitviz.dashboard.lesson.formulas import bare, in_color, sum_of, tex, times
from digitviz.dashboard.lesson.neuron_controls import Controls, Neuron
from digitviz.language import gettext as _


def cell_and_model(neuron: Neuron, controls: Controls) -> None:
    """Show a nerve cell, the perceptron beside it, and what moves it."""
    firing = neuron.firing
    brain, paper = st.columns(2, gap="large")
    with brain:
        st.markdown(_("**In the brain**"))
        plot("brain", None, figures.biological_neuron.plain, height=214)
    with paper:
        st.markdown(_("**On paper: the perceptron**"))
        plot(
            "perceptron",
            neuron.fingerprint,
            lambda: figures.perceptron.plain(
                neuron.inputs, neuron.weights, firing.products.tolist(), neuron.bias, firing.z, firing.output,
                str(neuron.activation.title),
            ),
            height=214, main=True,
        )  # fmt: skip
    controls.strip(len(neuron.inputs))
    with st.container(key="neuron_remarks"):
        _remarks(neuron)


def _remarks(neuron: Neuron) -> None:
    """Explain numbers that are too large, and those that leave nothing but the bias."""
    if not np.isfinite(neuron.firing.z):
        st.warning(
            _(
                "z is beyond the largest number that a computer can hold, about 1.8 × 10³⁰⁸: it becomes infinite or, "
                "with two infinities of opposite sign, not a number (nan). Choose smaller numbers."
            )
        )
    elif not any(neuron.weights):
        st.info(_("Every weight is zero, so the neuron is deaf: whatever the inputs, z is the bias."))
    elif not any(neuron.inputs):
        st.info(_("Every input is zero: whatever the weights, z is the bias."))


def sum_and_activation(neuron: Neuron, controls: Controls) -> None:
    """Show the formulas with their numbers, and the curve of the activation."""
    formulas, curve = st.columns([2, 3], gap="large")
    with formulas:
        _formulas(neuron)
    with curve:
        z = neuron.firing.z
        plot(
            "activation",
            neuron.fingerprint,
            lambda: figures.activation_curves.plain(neuron.activation, z),
            height=244,
            main=True,
        )
        if np.isfinite(z) and abs(z) > figures.MAX_Z:
            st.caption(_("The current z lies too far out to be drawn."))
    controls.strip(len(neuron.inputs))


def _formulas(neuron: Neuron) -> None:
    firing = neuron.firing
    z, a = in_color("z", figures.ADDS), in_color("a", figures.SENDS)
    x_i, w_i = in_color("x_i", figures.RECEIVES), in_color("w_i", figures.PASSES)
    st.latex(
        rf"{z} = \sum_i {x_i}\,{w_i} + b, \qquad {a} = \sigma({z})",
        help=_("The letters are those of M. Nielsen, *Neural Networks and Deep Learning*, 2015."),
    )
    terms = [times(x, w) for x, w in zip(neuron.inputs, neuron.weights, strict=True)]
    total, output = in_color(bare(firing.z), figures.ADDS), in_color(bare(firing.output), figures.SENDS)
    st.latex(sum_of(z, [*terms, *[tex(neuron.bias)] * bool(neuron.bias)], total))
    none = _("none")
    derivative = bare(firing.derivative) if np.isfinite(firing.derivative) else rf"\text{{{none}}}"
    lines = r" \\ ".join(
        [
            rf"\sigma(z) = {neuron.activation.formula}",
            rf"{a} = \sigma({total}) = {output}",
            rf"\sigma'({total}) = {derivative}",
        ]
    )
    st.latex(rf"\begin{{gathered}} {lines} \end{{gathered}}")
