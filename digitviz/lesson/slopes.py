"""The derivatives of the activations, in letters and in numbers."""

from __future__ import annotations

import numpy as np

from digitviz.networks.activations import ACTIVATIONS, LEAK

DERIVATIVES = {
    "relu": r"1 \text{ if } z > 0, \text{ else } 0",
    "leaky_relu": rf"1 \text{{ if }} z > 0, \text{{ else }} {LEAK}",
    "sigmoid": r"\sigma(z)\,(1 - \sigma(z))",
    "tanh": r"1 - \tanh^2 z",
    "identity": "1",
}
"""sigma'(z) of each activation, in LaTeX."""


def value_and_slope(activation: str, z: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return what an activation gives for sums `z`, and its slope there, both of the shape of `z`."""
    bend = ACTIVATIONS[activation]
    a = bend.function(np.asarray(z, float))
    return a, bend.derivative(np.asarray(z, float), a)
