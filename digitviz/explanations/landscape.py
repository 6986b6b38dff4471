"""The loss around trained weights, along the two main directions of the way that led there."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from digitviz.datasets import DigitDataset
from digitviz.networks.forward import softmax
from digitviz.networks.losses import LOSSES
from digitviz.networks.network import Network

MARGIN = 0.3
"""How far the landscape goes beyond the path, of its extent."""
MOST_DIGITS = 500
"""That are read at once: of the largest networks a fraction of a second."""


@dataclass(frozen=True, eq=False)
class Landscape:
    """The mean loss per digit over a plane in the space of all weights and biases.

    Parameters
    ----------
    x, y : ndarray, shape (resolution,)
        Along the first and the second direction; distances of weights. The end of the path is at (0, 0).
    losses : ndarray, shape (resolution, resolution)
        Row i is at ``y[i]``; inf or nan where the network's numbers are.
    path : ndarray, shape (moments, 2)
        Where the training was, seen from above: the landscape holds its end exactly, other moments lie off the plane.
    path_losses : ndarray, shape (moments,)
        At the moments themselves, not at their shadows.
    directions : ndarray, shape (2, size)
        Orthonormal.
    explained : ndarray, shape (2,)
        How much of the path's variance lies along each direction, 0 to 1.
    """

    x: np.ndarray
    y: np.ndarray
    losses: np.ndarray
    path: np.ndarray
    path_losses: np.ndarray
    directions: np.ndarray
    explained: np.ndarray


def mean_loss(network: Network, digits: DigitDataset, loss: str) -> float:
    """Return the mean loss per digit; `loss` is a name in `LOSSES`."""
    with np.errstate(over="ignore", invalid="ignore"):
        logits = network.logits(digits.pixels)
        return float(LOSSES[loss].value(logits, softmax(logits), digits.one_hot) / len(digits))


def landscape(
    network: Network,
    path: np.ndarray,
    digits: DigitDataset,
    loss: str,
    resolution: int = 25,
    on_progress: Callable[[int, int], None] | None = None,
    known: Landscape | None = None,
    precision: type[np.floating] = np.float64,
) -> Landscape:
    """Measure the loss around a network, in the plane in which its training moved most.

    Parameters
    ----------
    network : Network
        At the end of the path.
    path : ndarray, shape (moments, size)
        `Parameters.to_vector` at moments of the training, the network's own last.
    digits : DigitDataset
        On which the loss is measured.
    loss : str
        A name in `LOSSES`.
    resolution : int
        Points on each side.
    on_progress : callable, optional
        Called before each measurement of at most 500 digits at one place, with those done and those in all; what it
        raises ends the computation.
    known : Landscape, optional
        A coarser one of the same path, with every other point on each side: what it knows is not measured again.
    precision : type
        Of the numbers of the network: float32 takes a third of the time, and gives the loss to some five digits.

    Raises
    ------
    ValueError
        If the path does not end at the network, has fewer than three moments, or stays where it is.

    References
    ----------
    H. Li, Z. Xu, G. Taylor, C. Studer, T. Goldstein, Visualizing the loss landscape of neural nets, 2018, section 7.
    """
    end = network.parameters.to_vector().astype(float)
    path = np.asarray(path, float)
    if len(path) < 3 or not np.allclose(path[-1], end):
        raise ValueError("path: three moments or more, the last of which is the network's")
    away = path - end
    directions, explained = _main_directions(away, 1e-12 * max(float(np.linalg.norm(end)), 1.0))
    seen = away @ directions.T
    x, y = (_range(seen[:, axis], float(seen.max() - seen.min()), resolution) for axis in (0, 1))
    losses = _known_losses(known, x, y)
    unknown = np.argwhere(np.isneginf(losses)).tolist()
    measure = _Measure(network, digits, loss, precision, len(unknown) + len(path), on_progress)
    across, up, start = (vector.astype(precision) for vector in (*directions, end))
    for i, j in unknown:
        losses[i, j] = measure(start + precision(x[j]) * across + precision(y[i]) * up)
    path_losses = np.array([measure(moment.astype(precision)) for moment in path])
    return Landscape(x, y, losses, seen, path_losses, directions, explained)


def _main_directions(away: np.ndarray, least: float) -> tuple[np.ndarray, np.ndarray]:
    """Return the two main directions of some points, and how much of their variance lies along each.

    There are few points in many dimensions: the eigenvectors of their products with each other give the directions,
    without the decomposition of a matrix as large as the path, which nothing could stop.

    Parameters
    ----------
    away : ndarray, shape (moments, size)
    least : float
        How far they have to spread.

    Raises
    ------
    ValueError
        If they do not.
    """
    rest = away - away.mean(axis=0)
    variance = float(np.vdot(rest, rest))
    directions, explained = np.zeros((2, away.shape[1])), np.zeros(2)
    for number in (0, 1):
        values, vectors = np.linalg.eigh(rest @ rest.T)
        direction = vectors[:, -1].copy() @ rest  # a column of a matrix would be multiplied thirty times as slowly
        if number == 0 and not np.sqrt(max(values[-1], 0.0)) > least:
            raise ValueError("path: it stays where it is")
        if number == 1 and not values[-1] > 1e-20 * variance:  # the path is straight: any direction beside it
            direction = np.zeros(away.shape[1])
            direction[np.abs(directions[0]).argmin()] = 1.0
        direction = direction - directions.T @ (directions @ direction)
        directions[number] = direction / np.linalg.norm(direction)
        along = rest @ directions[number]
        explained[number] = float(along @ along) / variance
        rest = rest - np.outer(along, directions[number])
    return directions, explained


def _known_losses(known: Landscape | None, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Return the losses that a coarser landscape has at every other place; -inf elsewhere, which is no loss."""
    losses = np.full((len(y), len(x)), -np.inf)
    if known is not None:
        scale = float(np.abs(x).max())
        same = all(
            len(fine[::2]) == len(coarse) and np.allclose(fine[::2], coarse, rtol=0, atol=1e-9 * scale)
            for fine, coarse in ((x, known.x), (y, known.y))
        )
        if same:
            losses[::2, ::2] = known.losses
    return losses


