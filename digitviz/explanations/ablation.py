"""Ablation: remove neurons, cut small weights, set single weights, and measure the resulting network."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

import numpy as np

from digitviz.datasets import DigitDataset
from digitviz.explanations.progress import OnProgress, ignore_progress, in_turn
from digitviz.networks.activations import ACTIVATIONS
from digitviz.networks.forward import forward
from digitviz.networks.network import Network
from digitviz.networks.parameters import Parameters
from digitviz.training.hyperparameters import Hyperparameters
from digitviz.training.setup import summed_loss


def ablate(network: Network, layer: int, neurons: Iterable[int]) -> Network:
    """Return the network with some hidden neurons silenced. Their weights to the next layer are 0.

    Parameters
    ----------
    network : Network
    layer : int
        Index of the hidden layer, from 0.
    neurons : iterable of int
        Indices in that layer, from 0.

    Raises
    ------
    ValueError
        If there is no such hidden layer or neuron.
    """
    outgoing = _outgoing(network, layer)
    silent = sorted(set(neurons))
    if silent and not 0 <= silent[0] <= silent[-1] < len(outgoing):
        raise ValueError(f"neurons: layer {layer} has {len(outgoing)}, numbered from 0")
    cut = outgoing.copy()
    cut[silent] = 0.0
    return _with_weights(network, {layer + 1: cut})


def ablation_accuracies(
    network: Network, layer: int, digits: DigitDataset, on_progress: OnProgress = ignore_progress
) -> np.ndarray:
    """Return the accuracy without each neuron of a hidden layer, one at a time, 0 to 1, shape (neurons,).

    Parameters
    ----------
    network : Network
    layer : int
        Index of the hidden layer, from 0.
    digits : DigitDataset
    on_progress : callable, optional
        Called before each neuron with (done, total).

    Raises
    ------
    ValueError
        If there is no such hidden layer.
    """
    outgoing = _outgoing(network, layer)
    activation = ACTIVATIONS[network.activation]
    weights, biases = network.parameters.weights[layer + 2 :], network.parameters.biases
    rest = Parameters(weights, None if biases is None else biases[layer + 2 :])

    def accuracy(neuron: int) -> float:
        z = above - np.outer(outputs[:, neuron], outgoing[neuron])
        logits = forward(rest, activation, activation.function(z))[0][-1] if weights else z
        return float(np.mean(logits.argmax(axis=1) == digits.labels))

    with np.errstate(over="ignore", invalid="ignore"):  # a diverged network gives inf and nan
        pre_activations, inputs = network.layers(digits.pixels)
        above, outputs = pre_activations[layer + 1], inputs[layer + 1]
        return in_turn(accuracy, range(len(outgoing)), on_progress)


def accuracies(
    change: Callable[[Any], Network],
    values: Iterable[Any],
    digits: DigitDataset,
    on_progress: OnProgress = ignore_progress,
) -> np.ndarray:
    """Return the accuracy of a changed network for each value of the change, 0 to 1, shape (values,).

    Parameters
    ----------
    change : callable
        Returns the changed network for a value, such as the number of silenced neurons, or the fraction of cut weights.
    values : iterable
    digits : DigitDataset
    on_progress : callable, optional
        Called before each measurement with (done, total).

    Raises
    ------
    ValueError
        If there is no such hidden layer or neuron.
    """
    return in_turn(lambda value: change(value).accuracy(digits.pixels, digits.labels), values, on_progress)


def prune(network: Network, fraction: float) -> Network:
    """Return the network with its smallest weights set to 0. Biases stay unchanged.

    Parameters
    ----------
    network : Network
    fraction : float
        Fraction of all weights, 0 to 1, rounded to whole weights. Among equal weights, w1 comes first.

    Raises
    ------
    ValueError
        If the fraction is not between 0 and 1.

    References
    ----------
    S. Han, J. Pool, J. Tran, W. Dally, Learning both weights and connections for efficient neural networks, 2015.
    """
    if not 0 <= fraction <= 1:
        raise ValueError(f"fraction: {fraction} is not between 0 and 1")
    weights = network.parameters.weights
    flat = np.concatenate([weight.ravel() for weight in weights])
    flat[_smallest(np.abs(flat), round(fraction * len(flat)))] = 0.0
    parts = np.split(flat, np.cumsum([weight.size for weight in weights])[:-1])
    return _with_weights(network, {k: part.reshape(weights[k].shape) for k, part in enumerate(parts)})


def accuracy_and_loss(network: Network, digits: DigitDataset, loss: str | Hyperparameters) -> tuple[float, float]:
    """Return a network's accuracy, 0 to 1, and its mean loss per digit. The loss is nan or inf if it diverged.

    Parameters
    ----------
    network : Network
    digits : DigitDataset
    loss : str or Hyperparameters
        Same as in `summed_loss`.
    """
    logits = network.logits(digits.pixels)
    with np.errstate(over="ignore", invalid="ignore"):
        mean = summed_loss(logits, digits.labels, loss) / len(digits)
    return float(np.mean(logits.argmax(axis=1) == digits.labels)), mean


def set_weight(network: Network, layer: int, row: int, column: int, value: float) -> Network:
    """Return the network with one weight set to a value.

    Parameters
    ----------
    network : Network
    layer : int
        Index of the matrix, from 0: 0 is w1.
    row, column : int
        From 0.
    value : float
    """
    changed = network.parameters.weights[layer].copy()
    changed[row, column] = value
    return _with_weights(network, {layer: changed})


def _smallest(sizes: np.ndarray, count: int) -> np.ndarray:
    """Return a mask of the `count` smallest, the first among equals, without sorting up to 800,000 weights."""
    if not 0 < count < len(sizes):
        return np.full(len(sizes), count > 0)
    largest = np.partition(sizes, count - 1)[count - 1]
    chosen = sizes < largest
    chosen[np.flatnonzero(sizes == largest)[: count - np.count_nonzero(chosen)]] = True
    return chosen


def _outgoing(network: Network, layer: int) -> np.ndarray:
    hidden = len(network.parameters.weights) - 1
    if not 0 <= layer < hidden:
        raise ValueError(f"layer: {layer} is not one of the {hidden} hidden layers")
    return network.parameters.weights[layer + 1]


def _with_weights(network: Network, changed: dict[int, np.ndarray]) -> Network:
    weights = [changed.get(k, weight) for k, weight in enumerate(network.parameters.weights)]
    return replace(network, parameters=Parameters(weights, network.parameters.biases))
