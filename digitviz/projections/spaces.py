"""The point sets that can be mapped: digits in each layer of a network, pixels, labels."""

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from digitviz.datasets import PIXEL_MAX, DigitDataset
from digitviz.language import gettext as _, lazy_gettext
from digitviz.networks.network import Network
from digitviz.ranges import in_short
from digitviz.values import cached_property

PIXELS = "pixels"
LOGITS = "logits"
W1_ROWS = "w1_rows"
LABELS = "labels"
DIGITS = "digits"


@dataclass(frozen=True, eq=False)
class Space:
    """A set of high-dimensional points.

    Parameters
    ----------
    name : str
        One of `space_names`.
    count : int
        Number of points.
    labels : ndarray of int64, shape (n,), or None
        Label of each point; None if the points are pixels.
    make : callable
        Computes the points.
    """

    name: str
    count: int
    labels: np.ndarray | None
    make: Callable[[], np.ndarray] = field(repr=False)

    @cached_property
    def points(self) -> np.ndarray:
        """The points, ndarray of float64, shape (count, features), computed on first use."""
        return self.make().astype(np.float64, copy=False)

    @cached_property
    def equal(self) -> int:
        """Number of equal points, if most points are equal; otherwise at most half. Computed on first use."""
        return int((self.points == np.median(self.points, axis=0)).all(axis=1).sum())


def space_names(layers: int) -> tuple[str, ...]:
    """List the spaces of a network with `layers` weight matrices: pixels, hidden_1, ..., logits, w1_rows, labels."""
    return (PIXELS, *(f"hidden_{layer}" for layer in range(1, layers)), LOGITS, W1_ROWS, LABELS)


def space(name: str, digits: DigitDataset, network: Network) -> Space:
    """Return a space. Its points are computed on first use.

    Parameters
    ----------
    name : str
        "pixels": the pixels of each digit. "hidden_1", ...: the activations of a hidden layer for each digit. "logits":
        the logits of each digit. "w1_rows": the weights of each of the 64 pixels in w1. "labels": the one-hot labels,
        propagated backwards through the last weights, which gives the ten columns of that matrix.
    digits : DigitDataset
    network : Network

    Raises
    ------
    ValueError
        If the network has no such space.
    """
    weights = network.parameters.weights
    if name not in space_names(len(weights)):
        raise ValueError(f"space: {in_short(name)} is not one of {', '.join(space_names(len(weights)))}")
    if name == PIXELS:
        return Space(name, len(digits), digits.labels, lambda: digits.pixels)
    if name == LOGITS:
        return Space(name, len(digits), digits.labels, lambda: network.logits(digits.pixels))
    if name == W1_ROWS:
        rows = weights[0]
        return Space(name, len(rows), None, lambda: rows)
    if name == LABELS:
        columns = weights[-1].T
        return Space(name, len(columns), np.arange(len(columns)), lambda: columns)
    layer = int(name.removeprefix("hidden_"))
    return Space(name, len(digits), digits.labels, lambda: network.hidden(digits.pixels)[layer - 1])


_TITLES = {
    PIXELS: lazy_gettext("raw pixels"),
    LOGITS: lazy_gettext("logits"),
    W1_ROWS: lazy_gettext("rows of w1 (pixels)"),
    LABELS: lazy_gettext("columns of the last w (labels)"),
}


def space_title(name: str) -> str:
    """Return the title of a space."""
    if name in _TITLES:
        return str(_TITLES[name])
    return _("hidden layer {number} activations").format(number=name.removeprefix("hidden_"))


def kind_of_points(name: str) -> str:
    """Return the kind of the points of a space: "digits", "w1_rows" or "labels".

    Spaces of the same kind have the same points in the same order, so their maps can be aligned.
    """
    return name if name in (W1_ROWS, LABELS) else DIGITS


def pictures(kind: str, digits: DigitDataset) -> np.ndarray:
    """Return an image of each point: the digit, the single pixel, or the mean image of the label.

    Parameters
    ----------
    kind : str
        Result of `kind_of_points`.
    digits : DigitDataset

    Returns
    -------
    ndarray of uint8, shape (n, 8, 8)
        Ink of 0 to 16.
    """
    if kind == W1_ROWS:
        drawn = PIXEL_MAX * np.eye(digits.pixels.shape[1]).reshape(-1, 8, 8)
    elif kind == LABELS:
        members = np.maximum(digits.one_hot.sum(axis=0), 1)  # a label without digits stays blank
        drawn = (digits.one_hot.T @ digits.pixels / members[:, None]).reshape(-1, 8, 8)
    else:
        drawn = digits.images
    return np.round(drawn).astype(np.uint8)


def cloud_centres(coordinates: np.ndarray, labels: np.ndarray) -> dict[int, np.ndarray]:
    """Find a central point of each label: the one with a third of the label's points within the shortest distance.

    Parameters
    ----------
    coordinates : ndarray, shape (n, dimensions)
    labels : ndarray of int, shape (n,)

    Returns
    -------
    dict of int to ndarray, shape (dimensions,)
        Coordinates of a point with that label, even if the label forms a curve or two clusters.
    """
    centres = {}
    for label in np.unique(labels):
        members = coordinates[labels == label]
        squares = np.einsum("ij,ij->i", members, members)
        distances = squares[:, None] + squares - 2 * members @ members.T
        third = len(members) // 3
        centres[int(label)] = members[np.partition(distances, third, axis=1)[:, third].argmin()]
    return centres
