"""The kinds of gradient that training can follow: the exact one, or that of the notebook.

The notebook is the classic NumPy notebook this dashboard grew from: 64-50-10, no biases, plain gradient descent.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from digitviz.language import lazy_gettext as _
from digitviz.networks.activations import Activation, Derivative
from digitviz.networks.entry import Entry
from digitviz.networks.losses import AtLogits, Loss


@dataclass(frozen=True)
class GradientKind(Entry):
    """Which derivatives of the loss and of the activation backpropagation uses.

    Parameters
    ----------
    name, title, meaning
        As of every `Entry`.
    at_logits : callable
        From a loss to the gradient at the logits.
    derivative : callable
        From an activation to its derivative. The kinds differ only at a kink: the notebook masks where h < 0, so that
        relu'(0) = 1; the exact gradient takes 0 there, as torch and textbooks do.
    """

    at_logits: Callable[[Loss], AtLogits]
    derivative: Callable[[Activation], Derivative]


def notebook_gradient_at_logits(probabilities: np.ndarray, one_hot: np.ndarray) -> np.ndarray:
    """Return what the notebook uses as the gradient: 2 (p - y), shape (n, 10).

    It treats the probabilities as if they were the logits. The result is the exact gradient of twice the
    cross-entropy, not of the squared error that the notebook records.
    """
    return 2.0 * (probabilities - one_hot)


NOTEBOOK_AT_LOGITS = AtLogits(r"2\,(p - y)", ("=2(", "−", ")"), notebook_gradient_at_logits)

GRADIENTS = {
    kind.name: kind
    for kind in (
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
}
