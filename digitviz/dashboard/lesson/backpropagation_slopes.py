"""The step of the backpropagation page on the derivative of each activation."""

from __future__ import annotations

from functools import partial

import numpy as np
import streamlit as st

from digitviz.dashboard.components.plot import plot
from digitviz.dashboard.lesson.numbers import tex_of
from digitviz.dashboard.lesson.page import notebook_remark
from digitviz.figures.gradients import activation_derivatives
from digitviz.language import gettext as _
from digitviz.networks.activations import ACTIVATIONS

HEIGHT = 400


def derivatives(usual: str) -> None:
    """Show every activation with its derivative, one of them in numbers; `usual` is the run's own."""
    curves, words = st.columns([3, 2], gap="medium")
    with words:
        name = st.selectbox(
            _("Activation"), list(ACTIVATIONS), list(ACTIVATIONS).index(usual), key="backpropagation_bend",
            format_func=lambda name: str(ACTIVATIONS[name].title), persist_state="session",
        )  # fmt: skip
        z = st.slider(
            _("Pre-activation z"), -5.0, 5.0, 1.0, 0.1, key="backpropagation_z", persist_state="session"
        )  # fmt: skip
        activation = ACTIVATIONS[name]
        value, derivative = (tex_of(float(part)) for part in activation.value_and_derivative(np.array(z)))
        st.latex(
            rf"\begin{{aligned}} \sigma(z) &= {activation.formula} \\ \sigma'(z) &= {activation.derivative_formula} \\"
            rf"\sigma({tex_of(z)}) &= {value} \\ \sigma'({tex_of(z)}) &= {derivative} \end{{aligned}}"
        )
        st.caption(_("A ReLU neuron below zero learns nothing from that digit."))
        if activation.derivative_from_the_right is not None:
            _at_the_corner(float(activation.value_and_derivative(np.array(0.0))[1]))
    with curves:
        picture = partial(activation_derivatives.plain, name, z)
        plot("backpropagation_slopes", (name, z), picture, height=HEIGHT, main=True)


def _at_the_corner(derivative: float) -> None:
    st.sidebar.caption(
        _(
            "At z = 0 its curve has a corner and no derivative. By convention we use {derivative} there, as torch does."
        ).format(derivative=f"{derivative:g}")
    )
    with st.sidebar:
        notebook_remark(_("At z = 0, where the curve has a corner, the notebook's own gradient takes 1 as derivative."))
