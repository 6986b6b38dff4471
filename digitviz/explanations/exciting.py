"""Which digits excite a neuron most."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from digitviz.datasets import DigitDataset
from digitviz.explanations.lesions import OnProgress, unheard
from digitviz.networks.activations import ACTIVATIONS
from digitviz.networks.network import Network
from digitviz.networks.parameters import Parameters

ROWS_AT_ONCE = 1_000
"""Digits that go through the network at a time, which bounds the memory."""


def most_exciting(
    network: Network,
    layer: int,
    neuron: int,
    digits: DigitDataset,
    k: int = 10,
    on_progress: OnProgress = unheard,
) -> tuple[np.ndarray, np.ndarray]:
    """Find the digits to which a neuron answers with its largest activations.

    Parameters
    ----------
    network : Network
    layer, neuron : int
        From 0. The layer after the last hidden one is the output, where the logits are what is compared.
    digits : DigitDataset
        Where to look, such as the training digits.
    k : int
        How many; all of them if there are fewer.
    on_progress : callable, optional
        Is told the digits that are read, and how many there are; what it raises ends the computation.

    Returns
    -------
    rows : ndarray of int, shape (k,)
        Of `digits`, the most exciting first; of equal ones the first in the data set.
    activations : ndarray of float64, shape (k,)

    Raises
    ------
    ValueError
        If there is no such neuron, or `k` is below 1.
    """
    sizes = [weight.shape[1] for weight in network.parameters.weights]
    if not 0 <= layer < len(sizes):
        raise ValueError(f"layer: there is no layer {layer + 1}")
    if not 0 <= neuron < sizes[layer]:
        raise ValueError(f"neuron: layer {layer + 1} has no neuron {neuron + 1}")
    if k < 1:
        raise ValueError(f"k: {k} is below 1")
    below = replace(network, parameters=_up_to(network.parameters, layer, neuron))
    parts = [np.zeros(0)]
    for start in range(0, len(digits), ROWS_AT_ONCE):
        on_progress(start, len(digits))
        parts.append(below.logits(digits.pixels[start : start + ROWS_AT_ONCE])[:, 0])
    excited = np.concatenate(parts)
    if layer < len(sizes) - 1:
        excited = ACTIVATIONS[network.activation].function(excited)
    rows = np.argsort(-excited, kind="stable")[:k]
    return rows, excited[rows].astype(np.float64)


def _up_to(parameters: Parameters, layer: int, neuron: int) -> Parameters:
    """Return what leads to one neuron's sum, and nothing beyond: large networks have many more weights."""
    weights, biases = parameters.weights, parameters.biases
    return Parameters(
        [*weights[:layer], weights[layer][:, [neuron]]],
        None if biases is None else [*biases[:layer], biases[layer][[neuron]]],
    )
