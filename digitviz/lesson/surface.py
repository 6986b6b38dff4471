"""A loss with only two parameters, which fits in one picture: a linear neuron tells ones from zeros by two pixels."""

from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from digitviz.datasets import PIXEL_MAX, DigitDataset
from digitviz.lesson.batch import BatchKind
from digitviz.training.optimizers import Momentum

PIXELS = (19, 36)
"""Indices among the 64 pixels: row 3, column 4 and row 5, column 5, counted from 1. Ones mostly have ink in both, so
the bowl is a narrow valley, 14 times as curved across as along."""
BATCHES: dict[BatchKind, int | None] = {BatchKind.FULL: None, BatchKind.MINI: 10, BatchKind.ONE: 1}
"""Digits per step. None for all."""
NEARLY = 0.95
"""Fraction of the way down after which a path counts as arrived."""
STEPS = 80
"""Number of steps. With a good learning rate, they reach the lowest point."""
WALL, JUMPS = 1.2, 8
"""Distance from the lowest point of a ball that starts straight across the valley from it, and the steps it takes."""
LOST = 1e6
"""Limit for the weights. A path that exceeds it has diverged for good."""


@dataclass(frozen=True, eq=False)
class Surface:
    """E(w1, w2) = mean of (t - w1 x1 - w2 x2)^2 / 2 over the digits: a bowl.

    Parameters
    ----------
    x : ndarray, shape (digits, 2)
        Two pixels, 0 to 1.
    targets : ndarray, shape (digits,)
        1 for a one, 0 for a zero.
    """

    x: np.ndarray
    targets: np.ndarray

    def loss(self, w1: np.ndarray | float, w2: np.ndarray | float) -> np.ndarray:
        """Return E for each pair of weights, in the shape of `w1` and `w2`."""
        w = np.stack(np.broadcast_arrays(w1, w2), axis=-1) - self.lowest
        least = np.mean((self.targets - self.x @ self.lowest) ** 2) / 2
        return np.asarray(least + ((w @ self.curvature) * w).sum(axis=-1) / 2)

    def gradient(self, w: np.ndarray, rows: np.ndarray | slice = slice(None)) -> np.ndarray:
        """Return the mean of -(t - o) x over some of the digits, shape (2,)."""
        x, targets = self.x[rows], self.targets[rows]
        return -(targets - x @ w) @ x / len(x)

    @property
    def curvature(self) -> np.ndarray:
        """Second derivatives (the Hessian), shape (2, 2). They are the same everywhere."""
        return self.x.T @ self.x / len(self.x)

    @property
    def lowest(self) -> np.ndarray:
        """Weights at the minimum, shape (2,)."""
        return np.linalg.solve(self.curvature, self.x.T @ self.targets / len(self.x))

    @property
    def curvatures(self) -> tuple[float, float]:
        """Curvature along and across the valley: the eigenvalues of `curvature`."""
        low, high = np.linalg.eigvalsh(self.curvature).tolist()
        return low, high

    @property
    def across(self) -> np.ndarray:
        """Direction straight across the valley in which the weights grow, shape (2,), of length 1."""
        direction = np.linalg.eigh(self.curvature)[1][:, 1]
        return np.asarray(direction * np.sign(direction.sum()))

    def right(self, w: np.ndarray) -> float:
        """Return the share of digits that the neuron tells correctly: ones have an output above a half."""
        return float(np.mean((self.x @ w > 0.5) == (self.targets > 0.5)))

    def largest_rate(self, momentum: float = 0.0) -> float:
        """Return the learning rate beyond which full-batch descent diverges: 2 (1 + momentum) / curvature across.

        References
        ----------
        B. Polyak, Some methods of speeding up the convergence of iteration methods, 1964.
        """
        return 2 * (1 + momentum) / self.curvatures[1]


class Verdict(StrEnum):
    """Effect of the learning rate on a path."""

    TOO_SMALL = "too small"
    RIGHT = "right"
    ZIGZAG = "zigzag"
    DIVERGING = "diverging"


@dataclass(frozen=True, eq=False)
class Path:
    """A descent on the surface.

    Parameters
    ----------
    name : BatchKind
    points : ndarray, shape (steps + 1, 2)
        Ends early if a weight exceeds `LOST`.
    losses : ndarray, shape (steps + 1,)
    verdict : Verdict
    lowest_loss : float
        Loss at the lowest point of the surface.
    """

    name: BatchKind
    points: np.ndarray
    losses: np.ndarray
    verdict: Verdict
    lowest_loss: float


def two_pixel_surface(dataset: DigitDataset) -> Surface:
    """Build the surface from the zeros and ones of a data set."""
    chosen = np.flatnonzero(dataset.labels <= 1)
    return Surface(dataset.pixels[np.ix_(chosen, np.array(PIXELS))] / PIXEL_MAX, dataset.labels[chosen].astype(float))


def descend(
    surface: Surface,
    start: tuple[float, float],
    learning_rate: float,
    momentum: float = 0.0,
    name: BatchKind = BatchKind.FULL,
    steps: int = STEPS,
) -> Path:
    """Descend from a point, with the same optimizer as training.

    Parameters
    ----------
    surface : Surface
    start : (float, float)
    learning_rate, momentum : float
        Momentum 0 is plain gradient descent.
    name : BatchKind
        Determines the number of digits in each mean gradient.
    steps : int
    """
    random, size = np.random.default_rng(0), BATCHES[name]
    w = np.array(start, float)
    optimizer = Momentum(learning_rate, [w], momentum)
    points = [w.copy()]
    for _ in range(steps):
        rows = slice(None) if size is None else random.integers(0, len(surface.x), size)
        optimizer.update([w], [surface.gradient(w, rows)])
        points.append(w.copy())
        if np.abs(w).max() > LOST:
            break
    walked = np.array(points)
    verdict = _judge(surface, walked, learning_rate > surface.largest_rate(momentum))
    losses = surface.loss(walked[:, 0], walked[:, 1])
    return Path(BatchKind(name), walked, losses, verdict, float(surface.loss(*surface.lowest)))


def _judge(surface: Surface, points: np.ndarray, is_beyond: bool) -> Verdict:
    """Classify a path from its points, and from whether its learning rate is beyond the largest that converges."""
    away = points - surface.lowest
    height = ((away @ surface.curvature) * away).sum(axis=1)
    if is_beyond and height[0] > 1e-3:
        return Verdict.DIVERGING
    across = away @ surface.across
    felt = np.abs(across) > 0.05 * max(np.abs(across).max(), 1e-9)
    turns = np.sum((np.sign(across[1:]) != np.sign(across[:-1])) & felt[1:])
    if turns >= 4:
        return Verdict.ZIGZAG
    return Verdict.TOO_SMALL if height[-1] > (1 - NEARLY) * height[0] and height[0] > 1e-3 else Verdict.RIGHT
