"""The source of what ran, beside its formulas."""

from __future__ import annotations

import functools
import inspect
from typing import Any

import streamlit as st

from digitviz.networks.activations import ACTIVATIONS
from digitviz.networks.backpropagation import loss_and_gradients
from digitviz.networks.forward import forward, softmax
from digitviz.networks.losses import LOSSES, notebook_gradient_at_logits
from digitviz.training.engines.numpy_engine import NumpyEngine
from digitviz.training.engines.torch_engine import TorchEngine
from digitviz.training.hyperparameters import Hyperparameters
from digitviz.training.optimizers import Adam, GradientDescent, Momentum

OPTIMIZERS: dict[str, Any] = {"gradient_descent": GradientDescent, "momentum": Momentum, "adam": Adam}


def show(settings: Hyperparameters) -> None:
    """Show the formulas of a step, and the very functions that take it in numpy and in torch."""
    loss = LOSSES[settings.loss].formula
    slope = (
        r"2\,(p - y)" if settings.gradient == "notebook" else rf"\partial L / \partial z_{{{len(settings.hidden) + 1}}}"
    )
    st.latex(
        rf"a = \sigma(x\,w_1), \quad p = \mathrm{{softmax}}(a\,w_2), \quad L = {loss}, \quad "
        rf"\sigma(z) = {ACTIVATIONS[settings.activation].formula}"
    )
    st.latex(
        rf"\delta_2 = {slope}, \quad \nabla w_2 = a^\top \delta_2, \quad "
        r"\delta_1 = (\delta_2\,w_2^\top) \odot \sigma'(x\,w_1), \quad \nabla w_1 = x^\top \delta_1, \quad "
        r"w \leftarrow w - \eta\,\nabla w"
    )
    st.caption(
        "The notebook's slope 2 (p - y) belongs to twice the cross-entropy, not to the squared error that it records. "
        "Both lead to about the same accuracy; choose Gradient: exact under More settings to follow the true one."
    )
    by_hand, by_autograd = st.columns(2)
    with by_hand:
        st.markdown("**numpy**, by hand")
        for part in (
            NumpyEngine.step, forward, softmax, loss_and_gradients, notebook_gradient_at_logits,
            OPTIMIZERS[settings.optimizer].update,
        ):  # fmt: skip
            st.code(_source(part), language="python")
    with by_autograd:
        st.markdown("**torch**, by autograd")
        for part in (TorchEngine.step, TorchEngine.logits, TorchEngine.advance):
            st.code(_source(part), language="python")


@functools.cache
def _source(part: Any) -> str:
    return inspect.cleandoc(inspect.getsource(part))
