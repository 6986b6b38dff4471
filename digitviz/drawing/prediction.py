"""Classification of a drawing by a network, and reasons not to trust the answer."""

from dataclasses import dataclass
from functools import cache

import numpy as np

from digitviz.datasets import DigitDataset
from digitviz.drawing.drawing import Drawing
from digitviz.language import gettext as _, lazy_gettext
from digitviz.networks.network import Network, load_shipped
from digitviz.numbers import in_percent, numeral

MIN_CONFIDENCE = 0.5
"""Probability of the answer below which the network counts as undecided."""

NEAREST = 3
"""Number of nearest training digits in the mean distance of a drawing."""

FARTHEST = 38.0
"""Mean distance to the nearest training digits above which a drawing is unlike them, in ink (a full pixel is 16).

With the default training part of 1,617 digits, this flags 1.5% of 400 drawn digits and 20% of 310 other drawings.
"""

CLOSE = 22.0
"""Mean distance to the nearest training digits up to which a drawing counts as a digit, whatever its likeness.

The likeness detector takes most smooth ellipses for polygons. Such ellipses are closer than this; of 310 other
drawings, only 3 are.
"""

ALIKE = 1e-9
"""Maximum difference between probabilities that counts as no preference."""

SURE = lazy_gettext("{probability} sure")
DOUBTED = lazy_gettext("The network gives it {probability}, but do not trust that. {doubt}")
DOUBTS = {
    "overflow": lazy_gettext("The numbers overflowed, so the network has no answer."),
    "unlike": lazy_gettext("It looks more like a letter or a scribble than a digit."),
    "far": lazy_gettext(
        "It is far from every digit the network was trained on: {distance} on average from the three nearest, while "
        "drawn digits rarely exceed {limit}."
    ),
    "same": lazy_gettext("It is equally sure of all ten digits, so it has no real answer."),
    "hesitates": lazy_gettext("The network hesitates: {first} ({probability}) or {second} ({lower})."),
}
"""Reasons not to trust an answer. The browser fills in the same sentences while a digit is drawn."""


@dataclass(frozen=True, eq=False)
class Prediction:
    """A network's answer to a drawing.

    Parameters
    ----------
    probabilities : ndarray of float64, shape (10,)
        Probability of each digit, also for an empty canvas; 0.1 each if the logits overflowed.
    label : int or None
        The most probable digit; None for an empty canvas or if the logits overflowed.
    confidence : float
        Probability of `label`, 0 to 1; 0 if there is none.
    likeness : float
        Similarity of the shape to a digit, 0 to 1, independent of the network. Below 0.5 it looks more like a letter or
        a scribble.
    unlike_training_data : str or None
        Sentence about why not to trust the answer; None if there is no reason.
    neighbours : ndarray of int, shape (k,)
        Rows of the nearest training digits, nearest first.
    distances : ndarray of float64, shape (k,)
        Euclidean distances to them, in ink; a full pixel is 16.
    """

    probabilities: np.ndarray
    label: int | None
    confidence: float
    likeness: float
    unlike_training_data: str | None
    neighbours: np.ndarray
    distances: np.ndarray

    @property
    def words(self) -> str:
        """The confidence of the network, or a reason to doubt its answer."""
        if self.label is None:
            return self.unlike_training_data or ""
        sure = percent(self.confidence)
        if self.unlike_training_data is None:
            return SURE.format(probability=sure)
        return DOUBTED.format(probability=sure, doubt=self.unlike_training_data)


def percent(probability: float) -> str:
    """Format a probability as a percentage, ">99%" instead of a rounded 100%."""
    return in_percent(probability, 0) if probability < 0.995 else f">{in_percent(0.99, 0)}"


@cache
def likeness_detector() -> Network:
    """Return the network that separates digits (output 0) from other drawings (output 1); see `digitviz.pretrained`."""
    return load_shipped("likeness")


