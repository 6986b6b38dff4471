"""Training a small network in seconds, reproducibly."""

from __future__ import annotations

import numpy as np

from digitviz.networks.activations import ACTIVATIONS
from digitviz.networks.backpropagation import loss_and_gradients
from digitviz.networks.losses import LOSSES
from digitviz.networks.parameters import Parameters

BATCH = 256
BETAS = (0.9, 0.99)
WARM_UP = 0.3
"""Fraction of the steps in which the learning rate rises; in the rest it falls along a cosine."""


def fit(
    x: np.ndarray,
    targets: np.ndarray,
    hidden: int,
    *,
    epochs: int,
    rate: float,
    decay: float,
    seed: int,
    bias: bool = False,
) -> Parameters:
    """Train a relu network with one hidden layer: AdamW, cross-entropy, one cycle of the learning rate.

    Parameters
    ----------
    x : ndarray, shape (n, inputs)
        Values of the order of 1.
    targets : ndarray, shape (n, classes)
        One-hot, or probabilities.
    hidden : int
        Neurons of the hidden layer.
    epochs : int
        How often each row is seen.
    rate : float
        Highest learning rate.
    decay : float
        Weight decay.
    seed : int
    bias : bool
        Whether there are biases.

    Returns
    -------
    network : Parameters
        In float64.

    References
    ----------
    I. Loshchilov, F. Hutter, Decoupled weight decay regularization, 2019.
    L. Smith, N. Topin, Super-convergence, 2018.
    """
    rng = np.random.default_rng(seed)
    x, targets = x.astype(np.float32), targets.astype(np.float32)
    parameters = _drawn(rng, (x.shape[1], hidden, targets.shape[1]), bias)
    means = [np.zeros_like(a) for a in parameters.arrays]
    squares = [np.zeros_like(a) for a in parameters.arrays]
    batches = len(x) // BATCH
    step, steps = 0, epochs * batches
    for _ in range(epochs):
        order = rng.permutation(len(x))[: batches * BATCH].reshape(batches, BATCH)
        for rows in order:
            _, gradients = loss_and_gradients(
                parameters, x[rows], targets[rows], ACTIVATIONS["relu"], LOSSES["cross_entropy"], "exact"
            )
            now = rate * _cycle(step / steps)
            step += 1
            for weight, gradient, mean, square in zip(parameters.arrays, gradients.arrays, means, squares, strict=True):
                gradient /= BATCH
                weight -= now * (_adam(gradient, mean, square, step) + decay * weight)
    return parameters.from_arrays([a.astype(np.float64) for a in parameters.arrays])


def _drawn(rng: np.random.Generator, neurons: tuple[int, int, int], bias: bool) -> Parameters:
    """Draw initial weights for layers of so many neurons: He's spread before the relu, a smaller one after it."""
    entering, hidden, leaving = neurons
    sizes = [(entering, hidden), (hidden, leaving)]
    spreads = [np.sqrt(2 / entering), np.sqrt(1 / hidden)]
    weights = [(rng.standard_normal(s) * spread).astype(np.float32) for s, spread in zip(sizes, spreads, strict=True)]
    return Parameters(weights, [np.zeros(s[1], dtype=np.float32) for s in sizes] if bias else None)


def _adam(gradient: np.ndarray, mean: np.ndarray, square: np.ndarray, step: int) -> np.ndarray:
    """Update a gradient's running mean and mean square; return the step, not yet multiplied by the learning rate."""
    mean += (1 - BETAS[0]) * (gradient - mean)
    square += (1 - BETAS[1]) * (gradient * gradient - square)
    size = np.sqrt(square / (1 - BETAS[1] ** step)) + 1e-8
    return mean / (1 - BETAS[0] ** step) / size


def _cycle(progress: float) -> float:
    """Return the learning rate, as a fraction of the highest, at a fraction of the training."""
    if progress < WARM_UP:
        return progress / WARM_UP
    return 0.5 * (1 + np.cos(np.pi * (progress - WARM_UP) / (1 - WARM_UP)))
