"""How little it takes to change an answer: one pixel, or a little ink."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from digitviz.datasets import PIXEL_MAX
from digitviz.networks.activations import ACTIVATIONS
from digitviz.networks.forward import forward, softmax
from digitviz.networks.network import INPUT_SCALES, Network
from digitviz.networks.parameters import INPUTS

MOST_NUMBERS = 4_000_000
"""Of activations at a time, which bounds the memory: 32 MB."""
FINEST = 0.01
"""Distance between the step sizes that are tried, in ink of 0 to 16."""


@dataclass(frozen=True, eq=False)
class PixelFlips:
    """What a network reads when one pixel is changed.

    Parameters
    ----------
    answers : ndarray of int, shape (n,)
        To the digits as they are.
    changed : ndarray of int8, shape (n, 2, 8, 8)
        With each pixel without ink, then with each pixel full of ink.
    """

    answers: np.ndarray
    changed: np.ndarray

    @property
    def flips(self) -> np.ndarray:
        """Where the answer is another, bool, shape (n, 2, 8, 8)."""
        return np.asarray(self.changed != self.answers[:, None, None, None])

    @property
    def exist(self) -> np.ndarray:
        """Which digits have such a pixel, bool, shape (n,)."""
        exist: np.ndarray = np.any(self.flips, axis=(1, 2, 3))
        return exist


def flip_pixel(
    network: Network, digits: np.ndarray, on_progress: Callable[[int, int], object] | None = None
) -> PixelFlips:
    """Change each pixel to 0 and to 16, one at a time, and read the digit again.

    Parameters
    ----------
    network : Network
    digits : ndarray, shape (n, 64) or (64,)
        Ink, 0 to 16.
    on_progress : callable, optional
        Is told the digits that are done, and how many there are; what it raises ends the computation.

    Returns
    -------
    PixelFlips

    References
    ----------
    J. Su, D. V. Vargas, K. Sakurai, One pixel attack for fooling deep neural networks, 2019; with 64 pixels every
    change can be tried.
    """
    x = np.asarray(digits, float).reshape(-1, 64)
    changed = np.empty((len(x), 2, 64), np.int8)
    pixels = np.arange(64)
    neurons = INPUTS + sum(weight.shape[1] for weight in network.parameters.weights)
    at_once = max(1, MOST_NUMBERS // (2 * INPUTS * 2 * neurons))
    for start in range(0, len(x), at_once):
        if on_progress is not None:
            on_progress(start, len(x))
        rows = x[start : start + at_once]
        tried = np.repeat(rows[:, None, None, :], 2, axis=1).repeat(64, axis=2)
        tried[:, 0, pixels, pixels] = 0.0
        tried[:, 1, pixels, pixels] = PIXEL_MAX
        changed[start : start + len(rows)] = network.predict(tried.reshape(-1, 64)).reshape(-1, 2, 64)
    return PixelFlips(network.predict(x), changed.reshape(-1, 2, 8, 8))


def pixel_gradient(network: Network, digits: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Return the gradient of each digit's cross-entropy with respect to its pixels.

    Parameters
    ----------
    network : Network
    digits : ndarray, shape (n, 64)
        Ink, 0 to 16.
    labels : ndarray of int, shape (n,)

    Returns
    -------
    ndarray, shape (n, 64)
        Nats per unit of ink.
    """
    factor, activation = INPUT_SCALES[network.input_scale].factor, ACTIVATIONS[network.activation]
    pre_activations, inputs = forward(network.parameters, activation, np.asarray(digits, float) * factor)
    delta = softmax(pre_activations[-1]) - np.eye(10)[labels]
    for layer in reversed(range(len(network.parameters.weights))):
        delta = delta @ network.parameters.weights[layer].T
        if layer:
            delta = delta * activation.derivative(pre_activations[layer - 1], inputs[layer])
    return delta * factor


def adversarial(network: Network, digits: np.ndarray, labels: np.ndarray, size: float) -> np.ndarray:
    """Change every pixel by the same amount, up or down, so that the loss grows fastest, as far as there can be ink.

    Parameters
    ----------
    network : Network
    digits : ndarray, shape (n, 64)
        Ink, 0 to 16.
    labels : ndarray of int, shape (n,)
        What they are to be mistaken away from.
    size : float
        How much ink is added or taken, 0 to 16.

    Returns
    -------
    ndarray, shape (n, 64)
        Ink, 0 to 16.

    Raises
    ------
    ValueError
        If the size is negative or not finite.

    References
    ----------
    I. Goodfellow, J. Shlens, C. Szegedy, Explaining and harnessing adversarial examples, 2015: the fast gradient sign
    method.
    """
    return moved(digits, np.sign(pixel_gradient(network, digits, labels)), size)


def random_signs(digits: np.ndarray, size: float, seed: int = 0) -> np.ndarray:
    """Change every pixel by the same amount, up or down at random: what `adversarial` is to be compared with."""
    digits = np.asarray(digits, float)
    return moved(digits, np.random.default_rng(seed).choice([-1.0, 1.0], digits.shape), size)


def moved(digits: np.ndarray, signs: np.ndarray, size: float) -> np.ndarray:
    """Return ``digits + size * signs``, as far as there can be ink."""
    if not 0 <= size < np.inf:
        raise ValueError(f"size: {size} is not a number from 0")
    return np.clip(np.asarray(digits, float) + size * signs, 0.0, PIXEL_MAX)


def smallest_flip(network: Network, digit: np.ndarray, label: int, most: float = 4.0) -> float | None:
    """Return the smallest step along the gradient's signs, to 0.01, after which the answer is not `label`.

    A smaller change in another direction may do, also where no step along these signs does.

    Parameters
    ----------
    network : Network
    digit : ndarray, shape (64,)
    label : int
    most : float
        The largest step that is tried.

    Returns
    -------
    float or None
        0 if the digit is misread as it is; None if no step up to `most` is enough.
    """
    x = np.asarray(digit, float).reshape(1, 64)
    signs = np.sign(pixel_gradient(network, x, np.array([label])))
    sizes = np.arange(round(most / FINEST) + 1) * FINEST
    answers = network.predict(np.clip(x + sizes[:, None] * signs, 0.0, PIXEL_MAX))
    others = np.flatnonzero(answers != label)
    return float(sizes[others[0]]) if len(others) else None