def read(drawing: Drawing, network: Network, training: DigitDataset | None = None, neighbours: int = 5) -> Prediction:
    """Classify a drawing with a network, and find reasons not to trust the answer.

    Parameters
    ----------
    drawing : Drawing
        Result of `to_digit`.
    network : Network
        Any network with 64 inputs and 10 outputs.
    training : DigitDataset, optional
        Training data of the network. Without it there are no distances.
    neighbours : int
        Number of nearest training digits to return, 1 to 100.

    Raises
    ------
    ValueError
        If `neighbours` is out of range.
    """
    if not 1 <= neighbours <= 100:
        raise ValueError(f"neighbours: {neighbours} is not between 1 and 100")
    rows, distances = np.empty(0, dtype=np.int64), np.empty(0)
    if training is not None and not drawing.is_empty:
        rows, distances = nearest_digits(drawing.row, training, neighbours)
    likeness = 0.0 if drawing.is_empty else float(likeness_detector().predict_proba(drawing.row)[0, 0])
    with np.errstate(all="ignore"):  # a diverged network is reported as a sentence
        probabilities = network.predict_proba(drawing.row)[0]
    if not np.isfinite(probabilities).all():
        return Prediction(np.full(10, 0.1), None, 0.0, likeness, str(DOUBTS["overflow"]), rows, distances)
    if drawing.is_empty:
        return Prediction(probabilities, None, 0.0, likeness, _of_nothing(probabilities), rows, distances)

    order = np.argsort(-probabilities, kind="stable")
    return Prediction(
        probabilities=probabilities,
        label=int(order[0]),
        confidence=float(probabilities[order[0]]),
        likeness=likeness,
        unlike_training_data=drawing.problem or _doubt(probabilities, order, likeness, distances),
        neighbours=rows,
        distances=distances,
    )


def _of_nothing(probabilities: np.ndarray) -> str:
    """Return a sentence with the network's answer to an empty canvas, and why the answer is nonsense."""
    digit = int(probabilities.argmax())
    if np.ptp(probabilities) < ALIKE:
        words = _(
            "An empty page gives this network only zeros, so it is {probability} sure of every digit. It cannot say "
            "“no digit”: its ten percentages always add up to 100%."
        )
    else:
        words = _(
            "This network would read an empty page as {digit} ({probability}). That is nonsense: its inputs are all 0, "
            "so the answer comes from its own biases and activation functions, not from any ink. It cannot say “no "
            "digit”: its ten percentages always add up to 100%."
        )
    return words.format(digit=digit, probability=percent(probabilities[digit]))


def _doubt(probabilities: np.ndarray, order: np.ndarray, likeness: float, distances: np.ndarray) -> str | None:
    """Return the first reason not to trust an answer, or None."""
    if np.ptp(probabilities) < ALIKE:
        return str(DOUBTS["same"])
    mean = distances[:NEAREST].mean() if len(distances) else None
    if likeness < 0.5 and (mean is None or mean > CLOSE):
        return str(DOUBTS["unlike"])
    if mean is not None and mean > FARTHEST:
        distance, limit = (numeral(value, ".0f") for value in (mean, FARTHEST))
        return DOUBTS["far"].format(distance=distance, limit=limit)
    first, second = int(order[0]), int(order[1])
    if probabilities[first] < MIN_CONFIDENCE:
        probability, lower = percent(probabilities[first]), percent(probabilities[second])
        return DOUBTS["hesitates"].format(first=first, probability=probability, second=second, lower=lower)
    return None


def nearest_digits(digit: np.ndarray, training: DigitDataset, count: int) -> tuple[np.ndarray, np.ndarray]:
    """Return rows and distances of the training digits nearest to a digit, nearest first.

    Parameters
    ----------
    digit : ndarray, shape (8, 8), (64,) or (1, 64)
        Ink, 0 to 16.
    training : DigitDataset
    count : int
        Number of digits; all if there are fewer.

    Returns
    -------
    rows : ndarray of int64, shape (count,)
    distances : ndarray of float64, shape (count,)
        Euclidean distances in ink; a full pixel is 16.
    """
    difference = training.pixels - np.reshape(digit, (1, 64))
    squares = np.einsum("ij,ij->i", difference, difference)
    count = min(count, len(squares))
    rows = np.argpartition(squares, count - 1)[:count] if count else np.empty(0, dtype=np.int64)
    rows = rows[np.argsort(squares[rows], kind="stable")]
    return rows, np.sqrt(squares[rows])
