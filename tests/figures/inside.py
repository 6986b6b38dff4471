"""Samples of pictures of the inside of a network."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import plotly.graph_objects as go

from digitviz import DigitDataset, Network, figures
from digitviz.explanations.geometry import border_plane, vector_walk, walk_plane


def of_the_inside(network: Network, digits: DigitDataset) -> dict[str, tuple[Callable[[], go.Figure], str]]:
    """Return pictures of the inside of a network, each with text that its sentence must contain."""
    x, labels = digits.pixels[:30], digits.labels[:30]
    walk, plane = vector_walk(network, x[3]), walk_plane(network, x)
    below, states = network.parameters.weights[0], network.hidden(x)[-1]
    three = border_plane(network, x[:3], resolution=10)
    most = np.bincount(three.labels.ravel()).max() / 100
    return {
        "walk_picture": (
            lambda: figures.walk_picture(walk, plane, below, states, labels, x[3], "ReLU"),
            f"A walk of {np.count_nonzero(x[3])} steps",
        ),
        "border_regions": (lambda: figures.border_regions(three, x[:3], [0, 1, 2]), f"at {most:.0%}"),
    }  # fmt: skip
