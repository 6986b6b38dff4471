"""The sets of points that can be mapped: digits as the network sees them layer by layer, pixels, labels."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from digitviz.datasets import PIXEL_MAX, DigitDataset
from digitviz.language import gettext as _
from digitviz.language import lazy_gettext
from digitviz.networks.network import Network
from digitviz.ranges import in_short

PIXELS = "pixels"
LOGITS = "logits"
W1_ROWS = "w1_rows"
LABELS = "labels"
DIGITS = "digits"


@dataclass(frozen=True, eq=False)
class Space:
    """High-dimensional points, and what each of them stands for.

    Parameters
    ----------
    name : str
        As in `space_names`.
    count, dimensions : int
        How many points there are, each of so many numbers.
    labels : ndarray of int64, shape (n,), or None
        The digit of each point; None if the points are not digits (but pixels).
    of_run : bool
        True if it depends on the weights.
    make : callable
        Makes the points.
    """

    name: str
    count: int
    dimensions: int
    labels: np.ndarray | None
    of_run: bool
    make: Callable[[], np.ndarray] = field(repr=False)

    @cached_property
    def points(self) -> np.ndarray:
        """The points, ndarray of float64, shape (count, dimensions): made when they are first needed."""
        return self.make().astype(np.float64, copy=False)


def space_names(layers: int) -> tuple[str, ...]:
    """List the spaces of a network with so many layers of weights: pixels, hidden_1, ..., logits, w1_rows, labels."""
    return (PIXELS, *(f"hidden_{layer}" for layer in range(1, layers)), LOGITS, W1_ROWS, LABELS)


def space(name: str, digits: DigitDataset, network: Network) -> Space:
    """Return a space; its points are not made yet.

    Parameters
    ----------
    name : str
        "pixels": the digits as they are. "hidden_1", ...: the activations of a hidden layer for each digit. "logits":
        the logits of each digit. "w1_rows": each of the 64 pixels by its weights in w1. "labels": each of the ten
        labels, one-hot, sent backwards through the last weights, which gives the ten columns of that matrix.
    digits : DigitDataset
    network : Network

    Returns
    -------
    Space

    Raises
    ------
    ValueError
        If the network has no such space.
    """
    weights = network.parameters.weights
    if name not in space_names(len(weights)):
        raise ValueError(f"space: {in_short(name)} is not one of {', '.join(space_names(len(weights)))}")
    if name == PIXELS:
        return Space(name, len(digits), digits.pixels.shape[1], digits.labels, False, lambda: digits.pixels)
    if name == W1_ROWS:
        rows = weights[0]
        return Space(name, len(rows), rows.shape[1], None, True, lambda: rows)
    if name == LABELS:
        columns = weights[-1].T
        return Space(name, len(columns), columns.shape[1], np.arange(len(columns)), True, lambda: columns)

    def points() -> np.ndarray:
        return network.logits(digits.pixels) if name == LOGITS else network.hidden(digits.pixels)[layer - 1]

    layer = len(weights) if name == LOGITS else int(name.removeprefix("hidden_"))
    return Space(name, len(digits), weights[layer - 1].shape[1], digits.labels, True, points)


_TITLES = {
    PIXELS: lazy_gettext("raw pixels"),
    LOGITS: lazy_gettext("logits"),
    W1_ROWS: lazy_gettext("rows of w1 (pixels)"),
    LABELS: lazy_gettext("columns of the last w (labels)"),
}


def space_title(name: str) -> str:
    """Return what a space is called on the screen."""
    if name in _TITLES:
        return str(_TITLES[name])
    return _("hidden layer {number} activations").format(number=name.removeprefix("hidden_"))


def kind_of_points(name: str) -> str:
    """Return what the points of a space are: "digits", or "w1_rows" or "labels" like the space.

    Spaces of one kind hold the same things in the same order, so their maps can be laid onto each other.
    """
    return name if name in (W1_ROWS, LABELS) else DIGITS


def pictures(kind: str, digits: DigitDataset) -> np.ndarray:
    """Draw each point of a kind: the digit, the pixel in its place, or the mean of all digits of the label.

    Parameters
    ----------
    kind : str
        As in `kind_of_points`.
    digits : DigitDataset

    Returns
    -------
    ndarray of uint8, shape (n, 8, 8)
        Ink of 0 to 16.
    """
    if kind == W1_ROWS:
        drawn = PIXEL_MAX * np.eye(digits.pixels.shape[1]).reshape(-1, 8, 8)
    elif kind == LABELS:
        members = np.maximum(digits.one_hot.sum(axis=0), 1)  # a digit that is not there stays blank
        drawn = (digits.one_hot.T @ digits.pixels / members[:, None]).reshape(-1, 8, 8)
    else:
        drawn = digits.images
    return np.round(drawn).astype(np.uint8)


def cloud_centres(coordinates: np.ndarray, labels: np.ndarray) -> dict[int, np.ndarray]:
    """Find the middle of each label's cloud: of its points, the one around which a third of them lie closest.

    Parameters
    ----------
    coordinates : ndarray, shape (n, dimensions)
    labels : ndarray of int, shape (n,)

    Returns
    -------
    dict of int to ndarray, shape (dimensions,)
        The coordinates of a point with that label, even if its cloud is curved or in two parts.
    """
    centres = {}
    for label in np.unique(labels):
        members = coordinates[labels == label]
        squares = np.einsum("ij,ij->i", members, members)
        distances = squares[:, None] + squares - 2 * members @ members.T
        third = len(members) // 3
        centres[int(label)] = members[np.partition(distances, third, axis=1)[:, third].argmin()]
    return centres
