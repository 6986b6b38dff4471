"""The loss around trained weights, along the two main directions of their path in training."""

from dataclasses import dataclass, replace
from itertools import count

import numpy as np

from digitviz.datasets import DigitDataset
from digitviz.explanations.progress import OnProgress, ignore_progress
from digitviz.networks.network import Network
from digitviz.training.hyperparameters import Hyperparameters
from digitviz.training.setup import summed_loss

MARGIN = 0.3
"""Margin around the path, as a fraction of its extent."""


@dataclass(frozen=True, eq=False)
class Landscape:
    """The mean loss per digit over a plane in the space of all weights and biases.

    Parameters
    ----------
    x, y : ndarray, shape (resolution,)
        Positions along the first and the second direction, in units of weights. The end of the path is at (0, 0).
    losses : ndarray, shape (resolution, resolution)
        Row i is at ``y[i]``. inf or nan if the network overflows there.
    path : ndarray, shape (moments, 2)
        The path projected onto the plane. Only its end lies in the plane; earlier points lie off it.
    path_losses : ndarray, shape (moments,)
        Losses at the points of the path, not at their projections.
    directions : ndarray, shape (2, size)
        Orthonormal directions in the space of the parameters.
    explained : ndarray, shape (2,)
        Fraction of the path's variance along each direction, 0 to 1.
    """

    x: np.ndarray
    y: np.ndarray
    losses: np.ndarray
    path: np.ndarray
    path_losses: np.ndarray
    directions: np.ndarray
    explained: np.ndarray


def landscape(
    network: Network,
    path: np.ndarray,
    digits: DigitDataset,
    loss: str | Hyperparameters,
    resolution: int = 25,
    on_progress: OnProgress = ignore_progress,
    precision: type[np.floating] = np.float64,
) -> Landscape:
    """Measure the loss around a network, in the plane in which training moved it most.

    Parameters
    ----------
    network : Network
        Network at the end of the path.
    path : ndarray, shape (moments, size)
        `Parameters.to_vector` at points in training. The last one is the network's.
    digits : DigitDataset
    loss : str or Hyperparameters
        A name in `LOSSES`, or the settings of a run, for its loss and its targets.
    resolution : int
        Number of points on each side.
    on_progress : callable, optional
        Called with (done, total) before each measurement at one point.
    precision : type
        Type of the network's numbers. float32 takes a third of the time, and gives the loss to about five digits.

    Raises
    ------
    ValueError
        If the path does not end at the network, has fewer than three points, or does not move.

    References
    ----------
    H. Li, Z. Xu, G. Taylor, C. Studer, T. Goldstein, Visualizing the loss landscape of neural nets, 2018, section 7.
    """
    end = network.parameters.to_vector().astype(float)
    path = np.asarray(path, float)
    if len(path) < 3 or not np.allclose(path[-1], end):
        raise ValueError("path: it needs three points or more, and must end at the network")
    away = path - end
    directions, explained = _main_directions(away, 1e-12 * max(float(np.linalg.norm(end)), 1.0))
    seen = away @ directions.T
    x, y = (_range(seen[:, axis], float(seen.max() - seen.min()), resolution) for axis in (0, 1))
    done, total = count(), len(x) * len(y) + len(path)

    def measure(vector: np.ndarray) -> float:
        on_progress(next(done), total)
        there = replace(network, parameters=network.parameters.from_vector(vector))
        with np.errstate(over="ignore", invalid="ignore"):
            return float(summed_loss(there.logits(digits.pixels).astype(float), digits.labels, loss) / len(digits))

    across, up, start = (vector.astype(precision) for vector in (*directions, end))
    losses = np.array([[measure(start + precision(a) * across + precision(b) * up) for a in x] for b in y])
    path_losses = np.array([measure(moment.astype(precision)) for moment in path])
    return Landscape(x, y, losses, seen, path_losses, directions, explained)


def _main_directions(away: np.ndarray, least: float) -> tuple[np.ndarray, np.ndarray]:
    """Return the two main directions of some points, and the fraction of their variance along each.

    There are few points in many dimensions. So the directions come from the eigenvectors of the small Gram matrix:
    decomposing a matrix as large as the path would take long, and could not be cancelled. If the path is straight, the
    second direction is arbitrary.

    Parameters
    ----------
    away : ndarray, shape (moments, size)
    least : float
        Minimum spread of the points.

    Raises
    ------
    ValueError
        If the spread is smaller.
    """
    rest = away - away.mean(axis=0)
    values, vectors = np.linalg.eigh(rest @ rest.T)
    if not np.sqrt(max(values[-1], 0.0)) > least:
        raise ValueError("path: all its points are the same")
    main = vectors[:, :-3:-1].T.copy() @ rest  # without the copy, the product takes thirty times as long
    directions = np.linalg.qr(main.T)[0].T
    return directions, np.square(rest @ directions.T).sum(axis=0) / np.vdot(rest, rest)


def _range(values: np.ndarray, extent: float, count: int) -> np.ndarray:
    """Return the positions along a direction, with a margin on either side, even if the path is straight."""
    margin = MARGIN * max(float(values.max() - values.min()), 0.2 * extent)
    return np.linspace(values.min() - margin, values.max() + margin, count)
