"""Networks with random weights, without special properties."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from digitviz.networks.network import Network
from digitviz.networks.parameters import Parameters


def made_network(hidden=(8,), activation="tanh", input_scale="raw", seed=0, biases=True) -> Network:
    """Return a network with weights that keep pre-activations near 1."""
    rng = np.random.default_rng(seed)
    sizes = (64, *hidden, 10)
    weights = [rng.normal(0, 1 / np.sqrt(n), (n, m)) for n, m in pairwise(sizes)]
    weights[0] *= 0.15 if input_scale == "raw" else 2.4
    drawn = [rng.normal(0, 0.3, m) for m in sizes[1:]] if biases else None
    return Network(Parameters(weights, drawn), activation, input_scale)
