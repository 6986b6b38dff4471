"""What a network does on the straight line between the weights of two."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from digitviz.datasets import DigitDataset
from digitviz.explanations.landscape import mean_loss
from digitviz.explanations.matching import interpolate
from digitviz.networks.network import Network


@dataclass(frozen=True, eq=False)
class StraightLine:
    """Accuracy and loss along a straight line of weights.

    Parameters
    ----------
    fractions : ndarray, shape (points,)
        Of the way, 0 to 1.
    accuracies : ndarray, shape (points,)
        0 to 1.
    losses : ndarray, shape (points,)
        Mean loss per digit; inf or nan where the network's numbers are.
    """

    fractions: np.ndarray
    accuracies: np.ndarray
    losses: np.ndarray

    @property
    def nbytes(self) -> int:
        """Memory in bytes."""
        return self.fractions.nbytes + self.accuracies.nbytes + self.losses.nbytes


def straight_line(
    start: Network,
    end: Network,
    digits: DigitDataset,
    loss: str,
    points: int = 21,
    on_progress: Callable[[int, int], None] | None = None,
) -> StraightLine:
    """Measure the networks on the straight line between the weights of two.

    Parameters
    ----------
    start, end : Network
        Of the same layers; see `match_neurons` for the order of their neurons.
    digits : DigitDataset
        On which they are measured.
    loss : str
        A name in `LOSSES`.
    points : int
        Both ends counted.
    on_progress : callable, optional
        Called before each point with the points done and the points in all; what it raises ends the computation.

    Raises
    ------
    ValueError
        If they have other layers.

    References
    ----------
    J. Frankle, G. K. Dziugaite, D. M. Roy, M. Carbin, Linear mode connectivity and the lottery ticket hypothesis, 2020.
    """
    fractions = np.linspace(0, 1, points)
    measured = []
    for done, fraction in enumerate(fractions.tolist()):
        if on_progress is not None:
            on_progress(done, points)
        there = interpolate(start, end, fraction)
        with np.errstate(over="ignore", invalid="ignore"):
            accuracy = there.accuracy(digits.pixels, digits.labels)
        measured.append((accuracy, mean_loss(there, digits, loss)))
    accuracies, losses = np.array(measured).T
    return StraightLine(fractions, accuracies, losses)
