"""Which pixels an answer needs: each is covered in turn."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from digitviz.datasets import PIXEL_MAX
from digitviz.networks.network import Network


@dataclass(frozen=True, eq=False)
class Occlusion:
    """What becomes of an answer when one pixel is covered; see `occlusion`.

    Parameters
    ----------
    label : int
        The answer to the whole digit.
    probability : float
        Its probability, 0 to 1.
    probabilities : ndarray of float64, shape (8, 8)
        The probability of `label` with this pixel covered.
    labels : ndarray of int, shape (8, 8)
        The answer with this pixel covered.
    """

    label: int
    probability: float
    probabilities: np.ndarray
    labels: np.ndarray

    @property
    def changes(self) -> np.ndarray:
        """How far the probability rises (above 0) or falls when this pixel is covered, shape (8, 8)."""
        return self.probabilities - self.probability

    @property
    def flips(self) -> np.ndarray:
        """Whether the answer is another one when this pixel is covered, shape (8, 8)."""
        return self.labels != self.label


def occlusion(network: Network, digit: np.ndarray, value: float | np.ndarray = 0.0) -> Occlusion:
    """Cover each of the 64 pixels in turn and let the network read what is left, all in one pass.

    Parameters
    ----------
    network : Network
    digit : ndarray, shape (8, 8) or (64,)
        Ink, 0 to 16.
    value : float or ndarray, shape (8, 8) or (64,)
        What a covered pixel is set to: 0 for no ink, or the mean of the training digits there,
        `train.pixels.mean(axis=0)`.

    Returns
    -------
    Occlusion

    Raises
    ------
    ValueError
        If a value is not within 0 to 16.

    References
    ----------
    M. Zeiler, R. Fergus, Visualizing and understanding convolutional networks, 2014.
    """
    cover = np.asarray(value, dtype=np.float64).ravel()
    if not (cover.size in (1, 64) and (cover >= 0).all() and (cover <= PIXEL_MAX).all()):
        raise ValueError(f"value: one number or 64, within 0 to {PIXEL_MAX:g}")
    whole = np.asarray(digit, dtype=np.float64).reshape(64)
    covered = np.tile(whole, (64, 1))
    np.fill_diagonal(covered, cover)
    probabilities = network.predict_proba(np.concatenate([whole[None], covered])).astype(np.float64)
    label = int(probabilities[0].argmax())
    return Occlusion(
        label,
        float(probabilities[0, label]),
        probabilities[1:, label].reshape(8, 8),
        probabilities[1:].argmax(axis=1).reshape(8, 8),
    )