class _Measure:
    """Measures the loss of networks of the same layers, a few hundred digits at a time, and tells how far it is."""

    def __init__(
        self, network: Network, digits: DigitDataset, loss: str, precision: type[np.floating], places: int,
        on_progress: Callable[[int, int], None] | None,
    ) -> None:  # fmt: skip
        self.network, self.loss, self.on_progress = network, LOSSES[loss], on_progress
        self.parts = [digits[slice(first, first + MOST_DIGITS)] for first in range(0, len(digits), MOST_DIGITS)]
        self.pixels = [part.pixels.astype(precision) for part in self.parts]
        self.count, self.done, self.of = len(digits), 0, places * len(self.parts)

    def __call__(self, vector: np.ndarray) -> float:
        """Return the mean loss per digit of the network with these weights and biases."""
        like, total = self.network, 0.0
        there = Network(like.parameters.from_vector(vector), like.activation, like.input_scale)
        for part, pixels in zip(self.parts, self.pixels, strict=True):
            if self.on_progress is not None:
                self.on_progress(self.done, self.of)
            self.done += 1
            with np.errstate(over="ignore", invalid="ignore"):
                logits = there.logits(pixels).astype(float)
                total += self.loss.value(logits, softmax(logits), part.one_hot)
        return float(total / self.count)


def _range(values: np.ndarray, extent: float, count: int) -> np.ndarray:
    """Return the range of a direction: some room on either side, also where the path is straight."""
    margin = MARGIN * max(float(values.max() - values.min()), 0.2 * extent)
    return np.linspace(values.min() - margin, values.max() + margin, count)
