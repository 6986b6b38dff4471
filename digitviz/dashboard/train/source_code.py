"""The source code of the executed functions, next to the formulas."""

import functools
import inspect
import textwrap
from typing import Any

import streamlit as st

from digitviz.language import gettext as _
from digitviz.networks.activations import ACTIVATIONS
from digitviz.networks.backpropagation import GRADIENTS, loss_and_gradients
from digitviz.networks.forward import forward, softmax
from digitviz.networks.losses import LOSSES
from digitviz.training.engines.numpy_engine import NumpyEngine
from digitviz.training.engines.torch_engine import TorchEngine
from digitviz.training.hyperparameters import Hyperparameters
from digitviz.training.optimizers import OPTIMIZERS


def show(settings: Hyperparameters) -> None:
    """Show the formulas of a step and the source code of the functions that execute it in NumPy and PyTorch."""
    loss, optimizer = LOSSES[settings.loss], OPTIMIZERS[settings.optimizer]
    at_logits = GRADIENTS[settings.gradient].at_logits(loss)
    st.latex(
        rf"a = \sigma(x\,w_1), \quad p = \mathrm{{softmax}}(a\,w_2), \quad L = {loss.formula}, \quad "
        rf"\sigma(z) = {ACTIVATIONS[settings.activation].formula}"
    )
    st.latex(
        rf"\delta_2 = {at_logits.formula}, \quad \nabla w_2 = a^\top \delta_2, \quad "
        r"\delta_1 = (\delta_2\,w_2^\top) \odot \sigma'(x\,w_1), \quad \nabla w_1 = x^\top \delta_1"
    )
    st.latex(optimizer.formula)
    st.caption(
        _(
            "The notebook's gradient 2 (p − y) belongs to twice the cross-entropy, not to the squared error it "
            "records. Both lead to about the same accuracy. For the true gradient, choose Gradient: exact under "
            "Settings › More settings."
        )
    )
    by_hand, by_autograd = st.columns(2)
    with by_hand:
        st.markdown(_("**numpy**, by hand"))
        step: tuple[Any, ...] = (NumpyEngine.step, NumpyEngine.update, forward, softmax, loss_and_gradients)
        for part in (*step, at_logits.function, optimizer.update):
            st.code(_source(part), language="python")
    with by_autograd:
        st.markdown(_("**torch**, by autograd"))
        for part in (TorchEngine.step, TorchEngine.logits, TorchEngine.advance):
            st.code(_source(part), language="python")


@functools.cache
def _source(part: Any) -> str:
    return textwrap.dedent(inspect.getsource(part)).strip()
