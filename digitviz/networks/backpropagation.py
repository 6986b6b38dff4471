"""Handwritten backpropagation, and the kinds of gradient that training can follow."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from digitviz.language import lazy_gettext as _
from digitviz.networks.activations import Activation, Derivative
from digitviz.networks.entry import Entry, by_name
from digitviz.networks.forward import forward, softmax
from digitviz.networks.losses import AtLogits, Loss
from digitviz.networks.parameters import Parameters


def loss_and_gradients(
    parameters: Parameters, x: np.ndarray, one_hot: np.ndarray, activation: Activation, loss: Loss, gradient: str
) -> tuple[float, Parameters]:
    """Compute the loss of a batch and its gradient with respect to every weight and bias.

    Parameters
    ----------
    parameters : Parameters
    x : ndarray, shape (batch, inputs)
        Inputs of the network (scaled pixels).
    one_hot : ndarray, shape (batch, classes)
        1 at the label, else 0.
    activation : Activation
    loss : Loss
    gradient : str
        A name in `GRADIENTS`. "exact" is the gradient of `loss`, with relu'(0) = 0. "notebook" is the gradient of the
        classic NumPy notebook this dashboard grew from: 2 (p - y) at the logits, and relu'(0) = 1.

    Returns
    -------
    loss : float
        Summed over the batch.
    gradient : Parameters
        One array per array of `parameters`.
    """
    pre_activations, inputs = forward(parameters, activation, x)
    probabilities = softmax(pre_activations[-1])
    value = loss.value(pre_activations[-1], probabilities, one_hot)

    kind = GRADIENTS[gradient]
    derivative = kind.derivative(activation)
    delta = kind.at_logits(loss).function(probabilities, one_hot)  # the gradient at a layer's pre-activations
    weight_gradients: list[np.ndarray] = []
    bias_gradients: list[np.ndarray] = []
    for layer in reversed(range(len(parameters.weights))):
        weight_gradients.insert(0, inputs[layer].T @ delta)
        if parameters.biases is not None:
            bias_gradients.insert(0, delta.sum(axis=0))
        if layer > 0:  # back through the weights, then through the activation below them
            delta = delta @ parameters.weights[layer].T
            delta *= derivative(pre_activations[layer - 1], inputs[layer])
    return value, Parameters(weight_gradients, bias_gradients or None)


@dataclass(frozen=True)
class GradientKind(Entry):
    """The derivatives of loss and activation that backpropagation uses.

    Parameters
    ----------
    name, title, meaning
        See `Entry`.
    at_logits : callable
        Maps a loss to the gradient at the logits.
    derivative : callable
        Maps an activation to its derivative. The kinds differ only at a kink: the notebook masks h < 0, so relu'(0) is
        1; the exact gradient takes 0, as torch and textbooks do.
    """

    at_logits: Callable[[Loss], AtLogits]
    derivative: Callable[[Activation], Derivative]


def notebook_gradient_at_logits(probabilities: np.ndarray, one_hot: np.ndarray) -> np.ndarray:
    """Return the notebook's gradient at the logits: 2 (p - y), shape (n, 10).

    The notebook treats the probabilities as if they were the logits. The result is the exact gradient of twice the
    cross-entropy, not of the squared error that the notebook records.
    """
    return 2.0 * (probabilities - one_hot)


_NOTEBOOK_CODE = """\
def notebook_gradient(probabilities, y):
    return 2 * (probabilities - y)"""
NOTEBOOK_AT_LOGITS = AtLogits(r"2\,(p - y)", ("=2(", "−", ")"), notebook_gradient_at_logits, _NOTEBOOK_CODE)

GRADIENTS = by_name(
    GradientKind(
        "notebook",
        _("as in the notebook"),
        _("2 (p − y) at the logits, the gradient of twice the cross-entropy"),
        lambda loss: NOTEBOOK_AT_LOGITS,
        lambda activation: activation.derivative_from_the_right or activation.derivative,
    ),
    GradientKind(
        "exact",
        _("exact"),
        _("the gradient of the loss"),
        lambda loss: loss.at_logits,
        lambda activation: activation.derivative,
    ),
)
