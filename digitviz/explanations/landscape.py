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
        Called before each row with the rows done and the rows in all; what it raises ends the computation.

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
    _u, singular, directions = np.linalg.svd(away - away.mean(axis=0), full_matrices=False)
    if not singular[0] > 1e-12 * max(float(np.linalg.norm(end)), 1.0):
        raise ValueError("path: it stays where it is")
    directions = directions[:2]
    seen = away @ directions.T
    x, y = (_range(seen[:, axis], float(seen.max() - seen.min()), resolution) for axis in (0, 1))
    rows: list[list[float]] = []
    for b in y:
        if on_progress is not None:
            on_progress(len(rows), len(y))
        rows.append([_loss_at(network, end + a * directions[0] + b * directions[1], digits, loss) for a in x])
    path_losses = np.array([_loss_at(network, moment, digits, loss) for moment in path])
    return Landscape(x, y, np.array(rows), seen, path_losses, directions, (singular**2 / np.sum(singular**2))[:2])


def _loss_at(network: Network, vector: np.ndarray, digits: DigitDataset, loss: str) -> float:
    there = Network(network.parameters.from_vector(vector), network.activation, network.input_scale)
    return mean_loss(there, digits, loss)


def _range(values: np.ndarray, extent: float, count: int) -> np.ndarray:
    """Return the range of a direction: some room on either side, also where the path is straight."""
    margin = MARGIN * max(float(values.max() - values.min()), 0.2 * extent)
    return np.linspace(values.min() - margin, values.max() + margin, count)
